"""A small network that says how likely two regions are one thing."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import nn

from skills.backends.sam.agglomeration.traits import TRAITS
from skills.backends.weights import PATHS, files
from skills.types import Float


@dataclass(frozen=True)
class JudgeConfig:
    """Sizes of the network.

    Attributes:
        width: of both hidden layers.
    """

    width: int = 128


class Judge(nn.Module):
    """(M, TRAITS) -> (M,) logits; what it sees is brought to mean 0 and deviation 1 of what it was taught with."""

    mean: torch.Tensor
    deviation: torch.Tensor

    def __init__(self, config: JudgeConfig) -> None:
        super().__init__()
        self.width = width = config.width
        self.register_buffer("mean", torch.zeros(TRAITS))
        self.register_buffer("deviation", torch.ones(TRAITS))
        self.layers = nn.Sequential(
            nn.Linear(TRAITS, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 1)
        )

    def forward(self, traits: torch.Tensor) -> torch.Tensor:
        """Logits."""
        logits: torch.Tensor = self.layers((traits - self.mean) / self.deviation)[:, 0]
        return logits

    @torch.inference_mode()
    def chances(self, traits: Float) -> Float:
        """(M,) in [0, 1], how likely the regions of each pair are one thing.

        Args:
            traits: (M, TRAITS) float32.
        """
        told: Float = torch.sigmoid(self(torch.from_numpy(traits)).double()).numpy()
        return told


def load(path: Path | None = None) -> Judge:
    """The network of a safetensors file that carries its sizes, in evaluation mode; the shipped one by default.

    Raises:
        FileNotFoundError: the file is not there.
        ValueError: it is no file of this network.
    """
    written, state = files.read(path or PATHS["agglomeration"], "agglomeration", "agglomeration")
    judge = Judge(JudgeConfig(**written))
    judge.load_state_dict(state)
    return judge.eval()


def save(path: Path, judge: Judge, **about: str) -> None:
    """Writes half-precision weights with the sizes to build the network, and strings about how they were made."""
    files.write(path, judge.state_dict(), "agglomeration", asdict(JudgeConfig(judge.width)), **about)
