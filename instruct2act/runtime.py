"""What every episode of a process shares, built once from the config: models, author, sandbox, scenes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2

import sim
from instruct2act import registry
from instruct2act.authoring import llm
from instruct2act.authoring.policy import Policy
from instruct2act.authoring.prompt import Shown
from instruct2act.authoring.reward import RewardWriter
from instruct2act.authoring.seeing import Seeing
from instruct2act.config import Config
from instruct2act.evaluation.record import EpisodeSpec
from instruct2act.sandbox import Gateway, Limits, routing
from skills.backends import Retriever, Segmenter, weights
from skills.backends.boxed import Boxed
from skills.errors import Mistake
from skills.types import Instruction, Observation

if TYPE_CHECKING:
    from sim.robot import SimRobot
    from sim.vimabench import VimaBenchRobot

_SMALL = {"sam": ("sam", "affinity", "agglomeration"), "openclip": ("clip",)}
"""Backends that come with small checkpoints, and their names in ``weights.PATHS``, the backend's own first."""


def _built(backend: str, options: Mapping[str, Any]) -> Any:
    """A perception backend.

    Raises:
        Mistake: no such backend, file or option.
    """
    module = registry.find("skills.backends", backend)
    try:
        return module.build(**options)
    except (OSError, ValueError, TypeError) as error:
        raise Mistake(f"the perception backend {backend!r} can't be loaded: {error}") from error


class Runtime:
    """Models, author and sandbox of one process. Heavy parts load when first used; close it when done.

    Attributes:
        config: what everything is built from.
    """

    def __init__(self, config: Config) -> None:
        self.config = config
        cv2.setNumThreads(1)  # with pictures this small a second thread only waits, on a core that others could use

    @cached_property
    def segmenter(self) -> Segmenter:
        """The perception backend that finds masks."""
        chosen = self.config.perception
        more = {"filtered": False} if chosen.masks == "unfiltered" else {}
        built: Segmenter = _built(chosen.segmenter, {**chosen.segmenter_options, **more})
        return Boxed(built) if chosen.masks == "bbox" else built

    @cached_property
    def retriever(self) -> Retriever:
        """The perception backend that compares pictures and words."""
        chosen = self.config.perception
        built: Retriever = _built(chosen.retriever, chosen.retriever_options)
        return built

    @cached_property
    def gateway(self) -> Gateway:
        """The sandbox.

        Raises:
            SandboxUnavailable: this machine can't contain programs; says what to do.
        """
        given = self.config.sandbox
        return Gateway(routing.backend(given.backend, given.mode))

    @cached_property
    def policy(self) -> Policy:
        """Writes programs."""
        return Policy(self._author, self.gateway, self.config.author.style, self.config.llm.repairs + 1)

    @cached_property
    def rewards(self) -> RewardWriter:
        """Writes reward functions."""
        return RewardWriter(self._author, self.gateway.backend, self.config.author.style, self.config.llm.repairs + 1)

    def shown(self, instruction: Instruction, start: Observation) -> Shown | None:
        """What goes along with an instruction for an author that can make use of it; None for the others."""
        return self.seen(instruction, start) if getattr(self._author, "sees", False) else None

    def seen(self, instruction: Instruction, start: Observation) -> Shown:
        """Pictures, and words about them, as `llm.pictures` and `llm.images` ask for."""
        return self._seeing.look(instruction, self.config.perception.sight.view(start.views["top"]))

    def compared(self, before: Observation, now: Observation) -> Shown | None:
        """Likewise two looks at the table, for an author that looks again."""
        if not getattr(self._author, "sees", False):
            return None
        sight = self.config.perception.sight
        return self._seeing.compare(sight.view(before.views["top"]), sight.view(now.views["top"]))

    @cached_property
    def _seeing(self) -> Seeing:
        from sim.objects import SHAPES
        from sim.textures import TEXTURES

        told = self.config.llm
        names = list(SHAPES), list(TEXTURES)
        return Seeing(self.segmenter, self.retriever, names, told.pictures, told.images != "on")

    def hear_author(self, on_text: Callable[[str], None]) -> None:
        """Has a function told answers as they come, the text so far each time, where the author streams."""
        if hasattr(self._author, "on_text"):
            self._author.on_text = on_text

    @cached_property
    def _author(self) -> llm.LLM:
        return llm.load(self.config.author.provider, self.config.llm)

    @cached_property
    def limits(self) -> Limits:
        """What a program may use."""
        given = self.config.sandbox
        return Limits(
            program_s=given.cpu_s,
            skills_s=given.skills_s,
            episode_s=given.episode_s,
            calls=given.calls,
            memory_bytes=given.memory_mb << 20,
            print_chars=given.prints_kb << 10,
        )

    @cached_property
    def weights(self) -> dict[str, str]:
        """Checkpoint -> SHA-256 of its file, for every backend that has one."""
        chosen = self.config.perception
        found: dict[str, str] = {}
        for backend, options in (
            (chosen.segmenter, chosen.segmenter_options),
            (chosen.retriever, chosen.retriever_options),
        ):
            first, *others = _SMALL.get(backend, ("",))
            own = next((options[key] for key in ("checkpoint", "pretrained") if key in options), None)
            paths = {backend: Path(own).expanduser() if own is not None else weights.PATHS.get(first)}
            if options.get("model", "small") == "small":  # the published models come without them
                asked = [name for name in others if options.get(name, "") is not None]
                paths |= {name: Path(options.get(name) or weights.PATHS[name]).expanduser() for name in asked}
            found |= {name: weights.sha256(path) for name, path in paths.items() if path is not None and path.is_file()}
        return found

    def robot(self, spec: EpisodeSpec) -> SimRobot | VimaBenchRobot:
        """A simulated arm over the scene of a spec, reset and ready.

        Raises:
            Mistake: an unknown task, level, object or texture; objects that don't fit; no VIMABench where it is asked
                for.
            RobotLost: VIMABench's process was lost.
        """
        from sim.robot import SimRobot

        given = self.config.sim
        if given.env == "vimabench":
            return self._vimabench(spec)
        options: dict[str, Any] = {
            "motion": given.motion,
            "success_rule": given.success_rule,
            "size": (given.height, given.width),
            "variation": spec.variation,
        }
        if spec.task is not None:
            return SimRobot(sim.make(spec.task, spec.level, spec.seed, **options))
        if spec.objects is not None:
            return SimRobot(sim.make_objects(spec.objects, spec.seed, **options))
        return SimRobot(sim.make_scene(spec.scene_seed or 0, **options))

    def _checkout(self) -> Path:
        if self.config.vimabench.path is None:
            raise Mistake("to play on VIMABench, say where your checkout of it is: --vimabench PATH")
        return self.config.vimabench.path

    def _vimabench(self, spec: EpisodeSpec) -> VimaBenchRobot:
        from sim.vimabench import VimaBenchEnv, VimaBenchRobot

        checkout = self._checkout()
        if spec.task is None:
            raise Mistake("VIMABench has tasks and no free scenes: name one with --task")
        if spec.variation:
            raise Mistake(f"VIMABench draws its scenes itself: {spec.variation!r} varies those of our own table")
        env = VimaBenchEnv(spec.task, spec.level, checkout=checkout, python=self.config.vimabench.python)
        try:
            env.reset(seed=spec.seed)
        except BaseException:
            env.close()
            raise
        return VimaBenchRobot(env)

    def load(self) -> Runtime:
        """Builds everything now, so that what can't be is said before anything is begun; itself.

        Raises:
            Mistake: a backend, a file or an option that can't be.
            SandboxUnavailable: this machine can't contain programs.
        """
        _ = self.segmenter, self.retriever, self.policy, self.rewards
        if self.config.sim.env == "vimabench":
            from sim.vimabench.link import Link

            Link(self._checkout(), self.config.vimabench.python).close()
        return self

    def close(self) -> None:
        """Ends the sandbox's workers."""
        if "gateway" in vars(self):
            self.gateway.close()

    def __enter__(self) -> Runtime:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
