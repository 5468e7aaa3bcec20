"""Small networks that say how likely two regions are one thing: several, as the mean of all is right more often."""

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
    """Sizes.

    Attributes:
        width: of both hidden layers of each network.
        members: networks.
    """

    width: int = 128
    members: int = 4


class Judge(nn.Module):
    """An ensemble (after Lakshminarayanan et al., NeurIPS 2017), its members taught on pairs that each drew itself.

    What they see is brought to mean 0 and deviation 1 of what they were taught with.
    """

    mean: torch.Tensor
    deviation: torch.Tensor

    def __init__(self, config: JudgeConfig) -> None:
        super().__init__()
        self.config, width = config, config.width
        self.register_buffer("mean", torch.zeros(TRAITS))
        self.register_buffer("deviation", torch.ones(TRAITS))
        self.members = nn.ModuleList(
            nn.Sequential(nn.Linear(TRAITS, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 1))
            for _ in range(config.members)
        )

    def forward(self, traits: torch.Tensor) -> torch.Tensor:
        """(members, M) logits of (members, M, TRAITS), what each sees."""
        seen = (traits - self.mean) / self.deviation
        return torch.stack([member(each)[:, 0] for member, each in zip(self.members, seen)])

    @torch.inference_mode()
    def chances(self, traits: Float) -> Float:
        """(M,) in [0, 1], how likely the regions of each pair are one thing.

        Args:
            traits: (M, TRAITS) float32.
        """
        seen = torch.from_numpy(traits).expand(self.config.members, *traits.shape)
        told: Float = torch.sigmoid(self(seen).double()).mean(dim=0).numpy()
        return told


def load(path: Path | None = None) -> Judge:
    """The networks of a safetensors file that carries their sizes, in evaluation mode; the shipped ones by default.

    Raises:
        FileNotFoundError: the file is not there.
        ValueError: it is no file of such networks.
    """
    path = path or PATHS["agglomeration"]
    written, state = files.read(path, "agglomeration", "agglomeration")
    judge = Judge(JudgeConfig(**written))
    files.fill(judge, state, path, "agglomeration")
    return judge.eval()


def save(path: Path, judge: Judge, **about: str) -> None:
    """Writes half-precision weights with the sizes to build the networks, and strings about how they were made."""
    files.write(path, judge.state_dict(), "agglomeration", asdict(judge.config), **about)
