"""Which things a sentence speaks of: names, pictures, clicks, "it" and "them"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from lark import Token, Tree

from instruct2act.authoring.llm.offline.plan import (
    All,
    Aspect,
    Click,
    InScene,
    Kind,
    Most,
    Neighbor,
    Picture,
    Step,
    Thing,
    Within,
    Words,
)
from instruct2act.authoring.llm.offline.reading import names
from instruct2act.authoring.llm.offline.reading.lessons import Lessons
from instruct2act.authoring.llm.offline.reading.prepare import NotUnderstood
from instruct2act.authoring.llm.offline.saying import say

Node: TypeAlias = Any
"""A lark Tree; its children are Trees and Tokens."""

CAN = (
    "I can put things into, onto, beside, left or right of others or somewhere on the table, rotate them by "
    "degrees, swap two, stack them, sweep them into an open frame, follow what pictures show, rearrange the table to "
    "a picture, and restore; for example: put the red heart into the blue bowl, then rotate the star by 30 degrees"
)
"""What to try: the whole of what the embedded author understands, in a sentence."""

_ANYTHING = ("anything", "what", "whatever", "whichever", "everything", "those", "ones")
_DESCRIBE = "describe it by its colour, pattern and shape, or by where it lies: the leftmost block"
_ORDINALS = ("first", "second", "third", "fourth", "fifth")
_DIGITS = ("1st", "2nd", "3rd", "4th", "5th")


@dataclass
class Talk:
    """What has been said so far."""

    clicks: int
    lessons: Lessons
    it: Thing | All | None = None
    there: Thing | None = None
    """Where ``it`` was put into: "behind it" means behind the container just as well."""
    moved: list[Thing | All] = field(default_factory=list)
    named: list[Thing] = field(default_factory=list)
    """Things in the order in which they were named, for "the former" and "the latter"."""
    whole_table: bool = False
    pointed: int = 0
    steps: list[Step] = field(default_factory=list)
    picked: Thing | All | None = None
    taken_out: bool = False


SEVERAL = ("some", "every", "everything", "them", "counted", "counted_like", "every_like", "alike")
"""What the grammar calls noun phrases that may mean several things."""


def remember(thing: Thing | All, talk: Talk) -> None:
    """What was moved last is "it"."""
    talk.it, talk.there = thing, None
    if talk.picked == thing:
        talk.picked = None
    if thing not in talk.moved:
        talk.moved.append(thing)


def part_of(tree: Node, kinds: Sequence[str]) -> Node:
    """The first subtree of one of these kinds."""
    return next(part for part in tree.children if isinstance(part, Tree) and part.data in kinds)


def things_of(tree: Node, talk: Talk) -> list[Thing | All]:
    """What one or several noun phrases mean.

    Raises:
        NotUnderstood: a word that refers to nothing, or singles a thing out by comparing it with others.
    """
    match tree.data:
        case "them":
            if not talk.moved and talk.it is None:
                raise NotUnderstood("who 'they' are", "", "name the things")
            return list(talk.moved) or [it_of(talk)]
        case "everything" if not any(part.data == "with" for part in tree.children):
            return [All("", _except(tree, talk))]
        case "every" | "everything":
            said = [_words(part) for part in tree.children if part.data in ("name", "with")]
            said = said if tree.data == "every" else [["object"], *said]
            return [All(_caption(*said), _except(tree, talk))]
        case "counted":
            number, name = tree.children[:2]
            return [All(_caption(_words(name)), _except(tree, talk), _count(number))]
        case "counted_like":
            return [All(like=Picture(token(tree, "OBJECT")[8:-1]), count=_count(token(tree, "NUMBER")))]
        case "every_like":
            return [All(like=Picture(token(tree, "OBJECT")[8:-1]))]
        case "alike":
            return [_alike(tree, talk)]
    found: list[Thing | All] = []
    for child in tree.children:
        found += _each(child, _head(tree), talk)
        talk.it = found[0] if talk.it is None else talk.it
    return found


def _count(number: str) -> int:
    count = int(float(number))
    if count < 1:
        raise NotUnderstood(f"{number} things", "", "say how many")
    return count


def _alike(tree: Node, talk: Talk) -> All:
    """Everything that equals another thing in some way; "it" is that thing from now on."""
    aspect: Aspect = token(tree, "SAME")[6:-1]  # type: ignore[assignment]
    parts = [part for part in tree.children if isinstance(part, Tree)]
    said = _words(parts.pop(0)) if parts and parts[0].data == "name" else []
    text = "" if not said or said[-1].lower() in _ANYTHING else _caption(said)
    like = thing_of(parts[0], talk) if parts else None
    if like is not None:
        talk.it, talk.there = like, None
    return All("" if text == "object" else text, () if like is None else (like,), None, like, aspect)


def _each(tree: Node, head: str, talk: Talk) -> list[Thing | All]:
    """What one member of "the red, green and blue blocks" means."""
    if tree.data == "it":
        return [it_of(talk)]
    words = _words(tree.children[0]) if tree.data == "described" and len(tree.children) == 1 else []
    pair = words[0].split("_and_") if words else []
    if len(pair) == 2 and head and words[1:] in ([], [head], [f"{head}s"]):
        # Two of them, since a pair of colours alone is no texture.
        return [Words(_caption([color, head])) for color in pair]
    if head and len(words) == 1 and words[0].lower() in names.COLORS:
        return [Words(_caption([words[0], head]))]
    if _plural(tree):
        return [All(_described(tree))]
    return [thing_of(tree, talk)]


def _plural(tree: Node) -> bool:
    """Whether a description is one of several things: "the red blocks"."""
    return tree.data == "described" and names.is_plural(_words(tree.children[0]))


def _head(tree: Node) -> str:
    """The noun that is shared by "the red and blue blocks": a plural at the end, in the singular."""
    last = tree.children[-1]
    words = _words(last.children[0]) if last.data == "described" and len(last.children) == 1 else []
    return names.singular(words[-1]) if len(words) > 1 and names.is_plural(words) else ""


def _except(tree: Node, talk: Talk) -> tuple[Thing, ...]:
    part = next((p for p in tree.children if isinstance(p, Tree) and p.data == "except"), None)
    return tuple(thing_of(child, talk) for child in part.children) if part is not None else ()


def it_of(talk: Talk) -> Thing | All:
    """What "it" means now."""
    if talk.it is None:
        raise NotUnderstood("what 'it' is", "", "name the thing")
    return talk.it


def thing_of(tree: Node, talk: Talk) -> Thing:
    """What one noun phrase means, as `_meant`, kept for "the latter"."""
    thing = _meant(tree, talk)
    if tree.data not in ("it", "former"):
        talk.named.append(thing)
    return thing


def _meant(tree: Node, talk: Talk) -> Thing:
    """What one noun phrase means; "it" is where the thing before was put, as long as it is there.

    Raises:
        NotUnderstood: as `things_of`.
    """
    match tree.data:
        case "it":
            thing = talk.there or it_of(talk)
            if isinstance(thing, All) and thing.like is not None and thing.aspect != "identity":
                return thing.like
            if isinstance(thing, All):
                raise NotUnderstood("what 'it' is, of several things", "", "name the thing")
            return thing
        case "former":
            if len(talk.named) < 2:
                raise NotUnderstood("what the former and the latter are", "", "name the thing")
            return talk.named[-2 if "former" in str(tree.children[0]) else -1]
        case "picture":
            slot = token(tree, "OBJECT")
            return Picture(slot[8:-1])
        case "in_scene":
            slot = token(tree, "SCENE")
            return InScene(_described(tree.children[0]), slot[7:-1])
        case "described":
            if _plural(tree):
                raise NotUnderstood(f"which of the {' '.join(_words(tree.children[0]))}", "", "name one of them")
            return Words(_described(tree))
        case "kind":
            return Kind(token(tree, "KIND")[6:-1])
        case "most" | "most_of":
            return _most(tree, talk)
        case "nearest":
            return Within(_described(tree.children[0]), thing_of(tree.children[1], talk))
        case "neighbor":
            of = thing_of(tree.children[1], talk) if len(tree.children) > 1 else it_of(talk)
            if isinstance(of, All):
                raise NotUnderstood("whose neighbour", "", "name the thing")
            return Neighbor(of, str(tree.children[0])[10:-1])  # type: ignore[arg-type]
        case "click_slot":
            return Click(_clicked(int(str(tree.children[0])[7:-1]), talk))
        case "click" | "click_ordinal":
            ordinal = str(token(tree, "ORDINAL")).lower()
            if tree.data == "click_ordinal" and not talk.clicks:
                raise NotUnderstood(f"which one 'the {ordinal}' is", "", "point at it with --click X,Y, or describe it")
            return Click(_clicked(talk.clicks - 1 if ordinal == "last" else _place_of(ordinal), talk))
        case "click_number":
            return Click(_clicked(int(float(str(tree.children[-1]))) - 1, talk))
        case "click_next":
            return Click(next_click(talk))
        case other:
            raise AssertionError(f"the grammar has a thing {other} that nobody reads")


def _most(tree: Node, talk: Talk) -> Most:
    """Of "the less daxer block", "the tallest one": which things are compared, and in what."""
    degree, attribute = token(tree, "DEGREE")[1:-1].split(":")
    of: Words | Kind = Words("object")
    for part in tree.children:
        if isinstance(part, Token) and part.type in ("OBJECT", "KIND"):
            of = Kind(part[part.index(":") + 1 : -1])
        elif isinstance(part, Tree):
            words = _words(part)
            if tree.data == "most" and names.is_plural(words):
                raise NotUnderstood(f"which {' '.join(words)}, of several", "", "say which one, or all of them")
            of = Words(_caption(words))
    lesson = talk.lessons.adjectives.get(attribute)
    return Most(of, lesson if lesson is not None else attribute, degree == "most")  # type: ignore[arg-type]


def next_click(talk: Talk) -> int:
    """The click that "this", "that", "here" means: each takes the next."""
    talk.pointed += 1
    return _clicked(talk.pointed - 1, talk)


def _clicked(index: int, talk: Talk) -> int:
    if not 0 <= index < talk.clicks:
        there = f"{talk.clicks} click{'s' if talk.clicks != 1 else ''}" if talk.clicks else "no click"
        raise NotUnderstood(
            f"click number {index + 1}", "", f"there is {there}; give one --click X,Y for each thing that is pointed at"
        )
    return index


def _place_of(ordinal: str) -> int:
    return (_ORDINALS if ordinal in _ORDINALS else _DIGITS).index(ordinal)


def token(tree: Node, kind: str) -> str:
    """The first token of a kind among a tree's children."""
    return tokens(tree, kind)[0]


def tokens(tree: Node, kind: str) -> list[str]:
    """Every token of a kind among a tree's children."""
    return [str(child) for child in tree.children if isinstance(child, Token) and child.type == kind]


def _described(tree: Node) -> str:
    """The caption of a description; what a thing comes "with" must be a look of it, not another thing."""
    name, *more = tree.children
    parts = [_words(part.children[0] if part.data == "with" else part) for part in more]
    for part, said in zip(more, parts):
        if part.data == "with" and not names.is_look(said):
            raise NotUnderstood(
                f"which one is meant by {shown(' '.join([*_words(name), 'with', *said]))!r}", "", _DESCRIBE
            )
    return _caption(_words(name), *parts)


def _words(tree: Node) -> list[str]:
    """The words of a name, or of what a thing comes "with"."""
    return _words(tree.children[0]) if tree.data == "with" else [str(token) for token in tree.children]


def _caption(words: Sequence[str], *more: Sequence[str]) -> str:
    for word in (word.lower() for part in (words, *more) for word in part):
        if word in names.CANNOT_TELL:
            said = " ".join(words).replace("_", " ")
            raise NotUnderstood(f"which one is meant by {said!r}", "", _DESCRIBE)
    if words[0].lower() in names.OTHER_VERBS:
        raise NotUnderstood(" ".join(words).replace("_", " "), "", CAN)
    return names.canonical(words, *more)


def taken_from(tree: Node, where: Node | None, talk: Talk) -> list[Thing | All]:
    """Of "the heart from the bowl": where a thing is now tells it from others of its name."""
    found = things_of(tree, talk)
    if where is None or (tree.data == "some" and all(child.data == "it" for child in tree.children)):
        return found
    place = thing_of(where.children[0], talk)
    if any(isinstance(thing, All) for thing in found):
        raise NotUnderstood(f"which things lie at {say(place)}", "", "name them one by one")
    if isinstance(place, Picture) and found == [Words("object")]:
        return [place]  # "the thing in {picture}"
    return [Within(thing.text, place) if isinstance(thing, Words) else thing for thing in found]


def shown(part: str) -> str:
    """A part of the prepared text as the person wrote it."""
    return re.sub(r"<\w+:([^>]*)>", r"{\1}", part).replace("_and_", " and ").strip(" ,.;")
