"""Policy: an instruction becomes a program, asked for again with what was wrong until it is right or patience ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from instruct2act.authoring import prompt
from instruct2act.authoring.llm import LLM, Completion, Message, digest
from instruct2act.authoring.program import Program, Refusal, Unusable, take_out
from instruct2act.sandbox import Gateway
from instruct2act.sandbox.errors import Problem
from skills import Skill, load
from skills.types import Instruction

Heard = Callable[[Completion], None]


def _nobody(_: Completion) -> None:
    """Hears nothing."""


class NoProgram(Exception):
    """No answer could be used.

    Attributes:
        problems: what was wrong with the last one.
        program: the last one, where there was one.
        turns: answers asked for.
    """

    def __init__(self, problems: Sequence[Problem], program: Program | None, turns: int) -> None:
        self.problems, self.program, self.turns = tuple(problems), program, turns
        told = "; ".join(str(problem) for problem in self.problems[:3])
        super().__init__(f"no usable answer in {turns} turn{'s' if turns != 1 else ''}: {told}")


@dataclass(frozen=True)
class Attempt:
    """An earlier answer to the same instruction, and what became of it: a sentence or a structured error as text."""

    answer: str
    trouble: str


def converse(
    llm: LLM,
    messages: list[Message],
    entry: str,
    check: Callable[[Program], Sequence[Problem]],
    turns: int,
    heard: Heard = _nobody,
) -> Program | Refusal:
    """Asks until an answer passes.

    Stops early when an answer repeats: asking a third time would not help.

    Args:
        llm: who is asked.
        messages: the conversation so far.
        entry: the function that the answer should define.
        check: what is wrong with a program.
        turns: answers asked for at most.
        heard: told every answer.

    Raises:
        NoProgram: none passed.
        LLMError: no answer could be had.
    """
    answers: list[str] = []
    problems: Sequence[Problem] = ()
    program: Program | None = None
    while len(answers) < turns:
        completion = llm.complete(messages)
        heard(completion)
        repeats = completion.text in answers
        answers.append(completion.text)
        found = take_out(completion.text, entry)
        if isinstance(found, Refusal):
            return found
        if isinstance(found, Unusable):
            problems = found.problems
        else:
            program, problems = found, check(found)
            if not problems:
                return found
        if repeats:
            break
        messages = prompt.again(messages, completion.text, "\n".join(str(problem) for problem in problems[:10]))
    raise NoProgram(problems, program, len(answers))


class Policy:
    """Writes programs.

    Attributes:
        llm: the author.
        style: a folder of prompts/.
        turns: answers asked for, the first and the repairs.
    """

    def __init__(self, llm: LLM, gateway: Gateway, style: str = "compact", turns: int = 2) -> None:
        self.llm, self.style, self.turns = llm, style, turns
        self._gateway = gateway
        self._skills: Mapping[str, Skill] = load()

    def messages(self, instruction: Instruction, earlier: Sequence[Attempt] = ()) -> list[Message]:
        """What the author is asked; exactly this goes to a hosted model."""
        messages = prompt.for_program(instruction, self.style)
        for attempt in earlier:
            messages = prompt.again(messages, attempt.answer, attempt.trouble)
        return messages

    def digest(self, instruction: Instruction) -> str:
        """Hash of the prompt."""
        return digest(self.messages(instruction))

    def write(
        self, instruction: Instruction, earlier: Sequence[Attempt] = (), heard: Heard = _nobody
    ) -> Program | Refusal:
        """A program whose calls are all right, or the author's refusal.

        Args:
            instruction: what is asked.
            earlier: answers that were tried and failed.
            heard: told every completion, for tokens and seconds.

        Raises:
            NoProgram: no answer could be used.
            LLMError: no answer could be had.
        """
        names: dict[str, Any] = {
            "templates": {name: None for name, slot in instruction.slots.items() if slot.pictures},
            "BOUNDS": None,
            "clicks": None,
        }
        return converse(
            self.llm,
            self.messages(instruction, earlier),
            "main",
            lambda program: self._gateway.check(program.source, self._skills, names),
            self.turns,
            heard,
        )
