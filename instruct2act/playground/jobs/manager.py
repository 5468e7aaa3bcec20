"""Owns users, queue, limits, processes and runs. Whatever a page does, it does by asking here."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import shutil
import signal
import struct
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from instruct2act.config import Config
from instruct2act.playground.jobs import asked
from instruct2act.playground.jobs.desk import Desk, Failed
from instruct2act.playground.jobs.pages import Page
from instruct2act.playground.jobs.plans import Planner
from instruct2act.playground.jobs.runs import Run
from instruct2act.playground.jobs.scenes import Picture, Scene, command, named
from instruct2act.playground.jobs.uploads import Decoder
from instruct2act.playground.jobs.users import Session, TooMany, Users
from instruct2act.playground.processes import wire
from instruct2act.playground.processes.messages import MADE, OF_A_RUN, nothing
from instruct2act.playground.processes.zygote import Child, Gone, Zygote
from skills.scratch import Scratch

SLACK_S = 8.0
"""Beyond a run's time: its scene is set up and its files are written outside of it."""
STOP_S = 1.5
"""From a stop to the end of a worker that writes its record."""
GONE_S = 0.05
"""From the end of a page to the end of its workers: nobody is there to read a record."""
DESKS = 2
MAKERS = 2
"""Films and recordings that are made at once."""
_TIDY_S = 30.0
_log = logging.getLogger(__name__)


class Manager:
    """Everything that goes on.

    Attributes:
        config: as the page was started with.
        users: who is known.
        running, waiting: runs with a worker, and without one yet, in order.
        counts: for the metrics.
    """

    def __init__(self, config: Config, tokens: Sequence[str] = ()) -> None:
        self.config, self.limits = config, config.playground
        self.users = Users(self.limits, tokens)
        self._scratch = Scratch("play")
        self.folder = self._scratch.path
        self.running: dict[str, Run] = {}
        self.waiting: list[Run] = []
        self.counts: Counter[str] = Counter()
        self.seconds: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._making = asyncio.Semaphore(MAKERS)
        self.planner = Planner(self)
        self.zygote: Zygote
        self.desk: Desk
        self.decoder: Decoder

    # --- life ---------------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Starts the processes; they are ready later."""
        own = {"author": self.config.author.model_copy(update={"provider": "offline"})}
        # What runs a person's program asks no author: the zygote and its runs know of no hosted model.
        settings = self.config.model_copy(update=own)
        self.zygote = Zygote(settings, self.folder)
        self.desk = Desk(self.zygote, DESKS, self.limits.memory_mb)
        self.decoder = Decoder(self.zygote, self.limits.upload_side)
        self.spawn(self._warm())
        self.spawn(self._tidy())

    async def close(self) -> None:
        """Ends everything and leaves nothing behind."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with contextlib.suppress(Exception):
            await self.zygote.close()
        self._scratch.close()

    async def _warm(self) -> None:
        try:
            await self.desk.start()
        except Gone as gone:
            _log.error("no program can be run: %s", gone)

    async def _tidy(self) -> None:
        while True:
            await asyncio.sleep(_TIDY_S)
            self.users.tidy()
            there = {session.name for session in self.users.sessions.values()}
            for folder in self.folder.glob("s-*"):
                if folder.name.removeprefix("s-") not in there:
                    shutil.rmtree(folder, ignore_errors=True)

    def spawn(self, work: Any) -> asyncio.Task[Any]:
        """Something that goes on until it ends, or this does."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    # --- scenes and pictures ------------------------------------------------------------------------------------------

    def place(self, session: Session, *parts: str) -> Path:
        """A folder of a session's own."""
        folder = self.folder.joinpath(f"s-{session.name}", *parts)
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    async def new_scene(self, session: Session, wanted: asked.NewScene) -> Scene:
        """Makes a scene.

        Raises:
            Failed: it can't be; says why.
            KeyError: there is no such picture.
        """
        id = named()
        folder = self.place(session, "scenes", id)
        given = wanted.model_dump(exclude_none=True)
        picture = session.pictures[wanted.picture].file if wanted.picture else None
        scene = Scene(id, folder, given, None if picture else _levelled(wanted.spec()), picture)
        try:
            scene.facts = await self.desk.ask(id, {"do": "scene", "folder": str(folder), **scene.source()})
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        session.scenes[id] = scene
        used = {run.scene.id for run in session.runs.values()}
        for old in list(session.scenes)[: -self.limits.kept_scenes]:
            if old not in used:
                shutil.rmtree(session.scenes.pop(old).folder, ignore_errors=True)
        return scene

    def add_picture(self, session: Session, width: int, height: int, content: bytes | None = None) -> Picture:
        """A picture's place; the oldest go when there are too many."""
        id = named()
        picture = Picture(id, self.place(session, "pictures") / f"{id}.png", width, height)
        if content is not None:
            picture.file.write_bytes(content)
        session.pictures[id] = picture
        used = {scene.picture for scene in session.scenes.values()}
        for old in list(session.pictures)[: -self.limits.kept_pictures]:
            if session.pictures[old].file not in used:
                session.pictures.pop(old).file.unlink(missing_ok=True)
        return picture

    # --- runs ---------------------------------------------------------------------------------------------------------

    def submit(self, session: Session, wanted: asked.NewRun) -> Run:
        """A run, begun or waiting.

        Raises:
            TooMany: a limit of the user's or of everybody's.
            KeyError: no such scene or picture.
            asked.Wrong: the scene is a picture.
        """
        scene = session.scenes[wanted.scene]
        if scene.spec is None:
            raise asked.Wrong("nothing can be run on a picture: make a scene first")
        files = {name: session.pictures[id].file for name, id in wanted.pictures.items()}
        user = session.user
        mine = [run for run in self.running.values() if run.user is user]
        queued = [run for run in self.waiting if run.user is user]
        now = len(mine) < self.limits.running_each and len(self.running) < self.limits.workers and not self.waiting
        if not now and len(queued) >= self.limits.waiting_each:
            raise TooMany(
                f"{self.limits.running_each} running and {self.limits.waiting_each} waiting are the most for one user",
                "wait for one to end, or stop it",
                5,
            )
        if not now and len(self.waiting) >= self.limits.queue:
            raise TooMany(f"{self.limits.queue} runs are waiting already", "try again in a minute", 30)
        user.runs.take("runs")
        id = named()
        folder = self.place(session, "runs", id)
        (folder / "program.py").write_text(wanted.program, encoding="utf-8")
        if wanted.reward:
            (folder / "reward.py").write_text(wanted.reward, encoding="utf-8")
        for name, file in files.items():
            shutil.copyfile(file, folder / f"{name}.png")
        request = wanted.model_dump(exclude={"page"})
        told = command(scene, wanted.text, list(wanted.pictures), wanted.clicks, bool(wanted.reward))
        run = Run(id, session, scene, request, folder, told, wanted.page)
        session.runs[id] = run
        for old in [r for r in session.runs.values() if r.done][: -self.limits.kept_runs]:
            del session.runs[old.id]
            shutil.rmtree(old.folder, ignore_errors=True)
        self.waiting.append(run)
        self.counts["runs"] += 1
        self._pump()
        return run

    def _pump(self) -> None:
        """Whoever may begin begins; the others hear their place."""
        for run in list(self.waiting):
            if len(self.running) >= self.limits.workers:
                break
            if sum(other.user is run.user for other in self.running.values()) < self.limits.running_each:
                self.waiting.remove(run)
                self.running[run.id] = run
                run.state, run.place = "starting", 0
                self.spawn(self._play(run))
        for place, run in enumerate(self.waiting, 1):
            if run.place != place:
                run.place = place
                self.tell(run, {"type": "queued", "place": place})

    async def _play(self, run: Run) -> None:
        try:
            try:
                run.child = await self.zygote.fork(self._job(run))
                run.began = time.monotonic()
                await self._hear(run, run.child)
            except Gone as gone:
                self._end(run, "infrastructure", str(gone))
        finally:
            child = run.child
            used = await child.end() if child is not None else {}
            self.seconds["cpu"] += used.get("cpu_s", 0.0)
            if not run.end:
                self._end(run, *_how(run, used, self.limits.cpu_s))
            run.done = True
            self.running.pop(run.id, None)
            shutil.rmtree(run.folder / "tmp", ignore_errors=True)
            if run.folder.is_dir():
                run.put_away()
            self._pump()

    def _job(self, run: Run) -> dict[str, Any]:
        text = run.request["text"]
        spec = {**(run.scene.spec or {}), "text": text, "clicks": run.request["clicks"]}
        return {
            "do": "run",
            "folder": str(run.folder),
            "spec": {**spec, "program": run.request["program"], "reward": run.request["reward"]},
            "pictures": {name: str(run.folder / f"{name}.png") for name in run.request["pictures"]},
            "stepping": run.request["stepping"],
            "speed": run.request["speed"],
            "cpu_s": self.limits.cpu_s,
            "memory_mb": self.limits.memory_mb,
        }

    async def _hear(self, run: Run, child: Child) -> None:
        """What a worker tells, to its end or to the end of its time."""
        if run.stopped:
            return
        while True:
            left = run.left_s(self.limits.wall_s, self.limits.wait_s, SLACK_S)
            try:
                async with asyncio.timeout(max(left, 0.0)):
                    piece = await child.receive()
            except TimeoutError:
                return
            except wire.Broken:
                return
            if isinstance(piece, bytes):
                run.frames += 1
                self.counts["frames"] += 1
                (captured,) = struct.unpack_from(">d", piece)
                for page in run.session.pages:
                    page.show(run.frames, captured, piece[8:])
                continue
            kind = piece.get("type") if isinstance(piece, dict) else None
            if kind == "finished":
                return
            if kind not in OF_A_RUN or run.end:
                continue
            try:
                self.tell(run, piece)
            except ValueError as much:
                self._end(run, "failed", str(much))
                return

    def tell(self, run: Run, message: dict[str, Any]) -> None:
        """Adds to a run's events, and tells its pages."""
        whole = run.note(message)
        if message["type"] == "ended":
            self.counts[f"runs_{message['status']}"] += 1
        for page in run.session.pages:
            page.tell(whole)

    def _end(self, run: Run, status: str, message: str) -> None:
        run.told = 0
        self.tell(run, {"type": "ended", **nothing(status, message)})

    async def stop(self, run: Run, why: str = "stopped", within_s: float = STOP_S) -> None:
        """Stops the arm now, and ends the worker soon."""
        if run.state == "ended":
            return
        run.stopped = run.stopped or why
        if run in self.waiting:
            self.waiting.remove(run)
            self._end(run, "interrupted", why)
            run.done = True
            run.put_away()
            self._pump()
            return
        if run.child is not None:
            await run.child.send({"do": "stop", "why": why})
            asyncio.get_running_loop().call_later(within_s, run.child.kill)

    async def press(self, run: Run, button: str) -> None:
        """Pause, step, resume."""
        if run.child is not None and run.state != "ended":
            await run.child.send({"do": button})

    async def fetch(self, run: Run, path: Path) -> None:
        """Waits for a file that a worker still draws; makes one that nobody asked for before.

        Raises:
            Failed: it could not be made.
            Gone: there are no processes.
        """
        if run.child is not None and not run.done:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(run.child.ended), 5)
        if path.name not in MADE or path.is_file() or not run.done:
            return
        async with self._making, run.making:
            if path.is_file():
                return
            job = {"do": "make", "name": path.name, "folder": str(run.folder), "text": run.row()["text"]}
            child = await self.zygote.fork({**job, "cpu_s": self.limits.cpu_s, "memory_mb": self.limits.memory_mb})
            why = "making this file took too long, or too much memory"
            try:
                with contextlib.suppress(TimeoutError, wire.Broken, AttributeError):
                    why = str((await asyncio.wait_for(child.receive(), self.limits.wall_s)).get("error"))[:300]
            finally:
                await asyncio.shield(child.end())
                shutil.rmtree(run.folder / "tmp", ignore_errors=True)
        if not path.is_file():
            raise Failed(why, "the other files of the run are there")

    # --- pages --------------------------------------------------------------------------------------------------------

    def opened(self, session: Session, page: Page) -> None:
        """A page is there."""
        session.pages.add(page)

    async def left(self, session: Session, page: Page) -> None:
        """A page is gone, and what it asked for ends; so does everything once no page is left."""
        session.pages.discard(page)
        session.seen = time.monotonic()
        self.counts["frames_sent"] += page.sent
        self.counts["frames_dropped"] += page.dropped
        for run in list(session.runs.values()):
            if run.state != "ended" and (not session.pages or run.page == page.id):
                await self.stop(run, "the page was closed", GONE_S)
        for plan in list(session.plans.values()):
            if not session.pages or plan.page == page.id:
                plan.task.cancel()


def _levelled(spec: dict[str, Any]) -> dict[str, Any]:
    """With the task's first level where none is named."""
    import sim

    if spec.get("task") is None or spec.get("level"):
        return spec
    known = sim.TASKS.get(spec["task"])
    return {**spec, "level": known.levels[0] if known else "L1"}


def _how(run: Run, used: dict[str, Any], cpu_s: float) -> tuple[str, str]:
    """How a worker that had no last word ended."""
    if run.stopped:
        return "interrupted", run.stopped
    if used.get("cpu_s", 0.0) >= cpu_s:
        return "failed", f"the run used its {cpu_s:g} s of processor time"
    status = used.get("status", 0)
    if status & 127 == signal.SIGKILL:
        return "failed", "the run took longer than it may"
    return "infrastructure", "the run's process ended before its time"
