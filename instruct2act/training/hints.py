"""A second task for the image encoder while it trains: say at every mask cell what is there, without being asked.

A prompt corrects one mask; this corrects every cell of every picture, for the price of one small layer that is thrown
away afterwards. It makes the embedding carry outlines finer than its tokens, and tell touching objects apart.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from instruct2act.training.engine import Picture
from skills.types import Float

CELLS = 4
"""Mask cells along a token's side."""

REACH = 32.0
"""Pixels that an offset of 1 stands for."""


class Hints(nn.Module):
    """From an embedding (B, 4 C, h, w): thing or not, edge or not, and the way to the thing's centre, by mask cell."""

    def __init__(self, width: int, hidden: int = 16) -> None:
        super().__init__()
        self.width, self.fine = width, width // 8
        self.coarse = nn.Conv2d(width, hidden * CELLS * CELLS, 1)
        self.join = nn.Conv2d(hidden + self.fine, 2 * hidden, 3, padding=1)
        self.say = nn.Conv2d(2 * hidden, 4, 1)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """(B, 4, 4 h, 4 w): logits of thing and of edge, offset x and y."""
        coarse = F.pixel_shuffle(self.coarse(features[:, : self.width]), CELLS)
        half = F.pixel_shuffle(features[:, 2 * self.width :], CELLS)
        said: torch.Tensor = self.say(F.relu(self.join(torch.cat([coarse, half], dim=1))))
        return said

    def loss(self, features: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
        """How far off the answers are from ``hints_of``."""
        said = self(features).float()
        thing = F.binary_cross_entropy_with_logits(said[:, 0], truth[:, 0])
        weight = torch.full_like(said[:1, 0, :1, :1], 3.0)
        edge = F.binary_cross_entropy_with_logits(said[:, 1], truth[:, 1], pos_weight=weight)
        off = F.smooth_l1_loss(said[:, 2:], truth[:, 2:], reduction="none", beta=0.2) * truth[:, :1]
        return thing + edge + off.sum() / (2 * truth[:, 0].sum()).clamp(min=1)


def hints_of(pictures: Sequence[Picture]) -> Float:
    """The truth for pictures of one size: (B, 4, H / 2, W / 2) float32, laid out as ``Hints`` answers."""
    return np.stack([_hints(picture) for picture in pictures])


def _hints(picture: Picture) -> Float:
    ids = picture.segmentation.astype(np.int64)
    height, width = ids.shape
    thing = (ids >= 0).astype(np.float32)
    edge = np.zeros((height, width), np.float32)
    across, down = ids[:, 1:] != ids[:, :-1], ids[1:] != ids[:-1]
    edge[:, 1:][across] = edge[:, :-1][across] = 1
    edge[1:][down] = edge[:-1][down] = 1
    y, x = np.mgrid[:height, :width].astype(np.float32)
    flat = ids.ravel() + 1
    count = np.maximum(np.bincount(flat), 1)
    middle_x = (np.bincount(flat, x.ravel()) / count)[flat].reshape(ids.shape)
    middle_y = (np.bincount(flat, y.ravel()) / count)[flat].reshape(ids.shape)
    layers = [thing, edge, thing * (middle_x - x) / REACH, thing * (middle_y - y) / REACH]
    half = [
        cv2.resize(layer.astype(np.float32), (width // 2, height // 2), interpolation=cv2.INTER_AREA)
        for layer in layers
    ]
    return np.stack(half).astype(np.float32)
