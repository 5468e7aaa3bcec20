"""Policy: an instruction becomes a program, asked for again with what was wrong until it is right or patience ends."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from instruct2act.authoring import prompt
from instruct2act.authoring.given import Given
from instruct2act.authoring.llm import LLM, Completion, Message, digest
from instruct2act.authoring.program import Done, Program, Refusal, Unusable, take_out
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
        told = "; ".join(str(problem).partition("\n")[0] for problem in self.problems[:3])
        super().__init__(f"none of {turns} answers could be used, the last one for this: {told}" if turns > 1 else told)


@dataclass(frozen=True)
class Attempt:
    """An earlier answer to the same instruction, and what became of it: a sentence or a structured error as text."""

    answer: str
    trouble: str


class Conversation:
    """An author is asked until an answer is right, or patience ends.

    Attributes:
        attempts: answers that were not, each with what was wrong.
        looks: answers that ran, each with what was told of it when its author looked again.
    """

    def __init__(
        self,
        llm: LLM,
        messages: Sequence[Message],
        entry: str,
        check: Callable[[Program], Sequence[Problem]],
        turns: int,
        heard: Heard = _nobody,
    ) -> None:
        """Args.

        Args:
            llm: who is asked.
            messages: what to begin with.
            entry: the function that an answer should define.
            check: what is wrong with a program, found without running it.
            turns: answers asked for at most, in all.
            heard: told every answer.
        """
        self.attempts: list[Attempt] = []
        self.looks: list[Attempt] = []
        self._llm, self._entry, self._check, self._heard = llm, entry, check, heard
        self._messages, self._left = list(messages), turns
        self._answers: list[str] = []
        self._given = 0
        self._looking = False

    @property
    def digest(self) -> str:
        """Hash of what is asked next; at first, of the prompt."""
        return digest(self._messages)

    @property
    def goes_on(self) -> bool:
        """Whether another answer may be asked for."""
        return self._left > 0

    def answer(self) -> Program | Refusal | Done:
        """The next answer that passes the checks; after a look also that nothing is left to do.

        Stops early when an answer repeats: asking a third time would not help, running it again neither.

        Raises:
            NoProgram: none passed.
            LLMError: no answer could be had.
        """
        problems: Sequence[Problem] = ()
        program: Program | None = None
        while self._left > 0:
            self._left -= 1
            completion = self._llm.complete(self._messages)
            self._heard(completion)
            repeats = completion.text in self._answers
            self._answers.append(completion.text)
            self._given += 1
            found = take_out(completion.text, self._entry, self._looking)
            if isinstance(found, (Refusal, Done)):
                return found
            if isinstance(found, Unusable):
                problems = found.problems
            else:
                program, problems = found, self._check(found)
            if repeats:
                problems = problems or (Problem("runtime", "the answer that failed was given again"),)
                break
            if isinstance(found, Program) and not problems:
                return found
            self.tell(structured(problems))
        raise NoProgram(problems, program, self._given)

    def tell(self, trouble: str, shown: prompt.Shown | None = None) -> None:
        """What became of the last answer, and what is to be seen now; the next one is asked for with that."""
        self.attempts.append(Attempt(self._answers[-1], trouble))
        self._messages = prompt.again(self._messages, self._answers[-1], trouble, shown)

    def look(self, told: str, shown: prompt.Shown | None = None) -> None:
        """What the last answer's run came to: one more answer is asked for, a program that goes on or DONE.

        It may be the same program as before, which now begins with another table.
        """
        self.looks.append(Attempt(self._answers[-1], told))
        self._messages = prompt.looked(self._messages, self._answers[-1], told, shown)
        self._left, self._looking = self._left + 1, True
        self._answers.clear()


def structured(problems: Sequence[Problem], most: int = 10) -> str:
    """What is wrong with an answer, as JSON, one problem a line."""
    told = [{name: value for name, value in asdict(problem).items() if value} for problem in problems[:most]]
    return "\n".join(json.dumps(problem, ensure_ascii=False) for problem in told)


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

    def messages(
        self, instruction: Instruction, earlier: Sequence[Attempt] = (), shown: prompt.Shown | None = None
    ) -> list[Message]:
        """What the author is asked; exactly this goes to a hosted model."""
        messages = prompt.for_program(instruction, self.style, shown)
        for attempt in earlier:
            messages = prompt.again(messages, attempt.answer, attempt.trouble)
        return messages

    def digest(self, instruction: Instruction, shown: prompt.Shown | None = None) -> str:
        """Hash of the prompt."""
        return digest(self.messages(instruction, shown=shown))

    def begin(
        self,
        instruction: Instruction,
        earlier: Sequence[Attempt] = (),
        heard: Heard = _nobody,
        shown: prompt.Shown | None = None,
        given: str | None = None,
    ) -> Conversation:
        """A conversation that asks for a program whose calls are all right.

        Args:
            instruction: what is asked.
            earlier: answers that were tried and failed.
            heard: told every completion, for tokens and seconds.
            shown: pictures, or words about them, that go along; the instruction's own when left out.
            given: a person's own program; nobody is asked then.
        """
        names: dict[str, Any] = {
            "templates": {name: None for name, slot in instruction.slots.items() if slot.pictures},
            "BOUNDS": None,
            "clicks": None,
        }
        return Conversation(
            self.llm if given is None else Given(given),
            self.messages(instruction, earlier, shown),
            "main",
            lambda program: self._gateway.check(program.source, self._skills, names),
            self.turns if given is None else 1,
            heard,
        )

    def write(
        self, instruction: Instruction, earlier: Sequence[Attempt] = (), heard: Heard = _nobody
    ) -> Program | Refusal:
        """A program whose calls are all right, or the author's refusal.

        Raises:
            NoProgram: no answer could be used.
            LLMError: no answer could be had.
        """
        written = self.begin(instruction, earlier, heard).answer()
        assert not isinstance(written, Done)  # nothing has run yet
        return written
