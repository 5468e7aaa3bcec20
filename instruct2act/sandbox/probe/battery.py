"""Plays every attack against both interpreters and says what contained each."""

from __future__ import annotations

import os
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from instruct2act.sandbox import Gateway
from instruct2act.sandbox.cpython import CPython
from instruct2act.sandbox.guest import Backend
from instruct2act.sandbox.monty import Monty
from instruct2act.sandbox.probe.attack import Attack
from instruct2act.sandbox.probe.attacks import CLASSES, attacks
from instruct2act.sandbox.probe.bare import X86
from instruct2act.sandbox.probe.trial import Verdict, play
from instruct2act.sandbox.probe.world import CANARY, VARIABLE, registry

BACKENDS: dict[str, Callable[[], Backend]] = {"monty": Monty, "cpython": CPython}
LAYERS = ("language", "gateway", "time", "rlimit", "seccomp", "landlock", "process")


@dataclass(frozen=True)
class Tally:
    """What came of a class in an interpreter.

    Attributes:
        kind: the class.
        attacks: how many were played.
        by: how many each layer contained.
        failures: those that nothing contained.
    """

    kind: str
    attacks: int
    by: dict[str, int] = field(default_factory=dict)
    failures: tuple[Verdict, ...] = ()


def those(kind: str, backend: str) -> list[Attack]:
    """The attacks of a class that have an end in an interpreter, on this machine."""
    found = [attack for attack in attacks(kind) if attack.end(backend) is not None]
    return [attack for attack in found if X86 or attack.name != "other_call_table"]  # a table that x86_64 alone has


@dataclass(frozen=True)
class Played:
    """What came of the battery in an interpreter: its name and version, a tally of each class, seconds."""

    backend: str
    tallies: tuple[Tally, ...]
    seconds: float

    @property
    def attacks(self) -> int:
        """How many were played."""
        return sum(tally.attacks for tally in self.tallies)

    @property
    def contained(self) -> int:
        """How many something contained."""
        return sum(sum(tally.by.values()) for tally in self.tallies)

    def as_data(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "backend": self.backend,
            "attacks": self.attacks,
            "contained": self.contained,
            "seconds": round(self.seconds, 1),
            "classes": {
                tally.kind: {
                    "attacks": tally.attacks,
                    "by": tally.by,
                    "failures": [{"name": verdict.name, "amiss": verdict.amiss} for verdict in tally.failures],
                }
                for tally in self.tallies
            },
        }


def run() -> list[Played]:
    """Plays every class against each interpreter, those side by side: most attacks are waited for.

    Raises:
        SandboxUnavailable: one of them cannot be contained here.
    """
    registry()  # loaded before an attack is: what that changes in this process is not an attack's doing
    with bait() as folder, ThreadPoolExecutor(len(BACKENDS)) as pool:
        return list(pool.map(lambda backend: _against(backend, folder / backend), BACKENDS))


def _against(backend: str, folder: Path) -> Played:
    began = time.monotonic()
    folder.mkdir()
    tallies = []
    with Gateway(BACKENDS[backend]()) as gateway:
        for kind in CLASSES:
            verdicts = [play(attack, gateway, folder / "secret.txt") for attack in those(kind, backend)]
            if verdicts:
                counted = Counter(verdict.by for verdict in verdicts if not verdict.amiss)
                failures = tuple(verdict for verdict in verdicts if verdict.amiss)
                tallies.append(Tally(kind, len(verdicts), dict(counted), failures))
        name = f"{gateway.backend.name} {gateway.backend.version}"
    return Played(name, tuple(tallies), time.monotonic() - began)


@contextmanager
def bait() -> Iterator[Path]:
    """A folder for secrets, and one in the environment."""
    before = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = CANARY
    try:
        with tempfile.TemporaryDirectory(prefix="instruct2act-probe-") as folder:
            yield Path(folder)
    finally:
        os.environ.pop(VARIABLE, None)
        if before is not None:
            os.environ[VARIABLE] = before
