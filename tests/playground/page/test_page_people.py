"""The page for everybody: by keyboard alone, on a phone, in the dark, with still pictures, read aloud."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from person import MARKS, PHONE, Person, attributes, somebody

from instruct2act.bench.browsing import Server

if TYPE_CHECKING:
    from playwright.sync_api import Browser as Chromium

pytestmark = MARKS
OBJECTS = "red heart; blue bowl; green star"


def png(width: int, height: int, dark: int = 40) -> bytes:
    """A picture of three squares on a dark table."""
    import io

    from PIL import Image

    pixels = np.full((height, width, 3), dark, np.uint8)
    for index, color in enumerate(((220, 60, 60), (70, 160, 80), (60, 90, 190))):
        x, y, side = width // 6 + index * width // 3, height // 2, height // 5
        pixels[y - side : y + side, x - side : x + side] = color
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, format="PNG")
    return content.getvalue()


def test_by_keyboard_alone(person: Person) -> None:
    keyboard, page = person.page.keyboard, person.page
    person.settled()
    keyboard.press("Tab")
    page.wait_for_selector(".skip:focus")
    person.shot("30-skip-link", whole=False)
    keyboard.press("Enter")
    keyboard.press("Control+a")
    keyboard.press("Delete")
    keyboard.type("put ")
    _tab_to(person, "document.activeElement.id === 'view-top'")
    for _ in range(2):
        keyboard.press("PageDown")
    person.sees("#picking-status", "Thing 2 of")
    keyboard.press("Enter")
    page.wait_for_selector(".chip[data-name=obj1]")
    keyboard.press("]")
    page.wait_for_selector(".picked .choices button[aria-pressed=true]:has-text('2 ·')")
    keyboard.press("[")
    page.wait_for_selector(".picked .choices button[aria-pressed=true]:has-text('1 ·')")
    person.shot("31-keyboard", whole=False)
    keyboard.press("i")
    keyboard.press("End")
    keyboard.type("into the blue bowl")
    person.begins(lambda: keyboard.press("Enter"))
    person.frames()
    keyboard.press("Escape")
    assert person.ended() == "Stopped."
    keyboard.press("Escape")
    page.evaluate("document.activeElement.blur()")
    keyboard.press("e")
    page.wait_for_selector("#program:focus")
    keyboard.press("Control+Home")
    keyboard.press("Tab")
    person.until(lambda: person.program.startswith("    "), "an indented line")
    keyboard.press("Escape")
    keyboard.press("Tab")
    page.wait_for_selector("#program:not(:focus)")


def test_shortcuts_are_listed_and_can_be_turned_off(person: Person) -> None:
    person.page.keyboard.press("?")
    listed = person.page.inner_text("dialog")
    assert "stop the arm at once" in listed and "write and run" in listed
    person.shot("32-keys", whole=False)
    person.page.uncheck("dialog input")
    person.page.keyboard.press("Escape")
    person.page.keyboard.press("k")
    assert person.page.locator("#skills").is_hidden()
    person.page.keyboard.press("?")
    person.page.check("dialog input")
    person.page.keyboard.press("Escape")
    person.page.keyboard.press("k")
    person.page.wait_for_selector("#skills")


def test_on_a_phone(chromium: Chromium, server: Server, folder: Path) -> None:
    with somebody(chromium, server.address, folder, viewport=PHONE, has_touch=True, is_mobile=True) as person:
        person.open()
        person.table(OBJECTS)
        assert person.sideways() == 0
        person.shot("40-phone")
        person.say("put the red heart into the blue bowl")
        person.goes()
        person.moves()
        person.until(lambda: _within_reach(person, "[data-act=stop]"), "a Stop that a thumb reaches")
        person.shot("41-phone-running", whole=False)
        assert person.sideways() == 0
        person.ended()
        person.shot("42-phone-finished")
        assert person.sideways() == 0
        for name in ("history", "perception"):
            person.page.click(f"a[data-page={name}]")
            person.page.wait_for_selector(f"#{name}:visible")
            assert person.sideways() == 0
            person.shot(f"43-phone-{name}")


def test_in_the_dark(chromium: Chromium, server: Server, folder: Path) -> None:
    with somebody(chromium, server.address, folder, color_scheme="dark", reduced_motion="reduce") as person:
        person.open()
        person.until(lambda: _brightness(person) < 60, "the dark")
        person.table(OBJECTS)
        person.say("put the red heart into the blue bowl")
        person.shot("50-dark", whole=False)
        person.goes()
        person.page.wait_for_selector(".inset .motion")
        person.moves()
        person.shot("51-dark-running", whole=False)
        person.ended()
        person.page.click(".call:has-text('CLIPRetrieval') >> nth=0")
        person.shot("52-dark-finished")
        person.edit("def main():\n    return SAMM()\n")
        person.page.wait_for_selector(".gutter .wrong")
        person.page.click("#skills-open")
        person.shot("53-dark-marked")
        person.page.click("#theme")
        person.until(lambda: _brightness(person) > 200, "the light")
        person.page.click("#theme")
        person.until(lambda: _brightness(person) < 60, "the dark")
        person.page.reload()
        person.until(lambda: _brightness(person) < 60, "the dark")
        person.has("html", "data-theme", "dark")


def test_words_for_every_picture_and_control(person: Person) -> None:
    person.page.click(".example >> nth=3")
    person.settled()
    person.fast()
    person.goes()
    person.ended()
    for name in ("play", "history", "perception"):
        person.page.click(f"a[data-page={name}]")
        for image in attributes(person.page, f"#{name} img:not([role=img] img)", "alt"):
            assert image["alt"], image
    nameless = """all => all.filter(e => !(e.getAttribute("aria-label") || e.textContent.trim() || e.labels?.length ||
        e.title)).map(e => e.outerHTML)"""
    assert (
        person.page.locator("button, select, input:not([hidden]), textarea, [role=textbox]").evaluate_all(nameless)
        == []
    )
    assert [row["role"] for row in attributes(person.page, "#state, #writing", "role")] == ["status", "status"]
    person.has("#notice", "role", "alert")
    ids = [row["id"] for row in attributes(person.page, "[id]", "id")]
    assert len(ids) == len(set(ids))


def test_contrast_of_text(chromium: Chromium, server: Server, folder: Path) -> None:
    """WCAG's 4.5 to 1, of the colours that text is set in."""
    pairs = [("ink", "paper"), ("ink", "panel"), ("faint", "paper"), ("faint", "panel"), ("faint", "soft")]
    pairs += [
        ("link", "panel"),
        ("link", "wash"),
        ("good", "panel"),
        ("bad", "panel"),
        ("ink", "now"),
        ("on-accent", "accent"),
    ]
    for scheme in ("light", "dark"):
        with somebody(chromium, server.address, folder, color_scheme=scheme) as person:
            person.open()
            for text, ground in pairs:
                assert _contrast(_color(person, text), _color(person, ground)) >= 4.5, (scheme, text, ground)


def test_perception_of_any_picture(person: Person, tmp_path: Path) -> None:
    person.page.click("a[data-page=perception]")
    person.page.click("#perception button.primary")
    person.page.wait_for_selector("#perception .mask-row >> nth=2")
    person.shot("60-perception")
    file = tmp_path / "mine.png"
    file.write_bytes(png(480, 320))
    person.page.set_input_files("#perception input[type=file]", file)
    person.page.wait_for_selector("#perception .picture img[alt='Your picture']")
    person.page.wait_for_selector("#perception [role=status]:has-text('masks')")
    person.page.click("#perception [data-name=points]")
    box = person.page.locator("#perception .picture").bounding_box()
    assert box is not None
    person.page.mouse.click(box["x"] + box["width"] / 6, box["y"] + box["height"] / 2)
    person.page.wait_for_selector("#perception .mask-row .choices button >> nth=2")
    mask = person.page.locator("#perception .mask-row .note").first.inner_text()
    assert 9000 < int(mask.split("·")[1].split()[0]) < 26000  # the square has 128 x 128 pixels
    person.shot("61-points")
    person.page.click("#perception [data-name=boxes]")
    person.page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + box["height"] * 0.2)
    person.page.mouse.down()
    person.page.mouse.move(box["x"] + box["width"] * 0.62, box["y"] + box["height"] * 0.8, steps=3)
    person.page.mouse.up()
    person.page.wait_for_selector("#perception .layer-boxes rect", state="attached")
    person.page.wait_for_selector("#perception .mask-row")
    person.page.click("#perception [data-name=words]")
    person.page.fill("[aria-label='Words to look for']", "red container")
    person.page.keyboard.press("Enter")
    person.page.wait_for_selector("#perception .mask-row b:has-text('red container')")
    person.shot("62-words")
    with person.page.expect_download() as download:
        person.page.click("text=Export as COCO")
    import json

    coco = json.loads(Path(download.value.path()).read_text(encoding="utf-8"))
    assert coco["images"][0]["width"] == 480 and len(coco["annotations"]) >= 1
    assert {"segmentation", "bbox", "area", "category_id"} <= coco["annotations"][0].keys()


def test_a_picture_that_is_none_is_refused_with_what_to_do(person: Person, tmp_path: Path) -> None:
    file = tmp_path / "none.png"
    file.write_bytes(b"this is no picture")
    person.page.click("a[data-page=perception]")
    person.page.set_input_files("#perception input[type=file]", file)
    person.until(lambda: len(person.page.inner_text("#notice")) > 20, "what to do")
    person.shot("63-refused", whole=False)
    person.troubles.clear()  # the browser notes the refusal


def _within_reach(person: Person, selector: str) -> bool:
    """Whether something is large enough for a thumb, and wholly on a phone's screen without scrolling."""
    box = person.page.locator(selector).bounding_box()
    return box is not None and box["height"] >= 40 and box["y"] >= 0 and box["y"] + box["height"] <= PHONE["height"]


def _tab_to(person: Person, there: str) -> None:
    for _ in range(60):
        if person.page.evaluate(there):
            return
        person.page.keyboard.press("Tab")
    raise AssertionError(f"Tab never came to where {there}")


def _brightness(person: Person) -> float:
    return sum(_rgb(person.page.locator("body").evaluate("body => getComputedStyle(body).backgroundColor"))) / 3


def _color(person: Person, name: str) -> tuple[float, float, float]:
    read = """(body, name) => { const probe = document.createElement("i"); probe.style.color = `var(--${name})`;
        body.append(probe); const color = getComputedStyle(probe).color; probe.remove(); return color; }"""
    return _rgb(person.page.locator("body").evaluate(read, name))


def _rgb(text: str) -> tuple[float, float, float]:
    red, green, blue = (float(part) for part in text.split("(")[1].rstrip(")").split(",")[:3])
    return red, green, blue


def _contrast(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    def luminance(color: tuple[float, ...]) -> float:
        linear = [c / 255 / 12.92 if c / 255 <= 0.04045 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in color]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)
