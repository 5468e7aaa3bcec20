"""Reads a program before it runs: what it would fail on, and the form in which it runs.

The source is parsed, never executed here. The check is for the author's sake (every problem at once, with its line and
what was meant); containment never rests on it.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from instruct2act.sandbox import templates
from instruct2act.sandbox.errors import Problem, Stage, clipped, printable
from instruct2act.sandbox.languages import MONTY, Language, lacking
from instruct2act.sandbox.reading import bound
from instruct2act.sandbox.values import KINDS
from skills import Skill
from skills.errors import did_you_mean


@dataclass
class Prepared:
    """A program in the form in which it runs.

    Attributes:
        source: the program, its aliases replaced by the parameters' own names and its own call of ``main`` left out,
            the lines kept where they were.
        runs: the same, and the expression whose value is the run's.
        tree: the parsed program; None if it does not parse.
        problems: what was found.
    """

    source: str
    runs: str = ""
    tree: ast.Module | None = None
    problems: list[Problem] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    def line(self, number: int) -> str:
        """A line of the source, counted from 1."""
        return printable(self.lines[number - 1][:300]) if 0 < number <= len(self.lines) else ""


def prepare(
    source: str, skills: Mapping[str, Skill], names: Mapping[str, Any], source_bytes: int, language: Language = MONTY
) -> Prepared:
    """Parses a program, finds what it would fail on, and brings it into the form in which it runs."""
    size = len(source.encode(errors="replace"))
    if size > source_bytes:
        return Prepared("", problems=[Problem("syntax", f"the program has {size} bytes; at most {source_bytes} run")])
    source = source.replace("\r\n", "\n").replace("\r", "\n").replace("\f", " ")
    prepared = Prepared(source, source, lines=source.rstrip("\n").split("\n"))
    try:
        source.encode()
        prepared.tree = ast.parse(source, "program.py")
    except SyntaxError as error:
        line = error.lineno or 0
        prepared.problems.append(
            Problem("syntax", clipped(error.msg, 300), line, error.offset or 0, prepared.line(line)),
        )
        return prepared
    except (ValueError, RecursionError, MemoryError) as error:
        prepared.problems.append(Problem("syntax", f"the program does not parse: {type(error).__name__}"))
        return prepared
    reader = _Reader(prepared, skills, names, language)
    reader.read(prepared.tree)
    prepared.source = _edited(prepared.source, reader.edits)
    prepared.runs = prepared.source.rstrip("\n") + "\n" + reader.value + "\n"
    return prepared


@dataclass(frozen=True)
class _Edit:
    """Bytes of one or several lines (counted from 1; columns in UTF-8 bytes) and what replaces them."""

    line: int
    column: int
    end_line: int
    end_column: int
    text: str


class _Reader:
    def __init__(
        self, prepared: Prepared, skills: Mapping[str, Skill], names: Mapping[str, Any], language: Language
    ) -> None:
        self.prepared, self.skills, self.names, self.language = prepared, skills, names, language
        self.edits: list[_Edit] = []
        self.value = "None"
        self.own: set[str] = set()

    def problem(self, stage: Stage, message: str, node: ast.AST) -> None:
        line, column = getattr(node, "lineno", 0), getattr(node, "col_offset", -1) + 1
        self.prepared.problems.append(Problem(stage, clipped(message), line, column, self.prepared.line(line)))

    def read(self, tree: ast.Module) -> None:
        self.own = bound(tree)
        for node, hint in lacking(tree, self.language):
            self.problem("unsupported", hint, node)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id not in self.own:
                skill = self.skills.get(node.func.id)
                if skill is not None:
                    self.call(node, skill)
            self.picture(node)
        self.entry(tree)
        self.prepared.problems.sort(key=lambda problem: (problem.line, problem.column))

    def call(self, node: ast.Call, skill: Skill) -> None:
        """Holds one call against the skill's signature, and writes its aliases out."""
        known = {parameter.name for parameter in skill.parameters}
        taken = {parameter.name for parameter in skill.parameters[: len(node.args)]}
        open_ended = any(isinstance(argument, ast.Starred) for argument in node.args)
        if not open_ended and len(node.args) > len(skill.parameters):
            self.problem("api", f"{skill.name} takes {len(skill.parameters)} arguments, got {len(node.args)}", node)
        for keyword in node.keywords:
            if keyword.arg is None:
                open_ended = True
                continue
            name = skill.aliases.get(keyword.arg, keyword.arg)
            if name not in known:
                meant = did_you_mean(keyword.arg[:60], known)
                self.problem("api", f"{skill.name} has no argument {keyword.arg!r}{meant}. {shown(skill)}", keyword)
                continue
            if name in taken:
                self.problem("api", f"{skill.name} got {name!r} twice. {shown(skill)}", keyword)
            taken.add(name)
            if name != keyword.arg:
                end = keyword.col_offset + len(keyword.arg.encode())
                self.edits.append(_Edit(keyword.lineno, keyword.col_offset, keyword.lineno, end, name))
        missing = [p.name for p in skill.parameters if p.required and p.name not in taken]
        if missing and not open_ended:
            self.problem("api", f"{skill.name} needs {', '.join(map(repr, missing))}. {shown(skill)}", node)

    def picture(self, node: ast.AST) -> None:
        """``templates["…"]`` and ``templates.get("…")`` name a picture that the instruction has."""
        key: ast.AST | None = None
        if isinstance(node, ast.Subscript) and _is(node.value, "templates") and isinstance(node.ctx, ast.Load):
            key = node.slice
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and len(node.args) == 1:
            key = node.args[0] if node.func.attr == "get" and _is(node.func.value, "templates") else None
        pictures = self.names.get("templates")
        if not isinstance(key, ast.Constant) or not isinstance(key.value, str) or not isinstance(pictures, Mapping):
            return
        if "templates" not in self.own and templates.match(key.value, pictures) is None:
            there = f"it has {', '.join(map(repr, pictures))}" if pictures else "it has no pictures"
            meant = did_you_mean(key.value[:60], pictures)
            self.problem("api", f"the instruction has no picture {key.value[:60]!r}{meant}; {there}", key)

    def entry(self, tree: ast.Module) -> None:
        """Finds whose value is the run's: ``main()``, else that of the last statement of flat code."""
        mains = [node for node in tree.body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
        main = next((node for node in reversed(mains) if node.name == "main"), None)
        if main is None:
            last = tree.body[-1] if tree.body else None
            if isinstance(last, ast.Expr):
                self.value = ""
            elif isinstance(last, ast.Assign) and len(last.targets) == 1 and isinstance(last.targets[0], ast.Name):
                self.value = last.targets[0].id
            if not self.prepared.problems and all(isinstance(node, _SILENT) for node in tree.body):
                self.problem(
                    "api", "nothing runs: define 'def main():', which is called, or write the steps themselves", tree
                )
            return
        arguments = main.args
        needed = len(arguments.posonlyargs) + len(arguments.args) - len(arguments.defaults)
        needed += sum(default is None for default in arguments.kw_defaults)
        if isinstance(main, ast.AsyncFunctionDef):
            self.problem("unsupported", "main is called without await: write 'def main()'", main)
        elif needed:
            self.problem("api", "main takes no arguments: templates, BOUNDS and clicks are global names", main)
        self.value = "main()"
        for node in tree.body:
            if _calls_main(node):
                end_line, end_column = node.end_lineno or node.lineno, node.end_col_offset or 0
                text = "pass" + "\n" * (end_line - node.lineno)
                self.edits.append(_Edit(node.lineno, node.col_offset, end_line, end_column, text))


_SILENT = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)


def typed(report: str, prepared: Prepared, skills: Mapping[str, Skill], names: Iterable[str]) -> list[Problem]:
    """A type checker's report (ty's JSON) as problems: names that do not exist, and misuse of skills and handles."""
    subjects = [f"`{name}`" for name in [*skills, *(kind.name for kind in KINDS)]]
    problems = []
    for entry in json.loads(report):
        code, message = entry.get("code", ""), entry.get("message", "")
        line, column = entry["location"]["row"], entry["location"]["column"]
        if code == "unresolved-reference":
            name = message.split("`")[1] if message.count("`") >= 2 else ""
            message = f"name {name!r} is not defined{did_you_mean(name[:60], [*skills, *names])}"
        elif code not in _MISUSE or not any(subject in message for subject in subjects):
            continue
        problems.append(Problem("types", clipped(message, 500), line, column, prepared.line(line)))
    return problems


_MISUSE = frozenset({"invalid-argument-type", "missing-argument", "unknown-argument", "too-many-positional-arguments"})
_MISUSE |= {"unresolved-attribute", "call-non-callable", "not-subscriptable", "non-subscriptable", "not-iterable"}


def shown(skill: Skill) -> str:
    """``It is CLIPRetrieval(objs, query, pre_obj1=None)``, for a message."""
    parameters = (p.name if p.required else f"{p.name}={p.shown or repr(p.default)}" for p in skill.parameters)
    return f"It is {skill.name}({', '.join(parameters)})"


def _is(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _calls_main(node: ast.stmt) -> bool:
    """``main()``, ``info = main()``, ``print(main())`` or ``if __name__ == "__main__": …`` at the top level."""
    if isinstance(node, ast.If):
        return any(_is(part, "__name__") for part in ast.walk(node.test))
    value = node.value if isinstance(node, (ast.Expr, ast.Assign, ast.AnnAssign)) else None
    while isinstance(value, ast.Call) and isinstance(value.func, ast.Name):
        if value.func.id == "main":
            return True
        value = value.args[0] if value.func.id == "print" and value.args else None
    return False


def _edited(source: str, edits: list[_Edit]) -> str:
    lines = [line.encode() for line in source.split("\n")]
    for edit in sorted(edits, key=lambda edit: (edit.line, edit.column), reverse=True):
        head, tail = lines[edit.line - 1][: edit.column], lines[edit.end_line - 1][edit.end_column :]
        lines[edit.line - 1 : edit.end_line] = (head + edit.text.encode() + tail).split(b"\n")
    return b"\n".join(lines).decode()
