"""What an instruction's slots and clicks mean among the things on the table: what a reward function gets as ``slots``.

Slot name -> object ids (pictures, clicks), object states (scenes, frames) or a word; clicks are ``click_1``…
A task's pictures come bound to its scene. Pictures that a person gives, and everything when states are perceived, are
bound by looks; the record says which states were used.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from skills.backends import Retriever, Segmenter
from skills.perception import cut
from skills.states import Watcher
from skills.types import TABLE, Image, Instruction, Slot, View

if TYPE_CHECKING:
    from sim.env import TabletopEnv
    from sim.vimabench import VimaBenchEnv


def simulated(
    env: TabletopEnv | VimaBenchEnv, instruction: Instruction, view: View, segmenter: Segmenter, retriever: Retriever
) -> dict[str, Any]:
    """By the scene's own bindings; a person's own pictures by what looks most like each in a view with truth."""
    from sim.slots import slots_for_reward

    slots = {
        name: replace(slot, binding=_in_truth(_picture(slot), view, segmenter, retriever)) if _unbound(slot) else slot
        for name, slot in instruction.slots.items()
    }
    return slots_for_reward(env, replace(instruction, slots=slots))


def perceived(instruction: Instruction, watcher: Watcher) -> dict[str, Any]:
    """By the looks of what a watcher has seen at the start."""
    bound: dict[str, Any] = {name: _seen(slot, watcher) for name, slot in instruction.slots.items()}
    for place, click in enumerate(instruction.clicks, 1):
        bound[f"click_{place}"] = _ids(watcher.at(click))
    return bound


def _seen(slot: Slot, watcher: Watcher) -> Any:
    if slot.kind == "word":
        return slot.word
    if slot.kind == "click" and slot.click is not None:
        return _ids(watcher.at(slot.click))
    if slot.kind == "object":
        return _ids(watcher.find(_picture(slot)))
    view = _picture(slot).view
    return [] if view is None else list(watcher.glimpse(view))


def _in_truth(picture: Image, view: View, segmenter: Segmenter, retriever: Retriever) -> tuple[int, ...]:
    """The simulator's id of what a picture shows; none when nothing looks like it."""
    image = Image(view.rgb, view=view)
    masks = segmenter.everything(segmenter.encode(image))
    if not masks or view.truth is None:
        return ()
    crops = retriever.embed_images([cut(image, mask) for mask in masks], "identity")
    cosines = crops @ retriever.embed_images([picture], "identity")[0]
    best = int(cosines.argmax())
    ids, counts = np.unique(view.truth.segmentation[masks[best].array], return_counts=True)
    id = int(ids[counts.argmax()])
    return () if id == TABLE or cosines[best] < retriever.minimum.get("identity", -1.0) else (id,)


def _unbound(slot: Slot) -> bool:
    return slot.kind == "object" and not slot.binding


def _ids(id: int | None) -> list[int]:
    return [] if id is None else [id]


def _picture(slot: Slot) -> Image:
    return slot.pictures.get("top") or next(iter(slot.pictures.values()))
