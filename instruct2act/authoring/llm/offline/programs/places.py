"""Where things go, as expressions; what they need is written before them."""

from __future__ import annotations

from instruct2act.authoring.llm.offline.plan import (
    Between,
    Direction,
    Free,
    Place,
    Pointed,
    Shift,
    Spot,
    Start,
    Thing,
    ToThing,
)
from instruct2act.authoring.llm.offline.programs.page import Page

_EDGE = 0.12
"""Metres from the table's edge to the middle of its corners and sides."""
_OFFSETS: dict[Direction, tuple[int, int]] = {"left": (0, -1), "right": (0, 1), "near": (-1, 0), "far": (1, 0)}


def target(page: Page, place: Place, thing: Thing) -> str:
    """An expression for the location that a thing is to get to."""
    match place:
        case ToThing("left" | "right" | "near" | "far" as side, other, metres) if metres is not None:
            return _apart(page, thing, other, side, metres)
        case ToThing("left" | "right" | "near" | "far" | "beside" as side, other):
            return beside(page, thing, f"{page.names[other]}_at", "" if side == "beside" else side)
        case ToThing(_, other):
            return f"{page.names[other]}_at"
        case Between(first, second):
            a, b = f"{page.names[first]}_at", f"{page.names[second]}_at"
            page.add(f"middle = [({a}[k] + {b}[k]) / 2 for k in range(3)]")
            return "middle"
        case Spot():
            return beside(page, thing, spot(page, place), "")
        case Shift():
            return shifted(page, f"{page.names[thing]}_at", place)
        case Free():
            return beside(page, thing, "", "")
        case Pointed(index):
            return f"Pixel2Loc(clicks[{index}])"
        case Start(other):
            return f"{page.names[other]}_start" if other == thing else f"{page.names[other]}_at"


def spot(page: Page, place: Spot) -> str:
    """The middle of a part of the table."""

    def along(axis: str, low: bool, high: bool) -> str:
        if low:
            return f'BOUNDS["{axis}"][0] + {_EDGE}'
        return f'BOUNDS["{axis}"][1] - {_EDGE}' if high else f'(BOUNDS["{axis}"][0] + BOUNDS["{axis}"][1]) / 2'

    x = along("x", place.along_x == "near", place.along_x == "far")
    y = along("y", place.along_y == "left", place.along_y == "right")
    page.add(f"spot = [{x}, {y}, 0.0]")
    return "spot"


def beside(page: Page, thing: Thing, near: str, side: str) -> str:
    """Free room for a thing."""
    index = page.index(thing)
    masks = "masks" if page.masks_of(thing) == "masks" else "clicked_masks + masks"
    more = (f", near={near}" if near else "") + (f', side="{side}"' if side else "")
    page.add(f"place = FindPlace({index}, {masks}{more})")
    return "place"


def _apart(page: Page, thing: Thing, other: Thing, side: Direction, metres: float) -> str:
    """So much free space between two things."""
    page.helper("size")
    page.helper("shifted")
    dx, dy = _OFFSETS[side]
    axis = 0 if dx else 1
    sizes = [f"size({page.masks_of(t)}[{i}])[{axis}]" for t, i in ((t, page.index(t)) for t in (thing, other))]
    page.add(f"step = {metres:g} + ({sizes[0]} + {sizes[1]}) / 2")
    sign = "-" if dx + dy < 0 else ""
    return f"shifted({page.names[other]}_at, {f'{sign}step, 0' if dx else f'0, {sign}step'})"


def shifted(page: Page, at: str, place: Shift) -> str:
    """So far from a location, in a direction."""
    page.helper("shifted")
    dx, dy = (metres * place.metres for metres in _OFFSETS[place.direction])
    return f"shifted({at}, {dx:g}, {dy:g})"
