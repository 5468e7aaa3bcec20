"""Interprets one program in a process that is already contained. Trusted for nothing: its host checks all it says.

Loaded by ``zygote.py``; uses the standard library and numpy, and imports nothing of this project. Speaks frames of four
bytes of length (big endian) and JSON over one socket. To here: ``{run, names, functions}``, ``{value}``,
``{raise: [kind, message]}``. From here: ``{call, args, kw, at: [line, column]}``, ``{print}``, ``{done}``,
``{fail: {phase, type, message, frames}}``.
"""

from __future__ import annotations

import ast
import builtins
import itertools
import json
import os
import struct
import sys
from collections.abc import Callable, Iterator, Mapping
from types import CodeType, FrameType, TracebackType
from typing import Any

import numpy as np

FILE = "program.py"
NODES, DEPTH, CHARS = 20_000, 24, 10_000
_MESSAGE_CHARS, _FRAMES, _PRINT_CHARS = 4000, 30, 8000


class Link:
    """The socket to the host."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def send(self, message: Mapping[str, Any]) -> None:
        """Writes one frame."""
        data = json.dumps(message).encode()
        left = memoryview(struct.pack(">I", len(data)) + data)
        while left:
            left = left[os.write(self._descriptor, left) :]

    def receive(self) -> dict[str, Any]:
        """Reads one frame; the process ends where the host is gone."""
        size = struct.unpack(">I", self._exactly(4))[0]
        message: dict[str, Any] = json.loads(self._exactly(size))
        return message

    def _exactly(self, size: int) -> bytes:
        parts = []
        while size:
            part = os.read(self._descriptor, min(size, 1 << 20))
            if not part:
                os._exit(0)
            parts.append(part)
            size -= len(part)
        return b"".join(parts)


class Handle:
    """Stands in for something that the host keeps: facts to read, nothing to call."""

    __slots__ = ("_facts",)
    _facts: dict[str, Any]

    def __init__(self, facts: dict[str, Any]) -> None:
        object.__setattr__(self, "_facts", facts)

    def __getattr__(self, name: str) -> Any:
        if name in self._facts and name != "_facts":
            return self._facts[name]
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"{type(self).__name__!r} objects cannot be changed")

    __delattr__ = __setattr__  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Handle) and other._facts["id"] == self._facts["id"]

    def __hash__(self) -> int:
        return hash(self._facts["id"])

    def __repr__(self) -> str:
        facts = ", ".join(f"{name}={value!r}" for name, value in self._facts.items() if name != "kind")
        return f"{type(self).__name__}({facts})"


class Worker:
    """One program's interpreter: its globals stay from one source to the next."""

    def __init__(self, link: Link, modules: frozenset[str]) -> None:
        self._link, self._modules = link, modules
        self._kinds: dict[str, type[Handle]] = {}
        self._handles: dict[int, Handle] = {}
        own = {**vars(builtins), "__import__": self._import}
        self._globals: dict[str, Any] = {"__name__": "__main__", "__builtins__": own}
        self._ballast: bytearray | None = bytearray(4 << 20)  # room to report that there is no room left

    def serve(self) -> None:
        """Runs what comes, until the host is gone."""
        sys.stdout = sys.stderr = sys.__stdout__ = sys.__stderr__ = printer = _Printer(self._link)  # type: ignore[assignment, misc]
        while True:
            said = self._run(self._link.receive())
            printer.flush()
            self._link.send(said)

    def _run(self, asked: dict[str, Any]) -> dict[str, Any]:
        phase = "load"
        try:
            self._globals |= {name: self._function(name) for name in asked["functions"]}
            self._globals |= {name: self._decoded(value) for name, value in asked["names"].items()}
            steps, value = _compiled(asked["run"])
            phase = "run"
            exec(steps, self._globals)  # noqa: S102 (what this process is for)
            result = eval(value, self._globals) if value else self._globals.pop(_WHOLE)()  # noqa: S307
            return {"done": _encoded(result)}
        except BaseException as error:
            self._ballast = None
            return {"fail": {"phase": phase, **_told(error)}}

    def _function(self, name: str) -> Callable[..., Any]:
        def function(*arguments: Any, **keywords: Any) -> Any:
            line, column = _place(sys._getframe(1))
            sys.stdout.flush()
            named = [[str(key), _encoded(value)] for key, value in itertools.islice(keywords.items(), 50)]
            given = [_encoded(value) for value in arguments[:50]]
            self._link.send({"call": name, "args": given, "kw": named, "at": [line, column]})
            answer = self._link.receive()
            if "raise" in answer:
                kind, message = answer["raise"]
                raise getattr(builtins, kind)(message)
            return self._decoded(answer["value"])

        function.__name__ = function.__qualname__ = name
        return function

    def _import(self, name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0) -> Any:
        if level or name.split(".")[0] not in self._modules:
            raise ModuleNotFoundError(f"No module named {name!r}")
        return builtins.__import__(name, globals, locals, fromlist, level)

    def _decoded(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._decoded(item) for item in value]
        if not isinstance(value, dict):
            return value
        if "$t" in value:
            return tuple(self._decoded(item) for item in value["$t"])
        if "$d" in value:
            return {self._decoded(key): self._decoded(item) for key, item in value["$d"]}
        if "$h" in value:
            return self._handle({name: self._decoded(fact) for name, fact in value["$h"]})
        return {key: self._decoded(item) for key, item in value.items()}

    def _handle(self, facts: dict[str, Any]) -> Handle:
        known = self._handles.get(facts["id"])
        if known is None:
            kind = self._kinds.get(facts["kind"])
            if kind is None:
                kind = self._kinds[facts["kind"]] = type(facts["kind"], (Handle,), {"__slots__": ()})
            known = self._handles[facts["id"]] = kind(facts)
        return known


class _Printer:
    """Standard output: lines go to the host as they are printed."""

    encoding = "utf-8"

    def __init__(self, link: Link) -> None:
        self._link, self._kept, self._size = link, [], 0  # type: Link, list[str], int

    def write(self, text: str) -> int:
        for start in range(0, len(text), _PRINT_CHARS):
            part = text[start : start + _PRINT_CHARS]
            self._kept.append(part)
            self._size += len(part)
            if self._size >= _PRINT_CHARS or "\n" in part:
                self.flush()
        return len(text)

    def flush(self) -> None:
        if self._kept:
            text = "".join(self._kept)
            self._kept, self._size = [], 0
            self._link.send({"print": text})


# --- the program's text -----------------------------------------------------------------------------------------------

_WHOLE = "<module>"


def _compiled(source: str) -> tuple[CodeType, CodeType | None]:
    """The steps, and the last expression, whose value is the program's.

    Text that returns at its top level becomes a function of module-wide names instead, left under `_WHOLE`.
    """
    tree = ast.parse(source, FILE)
    if any(isinstance(node, ast.Return) for node in _own(tree)):
        return compile(_as_function(tree), FILE, "exec", dont_inherit=True), None
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    value = ast.Expression(last.value) if isinstance(last, ast.Expr) else ast.parse("None", FILE, "eval")
    return compile(tree, FILE, "exec", dont_inherit=True), compile(value, FILE, "eval", dont_inherit=True)


def _as_function(tree: ast.Module) -> ast.Module:
    names: dict[str, None] = {}
    for node in _own(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names[node.name] = None
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            names[node.id] = None
        elif isinstance(node, ast.alias):
            names[(node.asname or node.name).split(".")[0]] = None
        elif isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)) and node.name:
            names[node.name] = None
        elif isinstance(node, ast.MatchMapping) and node.rest:
            names[node.rest] = None
    body = [_Unannotated().visit(node) for node in tree.body]
    future = [node for node in body if isinstance(node, ast.ImportFrom) and node.module == "__future__"]
    body = [node for node in body if node not in future]
    if body and isinstance(body[-1], ast.Expr):
        body[-1] = ast.copy_location(ast.Return(body[-1].value), body[-1])
    head: list[ast.stmt] = [ast.Global(list(names))] if names else []
    nothing = ast.parse("def f(): pass").body[0]
    assert isinstance(nothing, ast.FunctionDef)
    nothing.name, nothing.body = _WHOLE, [*head, *body]
    return ast.fix_missing_locations(ast.Module([*future, nothing], []))


class _Unannotated(ast.NodeTransformer):
    """A name that is global may not be annotated: ``x: int = 1`` becomes ``x = 1``."""

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.stmt:
        if not isinstance(node.target, ast.Name):
            return node
        plain = ast.Assign([node.target], node.value) if node.value else ast.Pass()
        return ast.copy_location(plain, node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.stmt:
        return node

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.stmt:
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.stmt:
        return node


def _own(tree: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a module that run in it: what functions and classes hold is theirs."""
    waiting = list(ast.iter_child_nodes(tree))
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            waiting.extend(ast.iter_child_nodes(node))


# --- what is said of it -----------------------------------------------------------------------------------------------


def _place(frame: FrameType | None) -> tuple[int, int]:
    """Line and column of the program's call that led here, counted from 1."""
    while frame is not None and frame.f_code.co_filename != FILE:
        frame = frame.f_back
    return _at(frame.f_code, frame.f_lasti, frame.f_lineno) if frame is not None else (0, 0)


def _at(code: CodeType, instruction: int, line: int) -> tuple[int, int]:
    found = next(itertools.islice(code.co_positions(), instruction // 2, None), (None,) * 4)
    return found[0] or line or 0, (found[2] or 0) + 1


def _told(error: BaseException) -> dict[str, Any]:
    kind = type(error).__name__[:80]
    if isinstance(error, SyntaxError):
        frames = [[_WHOLE, error.lineno or 0, error.offset or 0]]
        return {"type": kind, "message": str(error.msg)[:_MESSAGE_CHARS], "frames": frames}
    try:
        message = str(error)[:_MESSAGE_CHARS]
    except BaseException:
        message = ""
    if isinstance(error, MemoryError) and (not error.args or type(error) is not MemoryError):  # numpy has its own
        kind = "MemoryLimit"
    return {"type": kind, "message": message, "frames": _frames(error.__traceback__)}


def _frames(trace: TracebackType | None) -> list[list[Any]]:
    found: list[list[Any]] = []
    while trace is not None:
        code = trace.tb_frame.f_code
        if code.co_filename == FILE:
            found.append([code.co_name[:80], *_at(code, trace.tb_lasti, trace.tb_lineno)])
            if len(found) > _FRAMES:
                del found[5]  # the outermost and the innermost tell most
        trace = trace.tb_next
    return found


def _encoded(value: Any) -> Any:
    """A value as JSON, or what keeps it from crossing: cut here for speed, held to its bounds by the host."""
    left = [NODES]

    def convert(value: Any, depth: int) -> Any:
        left[0] -= 1
        if left[0] < 0:
            raise _TooMuch("parts")
        if depth > DEPTH:
            raise _TooMuch("depth")
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, np.generic):
            value = value.item()
        if isinstance(value, np.ndarray):
            if value.size > NODES:
                raise _TooMuch("parts")
            value = value.tolist()
        kind = type(value)
        if kind is str:
            if len(value) > CHARS:
                raise _TooMuch("text")
            return value
        if kind is int:
            return value if -(2**63) < value < 2**63 else {"$x": "integer"}
        if kind is float or value is None or kind is bool:
            return value
        if isinstance(value, list):
            return [convert(item, depth + 1) for item in value]
        if isinstance(value, tuple):
            return {"$t": [convert(item, depth + 1) for item in value]}
        if isinstance(value, dict):
            if all(type(key) is str and not key.startswith("$") for key in value):
                return {key: convert(item, depth + 1) for key, item in value.items()}
            return {"$d": [[convert(key, depth + 1), convert(item, depth + 1)] for key, item in value.items()]}
        if isinstance(value, Handle):
            return {"$h": value._facts["id"]}
        return {"$x": "kind", "name": kind.__name__[:60]}

    try:
        return convert(value, 0)
    except _TooMuch as much:
        return {"$x": str(much)}
    except RecursionError:
        return {"$x": "depth"}


class _TooMuch(Exception):
    """A value is too large to cross."""
