"""How well a retriever finds things on tables it never saw: ``python -m instruct2act.training.evaluate_clip``.

A table holds three to seven objects, chosen so that a query has neighbours of the same texture or of the same shape.
Asked are: a picture of one of them alone, at another turn; its full name; a shorter phrase that fits it alone; all of
the same texture; all of the same shape; and the name of something that is not there, which must be refused.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from instruct2act.training import captions
from instruct2act.training.batches import spoilt_mask
from instruct2act.training.crops import OBJECT
from instruct2act.training.looks import looks, own_look
from instruct2act.training.nouns import all_nouns, is_named, may_be_alike
from instruct2act.training.tables import SEEN, UNSEEN, Table, Thing, crop_of, tables
from sim.objects import SHAPES
from sim.textures import TEXTURES
from skills.backends import Retriever, Segmenter
from skills.types import Bool, Float, Image

REFUSAL = 5.0
CALIBRATION, REPORT = 101, 102
"""Seeds of the tables that thresholds are set on, and of those that figures are taken from."""


# --- asking -------------------------------------------------------------------------------------------------------


@dataclass
class Answers:
    """Similarities gathered over tables: of what fits, and of the best of what does not, for each question."""

    right: dict[str, list[float]]
    wrong: dict[str, list[float]]
    absent: dict[str, list[float]]

    @classmethod
    def none(cls) -> Answers:
        """No answers yet."""
        return cls(defaultdict(list), defaultdict(list), defaultdict(list))

    def add(self, question: str, similarities: Float, fits: Bool) -> None:
        """Similarities (N,) of a question to a table's crops, and which of them are right."""
        if fits.any() and not fits.all():
            self.right[question].append(float(similarities[fits].min()))
            self.wrong[question].append(float(similarities[~fits].max()))
        elif not fits.any():
            self.absent[question].append(float(similarities.max()))

    def rates(self) -> dict[str, tuple[float, int]]:
        """By question: the share of askings in which everything right came before everything wrong, and how many."""
        return {
            question: (float(np.mean(np.greater(right, self.wrong[question]))), len(right))
            for question, right in sorted(self.right.items())
        }

    def minimum(self, present: Sequence[str], absent: Sequence[str]) -> float:
        """The similarity that tells what is there from what is not with the fewest mistakes.

        Refusing what is there weighs ``REFUSAL`` times as much as taking something else for what is not.
        """
        yes = np.sort(np.concatenate([self.right[name] for name in present]))
        no = np.sort(np.concatenate([self.absent[name] for name in absent]))
        levels = np.unique(np.concatenate([yes, no]))
        wrong = REFUSAL * np.searchsorted(yes, levels) / len(yes) + 1 - np.searchsorted(no, levels) / len(no)
        best = levels[wrong <= wrong.min() + 1e-9]
        return float((best[0] + best[-1]) / 2)

    def refused(self, minimum: Mapping[str, float]) -> dict[str, float]:
        """Shares of absent things refused and of present things refused, by question."""
        found = {}
        for question, similarities in self.absent.items():
            low = minimum[_THRESHOLD[question]]
            found[f"{question}: absent, refused"] = float(np.mean(np.array(similarities) < low))
            found[f"{question}: present, refused"] = float(np.mean(np.array(self.right[question]) < low))
        return found


_THRESHOLD = {
    "name": "text",
    "name, shorter": "text",
    "picture": "identity",
    "same texture": "texture",
    "same shape": "shape",
}
"""Question -> whose minimum says that nothing fits."""


def ask(retriever: Retriever, found: Sequence[Table], seed: int, crops: Callable[[Table], Sequence[Image]]) -> Answers:
    """Asks every question of every table.

    Args:
        retriever: who answers.
        found: the tables.
        seed: of the phrases.
        crops: how a table's objects are cut out, in the order of its things.
    """
    rng, answers = np.random.default_rng([seed, 4]), Answers.none()
    for table in found:
        things, seen = table.things, crops(table)
        vectors = retriever.embed_images(seen)
        pictures = retriever.embed_images([thing.picture for thing in things])
        phrases, fits = _phrases(things, rng)
        words = retriever.embed_texts([phrase for _, phrase in phrases]) if phrases else np.zeros((0, vectors.shape[1]))
        for (question, _), word, fit in zip(phrases, words, fits):
            answers.add(question, vectors @ word, fit)
        for index in range(len(things)):
            mine = np.arange(len(things)) == index
            answers.add("picture", vectors @ pictures[index], mine)
            answers.add("picture", vectors[~mine] @ pictures[index], np.zeros(len(things) - 1, dtype=np.bool_))
        for aspect in sorted({"texture", "shape"} & retriever.aspects):
            inner = retriever.embed_images(seen, aspect)
            for index, thing in enumerate(things):
                others = [i for i in range(len(things)) if i != index and _comparable(thing, things[i], aspect)]
                alike = np.array([_alike(thing, things[i], aspect) for i in others], dtype=np.bool_)
                if others:
                    answers.add(f"same {aspect}", inner[others] @ inner[index], alike)
    return answers


def _alike(one: Thing, other: Thing, aspect: str) -> bool:
    return one.texture == other.texture if aspect == "texture" else one.kind == other.kind


def _comparable(one: Thing, other: Thing, aspect: str) -> bool:
    """Not so for a random shape and one that it may look like."""
    return aspect == "texture" or one.shape is other.shape or not may_be_alike(one.shape, other.shape)


def _phrases(things: Sequence[Thing], rng: np.random.Generator) -> tuple[list[tuple[str, str]], list[Bool]]:
    """Questions in words with which things each fits: those that fit one thing and surely no other, or none at all."""
    meanings, nouns = looks(), all_nouns()
    by_look, by_noun = captions.fit_tables([t.texture for t in things], [t.shape for t in things])
    asked: list[tuple[str, str]] = []
    fits: list[Bool] = []

    def put(question: str, phrase: str, fit: Float) -> None:
        one, none = (fit == 1).sum() == 1 and (fit[fit < 1] <= 0.5).all(), (fit == 0).all()
        if one or none:  # never with a NaN: it compares as false
            asked.append((question, phrase))
            fits.append(fit == 1)

    for index, thing in enumerate(things):
        if thing.texture.name in TEXTURES and is_named(thing.shape):
            own = np.array([float(i == index) for i in range(len(things))], dtype=np.float32)
            put("name", captions.name_of(thing.texture, thing.shape), own)
        some = np.flatnonzero(by_look[:, index] == 1), np.flatnonzero(by_noun[:, index] == 1)
        for _ in range(2):
            look, noun = int(rng.choice(some[0])), int(rng.choice(some[1]))
            put(
                "name, shorter",
                captions.say(meanings[look], nouns[noun], rng),
                captions.fit(by_look[look], by_noun[noun]),
            )
    texture = list(TEXTURES)[int(rng.integers(len(TEXTURES)))]
    shape = list(SHAPES)[int(rng.integers(len(SHAPES)))]
    if all(t.texture.name != texture or t.shape.name != shape for t in things):
        look = own_look(texture)
        fit = captions.fit(by_look[look], by_noun[nouns.index(shape)])
        put("name", f"{texture} {shape}", fit)
    return asked, fits


# --- figures ------------------------------------------------------------------------------------------------------


def true_crops(table: Table) -> Sequence[Image]:
    """Objects cut out by the simulator's own masks."""
    return [thing.crop for thing in table.things]


def rough_crops(seed: int) -> Callable[[Table], Sequence[Image]]:
    """Objects cut out by masks with the mistakes that training crops have."""
    rng = np.random.default_rng([seed, 5])

    def crops(table: Table) -> Sequence[Image]:
        owners = [np.where(thing.mask, OBJECT, 0).astype(np.uint8) for thing in table.things]
        return [crop_of(table.view, spoilt_mask(owner, rng)) for owner in owners]

    return crops


def found_crops(segmenter: Segmenter) -> Callable[[Table], Sequence[Image]]:
    """Objects cut out by a segmenter: of its masks of everything, the one that overlaps each most."""

    def crops(table: Table) -> Sequence[Image]:
        masks = [mask.array for mask in segmenter.everything(segmenter.encode(Image(table.view.rgb)))]

        def overlap(mask: Bool, thing: Thing) -> float:
            return float((mask & thing.mask).sum() / (mask | thing.mask).sum())

        best = [max(masks, key=lambda mask: overlap(mask, thing), default=thing.mask) for thing in table.things]
        return [crop_of(table.view, mask) for mask in best]

    return crops


def calibrate(retriever: Retriever, count: int = 150) -> dict[str, float]:
    """Minimum similarities by "text" and by aspect, from tables of their own."""
    found = [*tables(CALIBRATION, count, SEEN), *tables(CALIBRATION, count // 2, UNSEEN)]
    answers = ask(retriever, found, CALIBRATION, rough_crops(CALIBRATION))
    minimum = {
        "text": answers.minimum(["name", "name, shorter"], ["name"]),
        "identity": answers.minimum(["picture"], ["picture"]),
    }
    for aspect in sorted({"texture", "shape"} & retriever.aspects):
        answers.absent[f"same {aspect}"] += answers.wrong[f"same {aspect}"]
        minimum[aspect] = answers.minimum([f"same {aspect}"], [f"same {aspect}"])
    return minimum


def evaluate(retriever: Retriever, count: int = 200, segmenter: Segmenter | None = None) -> dict[str, float]:
    """Figures on tables of both kinds, by the true masks or by a segmenter's; and milliseconds a crop."""
    figures: dict[str, float] = {}
    for kind in (SEEN, UNSEEN):
        found = list(tables(REPORT, count, kind))
        answers = ask(retriever, found, REPORT, true_crops if segmenter is None else found_crops(segmenter))
        for question, (rate, _) in answers.rates().items():
            figures[f"{kind}: {question}"] = rate
        for question, share in answers.refused(retriever.minimum).items():
            figures[f"{kind}: {question}"] = share
    crops = [thing.crop for table in found[:20] for thing in table.things][:64]
    seconds = []
    for _ in range(5):
        start = time.process_time()  # other work on this machine is not counted
        retriever.embed_images(crops)
        seconds.append(time.process_time() - start)
    figures["milliseconds a crop"] = 1000 * min(seconds) / len(crops)
    return figures


def main(weights: Path | None = None, tables: int = 200, segmenter: str = "", threads: int = 1) -> None:
    """Prints the figures of the small checkpoint, or of another file of its kind."""
    import torch
    import typer

    from instruct2act.registry import find
    from skills.backends.openclip import build

    torch.set_num_threads(threads)
    masks = find("skills.backends", segmenter).build() if segmenter else None
    for name, value in evaluate(build(pretrained=weights), tables, masks).items():
        typer.echo(f"{value:8.4f}  {name}")


if __name__ == "__main__":
    import typer

    typer.run(main)
