"""The default interpreter: pydantic-monty, a Python of its own written in Rust, as a worker process inside the jail.

Driven by ``feed_start`` and ``resume``, never by callbacks: the host holds the loop, so a motion is never left running
and an abort never reaches the program. Each program gets a worker of its own, started ahead; it is not used again.

Covered: bounded computing (per turn and in all), memory, sleeping, prints; a frozen clock and seeded ``random``; no
file, environment, process or network, whose calls the host refuses. Not covered here: what the jail covers.
"""

from __future__ import annotations

import contextlib
import datetime
import os
import queue
import signal
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from instruct2act.sandbox import jail
from instruct2act.sandbox.clocks import Limits
from instruct2act.sandbox.errors import SandboxUnavailable, clipped
from instruct2act.sandbox.guest import Called, Cause, Done, Event, Flooded, Raised, over
from instruct2act.sandbox.languages import MONTY
from instruct2act.sandbox.values import Handle

if TYPE_CHECKING:
    import pydantic_monty as api

_ADVICE = "`instruct2act doctor` tries each layer; the folder for temporary files (TMPDIR) must allow execution"
_GRACE_S = 0.25
_SUSPENSIONS_BESIDE_CALLS = 2000
_EPOCH = datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC)


class Monty:
    """A pool of jailed workers, ``spare`` of them started ahead. Close it when done."""

    name = "monty"
    language = MONTY

    def __init__(self, mode: jail.Mode = "jailed", spare: int = 2) -> None:
        """Args.

        Args:
            mode: as for `jail.Jail`.
            spare: workers kept ready.

        Raises:
            SandboxUnavailable: the jail does not hold here, or the interpreter is not installed.
        """
        try:
            import pydantic_monty
            from pydantic_monty._binary import find_monty_binary

            binary = Path(find_monty_binary())
        except (ImportError, FileNotFoundError) as error:
            raise SandboxUnavailable(f"{error}: pip install pydantic-monty==1.4.0") from None
        self.version: str = pydantic_monty.__version__
        self.mode = mode
        self._jail = jail.Jail(binary, mode)
        self._spares = _Spares(self._jail.path, spare)

    def guest(self, limits: Limits, *, functions: frozenset[str], stubs: str = "", seed: int = 0) -> MontyGuest:
        """A fresh worker; see `guest.Backend`."""
        return MontyGuest(self._spares.take(), limits, functions, stubs, seed, f"{self.name} {self.version}")

    def close(self) -> None:
        """Ends the spare workers."""
        self._spares.close()
        self._jail.close()

    def __enter__(self) -> Monty:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Spares:
    """Workers started ahead by one thread that lives as long as they do.

    A worker dies with the thread that started it (that is what the kernel calls its parent), so it must not be started
    by one that ends before.
    """

    def __init__(self, binary: Path, count: int) -> None:
        self._binary, self._count = binary, max(1, count)
        self._ready: queue.Queue[api.Monty | Exception] = queue.Queue(maxsize=self._count)
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._fill, name="sandbox-spares", daemon=True)
        self._thread.start()

    def take(self) -> api.Monty:
        if self._closed.is_set():
            raise SandboxUnavailable("the sandbox is closed")
        if not self._thread.is_alive():
            raise SandboxUnavailable("a sandbox does not survive a fork: build one in each process")
        found = self._ready.get()
        if isinstance(found, Exception):
            raise SandboxUnavailable(f"{self._binary} could not be started: {found}. {_ADVICE}") from found
        return found

    def _fill(self) -> None:
        while not self._closed.is_set():
            made = self._made()
            while not self._closed.is_set():
                with contextlib.suppress(queue.Full):
                    self._ready.put(made, timeout=0.2)
                    break
            else:
                _end(made)

    def _made(self) -> api.Monty | Exception:
        import pydantic_monty

        try:
            return pydantic_monty.Monty(
                binary_path=self._binary,
                min_processes=1,
                max_processes=1,
                max_checkouts_per_worker=1,
                request_timeout=30.0,
                feed_duration_limit_grace=_GRACE_S,
                turn_duration_limit_grace=_GRACE_S,
            ).__enter__()
        except Exception as error:
            return error

    def close(self) -> None:
        self._closed.set()
        self._thread.join(timeout=10)
        while True:
            try:
                _end(self._ready.get_nowait())
            except queue.Empty:
                return


def _end(worker: api.Monty | Exception) -> None:
    if not isinstance(worker, Exception):
        with contextlib.suppress(Exception):
            worker.__exit__(None, None, None)


class MontyGuest:
    """One program's worker; see `guest.Guest`."""

    def __init__(
        self, worker: api.Monty, limits: Limits, functions: frozenset[str], stubs: str, seed: int, backend: str
    ) -> None:
        self.backend = backend
        self._worker: Any = worker
        self._functions = functions
        self._wrapped: dict[int, Any] = {}
        self._kept: list[Handle] = []
        self._snapshot: Any = None
        self._source = b""
        self._flooded = self._closed = False
        self._limits = limits
        try:
            self._session: Any = worker.checkout(
                limits={
                    "max_feed_duration_secs": limits.program_s,
                    "max_turn_duration_secs": limits.turn_s,
                    "max_memory": limits.memory_bytes,
                    "max_suspensions": limits.calls + _SUSPENSIONS_BESIDE_CALLS,
                    "max_total_sleep_secs": 0.0,
                },
                type_check=bool(stubs),
                type_check_stubs=stubs or None,
                type_check_format="json",
                os_policy={"random_start": {"seed": seed}, "datetime": _EPOCH, "sleep": "zero"},
            ).__enter__()
            self._pid = self._session.worker_pid
            held = self._pid is not None and hasattr(os, "pidfd_open")  # names the process even after it ended
            self._process = os.pidfd_open(self._pid or 0) if held else None
        except Exception as error:
            _end(worker)
            raise SandboxUnavailable(f"a worker did not start: {error}. {_ADVICE}") from error

    @property
    def pid(self) -> int | None:
        """The worker's process."""
        return self._pid

    def start(self, source: str, names: Mapping[str, Any], on_print: Callable[[str], None], check: bool) -> Event:
        """Runs source until it calls out or ends."""
        self._source = source.encode()

        def heard(_: str, text: str) -> None:
            try:
                on_print(text)
            except Flooded:
                self._flooded = True
                raise

        inputs = {name: self._crossing(value) for name, value in names.items()}
        return self._turn(
            lambda: self._session.feed_start(source, inputs=inputs, print_callback=heard, skip_type_check=not check)
        )

    def resume(self, value: Any) -> Event:
        """Answers the call with a value."""
        snapshot, crossing = self._snapshot, self._crossing(value)
        return self._turn(lambda: snapshot.resume({"return_value": crossing}))

    def throw(self, kind: str, message: str) -> Event:
        """Answers the call with a builtin exception."""
        snapshot = self._snapshot
        return self._turn(lambda: snapshot.resume({"exc_type": kind, "message": message}))

    def kill(self) -> None:
        """Ends the worker at once."""
        with contextlib.suppress(OSError):
            if self._process is not None:
                signal.pidfd_send_signal(self._process, signal.SIGKILL)
            elif self._pid:
                os.kill(self._pid, signal.SIGKILL)

    def close(self) -> None:
        """Ends the worker and gives everything back."""
        if self._closed:
            return
        self._closed = True
        self.kill()
        with contextlib.suppress(Exception):
            self._session.__exit__(None, None, None)
        _end(self._worker)
        if self._process is not None:
            os.close(self._process)
        # The session holds the print callback, which holds this guest and all of its episode: a circle through Rust,
        # which Python's collector can't see.
        self._session = self._snapshot = self._worker = None
        self._wrapped.clear()
        self._kept.clear()

    def _turn(self, step: Callable[[], Any]) -> Event:
        """Lets the worker go on until something is the host's to answer, names and the operating system apart."""
        import pydantic_monty as api

        try:
            snapshot = step()
            while True:
                if isinstance(snapshot, api.MontyComplete):
                    return Done(snapshot.output)
                if isinstance(snapshot, api.NameLookupSnapshot):
                    known = snapshot.object_id is None and snapshot.variable_name in self._functions
                    snapshot = snapshot.resume(value=_named(snapshot.variable_name)) if known else snapshot.resume()
                elif isinstance(snapshot, api.FunctionSnapshot) and snapshot.is_os_function:
                    snapshot = snapshot.resume_not_handled()
                elif isinstance(snapshot, api.FunctionSnapshot):
                    self._snapshot = snapshot
                    line, column = self._place(snapshot.position.start)
                    name = snapshot.function_name if snapshot.object_id is None else f".{snapshot.function_name}"
                    return Called(name, snapshot.args, snapshot.kwargs, line, column)
                else:
                    return Raised("unsupported", "Unsupported", "waiting for several calls at once does not run here")
        except api.MontyError as error:
            return self._raised(error)

    def _raised(self, error: api.MontyError) -> Raised:
        import pydantic_monty as api

        if isinstance(error, api.MontyTypingError):
            return Raised("types", "TypeError", error.display())
        if isinstance(error, api.MontyCrashedError):
            if error.timed_out:
                return over("time", self._limits)
            return Raised("died", "WorkerDied", clipped(str(error)))
        frames: tuple[tuple[str, int, int], ...] = ()
        if isinstance(error, (api.MontyRuntimeError, api.MontySyntaxError)):
            own = [frame for frame in error.traceback() if frame.filename.startswith("<python-input")]
            frames = tuple((frame.function_name or "<module>", frame.line, frame.column) for frame in own)
        inner = error.exception()
        kind, message = type(inner).__name__, clipped(str(inner))
        cause: Cause = "runtime"
        if isinstance(error, api.MontySyntaxError):
            cause = "syntax"
        elif self._flooded:
            return over("prints", self._limits, frames)
        elif isinstance(inner, TimeoutError) and not frames:
            return over("time", self._limits)
        elif isinstance(inner, RuntimeError) and message.startswith("suspension limit"):
            cause, kind, message = "calls", "CallLimit", "the program asked for names or files more often than it may"
        elif isinstance(inner, MemoryError) and ("memory limit" in message or "terminated" in message):
            return over("memory", self._limits, frames)
        elif isinstance(inner, (NotImplementedError, ImportError)):
            cause = "unsupported"
            message = message.replace("The monty syntax parser does not yet support", "this Python has no")
        return Raised(cause, kind, message, frames)

    def _place(self, start: int) -> tuple[int, int]:
        before = self._source[:start]
        return before.count(b"\n") + 1, start - (before.rfind(b"\n") + 1) + 1

    def _crossing(self, value: Any) -> Any:
        """Wraps handles for the trip; the same handle is the same object over there each time."""
        if isinstance(value, Handle):
            return self._wrap(value)
        if isinstance(value, list):
            return [self._crossing(item) for item in value]
        if isinstance(value, tuple):
            return tuple(self._crossing(item) for item in value)
        if isinstance(value, dict):
            return {key: self._crossing(item) for key, item in value.items()}
        return value

    def _wrap(self, handle: Handle) -> Any:
        known = self._wrapped.get(id(handle))
        if known is None:
            from pydantic_monty import ClassInstance

            self._kept.append(handle)  # its id() stays taken
            known = self._wrapped[id(handle)] = ClassInstance(handle, eager_attrs=handle.names)
        return known


def _named(name: str) -> Callable[..., None]:
    """A function that crosses by its name; calling it over there comes back as a call of that name."""

    def function(*_: Any, **__: Any) -> None:
        """Never called on this side."""

    function.__name__ = function.__qualname__ = name
    return function
