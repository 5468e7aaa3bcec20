"""What belongs to whom and for how long: reloads, two people, closed tabs, tokens, links, nothing from outside."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from person import MARKS, Person, somebody

from instruct2act.bench.browsing import Server, serving
from instruct2act.bench.playground import DESKS, quiet

if TYPE_CHECKING:
    from playwright.sync_api import Browser as Chromium
    from playwright.sync_api import Route, WebSocketRoute

pytestmark = MARKS
OBJECTS = "red heart; blue bowl; green star"
ONE, OTHER = "the-token-of-one-person", "the-token-of-another"
ENDLESS = """def main():
    for k in range(20):
        masks = SAM(image=GetImage())
        RobotExecution(action=PickPlace(pick=[0.3, -0.4, 0.03], place=[0.7, 0.4, 0.01]))
        RobotExecution(action=PickPlace(pick=[0.7, 0.4, 0.03], place=[0.3, -0.4, 0.01]))
"""


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A playground that wants tokens."""
    with serving(tmp_path_factory.mktemp("closed"), tokens=(ONE, OTHER)) as made:
        yield made


def endless(person: Person) -> None:
    person.table(OBJECTS)
    person.edit(ENDLESS)
    person.runs()
    person.state("running")
    person.moves()
    person.page.wait_for_selector(".call >> nth=1")


def test_reload_in_mid_run(person: Person, server: Server) -> None:
    endless(person)
    assert len(server.workers()) > DESKS
    person.say("what I typed")
    person.page.reload()
    person.page.wait_for_selector("body[data-ready]")
    assert "the page was closed" in person.ended()
    assert quiet(server, patience_s=60)
    person.until(lambda: (person.program, person.sentence) == (ENDLESS, "what I typed"), "what was typed")
    person.page.wait_for_selector(".call >> nth=1")
    person.shot("20-reloaded")
    person.fast()
    person.edit("def main():\n    return {}\n")
    person.runs()
    assert person.ended() == "Finished."


def test_a_closed_tab_ends_its_worker(chromium: Chromium, server: Server, folder: Path) -> None:
    with somebody(chromium, server.address, folder) as person:
        endless(person.open())
        assert len(server.workers()) > DESKS
        person.page.close()
        assert quiet(server, patience_s=60)


def test_two_people_see_nothing_of_each_other(chromium: Chromium, closed: Server, folder: Path) -> None:
    with (
        somebody(chromium, closed.address, folder) as one,
        somebody(chromium, closed.address, folder) as other,
    ):
        for person, token in ((one, ONE), (other, OTHER)):
            person.page.goto(closed.address)
            person.page.fill("[aria-label=Token]", "not this one")
            if person is one:
                person.page.click("dialog button.primary")
                person.page.wait_for_selector("dialog .bad:not(:empty)")
                person.shot("21-token", whole=False)
            person.page.fill("[aria-label=Token]", token)
            person.page.keyboard.press("Enter")
            person.page.wait_for_selector("body[data-ready]")
            person.troubles.clear()  # the browser notes each 401 that was to be
        for person, thing in ((one, "red heart"), (other, "green star")):
            person.table(OBJECTS)
            person.fast()
            person.say(f"put the {thing} into the blue bowl")
            person.goes()
        assert one.ended() == other.ended() == "Finished."
        assert '"red heart"' in one.program and '"green star"' in other.program
        for person, thing in ((one, "red heart"), (other, "green star")):
            person.page.click("a[data-page=history]")
            person.sees(".past-run .what b", f"put the {thing} into the blue bowl")
            person.counts(".past-run", 1)
        run = [url for url in one.asked if "/pictures/" in url][-1]
        assert one.page.request.get(run).status == 200
        assert other.page.request.get(run).status == 404


def test_a_link_sets_the_same_table_for_somebody_else(chromium: Chromium, person: Person, folder: Path) -> None:
    person.table(OBJECTS, seed=5)
    person.fast()
    person.say("put ")
    x, y = person.things()[0]
    person.click_thing(x, y)
    person.page.keyboard.press("Escape")
    person.edit("def main():\n    return {}\n")
    person.runs()
    person.ended()
    person.page.evaluate(
        "navigator.clipboard.writeText = (text) => { document.body.dataset.copied = text; return Promise.resolve(); }"
    )
    person.page.click("text=Copy a link")
    link = person.page.locator("body[data-copied]").get_attribute("data-copied") or ""
    assert "#try=" in link
    with somebody(chromium, person.address, folder) as friend:
        friend.open(link.removeprefix(person.address))
        friend.page.wait_for_selector(".chip[data-name=obj1] img")
        friend.until(lambda: (friend.sentence, friend.program) == (person.sentence, person.program), "the same words")
        friend.holds("[aria-label='Seed']", "5")
        friend.has("#state", "data-state", "none")  # a link runs nothing


def test_nothing_is_asked_for_from_outside(person: Person) -> None:
    person.page.click(".example >> nth=0")
    person.settled()
    for page in ("perception", "history", "play"):
        person.page.click(f"a[data-page={page}]")
    person.page.click("#help")
    person.page.keyboard.press("Escape")
    person.fast()
    person.goes()
    person.ended()
    assert len(person.asked) > 60
    assert person.outside() == []
    assert any(url.startswith("ws://127.0.0.1") for url in person.asked)


def test_a_server_that_is_away_is_said_and_found_again(person: Person) -> None:
    person.page.context.set_offline(True)
    person.page.click("#another")
    person.sees("#notice", "does not answer")
    person.page.context.set_offline(False)
    person.page.click("#another")
    person.page.wait_for_selector("#notice", state="hidden")
    person.settled()
    person.troubles.clear()  # the browser notes that it was offline


def test_a_connection_lost_while_a_program_is_written(chromium: Chromium, server: Server, folder: Path) -> None:
    with somebody(chromium, server.address, folder, calm=False) as person:
        sockets: list[WebSocketRoute] = []

        def through(socket: WebSocketRoute) -> None:
            if not sockets:
                socket.connect_to_server()  # the ones that follow open, and stay silent
            sockets.append(socket)

        def lost(route: Route) -> None:
            route.continue_()
            sockets[0].close()

        person.page.route_web_socket("**/api/live", through)
        person.page.route("**/api/plans", lost)
        person.open().table(OBJECTS)
        person.say("put the red heart into the blue bowl")
        person.page.click("#write")
        person.page.wait_for_selector("#writing:has-text('the connection to the server was lost. Write it again')")
        person.page.wait_for_selector("#write:enabled")


def test_a_server_that_is_started_anew_gets_the_table_back(
    chromium: Chromium, tmp_path_factory: pytest.TempPathFactory, folder: Path
) -> None:
    with serving(tmp_path_factory.mktemp("first")) as first:
        port = first.address.rstrip("/").rpartition(":")[2]
        with somebody(chromium, first.address, folder, calm=False) as person:
            person.open().table(OBJECTS, seed=7)
            person.edit("def main():\n    return {}\n")
            first.process.send_signal(signal.SIGINT)
            first.process.wait(30)
            person.page.wait_for_selector("#online[data-state=away]")
            person.shot("22-away", whole=False)
            with serving(tmp_path_factory.mktemp("second"), port=int(port)):
                person.page.wait_for_selector("#notice:has-text('started anew')")
                person.settled()
                person.holds("[aria-label='Seed']", "7")
                person.fast()
                person.runs()
                person.ended()
