"""What a forked process may use and reach."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import instruct2act.playground

ROOM = Path(instruct2act.playground.__file__).parent


def tried(code: str) -> str:
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    return f"{told.returncode} {told.stdout.strip()} {told.stderr.strip()[-500:]}".strip()


def test_memory_above_the_base_is_bounded() -> None:
    """A process that holds much already gets as much more as one that holds little."""
    code = (
        "from instruct2act.playground.work.child import bound\n"
        "held = bytearray({held} << 20)\n"
        "bound(None, 128)\n"
        "more = bytearray(64 << 20)\n"
        "try:\n    bytearray(160 << 20); print('taken')\nexcept MemoryError:\n    print('refused')\n"
    )
    for held in (1, 700):
        assert tried(code.format(held=held)) == "0 refused"


def test_processor_time_is_bounded() -> None:
    told = tried("from instruct2act.playground.work.child import bound\nbound(1, None)\nwhile True: pass")
    assert told.startswith("-24")  # SIGXCPU


def test_no_real_robot_is_within_reach() -> None:
    """Neither a module of the room names one, nor can one be imported where programs run."""
    for file in ROOM.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [f"{node.module}.{alias.name}" for alias in node.names] + [node.module or ""]
            assert not any("rosbridge" in name or name.startswith("instruct2act.robot") for name in names), file
    code = (
        "from instruct2act.playground.work import preload\n"
        "preload.forbid()\n"
        "from instruct2act import registry\n"
        "for name in ('skills.robots.rosbridge', 'skills.robots.rosbridge.robot', 'instruct2act.robot.stage'):\n"
        "    try:\n        __import__(name)\n        print('reached', name)\n    except ImportError:\n        pass\n"
        "try:\n    registry.find('skills.robots', 'rosbridge'); print('found')\nexcept ImportError:\n    pass\n"
    )
    assert tried(code) == "0"
