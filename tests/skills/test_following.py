"""What moved, what became of a thing, what is beside what."""

from __future__ import annotations

import pytest
from tabletop import Calls, Table, play

from sim.env import TabletopEnv
from sim.textures import TEXTURES
from skills.errors import BadArgument, NothingFound
from skills.robots import Silent
from skills.types import Action, Image, Mask, Pose

ROW = "red block @0.5,-0.25; blue block @0.5,0.0; green block @0.5,0.25"


def carry(env: TabletopEnv, name: str, x: float, y: float, z: float = 0.07) -> None:
    at = env.world.pose(env.inventory().index(name))
    assert env.carry_out(Action("pick_place", Pose(at.x, at.y, 0.07), Pose(x, y, z)), Silent()).status == "done"


def masks_of(do: Calls, image: Image) -> dict[str, Mask]:
    objs, masks = do.ImageCrop(image, do.SAM(image))
    return dict(zip(do.ctx.retriever.names(objs), masks))  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("name", "to"), [("red block", (0.35, 0.1)), ("red block", (0.5, 0.25)), ("green block", (0.5, 0.0))]
)
def test_what_moved_is_told_also_from_a_pile(table: Table, name: str, to: tuple[float, float]) -> None:
    do = play(env := table(ROW))
    before = do.GetImage()
    start = masks_of(do, before)[name]
    carry(env, name, *to, 0.14)
    moved = do.WhatMoved(before, do.GetImage())
    assert do.ctx.retriever.names([moved["obj"]]) == [name]  # type: ignore[attr-defined]
    assert moved["start"] == pytest.approx(do.Pixel2Loc(start))
    assert moved["end"][:2] == pytest.approx(to, abs=0.012)
    assert moved["end"][2] == pytest.approx(0.14 if to[0] == 0.5 else 0.07, abs=0.005)


def test_that_nothing_moved_is_said(table: Table) -> None:
    do = play(table(ROW))
    with pytest.raises(NothingFound, match="nothing moved between the pictures: 3 things were found in both"):
        do.WhatMoved(do.GetImage(), do.GetImage())


def test_frames_are_not_places_to_be_kept_free(table: Table) -> None:
    do, other = play(table(ROW)), play(table("red block @0.3,0.3; blue block @0.5,0.0"))
    frame = other.GetImage()
    do.WhatMoved(do.GetImage(), frame)
    assert do.ctx.wanted == {}


@pytest.mark.parametrize("tracking", [True, False])
def test_a_thing_that_stayed_is_known_again(table: Table, tracking: bool) -> None:
    do = play(env := table(ROW))
    do.ctx.tracking = tracking
    before = masks_of(do, do.GetImage())
    carry(env, "blue block", 0.35, 0.1)
    later = do.GetImage()
    found = do.Track(before["red block"], later)
    assert found.image_id == later.id and (found.array == masks_of(do, later)["red block"].array).all()


def test_a_thing_that_moved_is_known_by_its_looks_alone(table: Table) -> None:
    do = play(env := table(ROW))
    before = masks_of(do, do.GetImage())
    carry(env, "blue block", 0.35, 0.1)
    later = do.GetImage()
    found = do.Track(before["blue block"], later)
    assert (found.array == masks_of(do, later)["blue block"].array).all()
    do.ctx.tracking = False
    with pytest.raises(NothingFound, match="tracking is switched off"):
        do.Track(before["blue block"], later)


def test_of_twins_the_one_that_stayed_is_meant(table: Table) -> None:
    do = play(env := table(ROW))
    env.world.retexture(env.inventory().index("blue block"), TEXTURES["red"])
    image = do.GetImage()
    masks = do.SAM(image)
    later = do.GetImage()
    for mask in masks:
        assert (do.Track(mask, later).array == mask.array).all()


def test_what_is_covered_cannot_be_seen(table: Table) -> None:
    do = play(env := table("red block @0.5,-0.25; blue small block @0.5,0.0"))
    before = masks_of(do, do.GetImage())
    carry(env, "red block", 0.5, 0.0, 0.14)
    with pytest.raises(NothingFound, match="it may be covered"):
        do.Track(before["blue small block"], do.GetImage())


@pytest.mark.parametrize(
    ("side", "neighbor"),
    [
        ("west", "red block"),
        ("left", "red block"),
        ("east", "green block"),
        ("right", "green block"),
        ("north", "yellow ring"),
        ("near", "yellow ring"),
        ("south", "purple heart"),
        ("far", "purple heart"),
    ],
)
def test_neighbors_by_side(table: Table, side: str, neighbor: str) -> None:
    do = play(table(ROW + "; yellow ring @0.375,0.02; purple heart @0.63,0.0; red bowl @0.38,0.38"))
    image = do.GetImage()
    masks = masks_of(do, image)
    names, arrays = list(masks), list(masks.values())
    assert names[do.FindNeighbor(names.index("blue block"), arrays, side)] == neighbor


def test_no_neighbor_is_said(table: Table) -> None:
    do = play(table(ROW))
    masks = list(masks_of(do, do.GetImage()).values())
    with pytest.raises(NothingFound, match="nothing on the north side of object 0"):
        do.FindNeighbor(0, masks, "north")
    with pytest.raises(BadArgument, match="obj 7 is not an index into 3 masks"):
        do.FindNeighbor(7, masks, "north")
