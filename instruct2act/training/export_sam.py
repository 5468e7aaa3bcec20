"""Makes the shipped segmenter of a training's checkpoint: half-precision weights, and a card with measured figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import numpy as np

from instruct2act.training.evaluate_sam import DEPTH, NOISY, Figures, judge_sets
from instruct2act.training.loop import facts, finished
from instruct2act.training.pool import rendered
from skills.backends.sam import build
from skills.backends.sam.model.checkpoints import save_small
from skills.backends.sam.model.small import SmallConfig
from skills.backends.weights import PATHS


def export(folder: Path, pictures: int = 200, out: Path | None = None) -> Path:
    """Writes the averaged weights of ``folder``'s checkpoint, and the card beside them.

    Args:
        folder: of the training.
        pictures: to judge on, of each set; 0: no card.
        out: the safetensors file; the shipped one by default.

    Raises:
        FileNotFoundError: there is no checkpoint.
    """
    path = out or PATHS["sam"]
    state = finished(folder / "checkpoint.pt", "sam")
    save_small(path, state["average"], SmallConfig(), steps=str(state["step"]))
    if pictures:
        figures = judge_sets(build(checkpoint=str(path)), folder, pictures)
        known = facts(state) | {"pictures": rendered(folder, state["seed"])}
        path.with_suffix(".md").write_text(card(known, figures, path, pictures), encoding="utf-8")
    return path


def card(facts: Mapping[str, float], figures: Mapping[str, Figures], path: Path, pictures: int) -> str:
    """The model card, in Markdown."""
    plain = [name for name in figures if " + " not in name]
    tables = {shown: _table({name: figures[name + shown] for name in plain}) for shown in ("", DEPTH, NOISY)}
    sizes = ", ".join(f"{name} {value}" for name, value in asdict(SmallConfig()).items())
    return f"""# {path.name}

A small Segment Anything model: the classes of `segment_anything.modeling` with a convolutional stem and narrow layers,
{path.stat().st_size / 1e6:.1f} MB in half precision ({sizes}).
It turns a point, a box or an earlier mask into three masks with a predicted IoU each. Pictures are resized to a longest
side of 256 px; a mask cell covers 2 px. Besides the colours it sees how high above the plane under everything each
pixel is (`skills/backends/sam/model/height.py`), as far and as well as the camera measures depth. Its outlines are
coarse by themselves: the backend lays them along the picture's colours and the steps of exact depth, and completes
masks from what stands out of the surface (`skills/backends/sam/color/`, `depth/` and `agreement/`).
What belongs together two more networks tell: affinities of pixels ([affinity_small.md](affinity_small.md)), and a judge
of regions ([agglomeration_small.md](agglomeration_small.md)). All figures are of all this together.

**For** tables with separate, rigid things of 7 px and more, seen from above or from the front, as the simulator draws
them. **Not for** photographs at large, people, text, transparent things or parts of objects: it has seen rendered
pictures only. Weak at things of less than 15 px, at things whose colours are those of the surface, and, on patterned
tables, at things in or on others. A user's own published checkpoint is a path in the config.

**Data**: {facts["pictures"]:,.0f} pictures of the project's data engine (`instruct2act/training/engine.py`): random
shapes, textures, sizes, surfaces, light and cameras, and those of the tasks; heights measured exactly, with 0.3 to
6 mm of noise, or not at all (`augment.py`); no data of others.

**Recipe**: Segment Anything's (`instruct2act/training/sam.py`), seed {facts["seed"]:.0f},
{facts["steps"]:,.0f} steps of 8 pictures with 6 prompts each, {facts["hours"]:.1f} h.
Made by `instruct2act train sam` and its `--export`.

**Figures**, measured by `python -m instruct2act.training.evaluate sam --pictures {pictures}`, one thread:
"train" draws as training does, with another seed; "unseen" draws only surfaces, textures and shapes that training never
draws; "tasks" are first looks (top view) of the simulator's tasks. Objects are "large" from 15 px of their box's short
side and "small" from 7 to 14 px. Picked: the mask of highest predicted IoU, from one inner point drawn uniformly; best:
the best of the three. Recall: objects visible to 70 % of which everything mode has a mask of IoU 0.75. False masks: no
object at IoU 0.5, and not the table.

By colour alone:

{tables[""]}

With the exact depth of the simulator, which measures to a hundredth of a millimetre, as no sensor does:

{tables[DEPTH]}

With 3 mm of noise in depth, and 2 % of it missing:

{tables[NOISY]}
"""


def _table(figures: Mapping[str, Figures]) -> str:
    names = [name for name in next(iter(figures.values())) if not name.startswith("encode")]
    rows = [f"| {name} | " + " | ".join(_number(figures[kind][name]) for kind in figures) + " |" for name in names]
    return "\n".join([f"| | {' | '.join(figures)} |", "|---|" + "---|" * len(figures), *rows])


def _number(value: float) -> str:
    return "-" if np.isnan(value) else f"{value:.0f}" if value >= 2 or isinstance(value, int) else f"{value:.3f}"
