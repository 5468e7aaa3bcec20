"""Before anything answers: whether the request is for this host, from this page, and of somebody who may ask.

Around every answer: headers that keep a browser from running, framing, keeping or guessing anything.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from instruct2act.playground.jobs.saying import without_paths

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
    "media-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": CSP,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    "cache-control": "no-store",
}


def error(status: int, sentence: str, todo: str = "", **headers: str) -> JSONResponse:
    """An answer that says what is wrong and what to do."""
    told = {"error": without_paths(sentence), "todo": without_paths(todo)}
    return JSONResponse(told, status, {k.replace("_", "-"): v for k, v in headers.items()})


class Guard:
    """ASGI middleware; see the module."""

    def __init__(self, app: ASGIApp, hosts: Sequence[str] = ()) -> None:
        """Takes host names that are this server's, beside addresses and this machine's own."""
        self._app = app
        self._names = {"localhost", socket.gethostname().lower(), *(name.lower() for name in hosts)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request or socket."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        why = self._amiss(scope, headers)

        async def sent(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                given = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    given.setdefault(name, value)
            await send(message)

        if why:
            if scope["type"] == "websocket":
                await receive()
                await send({"type": "websocket.close", "code": 1008})
                return
            await error(403, why, "open the page at the address that `instruct2act play` printed")(scope, receive, sent)
            return
        await self._app(scope, receive, sent)

    def _amiss(self, scope: Scope, headers: Headers) -> str:
        host = headers.getlist("host")
        if len(host) != 1 or not self._ours(host[0]):
            return "this name is not one of this server's"  # another site's name that leads here (DNS rebinding)
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc.lower() != host[0].lower():
            return "the request comes from another page"
        if origin is None and scope["type"] == "websocket":
            return "a socket says what page it is of"
        if headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
            # A link on another page may lead here; nothing else may.
            if headers.get("sec-fetch-mode") == "navigate" and scope.get("method") == "GET" and scope["path"] == "/":
                return ""
            return "the request comes from another page"
        return ""

    def _ours(self, host: str) -> bool:
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return name.rstrip(".") in self._names
        return True  # an address can't be led elsewhere


def bearer(headers: Any) -> str | None:
    """The token of an Authorization header."""
    kind, _, token = (headers.get("authorization") or "").partition(" ")
    return token.strip() if kind.lower() == "bearer" and token.strip() else None
