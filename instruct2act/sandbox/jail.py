"""The kernel jail that every worker runs in: what it is made of, whether it holds here, and how a worker gets into it.

Covered, on Linux with landlock (5.13 or newer), x86_64 or aarch64, as root and as anybody else: the worker reads its
own program file and libraries and no other file, writes none, executes nothing else, opens no socket, signals and
traces nobody, makes no process, holds no capability, inherits no file but its two pipes and no environment, uses
bounded memory, and dies with the process that started it.
Not covered: whether a file exists (landlock does not hide names from ``stat``), time and CPU contention, the clock,
bugs of the kernel. Other systems: no jail; programs are refused unless a person chooses ``language-only``, which
trusts the interpreter alone.
"""

from __future__ import annotations

import os
import platform
import py_compile
import shlex
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from instruct2act.sandbox.errors import SandboxUnavailable
from skills.scratch import Scratch

Mode = Literal["jailed", "language-only"]

LAUNCHER = Path(__file__).with_name("launcher.py")  # a script of its own: it imports what only Linux has
_PLATFORM = "run it on Linux (x86_64 or aarch64), for instance in a container or WSL2"
_PURPOSE = {
    "rlimits": ("bounds memory, CPU, files and core dumps", _PLATFORM),
    "no_new_privs": ("no setuid program can raise privileges", _PLATFORM),
    "namespaces": (
        "own user, network, IPC and host name: a second wall behind seccomp",
        "optional; Ubuntu: sysctl kernel.apparmor_restrict_unprivileged_userns=0; Docker: allow user namespaces",
    ),
    "capabilities": ("root's powers are given up", "start as an ordinary user, or with CAP_SETPCAP as root"),
    "landlock": (
        "no file but the interpreter's own can be read, none written, nothing else executed",
        "use a kernel from 5.13 on with landlock enabled (boot with lsm=landlock,…); in Docker, a seccomp profile that "
        "lets landlock_* pass (Docker 23 on)",
    ),
    "seccomp": (
        "a list of harmless system calls passes; sockets, processes, signals and tracing do not",
        "use a kernel with CONFIG_SECCOMP_FILTER",
    ),
}


@dataclass(frozen=True)
class Layer:
    """One wall of the jail.

    Attributes:
        name: as in the launcher.
        mandatory: whether programs are refused without it.
        holds: whether it could be put up here, tried in a process of its own.
        detail: what it does, or why it could not.
        advice: what to do about that; "" where it holds.
    """

    name: str
    mandatory: bool
    holds: bool
    detail: str
    advice: str


@cache
def layers() -> tuple[Layer, ...]:
    """Puts each layer up in a process of its own and says what came of it."""
    return tuple(_layer(name, *texts) for name, texts in _PURPOSE.items())


def _layer(name: str, purpose: str, advice: str) -> Layer:
    mandatory = name != "namespaces"
    if sys.platform != "linux":
        return Layer(name, mandatory, False, f"{platform.system()} has none", _PLATFORM)
    amiss = _tried(name)
    return Layer(name, mandatory, not amiss, amiss or purpose, advice if amiss else "")


def _tried(*names: str) -> str:
    """What came of putting layers up in a process of its own; "" where they hold."""
    command = [sys.executable, "-I", "-S", str(LAUNCHER), *(word for name in names for word in ("--only", name))]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False, env={})
    return "" if done.returncode == 0 else done.stderr.strip()[-300:] or f"exit status {done.returncode}"


@cache
def missing() -> str:
    """A sentence on the mandatory layers that this machine lacks, "" where none is."""
    if sys.platform == "linux" and not _tried(*(name for name in _PURPOSE if name != "namespaces")):
        return ""
    lacking = [layer for layer in layers() if layer.mandatory and not layer.holds]
    if not lacking:
        return ""
    named = "; ".join(f"{layer.name} ({layer.detail}): {layer.advice}" for layer in lacking)
    return f"generated programs cannot be contained here, missing {named}. `--sandbox language-only` runs them without."


class Jail:
    """A file that starts a program inside the jail; `pydantic_monty` gets it as its binary. Close it when done."""

    def __init__(
        self, program: Path, mode: Mode = "jailed", readable: tuple[Path, ...] = (), keep_stderr: bool = False
    ) -> None:
        """Writes the file.

        Args:
            program: the executable to contain.
            mode: "jailed" refuses where a mandatory layer is missing; "language-only" puts up what there is.
            readable: files and folders it may read, beside itself and its libraries.
            keep_stderr: whether it keeps stderr (for a test); otherwise that is thrown away.

        Raises:
            SandboxUnavailable: this machine cannot hold it, or the file cannot be executed.
        """
        self._scratch: Scratch | None = None
        if sys.platform != "linux" and mode == "language-only":
            self.path = program
            return
        lack = missing()
        if lack and mode == "jailed":
            raise SandboxUnavailable(lack)
        self._scratch = Scratch("jail")
        self.path = self._scratch.path / "worker"
        runs, reads = libraries(program)
        options = ["--parent", str(os.getpid())]
        options += ["--best-effort"] if mode == "language-only" else []
        options += ["--keep-stderr"] if keep_stderr else []
        for option, paths in (("--read", [*reads, *readable]), ("--run", runs)):
            options += [word for path in paths for word in (option, str(path))]
        # Compiled once: a script is compiled whenever it is run. Only its owner can write to the folder.
        launcher = self._scratch.path / "launcher.pyc"
        py_compile.compile(str(LAUNCHER), str(launcher), doraise=True)
        command = shlex.join([sys.executable, "-I", "-S", str(launcher), *options, "--", str(program)])
        self.path.write_text(f'#!/bin/sh\nexec {command} "$@"\n', encoding="utf-8")
        self.path.chmod(0o700)

    def close(self) -> None:
        """Removes the file; programs started by it go on."""
        if self._scratch is not None:
            self._scratch.close()

    def __enter__(self) -> Jail:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@cache
def libraries(program: Path) -> tuple[tuple[Path, ...], tuple[Path, ...]]:
    """What an executable needs: (to execute: itself and its loader, to read: its libraries and their index).

    Asks the dynamic loader, as ``ldd`` does; a static executable needs itself only.
    """
    traced = subprocess.run(
        [str(program)],
        env={"LD_TRACE_LOADED_OBJECTS": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    found = [word for line in traced.stdout.splitlines() for word in line.split() if word.startswith("/")]
    paths = [Path(word) for word in dict.fromkeys(found) if Path(word).exists()]
    loaders = [path for path in paths if path.name.startswith("ld-")]
    index = [path for path in (Path("/etc/ld.so.cache"), Path("/etc/ld-musl-x86_64.path")) if path.exists()]
    return (program.resolve(), *loaders), (*(path for path in paths if path not in loaders), *index)
