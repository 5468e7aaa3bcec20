"""A plan as a program over the skills, commented; a module for each family of steps, all writing on one `Page`."""

from __future__ import annotations

from instruct2act.authoring.llm.offline.plan import (
    All,
    Follow,
    Pile,
    Plan,
    Put,
    Rearrange,
    Restore,
    Rotate,
    StackAs,
    Step,
    Swap,
    Sweep,
    Twist,
)
from instruct2act.authoring.llm.offline.programs import many, moving, shown
from instruct2act.authoring.llm.offline.programs.page import Page
from instruct2act.authoring.llm.offline.programs.sweeping import sweep
from instruct2act.authoring.llm.offline.saying import say_step


def program(plan: Plan) -> str:
    """The source of a program: ``def main() -> dict``, its helper functions first."""
    page, steps = Page(plan), plan.steps
    if plan.assumed:
        page.add(f"# Read {', '.join(plan.assumed)}.")
    if plan.speed is not None:
        page.add(f"RobotSetting(speed={plan.speed:g})")
    page.look("Look at the table: a mask and a cut-out picture of each thing.")
    page.find_first()
    if any(isinstance(step, Restore) for step in steps):
        page.add("# How things are now, to come back to.", "before, before_masks = objs, masks")
    for number, step in enumerate(steps, 1):
        page.add("", f"# {f'{number}. ' if len(steps) > 1 else ''}{say_step(step)}.")
        _write(page, step)
        if number < len(steps):
            page.add('if info["failed"]:', "    return info")
    page.add("return info")
    return page.source()


def _write(page: Page, step: Step) -> None:
    match step:
        case Put(All() as things, place, degrees):
            many.put_all(page, things, place, degrees)
        case Put(thing, place, degrees):
            moving.put(page, thing, place, degrees)  # type: ignore[arg-type]
        case Rotate(All() as things, degrees):
            many.rotate_all(page, things, f"{degrees:g}")
        case Rotate(thing, degrees):
            moving.rotate(page, thing, f"{degrees:g}")  # type: ignore[arg-type]
        case Swap(first, second):
            moving.swap(page, first, second)
        case Rearrange(slot):
            shown.rearrange(page, slot)
        case Restore():
            shown.restore(page)
        case Twist(thing, pairs):
            shown.twist(page, thing, pairs)
        case Follow(frames, thing):
            shown.follow(page, frames, thing)
        case StackAs(frames):
            shown.stack_as(page, frames)
        case Pile(things):
            many.pile(page, things)
        case Sweep():
            sweep(page, step)
