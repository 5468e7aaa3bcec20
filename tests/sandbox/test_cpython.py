"""The second interpreter: numpy, all of Python, runs that repeat; its processes and what becomes of them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from contained import SKILLS, World, run_reward
from test_processes import gone, wait_for

from instruct2act.sandbox import Function, Gateway, Limits, SandboxUnavailable
from instruct2act.sandbox.cpython import CPython

pytestmark = pytest.mark.needs("jail")


@pytest.fixture(scope="module")
def backend() -> Iterator[CPython]:
    with CPython() as made:
        yield made


def value(gateway: Gateway, source: str, **named: Any) -> Any:
    done = gateway.run(textwrap.dedent(source), SKILLS, lambda skill, arguments: None, check=False, **named)
    assert done.status == "finished", done.error
    return done.value


@pytest.mark.parametrize(
    "source, wanted",
    [
        ("import numpy as np\nreturn np.arange(6).reshape(2, 3)", [[0, 1, 2], [3, 4, 5]]),
        ("import numpy as np\nreturn [np.float32(0.5), np.int8(3), np.bool_(True), np.array(7)]", [0.5, 3, True, 7]),
        ("import numpy as np\nreturn float(np.linalg.norm(np.fft.fft([3.0, 4.0])).round(6))", 7.071068),
        ("def f():\n    yield from range(3)\nreturn list(f())", [0, 1, 2]),
        ("class A(dict):\n    @property\n    def x(self):\n        return self['a']\nreturn A(a=1).x", 1),
        ("from enum import Enum\nclass C(Enum):\n    red = 1\nreturn C.red.name", "red"),
        ("from collections import OrderedDict, namedtuple\nreturn OrderedDict(a=(1, 2))", {"a": [1, 2]}),
        ("x: int = 3\ndef g():\n    global x\n    x += 1\ng()\nreturn x", 4),
        ("from __future__ import annotations\nx = 1\nif x:\n    return x\nreturn 2", 1),
        ("match [1, 2]:\n    case [a, *rest]:\n        return {'a': a, 'rest': rest}", {"a": 1, "rest": [2]}),
        ("try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    return str(e)", "division by zero"),
        ("f = lambda: [i for i in range(3)]\nf()", [0, 1, 2]),
        ("return {'$h': 1, 2: (3, 4)}", {"$h": 1, "2": [3, 4]}),
        (
            "import time\nreturn [time.time(), time.sleep(9), time.ctime()]",
            [946684800.0, None, "Sat Jan  1 00:00:00 2000"],
        ),
        ("import datetime\nreturn str(datetime.datetime.now())", "2000-01-01 00:00:00"),
    ],
)
def test_python_as_it_is(source: str, wanted: Any, second: Gateway) -> None:
    assert value(second, source) == wanted


def test_handles_have_facts_and_nothing_else(second: Gateway, world: World) -> None:
    source = """
    masks = SAM(GetImage())
    refused = []
    for wrong in (lambda: masks[0].pixels, lambda: setattr(masks[0], 'area', 0), lambda: masks[0].mean()):
        try:
            wrong()
        except AttributeError as error:
            refused.append(str(error))
    same = masks[0] == masks[0] and masks[0] != masks[1] and len({*masks, *masks}) == 3
    last = sorted(masks, key=lambda m: -m.id)[0] == masks[2]
    return [masks[1].area, masks[1].bbox, masks.index(masks[1]), same, last, refused]
    """
    done = world.run(second, textwrap.dedent(source))
    assert done.value[:5] == [200, [20, 40, 40, 50], 1, True, True], done.error
    assert done.value[5][0] == "'Mask' object has no attribute 'pixels'" and len(done.value[5]) == 3


def test_the_place_of_a_call_is_its_line_and_column(second: Gateway, world: World) -> None:
    source = (
        "def look():\n    return [SAM(image)\n            for image in [GetImage()]]\n\nx = len(look()); Pixel2Loc()\n"
    )
    done = world.run(second, source)
    assert [(call.name, call.line) for call in done.calls] == [("GetImage", 3), ("SAM", 2), ("Pixel2Loc", 5)]
    assert done.error is not None and (done.error.line, done.error.column) == (5, 18)


def test_a_run_repeats_whatever_it_draws_from(second: Gateway) -> None:
    source = """
    import random
    import numpy as np
    drawn = [random.random(), random.Random().random(), np.random.rand(), np.random.default_rng().random()]
    return [*drawn, list({'a', 'b', 'c', (1, 2)} - {(1, 2)}), hash('a')]
    """
    with CPython() as other:
        assert value(second, source) == value(Gateway(other), source) != value(second, source, seed=1)


def test_memory_is_the_programs_own(second: Gateway) -> None:
    source = "import numpy as np\nx = np.ones({} << 17)\nreturn x.size"
    assert value(second, source.format(40), limits=Limits(memory_bytes=64 << 20)) == 40 << 17
    done = second.run(source.format(80), SKILLS, lambda *_: None, limits=Limits(memory_bytes=64 << 20), check=False)
    assert done.error is not None and (done.error.type, done.error.stage) == ("MemoryLimit", "limit")
    assert value(second, source.format(80), limits=Limits(memory_bytes=256 << 20)) == 80 << 17


def test_rewards_may_use_numpy(backend: CPython) -> None:
    source = """
import numpy as np

def reward(history, slots):
    far = np.linalg.norm(np.array(history[-1]["xy"]) - np.array(slots["goal"]))
    score = np.clip(1 - far, 0, 1)
    return {"score": float(score), "parts": {"near": score}}
"""
    episodes = [([{"xy": [x, 0.0]}], {"goal": [1.0, 0.0]}) for x in (0.0, 0.5, 1.0)]
    scores = run_reward(backend, source, episodes)
    assert [getattr(score, "score", score) for score in scores] == [0.0, 0.5, 1.0]
    with Function(backend, source, "missing") as missing:
        assert missing.calls([()])[0].type == "NameError"


# --- processes -------------------------------------------------------------------------------------------------------


def crash(gateway: Gateway, source: str) -> Any:
    limits = Limits(program_s=20, turn_s=10)
    return gateway.run(
        f"load = print.__self__.__import__\n{source}", SKILLS, lambda *_: None, check=False, limits=limits
    )


@pytest.mark.parametrize(
    "source, said",
    [
        ("load('ctypes').string_at(0)", "SIGSEGV"),
        ("load('os')._exit(7)", "exit status 7"),
        ("load('ctypes').CDLL(None).syscall(0x40000027)", "SIGSYS"),
        ("load('os').close(3)\nwhile True: pass", "connection"),
    ],
)
def test_who_breaks_the_interpreter_has_failed(source: str, said: str, second: Gateway) -> None:
    if "SIGSYS" in said and os.uname().machine != "x86_64":
        pytest.skip("x32 numbers exist on x86_64 only")
    done = crash(second, source)
    assert done.status == "failed" and (done.error.type, done.error.failed_at) == ("Crashed", "program")
    assert said in done.error.message


def test_a_reward_that_breaks_its_interpreter_costs_one_score(backend: CPython) -> None:
    source = (
        "def reward(history, slots):\n    if slots['break']:\n        print.__self__.__import__('os')._exit(1)\n"
        "    return {'score': 1, 'parts': {}}\n"
    )
    scores = run_reward(backend, source, [([], {"break": broken}) for broken in (False, True, False)])
    assert [type(score).__name__ for score in scores] == ["Score", "Failure", "Score"]


def test_a_worker_killed_from_outside_is_the_infrastructures_fault(backend: CPython) -> None:
    guest = backend.guest(Limits(), functions=frozenset())
    os.kill(guest.pid, signal.SIGKILL)
    event = guest.start("x = 1", {}, lambda _: None, check=False)
    guest.close()
    assert getattr(event, "cause", "") == "died"


def test_each_program_has_a_process_of_its_own_that_ends_with_it(backend: CPython) -> None:
    guests = [backend.guest(Limits(), functions=frozenset()) for _ in range(2)]
    pids = [guest.pid for guest in guests]
    assert len(set(pids)) == 2 and not any(map(gone, pids))
    for guest in guests:
        guest.close()
        guest.close()
    assert all(not Path(f"/proc/{pid}").exists() for pid in pids), "closed, and reaped"


def test_what_runs_ends_with_the_sandbox_and_a_closed_one_says_so() -> None:
    backend = CPython()
    guest = backend.guest(Limits(), functions=frozenset())
    backend.close()
    assert wait_for(lambda: gone(guest.pid))
    guest.close()
    with pytest.raises(SandboxUnavailable, match="closed"):
        backend.guest(Limits(), functions=frozenset())


def test_a_lost_zygote_is_replaced() -> None:
    with CPython() as backend:
        first = backend.guest(Limits(), functions=frozenset())
        parent = int(Path(f"/proc/{first.pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[1])
        os.kill(parent, signal.SIGKILL)
        assert wait_for(lambda: gone(first.pid)), "a worker does not outlive the process that made it"
        backend.guest(Limits(), functions=frozenset()).close()
        first.close()


HOST = """
import os, time
from instruct2act.sandbox import Limits
from instruct2act.sandbox.cpython import CPython
backend = CPython()
guest = backend.guest(Limits(), functions=frozenset())
print(guest.pid, backend._zygote._process.pid, flush=True)
guest.start("while True: pass", {}, print, check=False) if __import__("sys").argv[1] == "spin" else time.sleep(600)
"""


@pytest.mark.parametrize("doing", ["spin", "wait"])
def test_no_process_outlives_a_killed_host(doing: str) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        [sys.executable, "-c", HOST, doing], stdout=subprocess.PIPE, text=True, env=environment
    ) as host:
        assert host.stdout is not None
        pids = [int(word) for word in host.stdout.readline().split()]
        assert len(pids) == 2 and not any(map(gone, pids))
        host.kill()
        assert wait_for(lambda: all(map(gone, pids)))


def test_a_stop_ends_a_program_that_computes_in_c(second: Gateway) -> None:
    guest = second.backend.guest(Limits(program_s=60, turn_s=60), functions=frozenset())
    began = time.monotonic()
    threading.Timer(0.2, guest.kill).start()
    event = guest.start("import numpy as np\nnp.convolve(np.ones(10**6), np.ones(10**6))", {}, print, check=False)
    guest.close()
    assert getattr(event, "cause", "") == "died" and time.monotonic() - began < 30


def test_there_is_no_such_thing_without_the_jail() -> None:
    with pytest.raises(SandboxUnavailable, match="jailed"):
        CPython("language-only")


def test_it_knows_no_path_of_this_project(second: Gateway) -> None:
    source = """
    here = print.__self__.__import__('sys')._getframe(1).f_globals
    return [str(here.get(name)) for name in ('__file__', '__spec__', '__cached__')]
    """
    assert value(second, source) == ["None"] * 3
