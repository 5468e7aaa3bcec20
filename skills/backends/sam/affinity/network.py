"""A U-Net that tells, for each pixel, with which pixels around it it shares a thing.

Affinities to direct neighbours and to some farther away (Wolf et al., The Mutex Watershed, ECCV 2018), and whether the
pixel shows a thing at all, from colours and from depth as far as it was measured. The network is that of Ronneberger et
al. (U-Net, MICCAI 2015), narrow, with batch normalisation.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

from skills.backends.weights import PATHS, files

OFFSETS = ((0, 1), (1, 0), (0, 3), (3, 0), (3, 3), (3, -3), (0, 8), (8, 0), (8, 8), (8, -8))
"""(down, right) pixels from a pixel to those that an affinity is told for."""

INPUTS = 10
"""Layers of ``layers``."""

_LEAST = 2e-4
"""Metres of noise that a camera counts as having, at least: steps are measured in noise."""
_COARSE, _FINE = 0.05, 0.004
"""Metres that 1 stands for where heights are absolute."""


@dataclass(frozen=True)
class AffinityConfig:
    """Sizes of the network.

    Attributes:
        widths: channels at each scale, the picture's own first.
    """

    widths: tuple[int, ...] = (16, 32, 64, 96, 96)


class AffinityNet(nn.Module):
    """(B, INPUTS, H, W) -> (B, len(OFFSETS) + 1, H, W) logits; the last is whether a pixel shows a thing."""

    def __init__(self, config: AffinityConfig) -> None:
        super().__init__()
        self.widths = widths = config.widths
        self.down = nn.ModuleList(_two(before, after) for before, after in zip((INPUTS, *widths), widths))
        self.up = nn.ModuleList(_two(fine + coarse, fine) for fine, coarse in pairwise(widths))
        self.head = nn.Conv2d(widths[0], len(OFFSETS) + 1, 1)
        self.stride = 1 << (len(widths) - 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Sides of any length."""
        height, width = x.shape[-2:]
        x = F.pad(x, (0, -width % self.stride, 0, -height % self.stride))
        kept = []
        for number, block in enumerate(self.down):
            x = block(F.max_pool2d(x, 2) if number else x)
            kept.append(x)
        for block, fine in zip(reversed(self.up), reversed(kept[:-1])):
            x = block(torch.cat([fine, F.interpolate(x, scale_factor=2.0, mode="nearest")], dim=1))
        told: torch.Tensor = self.head(x)[..., :height, :width]
        return told


def _two(before: int, after: int) -> nn.Sequential:
    """Two convolutions."""
    parts: list[nn.Module] = []
    for width in (before, after):
        parts += [nn.Conv2d(width, after, 3, padding=1, bias=False), nn.BatchNorm2d(after), nn.ReLU(inplace=True)]
    return nn.Sequential(*parts)


def layers(rgb: torch.Tensor, height: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
    """What the network sees.

    Args:
        rgb: (B, H, W, 3) uint8.
        height: (B, H, W) metres above the plane under everything, NaN where nothing was measured.
        noise: (B,) metres, standard deviation of the heights.

    Returns:
        (B, INPUTS, H, W) float32: colours; height and its steps to the right and down, in orders of magnitude of the
        noise; height in metres, coarsely and finely; whether it was measured, and how noisily.
    """
    known = torch.isfinite(height)
    some = torch.where(known, height, 0.0).float()
    scale = noise.float().clamp(min=_LEAST)[:, None, None]
    right, down = torch.zeros_like(some), torch.zeros_like(some)
    right[..., :-1] = (some[..., 1:] - some[..., :-1]) * (known[..., 1:] & known[..., :-1])
    down[..., :-1, :] = (some[..., 1:, :] - some[..., :-1, :]) * (known[..., 1:, :] & known[..., :-1, :])
    in_orders = [step.sign() * torch.log1p(step.abs() / scale) / 4 for step in (some, right, down)]
    absolute = [(some / _COARSE).clamp(-1, 4), torch.tanh(some / _FINE)]
    measured = [known.float(), known * torch.log(scale / _LEAST) / 4]
    colors = rgb.movedim(-1, 1).float() / 127.5 - 1
    return torch.cat([colors, torch.stack([*in_orders, *absolute, *measured], dim=1)], dim=1)


def load(path: Path | None = None) -> AffinityNet:
    """The network of a safetensors file that carries its sizes, in evaluation mode; the shipped one by default.

    Raises:
        FileNotFoundError: the file is not there.
        ValueError: it is no file of this network.
    """
    path = path or PATHS["affinity"]
    written, state = files.read(path, "affinity", "affinity")
    net = AffinityNet(AffinityConfig(tuple(written["widths"])))
    files.fill(net, state, path, "affinity")
    return net.eval().to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]


def save(path: Path, state: dict[str, torch.Tensor], config: AffinityConfig, **about: str) -> None:
    """Writes half-precision weights with the sizes to build the network, and strings about how they were made."""
    files.write(path, state, "affinity", asdict(config), **about)
