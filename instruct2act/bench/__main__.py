"""``python -m instruct2act.bench``: the figures that the documentation quotes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from skills.errors import Mistake

app = typer.Typer(help=__doc__, add_completion=False, no_args_is_help=False, pretty_exceptions_enable=False)
Episodes = Annotated[int, typer.Option(min=1, help="Episodes of each task.")]
Levels = Annotated[str, typer.Option("--levels", "--level", help='By comma, "L1,L2", or "all".')]
Names = Annotated[str, typer.Option(help="Tasks, by comma; all when left out.")]
Out = Annotated[Path, typer.Option(help="Where records are kept; a run that was stopped goes on from there.")]
VimaBench = Annotated[Path | None, typer.Option(envvar="VIMABENCH", help="A checkout of VIMABench, to compare with.")]
VimaBenchPython = Annotated[Path | None, typer.Option(envvar="VIMABENCH_PYTHON", help="A Python that can import it.")]
Perception = Annotated[str, typer.Option(help="default or oracle.")]


@app.command()
def tasks(
    episodes: Episodes = 50,
    perception: Perception = "default",
    levels: Levels = "L1",
    seed0: int = 0,
    names: Names = "",
    out: Out = Path("runs/bench"),
) -> None:
    """Success by task, where it fails, and seconds an episode by stage."""
    from instruct2act.bench import episodes as bench

    bench.tasks(episodes, perception, levels, seed0, names, out)


@app.command()
def oracle(episodes: Episodes = 50, levels: Levels = "L1", seed0: int = 0, names: Names = "") -> None:
    """The simulator's own oracle: success under both rules, unsolved seeds, milliseconds a reset and an action."""
    from instruct2act.bench import episodes as bench

    bench.oracle(episodes, levels, seed0, names)


@app.command()
def paraphrases(
    said: Annotated[Path, typer.Option(help="Sentences by task.")] = Path("tests/authoring/paraphrases.yaml"),
    perception: Perception = "oracle",
    play: Annotated[bool, typer.Option(help="Carry them out as well.")] = True,
) -> None:
    """Tasks in other words: how many sentences the embedded author understands, and how many of those succeed."""
    from instruct2act.bench import paraphrases as bench

    bench.paraphrases(said, perception, play)


@app.command()
def cassettes(
    file: Annotated[Path, typer.Argument(help="A cassette of a language model's answers.")] = Path(
        "tests/authoring/cassettes/tasks.yaml"
    ),
    perception: Perception = "oracle",
    seeds: Annotated[int, typer.Option(min=1, help="Seeds of each task that are looked through.")] = 16,
) -> None:
    """What a language model wrote, from its cassette: success by task, and whether its rewards tell the truth."""
    from instruct2act.bench import cassettes as bench

    bench.cassettes(file, perception, seeds)


@app.command()
def reward(episodes: Episodes = 50, levels: str | None = None, seed0: int = 0, names: str | None = None) -> None:
    """Whether the authored reward agrees with the goal: `instruct2act reward eval` by another name."""
    from instruct2act.truth import evaluate

    evaluate.run(evaluate.Request(names, levels, episodes, seed0), None, [])


@app.command()
def transfer(
    suite: Annotated[str, typer.Option(help="One that has parts, as transfer and words have.")] = "transfer",
    parts: Annotated[str, typer.Option(help="By comma: all, tracking, views; each when left out.")] = "",
    rows: Annotated[str, typer.Option(help="By comma, as the table names them; all when left out.")] = "",
    names: Names = "",
    levels: Annotated[str, typer.Option(help="By comma, or all; as the suite says when left out.")] = "",
    episodes: Annotated[int, typer.Option(min=1, help="Of each column, task and level.")] = 3,
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 1,
    cassette: Annotated[Path, typer.Option(help="A language model's programs; those for two tasks track.")] = Path(
        "tests/authoring/cassettes/tasks.yaml"
    ),
    out: Out = Path("runs/transfer"),
) -> None:
    """What a change of the scene costs, under each ablation of perception. In a checkout."""
    from instruct2act.bench import transfer as bench
    from instruct2act.evaluation.suites import parted

    chosen = (parted(parts) or (), parted(rows) or (), parted(names) or (), parted(levels or None))
    bench.transfer(bench.Asked(suite, *chosen, episodes, workers), cassette, out)


@app.command()
def throughput(
    episodes: Annotated[int, typer.Option(min=2, help="Of each of the six tasks, a runner and round.")] = 4,
    rounds: Annotated[int, typer.Option(min=1, help="In which every runner has its turn.")] = 3,
    ray: Annotated[bool, typer.Option(help="Measure Ray on two nodes of this machine, too.")] = True,
    out: Annotated[Path, typer.Option(help="A new folder for the records.")] = Path("runs/throughput"),
    sets: Annotated[list[str] | None, typer.Option("--set", help="A setting of the episodes: key=value.")] = None,
) -> None:
    """Episodes a second: serial, one process, two, Ray on two nodes. Only a quiet machine tells how they compare."""
    from instruct2act.bench import throughput as bench

    bench.throughput(episodes, rounds, ray, out, sets or ())


@app.command()
def kills(
    count: Annotated[int, typer.Option(min=1, help="How often the evaluation is killed.")] = 50,
    workers: Annotated[int, typer.Option(min=1, help="Its processes.")] = 2,
    out: Annotated[Path, typer.Option(help="A new folder for its records.")] = Path("runs/kills"),
    seed: int = 0,
) -> None:
    """Records that an evaluation loses or doubles when it is killed (-9) at moments spread over all that it does."""
    from instruct2act.bench import kills as bench

    bench.kills(count, workers, out, seed)


@app.command()
def speed(
    episodes: Episodes = 20,
    levels: Levels = "L1",
    names: Names = "",
    vimabench: VimaBench = None,
    vimabench_python: VimaBenchPython = None,
    seed0: int = 0,
) -> None:
    """Milliseconds by reset and action, and how many times as fast as the published VIMABench."""
    from instruct2act.bench import speed as bench

    bench.speed(episodes, levels, names, vimabench, vimabench_python, seed0)


@app.command()
def calls(count: int = 2000) -> None:
    """What a skill call costs across the sandbox, beside the same call made directly."""
    from instruct2act.bench import sandbox

    sandbox.calls(count)


@app.command()
def report(sizes: Annotated[str, typer.Option(help="Numbers of records, by comma.")] = "1e4,1e6") -> None:
    """What a report over made-up records costs: seconds, peak memory."""
    from instruct2act.bench import reports

    reports.report(sizes)


@app.command()
def scaling(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="An evaluation's folder: what episodes cost.")],
    speedup: Annotated[float, typer.Option(help="Of perception on an actor against a core.")] = 20.0,
) -> None:
    """A simulation of many workers and few models: episodes an hour, what binds, what a million episodes take."""
    from instruct2act.bench import scaling as bench

    bench.scaling(folder, speedup)


@app.command()
def playground(
    runs: Annotated[int, typer.Option(min=1, help="One after the other, to see whether memory grows.")] = 200,
    sessions: Annotated[int, typer.Option(min=1, help="That ask for a run at once.")] = 20,
) -> None:
    """The playground: seconds to a page, a click, a program, a picture, a stop; a crowd; memory over many runs."""
    from instruct2act.bench import playground as bench

    bench.playground(runs, sessions)


@app.command()
def robot(
    episodes: Annotated[int, typer.Option(min=0, help="Of each of the six tasks; 0 leaves them out.")] = 3,
    stops: Annotated[int, typer.Option(min=0, help="Tries of each way to stop; 0 leaves out all but the tasks.")] = 100,
    perception: Perception = "oracle",
    transport: Annotated[str, typer.Option(help="websockets or roslibpy.")] = "websockets",
    seed0: int = 0,
) -> None:
    """An arm behind a bridge against the simulator itself; how fast it stops; pictures by encoding. In a checkout."""
    from instruct2act.bench import bridge

    bridge.robot(episodes, stops, perception, transport, seed0)


@app.callback(invoke_without_command=True)
def everything(context: typer.Context, vimabench: VimaBench = None, vimabench_python: VimaBenchPython = None) -> None:
    """Without a command: a short round of all of them."""
    if context.invoked_subcommand is None:
        speed(episodes=5, vimabench=vimabench, vimabench_python=vimabench_python)
        oracle(episodes=5)
        tasks(episodes=2, perception="default", out=Path("runs/bench-short"))
        reward(episodes=2)
        calls(500)


if __name__ == "__main__":
    try:
        app()
    except Mistake as mistake:
        sys.exit(str(mistake))
