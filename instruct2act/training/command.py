"""The command ``train``: reproduces a small checkpoint with progress, measures it, makes it the one in use."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

_PICTURES = 200
"""Of each set that `--evaluate` judges a segmenter on."""

Report = Callable[[Mapping[str, float]], None]


def train(checkpoint: str, minutes: float, seed: int, out: Path | None, evaluate: bool, export: bool) -> int:
    """Trains, evaluates or exports a small checkpoint; the exit status.

    Args:
        checkpoint: "sam", "affinity", "agglomeration" or "clip".
        minutes: of training in all, earlier runs of the same folder counted.
        seed: of data and weights.
        out: folder of pool and checkpoint.
        evaluate: measure the weights in use.
        export: write the newest checkpoint as the weights in use.
    """
    folder = out or _cache() / checkpoint
    console = Console(highlight=False)
    if evaluate:
        _evaluate(checkpoint, folder, console)
        return 0
    if export:
        console.print(f"wrote {_export(checkpoint, folder)}", soft_wrap=True)
        return 0
    console.print(
        f"training {checkpoint} in {folder}; Ctrl-C keeps what was learnt, the same command goes on", soft_wrap=True
    )
    with _Bar(console, checkpoint) as report:
        _train(checkpoint, folder, minutes, seed, report)
    console.print(f"make it the one in use: instruct2act train {checkpoint} --export", soft_wrap=True)
    return 0


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "instruct2act-train"


def _train(checkpoint: str, folder: Path, minutes: float, seed: int, report: Report) -> None:
    module = import_module(f"instruct2act.training.{checkpoint}")
    module.train(module.Options(folder=folder, minutes=minutes, seed=seed), report)


def _evaluate(checkpoint: str, folder: Path, console: Console) -> None:
    if checkpoint != "clip":
        from instruct2act.training.evaluate_sam import judge_sets
        from skills.backends.sam import build

        for kind, figures in judge_sets(build(), folder, _PICTURES).items():
            for name, value in figures.items():
                console.print(f"{kind:<8} {value:8.3f}  {name}")
        return
    from instruct2act.training import evaluate_clip

    evaluate_clip.main()


def _export(checkpoint: str, folder: Path) -> Path:
    written: Path = import_module(f"instruct2act.training.export_{checkpoint}").export(folder)
    return written


class _Bar:
    """A bar over the budget, with the newest figures beside it."""

    def __init__(self, console: Console, name: str) -> None:
        told = TextColumn("{task.fields[told]}")
        self._bar = Progress(
            TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn(), told, console=console
        )
        self._name = name

    def __enter__(self) -> Report:
        self._bar.start()
        self._task = self._bar.add_task(self._name, total=1.0, told="")
        return self._hear

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def _hear(self, figures: Mapping[str, float]) -> None:
        told = "  ".join(f"{name} {value:.4g}" for name, value in figures.items() if name not in ("spent", "seconds"))
        self._bar.update(self._task, completed=figures.get("spent", 0.0), told=told)
