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
    person.sees(".command code", "--objects 'red heart; blue bowl; green star'")
    files = person.page.locator(".files a")
    person.until(lambda: {"program", "record", "video"} <= set(files.all_inner_texts()), "the files")


def test_calls_have_time_and_picture(person: Person) -> None:
    person.table(OBJECTS)
    person.fast()
    person.say("put the red heart into the blue bowl")
    person.goes()
    person.ended()
    times = person.page.locator(".call:not(.printed) .call-time").all_inner_texts()
    assert len(times) > 8 and all(re.fullmatch(r"\d+\.\d\d s", time) for time in times)
    person.page.click(".call:has-text('SAM')")
    person.page.wait_for_selector("#viewer img[alt*='3 masks']")
    assert person.drawn("#viewer img") > 300
    person.shot("05-masks")
    person.page.click(".call:has-text('CLIPRetrieval') >> nth=0")
    scores = person.page.locator("#viewer .scores .bar")
    person.counts("#viewer .scores .bar", 3)
    assert scores.locator("img").count() == 3
    assert person.page.locator("#viewer .bar.chosen .bar-value").inner_text() > "0.90"
    person.shot("06-scores")


def test_picture_by_clicking_an_object(person: Person) -> None:
    person.table(OBJECTS)
    person.page.hover("#view-top", position={"x": 5, "y": 5})
    person.counts(".layer-hover path", 0)
    heart, bowl = person.middle("red heart"), person.middle("blue bowl")
    person.say("put")
    person.click_thing(*heart)
    person.page.click("#sentence")
    person.page.keyboard.press("End")
    person.page.keyboard.type("into ")
    person.click_thing(*bowl)
    person.until(lambda: person.sentence == "put obj1 into obj2", "both pictures")
    person.counts(".picked .choices button", 3)
    outline = person.page.get_attribute(".layer-picked path", "d")
    crop = person.page.get_attribute(".chip[data-name=obj2] img", "src")
    person.page.click(".picked .choices button >> nth=2")
    person.page.wait_for_selector(f".chip[data-name=obj2] img:not([src='{crop}'])")
    person.shot("07-picked")
    person.until(lambda: person.page.get_attribute(".layer-picked path", "d") != outline, "another outline")
    person.page.click(".picked .choices button >> nth=0")
    person.fast()
    person.goes()
    assert person.ended() == "Finished."
    assert 'templates["obj1"]' in person.program and 'templates["obj2"]' in person.program


def test_outline_follows_the_pointer_at_once(person: Person) -> None:
    person.table(OBJECTS)
    person.page.mouse.move(*person.at(*person.middle("blue bowl")))
    person.counts(".layer-hover path", 1)  # no server was asked in between
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
    said = "put the first clicked object into the second clicked object"
    person.until(lambda: person.sentence == said, "both clicks")
    person.counts(".clicks li", 2)
    person.shot("09-pointing")
    person.fast()
    person.goes()
    assert person.ended() == "Finished."
    assert "points=clicks" in person.program
    person.sees(".command code", "--click")


def test_task_prompt_with_its_pictures(person: Person) -> None:
    person.page.select_option("[aria-label='Kind of table']", "task")
    person.page.select_option("[aria-label='Task']", "rearrange")
    person.page.fill("[aria-label='Seed']", "3")
    person.page.click("#scene-form button[type=submit]")
    person.settled()
    assert person.drawn("#sentence .chip.scene img") > 100
    person.fast()
    person.goes()
    assert person.ended() == "Success."
    person.has("#result .track[aria-label='progress to the goal']", "aria-valuenow", "1.00")
    person.sees(".command code", "instruct2act run --task rearrange --level L1 --seed 3 ")
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
    person.sees("#program-problems", "did you mean 'PickPlace'")
    person.edit("def main():\n    image = GetImage()\n    masks = SAM(imag=image)\n    return SAM()\n")
    person.page.wait_for_selector(".gutter .wrong:has-text('4')")
    person.until(lambda: person.page.locator(".gutter .wrong").all_inner_texts() == ["3", "4"], "two lines marked")
    person.sees("#program-problems", "did you mean 'image'")
    person.shot("13-marked")
    person.page.click("#program-problems button >> nth=0")
    person.page.wait_for_selector("#program:focus")
    person.has("#program", "aria-invalid", "true")
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
    person.until(lambda: person.page.locator(".gutter .failed").all_inner_texts() == ["5"], "the line marked")
    person.sees(".call.printed", "so far 1")
    person.shot("14-failed")
    person.edit(person.program + "\n")
    person.counts(".gutter .failed", 0)


def test_edit_run_again_and_compare(person: Person) -> None:
    person.table(OBJECTS)
    person.fast()
    person.say("put the red heart into the blue bowl")
    person.goes()
    person.ended()
    person.edit(person.program.replace('"red heart"', '"green star"'))
    person.runs()
    person.ended()
    reward = person.page.locator("#result .track[aria-label='reward']")
    person.until(lambda: reward.get_attribute("aria-valuenow") != "1.00", "a lower reward")
    person.page.click("a[data-page=history]")
    person.page.wait_for_selector(".past-run >> nth=1")
    for index in (0, 1):
        person.page.check(f".past-run >> nth={index} >> input")
    person.page.click("text=Compare two")
    person.page.wait_for_selector(".two article >> nth=1")
    person.counts(".two .code .differs", 2)
    differing = person.page.locator(".two .code .differs").all_inner_texts()
    assert "red heart" in differing[0] and "green star" in differing[1]
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
    still = person.rests()
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
    person.sees(".gutter .now", "2")
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
    still = person.rests()
    person.page.wait_for_selector("[data-act=pause]", state="hidden")
    person.page.wait_for_selector("[data-act=resume]")
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
    person.has("#result .track[aria-label='my own']", "aria-valuenow", "1.00")
    person.page.fill("#reward", source.replace("part, 'parts'", "1 / 0, 'parts'"))
    person.runs()
    person.page.wait_for_selector("#source-reward .gutter .failed:has-text('3')")
    person.sees("#result", "No reward: line 3 of its function: ZeroDivisionError")
    person.shot("19-reward")


def test_skills_beside_the_program(person: Person) -> None:
    person.page.click("#skills-open")
    person.page.fill("[aria-label='Search skills']", "sweep")
    names = person.page.locator(".skill-list summary code")
    person.until(lambda: "GetImage" not in names.all_inner_texts(), "fewer skills")
    assert "SweepActions" in names.all_inner_texts()
    person.page.fill("[aria-label='Search skills']", "zzz")
    person.sees(".skill-list", "No skill speaks of that")
    person.page.fill("[aria-label='Search skills']", "")
    person.edit("image = GetImage()")
    person.page.click("#program")
    person.page.keyboard.press("Home")
    for _ in range(10):
        person.page.keyboard.press("ArrowRight")
    person.sees(".skill-list details[open] summary code", "GetImage")
    person.shot("18-skills")
