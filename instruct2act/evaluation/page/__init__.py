"""A report as one HTML file: no network, no other file, nothing in it that records could make run.

Text from records is escaped or set as text by the page's own script, which is the only one that its policy allows.
"""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

from instruct2act import look
from instruct2act.evaluation.page import embedding, sections
from instruct2act.evaluation.report import Report

_HERE = Path(__file__).parent


def write(path: Path, report: Report, megabytes: float = embedding.MEGABYTES) -> None:
    """Writes the page; the name never stands for half of it.

    Args:
        path: the file.
        report: what it shows.
        megabytes: of pictures that go into it; episodes that differ or failed come first.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{path.name}.part")
    half.write_text(html(report, megabytes), encoding="utf-8")
    half.replace(path)


def html(report: Report, megabytes: float = embedding.MEGABYTES) -> str:
    """The whole page."""
    style, script = ((_HERE / name).read_text(encoding="utf-8") for name in ("style.css", "browser.js"))
    style, script = look.style() + style, look.script() + script
    held = embedding.data(report, megabytes)
    # In a script element only "</" and "<!--" could end the data; without any "<" neither can be there.
    data = json.dumps(held, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    policy = f"default-src 'none'; img-src data:; style-src {_hash(style)}; script-src {_hash(script)}"
    body = "".join(sections.all_of(report, len(held["episodes"])))
    title = sections.text(" and ".join(report.names()))
    return (
        '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}: report</title>\n<style>{style}</style>\n<body>\n{body}\n"
        f'<script type="application/json" id="data">{data}</script>\n<script>{script}</script>\n</body>\n</html>\n'
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
