"""Pictures in the sentence: boxes by pointer and keyboard, files chosen, dropped and pasted, what is no picture."""

from __future__ import annotations

import base64
from pathlib import Path

from person import MARKS, Person

pytestmark = MARKS
OBJECTS = "red heart; blue bowl; green star"


def heart(person: Person) -> bytes:
    """A picture of the red heart, cut out of the table."""
    scene = person.scene()
    x0, y0, x1, y1 = person.named("red heart")
    crop = person.post(f"api/scenes/{scene}/crop", {"box": [x0, y0, x1, y1]})
    return person.fetched(crop["url"])


def drop(person: Person, selector: str, file: Path) -> None:
    """Drags a file from outside of the browser onto something, and lets it go."""
    box = person.page.locator(selector).bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    brought = {"items": [], "files": [str(file)], "dragOperationsMask": 1}
    session = person.page.context.new_cdp_session(person.page)
    for kind in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": kind, "x": x, "y": y, "data": brought})
    session.detach()


def paste(person: Person, content: bytes, kind: str = "image/png") -> None:
    """Copies something, as another program would have, and presses the keys that paste."""
    person.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    person.page.evaluate(
        """([content, kind]) => {
            const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
            return navigator.clipboard.write([new ClipboardItem({ [kind]: new Blob([bytes], { type: kind }) })]);
        }""",
        [base64.b64encode(content).decode(), kind],
    )
    person.page.keyboard.press("Control+v")


def test_a_box_and_a_file(person: Person, tmp_path: Path) -> None:
    person.table(OBJECTS)
    person.say("put")
    person.page.check("input[name=picking][value=box]", force=True)
    x0, y0, x1, y1 = person.named("red heart")
    person.page.mouse.move(*person.at(x0 - 2, y0 - 2))
    person.page.mouse.down()
    person.page.mouse.move(*person.at(x1 + 2, y1 + 2), steps=4)
    person.counts(".layer-box rect", 1)
    person.page.mouse.up()
    person.page.locator(".chip[data-name=obj1] img").wait_for()
    file = tmp_path / "crop.png"
    file.write_bytes(heart(person))
    person.page.set_input_files("#composer input[type=file]", file)
    person.page.wait_for_selector(".chip[data-name=obj2] img")
    person.until(lambda: person.sentence.startswith("put obj1 obj2"), "both pictures")
    person.page.set_input_files(
        "#composer input[type=file]", {"name": "x.svg", "mimeType": "image/svg+xml", "buffer": b"<svg/>"}
    )
    person.sees("#notice", "PNG, JPEG or WebP")
    person.shot("10-notice", whole=False)


def test_a_box_by_keyboard(person: Person) -> None:
    person.table(OBJECTS)
    person.say("put ")
    person.page.focus("input[name=picking]:checked")
    for _ in range(2):
        person.page.keyboard.press("ArrowRight")
    person.page.wait_for_selector("input[name=picking][value=box]:checked", state="attached")
    person.page.focus("#view-top")
    person.page.keyboard.press("PageDown")
    name = person.page.inner_text("#picking-status").split(", ")[1].split(".")[0]
    x0, y0, x1, y1 = person.named(name)

    def arrows(dx: float, dy: float) -> None:
        for key, count in (("ArrowLeft", -dx), ("ArrowRight", dx), ("ArrowUp", -dy), ("ArrowDown", dy)):
            for _ in range(round(count / 4)):
                person.page.keyboard.press(key)

    width, height = x1 - x0 + 8, y1 - y0 + 8
    arrows(-width / 2, -height / 2)
    person.page.keyboard.press("Enter")
    person.sees("#picking-status", "One corner is at")
    person.page.keyboard.press("Backspace")
    person.counts(".layer-box rect", 0)
    person.page.keyboard.press("Enter")
    arrows(width, height)
    drawn = person.page.locator(".layer-box rect")
    person.until(lambda: float(drawn.get_attribute("width") or 0) >= x1 - x0, "a box as wide")
    person.shot("33-box-by-keyboard", whole=False)
    person.page.keyboard.press("Enter")
    person.page.wait_for_selector(".chip[data-name=obj1] img")
    person.page.keyboard.press("i")
    person.page.keyboard.type("into the red heart" if name == "blue bowl" else "into the blue bowl")
    person.until(lambda: person.sentence.startswith("put obj1 into the"), "the words")
    person.page.wait_for_selector("#sentence:focus")


def test_pictures_dropped_and_pasted_are_understood(person: Person, tmp_path: Path) -> None:
    person.table(OBJECTS)
    person.fast()
    file = tmp_path / "mine.png"
    file.write_bytes(heart(person))
    person.say("put ")
    drop(person, "#sentence", file)
    person.page.wait_for_selector(".chip[data-name=obj1] img")
    person.page.keyboard.type("into the blue bowl")
    person.until(lambda: person.sentence == "put obj1 into the blue bowl", "the words")
    assert person.drawn(".chip img") > 10
    person.shot("34-dropped", whole=False)
    person.goes()
    assert person.ended() == "Finished."
    assert 'templates["obj1"]' in person.program
    person.has("#result .track[aria-label='reward']", "aria-valuenow", "1.00")
    person.sees(".command code", "--picture obj1=obj1.png")
    person.sees(".files", "obj1.png")
    person.sees(".keep", "without obj1: a link holds no picture from elsewhere")
    person.say("put ")
    paste(person, file.read_bytes())
    person.page.wait_for_selector(".chip[data-name=obj2] img")
    person.page.keyboard.type("left of the green star")
    person.until(lambda: person.sentence == "put obj2 left of the green star", "the words")
    person.goes()
    assert person.ended() == "Finished."
    assert 'templates["obj2"]' in person.program


def test_what_is_no_picture_is_refused_wherever_it_is_dropped(person: Person, tmp_path: Path) -> None:
    person.table(OBJECTS)
    for name, content in (("x.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"), ("x.html", b"<script></script>")):
        (tmp_path / name).write_bytes(content)
        drop(person, "#composer", tmp_path / name)
        person.page.wait_for_selector("#notice:has-text('PNG, JPEG or WebP')")
        person.page.click("#notice button")
    (tmp_path / "x.png").write_bytes(b"<svg/> under the name of a PNG")
    drop(person, "#composer", tmp_path / "x.png")
    person.page.wait_for_selector("#notice:visible")
    person.counts(".chip", 0)
    person.troubles.clear()  # the browser notes the refusal


def test_words_pasted_are_words(person: Person) -> None:
    """Markup from elsewhere comes in as its text."""
    person.table(OBJECTS)
    person.say("put ")
    paste(person, b"<b onclick='alert(1)'>the red heart</b>", "text/html")
    paste(person, b"the <b>red heart</b>", "text/plain")
    person.until(lambda: person.sentence == "put the <b>red heart</b>", "the words")
    person.counts("#sentence b", 0)


def test_a_picture_dropped_into_perception(person: Person, tmp_path: Path) -> None:
    person.table(OBJECTS)
    file = tmp_path / "mine.png"
    file.write_bytes(heart(person))
    person.page.click("a[data-page=perception]")
    for bring in (lambda: drop(person, "#perception .picture", file), lambda: paste(person, file.read_bytes())):
        person.page.click("text=Use the table")
        person.page.wait_for_selector("#perception .picture img[alt='The table from above']")
        bring()
        person.page.wait_for_selector("#perception .picture img[alt='Your picture']")
        person.page.wait_for_selector("#perception [role=status]:has-text('mask')")


def test_a_picture_of_ones_own_table(person: Person, tmp_path: Path) -> None:
    person.table(OBJECTS)
    file = tmp_path / "table.png"
    file.write_bytes(person.fetched(person.page.get_attribute("#view-top img", "src")))
    person.page.select_option("[aria-label='Kind of table']", "picture")
    person.page.set_input_files("[aria-label='Picture of a table']", file)
    person.page.wait_for_selector("#perception:visible .picture img[alt='Your picture']")
    person.page.wait_for_selector("#perception .mask-row:has-text('red heart')")


def test_perception_by_keyboard(person: Person) -> None:
    person.table(OBJECTS)
    person.page.click("a[data-page=perception]")
    keyboard, frame = person.page.keyboard, "#perception .picture"
    person.page.focus("#perception [data-name=everything]")
    keyboard.press("ArrowRight")
    person.page.focus(frame)
    keyboard.press("Enter")
    person.page.wait_for_selector("#perception .layer-points .cross", state="attached")
    person.page.wait_for_selector("#perception .mask-row, #notice:visible")
    person.page.focus("#perception [data-name=points]")
    keyboard.press("ArrowRight")
    person.page.focus(frame)
    for key in ("ArrowLeft",) * 20 + ("ArrowUp",) * 12 + ("Enter",):
        keyboard.press(key)
    person.sees("#perception [role=status]", "One corner is set")
    for key in ("ArrowRight",) * 40 + ("ArrowDown",) * 24 + ("Enter",):
        keyboard.press(key)
    person.page.wait_for_selector("#perception .layer-boxes rect", state="attached")
    person.page.wait_for_selector("#perception [role=status]:has-text('1 mask')")
    person.troubles.clear()  # nothing may lie under the first cross: the browser notes the refusal
