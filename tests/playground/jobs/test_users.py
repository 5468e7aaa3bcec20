"""Who asks, what may be asked in a minute, what is told of this machine."""

from __future__ import annotations

import pytest

from instruct2act.config import Playground
from instruct2act.playground.jobs import asked, users
from instruct2act.playground.jobs.saying import without_paths
from instruct2act.playground.jobs.users import Rate, TooMany, Users, normalized

TOKEN = "0123456789abcdef"


def test_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(users.time, "monotonic", lambda: now)
    rate = Rate(3)
    for _ in range(3):
        rate.take("things")
        now += 1
    with pytest.raises(TooMany, match="at most 3 things a minute") as refused:
        rate.take("things")
    assert refused.value.seconds == pytest.approx(57)
    now += 57.1
    rate.take("things")
    with pytest.raises(TooMany):
        rate.take("things")


def test_sessions_belong_to_a_user() -> None:
    made = Users(Playground(), [TOKEN])
    one, other = made.token(TOKEN), made.address("203.0.113.9")
    assert one is not None and made.token(TOKEN + "x") is None and made.token("") is None
    session = made.begin(one)
    assert made.session(session.id, one) is session
    assert made.session(session.id, None) is session
    assert made.session(session.id, other) is None
    assert made.session("made up", one) is None and made.session(None, one) is None
    assert TOKEN not in one.key


def test_sessions_are_bounded_by_user() -> None:
    made = Users(Playground(sessions_each=3), [])
    me, other = made.address("127.0.0.1"), made.address("192.0.2.1")
    kept = made.begin(other)
    mine = [made.begin(me) for _ in range(3)]
    mine[0].pages.add(object())
    made.begin(me)
    assert made.session(mine[0].id, me) is mine[0]  # somebody is there
    assert made.session(mine[1].id, me) is None  # the oldest that is idle went
    assert made.session(kept.id, other) is kept
    for session in list(made.sessions.values()):
        session.pages.add(object())
    with pytest.raises(TooMany, match="too many browsers"):
        made.begin(me)


def test_forgotten_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Users(Playground(idle_minutes=1), [])
    session = made.begin(made.address("127.0.0.1"))
    later = users.time.monotonic() + 300
    monkeypatch.setattr(users.time, "monotonic", lambda: later)
    assert made.tidy() == [session] and not made.sessions and not made._users


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("127.0.0.1", "this machine"),
        ("127.8.9.1", "this machine"),
        ("::1", "this machine"),
        ("::ffff:127.0.0.1", "this machine"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("nowhere", "nowhere"),
    ],
)
def test_an_address_with_many_names_is_one(address: str, name: str) -> None:
    assert normalized(address) == name


def test_wrong_requests_are_said_without_what_was_given() -> None:
    with pytest.raises(asked.Wrong) as wrong:
        asked.understood(asked.Login, {"token": "x" * 600})
    assert "xxx" not in str(wrong.value)
    with pytest.raises(asked.Wrong, match="one of: points, boxes"):
        asked.understood(asked.Masks, {})
    with pytest.raises(asked.Wrong):
        asked.understood(asked.Masks, {"points": [[float("nan"), 1]]})
    with pytest.raises(asked.Wrong):
        asked.understood(asked.NewRun, {"scene": "x", "program": "", "pictures": {"../x": "y"}})


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("[Errno 2] No such file: '/srv/some/where.png'", "[Errno 2] No such file: '…'"),
        ("can't read PosixPath('/a/b.png')", "can't read PosixPath('…')"),
        ("~/there and C:\\Users\\one", "… and …"),
        ("and/or, 1/2/3 m, http://127.0.0.1:80/v1/x", "and/or, 1/2/3 m, http://127.0.0.1:80/v1/x"),
    ],
)
def test_paths_are_not_told(said: str, told: str) -> None:
    assert without_paths(said) == told
