"""Scenes: names in words, places, pictures; and what importing and asking for nonsense does."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import sim
from sim.objects import SHAPES
from sim.partitions import HELD_OUT, LEVELS_OF, SET_A, SET_B, partition
from sim.pictures import Studio
from sim.placement import NoRoom, Spot, gap, nearest_free, on_table, sample
from sim.polygons import contains, rectangle, rotated
from sim.scene import Scene
from sim.task import streams
from sim.textures import LIGHT, TEXTURES
from sim.words import parse_name, parse_objects
from skills.errors import Mistake, UnknownName
from skills.types import ObjectTruth, Pose


def scene(seed: int = 0, studio: Studio | None = None) -> Scene:
    rngs = streams("a test", seed)
    return Scene(partition("visual_manipulation", "L1"), rngs["scene"], rngs["pictures"], studio)


class TestWords:
    @pytest.mark.parametrize(
        ("phrase", "shape", "texture"),
        [
            ("red heart", "heart", "red"),
            ("The Green and purple polka dot block", "block", "green and purple polka dot"),
            ("purple and green polka-dot block", "block", "green and purple polka dot"),
            ("yellow and red striped shorter block", "shorter block", "red and yellow stripe"),
            ("polka dot letter A", "letter A", "polka-dot"),
            ("a dark blue swirl L-shaped block", "L-shaped block", "dark blue swirl"),
            ("wooden box", "container", "wooden"),
            ("green R", "letter R", "green"),
        ],
    )
    def test_names_as_people_write_them(self, phrase: str, shape: str, texture: str) -> None:
        found, worn = parse_name(phrase)
        assert worn is not None
        assert (found.name, worn.name) == (shape, texture)

    @pytest.mark.parametrize("shape", SHAPES)
    def test_every_name_that_a_scene_uses_is_understood(self, shape: str) -> None:
        for texture in TEXTURES:
            found, worn = parse_name(f"{texture} {shape}")
            assert worn is not None
            assert (found.name, worn.name) == (shape, texture)

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("red hart", "did you mean 'heart'"),
            ("rde heart", "did you mean 'red'"),
            ("", "no objects named"),
            ("red heart; the red heart", "two things are a red heart"),
            ("red heart @1,0.2", "off the table"),
            ("red heart @here", "@x,y in metres"),
            ("red heart @0.5,1.2.3", "@x,y in metres"),
        ],
    )
    def test_nonsense_is_answered_with_what_there_is(self, text: str, said: str) -> None:
        with pytest.raises(Mistake, match=said):
            parse_objects(text)


class TestPartitions:
    def test_the_texture_sets_part_the_light_ones(self) -> None:
        assert (len(SET_A), len(SET_B), len(HELD_OUT)) == (19, 20, 10)
        assert sorted((*SET_A, *SET_B, *HELD_OUT)) == sorted(LIGHT)

    @pytest.mark.parametrize("task", LEVELS_OF)
    def test_every_name_exists_and_levels_differ(self, task: str) -> None:
        splits = [partition(task, level) for level in LEVELS_OF[task]]
        for split in splits:
            assert {*split.dragged, *split.bases, *split.others, *split.other_bases} <= set(SHAPES)
            assert {*split.dragged_textures, *split.base_textures} <= set(TEXTURES)
        if len(splits) == 3:
            first, second, third = splits
            # VIMABench knows one square thing that fits beside another one, at every level.
            assert first.dragged == second.dragged and set(first.dragged) & set(third.dragged) <= {"shorter block"}
            assert {name for name in first.dragged_textures if name in LIGHT} <= set(second.base_textures)
            assert not set(first.dragged_textures) & set(second.dragged_textures)


class TestPlacement:
    @given(
        x=st.floats(-0.3, 0.3), y=st.floats(-0.3, 0.3), turn=st.floats(0, 6.3), width=st.floats(0.02, 0.3)
    )  # fmt: skip
    def test_a_gap_is_positive_exactly_when_nothing_is_shared(
        self, x: float, y: float, turn: float, width: float
    ) -> None:
        a, b = rectangle(0.1, 0.2), rotated(rectangle(width, 0.1), turn) + np.array([x, y])
        dense = np.stack(np.meshgrid(np.linspace(-0.05, 0.05, 21), np.linspace(-0.1, 0.1, 41)), -1).reshape(-1, 2)
        shared = bool(contains([b], dense).any())
        # The probes are 5 mm apart: a smaller overlap may go unseen, an overlap that is seen is one.
        assert gap(a, b) < 0 if shared else gap(a, b) > -0.006

    @pytest.mark.parametrize("name", ["heart", "pan", "square", "letter T"])
    def test_sampled_places_are_free_and_on_the_table(self, name: str) -> None:
        rng = np.random.default_rng(3)
        outline = SHAPES[name].outline
        for _ in range(20):
            taken = [Spot.of(outline, sample(rng, outline, []))]
            spot = Spot.of(outline, sample(rng, outline, taken))
            assert on_table(spot.ring)
            assert gap(spot.ring, taken[0].ring) >= 0.015

    def test_a_full_table_is_said_so(self) -> None:
        everything = Spot((0.5, 0.0), rectangle(0.5, 1.0, (0.5, 0.0)))
        with pytest.raises(NoRoom):
            sample(np.random.default_rng(0), SHAPES["heart"].outline, [everything])
        assert nearest_free(rectangle(0.1, 0.1, (0.5, 0.0)), (0.5, 0.0), [everything]) is None

    def test_the_nearest_free_place_is_near(self) -> None:
        ring = rectangle(0.08, 0.08, (0.5, 0.0))
        place = nearest_free(ring, (0.5, 0.0), [Spot((0.5, 0.0), ring)])
        assert place is not None
        assert 0.12 < np.hypot(place.x - 0.5, place.y) < 0.16


class TestScene:
    def test_nothing_is_added_once_an_id_is_known(self) -> None:
        made = scene()
        assert made.dragged().id == 0
        with pytest.raises(RuntimeError, match="before asking for an id"):
            made.dragged()

    def test_a_taken_place_is_refused(self) -> None:
        made = scene()
        made.base(at=Pose(0.5, 0.0))
        with pytest.raises(NoRoom):
            made.dragged(at=Pose(0.5, 0.05))
        with pytest.raises(NoRoom):
            made.dragged(at=Pose(0.26, 0.3))

    def test_pictures_are_taken_when_asked_for_once_and_cut_out(self) -> None:
        class Counting(Studio):
            shots = 0

            def shoot(self, *arguments: object) -> object:  # type: ignore[override]
                self.shots += 1
                return super().shoot(*arguments)  # type: ignore[arg-type]

        studio = Counting()
        made = scene(studio=studio)
        heart = made.add(SHAPES["heart"], TEXTURES["red"])
        slot = made.picture(heart)
        assert list(slot.pictures) == ["top", "front"] and studio.shots == 0
        top = slot.pictures["top"]
        assert slot.pictures["top"] is top and studio.shots == 1
        assert top.mask is not None and top.view is not None and top.truth is not None
        assert (top.truth.texture, top.truth.name) == ("red", "heart")
        assert top.mask.any(axis=0).all() and top.mask.any(axis=1).all(), "cut out along its outline"
        assert (top.rgb[~top.mask] > 230).all(), "on white"
        red = top.rgb[top.mask].mean(axis=0)
        assert red[0] > 2 * red[1]
        # Alone at (0.5, 0) m: the middle of the picture.
        x, y = np.array(top.origin_xy) + np.array(top.mask.shape[::-1]) / 2
        assert abs(x - 128) < 3 and abs(y - 64) < 3
        studio.close()

    def test_an_arrangement_shows_things_where_it_says(self) -> None:
        studio = Studio()
        made = scene(2, studio)
        a, b = made.dragged(), made.dragged()
        poses = {a: Pose(0.4, -0.3), b: Pose(0.6, 0.25)}
        slot = made.arrangement(poses)
        view = slot.pictures["top"].view
        assert view is not None and view.truth is not None
        assert [state.id for state in slot.states] == [a.id, b.id]
        for state in slot.states:
            wanted = ObjectTruth(state.name, state.texture)
            shown = next(id for id, truth in view.truth.objects.items() if truth == wanted)
            rows, columns = np.nonzero(view.truth.segmentation == shown)
            middle = view.camera.meet_plane([[columns.mean(), rows.mean()]])[0]
            assert np.hypot(middle[0] - state.pose.x, middle[1] - state.pose.y) < 0.02
        studio.close()

    def test_a_plain_picture_tells_the_shape_and_no_more(self) -> None:
        studio = Studio()
        made = scene(studio=studio)
        heart = made.add(SHAPES["heart"], TEXTURES["red"], height_scale=2.3)
        plain, usual = made.picture(heart, plain=True), made.picture(made.shown(SHAPES["heart"], TEXTURES["green"]))
        truth = plain.pictures["front"].truth
        assert truth is not None and (truth.texture, truth.name) == ("gray", "heart")
        assert plain.pictures["front"].shape == usual.pictures["front"].shape, "of the usual height"
        assert plain.binding == (heart.id,) and usual.binding == ()
        studio.close()

    def test_an_enlarged_picture_enlarges_the_pattern(self) -> None:
        studio = Studio()
        made = scene(studio=studio)
        blocks = [made.add(SHAPES["small block"], TEXTURES["checkerboard"]) for _ in range(2)]
        slot = made.picture(blocks[0], scale=4.0, also=blocks[1:])
        small, large = made.picture(blocks[0]).pictures["top"], slot.pictures["top"]
        assert slot.binding == (0, 1)
        assert abs(large.shape[0] - 4 * small.shape[0]) <= 4
        colors = [np.mean(image.rgb[image.mask]) for image in (small, large) if image.mask is not None]
        assert abs(colors[0] - colors[1]) < 25
        middle = large.rgb[large.shape[0] // 2].astype(int).sum(axis=1) > 380
        assert np.count_nonzero(np.diff(middle)) <= 3, "as many fields as the block shows"
        studio.close()

    def test_frames_say_what_stands_on_what(self) -> None:
        made = scene(3)
        a, b = made.dragged(), made.dragged()
        slot = made.arrangement({a: a.pose, b: Pose(a.pose.x, a.pose.y, a.shape.size[2])}, "frame", {b: a})
        assert [state.on for state in slot.states] == [None, a.id]

    def test_a_claimed_place_is_free_or_refused(self) -> None:
        made = scene()
        a, b = (made.add(SHAPES["heart"], TEXTURES["red"], at) for at in (Pose(0.5, 0.0), Pose(0.5, 0.3)))
        assert made.claim(a, Pose(0.52, 0.0)).center == (0.52, 0.0), "its own place is free for it"
        for at in (b.pose, Pose(0.74, 0.0)):
            with pytest.raises(NoRoom):
                made.claim(a, at)


class TestFreeScenes:
    def test_generated_ones_have_room_for_sentences(self) -> None:
        with sim.make_scene(0) as env:
            for seed in range(8):
                env.reset(seed=seed)
                placed = env.world.objects.values()
                assert sum(one.shape.container for one in placed) == 2
                assert 3 <= sum(one.shape.draggable for one in placed) <= 5
                assert len({one.shape.name for one in placed}) == len(placed)
                assert len({one.texture.name for one in placed}) == len(placed)
                assert env.situation().at_rest
            assert env.goal is None and env.verdict() is None

    def test_named_objects_stand_where_they_are_told(self) -> None:
        words = "red heart; blue bowl @0.5,0.2; green and purple polka dot block; green container @0.4,-0.3; ring"
        with sim.make_objects(words, seed=5) as env:
            names = env.inventory()
            assert {"red heart", "blue bowl", "green and purple polka dot block", "green container"} < set(names)
            assert sum(name.endswith("ring") for name in names) == 1
            states = {f"{state.texture} {state.name}": state.pose for state in env.history[0].objects}
            assert np.hypot(states["blue bowl"].x - 0.5, states["blue bowl"].y - 0.2) < 0.005
            assert np.hypot(states["green container"].x - 0.4, states["green container"].y + 0.3) < 0.005

    def test_two_things_at_one_place_are_refused(self) -> None:
        with pytest.raises(Mistake, match="does not fit"):
            sim.make_objects("red heart @0.5,0.2; blue bowl @0.5,0.2")

    def test_too_many_things_are_refused(self) -> None:
        with pytest.raises(Mistake, match="fewer"):
            sim.make_objects("; ".join(f"{texture} square" for texture in LIGHT[:20]))


def test_unknown_tasks_and_levels_are_answered_with_what_there_is() -> None:
    with pytest.raises(UnknownName, match="did you mean 'rotate'"):
        sim.make("rotat")
    with pytest.raises(UnknownName, match="L1, L2, L3"):
        sim.make("rotate", "L4")


def test_importing_loads_no_engine() -> None:
    code = (
        "import sys, sim; list(sim.TASKS); sim.register_envs()\n"
        "assert not {'pybullet', 'torch', 'cv2'} & set(sys.modules), 'loaded'"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
