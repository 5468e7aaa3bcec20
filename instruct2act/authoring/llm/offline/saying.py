"""A plan in words, for comments, and which things it speaks of."""

from __future__ import annotations

from instruct2act.authoring.llm.offline.plan import (
    All,
    Between,
    Click,
    Free,
    InScene,
    Picture,
    Place,
    Pointed,
    Put,
    Rotate,
    Shift,
    Spot,
    Start,
    Step,
    Swap,
    Thing,
    ToThing,
    Within,
    Words,
)

_RELATIONS = {
    "inside": "into {}", "on": "onto {}", "at": "to {}", "beside": "beside {}", "left": "to the left of {}",
    "right": "to the right of {}", "near": "in front of {}", "far": "behind {}",
}  # fmt: skip


def mentioned(step: Step) -> tuple[Thing, ...]:
    """The single things that a step speaks of, in order, what their descriptions refer to before them."""
    found: list[Thing] = []

    def add(thing: Thing | All) -> None:
        if isinstance(thing, All):
            for beside in thing.besides:
                add(beside)
            return
        if isinstance(thing, Within):
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
        case Rotate(thing, _):
            add(thing)
        case Swap(first, second):
            add(first)
            add(second)
    return tuple(found)


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
        case All(text):
            return f"every {text}" if text else "everything else"


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


def vagueness(thing: Thing) -> int:
    """What is said most clearly is looked for first: "the red object" is whatever the bowl spoken of is not."""
    if isinstance(thing, Within):
        return 3
    if isinstance(thing, Words):
        return 2 if thing.text.endswith("object") else 1
    return 0
