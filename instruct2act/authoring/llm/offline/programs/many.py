"""Several things of one description."""

from __future__ import annotations

from instruct2act.authoring.llm.offline.plan import All, Free, Picture, Place, Put, Shift, Spot, ToThing
from instruct2act.authoring.llm.offline.programs.page import Page
from instruct2act.authoring.llm.offline.programs.places import shifted, spot
from instruct2act.authoring.llm.offline.saying import mentioned


def found_all(page: Page, things: All) -> str:
    """An expression for the indices of all that is meant."""
    besides = ", ".join(page.index(thing, clicks=False) for thing in things.besides)
    left_out = f", exclude=[{besides}]" if besides else ""
    match things:
        case All(text="", like=None):
            page.helper("movable")
            every = f"movable(objs, [{besides}])"
        case All(like=None):
            every = f'FindAll(objs, "{things.text}"{left_out})'
        case All(like=Picture(slot), aspect="identity"):
            every = f'FindAll(objs, templates["{slot}"]{left_out})'
        case All(like=like):
            assert like is not None
            every = f'FindAll(objs, objs[{page.index(like, clicks=False)}], aspect="{things.aspect}"{left_out})'
    if things.text and things.like is not None:
        every = f'[i for i in {every} if i in FindAll(objs, "{things.text}")]'
    return f"{every}[:{things.count}]" if things.count is not None else every


def put_all(page: Page, things: All, place: Place, degrees: float) -> None:
    """Brings all of them to a place."""
    for other in mentioned(Put(things, place), deep=False):
        page.again(other)
    page.look_again()
    page.add(f"found = {found_all(page, things)}")
    turn = f", yaw_angle_degree={degrees:g}" if degrees else ""
    match place:
        case ToThing("inside" | "on" | "at", other):
            page.helper("spread")
            at = f"spread({page.names[other]}_at, k, len(found))"
            page.gather(f"PickPlace(pick=Pixel2Loc(i, masks), place={at}, bounds=BOUNDS{turn})")
        case Shift():
            at = shifted(page, "Pixel2Loc(i, masks)", place)
            page.gather(f"PickPlace(pick=Pixel2Loc(i, masks), place={at}, bounds=BOUNDS{turn})")
        case _:
            # Each one needs room of its own, so the table is looked at again before each.
            _one_by_one(page, place, turn)


def _one_by_one(page: Page, place: Place, turn: str) -> None:
    near, side = "", ""
    match place:
        case ToThing(relation, other):
            near, side = f", near={page.names[other]}_at", "" if relation == "beside" else f', side="{relation}"'
        case Spot():
            near = f", near={spot(page, place)}"
        case Free():
            pass
        case _:
            raise NotImplementedError(f"several things to {place}")
    page.add("pictures = [objs[i] for i in found]", "for picture in pictures:")
    page.add("    image = GetImage()", "    objs, masks = ImageCrop(image=image, masks=SAM(image=image))")
    page.add("    i = CLIPRetrieval(objs, picture)")
    page.add(f"    place = FindPlace(i, masks{near}{side})")
    page.add(f"    action = PickPlace(pick=Pixel2Loc(i, masks), place=place, bounds=BOUNDS{turn})")
    page.add("    info = RobotExecution(action=action)")
    page.all_changed()


def rotate_all(page: Page, things: All, degrees: str) -> None:
    """Turns all of them where they lie."""
    page.look_again()
    page.add(f"found = {found_all(page, things)}")
    at = "Pixel2Loc(i, masks)"
    page.gather(f"PickPlace(pick={at}, place={at}, bounds=BOUNDS, yaw_angle_degree={degrees})")


def pile(page: Page, things: All) -> None:
    """Stacks all of them where the first one lies."""
    page.look_again()
    page.add(f"found = {found_all(page, things)}", "lowest_at = Pixel2Loc(found[0], masks)", "found = found[1:]")
    page.gather("PickPlace(pick=Pixel2Loc(i, masks), place=lowest_at, bounds=BOUNDS)")
