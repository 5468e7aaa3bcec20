"""The commands ``robot run | check | calibrate | record | replay``: arguments only."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from instruct2act.options import ConfigFile, Set

app = typer.Typer(
    help="A real arm through a ROS bridge: run, check, calibrate, record, replay. Start with docs/real-robot.md.",
    no_args_is_help=True,
)


def add_to(parent: typer.Typer) -> None:
    """Adds the commands."""
    parent.add_typer(app, name="robot")


class Approve(StrEnum):
    """What `--approve` takes."""

    each = "each"
    first = "first"
    none = "none"


File = Annotated[Path, typer.Option("--robot", help="The robot's file; configs/robots/arm.yaml is one to copy.")]
Out = Annotated[Path | None, typer.Option(help="Where to write; a new folder under runs/ when left out.")]
Pictures = Annotated[
    list[str] | None, typer.Option(metavar="NAME=FILE", help="What {NAME} in the sentence looks like; may be repeated.")
]
Clicks = Annotated[
    list[str] | None, typer.Option(metavar="X,Y", help="A clicked pixel of the top view, in order; may be repeated.")
]
Sentence = Annotated[str, typer.Argument(help="What to do.")]
Ask = Annotated[
    Approve, typer.Option(help="Before which motions a person is asked, with the plan drawn on a new picture.")
]
Dry = Annotated[bool, typer.Option("--dry-run", help="Draw the plan on the picture; send nothing to the arm.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object, and nothing else on stdout.")]


@app.command()
def run(
    sentence: Sentence,
    robot: File,
    approve: Ask = Approve.each,
    dry_run: Dry = False,
    picture: Pictures = None,
    click: Clicks = None,
    out: Out = None,
    json_line: Json = False,
    config: ConfigFile = None,
    sets: Set = None,
) -> None:
    """Carry out one instruction on the arm: the same skills, sandbox and record as on the simulated table.

    instruct2act robot run "put the red block into the bowl" --robot my_arm.yaml --dry-run

    instruct2act robot run "put the red block into the bowl" --robot my_arm.yaml
    """
    from instruct2act.robot import playing

    asked = playing.Request(sentence, robot, approve.value, dry_run, tuple(picture or ()), tuple(click or ()), out)
    raise typer.Exit(playing.run(asked, config, sets or [], json_line))


@app.command()
def record(
    sentence: Sentence,
    robot: File,
    out: Annotated[Path, typer.Option(help="The session's folder.")],
    approve: Ask = Approve.each,
    dry_run: Dry = False,
    picture: Pictures = None,
    click: Clicks = None,
    json_line: Json = False,
    config: ConfigFile = None,
    sets: Set = None,
) -> None:
    """As run, and keep every picture and every reply of the arm in OUT/session, for replay at the desk."""
    from instruct2act.robot import playing

    asked = playing.Request(
        sentence, robot, approve.value, dry_run, tuple(picture or ()), tuple(click or ()), out, keep=True
    )
    raise typer.Exit(playing.run(asked, config, sets or [], json_line))


@app.command()
def replay(
    session: Annotated[Path, typer.Argument(help="A folder that record wrote, or its session folder.")],
    sentence: Annotated[str | None, typer.Argument(help="Another instruction; the recorded one when left out.")] = None,
    picture: Pictures = None,
    out: Out = None,
    json_line: Json = False,
    config: ConfigFile = None,
    sets: Set = None,
) -> None:
    """Play a recorded session again, without the arm: what was seen then, with the models, skills and author of now."""
    from instruct2act.robot import playing

    raise typer.Exit(playing.replay(session, sentence, tuple(picture or ()), out, config, sets or [], json_line))


@app.command()
def check(
    robot: File,
    out: Annotated[Path, typer.Option(help="Where the pictures go.")] = Path("runs/robot-check"),
    json_line: Annotated[bool, typer.Option("--json", help="One JSON object a check.")] = False,
    board: Annotated[
        str | None,
        typer.Option(metavar="COLUMNSxROWSxMETRES", help="Also compare where a chessboard is touched and seen."),
    ] = None,
) -> None:
    """Walk through everything that must hold before the first motion; nothing moves. Each with what to do.

    Stop is asked for and acknowledged, and the heart is held still for a second, both with the arm at rest. With
    --board you bring the tool onto a corner of a chessboard on the table, by hand or by the arm's pendant.
    """
    from instruct2act.robot import checking

    raise typer.Exit(checking.check(robot, out, json_line, board))


@app.command()
def acknowledge(robot: File) -> None:
    """Say that you have seen what stopped the arm, and that it may move again; asks first, and moves nothing."""
    from instruct2act.robot import checking

    raise typer.Exit(checking.acknowledge(robot))


@app.command()
def calibrate(
    robot: File,
    camera: Annotated[str | None, typer.Option(help="Which camera; the file's first when left out.")] = None,
    board: Annotated[
        str, typer.Option(metavar="COLUMNSxROWSxMETRES", help="A chessboard's inner corners and the side of a square.")
    ] = "8x5x0.03",
    method: Annotated[str, typer.Option(help="tsai, park, horaud, andreff or daniilidis.")] = "park",
    pairs: Annotated[Path | None, typer.Option(help="Solve pairs that were kept; no arm is needed.")] = None,
    out: Annotated[Path, typer.Option(help="The YAML to write; pairs are kept beside it.")] = Path("hand_eye.yaml"),
) -> None:
    """Find where a camera stands, from pictures of a chessboard at fifteen or so poses of the tool.

    The arm is moved by hand or by its own pendant, never by this program; press Enter at each pose, then q.
    """
    from instruct2act.robot import calibrating

    raise typer.Exit(calibrating.calibrate(robot, camera, board, method, pairs, out))
