import io
import re

import pytest
import rich.console
from conftest import Play  # type: ignore[import-not-found]

from instruct2act.events import Noted, Printed, SkillCalled, SkillReturned, Written
from instruct2act.listeners.console import Console

EVIL = "[red]x[/red] [link=http://a]y[/link] \x1b[2J\x1b]0;title\x07 \u202eabc [/]"


def tell(events, width: int = 80, **options) -> str:
    """What the console shows, as text."""
    out = io.StringIO()
    options = {"force_terminal": False, "color_system": None, **options}
    console = Console(rich.console.Console(file=out, width=width, legacy_windows=False, **options))
    for event in events:
        console.hear(event)
    console.close()
    return out.getvalue()


def test_the_account_says_what_happened(play: Play) -> None:
    shown = tell(play.events(), 120)
    for part in (
        "made-up scene",
        "red block, blue block",
        play.text,
        "     2      image = GetImage()",
        "line 3     SAM(Image 1) -> 6 masks, 0.40 s",
        "CLIPRetrieval([6 Images], 'the red block') -> 0 (0.90; next 0.02)",
        "turn 29 deg clockwise: done, 2.1 s",
        "-> 1 of 1 done",
        "0.98 = inside 1.00, unchanged 0.96",
        "perception 0.50, motion 2.30",
        "out/video.webm",
    ):
        assert part in shown, f"{part!r} is missing in\n{shown}"


@pytest.mark.parametrize("width", [40, 80, 120])
def test_no_line_is_wider_than_the_console_or_ends_in_spaces(play: Play, width: int) -> None:
    play.text = "put the red and yellow polka dot heart into " + "the very blue bowl and then " * 9
    for line in tell(play.events(), width).split("\n"):
        assert len(line) <= width and line == line.rstrip()


def test_wrapping_loses_no_character_of_the_program(play: Play) -> None:
    source = "def main():\n    place = CLIPRetrieval(objs, 'the yellow    bowl')  # " + "word " * 40 + "\n"
    shown = tell([Written("program", source, "offline", 0.0)], 60)
    body = "".join(re.sub(r"^ +(\d+  )?", "", line) for line in shown.split("\n")[1:])
    assert body.replace(" ", "") == source.replace("\n", "").replace(" ", "")


def test_text_of_others_moves_no_cursor_and_adds_no_style(play: Play) -> None:
    play.text = EVIL
    hostile = [
        play.begin(),
        Written("program", f"# {EVIL}\nx = 1\n", EVIL, 0.1),
        SkillCalled(EVIL, {EVIL: EVIL}, 1),
        SkillReturned(EVIL, None, EVIL, 0.1, EVIL),
        Printed(EVIL + "\r\n" + EVIL),
    ]
    shown = tell(hostile)
    assert shown.replace("\n", "").isprintable()
    assert shown.count("[red]x[/red]") >= 5
    coloured = tell(hostile, force_terminal=True, color_system="standard", no_color=False)
    assert not re.sub(r"\x1b\[(\d+(;\d+)*)?[mK]|\x1b\[\?25[lh]|\x1b\[1A|\x1b\[2K", "", coloured).count("\x1b[2J")
    assert "\x07" not in coloured and "\x1b]" not in coloured


@pytest.mark.parametrize("terminal", [False, True])
def test_a_reader_of_ascii_is_shown_ascii(play: Play, terminal: bool) -> None:
    play.text = "lege das Herz in die Schüssel 你好"
    out = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    console = Console(rich.console.Console(file=out, width=80, force_terminal=terminal))
    for event in play.events():
        console.hear(event)
    out.flush()
    assert b"Sch\\xfcssel" in out.buffer.getvalue()  # type: ignore[attr-defined]


def test_no_spinner_where_there_is_no_terminal(play: Play) -> None:
    assert "\x1b" not in tell(play.events()) and "\r" not in tell(play.events())


def test_a_terminal_s_cursor_comes_back(play: Play) -> None:
    shown = tell([play.begin()], force_terminal=True, color_system="standard")
    assert shown.rfind("\x1b[?25h") > shown.rfind("\x1b[?25l") >= 0


def test_an_error_is_red_and_says_what_to_do(play: Play) -> None:
    play.record = {
        "status": "failed",
        "success": None,
        "failed_at": "perception",
        "error": {"message": "no unicorn, try a horse", "line": 7},
    }
    failed = [
        SkillCalled("CLIPRetrieval", {}, 7),
        SkillReturned("CLIPRetrieval", None, "", 0.1, "nothing fits"),
        play.end(),
    ]
    shown = tell(failed, force_terminal=True, color_system="standard", no_color=False)
    assert "\x1b[31m  nothing fits\x1b[0m" in shown
    assert "failed at perception" in shown and "\x1b[31mline 7: no unicorn, try a horse\x1b[0m" in shown
    assert "what to do: " in shown


def test_an_error_that_was_told_is_not_told_again(play: Play) -> None:
    play.record = {"status": "failed", "failed_at": "perception", "error": {"message": "nothing fits", "line": 7}}
    shown = tell(
        [SkillCalled("CLIPRetrieval", {}, 7), SkillReturned("CLIPRetrieval", None, "", 0, "nothing fits"), play.end()]
    )
    assert shown.count("nothing fits") == 1 and "line 7: see above" in shown


def test_a_matching_is_told_by_its_pairs(play: Play) -> None:
    called = SkillCalled("get_objs_match", {"objs_list1": "2 images", "objs_list2": "3 images"}, 4)
    returned = SkillReturned("get_objs_match", ([0, 1], [2, 0]), "[[0, 1], [2, 0]]", 0.1)
    shown = tell([called, Noted("match", {"pairs": ((0, 2), (1, 0))}), returned])
    assert "get_objs_match(2 images, 3 images) -> 2 pairs, 0.10 s" in shown
