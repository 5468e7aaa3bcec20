"""A plan as a program over the skills: commented, and looking again where things have moved."""

from __future__ import annotations

import re
from collections.abc import Sequence
from keyword import kwlist

from instruct2act.authoring.llm.offline.plan import (
    All,
    Between,
    Click,
    Free,
    InScene,
    Picture,
    Place,
    Plan,
    Pointed,
    Put,
    Rearrange,
    Restore,
    Rotate,
    Shift,
    Spot,
    Start,
    Step,
    Swap,
    Thing,
    ToThing,
    Within,
    Words,
)  # fmt: skip
from instruct2act.authoring.llm.offline.programs import helpers
from instruct2act.authoring.llm.offline.saying import mentioned, say, say_place, vagueness

_EDGE = 0.12
"""Metres from the table's edge to the middle of its corners and sides."""
_OFFSETS = {"left": (0, -1), "right": (0, 1), "near": (-1, 0), "far": (1, 0)}
_TAKEN = frozenset(
    "image masks objs info action actions found clicked wanted before there here spot middle picture step k i".split()  # noqa: SIM905
)
_NTH = ("first", "second", "third", "fourth", "fifth")


def program(plan: Plan) -> str:
    """The source of a program: ``def main() -> dict``, its helper functions first."""
    return _Writer(plan).source()


class _Writer:
    """Writes step by step, and knows which variable means what, and what a look at the table is still good for."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.lines: list[str] = []
        self.helpers: dict[str, str] = {}
        self.names: dict[Thing, str] = {}
        self.moved: set[Thing] = set()
        self.located: set[Thing] = set()
        self.scenes: dict[str, str] = {}
        self.looks = 0
        self.fresh = True
        self.found_in: dict[Thing, int] = {}
        """Thing -> the look that its index counts in; 0 for clicks, whose masks are ``clicked_masks``."""

    def source(self) -> str:
        steps = self.plan.steps
        if self.plan.speed is not None:
            self.add(f"RobotSetting(speed={self.plan.speed:g})")
        self.look("Look at the table: a mask and a cut-out picture of each thing.")
        if any(isinstance(thing, Click) for step in steps for thing in mentioned(step)):
            self.add("# What was clicked, in that order.")
            self.add("clicked, clicked_masks = ImageCrop(image=image, masks=SAM(image=image, points=clicks))")
        # Everything that is spoken of is found and located first, while it lies where the instruction means it.
        things = dict.fromkeys(thing for step in steps for thing in mentioned(step))
        everything = sorted(things, key=vagueness)
        for place, thing in enumerate(everything):
            self.find(thing, everything[:place])
        for thing in everything:
            self.locate(thing)
        if any(isinstance(step, Restore) for step in steps):
            self.add("# How things are now, to come back to.")
            self.add("before, before_masks = objs, masks")
        for number, step in enumerate(steps, 1):
            self.add("")
            self.step(step, f"{number}. " if len(steps) > 1 else "", last=number == len(steps))
        self.add("return info")
        body = "\n".join(f"    {line}" if line else "" for line in self.lines)
        return "\n\n\n".join([*self.helpers.values(), f"def main() -> dict:\n{body}"]) + "\n"

    # --- looking ------------------------------------------------------------------------------------------------------

    def add(self, *lines: str) -> None:
        self.lines += lines

    def look(self, why: str) -> None:
        self.add(f"# {why}", "image = GetImage()", "masks = SAM(image=image)")
        self.add("objs, masks = ImageCrop(image=image, masks=masks)")
        self.fresh, self.looks = True, self.looks + 1

    def look_again(self) -> None:
        if not self.fresh:
            self.look("Things have moved: look again.")

    def find(self, thing: Thing, others: Sequence[Thing] = ()) -> None:
        """Sets a variable to the thing's index in ``objs`` (``clicked`` for clicks, the first time)."""
        name = self.name(thing)
        excluded = ""
        if isinstance(thing, (Words, InScene)):
            # A thing that was found already is not what another description means.
            before = [self.names[other] for other in others if not isinstance(other, (Click, Within))][-2:]
            excluded = "".join(f", pre_obj{k}={other}" for k, other in enumerate(before, 1))
        known, self.found_in[thing] = thing in self.found_in, self.looks
        match thing:
            case Words(text):
                self.add(f'{name} = CLIPRetrieval(objs, "{text}"{excluded})')
            case Picture(slot):
                self.add(f'{name} = CLIPRetrieval(objs, templates["{slot}"])')
            case InScene(text, slot):
                if not known:
                    scene = self.scene(slot)
                    self.add(f'{name}_shown = {scene}_objs[CLIPRetrieval({scene}_objs, "{text}")]')
                self.add(f"{name} = CLIPRetrieval(objs, {name}_shown{excluded})")
            case Within(text, where):
                self.helper("everything_like", helpers.EVERYTHING_LIKE)
                self.helper("closest", helpers.CLOSEST)
                if not known:
                    self.locate(where)
                at = name if known else self.names[where]
                self.add(f'{name} = closest(everything_like(objs, "{text}"), {at}_at, masks)')
            case Click(index) if known:
                self.add(f"{name} = CLIPRetrieval(objs, clicked[{index}])")
            case Click(index):
                self.add(f"{name} = {index}")
                self.found_in[thing] = 0

    def masks_of(self, thing: Thing) -> str:
        """The list of masks that a thing's index counts in."""
        return "masks" if self.found_in[thing] else "clicked_masks"

    def locate(self, thing: Thing) -> None:
        if thing not in self.located:
            name = self.names[thing]
            self.add(f"{name}_at = Pixel2Loc({name}, {self.masks_of(thing)})")
            self.located.add(thing)

    def again(self, thing: Thing) -> None:
        """Finds and locates a thing anew where it has moved since it was located."""
        if thing not in self.located:
            self.look_again()
            self.find(thing)
            self.locate(thing)

    def index(self, thing: Thing, clicks: bool = True) -> str:
        """The variable of a thing's index, good for the table as it is now (and for ``masks``, without ``clicks``)."""
        self.look_again()
        counts = (self.looks, 0) if clicks and self.looks == 1 else (self.looks,)
        if self.found_in[thing] not in counts:
            self.find(thing)
        return self.names[thing]

    def scene(self, slot: str) -> str:
        if slot not in self.scenes:
            name = self.scenes[slot] = self.free(slot)
            self.add(f"# The things in the picture {{{slot}}}.", f'{name} = templates["{slot}"]')
            self.add(f"{name}_objs, {name}_masks = ImageCrop(image={name}, masks=SAM(image={name}))")
        return self.scenes[slot]

    # --- naming -------------------------------------------------------------------------------------------------------

    def name(self, thing: Thing) -> str:
        if thing not in self.names:
            match thing:
                case Words(text) | InScene(text, _) | Within(text, _):
                    words = text.lower().split()
                    short = words[-1] in ("object", "block") or len(words[-1]) == 1
                    wanted = "_".join(words[-2:] if short else words[-1:])
                case Picture(slot):
                    wanted = slot
                case Click(index):
                    wanted = _NTH[index] if index < len(_NTH) else f"click_{index + 1}"
            self.names[thing] = self.free(wanted)
        return self.names[thing]

    def free(self, wanted: str) -> str:
        base = re.sub(r"\W+", "_", wanted).strip("_").lower() or "thing"
        base = base if base[0].isalpha() and base not in (_TAKEN | {*kwlist}) else f"the_{base}"
        taken = {*self.names.values(), *self.scenes.values()}
        return next(name for name in (base, *(f"{base}_{k}" for k in range(2, 99))) if name not in taken)

    def helper(self, name: str, source: str) -> None:
        self.helpers.setdefault(name, source)

    # --- steps --------------------------------------------------------------------------------------------------------

    def step(self, step: Step, number: str, last: bool) -> None:
        match step:
            case Put(All() as things, place):
                self.add(f"# {number}Put {say(things)} {say_place(place, step.thing)}.")
                self.put_all(things, place, step.degrees)
            case Put(thing, place):
                turned = f", turned by {step.degrees:g} degrees" if step.degrees else ""
                self.add(f"# {number}Put {say(thing)} {say_place(place, step.thing)}{turned}.")
                self.put(thing, place, step.degrees)  # type: ignore[arg-type]
            case Rotate(All() as things, degrees):
                self.add(f"# {number}Turn {say(things)} by {degrees:g} degrees, clockwise positive.")
                self.rotate_all(things, degrees)
            case Rotate(thing, degrees):
                self.add(f"# {number}Turn {say(thing)} by {degrees:g} degrees, clockwise positive.")
                self.again(thing)  # type: ignore[arg-type]
                at = f"{self.names[thing]}_at"  # type: ignore[index]
                self.act(f"PickPlace(pick={at}, place={at}, bounds=BOUNDS, yaw_angle_degree={degrees:g})")
                self.has_moved(thing)  # type: ignore[arg-type]
            case Rearrange(slot):
                self.add(f"# {number}Bring things to where the picture {{{slot}}} shows them.")
                self.look_again()
                self.arrange(f"{self.scene(slot)}_objs", f"{self.scene(slot)}_masks")
            case Restore():
                self.add(f"# {number}Bring back what was moved.")
                self.look_again()
                self.arrange("before", "before_masks")
            case Swap(first, second):
                self.add(f"# {number}Let {say(first)} and {say(second)} change places.")
                self.swap(first, second)
        if not last:
            self.add('if info["failed"]:', "    return info")

    def act(self, action: str) -> None:
        self.add(f"action = {action}", "info = RobotExecution(action=action)")
        self.fresh = False

    def has_moved(self, thing: Thing, to: str = "") -> None:
        if isinstance(thing, Within) and to:
            # Where it lies now is what tells it from others of its name.
            self.add(f"{self.names[thing]}_at = {to}")
        self.moved.add(thing)
        self.located.discard(thing)

    def put(self, thing: Thing, place: Place, degrees: float) -> None:
        start = self.names[thing]
        if (
            any(isinstance(step, Put) and step.place == Start(thing) for step in self.plan.steps)
            and thing not in self.moved
        ):
            self.add(f"{start}_start = {start}_at")
        self.again(thing)
        for other in mentioned(Put(thing, place)):
            self.again(other)
        target = self.target(place, thing)
        turn = f", yaw_angle_degree={degrees:g}" if degrees else ""
        self.act(f"PickPlace(pick={start}_at, place={target}, bounds=BOUNDS{turn})")
        self.has_moved(thing, target)

    def target(self, place: Place, thing: Thing) -> str:
        """An expression for the location; may write lines before."""
        name = self.names[thing]
        match place:
            case ToThing(relation, other, metres) if metres is not None:
                return self.apart(thing, other, relation, metres)
            case ToThing("beside", other):
                return self.beside(thing, f"{self.names[other]}_at", "")
            case ToThing("left" | "right" | "near" | "far" as side, other):
                return self.beside(thing, f"{self.names[other]}_at", side)
            case ToThing(_, other):
                return f"{self.names[other]}_at"
            case Between(first, second):
                a, b = f"{self.names[first]}_at", f"{self.names[second]}_at"
                self.add(f"middle = [({a}[k] + {b}[k]) / 2 for k in range(3)]")
                return "middle"
            case Spot(along_x, along_y):
                return self.beside(thing, self.spot(along_x, along_y), "")
            case Shift(direction, metres):
                dx, dy = _OFFSETS[direction]
                return self.shifted(f"{name}_at", dx * metres, dy * metres)
            case Free():
                return self.beside(thing, "", "")
            case Pointed(index):
                return f"Pixel2Loc(clicks[{index}])"
            case Start(other):
                return f"{self.names[other]}_start" if other == thing else f"{self.names[other]}_at"

    def beside(self, thing: Thing, near: str, side: str) -> str:
        index = self.index(thing)
        masks = "masks" if self.masks_of(thing) == "masks" else "clicked_masks + masks"
        more = (f", near={near}" if near else "") + (f', side="{side}"' if side else "")
        self.add(f"place = FindPlace({index}, {masks}{more})")
        return "place"

    def apart(self, thing: Thing, other: Thing, relation: str, metres: float) -> str:
        """So much free space between two things."""
        self.helper("size", helpers.SIZE)
        dx, dy = _OFFSETS[relation]
        axis = 0 if dx else 1
        sizes = [f"size({self.masks_of(t)}[{i}])[{axis}]" for t, i in ((t, self.index(t)) for t in (thing, other))]
        self.add(f"step = {metres:g} + ({sizes[0]} + {sizes[1]}) / 2")
        sign = "-" if dx + dy < 0 else ""
        self.helper("shifted", helpers.SHIFTED)
        return f"shifted({self.names[other]}_at, {f'{sign}step, 0' if dx else f'0, {sign}step'})"

    def shifted(self, at: str, dx: float, dy: float) -> str:
        self.helper("shifted", helpers.SHIFTED)
        return f"shifted({at}, {dx:g}, {dy:g})"

    def spot(self, along_x: str, along_y: str) -> str:
        def along(axis: str, low: bool, high: bool) -> str:
            if low:
                return f'BOUNDS["{axis}"][0] + {_EDGE}'
            return f'BOUNDS["{axis}"][1] - {_EDGE}' if high else f'(BOUNDS["{axis}"][0] + BOUNDS["{axis}"][1]) / 2'

        x = along("x", along_x == "near", along_x == "far")
        y = along("y", along_y == "left", along_y == "right")
        self.add(f"spot = [{x}, {y}, 0.0]")
        return "spot"

    def put_all(self, things: All, place: Place, degrees: float) -> None:
        for other in mentioned(Put(things, place)):
            self.again(other)
        self.all_found(things)
        turn = f", yaw_angle_degree={degrees:g}" if degrees else ""
        match place:
            case ToThing("inside" | "on" | "at", other):
                self.helper("spread", helpers.SPREAD)
                target = f"spread({self.names[other]}_at, k, len(found))"
                self.gather(f"PickPlace(pick=Pixel2Loc(i, masks), place={target}, bounds=BOUNDS{turn})")
            case _:
                # Each one needs room of its own, so the table is looked at again before each.
                self.one_by_one(things, place, turn)
        self.fresh = False
        self.located.clear()

    def all_found(self, things: All) -> None:
        besides = ", ".join(self.index(thing, clicks=False) for thing in things.besides)
        if things.text:
            self.helper("everything_like", helpers.EVERYTHING_LIKE)
            self.add(f'found = [i for i in everything_like(objs, "{things.text}") if i not in [{besides}]]')
        else:
            self.add(f"found = [i for i in range(len(objs)) if i not in [{besides}]]")

    def gather(self, action: str) -> None:
        self.add("actions = []", "for k, i in enumerate(found):", f"    actions.append({action})")
        self.add("info = RobotExecution(action=actions)")

    def one_by_one(self, things: All, place: Place, turn: str) -> None:
        near, side = "", ""
        match place:
            case ToThing(relation, other):
                near, side = f", near={self.names[other]}_at", "" if relation == "beside" else f', side="{relation}"'
            case Spot(along_x, along_y):
                near = f", near={self.spot(along_x, along_y)}"
        if isinstance(place, Shift):
            dx, dy = (metres * place.metres for metres in _OFFSETS[place.direction])
            target = self.shifted("Pixel2Loc(i, masks)", dx, dy)
            self.gather(f"PickPlace(pick=Pixel2Loc(i, masks), place={target}, bounds=BOUNDS{turn})")
            return
        if not isinstance(place, (ToThing, Spot, Free)):
            raise NotImplementedError(f"several things to {place}")
        self.add("pictures = [objs[i] for i in found]", "for picture in pictures:")
        self.add("    image = GetImage()", "    objs, masks = ImageCrop(image=image, masks=SAM(image=image))")
        self.add("    i = CLIPRetrieval(objs, picture)")
        self.add(f"    place = FindPlace(i, masks{near}{side})")
        self.add(f"    action = PickPlace(pick=Pixel2Loc(i, masks), place=place, bounds=BOUNDS{turn})")
        self.add("    info = RobotExecution(action=action)")

    def rotate_all(self, things: All, degrees: float) -> None:
        self.look_again()
        self.all_found(things)
        at = "Pixel2Loc(i, masks)"
        self.gather(f"PickPlace(pick={at}, place={at}, bounds=BOUNDS, yaw_angle_degree={degrees:g})")
        self.fresh = False

    def arrange(self, objs: str, masks: str) -> None:
        self.add(f"there, here = get_objs_match({objs}, objs)")
        self.add("actions = RearrangeActions(")
        self.add(f"    pick_masks=masks, place_masks={masks}, pick_ind=here, place_ind=there, bounds=BOUNDS")
        self.add(")", "info = RobotExecution(action=actions)")
        self.fresh = False
        self.located.clear()
        self.moved.update(self.names)

    def swap(self, first: Thing, second: Thing) -> None:
        self.again(first)
        self.again(second)
        a, b = self.names[first], self.names[second]
        self.add(f"{a}_place, {b}_place = {a}_at, {b}_at")
        aside = self.beside(first, "", "")
        self.act(f"PickPlace(pick={a}_at, place={aside}, bounds=BOUNDS)")
        self.act(f"PickPlace(pick={b}_at, place={a}_place, bounds=BOUNDS)")
        self.has_moved(first)
        self.again(first)
        self.act(f"PickPlace(pick={a}_at, place={b}_place, bounds=BOUNDS)")
        self.has_moved(first)
        self.has_moved(second)
