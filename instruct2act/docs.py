"""Writes the generated pages of docs/ from the registries: ``python -m instruct2act.docs``; ``--check`` compares."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import yaml

from instruct2act import config

DOCS = Path(__file__).resolve().parent.parent / "docs"
_NOTE = "<!-- Written by `make docs`; change the code, not this page. -->\n\n"


def tasks() -> str:
    """The table of tasks."""
    import sim

    rows = ["# Tasks", "", "| task | levels | step budget | what is asked |", "|---|---|---|---|"]
    for task in sim.TASKS.values():
        rows.append(f"| `{task.name}` | {' '.join(task.levels)} | {task.budget} | {_plain(task.doc.splitlines()[0])} |")
    details = [f"\n## {task.name}\n\n{_plain(task.doc)}" for task in sim.TASKS.values()]
    return "\n".join(rows + details) + "\n"


def skills() -> str:
    """What a program may call."""
    from skills import describe

    return f"# Skills\n\nWhat a program may call, as a language model reads it.\n\n```python\n{describe()}```\n"


def settings() -> str:
    """The table of settings."""
    rows = ["# Settings", "", "`--set key=value`, or a YAML file with `--config`.", ""]
    rows += ["| key | default | meaning |", "|---|---|---|"]
    for key, (default, meaning) in config.keys().items():
        shown = yaml.safe_dump(str(default) if isinstance(default, Path) else default, default_flow_style=True)
        rows.append(f"| `{key}` | `{shown.removesuffix('...' + chr(10)).strip()}` | {meaning} |")
    return "\n".join(rows) + "\n"


def _plain(text: str) -> str:
    """Text whose angle brackets are not taken for tags."""
    return text.replace("<", "&lt;")


PAGES: dict[str, Callable[[], str]] = {"tasks.md": tasks, "skills.md": skills, "settings.md": settings}


def main(arguments: list[str]) -> int:
    """Writes every page, or with ``--check`` says which are old (status 1)."""
    old = []
    DOCS.mkdir(exist_ok=True)
    for name, page in PAGES.items():
        path, text = DOCS / name, _NOTE + page()
        if "--check" not in arguments:
            path.write_text(text, encoding="utf-8")
        elif not path.is_file() or path.read_text(encoding="utf-8") != text:
            old.append(name)
    if old:
        sys.stderr.write(f"docs/ is not current: {', '.join(old)}; run make docs\n")
    return int(bool(old))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
