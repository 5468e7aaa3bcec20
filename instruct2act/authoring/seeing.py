"""What a model is shown of an instruction and of the table: pictures, and words by perception for models without eyes.

The words come from a closed list of shapes and textures, never from what a picture says: writing in a picture is not
read, let alone obeyed. Where perception errs, they do.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from instruct2act.authoring.prompt import Shown, picture
from skills.backends import Retriever, Segmenter
from skills.states import Watcher
from skills.types import Image, Instruction, Slot, View

TABLE = "the table now"
"""What the picture of the table is called. No slot can have that name: it is no identifier."""
UNKNOWN = "something"

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
