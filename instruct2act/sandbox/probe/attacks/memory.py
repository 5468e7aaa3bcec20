"""Too much: memory, numbers, recursion, text, nesting."""

from __future__ import annotations

from instruct2act.sandbox.probe.attack import End, dies, gives

_FULL = ("MemoryLimit", "MemoryError")

ATTACKS = [
    dies("list_bomb", "x = [0]\nwhile True:\n    x += x", *_FULL),
    dies(
        "list_bomb_that_catches",
        "x = [0]\nwhile True:\n    try:\n        x += x\n    except BaseException:\n        pass",
        "MemoryLimit",
        "TimeLimit",
    ),
    dies("text_bomb", "x = 'a'\nwhile True:\n    x += x", *_FULL),
    dies("bytes_bomb", "x = b'a' * 10**9", *_FULL),
    dies("dict_bomb", "x = {}\ni = 0\nwhile True:\n    x[i] = str(i)\n    i += 1", *_FULL, "TimeLimit"),
    dies("range_bomb", "return list(range(10**9))", *_FULL),
    dies("power_tower", "return 10**10**10", *_FULL, second=End(("TimeLimit",))),
    dies("shift_bomb", "return 1 << 10**11", *_FULL, "OverflowError"),
    dies("factorial", "import math\nreturn math.factorial(10**8)", *_FULL, "TimeLimit", "OverflowError"),
    dies("format_width", "return '{:>1000000000}'.format(1)", *_FULL, "ValueError", "OverflowError"),
    dies("percent_width", "return '%1000000000d' % 1", *_FULL, "ValueError", "OverflowError"),
    dies("zero_fill", "return '1'.zfill(10**10)", *_FULL, "OverflowError"),
    dies("replace_bomb", "return ('a' * 10000).replace('a', 'b' * 100000)", *_FULL),
    dies("join_bomb", "return ('x' * 100000).join(['y'] * 100000)", *_FULL),
    dies("permutations", "import itertools\nreturn list(itertools.permutations(range(20)))", *_FULL, "TimeLimit"),
    dies("recursion", "def f(n):\n    return f(n + 1)\nreturn f(0)", "RecursionError"),
    dies(
        "recursion_that_catches",
        "def f():\n    try:\n        f()\n    except BaseException:\n        f()\nf()\nwhile True:\n    pass",
        "TimeLimit",
        "RecursionError",
    ),
    gives(
        "deep_repr",
        "x = []\nfor i in range(100000):\n    x = [x]\nreturn len(repr(x)) < 10_000",
        True,
        End(("RecursionError",)),
    ),
    dies(
        "deep_compare",
        "x, y = [], []\nfor i in range(100000):\n    x, y = [x], [y]\nassert x == y\nreturn x",
        "RecursionError",
        "BadReturn",
    ),
    dies("huge_message", "raise ValueError('x' * 20_000_000)", "ValueError", *_FULL),
    dies(
        "closures",
        "f = lambda: 0\nfor i in range(10**6):\n    f = lambda g=f: g()\nreturn f()",
        "RecursionError",
        *_FULL,
        "TimeLimit",
    ),
    dies(
        "json_bomb", "import json\nreturn json.loads('[' * 100000)", "RecursionError", "JSONDecodeError", "ValueError"
    ),
]
