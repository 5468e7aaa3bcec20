"""Episodes in the formats of tools that people use. A format is a module beside this file, named as ``--to`` names it.

A folder keeps a line an episode, not its frames: what a format needs is had by playing the episode again from its line
(``retelling``), which gives the same to the last bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # the command line imports this package to say what it has
    from instruct2act.evaluation.record import EpisodeRecord
    from instruct2act.events import Listener
    from instruct2act.exports.retelling import Telling

ENTRY = "exporter"
"""What makes a module of this package a format: ``exporter(out: Path) -> Exporter``."""


class Exporter(Protocol):
    """Writes episodes one after the other."""

    def begin(self, record: EpisodeRecord) -> Sequence[Listener]:
        """An episode is about to be played again; those who are to hear it."""

    def keep(self, told: Telling) -> None:
        """It went as it did the first time."""

    def drop(self) -> None:
        """It did not, or could not be played: nothing of it may stay."""

    def close(self) -> str:
        """Ends what was written, and says what it is and how to open it."""
