"""What a program does that has all of CPython, its real import and the C library in hand."""

from __future__ import annotations

from instruct2act.sandbox.probe.attack import ANYTHING, real

_DENIED = ("PermissionError",)

ATTACKS = [
    real("environment", "return {k: v for k, v in os.environ.items()}", value={}),
    real(
        "environment_of_c",
        "c = load('ctypes').CDLL(None)\nc.getenv.restype = load('ctypes').c_char_p\n"
        "return str(c.getenv(b'INSTRUCT2ACT_CANARY'))",
        value="None",
    ),
    real("read_a_file", "return open(CANARY_FILE).read()", *_DENIED),
    real("read_by_descriptor", "return str(os.read(os.open(CANARY_FILE, os.O_RDONLY), 99))", *_DENIED),
    real("write_a_file", "open(CANARY_FILE, 'w').write('gone')", *_DENIED),
    real("does_it_exist", "return os.path.exists(CANARY_FILE)", value=False),
    real("what_is_it", "return os.stat(CANARY_FILE).st_size", *_DENIED),
    real("list_the_root", "return os.listdir('/')", *_DENIED),
    real(
        "other_descriptors",
        "found = []\nfor fd in list(range(4, 300)):\n    try:\n        os.fstat(fd)\n"
        "        found.append(fd)\n    except OSError:\n        pass\nreturn found",
        value=[],
    ),
    real("who_am_i", "return os.uname().nodename", *_DENIED),
    real("shell", "return os.system('touch /tmp/instruct2act-was-here')", *_DENIED, value=ANYTHING),
    real("fork", "return os.fork()", *_DENIED),
    real("fork_bomb", "for i in range(20):\n    os.fork()", *_DENIED),
    real("execute", "os.execv('/bin/sh', ['sh'])", *_DENIED),
    real("thread", "load('_thread').start_new_thread(print, ())", "RuntimeError"),
    real("kill_the_parent", "os.kill(os.getppid(), 9)", *_DENIED),
    real("kill_everybody", "os.kill(-1, 0)", *_DENIED),
    real("kill_itself", "load('signal').raise_signal(9)", *_DENIED, "OSError"),
    real("socket", "load('_socket').socket()", *_DENIED),
    real("socket_pair", "load('_socket').socketpair()", *_DENIED),
    real("second_descriptor", "os.dup(3)", *_DENIED, "OSError"),
    real(
        "more_memory",
        "r = load('resource')\nr.setrlimit(r.RLIMIT_AS, (-1, -1))",
        *_DENIED,
        "ModuleNotFoundError",
        "ValueError",
    ),
    real("new_module_from_disk", "sys.path.append('/usr/lib/python3')\nload('sqlite3')", "ModuleNotFoundError"),
    real(
        "search_the_heap",
        "return [str(o) for o in load('gc').get_objects() if isinstance(o, str) and 'INSTRUCT2ACT' in o]",
        value=[],
    ),
    real(
        "other_programs_in_the_heap",
        "return any('RobotSetting(speed=' in str(o) for o in load('gc').get_objects() if isinstance(o, str))",
        value=False,
    ),
    real("exit_with_zero", "os._exit(0)", "Crashed"),
    real("null_pointer", "load('ctypes').string_at(0)", "Crashed"),
    real("abort", "os.abort()", "Crashed", "TimeLimit"),
    real(
        "stack_overflow",
        "sys.setrecursionlimit(10**9)\nx = []\nfor i in range(10**6):\n    x = [x]\nreturn repr(x)",
        "Crashed",
        "MemoryLimit",
    ),
    real(
        "code_of_ones_own",
        "from types import FunctionType\nf = lambda: 0\n"
        "code = f.__code__.replace(co_code=bytes([100, 250]) * 50, co_consts=())\nreturn FunctionType(code, {})()",
        "Crashed",
        "SystemError",
        "TimeLimit",
        "BadReturn",
        "TypeError",
        "MemoryLimit",
    ),
    real("executable_memory", "load('mmap').mmap(-1, 4096, prot=7)", *_DENIED, "OSError", "ModuleNotFoundError"),
    real(
        "ignore_the_limit",
        "s = load('signal')\nfor n in range(1, 32):\n    try:\n        s.signal(n, s.SIG_IGN)\n"
        "    except OSError:\n        pass\nwhile True:\n    pass",
        "TimeLimit",
    ),
    real("real_sleep", "c = load('ctypes').CDLL(None)\nwhile True:\n    c.sleep(1000)", "TimeLimit"),
    real("close_the_line", "os.close(3)\nwhile True:\n    pass", "Crashed", "TimeLimit"),
    real("replace_print", "sys.stdout = None\nload('builtins').print = None\nreturn None", value=None),
    real(
        "hook_the_exit",
        "load('atexit').register(os.system, 'touch /tmp/instruct2act-was-here')\nreturn None",
        "ModuleNotFoundError",
        value=None,
    ),
    real(
        "patch_the_worker",
        "f = sys._getframe(1).f_globals\nf['NODES'] = f['DEPTH'] = f['CHARS'] = 10**9\nreturn ['a' * 100_000]",
        "BadReturn",
    ),
]
