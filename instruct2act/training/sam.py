"""Trains the small Segment Anything model on the data engine's pictures, by that paper's recipe.

Each picture is asked for several of its objects, and for the table, by one inner point or a loose box. Of the three
masks only the one that fits best is corrected (focal and dice loss), a head learns to tell how well each fits, and in
every other step a second round goes on from the first answer with a point where it was wrong. Where the recipe differs:
the single-mask output is trained on every prompt, the encoder has a second task (``hints``), and its
matrices are moved by Muon.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from instruct2act.training.augment import augment
from instruct2act.training.hints import Hints, hints_of
from instruct2act.training.loop import Average, Budget, Report, learning_rate, mixed, resumed, save, silent, until_spent
from instruct2act.training.pool import Pool, filled
from instruct2act.training.prompting import Prompts, correcting_point, prompts_for
from skills.backends.sam.model.decoder import add_dense, attend, upscale
from skills.backends.sam.model.height import layers
from skills.backends.sam.model.small import SmallConfig, build_small

FOCAL_WEIGHT = 2.0
"""Of the focal loss beside the dice loss and the predicted IoU's square error."""


@dataclass(frozen=True)
class Options:
    """What ``train`` needs to know.

    Attributes:
        folder: for the pool of pictures and the checkpoint; training goes on from a checkpoint that is there.
        steps, minutes: the budget, one of the two; with steps, a seed gives the same weights on the same machine.
        shards: of the pool of pictures, 128 in each, some six seconds to render. With 64, going on for 5,700 steps
            after 7,200 made pictures of other seeds worse and those of the pool better.
        seed: of weights, pictures and prompts.
        pictures, prompts: in a step; prompts a picture.
        peak: learning rate at its highest.
        keep_every_s: seconds between checkpoints.
        device: "cpu" or "cuda".
    """

    folder: Path
    steps: int = 0
    minutes: float = 0.0
    shards: int = 256
    seed: int = 0
    pictures: int = 8
    prompts: int = 6
    peak: float = 1.5e-3
    keep_every_s: float = 120.0
    device: str = "cpu"


class Trainer:
    """The model, its optimisers and its averaged weights; everything that a checkpoint holds."""

    def __init__(self, options: Options, config: SmallConfig | None = None) -> None:
        torch.manual_seed(options.seed)
        self.options, self.config = options, config or SmallConfig()
        self.model: Any = build_small(self.config).to(options.device).train()
        matrices: list[torch.nn.Parameter] = []
        others: list[torch.nn.Parameter] = []
        for name, value in self.model.named_parameters():
            (matrices if value.ndim == 2 and ".blocks." in name else others).append(value)
        decayed = [value for value in others if value.ndim >= 2]
        plain = [value for value in others if value.ndim < 2]
        muon = torch.optim.Muon(matrices, lr=options.peak, weight_decay=0.05, adjust_lr_fn="match_rms_adamw")
        groups = [{"params": decayed, "weight_decay": 0.05}, {"params": plain, "weight_decay": 0.0}]
        self.optimizers = [muon, torch.optim.AdamW(groups, lr=options.peak, betas=(0.9, 0.98))]
        self.hints = Hints(self.config.prompt_width).to(options.device)
        self.optimizers.append(torch.optim.AdamW(self.hints.parameters(), lr=options.peak))
        self.average = Average(self.model)
        self.budget = Budget(options.steps, options.minutes)
        self.path = options.folder / "checkpoint.pt"
        state = resumed(self.path, options.seed, self.model, self.average, self.budget)
        if state is not None:
            for optimizer, kept in zip(self.optimizers, state["optimizers"]):
                optimizer.load_state_dict(kept)
            if "hints" in state:
                self.hints.load_state_dict(state["hints"])

    def save(self) -> None:
        """Writes the checkpoint."""
        optimizers = [optimizer.state_dict() for optimizer in self.optimizers]
        others = {"hints": self.hints.state_dict(), "optimizers": optimizers}
        save(self.path, self.options.seed, self.model, self.average, self.budget, **others)

    def step(self, pool: Pool) -> dict[str, float]:
        """One step; what it draws depends on the seed, the step's number and the pool."""
        pool.turn(self.budget.done)
        rng = np.random.default_rng([self.options.seed, self.budget.done])
        changed = [augment(picture, rng) for picture in pool.alike(rng, self.options.pictures)]
        prompts = prompts_for(changed, rng, self.options.prompts)
        rgb = np.stack([picture.rgb for picture in changed])
        heights = np.stack([picture.height for picture in changed if picture.height is not None])
        hints = torch.from_numpy(hints_of(changed))
        pixels = torch.from_numpy(rgb), torch.from_numpy(layers(heights))
        figures = self._learn(pixels, prompts, hints, rng, again=self.budget.done % 2 == 1)
        self.budget.done += 1
        return figures

    def _learn(
        self,
        pixels: tuple[torch.Tensor, torch.Tensor],
        prompts: Prompts,
        hints: torch.Tensor,
        rng: np.random.Generator,
        again: bool,
    ) -> dict[str, float]:
        device = self.options.device
        rgb, heights = (part.to(device) for part in pixels)
        target = torch.from_numpy(prompts.target).to(device)
        with mixed(device):
            answer = Answer(self.model, rgb, prompts, heights)
        loss, fits = judge(answer.logits, answer.iou, target)
        if again:
            picked = answer.iou[:, 1:].argmax(dim=1) + 1
            rows = torch.arange(len(picked), device=device)
            chosen = answer.logits[rows, picked].detach().float()
            wrong = F.interpolate(chosen[:, None], target.shape[-2:], mode="bilinear")[:, 0] > 0
            pairs = zip(wrong.cpu().numpy(), prompts.target)
            extra = torch.tensor([correcting_point(a, t, rng) for a, t in pairs], device=device)
            with mixed(device):
                logits, iou = answer.again(chosen.clamp(-32, 32), extra)
            second, _ = judge(logits, iou, target)
            loss = (loss + second) / 2
        hint = self.hints.loss(answer.features, hints.to(device))
        (loss + hint).backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        factor = learning_rate(self.budget.done, self.budget.spent)
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = self.options.peak * factor
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        self.average.update(self.model)
        best = fits[:, 1:]
        told = best.gather(1, answer.iou[:, 1:].argmax(dim=1, keepdim=True))
        found = {"loss": float(loss.detach()), "hint": float(hint.detach())}
        return found | {"best": float(best.max(dim=1).values.mean()), "picked": float(told.mean())}


class Answer:
    """The model's answer to prompts on several pictures at once, with gradients.

    Attributes:
        logits: (N, 4, h, w); the first is the single-mask output.
        iou: (N, 4) predicted.
    """

    def __init__(self, sam: Any, rgb: torch.Tensor, prompts: Prompts, heights: torch.Tensor | None = None) -> None:
        """Asks about pictures (B, H, W, 3) uint8 with (B, 3, H, W) of ``height.layers``.

        Prompts must come in equal numbers for each picture, in order.
        """
        self.sam = sam
        x = (rgb.permute(0, 3, 1, 2).float() - sam.pixel_mean) / sam.pixel_std
        if heights is not None:
            x = torch.cat([x, heights], dim=1)
        self.features = sam.image_encoder(x)
        self.image_pe = sam.prompt_encoder.get_dense_pe()[..., : self.features.shape[2], : self.features.shape[3]]
        self.image = torch.from_numpy(prompts.image).to(rgb.device)
        self.by_box = torch.from_numpy(np.isnan(prompts.point[:, 0])).to(rgb.device)
        self.point = torch.from_numpy(np.nan_to_num(prompts.point)).to(rgb.device)[:, None]
        self.box = torch.from_numpy(np.nan_to_num(prompts.box)).to(rgb.device)
        sparse = self._sparse(self.point, torch.ones_like(self.point[..., 0]))
        grouped = sparse.view(len(rgb), -1, *sparse.shape[1:])
        blank = sam.prompt_encoder.no_mask_embed.weight.view(1, -1, 1, 1)
        attended = attend(sam.mask_decoder, add_dense(self.features, blank), self.image_pe, grouped)
        self.logits, self.iou = upscale(sam.mask_decoder, attended, slice(None)).float(), attended.iou.float()

    def again(self, mask_input: torch.Tensor, extra: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """A second round: (N, h, w) logits of the first and (N, 3) points x, y, label."""
        points = torch.cat([self.point, extra[:, None, :2].float()], dim=1)
        labels = torch.stack([torch.ones_like(extra[:, 2]), extra[:, 2]], dim=1)
        sparse = self._sparse(points, labels)
        dense = self.sam.prompt_encoder._embed_masks(mask_input[:, None])
        image = add_dense(self.features[self.image], dense)
        attended = attend(self.sam.mask_decoder, image, self.image_pe, sparse[:, None])
        return upscale(self.sam.mask_decoder, attended, slice(None)).float(), attended.iou.float()

    def _sparse(self, points: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """(N, K + 1, C): K points and the padding, or the box's corners and the points after the first."""
        encoder = self.sam.prompt_encoder
        by_point = encoder._embed_points(points, labels, pad=True)
        corners = encoder._embed_boxes(self.box)
        if points.shape[1] > 1:
            corners = torch.cat([corners, encoder._embed_points(points[:, 1:], labels[:, 1:], pad=False)], dim=1)
        return torch.where(self.by_box[:, None, None], corners, by_point)


def judge(logits: torch.Tensor, iou: torch.Tensor, target: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The loss of answers.

    Args:
        logits: (N, 4, h, w).
        iou: (N, 4) predicted IoU.
        target: (N, H, W) bool.

    Returns:
        The loss, and (N, 4) the IoU that the masks really have, by mask cells.
    """
    with torch.no_grad():
        cells = F.interpolate(target[:, None].float(), logits.shape[-2:], mode="area")
        best = mask_loss(logits[:, 1:], cells).argmin(dim=1) + 1
        hard = (logits > 0).float()
        shared = (hard * cells).sum(dim=(-2, -1))
        fits = shared / (hard + cells - hard * cells).sum(dim=(-2, -1)).clamp(min=1)
    rows = torch.arange(len(logits), device=logits.device)
    corrected = torch.stack([logits[:, 0], logits[rows, best]], dim=1)
    loss = mask_loss(corrected, cells).mean()
    return loss + F.mse_loss(iou, fits), fits


def mask_loss(logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Dice and focal loss (gamma 2) of masks (N, M, h, w) against (N, 1, h, w) shares of covered pixels: (N, M).

    The focal loss is summed over the picture and divided by the target's size, so that small things count as much as
    large ones.
    """
    wide = target.expand_as(logits)
    cross = F.binary_cross_entropy_with_logits(logits, wide, reduction="none")
    chance = logits.sigmoid()
    area = wide.sum(dim=(-2, -1))
    focal = ((chance - wide) ** 2 * cross).sum(dim=(-2, -1)) / (area + 64)
    shared, both = (chance * wide).sum(dim=(-2, -1)), chance.sum(dim=(-2, -1)) + area
    return FOCAL_WEIGHT * focal + 1 - (2 * shared + 1) / (both + 1)


def train(options: Options, report: Report = silent) -> Path:
    """Trains until the budget is spent, going on from the folder's checkpoint if there is one.

    Args:
        options: see there.
        report: hears the figures every twenty steps, and before that how much of the pool is rendered.

    Returns:
        The checkpoint's path; ``instruct2act.training.export_sam`` makes shipped weights of it.
    """
    pool = filled(options.folder, options.seed, options.shards, report)
    trainer = Trainer(options)
    until_spent(trainer.budget, partial(trainer.step, pool), trainer.save, options.keep_every_s, report)
    return trainer.path
