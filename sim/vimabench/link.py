"""The child process that plays the published VIMABench, as this side sees it: started, asked, timed, never trusted.

Every answer has a deadline and is checked, field by field, before anything is made of it. A process that dies, hangs or
talks nonsense raises ``RobotLost``; what a person can mend raises ``Mistake`` with what to do.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from sim.vimabench import answers, child
from skills.errors import Mistake, RobotLost, UnknownName
from skills.scratch import Scratch

PACKAGES = "gym==0.26.2 pybullet opencv-python transforms3d einops omegaconf importlib_resources numpy"
"""What VIMABench needs of an interpreter; what else it imports, no task uses."""

_ENVIRONMENT = ("PATH", "HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PYTHONPATH", "VIRTUAL_ENV", "OMP_NUM_THREADS")
"""All that the process gets of this one's: keys are in the environment too."""

_TICK_S = 0.05
_T = TypeVar("_T")


@dataclass(frozen=True)
class Limits:
    """Seconds after which the process counts as hung: for its start, a reset, an action."""

    start_s: float = 120.0
    reset_s: float = 120.0
    action_s: float = 180.0


@dataclass
class Link:
    """A process for one episode.

    Args:
        checkout: the folder that has ``vima_bench/``.
        python: an interpreter that has what it needs; this one when left out.
        limits: deadlines.

    Raises:
        Mistake: no such folder or interpreter, or it lacks a package; says what to do.
        RobotLost: the process died, hung or talked nonsense.
    """

    checkout: Path
    python: Path | None = None
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        folder, interpreter = _found(self.checkout), _interpreter(self.python)
        self._interpreter = interpreter
        # VIMABench leaves its temporary files behind: they go with the folder.
        self._scratch = Scratch("vimabench")
        self._said = (self._scratch.path / "said").open("w+b")
        try:
            self._process = subprocess.Popen(
                [interpreter, str(Path(child.__file__).resolve()), str(folder)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._said,
                env=surroundings(self._scratch.path),
                cwd=self._scratch.path,
                start_new_session=True,  # Ctrl-C is for the parent, which ends this one in its own time
            )
        except OSError as error:
            self._tidy()
            raise Mistake(
                f"{interpreter} can't be run as a Python ({error}); give one with --vimabench-python"
            ) from None
        fields, _ = self._answer(self.limits.start_s)
        if fields.get("ready") is not True:
            raise self._lost(f"it did not say that it is ready but {fields!s:.80}")

    def reset(self, task: str, partition: str, seed: int) -> answers.Started:
        """Sets up the episode of a seed.

        Raises:
            UnknownName: no such task at that level.
            Mistake: an asset of the checkout is missing.
            RobotLost: it died, hung, talked nonsense, or found no room for the seed's things.
        """
        fields, arrays = self._ask(
            {"do": "reset", "task": task, "partition": partition, "seed": seed}, self.limits.reset_s
        )
        return self._read(lambda: answers.started(fields, arrays))

    def step(
        self, action: Mapping[str, list[float]], tick: Callable[[], None] | None = None, oracle: bool = False
    ) -> answers.Stepped:
        """Carries out VIMABench's own action; ``tick`` is called every 50 ms and may end it by raising."""
        fields, arrays = self._ask({"do": "step", "action": dict(action), "oracle": oracle}, self.limits.action_s, tick)
        return self._read(lambda: answers.stepped(fields, arrays))

    def oracle(self) -> dict[str, list[float]] | None:
        """What VIMABench's own oracle would do next, or None."""
        fields, _ = self._ask({"do": "oracle"}, self.limits.action_s)
        return self._read(lambda: answers.action(fields.get("action")))

    def close(self) -> None:
        """Ends the process; closing twice is fine."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        self._tidy()

    # --- inside -------------------------------------------------------------------------------------------------------

    def _ask(
        self, request: Mapping[str, Any], limit_s: float, tick: Callable[[], None] | None = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        if self._process.poll() is not None or self._process.stdin is None:
            raise self._lost(self._death())
        try:
            self._process.stdin.write(child.pack(request, {}))
            self._process.stdin.flush()
        except OSError:
            raise self._lost(self._death()) from None
        return self._answer(limit_s, tick, str(request.get("task", "")))

    def _answer(
        self, limit_s: float, tick: Callable[[], None] | None = None, asked: str = ""
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """The next message; errors are raised. Whatever ends the wait ends the process too."""
        last = time.monotonic() + limit_s
        try:
            fields, arrays = self._read(lambda: child.unpack(lambda count: self._bytes(count, last, limit_s, tick)))
        except BaseException:
            self.close()
            raise
        if "error" in fields:
            raise self._refusal(str(fields["error"]), str(fields.get("message"))[:1000], asked)
        return fields, arrays

    def _bytes(self, count: int, last: float, limit_s: float, tick: Callable[[], None] | None) -> bytes:
        assert self._process.stdout is not None
        pipe, data = self._process.stdout.fileno(), bytearray()
        poll = select.poll()
        poll.register(pipe, select.POLLIN | select.POLLHUP)
        while len(data) < count:
            if tick is not None:
                tick()
            if time.monotonic() > last:
                raise self._lost(f"it did not answer within {limit_s:g} s")
            if poll.poll(1000 * _TICK_S):
                part = os.read(pipe, min(count - len(data), 1 << 20))
                if not part:
                    raise self._lost(self._death())
                data += part
        return bytes(data)

    def _read(self, read: Callable[[], _T]) -> _T:
        """What ``read`` makes of an answer; nonsense ends the process."""
        try:
            return read()
        except child.Nonsense as nonsense:
            raise self._lost(f"it talks nonsense: {nonsense}") from None

    def _refusal(self, kind: str, message: str, asked: str) -> BaseException:
        self.close()
        if kind == "import":
            return Mistake(
                f"{self._interpreter} can't import VIMABench: {message}. Install what it needs, "
                f"{self._interpreter} -m pip install {PACKAGES}, or name another interpreter with --vimabench-python"
            )
        if kind == "asset":
            return Mistake(
                f"the VIMABench checkout {self.checkout} lacks assets, or they can't be read: {message}. Fetch them "
                "again, for instance with git checkout -- vima_bench/tasks/assets"
            )
        if kind == "unknown":
            with contextlib.suppress(ValueError, TypeError):
                return UnknownName("VIMABench task at this level", asked, map(str, json.loads(message)))
        if kind == "room":
            return RobotLost(
                f"VIMABench found no room for this seed's things ({message}); its evaluators skip such seeds"
            )
        return RobotLost(f"VIMABench's process failed: {message}")

    def _lost(self, why: str) -> RobotLost:
        self.close()
        return RobotLost(f"VIMABench's process was lost: {why}")

    def _death(self) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(1.0)
        said = ""
        if not self._said.closed:
            self._said.seek(0, os.SEEK_END)
            self._said.seek(max(0, self._said.tell() - 2000))
            lines = self._said.read().decode(errors="replace").strip().splitlines()
            said = f"; the last it said: {lines[-1][:300]!r}" if lines else ""
        return f"it ended with status {self._process.returncode}{said}"

    def _tidy(self) -> None:
        self._said.close()
        self._scratch.close()


def surroundings(folder: Path) -> dict[str, str]:
    """The environment variables of a process that runs a checkout: no keys; its temporary files go to ``folder``."""
    given = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    return {**given, "TMPDIR": str(folder)}


def _found(checkout: Path) -> Path:
    folder = checkout.expanduser().resolve()
    for place in (folder, folder.parent):  # the package's own folder will do, too
        if (place / "vima_bench" / "__init__.py").is_file():
            return place
    raise Mistake(
        f"there is no VIMABench at {str(checkout)!r}: a checkout has vima_bench/__init__.py. Get one with git clone "
        "https://github.com/vimalabs/VIMABench and give its folder with --vimabench"
    )


def _interpreter(python: Path | None) -> str:
    if python is None:
        return sys.executable
    found = shutil.which(str(python.expanduser()))
    if found is None:
        raise Mistake(f"there is no Python to run at {str(python)!r}; give one with --vimabench-python")
    return str(Path(found).absolute())
