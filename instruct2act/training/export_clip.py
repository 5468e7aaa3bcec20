"""Makes the shipped retriever of a training's checkpoint: half-precision weights, thresholds, a card with figures."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from instruct2act.training import captions, loop
from instruct2act.training.clip import CHECKPOINT
from instruct2act.training.crops import TRAIN, read_pool
from instruct2act.training.evaluate_clip import calibrate, evaluate
from instruct2act.training.tables import SEEN, UNSEEN
from sim.objects import SHAPES
from sim.textures import TEXTURES
from skills.backends.openclip import build
from skills.backends.openclip.small import SmallClip, to_file
from skills.backends.weights import PATHS

_ASPECTS = ("text", "identity", "texture", "shape")


def export(folder: Path, tables: int = 200, out: Path | None = None) -> Path:
    """Writes the averaged weights of ``folder``'s checkpoint, finished or not, and the card beside them.

    Args:
        folder: of the training.
        tables: to judge on, of each kind; 0: no card.
        out: the safetensors file; the shipped one by default.

    Raises:
        FileNotFoundError: there is no checkpoint.
    """
    path = out or PATHS["clip"]
    state = loop.finished(folder / CHECKPOINT, "clip")
    model = SmallClip(len(state["tokens"]))
    model.load_state_dict(state["average"])
    facts: dict[str, Any] = {
        "words": list(captions.words()),
        "textures": list(TEXTURES),
        "shapes": [name for name in SHAPES if name != "shorter block"],  # from above it is a block
        "steps": state["step"],
        "seed": state["seed"],
    }
    unfinished = path.with_suffix(".part")
    to_file(model, state["tokens"], unfinished, facts | {"minimum": dict.fromkeys(_ASPECTS, -1.0)})
    minimum = calibrate(build(pretrained=unfinished))
    to_file(model, state["tokens"], unfinished, facts | {"minimum": minimum})
    unfinished.replace(path)
    if tables:
        crops = len(read_pool(folder / f"crops-{state['seed']}"))
        known = {**facts, "hours": state["seconds"] / 3600, "crops": crops, "bank": TRAIN, "minimum": minimum}
        card_text = card(known, evaluate(build(pretrained=path), tables), path, tables)
        path.with_suffix(".md").write_text(card_text, encoding="utf-8")
    return path


def card(facts: Mapping[str, Any], figures: Mapping[str, float], path: Path, tables: int) -> str:
    """The model card, in Markdown."""
    questions = [name.removeprefix(f"{SEEN}: ") for name in figures if name.startswith(SEEN)]
    rows = [f"| {name} | {figures[f'{SEEN}: {name}']:.3f} | {figures[f'{UNSEEN}: {name}']:.3f} |" for name in questions]
    table = "\n".join([f"| | {SEEN} | {UNSEEN} |", "|---|---|---|", *rows])
    lows = ", ".join(f"{name} {value:.2f}" for name, value in facts["minimum"].items())
    return f"""# {path.name}

A small CLIP: open_clip's own class with a `ModifiedResNet` (64 px, width 16) and a text tower (2 layers, width 64), and
two heads beside it for texture and for shape; {path.stat().st_size / 1e6:.1f} MB in half precision. Of the published
tokenizer's token table it holds the {len(facts["words"])} words that its captions use; a phrase with another word is
refused, and the word is named.

**For** single rigid things of 7 px and more, cut out by a mask, named by texture and shape ("the red and yellow polka
dot heart", "something striped", "the bowl") or shown in a picture at any turn. **Not for** photographs at large, other
vocabularies, materials, text, or relations ("the left one"). Size tells an open box from a block seen from above, so a
picture without a calibrated camera is less certain there. A user's own open_clip model is a name and a path in the
config.

**Data**: {facts["crops"]:,} crops of the project's simulator (`instruct2act/training/crops.py`): its named textures
and shapes and random ones, other tables, lights and cameras, masks spoilt as a segmenter spoils them, captions from
`instruct2act/training/captions.py`; no data of others. **Recipe**: graded softmax and sigmoid losses of phrases to
crops and of crops to crops (`instruct2act/training/clip.py`), seed {facts["seed"]}, {facts["steps"]:,} steps of some
100 crops and phrases, {facts["hours"]:.1f} h on one busy CPU thread. Made by `instruct2act train clip --seed
{facts["seed"]}`, then `--export`.

**Figures**, measured by `instruct2act train clip --evaluate` on {tables} tables of each kind with three to seven
objects, some of them of one texture or one shape, by the simulator's masks: the share of questions for which everything
right came before everything wrong. "{SEEN}": the tasks' textures, shapes and table, other seeds. "{UNSEEN}": half
the textures and shapes are random ones of patterns, colours and families that training never drew, on any table in any
light. A name is the tasks' full name; a shorter one is any phrase that fits one thing alone. "Refused": below the least
similarity that counts as fitting: {lows}.

{table}

{figures["milliseconds a crop"]:.2f} ms a crop in batches, one thread.
"""
