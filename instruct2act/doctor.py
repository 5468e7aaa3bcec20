"""Looks at this machine: what is installed, what holds, and for whatever is amiss what to do."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from instruct2act import config
from instruct2act.config import Config
from skills.errors import Mistake

PACKAGES = ("torch", "torchvision", "segment-anything", "open_clip_torch", "openai", "pybullet", "numpy", "scipy")
SYSTEM_LIBRARIES = "install the system libraries that OpenCV needs (Debian: apt install libgl1 libglib2.0-0 libxcb1)"


@dataclass(frozen=True)
class Check:
    """One finding. ``missing`` costs a feature, ``broken`` means that runs fail."""

    name: str
    state: Literal["ok", "missing", "broken"]
    found: str
    advice: str = ""


def checks(settings: Config | None = None) -> Iterator[Check]:
    """Every check in turn; each is caught, so that one broken part doesn't hide the others."""

    def _author() -> Iterator[Check]:
        yield author(settings or Config())

    for check in (_python, _packages, _opencv, _torch, _engine, _weights, _sandbox, _author):
        try:
            yield from check()
        except Exception as error:
            name = check.__name__.strip("_")
            yield Check(name, "broken", f"{type(error).__name__}: {error}", "install again: make clean demo")


def doctor(json_line: bool, file: str | None = None, sets: Sequence[str] = ()) -> int:
    """Prints the findings; 0 when nothing is broken, else 1.

    Raises:
        Mistake: the settings can't be.
    """
    settings = config.load(file, sets)
    found = []
    show = printer(json_line)
    for check in checks(settings):
        found.append(check)
        show(check)
    return int(any(check.state == "broken" for check in found))


def printer(json_line: bool) -> Callable[[Check], None]:
    """Shows findings one by one, as text or as a JSON object each."""
    return _as_json if json_line else _as_text()


def _as_json(check: Check) -> None:
    sys.stdout.write(json.dumps(asdict(check)) + "\n")


def _as_text() -> Callable[[Check], None]:
    from rich.console import Console
    from rich.markup import escape

    console = Console(highlight=False)
    marks = {"ok": "[green]ok     [/]", "missing": "[yellow]missing[/]", "broken": "[red]broken [/]"}

    def show(check: Check) -> None:
        console.print(f"{marks[check.state]} {escape(check.name)}: {escape(check.found)}", soft_wrap=True)
        if check.advice and check.state != "ok":
            console.print(f"        -> {escape(check.advice)}", soft_wrap=True)

    return show


def _python() -> Iterator[Check]:
    fits = (3, 11) <= sys.version_info < (3, 14)
    found = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    yield Check("python", "ok" if fits else "broken", found, "Python 3.11 to 3.13 is needed")


def _packages() -> Iterator[Check]:
    for name in PACKAGES:
        try:
            yield Check(name, "ok", importlib.metadata.version(name))
        except importlib.metadata.PackageNotFoundError:
            yield Check(name, "broken", "not installed", f"pip install '{name}', or make demo for the whole set")


def _opencv() -> Iterator[Check]:
    try:
        import cv2
    except ImportError as error:
        yield Check("opencv-python", "broken", str(error), SYSTEM_LIBRARIES)
        return
    yield Check("opencv-python", "ok", cv2.__version__)


def _torch() -> Iterator[Check]:
    import torch

    from skills.backends import torchvision_ops

    where = (
        torch.cuda.get_device_name(0) if torch.cuda.is_available() else "no GPU; the small checkpoints don't need one"
    )
    yield Check("torch device", "ok", f"{torch.__version__}, {torch.get_num_threads()} threads, {where}")
    whole = torchvision_ops.ensure_torchvision()
    how = "whole" if whole else "compiled operators missing beside this torch; plain torch stands in"
    yield Check("torchvision operators", "ok", how)


def _engine() -> Iterator[Check]:
    import sim

    with sim.make("visual_manipulation", seed=0) as env:
        yield Check("simulator", "ok", f"a scene of {len(env.inventory())} objects renders")


def _weights() -> Iterator[Check]:
    from skills.backends import weights

    for name, path in weights.PATHS.items():
        if path.is_file():
            yield Check(
                f"checkpoint {name}", "ok", f"{path.stat().st_size / 1e6:.1f} MB, sha256 {weights.sha256(path)[:16]}"
            )
        else:
            advice = f"instruct2act train {name}, or name your own with --set perception"
            yield Check(f"checkpoint {name}", "broken", f"{path.name} is not there", advice)


def author(settings: Config) -> Check:
    """Who writes programs, and whether that one can be asked; nothing is sent."""
    from instruct2act.authoring import llm

    told, provider = settings.llm, settings.author.provider
    try:
        model = llm.load(provider, told).model
    except Mistake as mistake:
        return Check(
            "author", "broken", f"{provider}: {mistake}", "the embedded author needs no model: --author offline"
        )
    parts = [f"{provider}, {model}" if model else provider]
    if provider == "openai":
        key = "set" if told.key_env and os.environ.get(told.key_env) else "not set"
        parts += [f"at {told.base_url}", f"key in {told.key_env or 'no variable'}: {key}"]
    if told.cassette is not None:
        parts.append(f"cassette {told.cassette} ({told.replay})")
    return Check("author", "ok", ", ".join(parts))


def _sandbox() -> Iterator[Check]:
    from instruct2act.sandbox import jail

    for layer in jail.layers():
        state: Literal["ok", "missing", "broken"] = "ok" if layer.holds else "broken" if layer.mandatory else "missing"
        yield Check(f"sandbox {layer.name}", state, layer.detail, layer.advice)
    if not jail.missing():
        yield interpreter("monty")
        yield interpreter("cpython")


def interpreter(choice: Literal["monty", "cpython"]) -> Check:
    """Whether programs run in an interpreter of the sandbox, contained."""
    from instruct2act.sandbox import Gateway, SandboxUnavailable, routing

    source = "import numpy as np\nreturn int(np.arange(4).sum())" if choice == "cpython" else "return 6"
    try:
        with Gateway(routing.backend(choice, spare=1)) as gateway:
            done = gateway.run(source, {}, lambda skill, arguments: None, check=False)
    except SandboxUnavailable as error:
        return Check(f"sandbox {choice}", "broken", str(error), "install again: make clean demo")
    ran = done.value == 6
    found = f"{done.backend} runs programs" if ran else f"a program of one line did not run: {done.error}"
    return Check(f"sandbox {choice}", "ok" if ran else "broken", found, "instruct2act sandbox probe")
