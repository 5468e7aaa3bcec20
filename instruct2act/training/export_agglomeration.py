"""Makes the shipped judge of a training's checkpoint: half-precision weights, and a card with measured figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from instruct2act.training.agglomeration import EXACT, RECOLORED, ROUNDS, WITHOUT, lessons, shown
from instruct2act.training.evaluate_sam import judged_on
from instruct2act.training.loop import facts, finished
from skills.backends.sam import build
from skills.backends.sam.agglomeration import judge as judges
from skills.backends.sam.agglomeration.judge import Judge, JudgeConfig
from skills.backends.sam.agglomeration.merging import TOGETHER
from skills.backends.sam.agglomeration.scene import Scene
from skills.backends.weights import PATHS
from skills.types import Image, Int

Figures = Mapping[str, Mapping[str, float]]
"""Set of pictures -> "joined" and "apart"."""


def export(folder: Path, pictures: int = 60, out: Path | None = None) -> Path:
    """Writes the averaged weights of ``folder``'s checkpoint, and the card beside them.

    Args:
        folder: of the training.
        pictures: to judge on, of each set; 0: no card.
        out: the safetensors file; the shipped one by default.

    Raises:
        FileNotFoundError: there is no checkpoint.
    """
    path = out or PATHS["agglomeration"]
    state = finished(folder / "checkpoint.pt", "agglomeration")
    judge = Judge(JudgeConfig(**state["sizes"]))
    judge.load_state_dict(state["average"])
    judges.save(path, judge, steps=str(state["step"]))
    if pictures:
        known = facts(state) | {"pictures": shown(folder, state["seed"])}
        told = card(known, judge_sets(path, folder, pictures), path, pictures)
        path.with_suffix(".md").write_text(told, encoding="utf-8")
    return path


def judge_sets(path: Path, folder: Path, count: int) -> Figures:
    """Figures by set of pictures, each by colour alone, with exact depth, and with noise of 3 mm and 2 % of it missing.

    Args:
        path: of the weights.
        folder: keeps the pictures.
        count: pictures of each set.
    """
    judge, segmenter = judges.load(path), build(agglomeration=None)

    def of(drawn: Iterator[tuple[Image, Int]]) -> Iterator[tuple[Scene, Int]]:
        for image, truth in drawn:
            scene = segmenter.scene(segmenter.encode(image))
            if scene is not None:
                yield scene, truth

    found = {}
    for name, drawn, depth in judged_on(folder, count):
        seen = ((Image(it.rgb, view=it.view if depth else None), it.segmentation) for it in drawn)
        had = lessons(of(seen), judge.chances)
        right = (judge.chances(had.traits.astype(np.float32)) > TOGETHER) == had.one
        found[name] = {
            key: float(np.average(right[such], weights=had.weight[such])) if such.any() else float("nan")
            for key, such in (("joined", had.one), ("apart", ~had.one))
        }
    return found


def card(facts: Mapping[str, float], figures: Figures, path: Path, pictures: int) -> str:
    """The model card, in Markdown."""
    rows = "\n".join(f"| {name} | {of['joined']:.4f} | {of['apart']:.4f} |" for name, of in figures.items())
    sizes = judges.load(path).config
    return f"""# {path.name}

{sizes.members} networks of two layers of {sizes.width} units that judge how likely two regions of a picture are one
thing, or one with the surface under everything (`skills/backends/sam/agglomeration/`), by the mean of what they say:
{path.stat().st_size / 1e3:.0f} kB in half precision. They are told what affinities of pixels
([affinity_small.md](affinity_small.md)) and the segmenter's masks say of the two, their colours, heights, planes, sizes
and outlines (`traits.py`). The segmenter's everything mode joins the likeliest pair first and asks anew; how well all
of that does together is told on that model's card, [sam_small.md](sam_small.md).

**For** what those two are for; see there. **Not for** regions made by anything else: it was taught with theirs.

**Data**: {facts["pictures"]:,.0f} pictures of the project's data engine (`instruct2act/training/engine.py`), none of
which the other two were trained on; {EXACT:.0%} with exact depth, {WITHOUT:.0%} without any, the others with 0.5 to
6 mm of noise and up to 5 % of it missing; {RECOLORED:.0%} in other light or by a worse camera. No data of others.

**Recipe**: `instruct2act/training/agglomeration.py`, seed {facts["seed"]:.0f}, {facts["steps"]:,.0f} steps of 1,024
pairs for each network; lessons made {ROUNDS} times, at first by affinities and masks alone, then by what was learnt;
{facts["hours"]:.1f} h on two busy CPU threads, after the segmenter looked at all pictures (some 0.6 s each). Made by
`instruct2act train agglomeration` and its `--export`.

**Figures** of its judgment alone, on {pictures} held-out pictures of each of the segmenter's sets: of the pairs of
regions that it meets on its way, weighted as in training, the share of those of one thing that it joins, and of those
of two things, or of a thing and the surface, that it keeps apart. Most pairs are easy; what counts is what it makes of
them.

| | joined | apart |
|---|---|---|
{rows}
"""
