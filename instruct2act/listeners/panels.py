"""An episode's pictures, one by one: the picture strip arranges them on a page, a web page can show them singly."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from instruct2act.listeners import drawing, tiles, typeset, words
from instruct2act.listeners.drawing import Sketch
from instruct2act.listeners.story import Look, Segmentation, Story, main_view
from instruct2act.listeners.tiles import COLUMN, bar
from instruct2act.listeners.typeset import BAD, FAINT, INK, NEUTRAL, WHITE, blank
from skills.types import Bool, Mask, UInt8

_LOOKS = 4
Panel = tuple[str, UInt8]


def panels(story: Story) -> list[Panel]:
    """The episode's pictures in order, each with its title: (h, COLUMN, 3) uint8."""
    shown: list[Panel] = []
    if story.looks:
        shown.append(before(story))
    looks = story.looks if len(story.looks) <= _LOOKS else [*story.looks[: _LOOKS - 1], story.looks[-1]]
    for look in looks:
        shown += [masks(story, entry) for entry in merged(look.segmentations)[:3]]
        shown += tiles.retrievals(story, look) + tiles.matches(look)
        if look.actions():
            shown.append(plan(story, look))
    last = story.last_view()
    if last is not None and any(look.outcomes for look in story.looks):
        shown.append(("After", drawing.enlarge(last.rgb, drawing.scale_for(last.rgb.shape[:2], COLUMN))))
    shown.append(_result(story))
    return shown


def before(story: Story) -> Panel:
    """The table at the start, the clicks marked on it."""
    assert story.started is not None
    view = main_view(story.started.observation) or story.looks[0].view
    sketch = Sketch(view.rgb, drawing.scale_for(view.rgb.shape[:2], COLUMN))
    for number, click in enumerate(story.instruction.clicks, start=1):
        sketch.click(click, number)
    return "Before" + (", with the clicks" if story.instruction.clicks else ""), sketch.finish()


def merged(found: Sequence[Segmentation]) -> list[Segmentation]:
    """Segmentations of one picture by one kind of prompt, as one."""
    merged: dict[tuple[int, str], Segmentation] = {}
    for entry in found:
        key = entry.image.id, entry.prompt
        before = merged[key].masks if key in merged else []
        merged[key] = Segmentation(entry.image, [*before, *entry.masks], entry.prompt)
    return list(merged.values())


def masks(story: Story, entry: Segmentation) -> Panel:
    """A picture with its masks, each with its number and the predicted IoU."""
    scale = drawing.scale_for(entry.image.shape, COLUMN)
    if entry.image.view is None:
        scale = min(scale, max(1.0, 384 // entry.image.shape[0]))
    sketch = Sketch(entry.image.rgb, scale)
    for index, mask in enumerate(entry.masks):
        sketch.tint(mask.array, drawing.color_of(index))
    for index, mask in enumerate(entry.masks):
        sketch.label_mask(f"{index}  {mask.score:.2f}", mask.array, drawing.color_of(index))
    where = "" if any(look.shows(entry.image) for look in story.looks) else f" in {story.called(entry.image)}"
    how = "" if entry.prompt == "everything" else f", asked by {entry.prompt}"
    return (
        f"Segmentation{where}: {len(entry.masks)} {'mask' if len(entry.masks) == 1 else 'masks'}{how}",
        sketch.finish(),
    )


def plan(story: Story, look: Look) -> Panel:
    """A look's picture with what is meant outlined, and the motions as arrows."""
    view, actions = look.view, look.actions()
    sketch = Sketch(view.rgb, drawing.scale_for(view.rgb.shape[:2], COLUMN))
    for entry in look.segmentations:
        if look.shows(entry.image):
            sketch.avoid(entry.masks)
    for index, (mask, text) in enumerate(_involved(story, look)):
        sketch.outline(mask, drawing.color_of(index), width=3, halo=True)
        if text:
            sketch.label_mask(text, mask, drawing.color_of(index))
    for number, action in enumerate(actions, start=1):
        sketch.motion(view.camera, action, number if len(actions) > 1 else None)
    title = f"Plan: {len(actions)} {'motion' if len(actions) == 1 else 'motions'}"
    if look.outcomes:
        title += f", {sum(outcome.status == 'done' for outcome in look.outcomes)} done"
    return title, sketch.finish()


def _involved(story: Story, look: Look) -> list[tuple[Bool, str]]:
    """Masks to outline with what to call them: those retrieval chose, else those that the motions start and end on."""
    meant = [(mask, typeset.fit(story.called(query), 14, 260)) for mask, query in look.meant()]
    if meant:
        return meant
    newest = reversed(look.segmentations)
    masks: list[Mask] = [m for entry in newest if look.shows(entry.image) for m in entry.masks]
    found: dict[int, tuple[Bool, str]] = {}
    for action in look.actions():
        poses = [(pose.x, pose.y, pose.z) for pose in (action.start, action.end)]
        for x, y in np.round(look.view.camera.project(poses)[0]).astype(int):
            for mask in masks:
                inside = 0 <= y < mask.array.shape[0] and 0 <= x < mask.array.shape[1]
                if inside and mask.array[y, x]:
                    found.setdefault(mask.id, (mask.array, _clicked(story, mask)))
                    break
    return list(found.values())


def _clicked(story: Story, mask: Mask) -> str:
    """What to call a mask that a click of the instruction lies on: "click 1"; else nothing."""
    rows, columns = mask.array.shape
    for number, (x, y) in enumerate(story.instruction.clicks, start=1):
        if 0 <= y < rows and 0 <= x < columns and mask.array[int(y), int(x)]:
            return f"click {number}"
    return ""


def _result(story: Story) -> Panel:
    """Progress, reward and its parts as bars; the error; the seconds."""
    record = story.record
    values: list[tuple[str, float]] = []
    if record is not None and record.progress is not None:
        values.append(("progress towards the goal", record.progress))
    if record is not None and record.reward is not None:
        values.append(("reward", record.reward))
        values += [(f"    {name}", value) for name, value in record.reward_parts.items()]
    error = words.trouble(record.error) if record is not None else "the episode was cut off before its end"
    lines = typeset.broken(error, 16, COLUMN - 40, most=6)
    seconds = ", ".join(f"{name} {value:.1f}" for name, value in record.seconds.items()) if record is not None else ""
    foot = typeset.broken(f"seconds: {seconds}", 14, COLUMN - 40, most=2) if seconds else []
    picture = blank(16 + 34 * len(values) + 24 * len(lines) + 20 * len(foot) + 20, COLUMN, WHITE)
    y = 16
    for name, value in values:
        typeset.write(picture, (20, y), typeset.fit(name, 16, 290), 16, INK)
        typeset.write(picture, (COLUMN - 70, y), f"{value:.2f}", 16, INK)
        bar(picture[y + 5 : y + 17, 330 : COLUMN - 90], value, INK if name == "reward" else NEUTRAL)
        y += 34
    for line in lines:
        typeset.write(picture, (20, y), line, 16, BAD)
        y += 24
    for line in foot:
        typeset.write(picture, (20, y + 6), line, 14, FAINT)
        y += 20
    return "Result: " + words.verdict(record)[0], picture
