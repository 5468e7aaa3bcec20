"""The page of ``reward eval``: figures, and in pictures the outcomes on which reward and goal are farthest apart."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from instruct2act.config import Config
from instruct2act.evaluation.page.sections import text
from instruct2act.repair import PASSES
from instruct2act.truth.figures import Figures, Scored, figures
from skills.types import UInt8

if TYPE_CHECKING:
    from instruct2act.truth.evaluate import Shown

_STYLE = """
:root { color-scheme: light dark; --ink: #1c2128; --faint: #667; --paper: #fafaf8; --rule: #dadee3; --panel: #fff;
  --good: #00725c; --bad: #b03a00; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8eaed; --faint: #9aa4b0; --paper: #16181c; --rule: #353a42;
  --panel: #1e2127; --good: #4fc7a8; --bad: #ff9a66; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1160px; padding: 0 16px 64px; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; margin: 28px 0 4px; } h2 { font-size: 1.15rem; margin: 32px 0 8px; }
.note { color: var(--faint); font-size: .88rem; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; }
th, td { text-align: right; padding: 3px 14px 3px 0; border-bottom: 1px solid var(--rule); white-space: nowrap;
  font-variant-numeric: tabular-nums; }
th { font-weight: 500; color: var(--faint); font-size: .82rem; }
th:first-child, td:first-child, th:last-child, td:last-child { text-align: left; }
td:last-child { white-space: normal; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 520px), 1fr)); gap: 14px; }
.card { background: var(--panel); border: 1px solid var(--rule); border-radius: 8px; padding: 10px 14px; }
.card div { display: grid; grid-template-columns: 1fr 1fr; gap: 6px; }
img { width: 100%; border-radius: 4px; display: block; }
.good { color: var(--good); } .bad { color: var(--bad); }
summary { cursor: pointer; color: var(--faint); }
pre { white-space: pre-wrap; font: 12.5px/1.5 ui-monospace, monospace; }
"""


def write(path: Path, outcomes: Sequence[Scored], shown: Sequence[Shown], settings: Config) -> None:
    """Writes the page: one file, no script, nothing from elsewhere."""
    author = f"{settings.author.provider} {settings.llm.model}".strip()
    cells = list(dict.fromkeys((one.task, one.level) for one in outcomes))
    rows = [(f"{task} {level}", figures(_of(outcomes, task, level))) for task, level in cells]
    rows.append(("all", figures(outcomes)))
    by_task = "".join(_section(task, [one for one in shown if one.outcome.task == task]) for task, _ in cells)
    path.write_text(
        '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:; '
        "style-src 'unsafe-inline'\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Rewards against the goal</title>\n<style>{_STYLE}</style>\n<body>\n"
        f"<h1>Rewards against the goal</h1>\n<p>Rewards by {text(author)}, who sees the instruction and the names of "
        f"the objects. Success is the goal's; a score of {PASSES:g} or more claims it.</p>\n{_table(rows)}\n"
        "<h2>Where they are farthest apart</h2>\n<p class=note>Of each task the outcomes whose score lies farthest on "
        "the wrong side of the threshold, or nearest to it on the right one. Before and after, seen from above.</p>\n"
        f"{by_task}</body>\n</html>\n",
        encoding="utf-8",
    )


def _of(outcomes: Iterable[Scored], task: str, level: str) -> list[Scored]:
    return [one for one in outcomes if (one.task, one.level) == (task, level)]


def _table(rows: Sequence[tuple[str, Figures]]) -> str:
    heads = ("task", "n", "successes", "runs", "AUROC", "true positives", "false positives", "Spearman", "wrong")
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in _cells(name, row))}</tr>" for name, row in rows)
    return f"<div class=scroll><table><tr>{''.join(f'<th>{head}</th>' for head in heads)}</tr>{body}</table></div>"


def _cells(name: str, row: Figures) -> list[str]:
    wrong = [f"{kind} {count}" for kind, count in row.false_claims.items()]
    wrong += [f"not {kind} {count}" for kind, count in row.missed.items()]
    shares = [f"{value:.1%}" if not math.isnan(value) else "" for value in (row.executed,)]
    rates = [f"{value:.1%}" if not math.isnan(value) else "" for value in (row.true_rate, row.false_rate)]
    ranks = [f"{value:.3f}" if not math.isnan(value) else "" for value in (row.auroc, row.spearman)]
    return [text(name), str(row.n), str(row.good), *shares, ranks[0], *rates, ranks[1], text(", ".join(wrong))]


def _section(task: str, shown: Sequence[Shown]) -> str:
    if not shown:
        return ""
    return f"<h2>{text(task)}</h2><div class=cards>{''.join(map(_card, shown))}</div>"


def _card(shown: Shown) -> str:
    one = shown.outcome
    score = "no score" if one.score is None else f"score {one.score:.2f}"
    goal = "success" if one.success else f"no success, progress {one.progress:.2f}"
    parts = ", ".join(f"{name} {value:.2f}" for name, value in one.parts.items()) or one.trouble
    pictures = "".join(f'<img alt="{when}" src="{_embedded(rgb)}">' for when, rgb in _pair(shown))
    return (
        f"<div class=card><b>{text(one.kind)}</b> <span class={'bad' if one.mistaken else 'good'}>{text(score)}; "
        f"{text(goal)}</span> <small class=note>{text(one.level)} seed {one.seed}</small>"
        f"<p>{text(shown.instruction)}</p><div>{pictures}</div>"
        f"<p class=note>{text(one.reason)}{' · ' if one.reason and parts else ''}{text(parts)}</p>"
        f"<details><summary>the reward function</summary><pre>{text(shown.source)}</pre></details></div>"
    )


def _pair(shown: Shown) -> tuple[tuple[str, UInt8], tuple[str, UInt8]]:
    return ("before", shown.before), ("after", shown.after)


def _embedded(rgb: UInt8) -> str:
    from PIL import Image

    kept = io.BytesIO()
    Image.fromarray(rgb).save(kept, "WEBP", quality=80)
    return f"data:image/webp;base64,{base64.b64encode(kept.getvalue()).decode()}"
