"""Raw system calls from inside the jail: what holds when the interpreter itself has been taken over.

A bare CPython is started in place of the interpreter, by the same launcher. It may read its own library and nothing
else, and calls the kernel directly. What it is refused is the battery's class `raw`; here is the rest.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from instruct2act.sandbox.jail import layers
from instruct2act.sandbox.probe.bare import inside

pytestmark = pytest.mark.needs("jail")


def test_a_program_runs_in_it_at_all() -> None:
    assert inside("result = sum(range(10))") == 45


def test_nobody_outside_is_signalled() -> None:
    with subprocess.Popen(["sleep", "600"]) as other:  # so that a jail that fails harms nobody else
        try:
            result = inside(
                "result = [attempt(lambda: os.kill(other, s)) for s in (0, 15, 9)]"
                " + [attempt(lambda: os.kill(pid, 0)) for pid in (host, 1, -1)]",
                other=other.pid,
                host=os.getpid(),
            )
            assert [kind for kind, _ in result] == ["PermissionError"] * 6
            assert other.poll() is None
        finally:
            other.kill()


def test_no_capability_environment_or_file_is_inherited(tmp_path: Path) -> None:
    inherited = os.open(tmp_path, os.O_RDONLY)
    try:
        result = inside(
            "head, data = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()\n"
            "asked = libc.capget(head, data)\n"
            "opened = [fd for fd in range(3, 64) if attempt(lambda: os.fstat(fd))[0] == 'done']\n"
            "result = {'environment': sorted(os.environ), 'open': opened, 'capabilities': [asked, *data]}",
            pass_fds=(inherited,),
        )
    finally:
        os.close(inherited)
    assert result["environment"] in ([], ["LC_CTYPE"])  # CPython sets LC_CTYPE itself
    assert result["open"] == []
    assert result["capabilities"] == [-1, 0, 0, 0, 0, 0, 0]  # the call is refused; /proc cannot be read either


def test_capabilities_are_gone_before_the_filter_closes() -> None:
    """The launcher reads its own sets back and refuses to go on with any of them; as a layer of its own it holds."""
    assert {layer.name: layer.holds for layer in layers()}["capabilities"]


def test_every_mandatory_layer_holds_here() -> None:
    assert {layer.name for layer in layers() if layer.mandatory} == {
        "rlimits",
        "no_new_privs",
        "capabilities",
        "landlock",
        "seccomp",
    }
    assert all(layer.holds and not layer.advice for layer in layers() if layer.mandatory)
