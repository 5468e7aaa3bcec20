"""What figures are made with: version, source, weights, settings. Two origins that differ don't share a folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

from instruct2act import __version__
from instruct2act.config import RUN_SETTINGS, Config
from instruct2act.evaluation.record import SCHEMA, EpisodeRecord, EpisodeSpec, identity
from instruct2act.resources import revision
from instruct2act.runtime import Runtime


class Origin(BaseModel):
    """Everything besides the spec that an outcome may depend on.

    Attributes:
        schema_version: of the record.
        version: of the package.
        revision: of the source (``resources.revision``).
        weights: checkpoint -> SHA-256.
        config: the settings that change an outcome, nested as in the YAML.
        digest: the config's.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: int
    version: str
    revision: str
    weights: dict[str, str]
    config: dict[str, Any]
    digest: str

    @classmethod
    def of(cls, config: Config) -> Origin:
        """This process's origin under a config. Reads the checkpoints' files, loads none."""
        return cls(
            schema_version=SCHEMA,
            version=__version__,
            revision=revision(),
            weights=Runtime(config).weights,
            config=config.model_dump(mode="json", exclude=RUN_SETTINGS),
            digest=config.digest(),
        )

    def differences(self, now: Origin) -> list[str]:
        """What is different now, one line each: ``sandbox.calls: 200 -> 100``."""
        old, new = (dict(flat(origin.model_dump(exclude={"digest"}))) for origin in (self, now))
        there = [*old, *(name for name in new if name not in old)]
        return [
            f"{name.removeprefix('config.')}: {_shown(old, name)} -> {_shown(new, name)}"
            for name in there
            if old.get(name) != new.get(name)
        ]

    def lost(self, spec: EpisodeSpec, kind: str, message: str) -> EpisodeRecord:
        """The record of an episode that no worker brought to an end."""
        return EpisodeRecord(
            id=identity(spec, self.digest, "", self.weights, self.version),
            spec=spec,
            config=self.digest,
            version=self.version,
            revision=self.revision,
            weights=self.weights,
            instruction=spec.text or "",
            status="infrastructure",
            error={"type": kind, "message": message},
        )


def flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted keys and values of nested settings."""
    for name, value in values.items():
        if isinstance(value, dict):
            yield from flat(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def _shown(values: Mapping[str, Any], name: str) -> str:
    if name not in values:
        return "(none)"
    text = str(values[name])
    return text[:12] if name.startswith("weights.") else text
