"""The application: the page, its socket, and the routes behind it."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket

from instruct2act.config import Config
from instruct2act.playground.jobs.manager import Manager
from instruct2act.playground.jobs.pages import Page
from instruct2act.playground.jobs.scenes import named
from instruct2act.playground.jobs.users import TooMany
from instruct2act.playground.server import metrics
from instruct2act.playground.server.guard import Guard, error
from instruct2act.playground.server.requests import Unasked, Unknown, route, session_of, user_of
from instruct2act.playground.server.routes import routes

PAGE = Path(__file__).parents[1] / "page"
PAGES_EACH = 8
"""Sockets that a session may have open."""
_log = logging.getLogger(__name__)


def application(config: Config, tokens: Sequence[str] = ()) -> Starlette:
    """The application; its processes start with it, and end with it."""

    @asynccontextmanager
    async def life(app: Starlette) -> AsyncIterator[None]:
        manager = app.state.manager = Manager(config, tokens)
        try:
            await manager.start()
            yield
        finally:
            await manager.close()

    made = Starlette(
        routes=[
            Route("/", page),
            Route("/healthz", health),
            Route("/metrics", route(measured)),
            *routes(),
            WebSocketRoute("/api/live", live),
            Mount("/static/look", StaticFiles(packages=[("instruct2act", "look")])),
            Mount("/static", StaticFiles(directory=PAGE, check_dir=False)),
        ],
        middleware=[Middleware(Guard, hosts=config.playground.hosts)],
        exception_handlers={HTTPException: _plainly, 404: _plainly, 405: _plainly, 500: _broken},
        lifespan=life,
    )
    made.router.redirect_slashes = False  # an address is right or wrong
    return made


async def page(request: Request) -> Response:
    """GET /."""
    return FileResponse(PAGE / "index.html", media_type="text/html; charset=utf-8")


async def health(request: Request) -> Response:
    """GET /healthz: whether this answers, and whether its processes live."""
    zygote = request.app.state.manager.zygote
    dead = zygote.ready.done() and zygote.ready.exception() is not None
    return JSONResponse({"ok": not dead}, 503 if dead else 200)


async def measured(request: Request) -> Response:
    """GET /metrics."""
    user_of(request)
    return PlainTextResponse(metrics.text(request.app.state.manager), media_type=metrics.KIND)


async def live(socket: WebSocket) -> None:
    """GET /api/live: a page's socket. Its end is the end of what the page asked for."""
    try:
        session = session_of(socket)
    except (Unasked, Unknown, TooMany):
        await socket.close(1008)
        return
    if len(session.pages) >= PAGES_EACH:
        await socket.close(1013)
        return
    manager: Manager = socket.app.state.manager
    await socket.accept()
    opened = Page(named(), socket)
    manager.opened(session, opened)
    opened.tell({"type": "page", "page": opened.id})
    try:
        await opened.serve()
    finally:
        await manager.left(session, opened)


async def _plainly(request: Request, problem: Any) -> Response:
    status = getattr(problem, "status_code", 404)
    sentence = {404: "there is no such page", 405: "that can't be done here"}.get(status, "that did not work")
    return error(status, sentence)


async def _broken(request: Request, problem: Exception) -> Response:
    _log.error("a request failed", exc_info=problem)
    return error(500, "something of ours broke", "the server's log says what; try again")
