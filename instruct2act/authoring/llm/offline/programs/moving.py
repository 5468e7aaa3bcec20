"""One thing, or two, from one place to another."""

from __future__ import annotations

from instruct2act.authoring.llm.offline.plan import Place, Put, Start, Thing
from instruct2act.authoring.llm.offline.programs.page import Page
from instruct2act.authoring.llm.offline.programs.places import beside, target
from instruct2act.authoring.llm.offline.saying import mentioned


def put(page: Page, thing: Thing, place: Place, degrees: float) -> None:
    """Brings a thing to a place, turned on the way."""
    start = page.names[thing]
    comes_back = any(isinstance(step, Put) and step.place == Start(thing) for step in page.plan.steps)
    if comes_back and thing not in page.moved:
        page.add(f"{start}_start = {start}_at")
    page.again(thing)
    for other in mentioned(Put(thing, place), deep=False):
        page.again(other)
    to = target(page, place, thing)
    turn = f", yaw_angle_degree={degrees:g}" if degrees else ""
    page.act(f"PickPlace(pick={start}_at, place={to}, bounds=BOUNDS{turn})")
    page.has_moved(thing, to)


def rotate(page: Page, thing: Thing, degrees: str) -> None:
    """Turns a thing where it lies."""
    page.again(thing)
    at = f"{page.names[thing]}_at"
    page.act(f"PickPlace(pick={at}, place={at}, bounds=BOUNDS, yaw_angle_degree={degrees})")
    page.has_moved(thing)


def swap(page: Page, first: Thing, second: Thing) -> None:
    """Lets two things change places, one of them by way of a free one."""
    page.again(first)
    page.again(second)
    a, b = page.names[first], page.names[second]
    page.add(f"{a}_place, {b}_place = {a}_at, {b}_at")
    aside = beside(page, first, "", "")
    page.act(f"PickPlace(pick={a}_at, place={aside}, bounds=BOUNDS)")
    page.act(f"PickPlace(pick={b}_at, place={a}_place, bounds=BOUNDS)")
    page.has_moved(first, aside)
    page.again(first)
    page.act(f"PickPlace(pick={a}_at, place={b}_place, bounds=BOUNDS)")
    page.has_moved(first, f"{b}_place")
    page.has_moved(second, f"{a}_place")
