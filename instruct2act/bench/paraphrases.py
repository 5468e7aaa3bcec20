"""Whether the embedded author understands a task's instruction in other words, and does what it says.

A file names, by task, sentences with the task's own ``{pictures}`` and ``$words`` ("Turn it by $degrees degrees"),
which its own instruction knows.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml
from lark import Lark
from lark.exceptions import UnexpectedInput

import sim
from instruct2act import asking, config
from instruct2act.authoring.llm.offline.plan import Put, Step, ToThing
from instruct2act.authoring.llm.offline.reading.parse import grammar, narrowed, parse
from instruct2act.authoring.llm.offline.reading.prepare import NotUnderstood, prepare
from instruct2act.authoring.prompt import Request
from instruct2act.bench.tables import Progress, say
from instruct2act.episode import run_episode
from instruct2act.evaluation.record import EpisodeSpec
from instruct2act.runtime import Runtime
from skills.types import Instruction

_EVERY = 6
"""Of so many sentences one is timed."""


def paraphrases(said: Path, perception: str, play: bool) -> None:
    """Prints, by task, how many sentences are understood as the task's own is, and how many succeed; then how fast.

    Args:
        said: task -> sentences, or -> {"said": sentences}, as YAML.
        perception: "default" or "oracle".
        play: whether to carry them out, sentence k on seed k of the task's first level.
    """
    sentences = {task: found["said"] if isinstance(found, dict) else found for task, found in _read(said).items()}
    steps = Progress(sum(map(len, sentences.values())))
    sets = ["perception.segmenter=oracle", "perception.retriever=oracle"] if perception == "oracle" else []
    missed, read, totals = list[str](), list[str](), [0, 0, 0]
    say(f"{'sentences of':<28}{'n':>5}{'understood':>12}{'solved':>8}")
    with Runtime(config.load(sets=sets)) as runtime:
        for task, texts in sentences.items():
            counts = [len(texts), 0, 0]
            for seed, text in enumerate(texts):
                level = sim.TASKS[task].levels[0]
                instruction = _instruction(task, level, seed)
                sentence = asking.instruction(text, {}, (), instruction).text
                read.append(prepare(sentence, Request.of(instruction, "program").slots).text)
                alike = mean_the_same(_steps(sentence, instruction), _steps(instruction.text, instruction))
                spec = EpisodeSpec(task=task, level=level, seed=seed, text=sentence)
                solved = play and bool(run_episode(spec, runtime).success)
                counts = [counts[0], counts[1] + alike, counts[2] + solved]
                if not alike or (play and not solved):
                    missed.append(f"{task}: {sentence}{'' if alike else '  (not understood alike)'}")
                steps.step(task)
            totals = [total + count for total, count in zip(totals, counts)]
            _row(task, counts, play)
    _row("all", totals, play)
    for line in missed:
        say(f"  {line}")
    say(_speed(read))


def _speed(sentences: Sequence[str]) -> str:
    """Milliseconds that a sentence takes, of one in so many, and how many times that with Lark's own predictions."""
    ours, larks = narrowed(grammar()), grammar()
    seconds = []
    for sentence in sentences[::_EVERY]:
        try:
            seconds.append([_timed(each, sentence) for each in (ours, larks)])
        except UnexpectedInput:
            continue
    ratio = statistics.median(slow / fast for fast, slow in seconds)
    usual = 1000 * statistics.median(fast for fast, _ in seconds)
    return f"{usual:.0f} ms a sentence; with Lark's own predictions {ratio:.1f} times as long"


def _timed(reader: Lark, sentence: str) -> float:
    began = time.perf_counter()
    reader.parse(sentence)
    return time.perf_counter() - began


def mean_the_same(steps: Sequence[Step] | None, others: Sequence[Step] | None) -> bool:
    """Whether two readings ask for the same; "to the bowl" is into or onto it, whichever, and done the same way."""
    return steps is not None and others is not None and [*map(_settled, steps)] == [*map(_settled, others)]


def _settled(step: Step) -> Step:
    match step:
        case Put(place=ToThing("at", thing, metres)):
            return replace(step, place=ToThing("inside", thing, metres))
    return step


def _instruction(task: str, level: str, seed: int) -> Instruction:
    env = sim.make(task, level, seed)
    try:
        return env.instruction
    finally:
        env.close()


def _steps(text: str, instruction: Instruction) -> tuple[Step, ...] | None:
    slots = Request.of(instruction, "program").slots
    try:
        return parse(text, slots).steps
    except NotUnderstood:
        return None


def _read(path: Path) -> Mapping[str, Any]:
    found: Mapping[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found


def _row(name: str, counts: Sequence[int], play: bool) -> None:
    total, understood, solved = counts
    say(f"{name:<28}{total:>5}{understood / total:>12.1%}{f'{solved / total:.1%}' if play else '-':>8}")
