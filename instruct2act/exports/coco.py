"""COCO instances: pictures that programs segmented, the simulator's masks as annotations, the found ones as results.

``instances.json`` and ``results.json`` are what pycocotools' ``COCO`` and ``loadRes`` read; results have no class, so
evaluate them with ``useCats = 0``. Masks are run-length encoded, column by column, as COCO does.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from instruct2act.evaluation.record import EpisodeRecord
from instruct2act.events import Event, Listener, Noted
from instruct2act.exports.retelling import Telling
from skills.errors import Mistake
from skills.types import Bool, Image, Mask, View


def exporter(out: Path) -> Instances:
    """A new data set.

    Raises:
        Mistake: the folder holds one already.
    """
    return Instances(out)


class Instances:
    """Collects pictures and masks; writes the pictures at once and the rest at the end."""

    def __init__(self, out: Path) -> None:
        if (out / "instances.json").exists():
            raise Mistake(f"{out}/ holds a data set already; name another folder with --out")
        from sim.objects import SHAPES

        self.out = out
        self._categories = {name: number for number, name in enumerate(SHAPES, 1)}
        self._images: list[dict[str, Any]] = []
        self._annotations: list[dict[str, Any]] = []
        self._results: list[dict[str, Any]] = []
        self._heard = _Segmented()

    def begin(self, record: EpisodeRecord) -> Sequence[Listener]:
        """Hears what is segmented."""
        del record
        self._heard = _Segmented()
        return [self._heard]

    def drop(self) -> None:
        """Forgets what was heard."""

    def keep(self, told: Telling) -> None:
        """Adds every picture of the table that was segmented, once."""
        truths = {id(view.rgb): view for look in told.looks for view in look.views.values()}
        for place, (image, masks) in enumerate(self._heard.found):
            view = truths.get(id(image.rgb))
            if view is not None:
                self._add(f"{told.record.id}-{place}-{view.camera.name}", told, view, masks)

    def close(self) -> str:
        """Writes ``instances.json`` and ``results.json``."""
        self.out.mkdir(parents=True, exist_ok=True)
        categories = [{"id": number, "name": name} for name, number in self._categories.items()]
        info = {"description": "tables of instruct2act, masks by the simulator", "version": "1"}
        whole = {"info": info, "licenses": [], "images": self._images, "annotations": self._annotations}
        for name, value in (("instances", {**whole, "categories": categories}), ("results", self._results)):
            (self.out / f"{name}.json").write_text(json.dumps(value) + "\n", encoding="utf-8")
        return (
            f"{self.out}/: {len(self._images)} pictures, {len(self._annotations)} objects in instances.json, "
            f"{len(self._results)} masks that were found in results.json"
        )

    def _add(self, name: str, told: Telling, view: View, masks: Sequence[Mask]) -> None:
        from PIL import Image as Pillow

        number = len(self._images) + 1
        file = f"images/{name}.png"
        (self.out / "images").mkdir(parents=True, exist_ok=True)
        Pillow.fromarray(view.rgb).save(self.out / file)
        height, width = view.rgb.shape[:2]
        self._images.append(
            {"id": number, "file_name": file, "height": height, "width": width, "episode": told.record.spec.scene()}
        )
        assert view.truth is not None
        for id, known in view.truth.objects.items():
            array = view.truth.segmentation == id
            if array.any():
                category = self._categories.setdefault(known.name, len(self._categories) + 1)
                annotation = {"id": len(self._annotations) + 1, "image_id": number, "category_id": category}
                more = {"iscrowd": 0, "texture": known.texture}
                self._annotations.append({**annotation, **_shape(array), **more})
        for mask in masks:
            # Any category will do: nobody says what a mask shows.
            self._results.append({"image_id": number, "category_id": 1, **_shape(mask.array), "score": mask.score})


class _Segmented:
    """Hears which pictures of the table were segmented as a whole, and what was found."""

    wants_frames = False

    def __init__(self) -> None:
        self.found: list[tuple[Image, Sequence[Mask]]] = []

    def hear(self, event: Event) -> None:
        if isinstance(event, Noted) and event.kind == "segmentation" and event.facts["prompt"] == "everything":
            self.found.append((event.facts["image"], event.facts["masks"]))

    def close(self) -> None:
        """Nothing to let go of."""


def _shape(array: Bool) -> dict[str, Any]:
    rows, columns = np.flatnonzero(array.any(axis=1)), np.flatnonzero(array.any(axis=0))
    x, y = int(columns[0]), int(rows[0])
    return {
        "segmentation": {"size": list(array.shape), "counts": counts(array)},
        "area": int(np.count_nonzero(array)),
        "bbox": [x, y, int(columns[-1]) - x + 1, int(rows[-1]) - y + 1],
    }


def counts(array: Bool) -> str:
    """COCO's compressed run lengths of a (H, W) mask.

    Runs go down the columns, the first one of zeros. From the third on each is written as the difference to the one
    two before, in groups of five bits, lowest first, each a character from "0" on; the sixth bit says that more follow.
    """
    flat = np.concatenate([[False], array.ravel(order="F"), [not array[-1, -1]]])
    ends = np.flatnonzero(flat[1:] != flat[:-1])
    runs = np.diff(np.concatenate([[0], ends])).tolist()
    text = []
    for place, run in enumerate(runs):
        left = run - runs[place - 2] if place > 2 else run
        while True:
            bits, left = left & 31, left >> 5
            more = left != (-1 if bits & 16 else 0)
            text.append(chr(48 + (bits | 32 if more else bits)))
            if not more:
                break
    return "".join(text)
