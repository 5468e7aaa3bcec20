"""Figures that others published on VIMABench, and in words what parts them from ours.

Success in percent by VIMABench's own flag, each task counting the same. Sources: the papers named, as they print them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SIX = (
    "visual_manipulation",
    "scene_understanding",
    "rotate",
    "rearrange",
    "rearrange_then_restore",
    "pick_in_order_then_restore",
)
"""The tasks that Instruct2Act reports, in its order (VIMABench's 01 to 05 and 17)."""


@dataclass(frozen=True)
class Published:
    """One method's row.

    Attributes:
        method: its name.
        tasks: the six, or "all" that VIMABench has at that level.
        levels: level -> percent, the mean of the tasks.
        note: what made it.
    """

    method: str
    tasks: str
    levels: Mapping[str, float]
    note: str


ROWS = (
    Published("Instruct2Act", "six", {"L1": 84.4, "L2": 83.1, "L3": 83.2}, "SAM-H, CLIP-H, text-davinci-003"),
    Published(
        "Instruct2Act, run by RoboMP2's authors",
        "all",
        {"L1": 77.0, "L2": 76.2, "L3": 76.3, "L4": 49.8},
        "13.0 where instructions are paraphrased",
    ),
    Published(
        "VIMA-200M", "all", {"L1": 81.6, "L2": 81.5, "L3": 79.0, "L4": 48.9}, "trained on 650,000 demonstrations"
    ),
    Published("LLaRA", "all", {"L1": 90.0, "L2": 88.1, "L3": 79.2, "L4": 33.8}, "7B, trained; object boxes given"),
    Published("RoboMP2", "all", {"L1": 89.0, "L2": 85.9, "L3": 86.8, "L4": 68.0}, "a multimodal language model plans"),
    Published("MIDAS", "all", {"L1": 97.8, "L2": 97.9, "L3": 93.4, "L4": 59.1}, "trained"),
)

INSTRUCT2ACT_L1: Mapping[str, float] = dict(zip(SIX, (91.3, 81.4, 98.2, 78.5, 72.0, 85.2)))
"""Instruct2Act's six tasks one by one, at L1."""

TRANSFER: Mapping[str, Mapping[str, float]] = {
    name: dict(zip(("seen", "unseen", "new_background", "more_distractors", "mean"), values))
    for name, values in {
        "as it is": (82.5, 80.0, 65.0, 75.0, 75.6),
        "boxes for masks": (50.0, 40.0, 25.0, 30.0, 36.3),
        "without tracking": (70.0, 50.0, 55.0, 70.0, 61.3),
        "single view": (65.0, 80.0, 20.0, 70.0, 58.8),
        "no depth": (85.0, 70.0, 50.0, 70.0, 68.8),
    }.items()
}
"""Success in percent of Transferring Foundation Models for Generalizable Robotic Manipulation, on a real arm."""


def differences(config: Mapping[str, Any] | None) -> list[str]:
    """What parts our figures from the published ones, a sentence each.

    Args:
        config: the settings that ours were made with (``Origin.config``), or None when they are not known.
    """
    config = config or {}
    sim, perception = config.get("sim") or {}, config.get("perception") or {}
    sentences = []
    if sim.get("env") == "vimabench":
        sentences.append(
            "Instances: VIMABench's own scenes, by other seeds; published runs draw from one generator and name none."
        )
    else:
        sentences.append(
            "Instances: the same tasks on this project's own table, with objects, textures and scenes of its own; "
            "none of VIMABench's instances."
        )
    rule = sim.get("success_rule", "inside")
    if rule == "inside":
        sentences.append(
            "Success: by what a person would call it. The column vima has the published rule, ten centimetres around "
            "the container, and is the nearer one."
        )
    else:
        sentences.append("Success: by the published rule, ten centimetres around the container.")
    if "oracle" in (perception.get("segmenter"), perception.get("retriever")):
        sentences.append("Masks: the simulator's ground truth, which of the published methods only LLaRA was given.")
    elif (perception.get("segmenter_options") or {}).get("checkpoint"):
        sentences.append("Masks: a checkpoint of the user's own, named in origin.json.")
    else:
        sentences.append(
            "Masks: from pixels, by the 4 MB Segment Anything and CLIP that come along, trained on this project's own "
            "scenes; Instruct2Act used SAM-H and CLIP-H (3.6 GB) without training."
        )
    author = (config.get("author") or {}).get("provider", "offline")
    if author == "offline":
        sentences.append(
            "Author: the embedded grammar, which knows the tasks' forms of sentences; a language model does not. "
            "VIMA, LLaRA and MIDAS were trained on demonstrations of the tasks."
        )
    else:
        model = (config.get("llm") or {}).get("model", "")
        sentences.append(f"Author: {model or author}, not trained on the tasks; VIMA, LLaRA and MIDAS were.")
    sentences.append("So none of these figures says that one method is better than another.")
    return sentences
