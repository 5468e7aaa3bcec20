"""Trains the network that tells which pixels belong together, on the data engine's pictures.

Every pixel of every picture is asked with which of the pixels around it it shares a thing (``OFFSETS``). The table is
one thing among them, but pairs of table and table are left out: they are most, and teach nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from instruct2act.training.augment import augment
from instruct2act.training.engine import Picture
from instruct2act.training.loop import Average, Budget, Report, learning_rate, mixed, resumed, save, silent, until_spent
from instruct2act.training.pool import Pool, filled
from skills.backends.sam.affinity.network import OFFSETS, AffinityConfig, AffinityNet, layers
from skills.backends.sam.affinity.regions import sides
from skills.backends.sam.depth.relief import spread

WITHOUT, EXACT = 0.2, 0.5
"""Shares of pictures without depth and with exact depth: most are of the simulator's camera."""

_APART = 2.0
"""Weight of pairs that are not one thing, of which there are few."""
_MIDDLE, _LIGHTEST, _HEAVIEST = 150, 0.5, 3.0
"""Pixels of a thing whose pixels have weight 1, and the least and greatest weight: small things have few pixels."""
_TABLE = 0.7
"""Weight of the table's pixels."""


@dataclass(frozen=True)
class Options:
    """What ``train`` needs to know.

    Attributes:
        folder: for the pool of pictures and the checkpoint; training goes on from a checkpoint that is there.
        steps, minutes: the budget, one of the two; with steps, a seed gives the same weights on the same machine.
        shards: of the pool of pictures, 128 in each, some six seconds to render.
        seed: of weights and pictures.
        pictures: in a step.
        peak: learning rate at its highest.
        keep_every_s: seconds between checkpoints.
        device: "cpu" or "cuda".
    """

    folder: Path
    steps: int = 0
    minutes: float = 0.0
    shards: int = 320
    seed: int = 0
    pictures: int = 4
    peak: float = 2.5e-3
    keep_every_s: float = 60.0
    device: str = "cpu"


class Trainer:
    """The network, its optimiser and its averaged weights; everything that a checkpoint holds."""

    def __init__(self, options: Options, config: AffinityConfig | None = None) -> None:
        torch.manual_seed(options.seed)
        self.options = options
        net = AffinityNet(config or AffinityConfig()).to(options.device)
        self.net = net.train().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.optimizer = torch.optim.AdamW(self.net.parameters(), lr=options.peak, weight_decay=1e-3)
        self.average = Average(self.net)
        self.budget = Budget(options.steps, options.minutes)
        self.path = options.folder / "checkpoint.pt"
        state = resumed(self.path, options.seed, self.net, self.average, self.budget)
        if state is not None:
            self.optimizer.load_state_dict(state["optimizer"])

    def save(self) -> None:
        """Writes the checkpoint."""
        others = {"widths": self.net.widths, "optimizer": self.optimizer.state_dict()}
        save(self.path, self.options.seed, self.net, self.average, self.budget, **others)

    def step(self, pool: Pool) -> dict[str, float]:
        """One step; what it draws depends on the seed, the step's number and the pool."""
        pool.turn(self.budget.done)
        rng = np.random.default_rng([self.options.seed, self.budget.done])
        drawn = pool.alike(rng, self.options.pictures)
        asked = [part.to(self.options.device) for part in lesson([augment(it, rng, WITHOUT, EXACT) for it in drawn])]
        figures = self._learn(*asked)
        self.budget.done += 1
        return figures

    def _learn(
        self, seen: torch.Tensor, together: torch.Tensor, counted: torch.Tensor, weight: torch.Tensor
    ) -> dict[str, float]:
        device = self.options.device
        with mixed(device):
            logits = self.net(seen.to(memory_format=torch.channels_last))
        weights = weight[:, None] * counted * torch.where(together, 1.0, _APART)
        loss = (F.binary_cross_entropy_with_logits(logits.float(), together.float(), reduction="none") * weights).sum()
        loss = loss / weights.sum().clamp(min=1)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
        for group in self.optimizer.param_groups:
            group["lr"] = self.options.peak * learning_rate(self.budget.done, self.budget.spent)
        self.optimizer.step()
        self.average.update(self.net)
        return {"loss": float(loss.detach()), **told(logits.detach(), together, counted)}


def lesson(pictures: list[Picture]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Pictures of one size as the network sees them, and what is true of them.

    Returns:
        (B, INPUTS, H, W) float32 of ``layers``; (B, len(OFFSETS) + 1, H, W) bool, what is one thing, and last what
        shows a thing; as many bool, which of these count; (B, H, W) float32, how much pixels count.
    """
    rgb = np.stack([picture.rgb for picture in pictures])
    heights = np.stack([picture.height for picture in pictures if picture.height is not None])
    noise = np.array([spread(height) for height in heights], np.float32)
    things = np.stack([picture.segmentation for picture in pictures])
    weights = []
    for ids in things:
        areas = np.bincount(ids.ravel() + 1)
        share = np.clip(np.sqrt(_MIDDLE / np.maximum(areas, 1)), _LIGHTEST, _HEAVIEST)
        share[0] = _TABLE
        weights.append(share[ids + 1])
    together, counted = pairs(torch.from_numpy(things.astype(np.int64)))
    seen = layers(*(torch.from_numpy(each) for each in (rgb, heights, noise)))
    return seen, together, counted, torch.from_numpy(np.stack(weights).astype(np.float32))


def pairs(things: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """What is one thing, and what counts, of segmentations (B, H, W) with -1 for the table; see ``lesson``."""
    together, counted = [], []
    for here, there in map(sides, OFFSETS):
        other = torch.full_like(things, -2)
        other[:, *here] = things[:, *there]
        counted.append((other > -2) & ((things >= 0) | (other >= 0)))
        together.append((other == things) & counted[-1])
    shows = things >= 0
    return torch.stack([*together, shows], dim=1), torch.stack([*counted, torch.ones_like(shows)], dim=1)


def told(logits: torch.Tensor, together: torch.Tensor, counted: torch.Tensor) -> dict[str, float]:
    """Shares of the direct neighbours that are told right: of those of one thing, and of the others."""
    near, one, asked = (part[:, :2] for part in (logits > 0, together, counted))
    right = {"together": (near & one & asked, one & asked), "apart": (~near & ~one & asked, ~one & asked)}
    return {name: float(hits.sum() / of.sum().clamp(min=1)) for name, (hits, of) in right.items()}


def train(options: Options, report: Report = silent) -> Path:
    """Trains until the budget is spent, going on from the folder's checkpoint if there is one.

    Args:
        options: see there.
        report: hears the figures every twenty steps, and before that how much of the pool is rendered.

    Returns:
        The checkpoint's path; ``instruct2act.training.export_affinity`` makes shipped weights of it.
    """
    pool = filled(options.folder, options.seed, options.shards, report)
    trainer = Trainer(options)
    until_spent(trainer.budget, partial(trainer.step, pool), trainer.save, options.keep_every_s, report)
    return trainer.path
