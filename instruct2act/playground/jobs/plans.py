"""Plans: an author, asked in a process of its own, which alone is given the author's key."""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from instruct2act import registry
from instruct2act.authoring import llm
from instruct2act.config import Config
from instruct2act.playground.jobs import asked
from instruct2act.playground.jobs.saying import without_paths
from instruct2act.playground.jobs.scenes import Scene, named
from instruct2act.playground.jobs.users import Session, TooMany
from instruct2act.playground.processes import wire
from instruct2act.playground.processes.messages import OF_A_PLAN
from instruct2act.playground.processes.zygote import Gone
from skills.errors import Mistake

if TYPE_CHECKING:
    from instruct2act.playground.jobs.manager import Manager

LABELS = {"offline": "embedded (no network)", "openai": "language model", "replay": "recording"}
SLACK_S = 20.0
"""Beyond what an author may take: the scene is set up, and the checks."""


@dataclass(eq=False)
class Plan:
    """One that goes on; ``task`` ends it when cancelled."""

    id: str
    session: Session
    page: str | None
    author: str
    task: asyncio.Task[None] | None = None
    seq: int = 0


class Planner:
    """Has programs written."""

    def __init__(self, manager: Manager) -> None:
        self._manager = manager
        self._turn = asyncio.Semaphore(manager.limits.workers)

    def authors(self) -> list[dict[str, Any]]:
        """Who there is, who of them can be asked, and why not the others."""
        return [self._author(name) for name in registry.names("instruct2act.authoring.llm")]

    def _author(self, name: str) -> dict[str, Any]:
        why = ""
        try:
            model = llm.load(name, self._manager.config.llm)
        except Mistake as mistake:
            why = without_paths(str(mistake))
        streams = not why and hasattr(model, "on_text")
        label = LABELS.get(name, name)
        if not why and name != "offline":
            label = f"{label}: {model.model}"
        return {"name": name, "label": label, "streams": streams, "ready": not why, "why": why}

    def submit(self, session: Session, wanted: asked.Plan) -> Plan:
        """A plan, begun.

        Raises:
            TooMany: a limit.
            KeyError: no such scene or picture.
            asked.Wrong: the scene is a picture, there is nothing to plan for, or the author can't be asked.
        """
        scene = session.scenes[wanted.scene]
        if scene.spec is None:
            raise asked.Wrong("nothing can be planned on a picture: make a scene first")
        if wanted.text is None and not scene.facts.get("text"):
            raise asked.Wrong("say what to do: this scene has no instruction of its own")
        files = {name: str(session.pictures[id].file) for name, id in wanted.pictures.items()}
        authors = {author["name"]: author for author in self.authors()}
        if wanted.author not in authors:
            raise asked.Wrong(f"no such author; there are: {', '.join(authors)}")
        if not authors[wanted.author]["ready"]:
            raise asked.Wrong(authors[wanted.author]["why"])
        if session.user.planning >= self._manager.limits.running_each:
            raise TooMany("a program is being written for you already", "wait for it, or close the other page", 5)
        session.user.plans.take("plans")
        plan = Plan(named(), session, wanted.page, wanted.author)
        session.plans[plan.id] = plan
        session.user.planning += 1
        self._manager.counts["plans"] += 1
        plan.task = self._manager.spawn(self._write(plan, self._job(plan, scene, wanted, files)))
        plan.task.add_done_callback(lambda _: self._over(plan))  # also of one that was ended before it began
        return plan

    @staticmethod
    def _over(plan: Plan) -> None:
        if plan.session.plans.pop(plan.id, None) is not None:
            plan.session.user.planning -= 1

    def _job(self, plan: Plan, scene: Scene, wanted: asked.Plan, files: dict[str, str]) -> dict[str, Any]:
        config, manager = self._manager.config, self._manager
        accounts = config.llm.accounts or manager.folder / "accounts.json"  # one purse for all of them
        settings = config.model_copy(
            update={
                "author": config.author.model_copy(update={"provider": wanted.author}),
                "llm": config.llm.model_copy(update={"accounts": accounts}),
            }
        )
        key = config.llm.key_env
        keyed = wanted.author != "offline" and key and key in os.environ
        return {
            "do": "plan",
            "folder": str(manager.place(plan.session, "plans", plan.id)),
            "spec": {**(scene.spec or {}), "text": wanted.text, "clicks": wanted.clicks},
            "pictures": files,
            "settings": settings.model_dump(mode="json"),
            "keys": {key: os.environ[key]} if keyed else {},
            "cpu_s": manager.limits.cpu_s,
            "memory_mb": manager.limits.memory_mb,
        }

    async def _write(self, plan: Plan, job: dict[str, Any]) -> None:
        async with self._turn:
            await self._written(plan, job)

    async def _written(self, plan: Plan, job: dict[str, Any]) -> None:
        began, failed, child = time.monotonic(), "", None
        try:
            child = await self._manager.zygote.fork(job)
            job["keys"] = {}
            patience = _patience(self._manager.config, plan.author)
            async with asyncio.timeout(patience):
                while (piece := await child.receive()).get("type") != "finished":
                    if piece.get("type") in OF_A_PLAN:
                        self._tell(plan, {"seconds": time.monotonic() - began, **piece})
        except TimeoutError:
            failed = f"the author took longer than {patience:.0f} s"
        except (wire.Broken, AttributeError):
            failed = "the author's process ended before its time"
        except Gone as gone:
            failed = str(gone)
        finally:
            job["keys"] = {}
            if failed:
                self._tell(plan, {"type": "plan_failed", "message": failed})
            spent = time.monotonic() - began
            if child is not None:
                await asyncio.shield(child.end())
            shutil.rmtree(job["folder"], ignore_errors=True)
            self._over(plan)  # before it is told: whoever hears of it may ask for the next one
            self._tell(plan, {"type": "plan_done", "seconds": spent})

    @staticmethod
    def _tell(plan: Plan, message: dict[str, Any]) -> None:
        plan.seq += 1
        if "message" in message:
            message["message"] = without_paths(str(message["message"]))
        if message["type"] == "written":
            plan.session.draft[message["what"]] = message["source"]
        for page in plan.session.pages:
            page.tell({**message, "plan": plan.id, "seq": plan.seq})


def _patience(config: Config, author: str) -> float:
    """Seconds that a plan may take: every answer, and every answer for the reward."""
    if author == "offline":
        return config.playground.wall_s + SLACK_S
    return 2 * (config.llm.repairs + 1) * config.llm.deadline_s + SLACK_S
