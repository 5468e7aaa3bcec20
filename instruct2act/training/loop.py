"""What every training here shares: a budget, a learning rate for it, averaged weights, checkpoints to go on from."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from skills.errors import Mistake

INSTEAD = "train in another folder (--out), or take that file away"
"""What to do about a checkpoint of another training."""
_REPORT_EVERY = 20
"""Steps."""


@dataclass
class Budget:
    """How long training lasts: so many steps, or so many minutes, whichever is given; kept across interruptions.

    Attributes:
        steps: optimiser steps in all; 0: the clock decides.
        minutes: of training in all, earlier runs of the same checkpoint counted; 0: the steps decide.
    """

    steps: int = 0
    minutes: float = 0.0
    done: int = 0
    before_s: float = 0.0
    _since: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        if bool(self.steps) == bool(self.minutes):
            raise ValueError(f"a training takes steps or minutes, not {self.steps} steps and {self.minutes} minutes")

    @property
    def seconds(self) -> float:
        """Trained so far, all runs together."""
        return self.before_s + time.monotonic() - self._since

    @property
    def spent(self) -> float:
        """Share of the budget that is used, [0, 1]."""
        share = self.done / self.steps if self.steps else self.seconds / (60 * self.minutes)
        return min(1.0, share)


def learning_rate(step: int, spent: float, warmup: int = 100) -> float:
    """Factor on the peak learning rate: a linear warm-up in steps, then a cosine to 2 % over the budget."""
    return min(1.0, (step + 1) / warmup) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * spent)))


_BFLOAT16 = ("amx_bf16", "avx512_bf16", "bf16", "sve_bf16")
"""What processors call instructions for it."""


def mixed(device: str) -> torch.autocast:
    """A context that computes in bfloat16 where the device has instructions for it.

    Where it has none, bfloat16 is emulated: a step of the affinities' training takes 2.9 times as long as in single
    precision then.
    """
    has = torch.cpu.get_capabilities()
    able = any(has.get(name) for name in _BFLOAT16) if device == "cpu" else torch.cuda.is_bf16_supported()
    return torch.autocast(device, dtype=torch.bfloat16, enabled=able)


class Average:
    """Exponential moving average of a model's weights: better than the last step's at any moment."""

    def __init__(self, model: torch.nn.Module, decay: float = 0.999) -> None:
        self.decay, self.steps = decay, 0
        self.state = {name: value.detach().clone() for name, value in model.state_dict().items()}

    @torch.no_grad()
    def update(self, model: torch.nn.Module) -> None:
        """Moves towards the model, faster in the beginning."""
        self.steps += 1
        decay = min(self.decay, (1 + self.steps) / (10 + self.steps))
        for name, value in model.state_dict().items():
            kept = self.state[name]
            if value.is_floating_point():
                kept.lerp_(value, 1 - decay)
            else:
                kept.copy_(value)


def save(path: Path, seed: int, model: torch.nn.Module, average: Average, budget: Budget, **others: Any) -> None:
    """Writes a checkpoint that ``resumed`` goes on from, whole: a kill in the middle leaves the earlier one.

    Args:
        path: of the checkpoint.
        seed: as all below, kept of every training.
        model: its weights.
        average: of them.
        budget: steps and seconds.
        others: this training's own.
    """
    state = {"seed": seed, "model": model.state_dict(), "average": average.state, **others}
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    torch.save(state | {"step": budget.done, "seconds": budget.seconds}, unfinished)
    unfinished.replace(path)


def load(path: Path) -> dict[str, Any] | None:
    """The checkpoint to go on from, or None."""
    if not path.is_file():
        return None
    state: dict[str, Any] = torch.load(path, weights_only=True)
    return state


def resumed(path: Path, seed: int, model: torch.nn.Module, average: Average, budget: Budget) -> dict[str, Any] | None:
    """The checkpoint to go on from, or None; model, average and budget are as they were then.

    Raises:
        Mistake: it is of a training with another seed, or of a model of other sizes.
    """
    state = load(path)
    if state is None:
        return None
    if state["seed"] != seed:
        raise Mistake(f"the checkpoint {path} is of seed {state['seed']}, not {seed}; {INSTEAD}")
    try:
        model.load_state_dict(state["model"])
    except RuntimeError:
        raise Mistake(f"the checkpoint {path} is of a model of other sizes; {INSTEAD}") from None
    average.state, average.steps = state["average"], state["step"]
    budget.done, budget.before_s = state["step"], state["seconds"]
    return state


def finished(path: Path, name: str) -> dict[str, Any]:
    """The checkpoint to make weights of.

    Raises:
        FileNotFoundError: there is none.
    """
    state = load(path)
    if state is None:
        raise FileNotFoundError(f"no checkpoint in {path.parent}; `instruct2act train {name}` makes one")
    return state


def facts(state: Mapping[str, Any]) -> dict[str, float]:
    """What a card tells of a checkpoint's training: steps, hours and seed."""
    return {"steps": state["step"], "hours": state["seconds"] / 3600, "seed": state["seed"]}


Report = Callable[[Mapping[str, float]], None]
"""Hears a training's figures now and then: step, loss, seconds, share of the budget spent."""


def silent(_figures: Mapping[str, float]) -> None:
    """Nobody listens."""


def until_spent(
    budget: Budget, step: Callable[[], Mapping[str, float]], keep: Callable[[], None], every_s: float, report: Report
) -> None:
    """Trains until the budget is spent.

    Args:
        budget: is counted up by ``step``.
        step: one step; its figures.
        keep: writes the checkpoint, now and then and at the end.
        every_s: seconds between two checkpoints.
        report: hears, every twenty steps, the figures' means since the last time.
    """
    since: list[Mapping[str, float]] = []
    kept = budget.seconds
    while budget.spent < 1:
        since.append(step())
        if budget.done % _REPORT_EVERY == 0:
            means = {name: sum(each[name] for each in since) / len(since) for name in since[0]}
            report({"step": budget.done, **means, "seconds": budget.seconds, "spent": budget.spent})
            since = []
        if budget.seconds - kept > every_s:
            kept = budget.seconds
            keep()
    keep()
