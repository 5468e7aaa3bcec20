"""An instruction in words alone: what a policy reads that is given no pictures besides the views of the table."""

from __future__ import annotations

import re
from collections.abc import Callable

from skills.types import Instruction, Slot

_SLOT = re.compile(r"(?:\b(an? )?(\w+) )?{(\w+)}")
_COUNTS = ("any", "one", "two", "three", "all")


def in_words(instruction: Instruction, name_of: Callable[[int], str]) -> str:
    """The text with every slot said: "the red heart", "all red small blocks", "picture 2".

    Args:
        instruction: text and slots.
        name_of: an object's name by id, "red heart".
    """
    text = re.sub(r"this setup {(\w+)}", r"the setup in this {\1}", instruction.text)
    text = re.sub(r"(?<=}) (?={)", ", ", text)
    unnamed = [name for name in re.findall(r"{(\w+)}", text) if not _names(instruction.slots[name], name_of)]

    def say(found: re.Match[str]) -> str:
        article, before, name = found[1] or "", found[2] or "", found[3]
        names = _names(instruction.slots[name], name_of)
        if not names:
            said = f"picture {unnamed.index(name) + 1}" if len(unnamed) > 1 else "the picture"
            return said if before == "this" or not before else f"{article}{before} {said}"
        if article:
            return f"{article}{before}, {'an' if names[0][0] in 'aeioL' else 'a'} {names[0]}"
        if before in _COUNTS:
            return f"{before} {names[0]}{'' if before in _COUNTS[:2] else 's'}"
        said = " and ".join(dict.fromkeys(names))
        # "the red heart", "the same red heart", "the taller red heart", but "put the red heart".
        led = before == "the" or re.search(r"\bthe (?:\w+ )?$", text[: found.start(2)]) is not None
        return f"{before} {said}" if before and led else f"{before} the {said}".strip()

    return re.sub(r"\. [a-z]|^[a-z]", lambda first: first[0].upper(), _SLOT.sub(say, text))


def _names(slot: Slot, name_of: Callable[[int], str]) -> list[str]:
    """What it shows of the table's things; a picture that tells a shape only has a word for it."""
    return [slot.word] if slot.word else [name_of(id) for id in slot.binding]
