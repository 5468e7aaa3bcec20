"""What a model is shown of an instruction and of the table: pictures, and words by perception for models without eyes.

The words come from a closed list of shapes and textures, never from what a picture says: writing in a picture is not
read, let alone obeyed. Where perception errs, they do.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Literal

from instruct2act.authoring.prompt import Shown, picture
from skills.backends import Retriever, Segmenter
from skills.states import Watcher
from skills.types import Image, Instruction, ObjectState, Slot, View

TABLE = "the table now"
"""What the picture of the table is called. No slot can have that name: it is no identifier."""
BEFORE = "the table before"
"""What the picture of the table before a program ran is called."""
UNKNOWN = "something"
_MOVED_M, _TURNED = 0.02, 15.0
"""Metres and degrees from which on a thing is said to have moved or turned."""

Extent = Literal["nothing", "instruction", "scene"]


class Seeing:
    """Looks at an instruction's pictures, and at the table, for an author."""

    def __init__(
        self,
        segmenter: Segmenter,
        retriever: Retriever,
        words: tuple[Sequence[str], Sequence[str]],
        extent: Extent = "scene",
        in_words: bool = True,
    ) -> None:
        """Args.

        Args:
            segmenter: perception's.
            retriever: perception's.
            words: names of shapes and of textures, among which it chooses.
            extent: nothing, the instruction's own pictures, or the table's too.
            in_words: whether anyone reads words; finding them costs a look at every picture.
        """
        self._segmenter, self._retriever, self._words = segmenter, retriever, words
        self._extent, self._in_words = extent, in_words

    def look(self, instruction: Instruction, view: View | None = None) -> Shown:
        """What goes along with an instruction.

        Args:
            instruction: with its pictures.
            view: the table from above at the start, as perception may see it; None when there is none yet.
        """
        if self._extent == "nothing":
            return Shown()
        slots = [(name, slot) for name, slot in instruction.slots.items() if slot.pictures]
        images = [(name, picture(slot)) for name, slot in slots]
        words = [(name, self._told(slot)) for name, slot in slots] if self._in_words else []
        if view is not None and self._extent == "scene":
            images.append((TABLE, Image(view.rgb, view=view)))
            words += [(TABLE, self._listed(view))] if self._in_words else []
        return Shown(tuple(images), tuple(words))

    def compare(self, before: View, now: View) -> Shown:
        """What goes along when an author looks again: both pictures, and in words what is other than before."""
        if self._extent != "scene":
            return Shown()
        images = tuple((name, Image(view.rgb, view=view)) for name, view in ((BEFORE, before), (TABLE, now)))
        return Shown(images, ((TABLE, self._changed(before, now)),) if self._in_words else ())

    def _changed(self, before: View, now: View) -> str:
        """Things are followed from picture to picture by their looks and places."""
        watcher = self._watcher()
        old = {state.id: state for state in watcher.look(before)}
        new = {state.id: state for state in watcher.look(now)}
        names = {id: f"{state.texture} {state.name}".strip() or UNKNOWN for id, state in new.items()}
        told = [f"{names[id]} {how}" for id, state in new.items() if (how := _how(old.get(id), state, names))]
        return "; ".join(told) or "nothing has moved"

    def _told(self, slot: Slot) -> str:
        shown = picture(slot)
        if slot.kind == "object":
            return self._watcher().name(shown) or UNKNOWN
        return self._listed(shown.view) if shown.view is not None else "a scene"

    def _listed(self, view: View) -> str:
        states = self._watcher().look(view)
        return "; ".join(f"{state.texture} {state.name}".strip() or UNKNOWN for state in states) or "nothing"

    def _watcher(self) -> Watcher:
        return Watcher(self._segmenter, self._retriever, *self._words)


def _how(old: ObjectState | None, new: ObjectState, names: Mapping[int, str]) -> str:
    """What happened to a thing, in words; "" for nothing."""
    if old is None:
        return "is new to see"
    x, y = new.pose.x - old.pose.x, new.pose.y - old.pose.y
    said = []
    if math.hypot(x, y) >= _MOVED_M:
        ways = (
            f"{abs(x) * 100:.0f} cm {'far' if x > 0 else 'near'}",
            f"{abs(y) * 100:.0f} cm {'right' if y > 0 else 'left'}",
        )
        said.append(f"moved {' and '.join(way for way, by in zip(ways, (x, y)) if abs(by) >= _MOVED_M / 2)}")
    turned = -math.degrees((new.pose.yaw - old.pose.yaw + math.pi) % (2 * math.pi) - math.pi)
    if abs(turned) >= _TURNED:
        said.append(f"turned by {turned:.0f} degrees")
    if new.on != old.on and new.on is not None:
        said.append(f"lies in or on {names.get(new.on, UNKNOWN)}")
    return ", ".join(said)
