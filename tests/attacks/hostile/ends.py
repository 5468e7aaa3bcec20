"""Ending badly: exits, swallowed aborts, prints, texts that do not parse."""

from __future__ import annotations

from hostile import dies, gives

ATTACKS = [
    dies("system_exit", "raise SystemExit", "SystemExit", "RuntimeError"),
    dies("exit_with_a_status", "raise SystemExit(0)", "SystemExit", "RuntimeError"),
    dies("exit_function", "exit(0)", "NameError"),
    dies("quit_function", "quit()", "NameError"),
    dies("os_exit", "import os\nos._exit(0)", "AttributeError", "RuntimeError", "NameError"),
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

UNPARSED = {
    "parentheses": "(" * 20000,
    "brackets": "x = " + "[" * 200 + "]" * 200,
    "unary": "x = " + "-" * 40000 + "1",
    "not": "x = " + "not " * 10000 + "1",
    "lambdas": "x = " + "lambda: " * 5000 + "1",
    "attributes": "x" + ".a" * 20000,
    "calls": "x" + "()" * 20000,
    "additions": "x = " + "1 + " * 12000 + "1",
    "powers": "x = " + "2 ** " * 8000 + "2",
    "f_strings": "x = " + "f'{" * 140 + "1" + "}'" * 140,
    "indentation": "\n".join(" " * i + "if 1:" for i in range(150)),
    "comparisons": "x = " + "1 < " * 12000 + "1",
    "conditions": "x = " + "1 if 1 else " * 4000 + "1",
    "elifs": "if 0:\n    pass\n" + "elif 0:\n    pass\n" * 2500,
    "nul": "x = 1\x00",
    "surrogate": "x = '\ud800'",
    "bidirectional": "x = 1 # \u202e\u2066 if admin:",
    "too_long": "x = 1\n" * 10000,
    "long_line": "x = '" + "a" * 49000 + "'",
    "continuation": "x = \\\n" * 12000 + "1",
    "digits": "x = " + "9" * 45000,
    "decorators": "@f\n" * 10000 + "def g(): pass",
    "form_feeds": "\f" * 40000 + "x = 1",
    "empty": "",
    "bell": "\x07" * 100,
}
"""Texts made to break a parser."""
