"""Never ending: loops, sleeps, floods, work that takes for ever."""

from __future__ import annotations

from instruct2act.sandbox.probe.attack import End, dies, gives

ATTACKS = [
    dies("endless_loop", "while True:\n    pass", "TimeLimit"),
    dies(
        "endless_loop_inside_main",
        "def main():\n    x = 0\n    while True:\n        x += 1\nreturn main()",
        "TimeLimit",
    ),
    dies(
        "catch_all_loop",
        "while True:\n    try:\n        while True:\n            pass\n    except BaseException:\n        pass",
        "TimeLimit",
    ),
    dies("finally_loop", "try:\n    while True:\n        pass\nfinally:\n    while True:\n        pass", "TimeLimit"),
    dies("loop_between_calls", "while True:\n    GetImage()", "CallLimit"),
    dies(
        "call_flood_that_catches",
        "while True:\n    try:\n        SAM(1)\n    except BaseException:\n        pass",
        "CallLimit",
    ),
    dies(
        "flood_of_names",
        "while True:\n    try:\n        no_such_thing()\n    except BaseException:\n        pass",
        "CallLimit",
        "TimeLimit",
    ),
    dies(
        "flood_of_lookups",
        "while True:\n    try:\n        no_such_thing\n    except BaseException:\n        pass",
        "CallLimit",
        "TimeLimit",
    ),
    dies(
        "flood_of_files",
        "while True:\n    try:\n        open('/x')\n    except BaseException:\n        pass",
        "CallLimit",
        "TimeLimit",
    ),
    gives("sleep", "import time\ntime.sleep(1000)\n"),
    dies("sleep_flood", "import time\nwhile True:\n    time.sleep(1000)", "TimeLimit"),
    gives(
        "asyncio_sleep",
        "import asyncio\nasync def f():\n    await asyncio.sleep(1000)\nasyncio.run(f())\n",
        second=End(("ModuleNotFoundError",)),
    ),
    dies("busy_wait", "import time\nt = time.monotonic()\nwhile time.monotonic() < t + 1000:\n    pass", "TimeLimit"),
    gives("regular_expression", "import re\nreturn re.match('(a+)+$', 'a' * 40 + 'b')\n", second=End(("TimeLimit",))),
    dies("squares", "x = 7\nfor i in range(60):\n    x = x * x\nreturn x", "TimeLimit", "MemoryLimit", "MemoryError"),
    dies("big_power_to_text", "return str(3 ** 4_000_000)", "TimeLimit", "MemoryLimit", "ValueError", "MemoryError"),
    dies(
        "sort_for_ever",
        "x = list(range(100000))\nwhile True:\n    x.sort(key=lambda v: -v)\n    x.reverse()",
        "TimeLimit",
    ),
    dies("comprehension", "return sum(1 for a in range(10**9) for b in range(10**9))", "TimeLimit", "MemoryLimit"),
    dies(
        "ackermann",
        "def a(m, n):\n    return n + 1 if m == 0 else a(m - 1, 1 if n == 0 else a(m, n - 1))\nreturn a(4, 2)",
        "TimeLimit",
        "RecursionError",
    ),
    dies(
        "infinite_iterator",
        "import itertools\nreturn list(itertools.count())",
        "TimeLimit",
        "MemoryLimit",
        "MemoryError",
    ),
    dies(
        "endless_tail_of_turns",
        "for i in range(199):\n    GetImage()\n    x = 0\n    while x < 3_000_000:\n        x += 1\n",
        "TimeLimit",
    ),
]
