"""What every route does: who asks, what the body says, and what an error looks like."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, TypeVar

from pydantic import BaseModel
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from instruct2act.playground.jobs import asked
from instruct2act.playground.jobs.desk import Failed
from instruct2act.playground.jobs.manager import Manager
from instruct2act.playground.jobs.users import Session, TooMany, User
from instruct2act.playground.processes.zygote import Gone
from instruct2act.playground.server.guard import bearer, error

COOKIE = "instruct2act_session"
BODY_S = 20.0
"""Seconds that a body may take to arrive."""
Model = TypeVar("Model", bound=BaseModel)
Route = Callable[[Request], Awaitable[Response]]


class Unknown(Exception):
    """Nothing of that name is this session's; whether it is somebody else's is not said."""


class Unasked(Exception):
    """A token is needed."""


class TooLarge(Exception):
    """A body of too many bytes."""


def manager_of(connection: HTTPConnection) -> Manager:
    """The manager."""
    manager: Manager = connection.app.state.manager
    return manager


def user_of(connection: HTTPConnection) -> User:
    """Who asks: by token, by the session's user, or by address where no token is needed.

    Raises:
        Unasked: a token is needed.
    """
    users = manager_of(connection).users
    address = users.address(connection.client.host if connection.client else "nowhere")
    if not users.closed:
        return address
    given = bearer(connection.headers)
    if given is not None:
        if address.logins.left_out() <= 0:
            known = users.token(given)
            if known is not None:
                return known
            address.logins.take("wrong tokens")
        raise Unasked
    session = users.session(connection.cookies.get(COOKIE), None)
    if session is None:
        raise Unasked
    return session.user


def session_of(connection: HTTPConnection) -> Session:
    """Whose it is. A cookie that this server did not make for this user is none.

    Raises:
        Unasked: a token is needed.
        Unknown: there is no session.
    """
    session = manager_of(connection).users.session(connection.cookies.get(COOKIE), user_of(connection))
    if session is None:
        raise Unknown
    return session


def session_or_new(request: Request) -> tuple[Session, bool]:
    """The session, and whether it was made just now.

    Raises:
        Unasked: a token is needed.
        TooMany: too many sessions.
    """
    user, users = user_of(request), manager_of(request).users
    session = users.session(request.cookies.get(COOKIE), user)
    return (session, False) if session else (users.begin(user), True)


def keep(response: Response, session: Session) -> Response:
    """Gives the browser its session."""
    response.set_cookie(COOKIE, session.id, httponly=True, samesite="strict", path="/")
    return response


async def body(request: Request, most: int) -> bytes:
    """A request's body.

    Raises:
        TooLarge: it has more bytes.
        asked.Wrong: it does not come.
    """
    length = request.headers.get("content-length", "")
    if length and (not length.isdecimal() or int(length) > most):
        raise TooLarge
    content = bytearray()
    try:
        async with asyncio.timeout(BODY_S):
            async for part in request.stream():
                content += part
                if len(content) > most:
                    raise TooLarge
    except TimeoutError:
        raise asked.Wrong("the request did not come to its end") from None
    return bytes(content)


async def said(request: Request, model: type[Model]) -> Model:
    """What a request's JSON says.

    Raises:
        TooLarge: it is too long.
        asked.Wrong: it is not what is asked for here.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise asked.Wrong("send JSON, with content-type: application/json")
    limits = manager_of(request).limits
    content = await body(request, 6 * 1024 * limits.code_kb + 65_536)
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        raise asked.Wrong("this is no JSON") from None
    made = asked.understood(model, value)
    for name in ("program", "reward"):
        source = getattr(made, name, None)
        if source is not None and len(source.encode(errors="replace")) > 1024 * limits.code_kb:
            raise TooLarge
    return made


def route(work: Callable[[Request], Awaitable[Response]]) -> Route:
    """Turns what a route raises into answers. What a route did not expect is the server's log's alone."""

    @wraps(work)
    async def answered(request: Request) -> Response:
        limits = manager_of(request).limits
        try:
            return await work(request)
        except Unasked:
            return error(401, "a token is needed", "enter the token that this playground was started with")
        except (Unknown, KeyError):
            return error(404, "there is no such thing", "reload the page; what is old is forgotten")
        except TooMany as many:
            manager_of(request).counts["refused"] += 1
            after = {"retry_after": str(max(1, round(many.seconds)))}
            return error(429, str(many), many.todo, **after)
        except TooLarge:
            return error(413, "that is too long", f"code: {limits.code_kb} kB, pictures: {limits.upload_mb:g} MB")
        except asked.Wrong as wrong:
            return error(422, str(wrong), "")
        except Failed as failed:
            return error(503 if failed.ours else 422, str(failed), failed.todo)
        except Gone as gone:
            return error(503, str(gone), "start the playground again")

    return answered


def one(things: dict[str, Any], name: Any) -> Any:
    """A session's own thing.

    Raises:
        Unknown: it has none of that name.
    """
    if name not in things:
        raise Unknown
    return things[name]
