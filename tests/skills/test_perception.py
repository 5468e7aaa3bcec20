"""Pictures, masks, cut-outs, retrieval and pairing over simulated tables."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tabletop import Calls, Table, play

from sim.env import TabletopEnv
from sim.textures import TEXTURES
from skills.errors import BadArgument, NothingFound
from skills.sight import Sight
from skills.types import Image, Mask

FIVE = "red heart @0.4,-0.3; blue heart @0.4,0.0; red ring @0.4,0.3; green bowl @0.6,-0.2; yellow small block @0.6,0.2"


def names(do: Calls, objs: list[Image]) -> list[str]:
    return do.ctx.retriever.names(objs)  # type: ignore[attr-defined, no-any-return]


def test_everything_is_seen_and_cut_out(table: Table) -> None:
    do = play(env := table(FIVE))
    image = do.GetImage()
    masks = do.SAM(image)
    objs, same = do.ImageCrop(image, masks)
    assert sorted(names(do, objs)) == sorted(env.inventory())
    assert [mask.id for mask in same] == [mask.id for mask in masks]
    assert all(mask.image_id == image.id for mask in masks)
    for obj, mask in zip(objs, masks):
        assert obj.mask is not None and np.count_nonzero(obj.mask) == mask.area
        x, y = obj.origin_xy
        assert (obj.rgb == image.rgb[y : y + obj.shape[0], x : x + obj.shape[1]]).all()


def test_points_and_boxes_give_one_mask_each_in_order(table: Table) -> None:
    do = play(env := table(FIVE))
    image = do.GetImage()
    camera = image.view.camera
    wanted = ["red ring", "red heart", "green bowl"]  # the ring's pixel shows the table through its hole
    poses = [env.world.pose(env.inventory().index(name)) for name in wanted]
    points = [tuple(camera.project([[pose.x, pose.y, 0.0]])[0][0]) for pose in poses]
    objs, masks = do.ImageCrop(image, do.SAM(image, points=points))
    assert names(do, objs) == wanted
    again = do.SAM(image, points=points[:1], boxes=[mask.box_xyxy for mask in masks[1:]])
    assert [(a.array == b.array).all() for a, b in zip(again, masks)] == [True] * 3


@pytest.mark.parametrize(
    ("prompt", "error", "said"),
    [
        ({"points": [(300, 20)]}, BadArgument, r"point 0, \(300, 20\), lies outside the picture of 256 x 128 pixels"),
        ({"points": [(128, 120)]}, NothingFound, r"point 0, \(128, 120\), lies on no object"),
        ({"points": [(float("nan"), 1)]}, BadArgument, "outside the picture"),
        ({"boxes": [(9, 9, 3, 12)]}, BadArgument, r"box 0, \(9, 9, 3, 12\), is empty"),
        ({"points": []}, BadArgument, "leave both out to segment everything"),
    ],
)
def test_bad_prompts_are_sentences(table: Table, prompt: dict[str, object], error: type[Exception], said: str) -> None:
    do = play(table(FIVE))
    with pytest.raises(error, match=said):
        do.SAM(do.GetImage(), **prompt)


def test_masks_of_another_picture_are_refused(table: Table) -> None:
    do = play(table(FIVE))
    mask = Mask.of(np.ones((10, 10), bool))
    with pytest.raises(BadArgument, match="mask 0 is 10 x 10 pixels, the picture 256 x 128"):
        do.ImageCrop(do.GetImage(), [mask])


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        ("the red heart", "red heart"),
        ("ring", "red ring"),
        ("A green thing.", "green bowl"),
        ("the_bowl", "green bowl"),
    ],
)
def test_a_phrase_finds_its_object(table: Table, query: str, answer: str) -> None:
    do = play(table(FIVE))
    objs, _ = do.look()
    assert names(do, objs)[do.CLIPRetrieval(objs, query)] == answer
    kind, facts = do.notes[-1]
    assert kind == "retrieval" and facts["chosen"] == int(np.argmax(facts["probabilities"]))
    assert sum(facts["probabilities"]) == pytest.approx(1.0) and len(facts["scores"]) == len(objs)


def test_a_picture_finds_its_object_at_any_rotation(table: Table) -> None:
    do = play(table(FIVE))
    objs, _ = do.look()
    for i, obj in enumerate(objs):
        turned = replace(obj, rgb=np.rot90(obj.rgb), mask=np.rot90(obj.mask))
        assert do.CLIPRetrieval(objs, turned) == i


def test_exclusions_always_count(table: Table) -> None:
    do = play(table(FIVE))
    objs, _ = do.look()
    first = do.CLIPRetrieval(objs, "heart")
    second = do.CLIPRetrieval(objs, "heart", pre_obj1=first)
    assert {names(do, objs)[i] for i in (first, second)} == {"red heart", "blue heart"}
    with pytest.raises(NothingFound):
        do.CLIPRetrieval(objs, "heart", pre_obj1=first, pre_obj2=second)
    with pytest.raises(NothingFound, match="all 1 objects are excluded"):
        do.CLIPRetrieval(objs[:1], "heart", pre_obj1=0)
    with pytest.raises(BadArgument, match="pre_obj 9 is not an index into 5 objects"):
        do.CLIPRetrieval(objs, "heart", pre_obj1=9)


def test_nothing_fits_says_what_there_is(table: Table) -> None:
    do = play(table(FIVE))
    objs, _ = do.look()
    with pytest.raises(NothingFound, match=r"nothing fits 'purple pan'.*there are: .*red heart"):
        do.CLIPRetrieval(objs, "the purple pan")
    with pytest.raises(NothingFound, match="there are no objects in which to look for 'pan'"):
        do.CLIPRetrieval([], "the pan")
    with pytest.raises(BadArgument, match="empty phrase"):
        do.CLIPRetrieval(objs, "  ")
    assert [facts["chosen"] for kind, facts in do.notes if kind == "retrieval"] == [None]


def test_pairs_are_found_whatever_the_order_and_number(table: Table) -> None:
    do = play(table(FIVE))
    objs, _ = do.look()
    shuffled = [objs[i] for i in (3, 0, 4)]
    left, right = do.get_objs_match(shuffled, objs)
    assert (left, right) == ([0, 1, 2], [3, 0, 4])
    other = play(table("purple pan; yellow star @0.4,0.1")).look()[0]
    left, right = do.get_objs_match([other[0], objs[2]], objs)
    assert (left, right) == ([1], [2])
    with pytest.raises(NothingFound, match="none of 2 objects looks like any of the other 5"):
        do.get_objs_match(other, objs)


def test_of_twins_each_is_paired_with_the_nearer(table: Table) -> None:
    env = table("red heart @0.4,-0.3; blue heart @0.6,0.3; blue ring @0.5,0")
    env.world.retexture(env.inventory().index("blue heart"), TEXTURES["red"])
    do = play(env)
    assert names(do, do.look()[0]).count("red heart") == 2
    objs, masks = do.look()
    later, later_masks = do.look()
    pairs = zip(*do.get_objs_match(objs, later[::-1]))
    for i, j in pairs:
        a, b = do.Pixel2Loc(i, masks), do.Pixel2Loc(j, later_masks[::-1])
        assert np.hypot(a[0] - b[0], a[1] - b[1]) < 0.01


def test_truth_stays_with_the_oracle(table: Table) -> None:
    do = play(env := table(FIVE))
    do.ctx.sight = Sight()
    image = do.GetImage()
    assert image.view.truth is None and image.truth is None
    mask = Mask.of(np.ones(image.shape, bool), image_id=image.id)
    assert do.ImageCrop(image, [mask])[0][0].truth is None
    assert isinstance(env, TabletopEnv) and all(picture.truth is None for picture in do.ctx.templates().values())


def test_the_front_view_shows_the_same_things_aslant(table: Table) -> None:
    do = play(table(FIVE))
    top, front = do.GetImage(), do.GetImage(view="front")
    assert front.view.camera.name == "front" and (front.rgb != top.rgb).any()
    by_top = dict(zip(names(do, do.ImageCrop(top, do.SAM(top))[0]), do.SAM(top)))
    by_front = dict(zip(names(do, do.ImageCrop(front, do.SAM(front))[0]), do.SAM(front)))
    assert by_top.keys() == by_front.keys()
    assert do.Pixel2Loc(by_front["red heart"])[:2] == pytest.approx(do.Pixel2Loc(by_top["red heart"])[:2], abs=0.02)
    assert do.ctx.wanted == {}


def test_a_robot_without_a_front_camera_says_which_it_has(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    do = play(table("red heart"))
    monkeypatch.setattr(type(do.ctx.robot), "info", replace(do.ctx.robot.info, cameras=("top", "wrist")))
    with pytest.raises(BadArgument, match="no camera called 'front'; it has: top, wrist"):
        do.GetImage("front")
