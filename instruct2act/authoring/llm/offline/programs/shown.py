"""What pictures show: a table to come to, examples of a turn, frames of a motion or of a stack."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from instruct2act.authoring.llm.offline.plan import All, Thing
from instruct2act.authoring.llm.offline.programs.many import rotate_all
from instruct2act.authoring.llm.offline.programs.moving import rotate
from instruct2act.authoring.llm.offline.programs.page import Page


def rearrange(page: Page, slot: str) -> None:
    """Makes the table look like a scene's picture."""
    page.look_again()
    _arrange(page, f"{page.scene(slot)}_objs", f"{page.scene(slot)}_masks")


def restore(page: Page) -> None:
    """Makes it look as it did before anything moved."""
    page.look_again()
    _arrange(page, "before", "before_masks")


def _arrange(page: Page, objs: str, masks: str) -> None:
    page.add(f"there, here = get_objs_match({objs}, objs)")
    page.add("actions = RearrangeActions(")
    page.add(f"    pick_masks=masks, place_masks={masks}, pick_ind=here, place_ind=there, bounds=BOUNDS")
    page.add(")", "info = RobotExecution(action=actions)")
    page.all_changed()
    page.moved.update(page.names)


def twist(page: Page, thing: Thing | All, pairs: Sequence[tuple[str, str]]) -> None:
    """Turns things as far as examples show it."""
    page.helper("agreed")
    page.add("turns = [")
    page.add(*(f'    RotationBetween(templates["{before}"], templates["{after}"]),' for before, after in pairs))
    page.add("]", "degrees = agreed(turns)")
    if isinstance(thing, All):
        rotate_all(page, thing, "degrees")
    else:
        rotate(page, thing, "degrees")


def follow(page: Page, frames: Sequence[str], thing: Thing | None) -> None:
    """Moves a thing from place to place."""
    page.add("moves = [")
    page.add(*(f'    WhatMoved(templates["{a}"], templates["{b}"]),' for a, b in itertools.pairwise(frames)))
    page.add("]")
    if thing is None:
        page.look_again()
        page.add('at = Pixel2Loc(CLIPRetrieval(objs, moves[0]["obj"]), masks)')
    else:
        page.again(thing)
        page.add(f"at = {page.names[thing]}_at")
    page.add("actions = []", "for move in moves:")
    page.add('    actions.append(PickPlace(pick=at, place=move["end"], bounds=BOUNDS))', '    at = move["end"]')
    page.add("info = RobotExecution(action=actions)")
    page.all_changed()


def stack_as(page: Page, frames: Sequence[str]) -> None:
    """Stacks things in the order of frames; a thing that lies on another one is where that one was seen."""
    page.helper("thing_at")
    page.look_again()
    page.add("places = [Pixel2Loc(i, masks) for i in range(len(objs))]")
    shown = ", ".join(f'templates["{frame}"]' for frame in frames)
    page.add(f"frames = [{shown}]", "for k in range(len(frames) - 1):")
    page.add("    move = WhatMoved(frames[k], frames[k + 1])")
    page.add('    upper = CLIPRetrieval(objs, move["obj"])')
    page.add('    under = thing_at(frames[k], move["end"])')
    page.add('    place = move["end"] if under is None else places[CLIPRetrieval(objs, under)]')
    page.add("    action = PickPlace(pick=places[upper], place=place, bounds=BOUNDS)")
    page.add("    info = RobotExecution(action=action)", '    if info["failed"]:', "        return info")
    page.add("    places[upper] = place")
    page.all_changed()
