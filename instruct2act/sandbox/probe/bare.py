"""Raw system calls from inside a jail: what holds when an interpreter has been taken over altogether.

In Monty's place a bare CPython is started by the same launcher; it may read its own library and nothing else. In the
other interpreter the same lines are a program's.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from instruct2act.sandbox.jail import Jail

X86 = os.uname().machine == "x86_64"

NUMBERS: dict[str, tuple[int, int]] = {  # x86_64, aarch64
    "kill": (62, 129), "tkill": (200, 130), "tgkill": (234, 131), "ptrace": (101, 117), "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271), "pidfd_open": (434, 434), "pidfd_getfd": (438, 438), "unshare": (272, 97),
    "setns": (308, 268), "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51),
    "bpf": (321, 280), "perf_event_open": (298, 241), "io_uring_setup": (425, 425), "io_uring_enter": (426, 426),
    "keyctl": (250, 219), "add_key": (248, 217), "init_module": (175, 105), "kexec_load": (246, 104),
    "userfaultfd": (323, 282), "memfd_create": (319, 279), "execveat": (322, 281), "setuid": (105, 146),
    "setgid": (106, 144), "setresuid": (117, 147), "capset": (126, 91), "seccomp": (317, 277), "personality": (135, 92),
    "sethostname": (170, 161), "reboot": (169, 142), "swapon": (167, 224), "settimeofday": (164, 170),
    "clock_settime": (227, 112), "quotactl": (179, 60), "acct": (163, 89), "open_by_handle_at": (304, 265),
    "name_to_handle_at": (303, 264), "fanotify_init": (300, 262), "socket": (41, 198), "socketpair": (53, 199),
    "bind": (49, 200), "connect": (42, 203), "sendto": (44, 206), "sendmsg": (46, 211), "shmget": (29, 194),
    "msgget": (68, 186), "semget": (64, 190), "mq_open": (240, 180), "timer_create": (222, 107), "ioctl": (16, 29),
    "dup": (32, 23), "splice": (275, 76), "vmsplice": (278, 75), "sched_setaffinity": (203, 122),
    "setpriority": (141, 140), "setrlimit": (160, 164), "landlock_create_ruleset": (444, 444),
    "mount_setattr": (442, 442), "fsopen": (430, 430), "clone": (56, 220), "clone3": (435, 435), "prctl": (157, 167),
    "prlimit64": (302, 261), "mmap": (9, 222), "mprotect": (10, 226),
}  # fmt: skip

PYTHON = Path(sys.executable).resolve()
_LIBRARIES = tuple(path for path in map(Path, (sys.base_prefix, "/usr/lib", "/lib")) if path.exists())
_TOOLS = """
libc = ctypes.CDLL(None, use_errno=True)
def call(*arguments):
    ctypes.set_errno(0)
    wide = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    return [libc.syscall(*wide), ctypes.get_errno()]
def attempt(function):
    try:
        return ["done", repr(function())[:200]]
    except BaseException as error:
        return [type(error).__name__, getattr(error, "errno", None)]
"""
_OWN = "import ctypes, json, os, sys\n"
_FOUND = "load = print.__self__.__import__\nos, ctypes = load('os'), load('ctypes')\n"


def program(attempts: str, **named: object) -> str:
    """Attempts (a Python expression, a list) as a program that returns what came of them."""
    return f"{_FOUND}{_TOOLS}{_assigned(named)}return {attempts}\n"


def inside(code: str, pass_fds: Sequence[int] = (), **named: object) -> Any:
    """Runs Python in Monty's jail; what it leaves in ``result``.

    Raises:
        Killed: a signal, or an exit status other than 0, ended it.
    """
    source = f"{_OWN}{_TOOLS}{_assigned(named)}{code}\nos.write(1, json.dumps(result).encode())"
    with Jail(PYTHON, readable=_LIBRARIES, keep_stderr=True) as jail:
        done = subprocess.run(
            [str(jail.path), "-I", "-S", "-c", source],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
            pass_fds=pass_fds,
            check=False,
        )
    if done.returncode != 0:
        raise Killed(done.returncode, done.stderr[-2000:].decode(errors="replace"))
    return json.loads(done.stdout)


class Killed(Exception):
    """A process in the jail did not end by itself.

    Attributes:
        status: minus the signal that ended it, or its exit status.
    """

    def __init__(self, status: int, said: str) -> None:
        super().__init__(f"{status}: {said}")
        self.status = status


def _assigned(named: dict[str, object]) -> str:
    numbers = {name: pair[0 if X86 else 1] for name, pair in NUMBERS.items()}
    return "".join(f"{name} = {value!r}\n" for name, value in {"number": numbers, **named}.items())
