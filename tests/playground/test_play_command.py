"""The command `play`: who may be let in, and what the server has loaded."""

from __future__ import annotations

import subprocess
import sys

import pytest

from instruct2act.playground.command import allowed
from skills.errors import Mistake

TOKEN = "0123456789abcdef"


def test_others_need_a_token() -> None:
    allowed("127.0.0.1", [])
    allowed("localhost", [])
    allowed("::1", [])
    allowed("0.0.0.0", [TOKEN])
    for host in ("0.0.0.0", "192.0.2.1", "::", "example.org"):
        with pytest.raises(Mistake, match="token"):
            allowed(host, [])
    with pytest.raises(Mistake, match="guessed"):
        allowed("0.0.0.0", [TOKEN, "short"])


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_no_other_host_without_a_token(host: str) -> None:
    code = (
        f"import sys; sys.argv = ['instruct2act', 'play', '--host', {host!r}, '--no-open']\n"
        "from instruct2act.cli import main\nmain()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 2 and "token" in done.stderr and "Traceback" not in done.stderr


def test_the_server_loads_no_model() -> None:
    code = (
        "import sys; import instruct2act.playground.server.application; "
        "print([m for m in ('torch', 'cv2', 'pybullet', 'open_clip', 'openai', 'skills.robots.rosbridge', "
        "'instruct2act.robot.playing') if m in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert told.stdout.strip() == "[]"
