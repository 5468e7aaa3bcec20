"""The command line: arguments only. Whatever a command does lives in the module that it imports when it runs."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from instruct2act.authoring import command as authoring
from instruct2act.evaluation import command as evaluation
from instruct2act.exports import command as exports
from instruct2act.options import (
    Author,
    ConfigFile,
    Env,
    EnvName,
    PerceptionName,
    Set,
    Variation,
    VimaBench,
    VimaBenchPython,
    author_settings,
)
from instruct2act.playground import command as playground
from instruct2act.robot import command as robot
from instruct2act.sandbox import command as sandboxing
from instruct2act.truth import command as truth

app = typer.Typer(
    name="instruct2act",
    help="Instructions in words, pictures or clicks become contained robot programs on a simulated or real table.",
    epilog=(
        "Try: instruct2act run 'put the red heart into the blue bowl' --objects 'red heart; blue bowl; green star'  |  "
        "instruct2act run --task rearrange --seed 3  |  instruct2act doctor"
    ),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
config_app = typer.Typer(help="Settings: every key with its default and meaning.", no_args_is_help=True)
app.add_typer(config_app, name="config")


class SandboxMode(StrEnum):
    """What `--sandbox` takes."""

    jailed = "jailed"
    language_only = "language-only"


class RewardState(StrEnum):
    """What `--reward-state` takes."""

    simulator = "simulator"
    perceived = "perceived"


class Checkpoint(StrEnum):
    """What `train` takes."""

    sam = "sam"
    affinity = "affinity"
    agglomeration = "agglomeration"
    clip = "clip"


@app.command(
    epilog=(
        "A free sentence plays on the objects named (--objects), or on a generated scene that lists what it has "
        "(--scene-seed). A task brings its own scene, instruction and goal (--task, --level, --seed). Left and right, "
        "near and far are as the top view's picture shows them."
    )
)
def run(
    sentence: Annotated[str | None, typer.Argument(help="What to do; a task's own instruction when left out.")] = None,
    scene_seed: Annotated[int | None, typer.Option(min=0, help="Play on the generated scene of this number.")] = None,
    objects: Annotated[
        str | None, typer.Option(help="Play on these: 'red heart; blue bowl @0.5,0.2' (@x,y in metres, else random).")
    ] = None,
    task: Annotated[str | None, typer.Option(help="Play a task; `instruct2act tasks` lists them.")] = None,
    level: Annotated[
        str | None,
        typer.Option(
            help="L1 placement, L2 combination, L3 novel object, L4 novel task; the task's first when left out."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Names the episode, for ever.")] = 0,
    variation: Variation = None,
    picture: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=FILE", help="What {NAME} in the sentence looks like; may be repeated."),
    ] = None,
    click: Annotated[
        list[str] | None,
        typer.Option(metavar="X,Y", help="A clicked pixel of the top view, in order; may be repeated."),
    ] = None,
    perception: Annotated[
        PerceptionName, typer.Option(help="From pixels, or with the simulator's ground truth.")
    ] = PerceptionName.default,
    author: Author = None,
    program: Annotated[
        Path | None, typer.Option(help="Run this program instead of asking the author.", metavar="FILE")
    ] = None,
    reward: Annotated[
        Path | None, typer.Option(help="Score with this reward function instead of asking the author.", metavar="FILE")
    ] = None,
    reward_state: Annotated[
        RewardState, typer.Option(help="What the reward function looks at: the simulator's state, or the images.")
    ] = RewardState.simulator,
    env: Env = EnvName.table,
    vimabench: VimaBench = None,
    vimabench_python: VimaBenchPython = None,
    sandbox: Annotated[
        SandboxMode, typer.Option(help="language-only leaves the kernel jail off where a machine can't have it.")
    ] = SandboxMode.jailed,
    out: Annotated[Path | None, typer.Option(help="Where to write; a new folder under runs/ when left out.")] = None,
    json_line: Annotated[
        bool, typer.Option("--json", help="Print one JSON object, and nothing else on stdout.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Only the last line.")] = False,
    config: ConfigFile = None,
    sets: Set = None,
) -> None:
    """Carry out one instruction, from a sentence to a scored episode.

    Writes a video, a picture strip, the program, the reward function and the record into a folder, and names it.

      instruct2act run "put the red heart into the blue bowl" --objects "red heart; blue bowl; green star"

      instruct2act run "put the first clicked object into the second one" --scene-seed 4 --click 136,57 --click 185,90

      instruct2act run "put {dragged_obj} into the green bowl" --picture dragged_obj=crop.png --scene-seed 4

      instruct2act run --task rearrange_then_restore --level L2 --seed 11 --out first

      instruct2act run --task rearrange_then_restore --level L2 --seed 11 --program first/program.py
    """
    from instruct2act import run as command

    given = [
        *perception.settings(),
        *author_settings(author),
        *env.settings(vimabench, vimabench_python),
        f"reward.state={reward_state.value}",
        f"sandbox.mode={sandbox.value}",
    ]
    raise typer.Exit(
        command.run(
            command.Request(
                sentence,
                task,
                level,
                seed,
                scene_seed,
                objects,
                tuple(picture or ()),
                tuple(click or ()),
                out,
                program,
                reward,
                variation or "",
            ),
            config_file=config,
            sets=[*given, *(sets or [])],
            json_line=json_line,
            quiet=quiet,
        )
    )


@app.command()
def tasks(json_line: Annotated[bool, typer.Option("--json", help="One JSON object a task.")] = False) -> None:
    """List the tasks: name, levels, step budget, what is asked."""
    from instruct2act import listing

    listing.tasks(json_line)


@app.command()
def skills() -> None:
    """Print what a program may call, in full; `instruct2act prompt` shows how each style tells it to a model."""
    from skills import describe

    sys.stdout.write(describe())


@app.command()
def doctor(
    json_line: Annotated[bool, typer.Option("--json", help="One JSON object a check.")] = False,
    author: Author = None,
    config: ConfigFile = None,
    sets: Set = None,
) -> None:
    """Look at this machine: packages, torch, checkpoints, the sandbox's layers, the author; each with what to do."""
    from instruct2act import doctor as command

    raise typer.Exit(command.doctor(json_line, config, [*author_settings(author), *(sets or [])]))


@app.command()
def train(
    checkpoint: Annotated[
        Checkpoint, typer.Argument(help="Which small checkpoint: sam, affinity, agglomeration or clip.")
    ],
    minutes: Annotated[float, typer.Option(min=0.0, help="Train for so long in all, earlier runs counted.")] = 180.0,
    seed: Annotated[int, typer.Option(min=0)] = 0,
    out: Annotated[Path | None, typer.Option(help="Where checkpoints go and training resumes from.")] = None,
    evaluate: Annotated[bool, typer.Option("--evaluate", help="Measure the weights in use; train nothing.")] = False,
    export: Annotated[
        bool, typer.Option("--export", help="Write the newest checkpoint as the weights in use.")
    ] = False,
) -> None:
    """Reproduce a small checkpoint from the data engine; resumes after a kill.

    instruct2act train sam --minutes 240

    instruct2act train clip --evaluate
    """
    from instruct2act.training import command

    raise typer.Exit(command.train(checkpoint.value, minutes, seed, out, evaluate, export))


authoring.add_to(app)
evaluation.add_to(app)
exports.add_to(app)
robot.add_to(app)
sandboxing.add_to(app)
playground.add_to(app)
truth.add_to(app)


@config_app.command("show")
def config_show(config: ConfigFile = None, sets: Set = None) -> None:
    """Every setting with its value and meaning, as YAML that --config takes."""
    from instruct2act import listing

    listing.settings(config, sets or [])


def main() -> Any:
    """Runs the command line. What a person got wrong is answered in a sentence and status 2, never with a traceback."""
    from skills.errors import Mistake

    try:
        return app()
    except Mistake as mistake:
        sys.stderr.write(f"instruct2act: {mistake}\n")
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
