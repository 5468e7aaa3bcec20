"""What a request may say, field by field; whatever else it says is refused."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

Id = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[\w-]+$")]
Name = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[A-Za-z_]\w*$")]
Pixel = Annotated[float, Field(ge=-16, le=16400, allow_inf_nan=False)]
Text = Annotated[str, Field(max_length=2000)]
Seed = Annotated[int, Field(ge=0, lt=2**31)]
Model = TypeVar("Model", bound=BaseModel)


class Wrong(ValueError):
    """A request that says what can't be, in a sentence."""


class _Asked(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Login(_Asked):
    """POST /api/login."""

    token: str = Field(max_length=500)


class NewScene(_Asked):
    """POST /api/scenes: one of a task, a scene's seed, objects, a picture."""

    task: Annotated[str, Field(max_length=80)] | None = None
    level: Annotated[str, Field(max_length=8)] | None = None
    seed: Seed = 0
    scene_seed: Seed | None = None
    objects: Text | None = None
    picture: Id | None = None

    @model_validator(mode="after")
    def _one(self) -> NewScene:
        given = [name for name in ("task", "scene_seed", "objects", "picture") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError("say one of: task, scene_seed, objects, picture")
        return self

    def spec(self) -> dict[str, Any]:
        """Fields of an `EpisodeSpec`."""
        if self.task is not None:
            return {"task": self.task, "seed": self.seed, **({"level": self.level} if self.level else {})}
        if self.objects is not None:
            return {"objects": self.objects, "seed": self.seed}
        return {"scene_seed": self.scene_seed}


class Masks(_Asked):
    """POST /api/scenes/{id}/masks: one of points, boxes, everything, words."""

    points: list[tuple[Pixel, Pixel]] | None = Field(None, min_length=1, max_length=32)
    boxes: list[tuple[Pixel, Pixel, Pixel, Pixel]] | None = Field(None, min_length=1, max_length=32)
    everything: bool = False
    words: Annotated[str, Field(min_length=1, max_length=200)] | None = None

    @model_validator(mode="after")
    def _one(self) -> Masks:
        if sum(map(bool, (self.points, self.boxes, self.everything, self.words))) != 1:
            raise ValueError("say one of: points, boxes, everything, words")
        return self


class Crop(_Asked):
    """POST /api/scenes/{id}/crop: a mask or a box."""

    mask: Id | None = None
    box: tuple[Pixel, Pixel, Pixel, Pixel] | None = None

    @model_validator(mode="after")
    def _one(self) -> Crop:
        if (self.mask is None) == (self.box is None):
            raise ValueError("say one of: mask, box")
        return self


class Instruction(_Asked):
    """What every request about an instruction says. ``text`` None is the task's own."""

    scene: Id
    text: Text | None = None
    pictures: dict[Name, Id] = Field({}, max_length=12)
    clicks: list[tuple[Pixel, Pixel]] = Field([], max_length=32)

    @field_validator("text")
    @classmethod
    def _said(cls, text: str | None) -> str | None:
        return text if text is None or text.strip() else None


class Check(Instruction):
    """POST /api/check."""

    program: str


class Plan(Instruction):
    """POST /api/plans."""

    author: Annotated[str, Field(max_length=40)] = "offline"
    page: Id | None = None


class NewRun(Instruction):
    """POST /api/runs."""

    program: str
    reward: str | None = None
    stepping: bool = False
    speed: Literal["real", "fast"] = "real"
    page: Id | None = None
    plan_by: Annotated[str, Field(max_length=80)] | None = None


def understood(model: type[Model], content: Any) -> Model:
    """A request's content.

    Raises:
        Wrong: it says what can't be; what was given is not repeated.
    """
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise Wrong("; ".join(_sentence(problem) for problem in error.errors()[:3])) from None


def _sentence(problem: Any) -> str:
    where = ".".join(str(part) for part in problem["loc"])[:80]
    return f"{where}: {problem['msg']}" if where else str(problem["msg"]).removeprefix("Value error, ")
