"""System calls, from a process of CPython that stands where the interpreter was: what the kernel alone refuses.

In each: ``attempt(function)``, ``call(number, *arguments)`` by ``number["name"]``, `os`, `ctypes`, ``CANARY_FILE``,
``HOST`` (the host's process).
"""

from __future__ import annotations

from instruct2act.sandbox.probe.attack import raw


def _calls(*names: str) -> str:
    """Each of these system calls, with zeros."""
    return f"[call(number[name], 0, 0, 0, 0, 0, 0) for name in {list(names)!r}]"


def _sockets(*pairs: tuple[int, int]) -> str:
    return f"[call(number['socket'], family, kind, 0) for family, kind in {list(pairs)!r}]"


def _tries(*expressions: str) -> str:
    return f"[{', '.join(f'attempt(lambda: {expression})' for expression in expressions)}]"


_FOLDER = "os.path.dirname(CANARY_FILE)"

ATTACKS = [
    raw("read_the_bait", _tries("os.read(os.open(CANARY_FILE, os.O_RDONLY), 100)")),
    raw("write_the_bait", _tries("os.write(os.open(CANARY_FILE, os.O_WRONLY), b'x')")),
    raw("create_a_file", _tries("os.open(CANARY_FILE + '2', os.O_RDWR | os.O_CREAT)")),
    raw("open_a_path", _tries("os.read(os.open(CANARY_FILE, os.O_RDONLY | os.O_PATH), 1)")),
    *(
        raw(f"read_{name}", _tries(f"os.read(os.open({path!r}, os.O_RDONLY), 10)"))
        for name, path in {
            "passwd": "/etc/passwd",
            "own_environment": "/proc/self/environ",
            "own_memory": "/proc/self/mem",
            "init": "/proc/1/cmdline",
            "memory": "/dev/mem",
        }.items()
    ),
    raw("list_folders", _tries("os.listdir('/')", "os.listdir('/tmp')", "os.open('/', os.O_RDONLY)")),
    raw("make_a_folder", _tries(f"os.mkdir({_FOLDER} + '/new')")),
    raw("remove", _tries("os.unlink(CANARY_FILE)")),
    raw("rename", _tries("os.rename(CANARY_FILE, CANARY_FILE + '2')")),
    raw("link", _tries("os.symlink('/etc', CANARY_FILE + '2')", "os.link(CANARY_FILE, CANARY_FILE + '2')")),
    raw("change_rights", _tries("os.chmod(CANARY_FILE, 0o777)", "os.setxattr(CANARY_FILE, 'user.x', b'1')")),
    raw("truncate", _tries("os.truncate(CANARY_FILE, 0)")),
    raw("other_root", _tries(f"os.chroot({_FOLDER})", f"os.chdir({_FOLDER})", f"os.mkfifo({_FOLDER} + '/fifo')")),
    raw("unix_socket", _sockets((1, 1), (1, 2))),
    raw("internet_socket", _sockets((2, 1), (2, 2), (2, 3), (10, 1))),
    raw("kernel_socket", _sockets((16, 3), (17, 3), (40, 1))),
    raw("connections", _calls("socketpair", "bind", "connect", "sendto", "sendmsg")),
    raw("shell", _tries("os.execve('/bin/sh', ['/bin/sh'], {})", "os.execve('/usr/bin/env', ['env'], {})")),
    raw("processes", _tries("os.fork()", "os.forkpty()", "os.posix_spawn('/bin/true', ['true'], {})")),
    raw("clone", "[call(number['clone'], 17, 0, 0, 0, 0), call(number['clone'], 0x10000000 | 17, 0, 0, 0, 0)]"),
    raw("clone_with_flags_in_memory", "[call(number['clone3'], 0, 0)]"),
    raw("thread", "[call(number['clone'], 0x10f00, 0, 0, 0, 0)]", first=False),
    raw("signals", _tries("os.kill(HOST, 0)", "os.kill(1, 0)", "os.kill(-1, 0)")),
    raw("signals_by_thread", _calls("tkill", "tgkill", "pidfd_open", "pidfd_getfd")),
    raw("other_processes", _calls("ptrace", "process_vm_readv", "process_vm_writev", "setpriority")),
    raw("namespaces", _calls("unshare", "setns", "sethostname", "mount", "umount2", "pivot_root", "chroot", "fsopen")),
    raw("mounts", _calls("mount_setattr", "open_by_handle_at", "name_to_handle_at", "swapon", "quotactl", "acct")),
    raw("kernel", _calls("bpf", "perf_event_open", "init_module", "kexec_load", "reboot", "fanotify_init")),
    raw("rings", _calls("io_uring_setup", "io_uring_enter", "userfaultfd", "memfd_create", "execveat")),
    raw("keys", _calls("keyctl", "add_key")),
    raw("identity", _calls("sched_setaffinity", "setuid", "setgid", "setresuid", "capset", "personality")),
    raw("clocks", _calls("settimeofday", "clock_settime", "timer_create")),
    raw("messages", _calls("shmget", "msgget", "semget", "mq_open")),
    raw("descriptors", _calls("ioctl", "dup", "splice", "vmsplice")),
    raw("own_filter", _calls("seccomp", "landlock_create_ruleset", "setrlimit")),
    raw("own_process", "[call(number['prctl'], option, 1, 0, 0, 0) for option in (4, 8, 22)]"),
    raw("own_limits", "[call(number['prlimit64'], 0, 9, ctypes.create_string_buffer(16), 0)]"),
    raw("writable_code", "[call(number['mmap'], 0, 4096, 7, 0x22, -1, 0)]"),
    raw("data_into_code", "[call(number['mprotect'], ctypes.addressof(page) & ~4095, 4096, 5) "
        "for page in [ctypes.create_string_buffer(8192)]]"),
    raw("two_gigabytes", _tries("len(bytearray(2 << 30))")),
    raw("other_call_table", "[call(0x40000000 | 39)]", kills=True),
]  # fmt: skip
