"""A plan in words, for comments, and which things it speaks of."""

from __future__ import annotations

from instruct2act.authoring.llm.offline.plan import (
    All,
    Between,
    Click,
    Direction,
    Follow,
    Free,
    InScene,
    Kind,
    Lesson,
    Most,
    Neighbor,
    Picture,
    Pile,
    Place,
    Pointed,
    Put,
    Rearrange,
    Restore,
    Rotate,
    Shift,
    Spot,
    StackAs,
    Start,
    Step,
    Swap,
    Sweep,
    Thing,
    ToThing,
    Twist,
    Within,
    Words,
)

_RELATIONS = {
    "inside": "into {}", "on": "onto {}", "at": "to {}", "beside": "beside {}", "left": "to the left of {}",
    "right": "to the right of {}", "near": "in front of {}", "far": "behind {}",
}  # fmt: skip


_SIDES = {
    "left": "on the left of", "right": "on the right of", "near": "nearer to the robot than",
    "far": "farther from the robot than",
}  # fmt: skip


OUTERMOST: dict[Direction, str] = {"left": "leftmost", "right": "rightmost", "near": "nearest", "far": "farthest"}


def mentioned(step: Step, deep: bool = True) -> tuple[Thing, ...]:
    """The single things that a step speaks of, in order; ``deep``: what their descriptions refer to before them."""
    found: list[Thing] = []

    def add(thing: Thing | All) -> None:
        if isinstance(thing, All):
            for other in (*thing.besides, *([thing.like] if _to_find(thing) else [])):
                add(other)  # type: ignore[arg-type]
            return
        if deep and isinstance(thing, (Within, Neighbor)):
            add(thing.thing)
        if thing not in found:
            found.append(thing)

    match step:
        case Put(thing, place):
            add(thing)
            match place:
                case ToThing(_, other) | Start(other):
                    add(other)
                case Between(first, second):
                    add(first)
                    add(second)
        case Rotate(thing, _) | Twist(thing, _) | Pile(thing):
            add(thing)
        case Follow(_, thing) if thing is not None:
            add(thing)
        case Sweep(things, into, limit):
            add(into)
            if limit is not None:
                add(limit)
            add(things)
        case Swap(first, second):
            add(first)
            add(second)
    return tuple(found)


def _to_find(things: All) -> bool:
    """Whether what they are like has to be found on the table first: a picture is looked for as it is."""
    return things.like is not None and not (isinstance(things.like, Picture) and things.aspect == "identity")


def say(thing: Thing | All) -> str:
    """A thing in words, for comments."""
    match thing:
        case Words(text):
            return f"the {text}"
        case Picture(slot):
            return f"{{{slot}}}"
        case Click(index):
            return f"what click {index + 1} points at"
        case InScene(text, slot):
            return f"the {text} of {{{slot}}}"
        case Within(text, where):
            return f"the {text} at {say(where)}"
        case Kind(slot):
            return f"a thing of the shape in {{{slot}}}"
        case Most(of, "left" | "right" | "near" | "far" as side):
            return f"the {OUTERMOST[side]} {say(of).split(' ', 1)[1]}"
        case Most(of, attribute, more):
            what = attribute.word if isinstance(attribute, Lesson) else attribute
            return f"{say(of)} with the {'most' if more else 'least'} {what}"
        case Neighbor(of, side):
            return f"what was {_SIDES[side]} {say(of)}"
        case All(text, count=count, like=like, aspect=aspect):
            many = "every" if count is None else f"{count}"
            if like is None:
                return f"{many} {text}" if text else "everything else that can be moved"
            same = f"like {say(like)}" if aspect == "identity" else f"of the {aspect} of {say(like)}"
            return f"{many} {text or 'thing'} {same}"


def say_place(place: Place, moved: Thing | All) -> str:
    """A place in words, for comments."""
    match place:
        case ToThing(relation, thing, metres):
            there = _RELATIONS[relation].format(say(thing))
            return f"{metres * 100:g} cm {there}" if metres is not None else there
        case Between(first, second):
            return f"between {say(first)} and {say(second)}"
        case Spot(along_x, along_y):
            return f"at the {' '.join(dict.fromkeys((along_x, along_y)))} of the table"
        case Shift(direction, metres):
            towards = {"near": "towards the robot", "far": "away from the robot"}
            return f"{metres * 100:g} cm {towards.get(direction, 'to the ' + direction)}"
        case Free():
            return "where there is room"
        case Pointed(index):
            return f"where click {index + 1} points"
        case Start(thing):
            return "back where it was" if thing == moved else f"to where {say(thing)} was"


def say_step(step: Step) -> str:
    """A step in words, for comments."""
    match step:
        case Put(thing, place, degrees):
            turned = f", turned by {degrees:g} degrees" if degrees else ""
            return f"Put {say(thing)} {say_place(place, thing)}{turned}"
        case Rotate(thing, degrees):
            return f"Turn {say(thing)} by {degrees:g} degrees, clockwise positive"
        case Rearrange(slot):
            return f"Bring things to where the picture {{{slot}}} shows them"
        case Restore():
            return "Bring back what was moved"
        case Swap(first, second):
            return f"Let {say(first)} and {say(second)} change places"
        case Twist(thing, pairs):
            return f"Turn {say(thing)} as {'examples show' if len(pairs) > 1 else 'an example shows'}"
        case Follow(_, thing):
            return f"Move {say(thing) if thing is not None else 'what moves in the frames'} as the frames show"
        case StackAs():
            return "Stack things as the frames show"
        case Pile(things):
            return f"Stack {say(things)}"
        case Sweep(things, into, limit, rule):
            within = f", {'not beyond' if rule == 'beyond' else 'without touching'} {say(limit)}" if limit else ""
            return f"Sweep {say(things)} into {say(into)}{within}"
