"""Raw system calls from inside the jail: what holds when the interpreter itself has been taken over.

A bare CPython is started in place of the interpreter, by the same launcher. It may read its own library and nothing
else, and calls the kernel directly.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from instruct2act.sandbox.jail import Jail, layers

pytestmark = pytest.mark.needs("jail")

_PRELUDE = """
import ctypes, json, os, sys
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

_X86 = os.uname().machine == "x86_64"
PYTHON = Path(sys.executable).resolve()
READABLE = (Path(sys.base_prefix), *(path for path in (Path("/usr/lib"), Path("/lib")) if path.exists()))


def inside(code: str, pass_fds: tuple[int, ...] = (), **named: object) -> Any:
    """Runs Python in the jail; what it leaves in ``result``."""
    assigned = "".join(f"{name} = {value!r}\n" for name, value in named.items())
    source = f"{_PRELUDE}{assigned}{code}\nos.write(1, json.dumps(result).encode())"
    with Jail(PYTHON, readable=READABLE, keep_stderr=True) as jail:
        done = subprocess.run(
            [str(jail.path), "-I", "-S", "-c", source],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
            pass_fds=pass_fds,
            check=False,
        )
    assert done.returncode == 0, (done.returncode, done.stderr[-2000:])
    return json.loads(done.stdout)


def test_a_program_runs_in_it_at_all() -> None:
    assert inside("result = sum(range(10))") == 45


REFUSED = ([-1, 1], [-1, 13])  # EPERM, EACCES


@pytest.mark.parametrize("flags", ["os.O_RDONLY", "os.O_WRONLY", "os.O_RDWR | os.O_CREAT", "os.O_RDONLY | os.O_PATH"])
def test_no_file_is_opened(flags: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("canary", encoding="utf-8")
    result = inside(
        f"result = attempt(lambda: os.read(os.open(path, {flags}), 100) if {flags} != os.O_WRONLY "
        "else os.write(os.open(path, os.O_WRONLY), b'x'))",
        path=str(secret),
    )
    assert result[0] in ("PermissionError", "OSError") and "canary" not in str(result)
    assert secret.read_text(encoding="utf-8") == "canary"


@pytest.mark.parametrize("path", ["/etc/passwd", "/proc/self/environ", "/proc/1/cmdline", "/dev/mem", "/", "/tmp"])
def test_nothing_of_the_system_is_read(path: str) -> None:
    result = inside(
        "result = [attempt(lambda: os.read(os.open(path, os.O_RDONLY), 10)), attempt(lambda: os.listdir(path))]",
        path=path,
    )
    assert all(kind != "done" for kind, _ in result)


@pytest.mark.parametrize(
    "change",
    [
        "os.mkdir(path + '/new')",
        "os.unlink(path + '/file')",
        "os.rename(path + '/file', path + '/other')",
        "os.symlink('/etc', path + '/link')",
        "os.link(path + '/file', path + '/link')",
        "os.chmod(path + '/file', 0o777)",
        "os.truncate(path + '/file', 0)",
        "os.chroot(path)",
        "os.chdir(path)",
        "os.mkfifo(path + '/fifo')",
        "os.setxattr(path + '/file', 'user.x', b'1')",
    ],
)
def test_nothing_in_the_file_system_changes(change: str, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("kept", encoding="utf-8")
    result = inside(f"result = attempt(lambda: {change})", path=str(tmp_path))
    assert result[0] == "PermissionError"
    assert file.read_text(encoding="utf-8") == "kept" and [entry.name for entry in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("family, kind", [(1, 1), (1, 2), (2, 1), (2, 2), (2, 3), (10, 1), (16, 3), (17, 3), (40, 1)])
def test_no_socket_is_made(family: int, kind: int) -> None:
    number = 41 if _X86 else 198
    assert inside("result = call(number, family, kind, 0)", number=number, family=family, kind=kind) in REFUSED


@pytest.mark.parametrize("program", ["/bin/sh", "/usr/bin/env", "/bin/true"])
def test_no_other_program_is_executed(program: str) -> None:
    if not Path(program).exists():
        pytest.skip(f"{program} does not exist here")
    assert inside("result = attempt(lambda: os.execve(path, [path], {}))", path=program) == ["PermissionError", 13]


@pytest.mark.parametrize("make", ["os.fork()", "os.forkpty()", "os.posix_spawn('/bin/true', ['true'], {})"])
def test_no_process_is_made(make: str) -> None:
    assert inside(f"result = attempt(lambda: {make})")[0] in ("PermissionError", "OSError")


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


_NUMBERS = {  # x86_64, aarch64
    "kill": (62, 129), "tkill": (200, 130), "tgkill": (234, 131), "ptrace": (101, 117), "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271), "pidfd_open": (434, 434), "pidfd_getfd": (438, 438), "unshare": (272, 97),
    "setns": (308, 268), "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51),
    "bpf": (321, 280), "perf_event_open": (298, 241), "io_uring_setup": (425, 425), "io_uring_enter": (426, 426),
    "keyctl": (250, 219), "add_key": (248, 217), "init_module": (175, 105), "kexec_load": (246, 104),
    "userfaultfd": (323, 282), "memfd_create": (319, 279), "execveat": (322, 281), "setuid": (105, 146),
    "setgid": (106, 144), "setresuid": (117, 147), "capset": (126, 91), "seccomp": (317, 277), "personality": (135, 92),
    "sethostname": (170, 161), "reboot": (169, 142), "swapon": (167, 224), "settimeofday": (164, 170),
    "clock_settime": (227, 112), "quotactl": (179, 60), "acct": (163, 89), "open_by_handle_at": (304, 265),
    "name_to_handle_at": (303, 264), "fanotify_init": (300, 262), "socketpair": (53, 199), "bind": (49, 200),
    "connect": (42, 203), "sendto": (44, 206), "sendmsg": (46, 211), "shmget": (29, 194), "msgget": (68, 186),
    "semget": (64, 190), "mq_open": (240, 180), "timer_create": (222, 107), "ioctl": (16, 29), "dup": (32, 23),
    "splice": (275, 76), "vmsplice": (278, 75), "sched_setaffinity": (203, 122), "setpriority": (141, 140),
    "setrlimit": (160, 164), "landlock_create_ruleset": (444, 444), "mount_setattr": (442, 442), "fsopen": (430, 430),
}  # fmt: skip


def test_system_calls_outside_the_list_are_refused() -> None:
    numbers = {name: pair[0 if _X86 else 1] for name, pair in _NUMBERS.items()}
    result = inside(
        "result = {name: call(number, 0, 0, 0, 0, 0, 0) for name, number in numbers.items()}", numbers=numbers
    )
    assert {name: answer for name, answer in result.items() if answer != [-1, 1]} == {}


def test_conditions_of_the_filter() -> None:
    clone, clone3, prctl, prlimit, mmap = (56, 435, 157, 302, 9) if _X86 else (220, 435, 167, 261, 222)
    result = inside(
        "page = libc.syscall\n"
        "result = {\n"
        "  'clone': call(clone, 17, 0, 0, 0, 0),\n"
        "  'clone_new_user': call(clone, 0x10000000 | 17, 0, 0, 0, 0),\n"
        "  'clone3': call(clone3, 0, 0),\n"
        "  'prctl_dumpable': call(prctl, 4, 1, 0, 0, 0),\n"
        "  'prctl_seccomp': call(prctl, 22, 1, 0, 0, 0),\n"
        "  'prctl_keepcaps': call(prctl, 8, 1, 0, 0, 0),\n"
        "  'prlimit_set': call(prlimit, 0, 9, ctypes.create_string_buffer(16), 0),\n"
        "  'write_and_execute': call(mmap, 0, 4096, 7, 0x22, -1, 0),\n"
        "}",
        clone=clone,
        clone3=clone3,
        prctl=prctl,
        prlimit=prlimit,
        mmap=mmap,
    )
    assert result.pop("clone3") == [-1, 38]  # ENOSYS: the C library falls back to clone
    assert {name: answer for name, answer in result.items() if answer != [-1, 1]} == {}


@pytest.mark.skipif(not _X86, reason="x32 numbers exist on x86_64 only")
def test_another_call_table_kills() -> None:
    with pytest.raises(AssertionError, match="-31"):  # SIGSYS
        inside("result = call(0x40000000 | 39)")


def test_memory_is_bounded() -> None:
    assert inside("result = attempt(lambda: len(bytearray(2 << 30)))")[0] == "MemoryError"


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
