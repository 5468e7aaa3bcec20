"""An author that spoils some of its programs: they move the wrong thing, do nothing, or break off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from instruct2act.authoring import prompt
from instruct2act.authoring.llm import LLM, Completion, Message

WRONG = """def main() -> dict:
    image = GetImage()
    objs, masks = ImageCrop(image=image, masks=SAM(image=image))
    last = len(masks) - 1
    return RobotExecution(action=PickPlace(pick=Pixel2Loc({first}, masks), place=Pixel2Loc(last - {first}, masks)))
"""
NOTHING = """def main() -> dict:
    image = GetImage()
    return {{"done": 0, "of": 0, "failed": 0, "clipped": 0, "note": {first}}}
"""
BREAKS = """def main() -> dict:
    image = GetImage()
    masks = SAM(image=image)
    return masks[len(masks) + {first}]
"""


class Spoiling:
    """Answers like the author inside, and spoils a share of the programs, drawn from a generator of its own."""

    def __init__(self, inside: LLM, rng: np.random.Generator, share: float = 0.5) -> None:
        self.inside, self.rng, self.share = inside, rng, share
        self.model = f"{inside.model}, spoiling"
        self.programs = self.spoilt = 0

    def complete(self, messages: Sequence[Message]) -> Completion:
        """The answer, or a spoilt one."""
        answer = self.inside.complete(messages)
        asked = [found for message in messages if (found := prompt.read(message.text))]
        if asked[-1].wanted != "program":
            return answer
        self.programs += 1
        if self.rng.random() >= self.share:
            return answer
        self.spoilt += 1
        source = (WRONG, NOTHING, BREAKS)[int(self.rng.integers(3))].format(first=int(self.rng.integers(2)))
        return replace(answer, text=f"```python\n{source}```\n", model=self.model)
