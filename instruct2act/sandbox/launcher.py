"""Locks this process into the jail, then becomes the program named on the command line.

Run as a script by a bare interpreter (``python -I -S launcher.py --parent PID --read FILE … -- PROGRAM ARGS``); it uses
the standard library only and applies, in this order, what `jail.layers` lists. Where a mandatory layer cannot be set up
it writes one line to stderr and exits with `REFUSED`; nothing has run then. ``cpython/zygote.py`` loads it for the
layers alone and puts them up in its children.

It runs before every program: what it imports is a part of what an episode costs, so `_signal`, `os.uname` and plain
``try`` stand where `signal`, `platform` and `contextlib` would each take longer to import than all the rest to run.

Sources: landlock(7), seccomp(2), capabilities(7), ``linux/landlock.h`` and ``linux/filter.h``.
"""

from __future__ import annotations

import _signal as signal  # type: ignore[import-not-found]
import ctypes
import os
import resource
import stat
import struct
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

REFUSED = 97
MEMORY_BYTES = 1 << 30
CPU_SECONDS = 120

_libc = ctypes.CDLL(None, use_errno=True)

# --- what the kernel calls things -----------------------------------------------------------------------------------

_ARCHES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
_SYSCALLS = {  # name: (x86_64, aarch64); None where an architecture lacks it
    "read": (0, 63), "write": (1, 64), "close": (3, 57), "fstat": (5, 80), "poll": (7, None), "lseek": (8, 62),
    "munmap": (11, 215), "brk": (12, 214), "rt_sigaction": (13, 134), "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139), "pread64": (17, 67), "readv": (19, 65), "writev": (20, 66), "access": (21, None),
    "sched_yield": (24, 124), "mremap": (25, 216), "madvise": (28, 233), "nanosleep": (35, 101), "getpid": (39, 172),
    "execve": (59, 221), "exit": (60, 93), "fcntl": (72, 25), "getcwd": (79, 17), "readlink": (89, None),
    "getuid": (102, 174), "getgid": (104, 176), "geteuid": (107, 175), "getegid": (108, 177),
    "sigaltstack": (131, 132), "arch_prctl": (158, None), "gettid": (186, 178), "futex": (202, 98),
    "sched_getaffinity": (204, 123), "getdents64": (217, 61), "set_tid_address": (218, 96),
    "restart_syscall": (219, 128), "clock_gettime": (228, 113), "clock_getres": (229, 114),
    "clock_nanosleep": (230, 115), "exit_group": (231, 94), "openat": (257, 56), "newfstatat": (262, 79),
    "readlinkat": (267, 78), "faccessat": (269, 48), "ppoll": (271, 73), "set_robust_list": (273, 99),
    "getrandom": (318, 278), "statx": (332, 291), "rseq": (334, 293),
}  # fmt: skip
_MMAP, _MPROTECT, _CLONE, _PRCTL, _PRLIMIT, _CLONE3 = (9, 222), (10, 226), (56, 220), (157, 167), (302, 261), (435, 435)
_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446
_CLOSE_RANGE = 436
_SECCOMP = (317, 277)

_PR_SET_PDEATHSIG, _PR_CAPBSET_DROP, _PR_SET_SECUREBITS, _PR_SET_NO_NEW_PRIVS, _PR_CAP_AMBIENT = 1, 24, 28, 38, 47
_CLONE_NEWUTS, _CLONE_NEWIPC, _CLONE_NEWUSER, _CLONE_NEWNET = 0x04000000, 0x08000000, 0x10000000, 0x40000000
_FS_EXECUTE, _FS_READ_FILE, _FS_READ_DIR = 1, 4, 8
_FS_RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_EPERM, _ENOSYS = 1, 38


class Missing(Exception):
    """A layer cannot be set up on this machine."""


def _call(number: int, *arguments: object) -> int:
    result: int = _libc.syscall(ctypes.c_long(number), *arguments)
    return result


def _why() -> str:
    return os.strerror(ctypes.get_errno())


def _prctl(option: int, value: int = 0) -> None:
    zero = ctypes.c_ulong(0)
    if _libc.prctl(option, ctypes.c_ulong(value), zero, zero, zero) != 0:
        raise Missing(f"prctl {option}: {_why()}")


# --- the layers -------------------------------------------------------------------------------------------------------


def limit_resources(memory_bytes: int = MEMORY_BYTES, cpu_s: int = CPU_SECONDS) -> None:
    """Memory, CPU, files, core dumps. Processes are limited where the jail counts its own (a user namespace)."""
    wanted = [
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_CPU, cpu_s),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 16),
        (resource.RLIMIT_CORE, 0),
    ]
    for which, value in wanted:
        hard = resource.getrlimit(which)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(which, (value, value))


def no_new_privileges() -> None:
    """No program that is executed from here on gains a privilege (setuid, file capabilities)."""
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)


def leave_namespaces() -> None:
    """Own user, network (no interface), IPC and host name."""
    flags = _CLONE_NEWNET | _CLONE_NEWIPC | _CLONE_NEWUTS
    if _libc.unshare(flags | _CLONE_NEWUSER) == 0:
        resource.setrlimit(resource.RLIMIT_NPROC, (64, 64))
    elif _libc.unshare(flags) != 0:
        raise Missing(f"unshare: {_why()}")


def drop_capabilities() -> None:
    """Empties every capability set, and keeps uid 0 from getting them back."""
    wanted = [(_PR_SET_SECUREBITS, 0b101111)]  # NOROOT, NO_SETUID_FIXUP, both locked; keep-caps locked off
    for option, value in [*wanted, *((_PR_CAPBSET_DROP, capability) for capability in range(64))]:
        try:
            _prctl(option, value)
        except Missing:  # without CAP_SETPCAP there is nothing to drop; the check below decides
            continue
    _libc.prctl(_PR_CAP_AMBIENT, ctypes.c_ulong(4), ctypes.c_ulong(0), ctypes.c_ulong(0), ctypes.c_ulong(0))
    header = struct.pack("Ii", 0x20080522, 0)
    if _libc.capset(ctypes.create_string_buffer(header), ctypes.create_string_buffer(24)) != 0:
        raise Missing(f"capset: {_why()}")
    with open("/proc/self/status", encoding="ascii") as file:  # noqa: PTH123 (pathlib would double the start-up)
        held = {line.split(":")[0]: int(line.split()[1], 16) for line in file if line.startswith("Cap")}
    kept = [name for name in ("CapInh", "CapPrm", "CapEff", "CapAmb") if held.get(name)]
    if os.geteuid() == 0 and held.get("CapBnd"):
        kept.append("CapBnd")
    if kept:
        raise Missing(f"still held: {', '.join(kept)}")


def landlock(readable: Iterable[str] = (), executable: Iterable[str] = ()) -> None:
    """No file, no TCP, no signal and no abstract socket outside: but for reading and executing what is named."""
    abi = _call(_LANDLOCK_CREATE, None, 0, 1)
    if abi < 1:
        raise Missing(f"this kernel offers no landlock: {_why()}")
    rights = _FS_RIGHTS[max(version for version in _FS_RIGHTS if version <= abi)]
    attribute = struct.pack("QQQ", rights, 3 if abi >= 4 else 0, 3 if abi >= 6 else 0)
    size = 24 if abi >= 6 else 16 if abi >= 4 else 8
    ruleset = _call(_LANDLOCK_CREATE, ctypes.create_string_buffer(attribute[:size]), ctypes.c_size_t(size), 0)
    if ruleset < 0:
        raise Missing(f"landlock_create_ruleset: {_why()}")
    runs = set(executable)
    for path in [*readable, *runs]:
        access = _FS_READ_FILE | (_FS_EXECUTE if path in runs else 0)
        try:
            anchor = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError as error:
            raise Missing(f"{path}: {error.strerror}") from None
        access |= _FS_READ_DIR if stat.S_ISDIR(os.fstat(anchor).st_mode) else 0
        rule = struct.pack("=Qi", access, anchor)
        if _call(_LANDLOCK_ADD, ruleset, 1, ctypes.create_string_buffer(rule, len(rule)), 0) != 0:
            raise Missing(f"landlock_add_rule {path}: {_why()}")
        os.close(anchor)
    if _call(_LANDLOCK_RESTRICT, ruleset, 0) != 0:
        raise Missing(f"landlock_restrict_self: {_why()}")
    os.close(ruleset)


def seccomp_program(allowed: Iterable[str] = _SYSCALLS, bare: bool = False) -> bytes:
    """The filter: a list of system calls that pass, a few of them with conditions, everything else EPERM.

    Args:
        allowed: names in `_SYSCALLS`.
        bare: no threads, no prctl, no limits to read, no memory that executes: for a process that loads nothing more.
    """
    machine = os.uname().machine
    if machine not in _ARCHES or sys.byteorder != "little" or ctypes.sizeof(ctypes.c_void_p) != 8:
        raise Missing(f"no system call table for {machine}")
    column, arch = _ARCHES[machine]
    code: list[tuple[int, int, int, int]] = []

    def load(offset: int) -> None:
        code.append((0x20, 0, 0, offset))  # BPF_LD | BPF_W | BPF_ABS

    def give(action: int) -> None:
        code.append((0x06, 0, 0, action))  # BPF_RET | BPF_K

    def equal(value: int, skip: int) -> None:
        code.append((0x15, 0, skip, value))  # BPF_JMP | BPF_JEQ: falls through when equal, else skips

    def some_bit(mask: int, skip: int) -> None:
        code.append((0x45, 0, skip, mask))  # BPF_JMP | BPF_JSET

    def argument(index: int) -> int:
        return 16 + 8 * index  # the low word, little endian

    load(4)
    code.append((0x15, 1, 0, arch))
    give(_KILL)
    load(0)
    code.append((0x35, 0, 1, 0x40000000))  # BPF_JGE: x32 numbers
    give(_KILL)
    for name in allowed:
        number = _SYSCALLS[name][column]
        if number is not None:
            equal(number, 1)
            give(_ALLOW)

    if bare:
        for both in (_MPROTECT, _MMAP):
            equal(both[column], 4)
            load(argument(2))
            some_bit(4, 1)
            give(_ERRNO | _EPERM)
            give(_ALLOW)
        give(_ERRNO | _EPERM)
        return b"".join(struct.pack("HBBI", *step) for step in code)
    equal(_CLONE[column], 4)  # threads, not processes
    load(argument(0))
    some_bit(0x00010000, 1)
    give(_ALLOW)
    give(_ERRNO | _EPERM)
    equal(_CLONE3[column], 1)  # its flags lie in memory where a filter cannot look: the C library falls back to clone
    give(_ERRNO | _ENOSYS)
    equal(_PRCTL[column], 4)  # the thread's name
    load(argument(0))
    equal(15, 1)
    give(_ALLOW)
    give(_ERRNO | _EPERM)
    equal(_PRLIMIT[column], 6)  # reading a limit, not setting one
    load(argument(2))
    equal(0, 3)
    load(argument(2) + 4)
    equal(0, 1)
    give(_ALLOW)
    give(_ERRNO | _EPERM)
    equal(_MPROTECT[column], 4)  # memory does not become code
    load(argument(2))
    some_bit(4, 1)
    give(_ERRNO | _EPERM)
    give(_ALLOW)
    equal(_MMAP[column], 6)  # code is mapped, never writable code
    load(argument(2))
    some_bit(4, 3)
    load(argument(2))
    some_bit(2, 1)
    give(_ERRNO | _EPERM)
    give(_ALLOW)
    give(_ERRNO | _EPERM)
    return b"".join(struct.pack("HBBI", *step) for step in code)


def seccomp(allowed: Iterable[str] = _SYSCALLS, bare: bool = False) -> None:
    """Installs the filter for every thread; it cannot be taken off again."""
    program = seccomp_program(allowed, bare)
    steps = ctypes.create_string_buffer(program, len(program))
    head = struct.pack("H6xQ", len(program) // 8, ctypes.addressof(steps))
    number = _SECCOMP[_ARCHES[os.uname().machine][0]]
    if _call(number, 1, 1, ctypes.create_string_buffer(head, len(head))) != 0:  # SET_MODE_FILTER, TSYNC
        raise Missing(f"seccomp: {_why()}")


# --- from here to there -----------------------------------------------------------------------------------------------


def close_inherited(first: int = 3) -> None:
    """Only descriptors below ``first`` go along: stdin, stdout and stderr."""
    if _call(_CLOSE_RANGE, first, ctypes.c_uint(0xFFFFFFFF), 0) != 0:
        os.closerange(first, resource.getrlimit(resource.RLIMIT_NOFILE)[0])


def end_with_parent(parent: int) -> None:
    """The kernel kills this process when the one that started it dies."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if parent and os.getppid() != parent:  # that one died before the line above
        os._exit(REFUSED)


def main(arguments: list[str]) -> None:
    """Applies the layers and executes the program after ``--``.

    Options: ``--parent PID`` to die with; ``--read FILE`` and ``--run FILE`` (repeatable) what the program may read and
    execute; ``--keep-stderr``; ``--best-effort`` goes on without layers that this machine lacks; ``--only LAYER``
    (repeatable) applies these and returns, to find out whether they can be had.
    """
    split = arguments.index("--") if "--" in arguments else len(arguments)
    options, program = arguments[:split], arguments[split + 1 :]
    named = {"--parent": ["0"], "--read": [], "--run": [], "--only": []}  # type: dict[str, list[str]]
    flags = [word for word in options if word in ("--keep-stderr", "--best-effort")]
    words = [word for word in options if word not in flags]
    for key, value in zip(words[::2], words[1::2]):
        named[key].append(value)

    layers: dict[str, Callable[[], None]] = {
        "rlimits": limit_resources,
        "no_new_privs": no_new_privileges,
        "namespaces": leave_namespaces,
        "capabilities": drop_capabilities,
        "landlock": lambda: landlock(named["--read"], named["--run"]),
        "seccomp": seccomp,
    }
    if named["--only"]:
        no_new_privileges()
        for name in named["--only"]:
            layers[name]()
        return

    if os.getpid() != os.getpgrp():
        os.setsid()  # a Ctrl-C at the terminal goes to the host, which decides
    for ignored in (signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores these, and that would survive the exec
        signal.signal(ignored, signal.SIG_DFL)
    close_inherited()
    complaints = os.dup(2)
    if "--keep-stderr" not in flags:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    for name, apply in layers.items():
        if name == "seccomp":
            end_with_parent(int(named["--parent"][-1]))
        try:
            apply()
        except (Missing, OSError, ValueError) as error:
            if name != "namespaces" and "--best-effort" not in flags:
                os.write(complaints, f"jail layer {name}: {error}\n".encode())
                os._exit(REFUSED)
    os.execve(program[0], program, {})


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except (Missing, OSError, ValueError) as failure:
        sys.stderr.write(f"{failure}\n")
        os._exit(REFUSED)
