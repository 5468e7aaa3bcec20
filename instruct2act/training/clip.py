"""Trains the small CLIP on crops of simulated scenes.

Four tables of what belongs together are learned at once, each by a softmax over the batch (which ranks) and by a
sigmoid a pair (which says when nothing fits; Zhai et al. 2023): phrase to crop (graded, several right answers), crop to
crop of one object at any turn, of one texture, of one shape (Khosla et al. 2020). Exported weights are a running mean.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from instruct2act.training import captions, loop
from instruct2act.training.batches import Batch, Batches
from instruct2act.training.crops import TRAIN, read_pool, write_shard
from instruct2act.training.loop import Average, Budget, Report, learning_rate
from sim.objects import SHAPES
from sim.textures import TEXTURES
from skills.backends.torchvision_ops import ensure_torchvision
from skills.errors import Mistake

ensure_torchvision()

import torch  # noqa: E402
from torch import Tensor, nn  # noqa: E402
from torch.nn import functional  # noqa: E402

from skills.backends.openclip.small import ASPECT_WIDTH, SmallClip, tokenizer  # noqa: E402

CHECKPOINT = "checkpoint.pt"
CACHE = Path.home() / ".cache" / "instruct2act-train" / "clip"


@dataclass(frozen=True)
class Options:
    """What a training run is given.

    Attributes:
        folder: crops, checkpoint and weights are kept here; a run that finds a checkpoint goes on from it.
        seed: of crops, batches and initial weights.
        minutes: of training in all, earlier sittings counted; the learning rate falls to almost nothing by then.
        steps: if not 0, the run ends after so many steps instead, and is the same to the last bit whenever it is run.
        shards: files of 4,096 crops to train on; missing ones are rendered first.
        rate: the highest learning rate.
        checkpoint_minutes: between two checkpoints.
        threads: processor threads.
    """

    folder: Path = CACHE
    seed: int = 1
    minutes: float = 90.0
    steps: int = 0
    shards: int = 24
    rate: float = 2e-3
    checkpoint_minutes: float = 2.0
    threads: int = 1


class Objective(nn.Module):
    """The losses' own parameters: scale and bias of each table, and a direction for each named texture and shape."""

    def __init__(self) -> None:
        super().__init__()
        tables = ("identity", "texture", "shape")
        self.scale = nn.ParameterDict({name: nn.Parameter(torch.tensor(np.log(14.0)).float()) for name in tables})
        self.bias = nn.ParameterDict({name: nn.Parameter(torch.tensor(-8.0)) for name in tables})
        self.textures = nn.Parameter(torch.randn(len(TEXTURES), ASPECT_WIDTH) * 0.1)
        self.shapes = nn.Parameter(torch.randn(len(SHAPES), ASPECT_WIDTH) * 0.1)

    def pairs(self, name: str, vectors: Tensor, same: Tensor) -> Tensor:
        """Loss of one crop-to-crop table."""
        logits = self.scale[name].exp().clamp(max=60.0) * vectors @ vectors.T
        return ranked(logits, same) + 0.5 * sorted_out(logits + self.bias[name], same)

    def named(self, vectors: Tensor, directions: Tensor, index: Tensor) -> Tensor:
        """Cross-entropy of crops whose texture or shape has a name."""
        known = index < len(directions)
        logits = 16.0 * vectors[known] @ functional.normalize(directions, dim=1).T
        return functional.cross_entropy(logits, index[known], label_smoothing=0.02)


def ranked(logits: Tensor, fits: Tensor) -> Tensor:
    """Softmax cross-entropy of each answer of a row against whatever fits less; unknown pairs are left out.

    Right answers don't compete with each other; what fits for want of a better one still comes before what does not.
    """
    total, weight = logits.sum() * 0.0, torch.zeros(())
    for level in torch.unique(fits[fits > 0]):  # NaN compares as false
        answers = fits == level
        less = logits.masked_fill(~(fits < level - 1e-3), -1e4).logsumexp(1, keepdim=True)
        total = total + level * functional.softplus(less - logits)[answers].sum()
        weight = weight + level * answers.sum()
    return total / weight.clamp(min=1e-6)


def sorted_out(logits: Tensor, fits: Tensor) -> Tensor:
    """Sigmoid cross-entropy of every known pair, in sum, for each pair that fits."""
    known = ~torch.isnan(fits)
    losses = functional.binary_cross_entropy_with_logits(logits, torch.nan_to_num(fits), reduction="none")
    return (losses * known).sum() / torch.nan_to_num(fits).sum().clamp(min=1.0)


class Tokens:
    """The published tokenizer's ids that captions use, and their rows in a small table."""

    def __init__(self) -> None:
        self._tokenizer = tokenizer()
        used = {0, self._tokenizer.sot_token_id, self._tokenizer.eot_token_id, *self._tokenizer.encode("-")}
        for word in captions.words():
            used |= set(self._tokenizer.encode(word))
        self.ids = sorted(used)

    def rows(self, phrases: list[str]) -> Tensor:
        """(N, context) rows of the small table."""
        ids = self._tokenizer(phrases).numpy()
        rows = np.searchsorted(self.ids, ids)
        if not np.array_equal(np.asarray(self.ids)[rows], ids):
            raise ValueError("a caption holds a word that captions.words() does not list")
        return torch.from_numpy(rows)


class Trainer:
    """A model in training: weights, their running mean, optimiser, and where it stands."""

    def __init__(self, options: Options) -> None:
        torch.set_num_threads(options.threads)
        torch.manual_seed(options.seed)
        self.options, self.tokens = options, Tokens()
        self.model = SmallClip(len(self.tokens.ids)).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.objective = Objective()
        self.average = Average(self.model, decay=0.998)
        parameters = [*self.model.parameters(), *self.objective.parameters()]
        decayed = [p for p in parameters if p.ndim > 1]
        rest = [p for p in parameters if p.ndim <= 1]
        groups = [{"params": decayed, "weight_decay": 0.05}, {"params": rest, "weight_decay": 0.0}]
        self.optimizer = torch.optim.AdamW(groups, lr=options.rate, betas=(0.9, 0.98))
        self.budget = Budget(options.steps, 0.0 if options.steps else options.minutes)

    def learn(self, batch: Batch) -> dict[str, float]:
        """One step on one batch; its losses by name."""
        self.model.train()
        for group in self.optimizer.param_groups:
            group["lr"] = self.options.rate * learning_rate(self.budget.done, self.budget.spent)
        losses = self._losses(batch)
        self.optimizer.zero_grad(set_to_none=True)
        torch.stack(list(losses.values())).sum().backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.average.update(self.model)
        self.budget.done += 1
        return {name: float(value.detach()) for name, value in losses.items()}

    def _losses(self, batch: Batch) -> dict[str, Tensor]:
        pixels = torch.from_numpy(batch.pixels).permute(0, 3, 1, 2)
        with loop.mixed("cpu"):
            found = self.model.images(pixels)
            words = self.model.texts(self.tokens.rows(list(batch.phrases)))
        found = {name: vectors.float() for name, vectors in found.items()}
        scale, fits = self.model.clip.logit_scale.exp().clamp(max=60.0), torch.from_numpy(batch.fits)
        logits = scale * found["identity"] @ words.float().T
        objective = self.objective
        texture, shape = torch.from_numpy(batch.texture), torch.from_numpy(batch.shape)
        return {
            "words": ranked(logits.T, fits.T) + 0.5 * ranked(logits, fits)
            + 0.5 * sorted_out(logits.T + self.model.clip.logit_bias, fits.T),
            "identity": objective.pairs("identity", found["identity"], torch.from_numpy(batch.same_object)),
            "texture": objective.pairs("texture", found["texture"], torch.from_numpy(batch.same_texture))
            + objective.named(found["texture"], objective.textures, texture),
            "shape": objective.pairs("shape", found["shape"], torch.from_numpy(batch.same_shape))
            + objective.named(found["shape"], objective.shapes, shape),
        }  # fmt: skip

    # --- keeping it ---------------------------------------------------------------------------------------------------

    def save(self, path: Path) -> None:
        """Everything that going on needs."""
        others = {"objective": self.objective.state_dict(), "optimizer": self.optimizer.state_dict()}
        seed, tokens = self.options.seed, self.tokens.ids
        loop.save(path, seed, self.model, self.average, self.budget, **others, tokens=tokens)

    def load(self, path: Path) -> bool:
        """Goes on from a checkpoint, if there is one.

        Raises:
            Mistake: it was made with another seed or other words.
        """
        state = loop.resumed(path, self.options.seed, self.model, self.average, self.budget)
        if state is None:
            return False
        if state["tokens"] != self.tokens.ids:
            raise Mistake(f"the checkpoint {path} is of other words; {loop.INSTEAD}")
        self.objective.load_state_dict(state["objective"])
        self.optimizer.load_state_dict(state["optimizer"])
        return True


def train(options: Options, report: Report = loop.silent) -> Path:
    """Trains, or goes on training; ``export_clip.export`` makes the shipped weights of the checkpoint.

    Args:
        options: how long, with what, where.
        report: hears steps, seconds, share of the budget and mean losses, every 20 steps.

    Returns:
        The checkpoint's path.
    """
    pool, checkpoint = options.folder / f"crops-{options.seed}", options.folder / CHECKPOINT
    for number in range(options.shards):
        write_shard(pool, options.seed, number, bank=TRAIN)
    batches, trainer = Batches(read_pool(pool), TRAIN), Trainer(options)
    trainer.load(checkpoint)

    def step() -> dict[str, float]:
        return trainer.learn(batches.draw(np.random.default_rng([options.seed, 3, trainer.budget.done])))

    every_s = 60 * options.checkpoint_minutes
    loop.until_spent(trainer.budget, step, partial(trainer.save, checkpoint), every_s, report)
    return checkpoint
