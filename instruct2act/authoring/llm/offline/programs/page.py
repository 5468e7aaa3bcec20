"""The page that a program is written on: its lines, its names, and what the last look is still good for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from keyword import kwlist
from typing import get_args

from instruct2act.authoring.llm.offline.plan import (
    Click,
    Direction,
    InScene,
    Kind,
    Lesson,
    Most,
    Neighbor,
    Picture,
    Plan,
    Swap,
    Sweep,
    Thing,
    Within,
    Words,
)
from instruct2act.authoring.llm.offline.programs import helpers
from instruct2act.authoring.llm.offline.saying import OUTERMOST, mentioned

_TAKEN = frozenset(
    [
        "image",
        "masks",
        "objs",
        "info",
        "action",
        "actions",
        "found",
        "clicked",
        "wanted",
        "before",
        "there",
        "here",
        "spot",
        "middle",
        "picture",
        "pictures",
        "step",
        "steps",
        "places",
        "place",
        "degrees",
        "turns",
        "k",
        "i",
        "move",
        "upper",
        "lower",
        "frame",
        "frames",
        "indices",
        "region",
        "line",
        "inside",
        "moves",
        "lowest_at",
    ]
)
_NTH = ("first", "second", "third", "fourth", "fifth")


class Page:
    """Lines of ``main``, and what its variables stand for.

    Attributes:
        plan: what is written out.
        names: thing -> the variable of its index in ``objs`` (in ``clicked`` for clicks, the first time); its location
            is in the variable of that name with ``_at``.
        moved: things that were moved so far.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.names: dict[Thing, str] = {}
        self.moved: set[Thing] = set()
        self._lines: list[str] = []
        self._helpers: dict[str, str] = {}
        self._located: set[Thing] = set()
        self._scenes: dict[str, str] = {}
        self._lessons: dict[Lesson, str] = {}
        self._looks = 0
        self._fresh = True
        self._found_in: dict[Thing, int] = {}
        """Thing -> the look that its index counts in; 0 for clicks, whose masks are ``clicked_masks``."""
        things = [thing for step in plan.steps for thing in mentioned(step)]
        taught = any(isinstance(thing, (Kind, Most)) for thing in things)
        self._loosely = taught or any(isinstance(step, Sweep) for step in plan.steps)
        """Whether a picture's outline may say more than its colours: of what teaches a word, of lines on the table."""

    def source(self) -> str:
        """The program: helper functions, then ``main``."""
        body = "\n".join(f"    {line}" if line else "" for line in self._lines)
        return "\n\n\n".join([*self._helpers.values(), f"def main() -> dict:\n{body}"]) + "\n"

    def add(self, *lines: str) -> None:
        """Adds lines to ``main``."""
        self._lines += lines

    def helper(self, name: str) -> None:
        """Has a helper function defined, and what it needs before it."""
        for needed in helpers.NEEDS.get(name, ()):
            self.helper(needed)
        self._helpers.setdefault(name, helpers.SOURCES[name])

    # --- looking ------------------------------------------------------------------------------------------------------

    def look(self, why: str) -> None:
        """Looks at the table: ``objs`` and ``masks`` are what is there now."""
        self.add(f"# {why}", "image = GetImage()", "masks = SAM(image=image)")
        self.add("objs, masks = ImageCrop(image=image, masks=masks)")
        self._fresh, self._looks = True, self._looks + 1

    def look_again(self) -> None:
        """Looks where something has moved since."""
        if not self._fresh:
            self.look("Things have moved: look again.")

    def find_first(self) -> None:
        """Finds and locates everything that is spoken of, while it lies where the instruction means it."""
        steps = self.plan.steps
        things = sorted(dict.fromkeys(t for step in steps for t in mentioned(step)), key=_vagueness)
        if any(isinstance(thing, Click) for thing in things):
            self.add("# What was clicked, in that order.")
            self.add("clicked, clicked_masks = ImageCrop(image=image, masks=SAM(image=image, points=clicks))")
        for place, thing in enumerate(things):
            self.find(thing, things[:place])
        lying = {t for step in steps if not isinstance(step, Sweep) for t in mentioned(step)}
        for thing in things:
            if thing in lying:
                self.locate(thing)

    def find(self, thing: Thing, others: Sequence[Thing] = ()) -> None:
        """Sets a thing's variable to its index in ``objs``; what was found before is not what another name means."""
        name, known = self._name(thing), thing in self._found_in
        self._found_in[thing] = self._looks
        before = [self.names[other] for other in others if not isinstance(other, (Click, Within))]
        excluded = ""
        if isinstance(thing, (Words, InScene)):
            excluded = "".join(f", pre_obj{k}={other}" for k, other in enumerate(before[-2:], 1))
        match thing:
            case Most() if known and thing.by_place:
                self.helper("closest")
                self.add(f"{name} = closest(FindAll(objs, {name}_seen), {name}_at, masks)")
            case Most() | Neighbor() if known:
                self.add(f"{name} = CLIPRetrieval(objs, {name}_seen)")
            case Words(text):
                self.add(f'{name} = CLIPRetrieval(objs, "{text}"{excluded})')
            case Picture(slot) if self._loosely:
                self.helper("looking_like")
                self.add(f'{name} = looking_like(objs, templates["{slot}"])')
            case Picture(slot):
                self.add(f'{name} = CLIPRetrieval(objs, templates["{slot}"])')
            case Kind(slot):
                self.add(f'{name} = FindAll(objs, templates["{slot}"], aspect="shape")[0]')
            case InScene(text, slot):
                if not known:
                    scene = self.scene(slot)
                    self.add(f'{name}_shown = {scene}_objs[CLIPRetrieval({scene}_objs, "{text}")]')
                self.add(f"{name} = CLIPRetrieval(objs, {name}_shown{excluded})")
            case Within(text, where):
                self.helper("closest")
                if not known:
                    self.locate(where)
                at = name if known else self.names[where]
                other = self.names[where] if thing.mistakable and not known and self._found_in[where] else ""
                self.add(f"{name} = closest({_among(Words(text), [other] if other else [])}, {at}_at, masks)")
            case Most(of, attribute, more):
                self._find_most(name, of, attribute, more, before)
                self._keep_picture(thing)
            case Neighbor(of, side):
                self.add(f'{name} = FindNeighbor({self.names[of]}, masks, side="{side}")')
                self._keep_picture(thing)
            case Click(index) if known:
                self.add(f"{name} = CLIPRetrieval(objs, clicked[{index}])")
            case Click(index):
                self.add(f"{name} = {index}")
                self._found_in[thing] = 0

    def _find_most(self, name: str, of: Thing, attribute: str | Lesson, more: bool, others: Sequence[str]) -> None:
        among = _among(of, others)
        if attribute in get_args(Direction):
            self.helper("outermost")
            self.add(f'{name} = outermost({among}, masks, "{attribute}")')
            return
        self.helper("most")
        if isinstance(attribute, Lesson):
            taught = self._lesson(attribute)
            what, sign = f'{taught}["attribute"]', f'{taught}["more"]' if more else f'not {taught}["more"]'
        else:
            what, sign = f'"{attribute}"', str(more)
        self.add(f"indices = {among}", f"{name} = most(objs, indices, {what}, {sign})")

    def _keep_picture(self, thing: Thing) -> None:
        """What can't be told from its description once things have moved is known by its looks."""
        if self._needed_again(thing):
            self.add(f"{self.names[thing]}_seen = objs[{self.names[thing]}]")

    def _needed_again(self, thing: Thing) -> bool:
        """Whether a thing is looked for once more after it has moved."""
        speaking = [step for step in self.plan.steps if thing in mentioned(step, deep=False)]
        return len(speaking) > 1 or any(isinstance(step, Swap) for step in speaking)

    def _lesson(self, lesson: Lesson) -> str:
        """The variable that holds in what the things of a lesson's pictures differ."""
        if lesson not in self._lessons:
            name = self._lessons[lesson] = self.free(lesson.word)
            self.add(f'# What "{lesson.word}" is about: in what the first of each pair differs from the second.')
            first, second = (", ".join(f'templates["{pair[k]}"]' for pair in lesson.pairs) for k in (0, 1))
            self.add(f"{name} = Compare(", f"    [{first}],", f"    [{second}],", ")")
        return self._lessons[lesson]

    def masks_of(self, thing: Thing) -> str:
        """The list of masks that a thing's index counts in."""
        return "masks" if self._found_in[thing] else "clicked_masks"

    def locate(self, thing: Thing) -> None:
        """Sets the variable of a thing's location."""
        if thing not in self._located:
            name = self.names[thing]
            self.add(f"{name}_at = Pixel2Loc({name}, {self.masks_of(thing)})")
            self._located.add(thing)

    def again(self, thing: Thing) -> None:
        """Finds and locates a thing anew where it has moved since it was located."""
        if thing not in self._located:
            self.look_again()
            self.find(thing)
            self.locate(thing)

    def index(self, thing: Thing, clicks: bool = True) -> str:
        """The variable of a thing's index, good for the table as it is now (and for ``masks``, without ``clicks``)."""
        self.look_again()
        counts = (self._looks, 0) if clicks and self._looks == 1 else (self._looks,)
        if self._found_in[thing] not in counts:
            self.find(thing)
        return self.names[thing]

    def scene(self, slot: str) -> str:
        """The prefix of the variables that hold what a scene's picture shows."""
        if slot not in self._scenes:
            name = self._scenes[slot] = self.free(slot)
            self.add(f"# The things in the picture {{{slot}}}.", f'{name} = templates["{slot}"]')
            self.add(f"{name}_objs, {name}_masks = ImageCrop(image={name}, masks=SAM(image={name}))")
        return self._scenes[slot]

    # --- moving -------------------------------------------------------------------------------------------------------

    def act(self, action: str) -> None:
        """Carries one action out."""
        self.add(f"action = {action}", "info = RobotExecution(action=action)")
        self._fresh = False

    def gather(self, action: str) -> None:
        """Carries an action out for each thing ``i``, the k-th of ``found``."""
        self.add("actions = []", "for k, i in enumerate(found):", f"    actions.append({action})")
        self.add("info = RobotExecution(action=actions)")
        self.all_changed()

    def has_moved(self, thing: Thing, to: str = "") -> None:
        """A thing is where no variable says."""
        by_place = isinstance(thing, Most) and thing.by_place and self._needed_again(thing)
        if to and (isinstance(thing, Within) or by_place):
            # Where it lies now is what tells it from others of its name.
            self.add(f"{self.names[thing]}_at = {to}")
        self.moved.add(thing)
        self._located.discard(thing)

    def all_changed(self) -> None:
        """So is everything."""
        self._fresh = False
        self._located.clear()

    # --- naming -------------------------------------------------------------------------------------------------------

    def _name(self, thing: Thing) -> str:
        if thing not in self.names:
            match thing:
                case Words(text) | InScene(text, _) | Within(text, _):
                    wanted = _short(text)
                case Picture(slot) | Kind(slot):
                    wanted = slot
                case Most(Kind(slot) | Words(slot), "left" | "right" | "near" | "far" as side):
                    wanted = f"{OUTERMOST[side]}_{_short(slot)}"
                case Most(Kind(slot), _, _):
                    wanted = slot
                case Most(Words(text), _, _):
                    wanted = _short(text)
                case Neighbor():
                    wanted = "neighbor"
                case Click(index):
                    wanted = _NTH[index] if index < len(_NTH) else f"click_{index + 1}"
            self.names[thing] = self.free(wanted)
        return self.names[thing]

    def free(self, wanted: str) -> str:
        """A variable's name that nothing has yet."""
        base = re.sub(r"\W+", "_", wanted).strip("_").lower() or "thing"
        base = base if base[0].isalpha() and base not in (_TAKEN | {*kwlist}) else f"the_{base}"
        taken = {*self.names.values(), *self._scenes.values(), *self._lessons.values()}
        return next(name for name in (base, *(f"{base}_{k}" for k in range(2, 99))) if name not in taken)


def _among(of: Thing, others: Sequence[str]) -> str:
    """The indices of all that a description fits, but for some."""
    besides = f"exclude=[{', '.join(others)}]" if others else ""
    match of:
        case Kind(slot):
            like = (f'objs, templates["{slot}"]', 'aspect="shape"', besides)
            return f"FindAll({', '.join(part for part in like if part)})"
        case Words("object"):
            return f"[i for i in range(len(objs)) if i not in [{', '.join(others)}]]" if others else "range(len(objs))"
        case Words(text):
            return f'FindAll(objs, "{text}"{", " if besides else ""}{besides})'
    raise AssertionError(f"comparing {of}")


def _short(text: str) -> str:
    words = text.lower().split()
    return "_".join(words[-2:] if words[-1] in ("object", "block") or len(words[-1]) == 1 else words[-1:])


def _vagueness(thing: Thing) -> int:
    """What is said most clearly is looked for first: "the red object" is whatever the bowl spoken of is not."""
    match thing:
        case Neighbor() | Within():
            return 4
        case Most():
            return 3
        case Words(text):
            return 2 if text.endswith("object") else 1
    return 0
