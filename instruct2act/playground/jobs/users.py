"""Who asks: a user, whom limits are kept for, with a session, which says what may be seen.

The user is a token, or an address where no token is asked for; a session is a cookie that the server made, of one user
and no other. Whatever else a request claims to be counts for nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from instruct2act.config import Playground

if TYPE_CHECKING:
    from instruct2act.playground.jobs.runs import Run
    from instruct2act.playground.jobs.scenes import Picture, Scene

LOOKS_AT_ONCE = 6
"""Scenes, masks, crops, uploads, checks of one user that go on or wait."""
LOGINS_MINUTE = 10
"""Wrong tokens from one address."""


class TooMany(Exception):
    """A limit was reached: what to say, and what to do."""

    def __init__(self, sentence: str, todo: str, seconds: float = 0.0) -> None:
        self.todo, self.seconds = todo, seconds
        super().__init__(sentence)


class Rate:
    """So many things in any minute."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._at: deque[float] = deque(maxlen=most)

    def left_out(self) -> float:
        """Seconds until one more is allowed; 0 where it is."""
        now = time.monotonic()
        return max(0.0, self._at[0] + 60 - now) if len(self._at) == self._most else 0.0

    def take(self, what: str) -> None:
        """Counts one.

        Raises:
            TooMany: it is one too many.
        """
        wait = self.left_out()
        if wait > 0:
            raise TooMany(f"at most {self._most} {what} a minute", f"wait {wait:.0f} s", wait)
        self._at.append(time.monotonic())


@dataclass(eq=False)
class User:
    """Whom limits are kept for.

    Attributes:
        key: the token's hash, or the address.
        plans, runs, looks, logins: rates.
        planning, looking: how much of it goes on now.
    """

    key: str
    limits: Playground
    planning: int = 0
    looking: int = 0

    def __post_init__(self) -> None:
        """Counts from nothing."""
        self.plans, self.runs = Rate(self.limits.plans_minute), Rate(self.limits.runs_minute)
        self.looks, self.logins = Rate(self.limits.looks_minute), Rate(LOGINS_MINUTE)
        self.seen = time.monotonic()

    @contextmanager
    def look(self) -> Iterator[None]:
        """The block makes the desk, or a decoder, work.

        Raises:
            TooMany: too much of it goes on, or was in the last minute.
        """
        if self.looking >= LOOKS_AT_ONCE:
            raise TooMany(f"{LOOKS_AT_ONCE} requests of yours are under way", "wait for their answers", 1)
        self.looks.take("looks")
        self.looking += 1
        try:
            yield
        finally:
            self.looking -= 1


@dataclass(eq=False)
class Session:
    """One browser: what it may see.

    Attributes:
        id: the cookie.
        name: of its folder; never told.
        pages: sockets that are open.
        draft: what the last plan or run was asked with.
    """

    id: str
    user: User
    name: str = field(default_factory=lambda: secrets.token_hex(8))
    scenes: dict[str, Scene] = field(default_factory=dict)
    pictures: dict[str, Picture] = field(default_factory=dict)
    runs: dict[str, Run] = field(default_factory=dict)
    plans: dict[str, Any] = field(default_factory=dict)
    pages: set[Any] = field(default_factory=set)
    draft: dict[str, Any] = field(default_factory=dict)
    seen: float = field(default_factory=time.monotonic)

    def busy(self) -> bool:
        """Whether somebody is there, or something of it goes on."""
        return bool(self.pages) or bool(self.plans) or not all(run.done for run in self.runs.values())


class Users:
    """Everybody, as long as they are remembered."""

    def __init__(self, limits: Playground, tokens: Sequence[str]) -> None:
        self._limits = limits
        self._tokens = {_digest(token) for token in tokens}
        self._users: dict[str, User] = {}
        self.sessions: dict[str, Session] = {}

    @property
    def closed(self) -> bool:
        """Whether a token is needed."""
        return bool(self._tokens)

    def address(self, host: str) -> User:
        """The user of an address: this machine's are one, so are those of an IPv6 network."""
        return self._user(f"address {normalized(host)}")

    def token(self, given: str) -> User | None:
        """The user of a token; None where it is none."""
        found = None
        for digest in self._tokens:  # all of them, in equal time
            if hmac.compare_digest(digest, _digest(given)):
                found = digest
        return self._user(f"token {found}") if found else None

    def session(self, cookie: str | None, user: User | None) -> Session | None:
        """The session of a cookie, if it is this user's; ``user`` None where the cookie is to say whose it is."""
        found = self.sessions.get(cookie or "")
        if found is None or (user is not None and found.user is not user):
            return None
        found.seen = found.user.seen = time.monotonic()
        return found

    def begin(self, user: User) -> Session:
        """A new session.

        Raises:
            TooMany: this user, or everybody, has too many that are busy.
        """
        self._room([s for s in self.sessions.values() if s.user is user], self._limits.sessions_each)
        self._room(list(self.sessions.values()), self._limits.sessions)
        session = Session(secrets.token_urlsafe(24), user)
        self.sessions[session.id] = session
        return session

    def _room(self, there: list[Session], most: int) -> None:
        if len(there) < most:
            return
        idle = sorted((s for s in there if not s.busy()), key=lambda s: s.seen)
        if not idle:
            raise TooMany("too many browsers are at work here", "close a tab, or come back later", 30)
        self.forget(idle[0])

    def forget(self, session: Session) -> None:
        """Whoever kept something for it finds out by its absence."""
        self.sessions.pop(session.id, None)

    def tidy(self) -> list[Session]:
        """Forgets sessions that nobody was at for long, and users without any; the sessions."""
        horizon = time.monotonic() - 60 * self._limits.idle_minutes
        old = [s for s in self.sessions.values() if s.seen < horizon and not s.busy()]
        for session in old:
            self.forget(session)
        there = {id(s.user) for s in self.sessions.values()}
        self._users = {k: u for k, u in self._users.items() if id(u) in there or u.seen > time.monotonic() - 120}
        return old

    def _user(self, key: str) -> User:
        user = self._users.get(key)
        if user is None:
            user = self._users[key] = User(key, self._limits)
        user.seen = time.monotonic()
        return user


def normalized(host: str) -> str:
    """An address such that whoever has many of them has one."""
    try:
        address = ipaddress.ip_address(host.split("%")[0])
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return normalized(str(address.ipv4_mapped))
        if not address.is_loopback:
            return str(ipaddress.ip_network(f"{address}/64", strict=False))
    return "this machine" if address.is_loopback else str(address)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
