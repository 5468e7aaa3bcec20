"""What a page is told first: what there is, what may be done, and where its session was."""

from __future__ import annotations

from functools import cache
from typing import Any

from instruct2act import __version__
from instruct2act.config import Playground
from instruct2act.playground.jobs.users import Session
from instruct2act.playground.processes.messages import MADE, RECORDING

EXAMPLES: tuple[dict[str, Any], ...] = (
    {
        "title": "Say it",
        "blurb": "words alone",
        "scene": {"objects": "red heart; blue bowl; green star", "seed": 0},
        "text": "put the red heart into the blue bowl",
        "clicks": [],
        "crops": {},
    },
    {
        "title": "Point at it",
        "blurb": "two clicks in the picture",
        "scene": {"scene_seed": 4},
        "text": "put the first clicked object into the second one",
        "clicks": [[136, 57], [185, 90]],
        "crops": {},
    },
    {
        "title": "Show it",
        "blurb": "an object cut out of the picture stands in the sentence",
        "scene": {"scene_seed": 4},
        "text": "put {obj1} into the olive container",
        "clicks": [],
        "crops": {"obj1": {"point": [136, 57]}},
    },
    {
        "title": "A scene, and back again",
        "blurb": "a task with a goal: arrange as the picture shows, then restore",
        "scene": {"task": "rearrange_then_restore", "level": "L1", "seed": 3},
        "text": None,
        "clicks": [],
        "crops": {},
    },
    {
        "title": "Turn it",
        "blurb": "by an angle in the words",
        "scene": {"task": "rotate", "level": "L1", "seed": 1},
        "text": None,
        "clicks": [],
        "crops": {},
    },
)
"""Things to try that work; a test plays each."""


@cache
def tasks() -> list[dict[str, Any]]:
    """Every task."""
    import sim

    return [{"name": t.name, "levels": list(t.levels), "prompt": t.doc.split("\n")[0]} for t in sim.TASKS.values()]


@cache
def skills() -> list[dict[str, str]]:
    """Every skill, as its author reads it."""
    from skills import load

    return [{"name": s.name, "signature": s.signature(), "doc": s.doc} for s in load().values()]


def hello(session: Session, limits: Playground, authors: list[dict[str, Any]]) -> dict[str, Any]:
    """Everything of it."""
    return {
        "version": __version__,
        "authors": authors,
        "tasks": tasks(),
        "skills": skills(),
        "examples": list(EXAMPLES),
        "limits": limits.model_dump(mode="json", exclude={"hosts", "sessions", "sessions_each", "idle_minutes"}),
        "extras": {"rerun": RECORDING in MADE},
        "session": was(session),
        "history": history(session),
    }


def history(session: Session) -> list[dict[str, Any]]:
    """The session's runs, newest first."""
    return [run.row() for run in reversed(session.runs.values())]


def was(session: Session) -> dict[str, Any]:
    """Where the session was: what the last plan or run was asked with."""
    draft = session.draft
    scene = session.scenes.get(draft.get("scene", "")) or next(reversed(session.scenes.values()), None)
    pictures = {name: session.pictures[id] for name, id in draft.get("pictures", {}).items() if id in session.pictures}
    going = next((run.id for run in reversed(session.runs.values()) if run.state != "ended"), None)
    same = scene is not None and scene.id == draft.get("scene")
    return {
        "scene": scene.told() if scene else None,
        "text": draft.get("text") if same else None,
        "pictures": {name: picture.told() for name, picture in pictures.items()} if same else {},
        "clicks": draft.get("clicks", []) if same else [],
        "program": draft.get("program", ""),
        "reward": draft.get("reward", ""),
        "run": going,
    }
