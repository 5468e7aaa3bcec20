"""What the slots of an instruction stand for in the scene's own terms, for a reward function."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from sim.polygons import area, contains
from skills.types import Instruction, ObjectState, Slot

if TYPE_CHECKING:
    from sim.env import TabletopEnv
    from sim.vimabench import VimaBenchEnv

Bound = list[int] | list[ObjectState] | str


def slots_for_reward(env: TabletopEnv | VimaBenchEnv, instruction: Instruction | None = None) -> dict[str, Bound]:
    """Slot name -> object ids (pictures, clicks), object states (scenes, frames) or a word.

    Args:
        env: after ``reset``; clicks are looked up in how things stood at the start.
        instruction: a person's own; the episode's when left out. Its clicks are called ``click_1``, ``click_2``, ...

    Returns:
        A picture that is not the scene's own (a person's file) is bound to nothing: an empty list.
    """
    asked = instruction or env.instruction
    bound = {name: _bind(env, slot) for name, slot in asked.slots.items()}
    for place, click in enumerate(asked.clicks, 1):
        bound[f"click_{place}"] = _clicked(env, click)
    return bound


def _bind(env: TabletopEnv | VimaBenchEnv, slot: Slot) -> Bound:
    if slot.kind in ("scene", "frame"):
        return list(slot.states)
    if slot.kind == "word":
        return slot.word
    if slot.kind == "click" and slot.click is not None and not slot.binding:
        return _clicked(env, slot.click)
    return list(slot.binding)


def _clicked(env: TabletopEnv | VimaBenchEnv, pixel: tuple[float, float]) -> list[int]:
    """The id of what a click in the top view hits at the start: of several the smallest, a thing in its container."""
    at = env.camera("top").meet_plane([pixel])[:, :2]
    start = env.history[0].objects
    hit = [state for state in start if contains(_rings(state), at)[0]]
    # A click into a frame's or a ring's opening means the frame or the ring.
    hit = hit or [state for state in start if contains(_rings(state)[:1], at)[0]]
    return [min(hit, key=lambda state: abs(area(_rings(state)[0]))).id] if hit else []


def _rings(state: ObjectState) -> Sequence[np.ndarray[tuple[int, int], np.dtype[np.float64]]]:
    return [np.array(ring, dtype=np.float64) for ring in state.footprint]
