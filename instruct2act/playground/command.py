"""The command ``play``: opens the playground."""

from __future__ import annotations

import ipaddress
import os
import socket
import sys
import threading
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from instruct2act.options import ConfigFile, Set

if TYPE_CHECKING:
    from instruct2act.config import Config

TOKENS_ENV = "INSTRUCT2ACT_TOKENS"
SHORTEST_TOKEN = 16


def add_to(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("play")(play)


def play(
    host: Annotated[str, typer.Option(help="The address to listen on; any but this machine's own needs a token.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: one that is free.")] = 7860,
    token: Annotated[
        list[str] | None,
        typer.Option(help=f"Lets one user in; may be repeated. Also from {TOKENS_ENV}, by spaces, which `ps` hides."),
    ] = None,
    open_page: Annotated[bool, typer.Option("--open/--no-open", help="Open the page in a browser.")] = True,
    config: ConfigFile = None,
    sets: Set = None,
) -> None:
    """Open the playground: a web page to say, point, see the program, change it, run it, watch it, stop it.

    instruct2act play

    instruct2act play --host 0.0.0.0 --token "$(openssl rand -hex 16)"
    """
    from instruct2act import config as settings

    given = settings.load(config, ["sim.motion=arm", *(sets or [])])
    tokens = [*(token or []), *os.environ.pop(TOKENS_ENV, "").split()]
    serve(given, host, port, tokens, open_page)


def serve(config: Config, host: str, port: int, tokens: Sequence[str], open_page: bool) -> None:
    """Serves until Ctrl-C.

    Raises:
        Mistake: it can't: no extra, no token, no such address, a port that is taken, another table than ours.
    """
    from skills.errors import Mistake

    try:
        import uvicorn

        from instruct2act.playground.server.application import application
    except ImportError as missing:
        raise Mistake(f"{missing}; pip install 'instruct2act[playground]'") from None
    allowed(host, tokens)
    if config.sim.env != "table":
        raise Mistake("the playground plays on our own table: leave sim.env at table")
    listening = bound(host, port)
    address = f"http://{_shown(host)}:{listening.getsockname()[1]}/"
    server = uvicorn.Server(
        uvicorn.Config(
            application(config, tokens),
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            ws="websockets-sansio",
            ws_max_size=4096,
            ws_per_message_deflate=False,
            ws_ping_interval=10,
            ws_ping_timeout=20,
            timeout_keep_alive=10,
            timeout_graceful_shutdown=2,
            limit_concurrency=400,
            h11_max_incomplete_event_size=32 << 10,
            lifespan="on",
        )
    )
    sys.stdout.write(f"The playground is open at {address}  (Ctrl-C ends it)\n")
    sys.stdout.flush()
    if open_page:
        threading.Thread(target=_open, args=(server, address), daemon=True).start()
    server.run(sockets=[listening])


def allowed(host: str, tokens: Sequence[str]) -> None:
    """Whether this may be opened there.

    Raises:
        Mistake: a host that others reach, without a token, or with one that can be guessed.
    """
    from skills.errors import Mistake

    if not _loopback(host) and not tokens:
        raise Mistake(
            f"on {host} others can reach the playground: give each user a token of {SHORTEST_TOKEN} characters or more "
            f"with --token or in {TOKENS_ENV}, or leave --host at 127.0.0.1"
        )
    if short := [token for token in tokens if len(token) < SHORTEST_TOKEN]:
        raise Mistake(f"{len(short)} of the tokens can be guessed: {SHORTEST_TOKEN} characters are the least")


def bound(host: str, port: int) -> socket.socket:
    """A socket that listens there.

    Raises:
        Mistake: it can't.
    """
    from skills.errors import Mistake

    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        made = socket.socket(family, socket.SOCK_STREAM)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
        made.listen(128)
    except OSError as error:
        raise Mistake(f"can't listen on {host} port {port}: {error.strerror or error}; try --port 0") from None
    return made


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _shown(host: str) -> str:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if address.is_unspecified:
        return socket.gethostname()
    return f"[{host}]" if address.version == 6 else host


def _open(server: Any, address: str) -> None:
    import webbrowser

    while not server.started:
        time.sleep(0.05)
    webbrowser.open(address)
