"""Sweeping along the table, one thing after the other, looking again after each."""

from __future__ import annotations

from instruct2act.authoring.llm.offline.plan import All, Picture, Sweep
from instruct2act.authoring.llm.offline.programs.many import found_all
from instruct2act.authoring.llm.offline.programs.page import Page

_PUSHES = 20
"""Pushes a program makes at most."""


def sweep(page: Page, step: Sweep) -> None:
    """Sweeps as many things as were asked for; those that are there already count."""
    into = page.index(step.into, clicks=False)
    page.add("# What stays where it is.", f"region = masks[{into}]")
    limit, still = "", "region"
    if step.limit is not None:
        page.add(f"line = masks[{page.index(step.limit, clicks=False)}]")
        limit, still = f", {'not_beyond' if step.rule == 'beyond' else 'not_touching'}=line", "region, line"
    page.helper("next_sweep")
    page.add('info = {"done": 0, "of": 0, "failed": [], "clipped": 0}', f"for _ in range({_PUSHES}):")
    page.add(f"    found = {_candidates(page, step.things, still)}")
    count = step.things.count if step.things.count is not None else "len(found)"
    page.add(f"    actions = next_sweep(found, masks, {count}, region{limit})", "    if not actions:", "        break")
    page.add(
        "    # One push at a time: what is pushed slides a little aside.",
        "    info = RobotExecution(action=actions[0])",
    )
    page.add('    if info["failed"]:', "        return info")
    page.add("    image = GetImage()", "    objs, masks = ImageCrop(image=image, masks=SAM(image=image))")
    page.all_changed()


def _candidates(page: Page, things: All, still: str) -> str:
    """All that may be swept, wherever it lies; what stays is no candidate, whatever it looks like."""
    page.helper("unmoved")
    there = f"unmoved(masks, [{still}])"
    match things:
        case All(text="", like=None):
            page.helper("movable")
            return f"movable(objs, {there})"
        case All(text="", like=Picture(slot), aspect="identity"):
            # A picture may show a thing larger than it is, so its colours count and not its outline.
            return f'FindAll(objs, templates["{slot}"], aspect="texture", exclude={there})'
        case All(like=None):
            return f'FindAll(objs, "{things.text}", exclude={there})'
    return f"[i for i in {found_all(page, All(things.text, (), None, things.like, things.aspect))} if i not in {there}]"
