"""Settings: frozen models with every default, files that say only what differs, ``--set a.b=c`` on top.

Two kinds: those that change what an episode gives (hashed into its id) and run settings (workers, paths, patience,
money: never hashed). ``RUN_SETTINGS`` names the latter. Keys for hosted models come from the environment, never from
here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from instruct2act.resources import folder, mapping
from skills.errors import Mistake, did_you_mean
from skills.sight import Sight

RUN_SETTINGS: dict[str, Any] = {
    "output": True,
    "workers": True,
    "vimabench": True,
    "playground": True,
    "llm": {
        "key_env",
        "deadline_s",
        "retries",
        "price_in",
        "price_out",
        "budget",
        "budget_tokens",
        "accounts",
        "cassette",
        "replay",
    },
}


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)


class Perception(_Part):
    """Which models see, and how carefully."""

    segmenter: str = Field("sam", description="a module of skills/backends: sam, oracle, ...")
    retriever: str = Field("openclip", description="a module of skills/backends: openclip, oracle, ...")
    segmenter_options: dict[str, Any] = Field(
        {}, description="build() options, e.g. {checkpoint: sam_vit_h_4b8939.pth}"
    )
    retriever_options: dict[str, Any] = Field(
        {}, description="build() options, e.g. {model: ViT-H-14, pretrained: ...}"
    )
    tracking: bool = Field(True, description="Track knows things again by their looks; off: by their place alone")
    masks: Literal["outline", "bbox", "unfiltered"] = Field(
        "outline", description="bbox: filled to their boxes; unfiltered: all that SAM answers, table and repeats too"
    )
    depth: bool = Field(True, description="use the depth that cameras measure")
    views: Literal["all", "top"] = Field("all", description="use every camera, or the one from above alone")

    @property
    def truth(self) -> bool:
        """Whether skills may see the simulator's ground truth: only when a backend is the oracle."""
        return "oracle" in (self.segmenter, self.retriever)

    @property
    def sight(self) -> Sight:
        """What of the cameras' pictures skills may use."""
        return Sight(self.truth, self.depth, self.views == "all")


class Author(_Part):
    """Who writes the programs and the reward functions."""

    provider: str = Field("offline", description="a module of instruct2act/authoring/llm: offline, openai, replay")
    style: str = Field("compact", description="a folder of prompts/: compact, or agnostic (no example of a task)")


class Llm(_Part):
    """A language model as the author, and how its answers are mended. The key comes from the environment alone."""

    base_url: str = Field("https://api.openai.com/v1", description="any OpenAI-compatible server")
    model: str = Field("", description="what that server calls the model")
    key_env: str = Field("OPENAI_API_KEY", description="the environment variable that holds the key; '' sends none")
    images: Literal["auto", "on", "off"] = Field(
        "auto", description="how: as pictures, or in words (off); auto takes words where the server refuses pictures"
    )
    pictures: Literal["nothing", "instruction", "scene"] = Field(
        "scene",
        description="what is shown: nothing, the instruction's pictures, or the table before anything moved too",
    )
    max_tokens: int = Field(2000, ge=64, le=200_000, description="tokens of an answer, thinking included")
    temperature: float | None = Field(None, ge=0, le=2, description="the server's own when left out")
    extra: dict[str, Any] = Field(
        {}, description="more fields of a request, e.g. {reasoning_effort: low}; null drops one"
    )
    repairs: int = Field(2, ge=0, le=10, description="further answers asked for with what was wrong with the last one")
    check_goal: bool = Field(
        False, description="a run that ends well goes back too where the author's own reward says that it failed"
    )
    candidates: int = Field(
        1, ge=1, le=32, description="programs written at first; each is tried on a stand-in of the table, one runs"
    )
    looks: int = Field(
        0, ge=0, le=20, description="times that the author looks again after a run, to go on or to say that it is done"
    )
    deadline_s: float = Field(120.0, gt=0, description="wall time of one call, retries included")
    retries: int = Field(4, ge=0, le=20, description="of a call, on 429, 5xx and cut connections")
    price_in: float = Field(0.0, ge=0, description="money for a million tokens read")
    price_out: float = Field(0.0, ge=0, description="money for a million tokens written")
    budget: float = Field(0.0, ge=0, description="money that may be spent; 0: no bound")
    budget_tokens: int = Field(0, ge=0, description="tokens that may be used; 0: no bound")
    accounts: Path | None = Field(
        None, description="a file that keeps what was spent, for processes that share a budget; `eval` has its own"
    )
    cassette: Path | None = Field(None, description="where answers are recorded and replayed, a YAML file")
    replay: Literal["off", "record", "replay", "replay-or-fail"] = Field(
        "off", description="replay asks and records only what the cassette lacks, replay-or-fail never asks"
    )

    @field_validator("images", "replay", mode="before")
    @classmethod
    def _switch(cls, value: Any) -> Any:
        # YAML reads a bare on or off as a truth value.
        return ("off", "on")[value] if isinstance(value, bool) else value

    @field_validator("extra")
    @classmethod
    def _ours(cls, extra: dict[str, Any]) -> dict[str, Any]:
        bounds = [name for name in ("max_tokens", "max_completion_tokens") if name in extra]
        if len(bounds) == 2 or any(extra[name] is not None for name in bounds):
            raise ValueError("can drop one name of the bound ({max_tokens: null}), not move it: llm.max_tokens does")
        if taken := sorted({"model", "messages", "stream", "n"} & set(extra)):
            raise ValueError(f"can't have {taken[0]}, which is set otherwise")
        return extra

    @field_validator("key_env")
    @classmethod
    def _name(cls, name: str) -> str:
        if name and not (name.isidentifier() and name.isascii()):
            raise ValueError("must be the name of an environment variable, not the key itself")
        return name

    @field_validator("base_url")
    @classmethod
    def _plain(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("must be an http or https address, as in http://127.0.0.1:8000/v1")
        if parts.username or parts.password or parts.query or parts.fragment:
            raise ValueError("must hold no name, password or query: the key comes from the environment")
        return url.rstrip("/")


class Sandbox(_Part):
    """How generated code is contained, and how much it may use."""

    mode: Literal["jailed", "language-only"] = Field("jailed", description="language-only leaves the kernel jail off")
    backend: Literal["auto", "monty", "cpython"] = Field(
        "auto", description="what interprets programs; auto takes cpython for numpy and what monty lacks, else monty"
    )
    cpu_s: float = Field(2.5, gt=0, description="processor time of the program itself")
    memory_mb: int = Field(64, ge=16, description="memory of the program")
    calls: int = Field(200, ge=1, description="skill calls a program")
    skills_s: float = Field(60.0, gt=0, description="wall time of all skills together, motions excepted")
    episode_s: float = Field(300.0, gt=0, description="wall time of the episode, motions included")
    prints_kb: int = Field(64, ge=1, description="what a program may print")


class Sim(_Part):
    """The simulated table."""

    env: Literal["table", "vimabench"] = Field(
        "table", description="our own table, or the published VIMABench in a checkout of yours"
    )
    motion: Literal["fast", "arm"] = Field("fast", description="a free gripper, or a six-axis arm in the pictures")
    success_rule: Literal["inside", "vima"] = Field("inside", description="what counts; both are recorded")
    height: int = Field(128, ge=32, le=2048, description="rows of the views")
    width: int = Field(256, ge=32, le=4096, description="columns of the views")


class Reward(_Part):
    """How an episode is scored."""

    state: Literal["simulator", "perceived"] = Field(
        "simulator", description="where the reward's object states come from"
    )


class VimaBench(_Part):
    """The published VIMABench, where `sim.env` is vimabench. A run setting."""

    path: Path | None = Field(None, description="your checkout, the folder that has vima_bench/")
    python: Path | None = Field(None, description="a Python that has what it needs; this one when left out")


class Output(_Part):
    """What is written beside the record. A run setting."""

    folder: Path = Field(Path("runs"), description="where runs are kept")
    pictures: bool = Field(True, description="write the picture strip")
    video: bool = Field(True, description="write a video")


class Playground(_Part):
    """What each user of the web page, and all of them together, may use. A run setting."""

    workers: int = Field(4, ge=1, le=64, description="runs at once")
    queue: int = Field(16, ge=0, le=1000, description="runs that wait, of everybody")
    running_each: int = Field(1, ge=1, description="runs at once of a user: a token, or an address without one")
    waiting_each: int = Field(2, ge=0, description="runs that wait of a user")
    wall_s: float = Field(30.0, gt=0, description="a run's time, a person's waiting not counted")
    wait_s: float = Field(300.0, gt=0, description="how long a run waits for a person who steps or pauses, in all")
    cpu_s: float = Field(20.0, gt=0, description="a run's processor time")
    memory_mb: int = Field(512, ge=64, description="a run's memory, above what models and libraries take")
    code_kb: int = Field(64, ge=1, description="of a program or reward function")
    upload_mb: float = Field(5.0, gt=0, le=64, description="of a picture file")
    upload_side: int = Field(4096, ge=16, le=16384, description="pixels a side of a picture file")
    plans_minute: int = Field(20, ge=1, description="programs written for a user")
    runs_minute: int = Field(30, ge=1, description="runs asked for by a user")
    looks_minute: int = Field(600, ge=1, description="a user's scenes, masks, crops, uploads, checks")
    fps: float = Field(20.0, gt=0, le=60, description="pictures a second of a run, at most")
    frame_width: int = Field(480, ge=64, le=1920, description="columns of these pictures")
    frame_height: int = Field(240, ge=32, le=1080, description="rows of these pictures")
    sessions: int = Field(200, ge=1, description="browsers that are remembered")
    sessions_each: int = Field(20, ge=1, description="browsers of a user that are remembered")
    idle_minutes: float = Field(120.0, gt=0, description="after which a browser that is not there is forgotten")
    kept_runs: int = Field(20, ge=1, description="finished runs that a browser can look back at")
    kept_scenes: int = Field(12, ge=1, description="scenes of a browser")
    kept_pictures: int = Field(40, ge=1, description="uploads and crops of a browser")
    hosts: tuple[str, ...] = Field((), description="host names under which the page may be asked for, beside addresses")


class Config(_Part):
    """Everything that can be set."""

    perception: Perception = Perception()
    author: Author = Author()
    llm: Llm = Llm()
    sandbox: Sandbox = Sandbox()
    sim: Sim = Sim()
    vimabench: VimaBench = VimaBench()
    reward: Reward = Reward()
    output: Output = Output()
    playground: Playground = Playground()
    workers: int = Field(1, ge=1, le=256, description="processes of an evaluation")

    def digest(self) -> str:
        """Sixteen hex digits of what changes an episode's outcome."""
        text = json.dumps(self.model_dump(mode="json", exclude=RUN_SETTINGS), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def load(file: str | Path | None = None, sets: Sequence[str] = ()) -> Config:
    """Defaults, then a file's differences, then ``a.b=c`` settings in order.

    Args:
        file: a YAML file, or the name of one in configs/ without its ending.
        sets: ``key=value`` with a dotted key; the value is read as YAML.

    Raises:
        Mistake: an unknown key, a value out of range, a file that is not there.
    """
    values: dict[str, Any] = _read(file) if file is not None else {}
    for entry in sets:
        key, equals, value = entry.partition("=")
        if not equals:
            raise Mistake(f"--set takes key=value, as in --set sandbox.cpu_s=2; got {entry!r}")
        _put(values, key.strip(), yaml.safe_load(value))
    try:
        return Config.model_validate(values)
    except ValidationError as error:
        raise Mistake("; ".join(_sentence(dict(problem)) for problem in error.errors())) from None


def keys(model: type[BaseModel] = Config, prefix: str = "") -> dict[str, tuple[Any, str]]:
    """Every dotted key with its default and its description."""
    found: dict[str, tuple[Any, str]] = {}
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            found |= keys(field.annotation, f"{prefix}{name}.")
        else:
            found[prefix + name] = (field.get_default(call_default_factory=True), field.description or "")
    return found


def _read(file: str | Path) -> dict[str, Any]:
    path = Path(file)
    if not path.suffix:
        path = folder("configs") / f"{file}.yaml"
    there = sorted(found.stem for found in folder("configs").glob("*.yaml"))
    return mapping(path, "config file", str(file), there, f"configs/ has: {', '.join(there)}")


def _put(values: dict[str, Any], key: str, value: Any) -> None:
    *parents, last = key.split(".")
    for parent in parents:
        inner = values.setdefault(parent, {})
        if not isinstance(inner, dict):
            raise Mistake(f"{key}: {parent} has a value, not settings of its own")
        values = inner
    values[last] = value


def _sentence(problem: Mapping[str, Any]) -> str:
    key = ".".join(str(part) for part in problem["loc"])
    if key in ("llm.base_url", "llm.key_env"):
        return f"{key} {problem['msg'].removeprefix('Value error, ')}"  # what was given may hold a secret
    if problem["type"] == "extra_forbidden":
        return f"no setting is called {key!r}{did_you_mean(key, keys())}; `instruct2act config show` lists them all"
    return f"{key}: {problem['msg']}; got {problem.get('input')!r}"
