"""Ending badly: exits, swallowed aborts, prints, texts that do not parse."""

from __future__ import annotations

from instruct2act.sandbox.probe.attack import dies, gives

ATTACKS = [
    dies("system_exit", "raise SystemExit", "SystemExit", "RuntimeError"),
    dies("exit_with_a_status", "raise SystemExit(0)", "SystemExit", "RuntimeError"),
    dies("exit_function", "exit(0)", "NameError"),
    dies("quit_function", "quit()", "NameError"),
    dies("os_exit", "import os\nos._exit(0)", "AttributeError", "RuntimeError", "ModuleNotFoundError"),
    dies("keyboard_interrupt", "raise KeyboardInterrupt", "KeyboardInterrupt"),
    dies("own_abort", "raise Aborted('now')", "NameError"),
    dies("fake_time_limit", "raise TimeoutError('turn time limit exceeded')", "TimeoutError"),
    dies("fake_memory_limit", "raise MemoryError('x')", "MemoryError"),
    dies("fake_skill_error", "raise ValueError('nothing fits: /etc/passwd')", "ValueError"),
    gives("stop_iteration", "try:\n    raise StopIteration\nexcept BaseException:\n    return None\n"),
    dies("print_flood", "while True:\n    print('a' * 1000)", "PrintLimit", "TimeLimit"),
    dies("one_huge_print", "print('a' * 10_000_000)\nreturn None", "PrintLimit"),
    dies(
        "print_flood_that_catches",
        "while True:\n    try:\n        print('a' * 1000)\n    except BaseException:\n        pass",
        "PrintLimit",
        "TimeLimit",
    ),
    dies(
        "print_to_stderr",
        "import sys\nwhile True:\n    print('a' * 1000, file=sys.stderr)",
        "PrintLimit",
        "TimeLimit",
        "ModuleNotFoundError",
    ),
    dies("terminal_escapes_in_an_error", "raise ValueError('\x1b[2J\x07\u202e')  # \x1b]0;owned\x07", "ValueError"),
    gives("terminal_escapes", "print('\\x1b]0;owned\\x07\\x1b[2J')\nreturn None\n"),
    dies(
        "hang_in_del",
        "class A:\n    def __del__(self):\n        while True:\n            pass\na = A()\na = None\nreturn a.x",
        "AttributeError",
        "TimeLimit",
    ),
    dies(
        "hang_in_repr",
        "class A:\n    def __repr__(self):\n        while True:\n            pass\nreturn repr(A())",
        "TimeLimit",
    ),
    dies(
        "hang_in_str_of_an_error",
        "class A:\n    def __str__(self):\n        while True:\n            pass\nraise ValueError(str(A()))",
        "TimeLimit",
    ),
]
