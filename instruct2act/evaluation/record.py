"""One episode as data: what was asked for (``EpisodeSpec``) and what it gave (``EpisodeRecord``), one JSON line each.

A record's id is the hash of everything that its outcome may depend on: schema, spec, the outcome-relevant settings,
prompt, weights and package version. Workers, paths, verbosity and keys are run settings and never part of it.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

SCHEMA = 1

RECORDS, PICTURES = "records.jsonl", "pictures"
"""In an evaluation's folder: a line an episode, and what the lines name by hash."""

AGAIN = ("interrupted", "infrastructure")
"""How an episode may end that says nothing of the system: played again on resume, counted beside the rates."""

Stage = Literal["llm", "program", "sandbox", "perception", "geometry", "motion", "goal", "reward"]
Status = Literal["finished", "failed", "refused", "interrupted", "infrastructure"]


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class EpisodeSpec(_Data):
    """What to play: exactly one scene, and an instruction of one's own where the scene brings none.

    Attributes:
        task, level, seed: a task's scene and instruction.
        scene_seed: a generated free scene.
        objects: a scene of the objects named, "red heart; blue bowl @0.5,0.2"; ``seed`` places the others.
        robot: a real table: the robot's name and the hash of its file.
        variation: what the scene is drawn otherwise in than its seed says (``sim.variation``); "" in nothing.
        text: the instruction, instead of the task's own.
        wording: what kind of sentence ``text`` is, such as "typos"; reports tell kinds apart.
        refusal: nothing can do what is asked: to refuse it, and to move nothing, is what counts as success.
        pictures: slot name -> SHA-256 of the picture file given for it.
        clicks: (x, y) pixels of the top view.
        program, reward: a person's own sources, which run instead of what an author would write.
        trial: tells repetitions of one episode apart (a sampling author may answer differently).
    """

    task: str | None = None
    level: str = "L1"
    seed: int = Field(0, ge=0)
    scene_seed: int | None = Field(None, ge=0)
    objects: str | None = None
    robot: str | None = None
    variation: str = ""
    text: str | None = None
    wording: str = ""
    refusal: bool = False
    pictures: dict[str, str] = {}
    clicks: tuple[tuple[float, float], ...] = ()
    program: str | None = None
    reward: str | None = None
    trial: int = Field(0, ge=0)

    @model_validator(mode="after")
    def _one_scene(self) -> EpisodeSpec:
        if sum(scene is not None for scene in (self.task, self.scene_seed, self.objects, self.robot)) != 1:
            raise ValueError("a spec names one scene: a task, a scene_seed or objects")
        if self.task is None and not self.text and self.program is None:
            raise ValueError("a free scene needs an instruction")
        return self

    def key(self) -> str:
        """Tells specs apart; see ``key_of``."""
        return key_of(self.model_dump(mode="json"))

    def scene(self) -> str:
        """A phrase for people."""
        if self.task is not None:
            return ", ".join(filter(None, (f"{self.task} {self.level} seed {self.seed}", self.variation, self.wording)))
        if self.robot is not None:
            return f"the table of {self.robot}"
        return f"generated scene {self.scene_seed}" if self.scene_seed is not None else f"the objects {self.objects!r}"


_DEFAULTS = EpisodeSpec.model_construct(task=None).model_dump(mode="json")


def key_of(spec: Mapping[str, Any]) -> str:
    """A spec as JSON keeps it, without its defaults: two specs ask for the same episode when their keys are equal.

    Fields that later versions add don't part it from what an earlier one kept.
    """
    return json.dumps({name: value for name, value in spec.items() if value != _DEFAULTS.get(name)}, sort_keys=True)


class Call(_Data):
    """One skill call: short texts of its arguments, seconds, the program's line, an error sentence or ""."""

    name: str
    arguments: dict[str, str] = {}
    seconds: float = 0.0
    line: int = 0
    error: str = ""


class Carried(_Data):
    """One action as carried out: (x, y, z) metres and yaw in radians, base frame; ids of what it moved."""

    primitive: str
    tool: str
    start: tuple[float, float, float, float]
    end: tuple[float, float, float, float]
    status: str
    error: str = ""
    seconds: float = 0.0
    moved: tuple[int, ...] = ()


class Shown(_Data):
    """A picture of an episode.

    Attributes:
        file: its name in the folder ``pictures``, which is its content's hash.
        title: a phrase for people.
        call: number of the skill call that it shows the result of; -1 before the first, -2 after the last.
    """

    file: str
    title: str
    call: int = -1


class Attempt(_Data):
    """An answer of the author's that was not right, as it came, and what it was told of it."""

    answer: str
    trouble: str


class Candidate(_Data):
    """A program that was tried before one of them ran (``llm.candidates``).

    Attributes:
        program: its source.
        clone: what the table's stand-in was made of: "snapshot" and "seed" are exact, "perceived" is what perception
            saw of a real one; "" where there was none.
        status: how it ended there; "untried" without a stand-in.
        error: of the program, of the stand-in, or of the reward function; {} when there is none.
        score, parts: by the author's own reward; None where there is none.
        chosen: whether it is the one that ran.
    """

    program: str
    clone: Literal["", "snapshot", "seed", "perceived"] = ""
    status: str = ""
    error: dict[str, Any] = {}
    score: float | None = None
    parts: dict[str, float] = {}
    chosen: bool = False


class EpisodeRecord(_Data):
    """What an episode gave. ``success`` is None on a free scene without a goal; ``reward`` when none could be had.

    ``asked`` are the ids of what the goal wants moved; ``label`` says why it failed, ``label_rule`` on what evidence
    (``labels``). ``sandbox`` is the interpreter that ran the program. ``model`` and ``fingerprint`` are the author's,
    as it names itself; ``cost`` is money by the prices of the config. ``looks`` are answers that ran and what their
    author was told afterwards (``llm.looks``).
    ``revision`` is the source's (``resources.revision``): it tells two states of a checkout apart, and is no part of
    the id, so that a resumed evaluation can say what changed.
    """

    schema_version: int = SCHEMA
    id: str
    spec: EpisodeSpec
    config: str
    version: str
    revision: str = ""
    weights: dict[str, str] = {}
    instruction: str
    prompt: str = ""
    model: str = ""
    fingerprint: str = ""
    program: str = ""
    sandbox: str = ""
    attempts: tuple[Attempt, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    looks: tuple[Attempt, ...] = ()
    reward_source: str = ""
    calls: tuple[Call, ...] = ()
    actions: tuple[Carried, ...] = ()
    asked: tuple[int, ...] = ()
    prints: str = ""
    status: Status
    failed_at: Stage | None = None
    error: dict[str, Any] = {}
    label: str = ""
    label_rule: str = ""
    success: bool | None = None
    progress: float | None = None
    verdicts: dict[str, bool] = {}
    reward: float | None = None
    reward_parts: dict[str, float] = {}
    reward_state: str = ""
    tokens: dict[str, int] = {}
    cost: float = 0.0
    seconds: dict[str, float] = {}
    files: dict[str, str] = {}
    pictures: tuple[Shown, ...] = ()

    def line(self) -> str:
        """The JSON line."""
        return self.model_dump_json() + "\n"


def identity(spec: EpisodeSpec, config: str, prompt: str, weights: dict[str, str], version: str) -> str:
    """Sixteen hex digits that name an episode's outcome-relevant inputs."""
    later = ("robot", "variation", "wording", "refusal")  # fields that older records' ids know nothing of
    asked = spec.model_dump(mode="json", exclude={name for name in later if not getattr(spec, name)})
    parts = [SCHEMA, asked, config, prompt, sorted(weights.items()), version]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def append(path: Path, record: EpisodeRecord) -> None:
    """Adds a record's line and makes sure that it is on disk before returning."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as lines:
        lines.write(record.line())
        lines.flush()
        os.fsync(lines.fileno())


def read(path: Path) -> list[EpisodeRecord]:
    """The records of a file; a torn last line (a killed writer's) is left out."""
    lines = path.read_text(encoding="utf-8").split("\n")
    return [EpisodeRecord.model_validate_json(line) for line in lines[:-1] if line]


def mend(path: Path) -> int:
    """Cuts a torn last line off, so that the next one starts on a line of its own; how many bytes went."""
    if not path.is_file():
        return 0
    with path.open("r+b") as file:
        size = file.seek(0, os.SEEK_END)
        whole = size
        while whole > 0:
            start = max(0, whole - (1 << 16))
            file.seek(start)
            end = file.read(whole - start).rfind(b"\n")
            if end >= 0:
                whole = start + end + 1
                break
            whole = start
        file.truncate(whole)
        return size - whole


def ended_well(status: str, success: bool | None) -> bool:
    """Whether an episode came out as it should: by its verdict or, where there is none, by running to its end."""
    return success if success is not None else status == "finished"


def counted(records: Iterable[EpisodeRecord]) -> list[EpisodeRecord]:
    """The records that rates are made of: those that were played to an end."""
    return [record for record in records if record.status not in AGAIN]
