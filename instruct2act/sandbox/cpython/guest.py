"""One program's process, driven from the host; see `guest.Guest`."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import time
from collections.abc import Callable, Mapping
from typing import Any

from instruct2act.sandbox.clocks import Limits
from instruct2act.sandbox.cpython.wire import Gone, Late, Link, Nonsense, called, done, encoded, failed
from instruct2act.sandbox.guest import Event, Flooded, Raised, over

_GRACE_S = 0.25


class CPythonGuest:
    """A contained child of the zygote."""

    def __init__(
        self,
        link: Link,
        process: int,
        pid: int,
        reap: Callable[[], int],
        limits: Limits,
        functions: frozenset[str],
        types: Callable[[str], str],
        backend: str,
    ) -> None:
        """Args.

        Args:
            link: to the worker.
            process: a descriptor of it; this closes it.
            pid: its number.
            reap: waits for its end and says how that was: an exit status, or minus a signal.
            limits: what it may use.
            functions: names that the program may use.
            types: checks a source; "" where it finds nothing.
            backend: what the record calls the interpreter.
        """
        self.backend, self.pid = backend, pid
        self._link, self._process, self._reap, self._limits = link, process, reap, limits
        self._functions, self._types = sorted(functions), types
        self._sent: dict[int, Any] = {}
        self._heard: Callable[[str], None] = lambda text: None
        self._used_s = 0.0
        self._over: Raised | None = None
        self._closed = False

    def start(self, source: str, names: Mapping[str, Any], on_print: Callable[[str], None], check: bool) -> Event:
        """Runs source until it calls out or ends."""
        report = self._types(source) if check else ""
        if report:
            return Raised("types", "TypeError", report)
        self._heard, self._used_s = on_print, 0.0
        crossing = {name: encoded(value, self._sent) for name, value in names.items()}
        return self._turn({"run": source, "names": crossing, "functions": self._functions})

    def resume(self, value: Any) -> Event:
        """Answers the call with a value."""
        return self._turn({"value": encoded(value, self._sent)})

    def throw(self, kind: str, message: str) -> Event:
        """Answers the call with a builtin exception."""
        return self._turn({"raise": [kind, message]})

    def kill(self) -> None:
        """Ends the process at once; safe from any thread."""
        with contextlib.suppress(OSError):
            signal.pidfd_send_signal(self._process, signal.SIGKILL)

    def close(self) -> None:
        """Ends the process and gives everything back."""
        if self._closed:
            return
        self._closed = True
        self.kill()
        self._link.close()
        self._reap()
        process, self._process = self._process, -1
        os.close(process)
        self._heard = lambda text: None
        self._sent.clear()

    def _turn(self, message: Mapping[str, Any]) -> Event:
        if self._over is not None:
            return self._over
        began = time.monotonic()
        deadline = began + max(0.0, min(self._limits.turn_s, self._limits.program_s - self._used_s)) + _GRACE_S
        try:
            self._link.send(message, deadline)
            event = self._next(deadline)
            self._used_s += time.monotonic() - began
            return event
        except Late:
            return self._ended(over("time", self._limits))
        except Flooded:
            return self._ended(over("prints", self._limits))
        except Nonsense as nonsense:
            return self._ended(Raised("broken", "Nonsense", f"the program's worker sent {nonsense}"))
        except Gone:
            return self._ended(self._gone())

    def _next(self, deadline: float) -> Event:
        while True:
            message = self._link.receive(deadline)
            match next(iter(message), ""):
                case "print" if isinstance(message["print"], str):
                    self._heard(message["print"].encode(errors="replace").decode())
                case "call":
                    return called(message, self._sent)
                case "done":
                    return done(message, self._sent)
                case "fail":
                    event = failed(message)
                    return over("memory", self._limits, event.frames) if event.cause == "memory" else event
                case _:
                    raise Nonsense("a frame about nothing")

    def _ended(self, event: Raised) -> Raised:
        """The program is over: whatever it would still say is not heard."""
        self._over = event
        self.kill()
        return event

    def _gone(self) -> Raised:
        waiting = select.poll()
        waiting.register(self._process, select.POLLIN)
        if not waiting.poll(1000 * _GRACE_S):  # it closed its end and lives on
            return Raised("broken", "Crashed", "the program closed its own interpreter's connection")
        status = self._reap()
        if status == -signal.SIGXCPU:
            return over("time", self._limits)
        if status in (-signal.SIGKILL, -signal.SIGTERM):
            return Raised("died", "WorkerDied", "the worker was killed from outside")
        how = signal.Signals(-status).name if status < 0 else f"exit status {status}"
        return Raised("broken", "Crashed", f"the program ended its own interpreter ({how})")
