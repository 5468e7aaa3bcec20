"""What the embedded author understood: an instruction as steps over things and places, before it becomes a program."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Relation = Literal["inside", "on", "at", "beside", "left", "right", "near", "far"]
Direction = Literal["left", "right", "near", "far"]
Attribute = Literal["height", "size", "lightness"]
Aspect = Literal["identity", "texture", "profile"]

# --- what an instruction teaches --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Lesson:
    """A made-up adjective: the first picture (slot) of each pair has more of what it means than the second."""

    word: str
    pairs: tuple[tuple[str, str], ...]


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
    """The object so described, another one than ``thing``, that lies in, on or nearest to that."""

    text: str
    thing: Thing

    @property
    def mistakable(self) -> bool:
        """Whether the description may fit ``thing``, too."""
        noun = self.text.split()[-1]
        return noun == "object" or not isinstance(self.thing, Words) or self.thing.text.split()[-1] == noun


@dataclass(frozen=True)
class Kind:
    """An object of the shape that a slot's picture shows: what "a dax" is after "this is a dax {slot}"."""

    slot: str


@dataclass(frozen=True)
class Most:
    """Of the objects so described, the one with the most (``more``) or the least of an attribute.

    With a direction for an attribute: the one that lay furthest to that side before anything moved.
    """

    thing: Words | Kind
    attribute: Attribute | Direction | Lesson
    more: bool = True

    @property
    def by_place(self) -> bool:
        """Whether its place tells it from the others, and nothing of its looks."""
        return self.attribute in get_args(Direction)


@dataclass(frozen=True)
class Neighbor:
    """The object that lay on that side of another one before anything moved."""

    thing: Thing
    side: Direction


Thing = Words | Picture | Click | InScene | Within | Kind | Most | Neighbor


@dataclass(frozen=True)
class All:
    """Every object so described ("" for all that can be moved), but for the things named and the destination.

    Attributes:
        text: the description; "" too where ``like`` says what they have in common.
        besides: things that it leaves out.
        count: how many of them; None for all.
        like: the thing that they equal in ``aspect``.
    """

    text: str = ""
    besides: tuple[Thing, ...] = ()
    count: int | None = None
    like: Thing | None = None
    aspect: Aspect = "identity"


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


@dataclass(frozen=True)
class Twist:
    """Turn a thing where it lies, as far as something turned between the two scenes (slots) of each pair."""

    thing: Thing | All
    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Follow:
    """Move a thing from place to place as frames (slots) show it; None for the thing that moves in them."""

    frames: tuple[str, ...]
    thing: Thing | None = None


@dataclass(frozen=True)
class StackAs:
    """Stack things on one another in the order in which frames (slots) show it."""

    frames: tuple[str, ...]


@dataclass(frozen=True)
class Pile:
    """Stack several things of one description on one another, in any order."""

    things: All


@dataclass(frozen=True)
class Sweep:
    """Push things along the table into an open region, a line on the way being their limit if there is one."""

    things: All
    into: Thing
    limit: Thing | None = None
    rule: Literal["beyond", "touching"] = "beyond"


Step = Put | Rotate | Rearrange | Restore | Swap | Twist | Follow | StackAs | Pile | Sweep


@dataclass(frozen=True)
class Plan:
    """What was asked.

    Attributes:
        steps: in order.
        speed: of the arm, as a fraction of full, when one was asked for.
        assumed: which words were read as other ones, in words.
        ordered: whether their order was told ("first… then…") and not only followed from the sentence.
    """

    steps: tuple[Step, ...]
    speed: float | None = None
    ordered: bool = False
    assumed: tuple[str, ...] = ()
