"""Texts made to break a parser: the host's, which reads every program, or an interpreter's own."""

from __future__ import annotations

from instruct2act.sandbox.probe.attack import ANYTHING, Attack, End

_TEXTS = {
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

_ENDS = ("SyntaxError", "RecursionError", "MemoryError", "MemoryLimit", "NotImplementedError", "TimeLimit", "TypeError")
_END = End((*_ENDS, "NameError", "BadCall", "OverflowError", "Crashed", "BadReturn"), ANYTHING)

ATTACKS = [Attack(name, text, _END, _END) for name, text in _TEXTS.items()]
