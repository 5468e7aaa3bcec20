"""What runs on a cluster's nodes: episodes as tasks, and perception models that serve many episodes at once."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from instruct2act.config import Config
from instruct2act.evaluation.origin import Origin
from instruct2act.evaluation.record import EpisodeSpec
from instruct2act.evaluation.runners import Pictures, play
from instruct2act.runtime import Runtime
from instruct2act.sandbox import SandboxUnavailable
from skills.backends import Candidates, Encoded, Retriever, Segmenter
from skills.errors import Mistake, SkillError
from skills.types import Float, Image, Mask

_KEPT = 64
_GATHER_S = 0.004

_runtimes: dict[str, tuple[Runtime, Origin]] = {}
"""A worker process's runtime, by config: built by its first episode."""


def play_remotely(spec: str, config: str, pictures: Pictures, model: Any) -> dict[str, Any]:
    """One episode, in a worker process of a node.

    Args:
        spec: what to play, JSON.
        config: the settings, JSON.
        pictures: of which episodes they come back.
        model: the actor that serves perception, or None.

    Returns:
        ``record`` and ``origin`` as JSON, ``pictures`` by name; ``mistake`` when this node can't play at all.
    """
    nothing: dict[str, Any] = {"record": "", "origin": "", "pictures": {}}
    try:
        if config not in _runtimes:
            settings = Config.model_validate_json(config)
            runtime = Runtime(settings) if model is None else Served(settings, model)
            _runtimes[config] = (runtime.load(), Origin.of(settings))
        runtime, origin = _runtimes[config]
    except (Mistake, SandboxUnavailable) as error:
        return {**nothing, "mistake": str(error)}
    if isinstance(runtime, Served):
        runtime.model = model
    played = play(EpisodeSpec.model_validate_json(spec), runtime, origin, pictures)
    return {
        "record": played.record.model_dump_json(),
        "origin": origin.model_dump_json(),
        "pictures": dict(played.pictures),
        "mistake": "",
    }


def models(ray: Any, config: Config, options: Mapping[str, str], patience_s: float = 300.0) -> list[Any]:
    """The actors that hold perception models; none where perception reads the ground truth, which costs nothing.

    They are up when this returns. They reserve no core: an episode keeps its own while it waits for a model, so that
    models which wanted one would wait for episodes, and those for them.

    Raises:
        Mistake: they are to be placed on GPUs, and the cluster has too few; they can't be, or not within the patience.
    """
    count = int(options.get("models", "0"))
    if count == 0 or config.perception.truth:
        return []
    share = float(options.get("gpu_per_model", "0"))
    if share:
        there = int(ray.cluster_resources().get("GPU", 0))
        if (room := there * int(1 / share)) < count:
            raise Mistake(
                f"the cluster's {there} GPU{'s have' if there != 1 else ' has'} room for {room} of {count} models at "
                f"{share:g} each; fewer --ray-models, a smaller --ray-gpu-per-model, or a node with a GPU"
            )
    lasting = {"max_restarts": -1, "max_task_retries": -1, "max_concurrency": 64}
    kind = ray.remote(**lasting, num_cpus=0, num_gpus=share or None, scheduling_strategy="SPREAD")(Model)
    text = config.model_dump_json()
    found = [kind.remote(text) for _ in range(count)]
    try:
        ray.get([model.about.remote() for model in found], timeout=patience_s)
    except ray.exceptions.RayError as error:
        said = (str(error).strip().splitlines() or [type(error).__name__])[-1]
        raise Mistake(f"the perception models can't be had on the cluster: {said}") from None
    return found


class Model:
    """An actor with one segmenter and one retriever. Requests that wait together are answered together."""

    def __init__(self, config: str) -> None:
        runtime = Runtime(Config.model_validate_json(config))
        self.segmenter: Segmenter = runtime.segmenter
        self.retriever: Retriever = runtime.retriever
        self._encoded: OrderedDict[bytes, Encoded] = OrderedDict()
        self._crops: dict[str, list[tuple[list[Image], asyncio.Future[Float]]]] = {}
        self.batches: list[int] = []

    async def about(self) -> dict[str, Any]:
        """The retriever's constants."""
        found = self.retriever
        return {
            "names": (self.segmenter.name, found.name),
            "aspects": found.aspects,
            "minimum": dict(found.minimum),
            "temperature": found.temperature,
        }

    async def everything(self, image: Image) -> list[Mask]:
        """As ``Segmenter.everything``, of an image that is encoded here."""
        return self.segmenter.everything(self._encode(image))

    async def prompt(self, image: Image, asked: Mapping[str, Any]) -> Candidates:
        """As ``Segmenter.prompt``."""
        return self.segmenter.prompt(self._encode(image), **asked)

    async def embed_texts(self, words: Sequence[str]) -> Float:
        """As ``Retriever.embed_texts``."""
        return self.retriever.embed_texts(words)

    async def embed_images(self, crops: list[Image], aspect: str) -> Float:
        """As ``Retriever.embed_images``; what several episodes ask within a few milliseconds is one batch."""
        waiting = self._crops.setdefault(aspect, [])
        mine: asyncio.Future[Float] = asyncio.get_running_loop().create_future()
        waiting.append((crops, mine))
        if len(waiting) == 1:
            await asyncio.sleep(_GATHER_S)
            self._answer(aspect)
        return await mine

    async def served(self) -> list[int]:
        """How many requests each batch of crops held."""
        return self.batches

    def _answer(self, aspect: str) -> None:
        batch = self._crops.pop(aspect)
        self.batches.append(len(batch))
        try:
            found = self.retriever.embed_images([crop for crops, _ in batch for crop in crops], aspect)
        except Exception as error:
            for _, future in batch:
                future.set_exception(error)
            return
        for (_, future), part in zip(batch, np.split(found, np.cumsum([len(crops) for crops, _ in batch])[:-1])):
            future.set_result(part)

    def _encode(self, image: Image) -> Encoded:
        key = image.rgb.tobytes()
        if key in self._encoded:
            self._encoded.move_to_end(key)
        else:
            self._encoded[key] = self.segmenter.encode(image)
            if len(self._encoded) > _KEPT:
                self._encoded.popitem(last=False)
        return self._encoded[key]


class Served(Runtime):
    """A runtime whose perception is an actor's; all else is its own.

    Attributes:
        model: the actor.
    """

    def __init__(self, config: Config, model: Any) -> None:
        super().__init__(config)
        self.model = model

    @cached_property
    def segmenter(self) -> Segmenter:
        """Asks the actor."""
        return _Segmenter(self)

    @cached_property
    def retriever(self) -> Retriever:
        """Asks the actor."""
        return _Retriever(self)

    def ask(self, method: str, *arguments: Any) -> Any:
        """Calls the actor and waits; what its models refuse is raised here as it was there."""
        import ray

        try:
            return ray.get(getattr(self.model, method).remote(*arguments))
        except ray.exceptions.RayTaskError as error:
            raise error.cause if isinstance(error.cause, SkillError) else error from None


class _Segmenter:
    def __init__(self, served: Served) -> None:
        self._served = served
        self.name = served.ask("about")["names"][0]

    def encode(self, image: Image) -> Encoded:
        return Encoded(image, None)  # the actor encodes what it is asked about, and keeps it for a while

    def everything(self, encoded: Encoded) -> list[Mask]:
        found = self._served.ask("everything", *_bare(encoded.image))
        return [_own(mask, encoded.image.id) for mask in found]

    def prompt(
        self,
        encoded: Encoded,
        points: npt.ArrayLike | None = None,
        labels: npt.ArrayLike | None = None,
        boxes: npt.ArrayLike | None = None,
        mask_input: npt.ArrayLike | None = None,
    ) -> Candidates:
        asked = {"points": points, "labels": labels, "boxes": boxes, "mask_input": mask_input}
        found: Candidates = self._served.ask("prompt", *_bare(encoded.image), asked)
        return found


class _Retriever:
    def __init__(self, served: Served) -> None:
        self._served = served
        about = served.ask("about")
        self.name: str = about["names"][1]
        self.aspects: frozenset[str] = about["aspects"]
        self.minimum: Mapping[str, float] = about["minimum"]
        self.temperature: float = about["temperature"]

    def embed_images(self, crops: Sequence[Image], aspect: str = "identity") -> Float:
        found: Float = self._served.ask("embed_images", _bare(*crops), aspect)
        return found

    def embed_texts(self, words: Sequence[str]) -> Float:
        found: Float = self._served.ask("embed_texts", list(words))
        return found


def _bare(*images: Image) -> list[Image]:
    """What a model may see of pictures: no ground truth. Cut-outs of one view share it, so that it travels once."""
    views = {id(image.view): image.view.without_truth() for image in images if image.view is not None}
    return [replace(image, truth=None, view=views.get(id(image.view))) for image in images]


def _own(mask: Mask, image_id: int) -> Mask:
    """A mask with an id of this process: those of the actor's count from its own start."""
    return Mask(mask.array, mask.box_xyxy, mask.area, mask.score, mask.stability, mask.low_res_logits, image_id)
