"""Three instructions, from pixels: in words, with pictures of the objects, and by pointing. ``make demo`` runs it."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from instruct2act import config
from instruct2act.evaluation.record import EpisodeSpec, ended_well
from instruct2act.run import play, words_for
from instruct2act.runtime import Runtime
from instruct2act.sandbox import StopFlag

OBJECTS = "green and purple polka dot block; blue bowl; red heart; yellow star; wooden pallet"
WORDS = "Put the green and purple polka dot block into the blue bowl, then rotate the red heart by 45 degrees."
POINTING = "Put the first clicked object into the second one."


def specs(seed: int) -> dict[str, EpisodeSpec]:
    """The three episodes of a seed, by the name of their folder."""
    return {
        "1-words": EpisodeSpec(objects=OBJECTS, seed=seed, text=WORDS),
        "2-pictures": EpisodeSpec(task="visual_manipulation", seed=seed),
        "3-pointing": EpisodeSpec(scene_seed=seed, text=POINTING, clicks=_clicks(seed)),
    }


def _clicks(seed: int) -> tuple[tuple[float, float], ...]:
    """Where a person would point in the scene of a seed: at a thing that can be moved, then at a container."""
    import sim
    from sim.objects import SHAPES

    env = sim.make_scene(seed)
    try:
        truth = env.look(depth=False)["top"].truth
        assert truth is not None
        states = env.history[0].objects
        thing = next(state for state in states if SHAPES[state.name].draggable)
        box = next(state for state in states if SHAPES[state.name].container)
        # A point of the thing itself: a ring has nothing in its middle.
        seen = [np.argwhere(truth.segmentation == state.id) for state in (thing, box)]
        pixels = [points[np.linalg.norm(points - points.mean(axis=0), axis=1).argmin()][::-1] for points in seen]
        return tuple((float(x), float(y)) for x, y in pixels)
    finally:
        env.close()


def main(
    out: Annotated[Path, typer.Option(help="Where to write.")] = Path("demo"),
    seed: Annotated[int, typer.Option(min=0, help="Another number, other scenes.")] = 0,
) -> None:
    """Carries out three instructions and says where to look at what happened."""
    began = time.monotonic()
    settings = config.load(sets=["sim.motion=arm"])
    ended = []
    with Runtime(settings).load() as runtime:
        for name, spec in specs(seed).items():
            sys.stdout.write(f"\n=== {name[2:]} " + "=" * 60 + "\n")
            ended.append(play(spec, runtime, out / name, {}, StopFlag()))
    sys.stdout.write(f"\n=== what happened, in {time.monotonic() - began:.0f} s " + "=" * 40 + "\n")
    for name, record in zip(specs(seed), ended):
        sys.stdout.write(f"{words_for(record):<60} {out / name}/\n")
    if not all(ended_well(record.status, record.success) for record in ended):
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(main)
