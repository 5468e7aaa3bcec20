"""Plays every attack against both interpreters and says what contained each."""

from __future__ import annotations

import os
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
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


def run(
    backend: str, classes: Sequence[str] = CLASSES, heard: Callable[[str, Verdict], None] = lambda kind, verdict: None
) -> tuple[str, list[Tally], float]:
    """Plays classes against one interpreter: its name and version, a tally of each class, seconds.

    Args:
        backend: "monty" or "cpython".
        classes: some of CLASSES.
        heard: told every verdict.

    Raises:
        SandboxUnavailable: it cannot be contained here.
    """
    began = time.monotonic()
    registry()  # loaded before an attack is: what that changes in this process is not an attack's doing
    made = BACKENDS[backend]()
    tallies = []
    with Gateway(made) as gateway, bait() as file:
        for kind in classes:
            verdicts = []
            for attack in those(kind, backend):
                verdicts.append(play(attack, gateway, file))
                heard(kind, verdicts[-1])
            if verdicts:
                counted = Counter(verdict.by for verdict in verdicts if not verdict.amiss)
                failures = tuple(verdict for verdict in verdicts if verdict.amiss)
                tallies.append(Tally(kind, len(verdicts), dict(counted), failures))
    return f"{made.name} {made.version}", tallies, time.monotonic() - began


@contextmanager
def bait() -> Iterator[Path]:
    """A secret in the environment, and the path of a file for one."""
    before = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = CANARY
    try:
        with tempfile.TemporaryDirectory(prefix="instruct2act-probe-") as folder:
            yield Path(folder) / "secret.txt"
    finally:
        os.environ.pop(VARIABLE, None)
        if before is not None:
            os.environ[VARIABLE] = before


def as_data(name: str, tallies: Sequence[Tally], seconds: float) -> dict[str, Any]:
    """A run as plain data."""
    return {
        "backend": name,
        "attacks": sum(tally.attacks for tally in tallies),
        "contained": sum(sum(tally.by.values()) for tally in tallies),
        "seconds": round(seconds, 1),
        "classes": {
            tally.kind: {
                "attacks": tally.attacks,
                "by": tally.by,
                "failures": [{"name": verdict.name, "amiss": verdict.amiss} for verdict in tally.failures],
            }
            for tally in tallies
        },
    }
