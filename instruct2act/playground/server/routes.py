"""What may be asked, and who answers: sessions, scenes, pictures, plans, runs. Everything is of the asker's session."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from instruct2act.playground.jobs import asked
from instruct2act.playground.jobs.runs import Run
from instruct2act.playground.jobs.scenes import Scene
from instruct2act.playground.server import greeting
from instruct2act.playground.server.requests import (
    Unasked,
    Unknown,
    body,
    keep,
    manager_of,
    one,
    route,
    said,
    session_of,
    session_or_new,
)

_KINDS = {".py": "text/plain; charset=utf-8", ".jsonl": "application/x-ndjson", ".png": "image/png"}


async def login(request: Request) -> Response:
    """POST /api/login."""
    wanted = await said(request, asked.Login)
    users = manager_of(request).users
    address = users.address(request.client.host if request.client else "nowhere")
    if address.logins.left_out() > 0:
        address.logins.take("wrong tokens")
    user = users.token(wanted.token)
    if user is None:
        address.logins.take("wrong tokens")
        raise Unasked
    return keep(JSONResponse({"ok": True}), users.begin(user))


async def hello(request: Request) -> Response:
    """GET /api/hello."""
    session, new = session_or_new(request)
    manager = manager_of(request)
    answer = JSONResponse(greeting.hello(session, manager.limits, manager.planner.authors()))
    return keep(answer, session) if new else answer


async def history(request: Request) -> Response:
    """GET /api/history."""
    return JSONResponse({"runs": greeting.history(session_of(request))})


# --- scenes and pictures ----------------------------------------------------------------------------------------------


async def new_scene(request: Request) -> Response:
    """POST /api/scenes."""
    session = session_of(request)
    wanted = await said(request, asked.NewScene)
    with session.user.look():
        scene = await manager_of(request).new_scene(session, wanted)
    return JSONResponse(scene.told())


def _scene(request: Request) -> Scene:
    scene: Scene = one(session_of(request).scenes, request.path_params["id"])
    return scene


async def scene_file(request: Request) -> Response:
    """GET /api/scenes/{id}/{file}."""
    path = _scene(request).file(request.path_params["file"])
    if path is None:
        raise Unknown
    return FileResponse(path, media_type="image/png")


async def masks(request: Request) -> Response:
    """POST /api/scenes/{id}/masks."""
    session, scene = session_of(request), _scene(request)
    wanted = await said(request, asked.Masks)
    width, height = scene.facts["width"], scene.facts["height"]
    for x, y in wanted.points or ():
        if not (0 <= x < width and 0 <= y < height):
            raise asked.Wrong(f"the point ({x:g}, {y:g}) lies outside of the picture of {width} x {height} pixels")
    for x0, y0, x1, y1 in wanted.boxes or ():
        if not (x0 < x1 and y0 < y1):
            raise asked.Wrong("a box is x0, y0, x1, y1 with x0 < x1 and y0 < y1")
    with session.user.look():
        given = {"do": "masks", **wanted.model_dump(), **scene.source()}
        return JSONResponse(await manager_of(request).desk.ask(scene.id, given))


async def crop(request: Request) -> Response:
    """POST /api/scenes/{id}/crop."""
    session, scene = session_of(request), _scene(request)
    wanted = await said(request, asked.Crop)
    manager = manager_of(request)
    with session.user.look():
        picture = manager.add_picture(session, 0, 0)
        try:
            given = {"do": "crop", "file": str(picture.file), **wanted.model_dump(), **scene.source()}
            cut = await manager.desk.ask(scene.id, given)
        except BaseException:
            session.pictures.pop(picture.id, None)
            raise
    picture.width, picture.height = cut["width"], cut["height"]
    return JSONResponse(picture.told())


async def coco(request: Request) -> Response:
    """POST /api/scenes/{id}/coco."""
    session, scene = session_of(request), _scene(request)
    with session.user.look():
        return JSONResponse(await manager_of(request).desk.ask(scene.id, {"do": "coco", **scene.source()}))


async def upload(request: Request) -> Response:
    """POST /api/pictures: a picture file as the body."""
    session, manager = session_of(request), manager_of(request)
    with session.user.look():
        content = await body(request, int(manager.limits.upload_mb * 1e6))
        decoded = await manager.decoder.decode(content)
    return JSONResponse(manager.add_picture(session, decoded.width, decoded.height, decoded.png).told())


async def picture(request: Request) -> Response:
    """GET /api/pictures/{id}."""
    found = one(session_of(request).pictures, request.path_params["id"])
    if not found.file.is_file():
        raise Unknown
    return FileResponse(found.file, media_type="image/png")


# --- programs ---------------------------------------------------------------------------------------------------------


async def check(request: Request) -> Response:
    """POST /api/check."""
    session = session_of(request)
    wanted = await said(request, asked.Check)
    scene: Scene = one(session.scenes, wanted.scene)
    slots = [*scene.facts["slots"], *wanted.pictures]
    given = {"do": "check", "program": wanted.program, "slots": slots}
    with session.user.look():
        return JSONResponse(await manager_of(request).desk.ask(scene.id, given))


async def plan(request: Request) -> Response:
    """POST /api/plans."""
    session = session_of(request)
    wanted = await said(request, asked.Plan)
    made = manager_of(request).planner.submit(session, wanted)
    session.draft.update(wanted.model_dump(include={"scene", "text", "pictures", "clicks"}))
    return JSONResponse({"plan": made.id})


async def new_run(request: Request) -> Response:
    """POST /api/runs."""
    session = session_of(request)
    wanted = await said(request, asked.NewRun)
    made = manager_of(request).submit(session, wanted)
    kept = wanted.model_dump(include={"scene", "text", "pictures", "clicks", "program", "reward"})
    session.draft.update(kept)
    return JSONResponse({"run": made.id, "place": made.place})


def _run(request: Request) -> Run:
    run: Run = one(session_of(request).runs, request.path_params["id"])
    return run


async def press(request: Request) -> Response:
    """POST /api/runs/{id}/stop|pause|step|resume."""
    run, button = _run(request), request.path_params["button"]
    manager = manager_of(request)
    if button == "stop":
        await manager.stop(run)
    elif button in ("pause", "step", "resume"):
        await manager.press(run, button)
    else:
        raise Unknown
    return JSONResponse({"state": run.state})


async def run(request: Request) -> Response:
    """GET /api/runs/{id}."""
    return JSONResponse(_run(request).whole())


async def run_file(request: Request) -> Response:
    """GET /api/runs/{id}/files/{name}: what may be downloaded; a film is made when it is asked for."""
    found, name = _run(request), request.path_params["name"]
    path = found.file(name)
    if path is None:
        raise Unknown
    if not path.is_file():
        with found.user.look():
            await manager_of(request).fetch(found, path)
    if not path.is_file():
        raise Unknown
    kind = _KINDS.get(path.suffix, "video/webm" if path.suffix == ".webm" else "application/octet-stream")
    shown = "inline" if path.suffix in (".png", ".webm") else "attachment"
    return FileResponse(path, media_type=kind, filename=name, content_disposition_type=shown)


async def run_picture(request: Request) -> Response:
    """GET /api/runs/{id}/pictures/{name}."""
    path = _run(request).picture(request.path_params["name"])
    if path is None or not path.is_file():
        raise Unknown
    return FileResponse(path, media_type="image/png")


def routes() -> list[BaseRoute]:
    """All of them."""
    table: list[tuple[str, str, Any]] = [
        ("POST", "/api/login", login),
        ("GET", "/api/hello", hello),
        ("GET", "/api/history", history),
        ("POST", "/api/scenes", new_scene),
        ("GET", "/api/scenes/{id}/{file}", scene_file),
        ("POST", "/api/scenes/{id}/masks", masks),
        ("POST", "/api/scenes/{id}/crop", crop),
        ("POST", "/api/scenes/{id}/coco", coco),
        ("POST", "/api/pictures", upload),
        ("GET", "/api/pictures/{id}", picture),
        ("POST", "/api/check", check),
        ("POST", "/api/plans", plan),
        ("POST", "/api/runs", new_run),
        ("GET", "/api/runs/{id}", run),
        ("GET", "/api/runs/{id}/files/{name}", run_file),
        ("GET", "/api/runs/{id}/pictures/{name}", run_picture),
        ("POST", "/api/runs/{id}/{button}", press),
    ]
    return [Route(path, route(work), methods=[method]) for method, path, work in table]
