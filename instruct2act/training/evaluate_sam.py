"""How well a segmenter does on pictures whose truth is known: one point, everything, seconds."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from instruct2act.training.engine import Picture, take
from instruct2act.training.pool import held_out
from instruct2act.training.prompting import inner_point
from skills.backends import Segmenter
from skills.types import Bool, Image

Figures = dict[str, float]
"""Means by name."""

SMALL, LARGE = (7, 14), (15, 10_000)
"""Short sides of an object's box, pixels, both ends included: the groups that figures are given for."""

DEPTH, NOISY = " + depth", " + noisy depth"
"""Follow a set's name where the segmenter is shown the pictures' depth too: exact, or as a camera measures it."""

VISIBLE = 0.7
"""Share of an object that must show for everything mode to have to find it."""


@dataclass
class Tally:
    """Figures of a set of pictures; ``small`` and ``large`` are the groups of object sizes.

    Attributes:
        picked, best: IoU of the mask of highest predicted IoU, and of the best of the three, from one inner point.
        recalled: whether everything mode has a mask of IoU 0.75, for each object visible to 70 %.
        false: for each mask of everything mode, whether it is nothing: no object at IoU 0.5 and not the table.
        encode_s, everything_s: seconds a picture; the second without the first.
    """

    picked: dict[str, list[float]] = field(default_factory=lambda: {"small": [], "large": []})
    best: dict[str, list[float]] = field(default_factory=lambda: {"small": [], "large": []})
    recalled: dict[str, list[bool]] = field(default_factory=lambda: {"small": [], "large": []})
    false: list[bool] = field(default_factory=list)
    encode_s: list[float] = field(default_factory=list)
    everything_s: list[float] = field(default_factory=list)

    def figures(self) -> Figures:
        """Means by name; NaN where there was nothing to judge."""

        def mean(values: Sequence[float]) -> float:
            return float(np.mean(values)) if len(values) else float("nan")

        by_size: Mapping[str, Mapping[str, Sequence[float]]]
        by_size = {"picked IoU": self.picked, "best IoU": self.best, "recall at 0.75": self.recalled}
        found = {f"{name}, {group}": mean(of[group]) for name, of in by_size.items() for group in ("large", "small")}
        found |= {"objects, large": len(self.picked["large"]), "objects, small": len(self.picked["small"])}
        found |= {"false masks": mean(self.false), "masks": len(self.false)}
        return found | {"encode s": mean(self.encode_s), "everything s": mean(self.everything_s)}


def evaluate(
    segmenter: Segmenter,
    pictures: Iterable[Picture],
    rng: np.random.Generator,
    look: Callable[[Picture, list[Bool]], None] = lambda _picture, _masks: None,
    depth: bool = False,
) -> Tally:
    """Judges a segmenter.

    Args:
        segmenter: with its weights.
        pictures: with ``whole`` measured.
        rng: draws the inner points.
        look: hears the masks of everything mode for each picture.
        depth: show the segmenter the pictures' depth too, as the product's cameras do.
    """
    tally = Tally()
    for picture in pictures:
        start = time.perf_counter()
        encoded = segmenter.encode(Image(picture.rgb, view=picture.view if depth else None))
        encoded_at = time.perf_counter()
        masks = [mask.array for mask in segmenter.everything(encoded)]
        tally.everything_s.append(time.perf_counter() - encoded_at)
        tally.encode_s.append(encoded_at - start)
        look(picture, masks)
        truths = {int(i): picture.segmentation == i for i in np.unique(picture.segmentation) if i >= 0}
        groups = {i: group for i, mask in truths.items() if (group := size_group(mask))}
        points = [inner_point(truths[i], rng) for i in groups]
        if points:
            answers = segmenter.prompt(encoded, points=np.array(points)[:, None])
            for i, three, scores in zip(groups, answers.masks, answers.scores):
                fits = [iou(mask, truths[i]) for mask in three]
                tally.picked[groups[i]].append(fits[int(scores.argmax())])
                tally.best[groups[i]].append(max(fits))
        for i, group in groups.items():
            if truths[i].sum() >= VISIBLE * picture.whole.get(i, 0):
                tally.recalled[group].append(any(iou(mask, truths[i]) >= 0.75 for mask in masks))
        known = [*truths.values(), picture.segmentation < 0]
        tally.false += [all(iou(mask, truth) < 0.5 for truth in known) for mask in masks]
    return tally


def size_group(mask: Bool) -> str:
    """The group of an object's size: "small", "large", or "" for one that is too small to be judged."""
    short = min(int(np.count_nonzero(mask.any(axis=axis))) for axis in (0, 1))
    return "large" if LARGE[0] <= short <= LARGE[1] else "small" if SMALL[0] <= short <= SMALL[1] else ""


def iou(a: Bool, b: Bool) -> float:
    """Intersection over union of two masks."""
    shared, either = int(np.count_nonzero(a & b)), int(np.count_nonzero(a | b))
    return shared / max(1, either)


def judge_sets(segmenter: Segmenter, folder: Path, count: int, seed: int = 0) -> dict[str, Figures]:
    """Figures by set: pictures like training's by other seeds, pictures unlike any, and first looks of the tasks.

    Each set three times: by colour alone, with exact depth, and with the noisy depth of a camera (3 mm, 2 % missing).

    Args:
        segmenter: with its weights.
        folder: keeps the pictures.
        count: pictures of each set.
        seed: draws the inner points.
    """
    return {
        name: evaluate(segmenter, seen, np.random.default_rng(seed), depth=depth).figures()
        for name, seen, depth in judged_on(folder, count)
    }


def judged_on(folder: Path, count: int) -> Iterator[tuple[str, Sequence[Picture], bool]]:
    """The sets of ``judge_sets``: name, pictures, and whether their depth is shown."""
    sets: dict[str, Sequence[Picture]] = {
        "train": held_out(folder / "held-out", "train", count),
        "unseen": held_out(folder / "held-out", "unseen", count),
        "tasks": list(first_looks(count)),
    }
    for shown in ("", DEPTH, NOISY):
        for name, of in sets.items():
            seen = [noisy(picture, i) for i, picture in enumerate(of)] if shown == NOISY else of
            yield name + shown, seen, bool(shown)


def noisy(picture: Picture, number: int, **otherwise: Any) -> Picture:
    """A picture whose depth has the noise of ``sim.variation``'s part "sensor_noise", and whose colours have none.

    Args:
        picture: is not changed.
        number: of the noise.
        otherwise: fields of that ``Variation`` that are to be others.
    """
    from sim.variation import VARIATIONS, Surroundings

    if picture.view is None:
        return picture
    sensor = Surroundings(
        variation=replace(VARIATIONS["sensor_noise"], **{"rgb_noise": 0.0, **otherwise}), entropy=number
    )
    return replace(picture, view=sensor.sensed(picture.view, 0))


def first_looks(count: int, seed: int = 1_000_000) -> Iterator[Picture]:
    """The top view of ``count`` scenes, each task in turn."""
    import sim
    from sim.cameras import TOP
    from sim.world import World

    names = sorted(name for name, task in sim.TASKS.items() if "L1" in task.levels)
    with World() as bare:
        for number in range(count):
            env = sim.make(names[number % len(names)], "L1", seed + number)
            try:
                yield take(env.world, TOP, bare=bare)
            finally:
                env.close()
