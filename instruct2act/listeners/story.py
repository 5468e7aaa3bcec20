"""An episode's events sorted into what pictures are drawn from: looks, and what was seen and done after each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from instruct2act.events import Carried, Ended, Event, Moving, Noted, SkillCalled, SkillReturned, Started
from instruct2act.listeners.drawing import in_picture
from skills.types import Action, Bool, Image, Instruction, Mask, Observation, Outcome, View


@dataclass(frozen=True)
class Segmentation:
    """Masks that were found in a picture, by what prompt."""

    image: Image
    masks: Sequence[Mask]
    prompt: str = "everything"


@dataclass(frozen=True)
class Retrieval:
    """Crops that were compared with a query, and the one taken (-1: none fitted).

    Attributes:
        scores: [0, 1] a crop, softmax over those that were not excluded; or cosines, where a skill gives no more.
        excluded: crops that were found before and can't be meant again.
        aspect: what was compared: "identity", "texture", "shape".
    """

    query: str | Image
    crops: Sequence[Image]
    scores: Sequence[float]
    chosen: int
    excluded: frozenset[int] = frozenset()
    aspect: str = "identity"


@dataclass(frozen=True)
class Match:
    """Things that two pictures share, as (crop of one, crop of the other, cosine), and how many there were in each."""

    pairs: Sequence[tuple[Image, Image, float]]
    of: int
    among: int


@dataclass
class Look:
    """A look at the table (or several without a motion between), and what followed until the next one after a motion.

    Attributes:
        view: the newest of them.
        views: all of them.
    """

    view: View
    views: list[View] = field(default_factory=list)
    segmentations: list[Segmentation] = field(default_factory=list)
    retrievals: list[Retrieval] = field(default_factory=list)
    matches: list[Match] = field(default_factory=list)
    planned: list[Action] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)

    def actions(self) -> list[Action]:
        """What to draw: actions as carried out, then those planned that were not reached."""
        return [outcome.action for outcome in self.outcomes] + self.planned[len(self.outcomes) :]

    def shows(self, image: Image) -> bool:
        """Whether a picture or crop is of the table as this look saw it."""
        return image.view is not None and any(image.view is view for view in (self.view, *self.views))

    def meant(self) -> list[tuple[Bool, str | Image]]:
        """What retrieval chose in this look's picture: masks (H, W) bool and the query of each, no thing twice."""
        shape = self.view.rgb.shape[0], self.view.rgb.shape[1]
        found: list[tuple[Bool, str | Image]] = []
        for entry in self.retrievals:
            if not 0 <= entry.chosen < len(entry.crops):
                continue
            crop = entry.crops[entry.chosen]
            if not self.shows(crop):
                continue
            mask = in_picture(crop, shape)
            if not any((mask & other).sum() > 0.5 * max(1, mask.sum()) for other, _ in found):
                found.append((mask, entry.query))
        return found


class Story:
    """Hears events and keeps what is worth a picture.

    Attributes:
        started, ended: the first and last event, None before they were heard.
        looks: in order; empty before the episode started.
        call: the skill that runs now, "" between calls.
        phase: of the motion that goes on, or "".
    """

    def __init__(self) -> None:
        self.started: Started | None = None
        self.ended: Ended | None = None
        self.looks: list[Look] = []
        self.call = ""
        self.phase = ""
        self._calls: list[str] = []

    def hear(self, event: Event) -> None:
        """Sorts one event in."""
        match event:
            case Started():
                self.started = event
                view = main_view(event.observation)
                self.looks = [Look(view)] if view is not None else []
            case SkillCalled():
                self._calls.append(event.name)
            case SkillReturned():
                if self._calls:
                    self._calls.pop()
                self.phase = ""
                if event.name == "GetImage" and isinstance(event.result, Image) and event.result.view is not None:
                    self._looked(event.result.view)
            case Noted() if self.looks:
                self._note(event.kind, event.facts)
            case Moving():
                self.phase = event.phase
            case Carried() if self.looks:
                self.looks[-1].outcomes.append(event.outcome)
            case Ended():
                self.ended = event
        self.call = self._calls[-1] if self._calls else ""

    @property
    def instruction(self) -> Instruction:
        """What was asked; empty before the start."""
        return self.started.instruction if self.started else Instruction("")

    @property
    def record(self) -> Any:
        """The record, or None before the end."""
        return self.ended.record if self.ended else None

    def last_view(self) -> View | None:
        """The table at the end, where the robot could still look."""
        return main_view(self.ended.observation) if self.ended and self.ended.observation else None

    def called(self, query: str | Image) -> str:
        """A query in words: its text, the name of the instruction's picture that it is, how it was found, or so."""
        if isinstance(query, str):
            return query
        for name, slot in self.instruction.slots.items():
            if any(query.id == image.id or query.rgb is image.rgb for image in slot.pictures.values()):
                return "{" + name + "}"
        for entry in (entry for look in self.looks for entry in look.retrievals):
            if 0 <= entry.chosen < len(entry.crops) and entry.crops[entry.chosen].id == query.id:
                return self.called(entry.query) if entry.query is not query else "a picture"
        return "a picture"

    def _looked(self, view: View) -> None:
        if self.looks and not self.looks[-1].outcomes:
            self.looks[-1].views.append(self.looks[-1].view)
            self.looks[-1].view = view
        else:
            self.looks.append(Look(view))

    def _note(self, kind: str, facts: Mapping[str, Any]) -> None:
        look = self.looks[-1]
        if kind == "segmentation" and isinstance(facts.get("image"), Image):
            prompt = str(facts.get("prompt") or "everything")
            found = Segmentation(facts["image"], list(facts.get("masks") or []), prompt)
            # Of several pictures of a table where nothing moved, the newest is enough.
            again = prompt == "everything" and look.shows(found.image)
            look.segmentations = [
                old for old in look.segmentations if not (again and old.prompt == prompt and look.shows(old.image))
            ] + [found]
        elif kind == "retrieval":
            scores = facts.get("probabilities") or facts.get("scores") or ()
            chosen = facts.get("chosen")
            entry = Retrieval(
                facts.get("query", ""),
                [crop for crop in facts.get("objs") or () if isinstance(crop, Image)],
                [float(score) for score in scores],
                -1 if chosen is None else int(chosen),
                frozenset(int(index) for index in facts.get("excluded") or ()),
                str(facts.get("aspect") or "identity"),
            )
            look.retrievals = [old for old in look.retrievals if not _same(old, entry, look)] + [entry]
        elif kind == "match":
            one, other = list(facts.get("objs1") or ()), list(facts.get("objs2") or ())
            pairs = [(one[i], other[j], float(facts["scores"][i][j])) for i, j in facts.get("pairs") or ()]
            look.matches.append(Match(pairs, len(one), len(other)))
        elif kind == "plan":
            look.planned = [*(outcome.action for outcome in look.outcomes), *facts.get("actions", [])]


def _same(one: Retrieval, other: Retrieval, look: Look) -> bool:
    """Whether two retrievals asked one thing of the same, unmoved table."""
    if isinstance(one.query, Image) and isinstance(other.query, Image):
        equal = one.query.id == other.query.id
    else:
        equal = isinstance(one.query, str) and one.query == other.query
    there = all(look.shows(crop) for entry in (one, other) for crop in entry.crops)
    return equal and one.aspect == other.aspect and one.excluded == other.excluded and there


def main_view(observation: Observation) -> View | None:
    """The top view, or the first of a robot that has none."""
    return observation.views.get("top") or next(iter(observation.views.values()), None)
