"""The page as a person uses it: three kinds of instruction, a program changed, a run watched, stepped and stopped."""

from __future__ import annotations

import re
from pathlib import Path

from person import MARKS, Person, attributes

from instruct2act.bench.browsing import Server
from instruct2act.bench.playground import LONG, quiet

pytestmark = MARKS
OBJECTS = "red heart; blue bowl; green star"


def test_words(person: Person) -> None:
    person.table(OBJECTS)
    person.say("put the red heart into the blue bowl")
    person.shot("01-words")
    person.goes()
    person.frames()
    person.page.wait_for_selector(".gutter .now")
    person.shot("02-running", whole=False)
    person.moves()
    person.page.wait_for_selector(".inset .motion")
    person.shot("03-moving", whole=False)
    assert person.ended() == "Finished."
    person.shot("04-finished")
    assert "CLIPRetrieval" in person.program
    bars = {
        row["aria-label"]: float(row["aria-valuenow"])
        for row in attributes(person.page, "#result .track", "aria-label", "aria-valuenow")
    }
    assert bars["reward"] == 1.0 and bars["red heart inside blue bowl"] == 1.0
    assert "--objects 'red heart; blue bowl; green star'" in person.page.inner_text(".command code")
    assert {"program", "record", "video"} <= set(person.page.locator(".files a").all_inner_texts())


def test_calls_have_time_and_picture(person: Person) -> None:
    person.table(OBJECTS)
    person.fast()
    person.say("put the red heart into the blue bowl")
    person.goes()
    person.ended()
    times = person.page.locator(".call:not(.printed) .call-time").all_inner_texts()
    assert len(times) > 8 and all(re.fullmatch(r"\d+\.\d\d s", time) for time in times)
    person.page.click(".call:has-text('SAM')")
    shown = person.page.locator("#viewer img")
    assert shown.evaluate("image => image.naturalWidth") > 300 and "3 masks" in (shown.get_attribute("alt") or "")
    person.shot("05-masks")
    person.page.click(".call:has-text('CLIPRetrieval') >> nth=0")
    scores = person.page.locator("#viewer .scores .bar")
    assert scores.count() == 3 and scores.locator("img").count() == 3
    assert person.page.locator("#viewer .bar.chosen .bar-value").inner_text() > "0.90"
    person.shot("06-scores")


def test_picture_by_clicking_an_object(person: Person) -> None:
    person.table(OBJECTS)
    person.page.hover("#view-top", position={"x": 5, "y": 5})
    assert person.page.locator(".layer-hover path").count() == 0
    heart, bowl = person.middle("red heart"), person.middle("blue bowl")
    person.say("put")
    person.click_thing(*heart)
    person.page.click("#sentence")
    person.page.keyboard.press("End")
    person.page.keyboard.type("into ")
    person.click_thing(*bowl)
    assert person.sentence == "put obj1 into obj2"
    assert person.page.locator(".picked .choices button").count() == 3
    outline = person.page.get_attribute(".layer-picked path", "d")
    crop = person.page.get_attribute(".chip[data-name=obj2] img", "src")
    person.page.click(".picked .choices button >> nth=2")
    person.page.wait_for_selector(f".chip[data-name=obj2] img:not([src='{crop}'])")
    person.shot("07-picked")
    assert person.page.get_attribute(".layer-picked path", "d") != outline
    person.page.click(".picked .choices button >> nth=0")
    person.fast()
    person.goes()
    assert person.ended() == "Finished."
    assert 'templates["obj1"]' in person.program and 'templates["obj2"]' in person.program


def test_outline_follows_the_pointer_at_once(person: Person) -> None:
    person.table(OBJECTS)
    person.page.mouse.move(*person.at(*person.middle("blue bowl")))
    assert person.page.locator(".layer-hover path").count() == 1  # no server was asked in between
    person.shot("08-hover", whole=False)


def test_pointing(person: Person) -> None:
    person.table(OBJECTS)
    person.say("put")
    person.page.check("input[name=picking][value=point]", force=True)
    person.click_thing(*person.middle("red heart"))
    person.page.click("#sentence")
    person.page.keyboard.press("End")
    person.page.keyboard.type("into ")
    person.click_thing(*person.middle("blue bowl"))
    assert person.sentence == "put the first clicked object into the second clicked object"
    assert person.page.locator(".clicks li").count() == 2
    person.shot("09-pointing")
    person.fast()
    person.goes()
    assert person.ended() == "Finished."
    assert "points=clicks" in person.program
    assert "--click" in person.page.inner_text(".command code")


def test_task_prompt_with_its_pictures(person: Person) -> None:
    person.page.select_option("[aria-label='Kind of table']", "task")
    person.page.select_option("[aria-label='Task']", "rearrange")
    person.page.fill("[aria-label='Seed']", "3")
    person.page.click("#scene-form button[type=submit]")
    person.settled()
    assert person.page.locator("#sentence .chip.scene img").evaluate("image => image.naturalWidth") > 100
    person.fast()
    person.goes()
    assert person.ended() == "Success."
    assert person.page.get_attribute("#result .track[aria-label='progress to the goal']", "aria-valuenow") == "1.00"
    assert person.page.inner_text(".command code").startswith("instruct2act run --task rearrange --level L1 --seed 3 ")
    person.shot("11-task")


def test_every_example_is_one_click_away_and_works(person: Person) -> None:
    person.fast()
    for index in range(person.page.locator(".example").count()):
        person.page.click(f".example >> nth={index}")
        person.settled()
        person.shot(f"12-example-{index}", whole=False)
        person.goes()
        assert person.ended() in ("Finished.", "Success.")


def test_wrong_calls_are_marked_before_anything_runs(person: Person) -> None:
    person.table(OBJECTS)
    person.edit("def main():\n    image = GetImage()\n    return PickPlac(image)\n")
    person.page.wait_for_selector(".gutter .wrong:has-text('3')")
    assert "did you mean 'PickPlace'" in person.page.inner_text("#program-problems")
    person.edit("def main():\n    image = GetImage()\n    masks = SAM(imag=image)\n    return SAM()\n")
    person.page.wait_for_selector(".gutter .wrong:has-text('4')")
    assert [row["text"] for row in attributes(person.page, ".gutter .wrong")] == ["3", "4"]
    assert "did you mean 'image'" in person.page.inner_text("#program-problems")
    person.shot("13-marked")
    person.page.click("#program-problems button >> nth=0")
    assert person.page.evaluate("document.activeElement.id") == "program"
    assert person.page.get_attribute("#program", "aria-invalid") == "true"
    person.edit("def main():\n    return {}\n")
    person.page.wait_for_selector("#program-problems:empty", state="attached")


def test_an_error_stands_on_the_line_that_made_it(person: Person) -> None:
    person.table(OBJECTS)
    person.edit(
        "def main():\n    image = GetImage()\n    print('so far', 1)\n"
        "    masks = SAM(image=image)\n    return Pixel2Loc(9, masks)\n"
    )
    person.runs()
    assert person.ended().startswith("Failed: line 5")
    assert [row["text"] for row in attributes(person.page, ".gutter .failed")] == ["5"]
    assert "so far 1" in person.page.inner_text(".call.printed")
    person.shot("14-failed")
    person.edit(person.program + "\n")
    assert person.page.locator(".gutter .failed").count() == 0


def test_edit_run_again_and_compare(person: Person) -> None:
    person.table(OBJECTS)
    person.fast()
    person.say("put the red heart into the blue bowl")
    person.goes()
    person.ended()
    person.edit(person.program.replace('"red heart"', '"green star"'))
    person.runs()
    person.ended()
    assert person.page.get_attribute("#result .track[aria-label='reward']", "aria-valuenow") != "1.00"
    person.page.click("a[data-page=history]")
    person.page.wait_for_selector(".past-run >> nth=1")
    for index in (0, 1):
        person.page.check(f".past-run >> nth={index} >> input")
    person.page.click("text=Compare two")
    person.page.wait_for_selector(".two article >> nth=1")
    differing = person.page.locator(".two .code .differs").all_inner_texts()
    assert len(differing) == 2 and "red heart" in differing[0] and "green star" in differing[1]
    seen = "videos => videos.length === 2 && videos.every((video) => video.readyState > 1 && video.duration > 0)"
    person.until(lambda: bool(person.page.locator(".two video").evaluate_all(seen)), "both videos")
    person.shot("15-compared")
    with person.page.expect_download() as download:
        person.page.click(".past-run >> nth=1 >> summary")
        person.page.click(".past-run >> nth=1 >> a:has-text('program')")
    assert "red heart" in Path(download.value.path()).read_text(encoding="utf-8")


def test_stop_by_escape(person: Person, server: Server) -> None:
    person.table(OBJECTS)
    person.say("put the red heart into the blue bowl")
    person.goes()
    person.moves()
    person.page.keyboard.press("Escape")
    assert person.ended() == "Stopped."
    still = person.looks()
    person.shot("16-stopped")
    assert quiet(server)
    assert person.looks() == still


def test_step_pause_and_resume(person: Person) -> None:
    person.table(OBJECTS)
    person.fast()
    person.edit(
        "def main():\n    image = GetImage()\n    masks = SAM(image=image)\n    again = GetImage()\n    return {}\n"
    )
    person.page.click("[data-act=step]")
    person.state("paused")
    assert person.page.inner_text(".gutter .now") == "2"
    person.page.click("[data-act=step]")
    person.page.wait_for_selector(".gutter .now:has-text('3')")
    person.shot("17-paused")
    assert person.page.locator(".call").count() <= 2
    person.page.click("[data-act=resume]")
    assert person.ended() == "Finished."


def test_pause_in_mid_run(person: Person) -> None:
    person.table(OBJECTS)
    person.edit(LONG)
    person.runs()
    person.moves()
    person.page.click("[data-act=pause]")
    person.state("paused")
    still = person.looks()
    assert person.page.is_hidden("[data-act=pause]") and person.page.is_visible("[data-act=resume]")
    assert person.looks() == still
    person.page.keyboard.press("p")
    person.state("running")
    person.moves()
    person.page.click("[data-act=stop]")
    assert person.ended() == "Stopped."


def test_reward_of_ones_own(person: Person) -> None:
    person.table(OBJECTS)
    person.fast()
    person.say("put the red heart into the blue bowl")
    person.edit("def main():\n    return {}\n")
    person.page.click("#sources [data-name=reward]")
    own = 'find(history, "green star")'
    score = "{'score': part, 'parts': {'my own': part}}"
    source = f"def reward(history, slots):\n    part = stays(history, {own})\n    return {score}\n"
    person.page.fill("#reward", source)
    person.runs()
    person.ended()
    assert person.page.get_attribute("#result .track[aria-label='my own']", "aria-valuenow") == "1.00"
    person.page.fill("#reward", source.replace("part, 'parts'", "1 / 0, 'parts'"))
    person.runs()
    person.page.wait_for_selector("#source-reward .gutter .failed:has-text('3')")
    assert "No reward: line 3 of its function: ZeroDivisionError" in person.page.inner_text("#result")
    person.shot("19-reward")


def test_skills_beside_the_program(person: Person) -> None:
    person.page.click("#skills-open")
    person.page.fill("[aria-label='Search skills']", "sweep")
    names = person.page.locator(".skill-list summary code").all_inner_texts()
    assert "SweepActions" in names and "GetImage" not in names
    person.page.fill("[aria-label='Search skills']", "zzz")
    assert "No skill speaks of that" in person.page.inner_text(".skill-list")
    person.page.fill("[aria-label='Search skills']", "")
    person.edit("image = GetImage()")
    person.page.click("#program")
    person.page.keyboard.press("Home")
    for _ in range(10):
        person.page.keyboard.press("ArrowRight")
    assert person.page.locator(".skill-list details[open] summary code").inner_text() == "GetImage"
    person.shot("18-skills")
