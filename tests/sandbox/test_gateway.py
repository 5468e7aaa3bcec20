"""Runs: what a program gets, what its author is told, and how the robot hears of the end."""

from __future__ import annotations

import dataclasses
import json
import threading
from collections.abc import Mapping
from typing import Any

import pytest
from contained import SKILLS, World

from instruct2act.sandbox import CallEnded, CallStarted, Gateway, Limits, Printed, StopFlag, Watch
from instruct2act.sandbox.guest import Guest
from instruct2act.sandbox.monty import Monty
from skills import Skill
from skills.errors import Aborted, MotionFailed, NoSurface, NothingFound
from skills.types import Image, Mask

pytestmark = pytest.mark.needs("jail")


@pytest.fixture
def gateway(both: Gateway) -> Gateway:
    """What is said here of runs holds in either interpreter."""
    return both


PICTURE_PROGRAM = """
def main() -> dict:
    image = GetImage()
    masks = SAM(image=image)
    obj1, masks = ImageCrop(image=image, masks=masks)
    block = CLIPRetrieval(obj1=obj1, query=templates.get("dragged obj"))
    action = PickPlace(pick=Pixel2Loc(block, masks), place=Pixel2Loc(masks[1]), bounds=BOUNDS, yaw_angle_degree=90)
    info = RobotExecution(action=action)
    return info
"""


def test_a_program_runs_and_leaves_its_calls(gateway: Gateway, world: World) -> None:
    done = world.run(gateway, PICTURE_PROGRAM, check=True)
    assert done.status == "finished" and done.error is None
    assert done.value == {"done": 1, "of": 1, "failed": [], "clipped": 0}
    names = ["GetImage", "SAM", "ImageCrop", "CLIPRetrieval", "Pixel2Loc", "Pixel2Loc", "PickPlace", "RobotExecution"]
    assert [call.name for call in done.calls] == names
    assert [call.line for call in done.calls] == [3, 4, 5, 6, 7, 7, 7, 8]
    assert done.calls[3].arguments == {
        "objs": [{"kind": "Image", "id": world.image.id}] * 3,
        "query": {"kind": "Image", "id": world.image.id},
    }
    assert done.backend.startswith(gateway.backend.name)
    assert json.loads(json.dumps(done.as_dict()))["status"] == "finished"
    assert (world.held, world.stopped) == (1, 0)


@pytest.mark.parametrize(
    "source, value",
    [
        ("def main():\n    return {'a': 1}", {"a": 1}),
        ("def main():\n    return {'a': 1}\n\nif __name__ == '__main__':\n    print(main())\n", {"a": 1}),
        ("def main():\n    return {'a': 1}\ninfo = main()", {"a": 1}),
        ("def helper(x):\n    return {'a': x}\n\ndef main():\n    return helper(2)\n\nmain()", {"a": 2}),
        ("image = GetImage()\ninfo = {'a': image.shape}", {"a": [128, 256]}),
        ("RobotExecution(PickPlace([0.5, 0.0], [0.4, 0.0]))", {"done": 1, "of": 1, "failed": [], "clipped": 0}),
        ("x = 3\nreturn {'a': x}", {"a": 3}),
        ("x = 3", 3),
        ("x = 3\nx += 1", None),
        ("def main():\n    '''text\nwith { lines\n'''\n    return {'a': 'ü'}  # ünïcode\r\n", {"a": "ü"}),
    ],
)
def test_main_is_called_once_and_flat_code_is_accepted(source: str, value: Any, gateway: Gateway, world: World) -> None:
    done = world.run(gateway, source, check=True)
    assert done.status == "finished", done.error
    assert done.value == value
    assert len(world.moved) == source.count("RobotExecution")


def test_main_runs_once_though_the_program_calls_it(gateway: Gateway, world: World) -> None:
    source = "def main():\n    return RobotExecution(PickPlace([0.5, 0.0], [0.4, 0.0]))\n"
    for tail in (
        "main()",
        "info = main()",
        "if __name__ == '__main__':\n    info = main()\n    print(info)",
        "print(main())",
    ):
        there = World(world.file)
        assert there.run(gateway, source + tail, check=True).status == "finished"
        assert len(there.moved) == 1


@pytest.mark.parametrize(
    "source, stage, line, said",
    [
        ("x = 1\ny = (", "syntax", 2, "never closed"),
        ("import os\nx = 1", "unsupported", 1, "'os'"),
        ("x = 1\nm = SAMM(GetImage())", "types", 2, "did you mean 'SAM'"),
        ("m = SAM(picture=GetImage())", "api", 1, "SAM(image, points=None, boxes=None)"),
        ("m = SAM()", "api", 1, "needs 'image'"),
        ("m = SAM(GetImage(), [], [], 4)", "api", 1, "takes 3 arguments, got 4"),
        ("m = CLIPRetrieval([], objs=[], query='x')", "api", 1, "twice"),
        ("m = SAM(GetImage())\nn = SAM(m[0])", "types", 2, "Expected `Image`, found `Mask`"),
        ("x = GetImage().pixels", "types", 1, "no attribute `pixels`"),
        ("x = templates['dragged']", "api", 1, "it has 'dragged_obj'"),
        ("def main(image):\n    return {}", "api", 1, "takes no arguments"),
        ("def plan():\n    return GetImage()", "api", 0, "nothing runs"),
    ],
)
def test_what_is_wrong_is_found_before_anything_runs(
    source: str, stage: str, line: int, said: str, gateway: Gateway, world: World
) -> None:
    found = gateway.check(source, SKILLS, world.names())
    assert (found[0].stage, found[0].line) == (stage, line) and said in found[0].message
    done = world.run(gateway, source, check=True)
    assert done.status == "refused" and not done.calls
    assert done.error is not None and (done.error.stage, done.error.line) == (stage, line)
    assert (world.held, world.stopped) == (0, 0)


@pytest.mark.parametrize(
    "source, line, said",
    [
        ("import numpy as np\nx = np.zeros(3)", 1, "pixels are worked on inside skills"),
        ("class A(Exception):\n    pass\nx = 1", 1, "cannot inherit"),
        ("def f():\n    yield 1\nx = list(f())", 2, "build a list"),
        ("x = [1]\ndel x[0]", 2, "'del'"),
    ],
)
def test_what_one_interpreter_lacks_the_other_has(
    source: str, line: int, said: str, first: Gateway, second: Gateway, world: World
) -> None:
    (found,) = first.check(source, SKILLS, world.names())
    assert (found.stage, found.line) == ("unsupported", line) and said in found.message
    assert first.run(source, SKILLS, world.dispatch).status == "refused"
    assert second.check(source, SKILLS, world.names()) == []
    assert second.run(source, SKILLS, world.dispatch).status == "finished"


@pytest.mark.parametrize(
    "source",
    [
        PICTURE_PROGRAM,
        "for x, y in clicks:\n    masks = SAM(GetImage(), points=[[x, y]])",
        "masks = SAM(GetImage(), points=clicks)",
        "best = sorted(SAM(GetImage()), key=lambda m: -m.area)[0]\nprint(best.centroid[0], best.bbox)",
        "low, high = BOUNDS['x']\nprint((low + high) / 2)",
        "import math\nfrom typing import Any\ndef f(x: Any) -> float:\n    return math.hypot(x, 1.0)\nprint(f(2))",
        "a = []\nfor m in SAM(GetImage()):\n    a.append(PickPlace(Pixel2Loc(m), [0.4, 0]))\nRobotExecution(a)",
        "for name, picture in templates.items():\n    i = CLIPRetrieval([GetImage()], picture)",
        "info = {}\nif GetImage().shape[0] > 3:\n    info = RobotExecution([])\nreturn info",
        "a, b = ImageCrop(GetImage(), [])\ntry:\n    CLIPRetrieval(a, 'x')\nexcept LookupError as e:\n    print(e)",
    ],
)
def test_honest_programs_are_not_refused(source: str, gateway: Gateway, world: World) -> None:
    assert gateway.check(source, SKILLS, world.names()) == []
    assert world.run(gateway, source, check=True).status == "finished"


@pytest.mark.slow
def test_what_was_read_is_read_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with Gateway(Monty(spare=1)) as gateway:
        taken = []
        guest = gateway.backend.guest

        def counted(*given: Any, **more: Any) -> Guest:
            taken.append(more["stubs"])
            return guest(*given, **more)

        monkeypatch.setattr(gateway.backend, "guest", counted)
        wrong, names = "x = 1\nm = SAMM(GetImage())", world.names()
        first = gateway.check(wrong, SKILLS, names)
        first.append(first[0])  # a caller's own list
        assert gateway.check(wrong, SKILLS, names) == first[:1] and len(taken) == 1
        assert gateway.check(wrong, SKILLS, {**names, "SAMM": None}) == [] and len(taken) == 2
        assert gateway.check(PICTURE_PROGRAM, SKILLS, names) == [] and len(taken) == 3
        (missing,) = gateway.check(PICTURE_PROGRAM, SKILLS, {**names, "templates": {}})
        assert "no pictures" in missing.message and len(taken) == 3  # found by its text
        for _ in range(2):  # a time that was up says nothing about the next time
            assert gateway.check("while True:\n    pass", SKILLS, names) == []
        assert len(taken) == 5


def test_a_skill_error_is_an_exception_in_the_program(gateway: Gateway, world: World) -> None:
    caught = "try:\n    CLIPRetrieval([], 'heart')\nexcept LookupError as e:\n    return {'said': str(e)}"
    assert world.run(gateway, caught).value == {"said": "there is nothing to choose from"}


@pytest.mark.parametrize(
    "error, failed_at",
    [(NothingFound("no heart"), "perception"), (NoSurface("no table"), "geometry"), (MotionFailed("stuck"), "motion")],
)
def test_a_skill_error_that_ends_the_program(error: Exception, failed_at: str, gateway: Gateway, world: World) -> None:
    def dispatch(skill: Skill, arguments: Mapping[str, Any]) -> Any:
        raise error

    source = "def find():\n    return GetImage()\n\ndef main():\n    print('looking')\n    return find()\n"
    done = gateway.run(source, SKILLS, dispatch)
    assert done.status == "failed" and done.error is not None
    failure = done.error
    assert (failure.stage, failure.type, failure.message, failure.failed_at) == (
        "api",
        type(error).__name__,
        str(error),
        failed_at,
    )
    assert (failure.line, failure.source_line.strip()) == (2, "return GetImage()")
    assert [(frame.function, frame.line) for frame in failure.frames] == [("main", 6), ("find", 2)]
    assert failure.api_calls_so_far == ("GetImage(2)",) and failure.prints_tail == "looking\n"
    assert done.calls[0].error == str(error)


def test_a_skill_that_breaks_tells_the_program_nothing(gateway: Gateway, world: World) -> None:
    done = world.run(gateway, "try:\n    RobotSetting(0.5)\nexcept Exception as e:\n    return {'said': str(e)}")
    assert done.value == {"said": "RobotSetting failed for a reason of its own, not the program's"}
    assert "KeyError" in done.calls[0].internal and str(world.file) in done.calls[0].internal


def test_listeners_hear_the_hosts_own_objects(gateway: Gateway, world: World) -> None:
    heard: list[Any] = []
    source = "masks = SAM(GetImage())\nprint('seen', len(masks))"
    gateway.run(source, SKILLS, world.dispatch, listeners=[heard.append])
    kinds = [type(event) for event in heard]
    assert kinds == [CallStarted, CallEnded, CallStarted, CallEnded, Printed]
    assert isinstance(heard[2].arguments["image"], Image) and heard[2].source_line == "masks = SAM(GetImage())"
    assert all(isinstance(mask, Mask) for mask in heard[3].result)
    assert heard[4].text == "seen 3\n"


@pytest.mark.parametrize("kind", [CallStarted, CallEnded, Printed])
def test_a_listener_that_fails_ends_the_run(kind: type, gateway: Gateway, world: World) -> None:
    def listener(event: Any) -> None:
        if isinstance(event, kind):
            raise RuntimeError("disk full")

    with pytest.raises(RuntimeError, match="disk full"):
        gateway.run(
            "print('a')\nGetImage()\nGetImage()",
            SKILLS,
            world.dispatch,
            listeners=[listener],
            on_abnormal=world.on_abnormal,
        )
    assert world.stopped == 1


def test_a_listener_of_ticks_that_fails_ends_the_run(gateway: Gateway, world: World) -> None:
    def heard(phase: str, frame: Any) -> None:
        raise OSError("disk full")

    watch = Watch(on_tick=heard)

    def dispatch(skill: Skill, arguments: Mapping[str, Any]) -> Any:
        try:
            watch.tick("move")
        except Exception as error:
            raise MotionFailed("taken for the robot's own") from error

    with pytest.raises(OSError, match="disk full"):
        gateway.run(SWALLOWS, SKILLS, dispatch, watch=watch, on_abnormal=world.on_abnormal)
    assert world.stopped == 1


# --- ends --------------------------------------------------------------------------------

SWALLOWS = "while True:\n    try:\n        GetImage()\n    except BaseException:\n        pass\n"


def test_an_abort_never_reaches_the_program(gateway: Gateway, world: World) -> None:
    called: list[str] = []

    def dispatch(skill: Skill, arguments: Mapping[str, Any]) -> Any:
        called.append(skill.name)
        raise Aborted("a person pressed stop")

    done = gateway.run(SWALLOWS, SKILLS, dispatch, on_normal=world.on_normal, on_abnormal=world.on_abnormal)
    assert done.status == "interrupted" and done.error is not None
    assert (done.error.stage, done.error.message) == ("aborted", "a person pressed stop")
    assert called == ["GetImage"] and (world.held, world.stopped) == (0, 1)


def test_stop_during_a_motion_ends_it_at_the_next_tick(gateway: Gateway, world: World) -> None:
    stop = StopFlag()
    watch = Watch(Limits(), stop)
    ticks = 0

    def dispatch(skill: Skill, arguments: Mapping[str, Any]) -> Any:
        nonlocal ticks
        for ticks in range(1, 1000):
            if ticks == 3:
                threading.Thread(target=stop.set, args=("stop was pressed",)).start()
                while not stop.is_set():
                    pass
            watch.tick("move")

    done = gateway.run(SWALLOWS, SKILLS, dispatch, watch=watch, on_abnormal=world.on_abnormal)
    assert done.status == "interrupted" and ticks == 3 and world.stopped == 1


def test_stop_ends_a_program_that_spins(gateway: Gateway, world: World) -> None:
    stop = StopFlag()
    limits = Limits(program_s=60, turn_s=60)

    def press(event: Any) -> None:
        threading.Timer(0.1, stop.set).start()

    source = "print('spinning')\nwhile True:\n    pass"
    done = gateway.run(
        source, SKILLS, world.dispatch, limits=limits, stop=stop, listeners=[press], on_abnormal=world.on_abnormal
    )
    assert done.status == "interrupted" and done.seconds["program"] < 30 and world.stopped == 1


def test_a_stop_before_the_start_lets_nothing_run(gateway: Gateway, world: World) -> None:
    stop = StopFlag()
    stop.set("not now")
    done = gateway.run("GetImage()", SKILLS, world.dispatch, stop=stop, on_abnormal=world.on_abnormal)
    assert done.status == "interrupted" and not done.calls and world.stopped == 1


def test_a_keyboard_interrupt_in_a_skill_interrupts(gateway: Gateway, world: World) -> None:
    def dispatch(skill: Skill, arguments: Mapping[str, Any]) -> Any:
        raise KeyboardInterrupt

    stop = StopFlag()
    done = gateway.run(SWALLOWS, SKILLS, dispatch, stop=stop, on_abnormal=world.on_abnormal)
    assert done.status == "interrupted" and stop.is_set() and world.stopped == 1 and len(done.calls) == 1


def test_a_deadline_ends_a_motion(gateway: Gateway, world: World) -> None:
    now = [0.0]
    watch = Watch(Limits(), now=lambda: now[0])

    def dispatch(skill: Skill, arguments: Mapping[str, Any]) -> Any:
        watch.planned(1.0)
        while now[0] < 1000:
            now[0] += 0.05
            watch.tick("move")

    done = gateway.run(SWALLOWS, SKILLS, dispatch, watch=watch, on_abnormal=world.on_abnormal)
    assert done.status == "failed" and done.error is not None
    assert (done.error.stage, done.error.failed_at) == ("limit", "motion") and "7.0 s" in done.error.message
    assert done.seconds["motion"] == pytest.approx(7.05) and world.stopped == 1


def test_a_worker_that_dies_is_the_infrastructures_fault(gateway: Gateway, world: World) -> None:
    guest = gateway.backend.guest(Limits(), functions=frozenset())
    guest.kill()
    event = guest.start("x = 1", {}, lambda _: None, check=False)
    guest.close()
    assert getattr(event, "cause", "") == "died"


def test_robot_is_stopped_though_its_stop_is_late_to_fail(gateway: Gateway, world: World) -> None:
    def stop() -> None:
        world.on_abnormal()
        raise OSError("cable")

    with pytest.raises(OSError, match="cable"):
        gateway.run("1 / 0", SKILLS, world.dispatch, on_abnormal=stop)
    assert world.stopped == 1
    assert world.run(gateway, "x = 1").status == "finished"


def test_a_run_repeats(gateway: Gateway, world: World) -> None:
    source = "import random, time\nreturn [random.random(), time.time(), sorted({'b', 'a'})]"
    first, second = world.run(gateway, source), world.run(gateway, source)
    other = gateway.run(source, SKILLS, world.dispatch, seed=1)
    assert first.value == second.value != other.value


def test_prints_are_kept_to_their_limit(gateway: Gateway, world: World) -> None:
    limits = dataclasses.replace(Limits(), print_chars=10)
    done = world.run(gateway, "print('123456789')", limits=limits)
    assert (done.status, done.prints) == ("finished", "123456789\n")
    done = world.run(gateway, "print('1234567890')", limits=limits)
    assert done.error is not None and (done.error.type, done.prints) == ("PrintLimit", "1234567890")
