"""Everything that the tests' bridge can do wrong, once each: how a motion under it ends, and what moves afterwards."""

from __future__ import annotations

import ast
import time
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from instruct2act.bench.tables import Progress, say
from skills.errors import SkillError
from skills.robots import Silent, rosbridge
from skills.robots.rosbridge import build
from skills.robots.rosbridge.errors import BridgeError

PHASES = ("approach", "grasp", "lift", "transfer", "release", "retreat")
LINKS = ("control", "safety", "cameras")
REST_S = 3.0
"""So long an arm may take to come to rest: many times its watchdog."""


def cases() -> Iterator[tuple[str, dict[str, Any]]]:
    """A name and the changed fields of the double's ``Faults``."""
    for phase in PHASES:
        yield f"all links cut in {phase}", {"cut_at": phase}
    for link in LINKS:
        yield f"{link} cut in lift", {"cut_at": "lift", "links": (link,)}
    for link in LINKS:
        yield f"{link} frozen in lift", {"freeze_at": "lift", "links": (link,)}
    yield "goal refused without a word", {"reject_silently": True}
    for kind in ("never", "lies", "aborted_true", "twice", "late", "wrong_type", "nan", "unknown_code", "other_id"):
        yield f"result: {kind}", {"result": kind}
    for kind in ("never", "nan", "wrong_type", "moving", "grasped"):
        yield f"state: {kind}", {"state": kind}
    for kind in ("none", "nan", "frozen", "strays"):
        yield f"tf: {kind}", {"tf": kind}
    for kind in ("none", "stale", "future", "wrong_type", "half", "slow"):
        yield f"pictures: {kind}", {"images": kind}
    yield "the arm's clock jumps by an hour", {"clock_skew_s": 3600.0}
    yield "the camera's clock jumps by an hour", {"camera_skew_s": 3600.0}
    yield "fragments with totals like 2.86", {"fragments": True}
    yield "nothing was grasped", {"misses": True}


def faults(transport: str) -> None:
    """Prints a row a fault: a motion and a look under it, the state, whether the arm rests, and an acknowledgement.

    ``held`` says that the arm came to rest and that nothing moved again before the acknowledgement, ``again`` that a
    motion is done after it, the fault being over.
    """
    given = list(cases())
    steps, wrong = Progress(len(given)), list[str]()
    say(f"\n{f'fault, {transport}':<38}{'motion':>10}{'s':>6}{'look':>12}{'state':>11}{'held':>6}{'again':>7}")
    for name, changes in given:
        status, seconds, look, state, held, again = _played(changes, transport)
        steps.step(name)
        say(f"{name:<38}{status:>10}{seconds:>6.1f}{look:>12}{state:>11}{_said(held):>6}{_said(again):>7}")
        if not (held and again):
            wrong.append(name)
    say(f"{len(given)} faults; not held or not usable afterwards: {', '.join(wrong) or 'none'}")


def _played(changes: dict[str, Any], transport: str) -> tuple[str, float, str, str, bool, bool]:
    from instruct2act.bench.bridge import doubles

    double = doubles()
    with (
        double.Double(double.KinematicArm()) as server,
        build(**double.robots_file(server, transport=transport)) as arm,
    ):
        well = dict(vars(server.faults))
        vars(server.faults).update(changes)
        time.sleep(1.2)  # until what came before is too old to be used
        began = time.monotonic()
        status = arm.execute(double.PICK, Silent()).status
        seconds = time.monotonic() - began
        look = _look(arm)
        until = time.monotonic() + REST_S
        while changes.get("freeze_at") and arm.state == "READY" and time.monotonic() < until:
            time.sleep(0.01)  # it is noticed by a ping that is not answered
        state, begun = arm.state, len(server.node.motions)
        if state != "READY":
            arm.execute(double.PICK, Silent())
        until = time.monotonic() + REST_S
        while server.node.state == "MOVING" and time.monotonic() < until:
            time.sleep(0.01)
        held = server.node.state != "MOVING" and len(server.node.motions) == begun
        if changes.get("fragments") and transport == "roslibpy":  # which can't read them: the bridge must not
            return status, seconds, look, state, held, True
        vars(server.faults).update(well)
        time.sleep(0.3)  # until what is well was heard
        return status, seconds, look, state, held, _again(arm, double.PICK)


def _again(arm: Any, action: Any) -> bool:
    """Whether a person gets it to move again.

    Tried thrice: a frozen link may not be noticed yet, and on a machine that stalls for 0.5 s the watchdog acts.
    """
    for _ in range(3):
        try:
            arm.acknowledge()
            if arm.execute(action, Silent()).status == "done" and _look(arm) == "seen":
                return True
        except BridgeError:
            pass
        time.sleep(1.0)
    return False


def _look(arm: Any) -> str:
    try:
        arm.observe()
    except SkillError as error:
        return {"NoPicture": "no picture", "LinkLost": "no link"}.get(type(error).__name__, "no answer")
    return "seen"


def _said(is_so: bool) -> str:
    return "yes" if is_so else "NO"


def client() -> None:
    """Prints how many lines the client has."""
    files = sorted(Path(rosbridge.__file__).parent.glob("*.py"))
    rows = {file.name: (len(file.read_text(encoding="utf-8").splitlines()), code(file)) for file in files}
    wire = [rows[name] for name in ("link.py", "calls.py", "wire.py")]
    for what, counted in (("the client", list(rows.values())), ("of it, the thin transport", wire)):
        lines, bare = (sum(column) for column in zip(*counted))
        say(f"{what:<38}{len(counted):>4} files{lines:>7} lines{bare:>7} without docstrings, comments and blanks")


def code(file: Path) -> int:
    """A module's lines that hold neither docstrings, comments nor nothing."""
    prose = set[int]()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            prose.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    idle = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING}
    with file.open("rb") as stream:
        tokens = [one for one in tokenize.tokenize(stream.readline) if one.type not in {*idle, tokenize.ENDMARKER}]
    return len({line for one in tokens for line in range(one.start[0], one.end[0] + 1)} - prose)
