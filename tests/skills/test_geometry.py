"""Locations and free places against the simulator's poses."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tabletop import Calls, Table, play

from skills.errors import BadArgument, NothingFound
from skills.room import GAP_M, Room
from skills.types import Workspace

FOUR = "red block @0.4,-0.3; blue bowl @0.6,0.0; green ring @0.35,0.35; yellow L-shaped block @0.6,-0.3"


def index(do: Calls, objs: list[object], name: str) -> int:
    return do.CLIPRetrieval(objs, name)  # type: ignore[no-any-return]


def test_a_location_is_the_visible_centre_in_metres(table: Table) -> None:
    do = play(env := table(FOUR))
    objs, masks = do.look()
    for id in env.world.objects:
        i = index(do, objs, env.name_of(id))
        pose = env.world.pose(id)
        assert do.Pixel2Loc(i, masks)[:2] == pytest.approx([pose.x, pose.y], abs=0.005)
        assert do.Pixel2Loc(masks[i]) == do.Pixel2Loc(i, masks)
    assert do.Pixel2Loc(index(do, objs, "red block"), masks)[2] == pytest.approx(0.07, abs=0.001)


def test_a_pixel_is_the_very_point_it_shows(table: Table) -> None:
    do = play(table(FOUR))
    image = do.GetImage()
    x, y = image.view.camera.project([[0.4, -0.3, 0.0]])[0][0]
    assert do.Pixel2Loc([x, y]) == pytest.approx([0.4, -0.3, 0.07], abs=0.003)
    x, y = image.view.camera.project([[0.3, 0.0, 0.0]])[0][0]
    assert do.Pixel2Loc((x, y), do.SAM(image)) == pytest.approx([0.3, 0.0, 0.0], abs=0.003)


def test_the_whole_picture_is_mapped_by_its_calibration(table: Table) -> None:
    do = play(table("red block @0.5,0.0"))
    camera = do.GetImage().view.camera
    corners = [(0, 0), (255, 0), (0, 127), (255, 127), (128, 63)]
    wanted = [(0.5 + (row - 63) * 0.003984, (column - 128) * 0.003984) for column, row in corners]
    np.testing.assert_allclose(camera.meet_plane(corners)[:, :2], wanted, atol=2e-4)


def test_without_depth_the_note_says_so(table: Table) -> None:
    do = play(table(FOUR))
    image = do.GetImage()
    at = do.Pixel2Loc(0, do.SAM(replace(image, view=replace(image.view, depth_m=None))))
    assert at[2] == pytest.approx(0.0, abs=1e-6)
    assert [facts["depth"] for kind, facts in do.notes if kind == "location"] == [False]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((9,), r"obj 9 is not an index into 4 masks"),
        ((-1,), r"obj -1 is not an index into 4 masks"),
        (([1.0, 2.0, 3.0],), r"a pixel is two numbers \[x, y\]"),
        (([300.0, 2.0],), r"pixel \(300, 2\) lies outside the picture of 256 x 128 pixels"),
        (([float("nan"), 2.0],), r"a pixel is two numbers"),
    ],
)
def test_bad_locations_are_sentences(table: Table, arguments: tuple[object, ...], said: str) -> None:
    do = play(table(FOUR))
    _, masks = do.look()
    with pytest.raises(BadArgument, match=said):
        do.Pixel2Loc(*arguments, masks)


def test_an_index_without_masks_and_a_cut_out_have_no_place(table: Table) -> None:
    do = play(table(FOUR))
    objs, _ = do.look()
    with pytest.raises(BadArgument, match=r"Pixel2Loc\(0\) needs the masks"):
        do.Pixel2Loc(0)
    with pytest.raises(BadArgument, match="shows no place on the table"):
        do.Pixel2Loc(0, do.SAM(objs[0]))


@pytest.mark.parametrize("side", [None, "left", "right", "near", "far"])
def test_a_free_place_is_free_close_and_on_its_side(table: Table, side: str | None) -> None:
    do = play(env := table(FOUR))
    objs, masks = do.look()
    bowl = do.Pixel2Loc(index(do, objs, "blue bowl"), masks)
    ring = index(do, objs, "green ring")
    if side == "far":
        with pytest.raises(NothingFound, match=r"no free place of 0\.1\d m across on the far side of \(0\.60, 0\.00\)"):
            do.FindPlace(ring, masks, bowl, side)  # the bowl stands at the far edge
        return
    place = do.FindPlace(ring, masks, near=bowl, side=side)
    dx, dy = place[0] - bowl[0], place[1] - bowl[1]
    if side:
        along = {"left": -dy, "right": dy, "near": -dx}[side]
        assert along >= np.hypot(dx, dy) * 0.7
    assert 0.1 + 0.048 <= np.hypot(dx, dy) < 0.2
    assert do.RobotExecution(do.PickPlace(do.Pixel2Loc(ring, masks), place))["done"] == 1
    id = env.inventory().index("green ring")
    assert env.world.pose(id).x == pytest.approx(place[0], abs=0.006)
    assert not env.world.contacts(id) - {-1}


def test_a_new_place_for_a_thing_leaves_its_own_and_all_others(table: Table) -> None:
    do = play(table(FOUR))
    objs, masks = do.look()
    block = index(do, objs, "red block")
    place, at = do.FindPlace(block, masks), do.Pixel2Loc(block, masks)
    assert 0.07 < np.hypot(place[0] - at[0], place[1] - at[1]) < 0.2
    right = do.FindPlace(block, masks, near=at, side="right")
    assert right[1] - at[1] > 0.07 and abs(right[0] - at[0]) <= right[1] - at[1]


def test_room_is_exact_to_a_cell() -> None:
    room = Room(Workspace(), 0.005)
    grid = np.stack(np.meshgrid(np.arange(0.25, 0.75, 0.004), np.arange(-0.5, 0.1, 0.004)), axis=-1).reshape(-1, 2)
    room.fill(grid)  # all but the right part
    x, y = room.free(0.05, np.array([0.5, 0.0])) or (0.0, 0.0)
    assert y == pytest.approx(0.1 + 0.05 + GAP_M, abs=0.015) and x == pytest.approx(0.5, abs=0.006)
    assert room.free(0.21, np.array([0.5, 0.0])) is None
    assert room.free(0.05, np.array([0.5, 0.0]), direction=(0.0, -1.0)) is None
    far = room.free(0.05, np.array([0.5, 0.0]), apart=np.array([[0.5, 0.2]]))
    assert far is not None and np.hypot(far[0] - 0.5, far[1] - 0.2) >= 0.13
