"""Makes the shipped affinities of a training's checkpoint: half-precision weights, and a card with measured figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from instruct2act.training.affinity import EXACT, WITHOUT, lesson, told
from instruct2act.training.engine import Picture
from instruct2act.training.evaluate_sam import judged_on
from instruct2act.training.loop import facts, finished
from instruct2act.training.pool import rendered
from skills.backends.sam.affinity import network
from skills.backends.sam.affinity.network import AffinityConfig
from skills.backends.sam.depth.relief import relief
from skills.backends.weights import PATHS
from skills.types import Image

Figures = Mapping[str, Mapping[str, float]]
"""Set of pictures -> "together" and "apart", as ``affinity.told`` counts them."""


def export(folder: Path, pictures: int = 60, out: Path | None = None) -> Path:
    """Writes the averaged weights of ``folder``'s checkpoint, and the card beside them.

    Args:
        folder: of the training.
        pictures: to judge on, of each set; 0: no card.
        out: the safetensors file; the shipped one by default.

    Raises:
        FileNotFoundError: there is no checkpoint.
    """
    path = out or PATHS["affinity"]
    state = finished(folder / "checkpoint.pt", "affinity")
    network.save(path, state["average"], AffinityConfig(tuple(state["widths"])), steps=str(state["step"]))
    if pictures:
        known = facts(state) | {"pictures": rendered(folder, state["seed"])}
        path.with_suffix(".md").write_text(card(known, judge(path, folder, pictures), path), encoding="utf-8")
    return path


def judge(path: Path, folder: Path, count: int) -> Figures:
    """Figures by set of pictures, each by colour alone, with exact depth, and with noise of 3 mm and 2 % of it missing.

    Args:
        path: of the weights.
        folder: keeps the pictures.
        count: pictures of each set.
    """
    net = network.load(path)
    found = {}
    for name, of, depth in judged_on(folder, count):
        figures = []
        for picture in of:
            x, together, counted, _ = lesson([_as_seen(picture, depth)])
            with torch.inference_mode():
                figures.append(told(net(x), together, counted))
        found[name] = {key: float(np.mean([each[key] for each in figures])) for key in figures[0]}
    return found


def _as_seen(picture: Picture, depth: bool) -> Picture:
    """A picture with its heights as the segmenter has them."""
    seen = relief(Image(picture.rgb, view=picture.view)) if depth else None
    height = np.full(picture.segmentation.shape, np.nan) if seen is None else seen.raw
    return replace(picture, height=height.astype(np.float32))


def card(facts: Mapping[str, float], figures: Figures, path: Path) -> str:
    """The model card, in Markdown."""
    rows = "\n".join(f"| {name} | {of['together']:.4f} | {of['apart']:.4f} |" for name, of in figures.items())
    widths = ", ".join(map(str, network.load(path).widths))
    return f"""# {path.name}

A U-Net that tells for each pixel with which pixels around it it shares a thing, and whether it shows one at all
(`skills/backends/sam/affinity/`): {path.stat().st_size / 1e6:.1f} MB in half precision, channels {widths}. It sees
colours, and heights above the plane under everything as far and as well as the camera measures depth. The segmenter's
everything mode tells a judge of regions what it says, beside the masks that it has from the small Segment Anything
model and from depth ([agglomeration_small.md](agglomeration_small.md)); how well all of that does together is told on
that model's card, [sam_small.md](sam_small.md).

**For** pictures of up to 512 px along the longest side, of tables with separate, rigid things of 7 px and more.
**Not for** photographs at large, people, transparent things or parts of objects: it has seen rendered pictures only.

**Data**: {facts["pictures"]:,.0f} pictures of the project's data engine (`instruct2act/training/engine.py`), changed
by `augment.py`; {EXACT:.0%} with exact heights, {WITHOUT:.0%} without any, the others with 0.3 to 6 mm of noise; no
data of others.

**Recipe**: `instruct2act/training/affinity.py`, seed {facts["seed"]:.0f}, {facts["steps"]:,.0f} steps of 4 pictures,
{facts["hours"]:.1f} h on two busy CPU threads. Made by `instruct2act train affinity` and its `--export`.

**Figures** of the network alone, on held-out pictures as they are made for the segmenter's: the share of pairs of
neighbouring pixels of one thing that it puts together, and of those of two things, or of a thing and the table, that it
keeps apart.

| | together | apart |
|---|---|---|
{rows}
"""
