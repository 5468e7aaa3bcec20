"""From an author's reply to a program: taken out, never run. `policy.py` checks its calls before anything moves."""

from __future__ import annotations

import ast
import hashlib
import re
from dataclasses import dataclass, field

from instruct2act.sandbox.errors import Problem

LARGEST_REPLY = 200_000
"""Characters; what is longer is not searched for a program."""

_FENCE = re.compile(
    r"^[ \t]*(`{3,}|~{3,})[ \t]*([\w+#.-]*)[^\n]*\n(.*?)(?:^[ \t]*\1[`~]*[ \t]*$|\Z)", re.MULTILINE | re.DOTALL
)
_PYTHON = ("", "py", "python", "python3", "tool_code")
_DONE = re.compile(r"^\W*DONE\W*$", re.MULTILINE)
_REFUSED = re.compile(r"^\W*REFUSED\b:?[ \t]*(.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Program:
    """Source that an author wrote.

    Attributes:
        source: Python; defines ``entry`` (flat code is accepted too, and wrapped where it runs).
        entry: the function that runs: "main" or "reward".
    """

    source: str
    entry: str = "main"

    @property
    def sha256(self) -> str:
        """Hash of the source."""
        return hashlib.sha256(self.source.encode()).hexdigest()


@dataclass(frozen=True)
class Refusal:
    """An author says that it can't.

    Attributes:
        understood: the part of the instruction that was clear, "" when none was.
        missing: the part that was not, or can't be done.
        hint: what to try.
    """

    understood: str = ""
    missing: str = ""
    hint: str = ""

    def as_text(self) -> str:
        """As an author writes it."""
        lines = ["REFUSED", f"understood: {self.understood or 'nothing'}", f"not understood: {self.missing}"]
        return "\n".join([*lines, f"try: {self.hint}"] if self.hint else lines) + "\n"

    def __str__(self) -> str:
        """A sentence for the person who asked."""
        parts = [f"I understood: {self.understood}."] if self.understood else []
        parts.append(f"I did not understand: {self.missing}.")
        return " ".join([*parts, f"What to try: {self.hint}."] if self.hint else parts)


@dataclass(frozen=True)
class Done:
    """An author looked again and says that nothing is left to do."""


@dataclass(frozen=True)
class Unusable:
    """A reply without a program in it."""

    problems: tuple[Problem, ...] = field(default_factory=tuple)


def take_out(reply: str, entry: str = "main", may_end: bool = False) -> Program | Refusal | Done | Unusable:
    """Finds the program in a reply.

    Of several code blocks the last one that defines ``entry`` counts, else the last Python one. Prose around it is
    ignored; a reply that is nothing but Python counts without fences.

    Args:
        reply: as the author gave it.
        entry: the function it should define.
        may_end: whether DONE, alone on its line and without code, is an answer.
    """
    if len(reply) > LARGEST_REPLY:
        return _unusable(f"the reply has {len(reply)} characters; answer with one short program")
    blocks = [(match[2].lower(), match[3].rstrip("\n")) for match in _FENCE.finditer(reply)]
    python = [code for language, code in blocks if language in _PYTHON and code.strip()]
    if not python:
        refused = _REFUSED.search(reply)
        if refused is not None:
            return _refusal(reply[refused.start() :], refused[1])
        if may_end and _DONE.search(reply):
            return Done()
        if blocks and blocks[-1][0] not in _PYTHON:
            return _unusable(f"the code block is {blocks[-1][0]}; write Python, in one ```python block")
        if _is_code(reply):
            return Program(reply.strip("\n") + "\n", entry)
        return _unusable("the reply holds no program; answer with one ```python block")
    defining = [code for code in python if re.search(rf"^def {entry}\b", code, re.MULTILINE)]
    return Program((defining or python)[-1] + "\n", entry)


def _refusal(text: str, same_line: str) -> Refusal:
    parts = dict(re.findall(r"^(understood|not understood|try):[ \t]*(.*)$", text, re.MULTILINE))
    understood = parts.get("understood", "")
    missing = parts.get("not understood") or same_line.strip() or " ".join(text.split()[1:60])
    return Refusal("" if understood == "nothing" else understood, missing, parts.get("try", ""))


def _is_code(reply: str) -> bool:
    try:
        module = ast.parse(reply)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return any(isinstance(node, (ast.FunctionDef, ast.Call)) for node in ast.walk(module))


def _unusable(sentence: str) -> Unusable:
    return Unusable((Problem("syntax", sentence),))
