"""What is to be done as pictures show it: a turn by examples, a motion or a stack in frames."""

from __future__ import annotations

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
    named = [part.children[0] for part in tree.children if part.data == "follower"]
    if len(named) > 1:
        raise NotUnderstood("which thing is to follow the frames", "", "name one thing")
    thing = thing_of(named[0], talk) if named else None
    talk.steps.append(Follow(_frames(tree), thing))
    if thing is not None:
        remember(thing, talk)


def stack_as(tree: Node, talk: Talk) -> None:
    """One on the other, in the frames' order."""
    talk.steps.append(StackAs(_frames(tree)))
    talk.whole_table = True


def _frames(tree: Node) -> tuple[str, ...]:
    return tuple(frame[7:-1] for frame in tokens(part_of(tree, ("frames",)), "FRAME"))
