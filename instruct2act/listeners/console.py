"""The episode told as it goes, for a terminal or a log: who asked for what, the program, each call, how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from instruct2act.events import (
    Carried,
    Ended,
    Event,
    Moving,
    Noted,
    Printed,
    SentBack,
    SkillCalled,
    SkillReturned,
    Started,
    Written,
)
from instruct2act.listeners import words
from skills.types import Image, Slot

if TYPE_CHECKING:
    import rich.console
    from rich.text import Text

_LABEL = 13
_HINTS = {
    "llm": "say it in other words; `instruct2act skills` lists what a program can do",
    "sandbox": "`instruct2act doctor` says whether the sandbox's layers hold on this machine",
    "perception": "look at the masks in the picture strip; `--perception oracle` tells perception's errors from others",
    "geometry": "look at the masks in the picture strip: the point may lie beside the table",
    "motion": "the sentence above says what is within reach",
}


@dataclass
class _Running:
    """A call that has not returned, and whether it has a line on the screen already."""

    event: SkillCalled
    told: bool = False
    scores: str = ""
    pairs: str = ""


class Console:
    """A listener that prints. Nothing of a model's, a program's or a file's text can move the cursor or add style.

    Args:
        console: where to; without a terminal there is no spinner and no colour, and lines keep to its width.
    """

    wants_frames = False

    def __init__(self, console: rich.console.Console) -> None:
        self._console = console
        self._running: list[_Running] = []
        self._status: Any = None
        self._programs = 0
        self._error = ""

    def hear(self, event: Event) -> None:
        """Prints what one event tells."""
        match event:
            case Started():
                self._started(event)
            case Written():
                self._written(event)
            case SentBack():
                self._say("Sent back", words.shorten(words.sent_back(event.trouble), 300), "yellow")
                self._spin("waiting for another program")
            case SkillCalled():
                self._running.append(_Running(event))
                self._spin(event.name)
            case Noted(kind="retrieval") if self._running:
                scores = event.facts.get("probabilities") or event.facts.get("scores") or ()
                chosen = event.facts.get("chosen")
                self._running[-1].scores = words.ranking(list(scores), -1 if chosen is None else int(chosen))
            case Noted(kind="match") if self._running:
                count = len(event.facts.get("pairs") or ())
                self._running[-1].pairs = f"{count} {'pair' if count == 1 else 'pairs'}"
            case Moving():
                self._spin(event.phase)
            case Carried():
                self._carried(event)
            case SkillReturned():
                self._returned(event)
            case Printed():
                for line in event.text.rstrip("\n").split("\n"):
                    self._say("  prints", line, "dim")
            case Ended():
                self._ended(event)

    def close(self) -> None:
        """Takes the spinner off the screen."""
        if self._status is not None:
            self._status.stop()
            self._status = None

    def _started(self, event: Started) -> None:
        self._say("Scene", event.scene)
        if event.inventory:
            self._say("On the table", ", ".join(event.inventory))
        instruction = event.instruction
        self._say("Instruction", instruction.text, "bold")
        for name, slot in instruction.slots.items():
            self._say("", f"{{{name}}}: {_slot(slot)}", "dim")
        if instruction.clicks:
            marks = (f"{number} at ({x:g}, {y:g})" for number, (x, y) in enumerate(instruction.clicks, start=1))
            self._say("", f"clicks in the top view: {', '.join(marks)}", "dim")
        self._spin("waiting for a program")

    def _written(self, event: Written) -> None:
        lines = event.source.rstrip("\n").split("\n")
        about = f"by {event.model}{_seconds(event.seconds)}"
        if event.what != "program":
            self._say(event.what.capitalize(), f"{len(lines)} lines {about}")
            return
        self._programs += 1
        self._say("Program" if self._programs == 1 else f"Program {self._programs}", about)
        self._code(event.source)
        self._spin("running")

    def _code(self, source: str) -> None:
        """The program with its line numbers; long lines go on under their own beginning."""
        from rich.syntax import Syntax

        clean = words.plain(source.rstrip("\n"), self._console.encoding, lines=True)
        painted = Syntax("", "python", theme="ansi_dark", background_color="default").highlight(clean)
        for number, line in enumerate(painted.split("\n", allow_blank=True)[: clean.count("\n") + 1], start=1):
            self._hanging(f"{number:>6}  ", "dim", line)

    def _tell(self, call: _Running, result: str = "") -> None:
        """A call, and its result beside it or, where that is too wide, below."""
        where = f"line {call.event.line}" if call.event.line else ""
        arguments = words.rounded(", ".join(_argument(name, text) for name, text in call.event.arguments.items()))
        asked = f"{call.event.name}({words.shorten(arguments, 120)})"
        together = f"{asked} {result}".rstrip()
        beside = _LABEL + len(words.plain(together)) <= self._console.width
        self._say(f"  {where}", together if beside else asked)
        if result and not beside:
            self._say("", result)
        call.told = True

    def _carried(self, event: Carried) -> None:
        for call in self._running:
            if not call.told:
                self._tell(call)
        done = event.outcome.status == "done"
        text = f"{words.action(event.outcome.action)}: {words.outcome(event.outcome)}, {event.outcome.seconds:.1f} s"
        self._say("", "  " + text, "" if done else "red")

    def _returned(self, event: SkillReturned) -> None:
        call = self._running.pop() if self._running else _Running(SkillCalled(event.name, {}, 0))
        self._spin(self._running[-1].event.name if self._running else "running")
        if event.error:
            if not call.told:
                self._tell(call)
            self._say("", f"  {event.error}", "red")
            self._error = event.error
            return
        result = call.pairs or words.rounded(words.result(event.result, event.shown))
        ranking = f" ({call.scores})" if call.scores else ""
        given = f"-> {words.shorten(result, 120)}{ranking}{_seconds(event.seconds)}"
        if call.told:
            self._say("", given)
        else:
            self._tell(call, given)

    def _ended(self, event: Ended) -> None:
        self.close()
        record = event.record
        verdict, good = words.verdict(record)
        style = "bold green" if good else "bold" if good is None else "bold red"
        self._say("Result", verdict, style)
        trouble = words.trouble(record.error)
        if trouble:
            told = self._error and self._error in trouble
            self._say("", trouble.replace(self._error, "see above") if told else trouble, "red")
        if record.status == "failed" and record.failed_at in _HINTS:
            self._say("", f"what to do: {_HINTS[record.failed_at]}")
        if record.progress is not None:
            self._say("Progress", f"{record.progress:.2f}")
        if record.reward is not None:
            parts = words.named(record.reward_parts)
            state = f", from {record.reward_state} state" if record.reward_state else ""
            self._say("Reward", f"{record.reward:.2f}" + (f" = {parts}" if parts else "") + state)
        if record.seconds:
            self._say("Seconds", ", ".join(f"{name} {value:.2f}" for name, value in record.seconds.items()))
        for place, (name, path) in enumerate({**record.files, **event.files}.items()):
            self._whole("" if place else "Files", f"{name + ':':<10} {path}")

    def _say(self, label: str, text: str, style: str = "") -> None:
        """A label on the left and a text beside it, its further lines under its first."""
        from rich.text import Text

        shown = words.plain(text, self._console.encoding)
        self._hanging(label.ljust(_LABEL), "dim" if label.startswith(" ") else "cyan", Text(shown, style=style))

    def _whole(self, label: str, text: str) -> None:
        """One line that is never broken, so that a path can be copied."""
        from rich.text import Text

        line = Text(label.ljust(_LABEL), style="cyan") + Text(words.plain(text, self._console.encoding))
        self._console.print(line, soft_wrap=True, highlight=False)

    def _hanging(self, lead: str, lead_style: str, body: Text) -> None:
        """Prints lead and body so that no line is wider than the console, and none ends in spaces."""
        from rich.text import Text

        width = max(20, self._console.width - len(lead))
        indent = len(body.plain) - len(body.plain.lstrip(" "))
        hang = min(indent + (4 if indent else 0), width // 2)
        first, *rest = body.wrap(self._console, width, overflow="fold") or [Text("")]
        if rest:
            later = body[len(first.plain) :]
            later = later[len(later.plain) - len(later.plain.lstrip(" ")) :]
            rest = list(later.wrap(self._console, width - hang, overflow="fold"))
        for place, line in enumerate([first, *rest]):
            whole = Text(lead, style=lead_style) if not place else Text(" " * (len(lead) + hang))
            whole.append_text(line)
            whole.rstrip()
            self._console.print(whole, soft_wrap=True, highlight=False)

    def _spin(self, text: str) -> None:
        """Says what goes on now, on a terminal that can take it back."""
        if not self._console.is_terminal or self._console.is_dumb_terminal:
            return
        from rich.text import Text

        shown = Text(words.shorten(words.plain(text, self._console.encoding), 60), style="dim")
        if self._status is None:
            self._status = self._console.status(shown, spinner="line")
            self._status.start()
        else:
            self._status.update(shown)


def _slot(slot: Slot) -> str:
    """What a slot stands for, in words."""
    if slot.kind == "click" and slot.click is not None:
        return f"click at ({slot.click[0]:g}, {slot.click[1]:g})"
    if slot.kind == "word" or not slot.pictures:
        return slot.word or slot.kind
    name, image = next(iter(slot.pictures.items()))
    kind = {"object": "an object", "scene": "a scene", "frame": "a moment of a demonstration"}.get(slot.kind, slot.kind)
    return f"picture of {kind}, {_size(image)}" + ("" if name in ("top", "picture") else f", {name} view")


def _size(image: Image) -> str:
    height, width = image.shape
    return f"{width} x {height} pixels"


def _argument(name: str, text: str) -> str:
    """One argument as programs write it; those that go without saying have no name, a long dict has no value."""
    if name in _OBVIOUS:
        return text
    return f"{name}={text if len(text) <= 40 or not text.startswith('{') else '...'}"


_LOOKING = ("image", "objs", "masks", "query", "obj", "objs_list1", "objs_list2")
_MOVING = ("action", "pick", "place", "pick_masks", "place_masks")
_OBVIOUS = frozenset((*_LOOKING, *_MOVING))
"""Arguments whose names say no more than the call does."""


def _seconds(value: float) -> str:
    """``, 0.43 s``; nothing for what takes no time worth telling."""
    return f", {value:.2f} s" if value >= 0.005 else ""
