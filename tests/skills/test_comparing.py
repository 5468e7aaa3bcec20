"""What differs, by how much, and how far a thing was turned."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from tabletop import Calls, Table, play

from sim.env import TabletopEnv
from sim.robot import SimRobot
from skills.backends.oracle import Oracle
from skills.context import Context
from skills.errors import BadArgument, NothingFound
from skills.robots import Silent
from skills.sight import Sight
from skills.types import Action, Image, Instruction, Observation, Pose, Slot

THINGS = (
    "red block @0.35,-0.35; red shorter block @0.35,-0.15; dark red heart @0.35,0.1; red heart @0.35,0.3; "
    "green small block @0.6,-0.3; green block @0.6,-0.1; blue pan @0.6,0.2"
)


class Flat(SimRobot):
    """A robot whose cameras measure no depth."""

    def observe(self, newer_than: float | None = None) -> Observation:
        seen = super().observe(newer_than)
        return replace(seen, views={name: replace(view, depth_m=None) for name, view in seen.views.items()})


def objects(do: Calls) -> dict[str, Image]:
    objs, _ = do.look()
    return dict(zip(do.ctx.retriever.names(objs), objs))  # type: ignore[attr-defined]


@pytest.fixture(params=["depth", "no depth"])
def seen(request: pytest.FixtureRequest, table: Table) -> tuple[Calls, dict[str, Image]]:
    env, oracle = table(THINGS), Oracle()
    robot = SimRobot(env) if request.param == "depth" else Flat(env)
    do = Calls(Context(robot, oracle, oracle, Instruction(""), sight=Sight(truth=True)))
    return do, objects(do)


def test_heights_and_sizes_are_the_things_own(seen: tuple[Calls, dict[str, Image]]) -> None:
    do, things = seen
    for name, height in {"red block": 0.07, "red shorter block": 0.03, "red heart": 0.032, "blue pan": 0.041}.items():
        assert do.Measure(things[name], "height") == pytest.approx(height, abs=0.008), name
    assert do.Measure(things["green small block"], "size") == pytest.approx(0.03**2, rel=0.2)
    assert do.Measure(things["red block"], "size") == pytest.approx(0.07**2, rel=0.08)


@pytest.mark.parametrize(
    ("more", "less", "attribute"),
    [
        (["red block", "green block"], ["red shorter block", "green small block"], "height"),
        (["red heart"], ["dark red heart"], "lightness"),
        (["blue pan", "blue pan"], ["red heart", "green block"], "size"),
    ],
)
def test_what_differs_is_found_in_both_directions(
    seen: tuple[Calls, dict[str, Image]], more: list[str], less: list[str], attribute: str
) -> None:
    do, things = seen
    one, other = [things[name] for name in more], [things[name] for name in less]
    forth, back = do.Compare(one, other), do.Compare(other, one)
    assert (forth["attribute"], forth["more"]) == (attribute, True)
    assert (back["attribute"], back["more"]) == (attribute, False)
    assert forth["by"] == back["by"] > 0


def test_where_nothing_can_be_measured_texture_and_shape_are_compared(table: Table) -> None:
    do = play(table("red heart @0.4,-0.3; red round @0.4,0.0; purple heart @0.4,0.3; purple round @0.6,0.0"))
    things = {name: replace(obj, view=None, rgb=0 * obj.rgb) for name, obj in objects(do).items()}
    hearts, rounds = [things["red heart"], things["purple heart"]], [things["red round"], things["purple round"]]
    assert do.Compare(hearts, rounds)["attribute"] == "shape"
    assert do.Compare([hearts[0], rounds[0]], [hearts[1], rounds[1]])["attribute"] == "texture"
    with pytest.raises(NothingFound, match="nothing differs in the same way in all 2 pairs"):
        do.Compare(hearts, hearts)
    with pytest.raises(BadArgument, match="are pairs: 2 and 1 pictures are not"):
        do.Compare(hearts, rounds[:1])


def test_what_a_picture_cannot_tell_is_said(table: Table) -> None:
    do = play(table("red heart @0.4,-0.3"))
    (thing,) = objects(do).values()
    bare = Image(thing.rgb, thing.mask)
    assert 0.4 < do.Measure(bare, "lightness") < 0.8
    with pytest.raises(BadArgument, match="camera is not known, so it can't tell the height"):
        do.Measure(bare, "height")
    alone = Image(thing.rgb, thing.mask, replace(thing.view, depth_m=None), thing.origin_xy)  # type: ignore[type-var]
    with pytest.raises(BadArgument, match="nothing tells the height"):
        do.Measure(alone, "height")


def test_an_instructions_picture_is_measured_in_both_views() -> None:
    env = TabletopEnv("visual_manipulation")
    env.reset(seed=3)
    slot = env.instruction.slots["dragged_obj_1"]
    flat = {
        camera: replace(picture, view=replace(picture.view, depth_m=None))  # type: ignore[type-var]
        for camera, picture in slot.pictures.items()
    }
    oracle = Oracle()
    ctx = Context(SimRobot(env), oracle, oracle, Instruction("{thing}", {"thing": Slot("object", flat)}))
    do = Calls(ctx)
    (id,) = slot.binding
    assert do.Measure(do.templates["thing"], "height") == pytest.approx(env.world.objects[id].size[2], abs=0.006)
    env.close()


@pytest.mark.parametrize("degrees", [-120, -45, 30, 90, 150])
@pytest.mark.parametrize("whole", [True, False])
def test_a_turn_is_told_in_degrees_clockwise(table: Table, degrees: int, whole: bool) -> None:
    env = table("red letter R @0.4,-0.2; blue bowl @0.6,0.1")
    do = play(env)
    before, crops = do.GetImage(), objects(do)
    at = env.world.pose(env.inventory().index("red letter R"))
    turned = Action("pick_place", Pose(at.x, at.y, 0.03), Pose(at.x, at.y, 0.03, -math.radians(degrees)))
    assert env.carry_out(turned, Silent()).status == "done"
    after, later = do.GetImage(), objects(do)
    pair = (before, after) if whole else (crops["red letter R"], later["red letter R"])
    assert do.RotationBetween(*pair) == pytest.approx(degrees, abs=6)


def test_a_symmetric_thing_turned_the_shortest_way(table: Table) -> None:
    do = play(table("red cross @0.5,0.0"))
    (thing,) = objects(do).values()
    assert thing.mask is not None
    quarter = Image(np.rot90(thing.rgb).copy(), np.rot90(thing.mask).copy())
    assert abs(do.RotationBetween(thing, quarter)) < 8
    with pytest.raises(BadArgument, match="both cut out, or both whole"):
        do.RotationBetween(thing, do.GetImage())
