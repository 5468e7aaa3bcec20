"""The embedded author: the LLM protocol without a model or a network.

It reads the same messages as a hosted model and answers in the same form, with a fenced program or a refusal in plain
words. `reading` turns English into a plan (`plan`), `programs` writes it out as a program, `rewards` as a reward
function. It knows no scene: what a name means is for perception to find out. Asked again because nothing fitted a
description, it reads that more loosely (`again`); asked to look again, it does what its own reward says is missing,
where that can be done (`going_on`); asked again for any other reason, it answers the same.

Where English leaves a choice: "to the left" of nothing is 10 cm from where the thing lies, "a bit" half of that, "on
the left" a part of the table; left and right, near and far (in front of, behind; north, south) are the top view's, near
being the robot's side; "turn right" is clockwise; "to X" means into or onto it; "put it back" is where it was when the
program began; two colours joined by "and" are one texture unless a plural noun without a pattern follows; "both" and
"all" mean everything that fits the description, but containers stay where they are unless they are named; a name that
fits several things means the one that fits best, "the left heart" the leftmost of those that fit; "the same shape" is
the same profile: round, square, or its own.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from instruct2act.authoring import prompt
from instruct2act.authoring.llm import Completion, LLMError, Message, estimated_tokens
from instruct2act.authoring.llm.offline import going_on
from instruct2act.authoring.llm.offline.again import read_again
from instruct2act.authoring.llm.offline.programs import program
from instruct2act.authoring.llm.offline.reading.parse import parse
from instruct2act.authoring.llm.offline.reading.prepare import NotUnderstood
from instruct2act.authoring.llm.offline.rewards import reward
from instruct2act.authoring.program import Refusal
from instruct2act.config import Llm


class Offline:
    """Answers by a grammar."""

    model = "offline-grammar-1"

    def complete(self, messages: Sequence[Message]) -> Completion:
        """Answers the newest instruction among the messages.

        Raises:
            LLMError: there is none.
        """
        began = time.monotonic()
        asked = [(place, found) for place, m in enumerate(messages) if (found := prompt.read(m.text))]
        if not asked:
            raise LLMError("no message holds an instruction in the form that prompt.py writes")
        place, request = asked[-1]
        try:
            plan = parse(request.text, request.slots, request.clicks)
            plan = read_again(plan, (message.text for message in messages[place + 1 :] if message.role == "user"))
            told = going_on.told_of(messages[-1].text)
            left = plan if told is None else going_on.left_of(plan, told)
            if left is None:
                text = "DONE\n"
            else:
                source = program(left) if request.wanted == "program" else reward(plan, request.objects)
                text = f"```python\n{source}```\n"
        except NotUnderstood as trouble:
            text = Refusal(trouble.understood, trouble.missing, trouble.hint).as_text()
        tokens = sum(estimated_tokens(message.text) for message in messages)
        return Completion(text, self.model, tokens, estimated_tokens(text), time.monotonic() - began)


def build(_: Llm | None = None) -> Offline:
    """The provider ``offline``; it has no options."""
    return Offline()
