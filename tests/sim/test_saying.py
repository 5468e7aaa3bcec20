"""Instructions in words alone."""

from __future__ import annotations

import pytest

import sim
from sim.saying import in_words
from skills.types import Instruction, Slot

NAMES = {0: "red heart", 1: "blue bowl", 2: "green small block", 3: "green small block"}
SLOTS = {
    "heart": Slot("object", binding=(0,)),
    "bowl": Slot("object", binding=(1,)),
    "blocks": Slot("object", binding=(2, 3)),
    "plain": Slot("object", binding=(0,), word="L-shaped block"),
    "scene": Slot("scene"),
    "frame_0": Slot("frame"),
    "frame_1": Slot("frame"),
}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Put the {heart} into {bowl}.", "Put the red heart into the blue bowl."),
        ("Put it into the same {bowl}.", "Put it into the same blue bowl."),
        ("Put the less kobar {plain} there.", "Put the less kobar L-shaped block there."),
        ("This is a wug {plain}.", "This is a wug, an L-shaped block."),
        ("Sweep all {blocks} away.", "Sweep all green small blocks away."),
        ("Sweep any {blocks} away.", "Sweep any green small block away."),
        ("Rearrange to this {scene}.", "Rearrange to the picture."),
        ("Rearrange objects to this setup {scene}.", "Rearrange objects to the setup in the picture."),
        ("Stack in this order {frame_0} {frame_1}.", "Stack in this order picture 1, picture 2."),
        ("{frame_0} is kobar than {frame_1}.", "Picture 1 is kobar than picture 2."),
    ],
)
def test_slots_are_said_as_a_person_would(text: str, said: str) -> None:
    assert in_words(Instruction(text, SLOTS), NAMES.__getitem__) == said


@pytest.mark.parametrize("name", sim.TASKS)
def test_every_task_is_said_without_gaps(name: str) -> None:
    with sim.make(name, sim.TASKS[name].levels[0]) as env:
        said = env.task_description
        assert "{" not in said and "the the" not in said and said[0] in '"ABCDEFGHIJKLMNOPQRSTUVWXYZ'
