"""What a person does at the page, in headless Chromium; each state can be photographed."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser as Chromium
    from playwright.sync_api import Page

PATIENCE_MS = 180_000
"""For one state, on a machine that does much else besides."""
MARKS = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.needs("playwright"),
    pytest.mark.needs("jail"),
    pytest.mark.needs("weights"),
]
"""Of every test of the page."""
WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 400, "height": 820}


@dataclass
class Person:
    """One person at one page.

    Attributes:
        page: playwright's.
        address: of the playground.
        folder: where pictures go.
        asked: the address of every request that the page made.
        troubles: what the page's console complained of, and exceptions of its scripts.
    """

    page: Page
    address: str
    folder: Path
    asked: list[str] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)

    def open(self, hash_: str = "") -> Person:
        """Opens the page and waits until it is whole."""
        self.page.goto(self.address + hash_)
        self.page.wait_for_selector("body[data-ready]")
        return self

    def shot(self, name: str, whole: bool = True) -> Path:
        """Takes a picture of the page."""
        self.page.wait_for_timeout(150)
        path = self.folder / f"{name}.png"
        self.page.screenshot(path=path, full_page=whole)
        return path

    def table(self, objects: str, seed: int = 0) -> None:
        """Sets a table of named things."""
        self.page.select_option("[aria-label='Kind of table']", "objects")
        self.page.fill("[aria-label='Things, parted by ;']", objects)
        self.page.fill("[aria-label='Seed']", str(seed))
        self.page.click("#scene-form button[type=submit]")
        self.settled()

    def settled(self) -> None:
        """Waits until a table is set and its things are known."""
        self.page.wait_for_selector("#stage:not(.setting)")
        self.page.wait_for_selector("#view-top[data-things]")

    def say(self, text: str) -> None:
        """Types a sentence in place of what is there."""
        self.page.click("#sentence")
        self.page.keyboard.press("Control+a")
        self.page.keyboard.press("Delete")
        self.page.keyboard.type(text)

    @property
    def sentence(self) -> str:
        """The sentence, pictures as their names."""
        return " ".join(self.page.inner_text("#sentence").split())

    def scene(self) -> str:
        """What the server calls the table that is shown."""
        return str(self.page.evaluate("JSON.parse(sessionStorage.getItem('draft')).scene"))

    def post(self, path: str, data: Any) -> Any:
        """Asks the server in this person's session."""
        origin = {"Origin": self.address.rstrip("/")}
        return self.page.request.post(self.address + path, data=data, headers=origin).json()

    def fetched(self, path: str | None) -> bytes:
        """What the server has under a path, in this person's session."""
        return self.page.request.get(self.address + (path or "").lstrip("/")).body()

    def named(self, name: str) -> tuple[float, float, float, float]:
        """The box of a thing of the table, in pixels of the top view, as the words of the perception tab find it."""
        x0, y0, x1, y1 = self.post(f"api/scenes/{self.scene()}/masks", {"words": name})["masks"][0]["box"]
        return x0, y0, x1, y1

    def middle(self, name: str) -> tuple[float, float]:
        """The middle of that box."""
        x0, y0, x1, y1 = self.named(name)
        return (x0 + x1) / 2, (y0 + y1) / 2

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Where a pixel of the top view (256 x 128) is on the screen."""
        self.page.locator("#view-top").scroll_into_view_if_needed()
        box = self.page.locator("#view-top").bounding_box()
        assert box is not None
        return box["x"] + x * box["width"] / 256, box["y"] + y * box["height"] / 128

    def click_thing(self, x: float, y: float) -> None:
        """Clicks a pixel of the top view (256 x 128), and waits for its masks."""
        self.page.mouse.click(*self.at(x, y))
        self.page.wait_for_selector(".picked .choices button[aria-pressed=true]")

    def things(self) -> list[tuple[float, float]]:
        """Middles of the outlines that follow the pointer, found by walking through them with the keyboard."""
        self.page.focus("#view-top")
        count = int(self.page.get_attribute("#view-top", "data-things") or 0)
        found = []
        for _ in range(count):
            self.page.keyboard.press("PageDown")
            d = self.page.get_attribute(".layer-cursor .line", "d") or ""
            left, y, right = (float(number) for number in re.findall(r"[\d.]+", d)[:3])
            found.append(((left + right) / 2, y))
        return found

    def fast(self) -> None:
        """Runs need not be watched."""
        self.page.select_option("[aria-label='Speed of the arm']", "fast")

    def wrote(self) -> str:
        """Waits for the author's program."""
        self.page.wait_for_selector("#writing:has-text('Written')")
        return self.program

    @property
    def program(self) -> str:
        """What the program's editor holds."""
        return self.page.input_value("#program")

    def edit(self, source: str) -> None:
        """Puts a program into the editor."""
        self.page.fill("#program", source)

    def state(self, wanted: str) -> str:
        """Waits for a state of the run; the sentence that the page says about it."""
        self.page.wait_for_selector(f"#state[data-state={wanted}]")
        return self.page.inner_text("#state")

    def begins(self, press: Callable[[], None]) -> None:
        """Presses what begins a run, and waits until the page shows that run and none of before."""
        refusals = self.page.locator("#writing[data-kind=bad], #notice:not([hidden])")
        before, said = self.page.get_attribute("#state", "data-run"), refusals.all_inner_texts()
        press()

        def begun() -> bool:
            return self.page.get_attribute("#state", "data-run") != before

        self.until(lambda: begun() or refusals.all_inner_texts() not in ([], said), "a run")
        assert begun(), self.says()

    def ended(self) -> str:
        """Waits for the run's end; what the page says of it."""
        return self.state("ended")

    def goes(self) -> None:
        """Writes and runs."""
        self.begins(lambda: self.page.click("#go"))

    def runs(self) -> None:
        """Runs the program as it stands."""
        self.begins(lambda: self.page.click("[data-act=run]"))

    def until(self, what: Callable[[], bool], waited_for: str) -> None:
        """Waits until something holds."""
        for _ in range(PATIENCE_MS // 50):
            if what():
                return
            self.page.wait_for_timeout(50)
        raise AssertionError(f"waited for {waited_for}; {self.says()}")

    def sees(self, selector: str, text: str) -> None:
        """Waits until an element's text has some words in it."""
        self.until(lambda: text in self.page.inner_text(selector), f"{text!r} in {selector}")

    def has(self, selector: str, attribute: str, value: str) -> None:
        """Waits until an element's attribute has a value."""
        self.until(lambda: self.page.get_attribute(selector, attribute) == value, f"{attribute}={value} of {selector}")

    def holds(self, selector: str, value: str) -> None:
        """Waits until a field holds a value."""
        self.until(lambda: self.page.input_value(selector) == value, f"{value!r} in {selector}")

    def counts(self, selector: str, number: int) -> None:
        """Waits until there are so many of something."""
        self.until(lambda: self.page.locator(selector).count() == number, f"{number} of {selector}")

    def drawn(self, selector: str) -> int:
        """Waits until a picture was loaded; its own width in pixels."""
        image = self.page.locator(selector)
        self.until(lambda: bool(image.evaluate("image => image.complete && image.naturalWidth > 0")), selector)
        return int(image.evaluate("image => image.naturalWidth"))

    def says(self) -> str:
        """What the page says in its own words."""
        said = self.page.locator("#sentence, #writing, #state, #notice").all_inner_texts()
        return f"the page says: {' | '.join(said)}"

    def frames(self, more_than: int = 0) -> int:
        """Waits until more live pictures were drawn; how many there are."""
        canvas = self.page.locator("#view-live canvas")

        def count() -> int:
            return int(canvas.get_attribute("data-frames") or 0)

        self.until(lambda: count() > more_than, f"more than {more_than} live pictures")
        return count()

    def moves(self) -> None:
        """Waits until the live picture shows something else than it does now."""
        before = self.looks()
        self.until(lambda: self.looks() != before, "another live picture")

    def rests(self) -> str:
        """Waits until the live picture stays the same for a while; the picture."""

        def rested() -> bool:
            before = self.looks()
            self.page.wait_for_timeout(300)
            return self.looks() == before

        self.until(rested, "a live picture that stays")
        return self.looks()

    def looks(self) -> str:
        """The live picture as text, to tell two apart."""
        return str(self.page.locator("#view-live canvas").evaluate("canvas => canvas.toDataURL()"))

    def sideways(self) -> int:
        """Pixels by which the page is wider than its window."""
        size = self.page.viewport_size
        assert size is not None
        return int(self.page.evaluate("document.documentElement.scrollWidth")) - size["width"]

    def outside(self) -> list[str]:
        """Requests to anywhere but the playground."""
        home = urlsplit(self.address).netloc
        return [
            url for url in self.asked if urlsplit(url).scheme not in ("data", "blob") and urlsplit(url).netloc != home
        ]


def pictures(fallback: Path) -> Path:
    """Where screenshots go: the folder that INSTRUCT2ACT_SHOTS names, else a temporary one."""
    folder = Path(os.environ.get("INSTRUCT2ACT_SHOTS") or fallback)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def somebody(chromium: Chromium, address: str, folder: Path, calm: bool = True, **settings: Any) -> Iterator[Person]:
    """A person with a browser profile of their own; in the end a ``calm`` one's page had nothing to complain of."""
    context = chromium.new_context(**{"viewport": WIDE, "color_scheme": "light", **settings})
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    person = Person(page, address, folder)
    watched(person, context)
    try:
        yield person
    finally:
        context.close()
    assert not calm or person.troubles == [], person.troubles
    assert person.outside() == [], person.outside()


def watched(person: Person, context: Any) -> None:
    """Notes every request, socket and complaint of a context's pages."""
    context.on("request", lambda request: person.asked.append(request.url))
    context.on("weberror", lambda error: person.troubles.append(str(error.error)))
    context.on("console", lambda said: person.troubles.append(said.text) if said.type in ("error", "warning") else None)
    person.page.on("websocket", lambda socket: person.asked.append(socket.url))


def attributes(page: Page, selector: str, *names: str) -> list[Mapping[str, Any]]:
    """Attributes and text of all elements that a selector finds."""
    read = """(all, names) => all.map((element) => Object.fromEntries(
        [["text", element.textContent], ...names.map((name) => [name, element.getAttribute(name)])]))"""
    return list(page.locator(selector).evaluate_all(read, list(names)))
