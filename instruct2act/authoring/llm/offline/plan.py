"""What the embedded author understood: an instruction as steps over things and places, before it becomes a program."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Relation = Literal["inside", "on", "at", "beside", "left", "right", "near", "far"]
Direction = Literal["left", "right", "near", "far"]

# --- things -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Words:
    """An object by its description: "red and yellow polka dot heart"."""

    text: str


@dataclass(frozen=True)
class Picture:
    """The object that a slot's picture shows."""

    slot: str


@dataclass(frozen=True)
class Click:
    """The object under a click, counted from 0."""

    index: int


@dataclass(frozen=True)
class InScene:
    """The object that looks like the one so described in a scene's picture."""

    text: str
    slot: str


@dataclass(frozen=True)
class Within:
    """The object so described that lies in, on or nearest to another one."""

    text: str
    thing: Words | Picture | Click | InScene | Within


Thing = Words | Picture | Click | InScene | Within


@dataclass(frozen=True)
class All:
    """Every object so described ("" for every object there is), but for the things named and the destination."""

    text: str
    besides: tuple[Thing, ...] = ()


# --- places -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ToThing:
    """Relative to another object; ``metres`` is a distance that was asked for, between centres."""

    relation: Relation
    thing: Thing
    metres: float | None = None


@dataclass(frozen=True)
class Between:
    """Half way between two objects."""

    first: Thing
    second: Thing


@dataclass(frozen=True)
class Spot:
    """A part of the table: near | middle | far along x, left | middle | right along y."""

    along_x: Literal["near", "middle", "far"]
    along_y: Literal["left", "middle", "right"]


@dataclass(frozen=True)
class Shift:
    """From where it lies, so far in a direction of the top view's picture."""

    direction: Direction
    metres: float


@dataclass(frozen=True)
class Free:
    """Anywhere on the table where there is room."""


@dataclass(frozen=True)
class Pointed:
    """The spot that was clicked, counted from 0."""

    index: int


@dataclass(frozen=True)
class Start:
    """Where a thing lay before anything moved."""

    thing: Thing


Place = ToThing | Between | Spot | Shift | Free | Pointed | Start

# --- steps ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Put:
    """Pick a thing up and put it somewhere, turned clockwise by so many degrees on the way."""

    thing: Thing | All
    place: Place
    degrees: float = 0.0


@dataclass(frozen=True)
class Rotate:
    """Turn a thing where it lies; clockwise positive, seen from above."""

    thing: Thing | All
    degrees: float


@dataclass(frozen=True)
class Rearrange:
    """Make the table look like a scene's picture."""

    slot: str


@dataclass(frozen=True)
class Restore:
    """Everything that was moved goes back to where it was."""


@dataclass(frozen=True)
class Swap:
    """Two things change places."""

    first: Thing
    second: Thing


Step = Put | Rotate | Rearrange | Restore | Swap


@dataclass(frozen=True)
class Plan:
    """Steps in order, and the arm's speed as a fraction of full when one was asked for."""

    steps: tuple[Step, ...]
    speed: float | None = None
