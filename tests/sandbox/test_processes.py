"""Workers: one for each program, ended with the run and with the host, however that ends."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import time
import weakref
from collections.abc import Callable
from pathlib import Path

import pytest
from contained import World

from instruct2act.sandbox import Gateway, Limits, SandboxUnavailable
from instruct2act.sandbox import jail as jails
from instruct2act.sandbox.monty import Monty, MontyGuest

pytestmark = pytest.mark.needs("jail")

PATIENCE_S = 60

HOST = """
import signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job starts with it ignored
from instruct2act.sandbox import Gateway, Limits
from instruct2act.sandbox.monty import MontyGuest
import skills

class Told(MontyGuest):
    def start(self, *arguments, **named):
        print(self.pid, flush=True)
        return super().start(*arguments, **named)

import instruct2act.sandbox.monty as monty
monty.MontyGuest = Told
def dispatch(skill, arguments):
    print("called", flush=True)
    time.sleep(600)
if __name__ == "__main__":
    with Gateway(spare=1) as gateway:
        limits = Limits(program_s=600, turn_s=600)
        stopped = lambda: print("stopped")
        done = gateway.run(sys.argv[1], skills.load(), dispatch, limits=limits, check=False, on_abnormal=stopped)
        print(done.status, done.error.type, flush=True)
"""


def gone(pid: int) -> bool:
    """Whether a process ended; one that its dead parent has not reaped counts as ended."""
    try:
        return "State:\tZ" in Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return True


def wait_for(condition: Callable[[], bool]) -> bool:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


def host(tmp_path: Path, program: str) -> subprocess.Popen[str]:
    script = tmp_path / "host.py"
    script.write_text(HOST, encoding="utf-8")
    return subprocess.Popen(
        [sys.executable, str(script), program],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )


def test_no_worker_outlives_a_killed_host(tmp_path: Path) -> None:
    with host(tmp_path, "while True:\n    pass") as running:
        assert running.stdout is not None
        worker = int(running.stdout.readline())
        assert not gone(worker)
        running.send_signal(signal.SIGKILL)
        assert wait_for(lambda: gone(worker))


def test_ctrl_c_in_a_skill_interrupts_and_ends_the_worker(tmp_path: Path) -> None:
    with host(
        tmp_path, "while True:\n    try:\n        GetImage()\n    except BaseException:\n        pass"
    ) as running:
        assert running.stdout is not None
        worker = int(running.stdout.readline())
        assert running.stdout.readline() == "called\n"
        running.send_signal(signal.SIGINT)
        assert running.stdout.read() == "stopped\ninterrupted Interrupted\n"
        assert running.wait(PATIENCE_S) == 0
        assert wait_for(lambda: gone(worker))


def pid_of(guest: object) -> int:
    assert isinstance(guest, MontyGuest) and guest.pid is not None
    return guest.pid


def test_a_guest_that_is_over_holds_nothing(gateway: Gateway) -> None:
    class Episode:
        """Whatever hears a program's prints: an episode with its pictures."""

        def hear(self, text: str) -> None:
            self.heard = text

    episode = Episode()
    guest = gateway.backend.guest(Limits(), functions=frozenset({"GetImage"}))
    guest.start("print('hello')\nGetImage()\n", {}, episode.hear, False)
    guest.resume(None)
    assert episode.heard
    guest.close()
    over = weakref.ref(episode)
    del episode, guest
    gc.collect()
    assert over() is None


def test_each_program_has_a_worker_of_its_own(gateway: Gateway) -> None:
    first, second = (gateway.backend.guest(Limits(), functions=frozenset()) for _ in range(2))
    pids = [pid_of(first), pid_of(second)]
    assert pids[0] != pids[1] and not any(gone(pid) for pid in pids)
    first.close()
    second.close()
    first.close()
    assert wait_for(lambda: all(gone(pid) for pid in pids))


def test_nothing_is_left_of_a_program(gateway: Gateway, world: World) -> None:
    assert world.run(gateway, "secret = 7").status == "finished"
    after = world.run(gateway, "return secret")
    assert after.error is not None and after.error.type == "NameError"


def test_a_closed_sandbox_says_so() -> None:
    backend = Monty(spare=1)
    backend.close()
    with pytest.raises(SandboxUnavailable, match="closed"):
        backend.guest(Limits(), functions=frozenset())


def test_spare_workers_end_with_the_sandbox() -> None:
    before = children()
    backend = Monty(spare=2)
    backend.guest(Limits(), functions=frozenset()).close()
    backend.close()
    assert wait_for(lambda: children() <= before)


def children() -> set[str]:
    found = set()
    for task in Path("/proc/self/task").iterdir():
        found |= set((task / "children").read_text(encoding="utf-8").split())
    return {pid for pid in found if not gone(int(pid))}


def test_a_missing_layer_refuses_and_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    layer = jails.Layer("landlock", True, False, "this kernel offers no landlock", "use a kernel from 5.13 on")
    monkeypatch.setattr(jails, "_tried", lambda *names: layer.detail)
    monkeypatch.setattr(jails, "layers", lambda: (layer,))
    jails.missing.cache_clear()
    with pytest.raises(SandboxUnavailable, match=r"landlock.*kernel from 5\.13.*language-only"):
        Monty()
    jails.missing.cache_clear()


def test_language_only_runs_without(world: World) -> None:
    with Gateway(mode="language-only", spare=1) as gateway:
        assert world.run(gateway, "return [1, 2]").value == [1, 2]
        assert world.run(gateway, "open('/etc/passwd')").status == "failed"
