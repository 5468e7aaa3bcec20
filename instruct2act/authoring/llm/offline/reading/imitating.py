"""What is to be done as pictures show it: a turn by examples, a motion or a stack in frames."""

from __future__ import annotations

from lark import Tree

from instruct2act.authoring.llm.offline.plan import Follow, StackAs, Twist
from instruct2act.authoring.llm.offline.reading.prepare import NotUnderstood
from instruct2act.authoring.llm.offline.reading.things import (
    SEVERAL,
    Node,
    Talk,
    part_of,
    remember,
    thing_of,
    things_of,
    tokens,
)


def twist(tree: Node, talk: Talk) -> None:
    """A turn without an angle: as far as the examples show it."""
    if not talk.lessons.turns:
        raise NotUnderstood("by how many degrees", "a turn", "say for example: rotate the heart by 30 degrees")
    for thing in things_of(part_of(tree, SEVERAL), talk):
        talk.steps.append(Twist(thing, talk.lessons.turns))
        remember(thing, talk)


def follow(tree: Node, talk: Talk) -> None:
    """From place to place, as frames show it."""
    named = [part.children[0] for part in tree.children if isinstance(part, Tree) and part.data == "follower"]
    # "The way it goes": that is the thing which is named.
    found = list(dict.fromkeys(thing_of(part, talk) for part in named if part.data != "it"))
    if len(found) > 1:
        raise NotUnderstood("which thing is to follow the frames", "", "name one thing")
    thing = found[0] if found else None
    talk.steps.append(Follow(_frames(tree), thing))
    if thing is not None:
        remember(thing, talk)


def stack_as(tree: Node, talk: Talk) -> None:
    """One on the other, in the frames' order."""
    talk.steps.append(StackAs(_frames(tree)))
    talk.whole_table = True


def _frames(tree: Node) -> tuple[str, ...]:
    frames = tuple(frame[7:-1] for frame in tokens(tree, "FRAME"))
    if len(frames) < 2:
        raise NotUnderstood("what changes, from one frame alone", "", "give two frames or more")
    return frames
