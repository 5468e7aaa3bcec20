"""The desk's process: scenes, masks, crops and checks for everybody, one request after the other.

Generated code is checked here and nowhere run: `Gateway.check` computes what it computes inside the sandbox.
"""

from __future__ import annotations

import itertools
import logging
import secrets
import socket
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from instruct2act import asking
from instruct2act.evaluation.record import EpisodeSpec
from instruct2act.playground.processes import wire
from instruct2act.playground.work import outlining
from instruct2act.playground.work.picturing import write_png
from skills.backends import Encoded
from skills.errors import Mistake, SkillError
from skills.perception import cut, fitting, plain
from skills.types import Image, Mask, Slot

if TYPE_CHECKING:
    from instruct2act.playground.work.preload import TableRuntime

_SCENES = 24
_MASKS = 300
_BYTES = 100 << 20
"""Scenes whose pictures and models' features are kept, masks of each, and bytes of all when another one comes."""
_LARGER = 4
"""Times that a picture for people is as large as the one that the robot sees."""
_NAMED = 5

_log = logging.getLogger(__name__)


@dataclass
class _Scene:
    """What is known of one scene's top view."""

    image: Image
    encoded: Encoded
    masks: OrderedDict[str, Mask] = field(default_factory=OrderedDict)
    last: list[tuple[Mask, str]] = field(default_factory=list)

    @property
    def size(self) -> int:
        """Bytes of pictures and masks, about; the segmenter remembers what it found in everything mode."""
        height, width = self.image.shape
        return (len(self.masks) + 3) * height * width


class Refused(Mistake):
    """What was asked can't be; ``todo`` says what to do instead."""

    def __init__(self, sentence: str, todo: str = "") -> None:
        self.todo = todo
        super().__init__(sentence)


def work(pipe: socket.socket, runtime: TableRuntime) -> int:
    """Answers requests until the server is gone."""
    desk = Desk(runtime)
    while True:
        try:
            asked = wire.receive(pipe)
        except wire.Broken:
            return 0
        try:
            answer = {"answer": desk.answer(asked)}
        except (Mistake, SkillError) as error:
            answer = {"error": str(error), "todo": getattr(error, "todo", "")}
        except Exception:
            _log.exception("the desk failed at %s", asked.get("do"))
            answer = {"broken": True}
        wire.send(pipe, answer)


class Desk:
    """Looks at scenes. One process serves many; a scene that was forgotten is made again."""

    def __init__(self, runtime: TableRuntime) -> None:
        self._runtime = runtime
        self._scenes: OrderedDict[str, _Scene] = OrderedDict()
        self._numbers = itertools.count(1)
        self._name = secrets.token_hex(4)  # another process's masks, of the same scene, are not this one's

    def answer(self, asked: dict[str, Any]) -> Any:
        """One request's answer.

        Raises:
            Mistake: it can't be.
        """
        kinds: dict[str, Callable[[dict[str, Any]], Any]] = {
            "scene": self._new,
            "masks": self._masks,
            "crop": self._crop,
            "coco": self._coco,
            "check": self._check,
        }
        return kinds[asked["do"]](asked)

    # --- scenes -------------------------------------------------------------------------------------------------------

    def _new(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Makes a scene's pictures as files in a folder; what is known of it."""
        folder = Path(asked["folder"])
        if asked.get("picture"):
            scene = self._scene(asked)
            height, width = scene.image.shape
            write_png(folder / "top.png", scene.image.rgb)
            return {"width": width, "height": height, "front": False, "inventory": [], "slots": {}, "text": ""}
        spec = EpisodeSpec.model_validate(asked["spec"])
        robot = self._runtime.table(spec)
        try:
            views = robot.observe().views
            self._keep(asked["id"], views["top"])
            height, width = views["top"].rgb.shape[:2]
            from sim.cameras import CAMERAS

            for name, camera in CAMERAS.items():
                large = robot.env.world.render(camera, size=(_LARGER * height, _LARGER * width)).rgb
                write_png(folder / f"{name}.png", large)
            task = robot.env.instruction
            return {
                "width": width,
                "height": height,
                "front": True,
                "inventory": list(robot.env.inventory()),
                "text": task.text if spec.task is not None else "",
                "slots": {name: self._slot(name, slot, folder) for name, slot in task.slots.items()},
            }
        finally:
            robot.close()

    def _slot(self, name: str, slot: Slot, folder: Path) -> dict[str, Any]:
        files = []
        for camera, image in list(slot.pictures.items())[:1]:
            file = f"slot-{name}-{camera}.png"
            write_png(folder / file, image.rgb, image.mask)
            files.append(file)
        return {"kind": slot.kind, "files": files, "word": slot.word}

    def _scene(self, asked: dict[str, Any]) -> _Scene:
        """A scene that was looked at before, or is made again."""
        known = self._scenes.get(asked["id"])
        if known is not None:
            self._scenes.move_to_end(asked["id"])
            return known
        if asked.get("picture"):
            return self._store(asked["id"], asking.decode(Path(asked["picture"])))
        robot = self._runtime.table(EpisodeSpec.model_validate(asked["spec"]))
        try:
            return self._keep(asked["id"], robot.observe().views["top"])
        finally:
            robot.close()

    def _keep(self, id: str, view: Any) -> _Scene:
        seen = self._runtime.config.perception.sight.view(view)
        return self._store(id, Image(seen.rgb, view=seen))

    def _store(self, id: str, image: Image) -> _Scene:
        self._let_go()
        scene = self._scenes[id] = _Scene(image, self._runtime.segmenter.encode(image))
        return scene

    def _let_go(self) -> None:
        """Forgets the scenes that were looked at longest ago, where there are too many, or too much of them."""
        size = sum(scene.size for scene in self._scenes.values())
        while self._scenes and (len(self._scenes) >= _SCENES or size > _BYTES):
            _, old = self._scenes.popitem(last=False)
            size -= old.size

    # --- masks --------------------------------------------------------------------------------------------------------

    def _masks(self, asked: dict[str, Any]) -> dict[str, Any]:
        began = time.monotonic()
        scene = self._scene(asked)
        if asked.get("everything"):
            found = self._everything(scene)
        elif asked.get("words"):
            found = self._by_words(scene, asked["words"])
        else:
            prompts = [{"points": [[point]]} for point in asked.get("points") or ()]
            prompts += [{"boxes": [box]} for box in asked.get("boxes") or ()]
            found = [self._prompted(scene, prompt) for prompt in prompts]
            scene.last = [(scene.masks[entry["id"]], entry["label"] or "") for entry in found]
        return {"masks": found, "seconds": round(time.monotonic() - began, 4)}

    def _prompted(self, scene: _Scene, prompt: dict[str, Any]) -> dict[str, Any]:
        """The answer to one point or box: its best candidate, with all three."""
        given = self._runtime.segmenter.prompt(scene.encoded, **prompt)
        order = sorted(range(given.masks.shape[1]), key=lambda i: -float(given.scores[0, i]))
        masks = [
            Mask.of(given.masks[0, i], float(given.scores[0, i]), image_id=scene.image.id)
            for i in order
            if given.masks[0, i].any()
        ]
        if not masks:
            raise Refused("there is no object at that place", "click on an object, or ask for everything")
        labels = self._labels(scene, masks)
        candidates = [self._told(scene, mask, label) for mask, label in zip(masks, labels)]
        return {**candidates[0], "candidates": candidates}

    def _everything(self, scene: _Scene) -> list[dict[str, Any]]:
        masks = self._runtime.segmenter.everything(scene.encoded)
        labels = self._labels(scene, masks)
        scene.last = list(zip(masks, labels))
        scores = self._scores(scene, masks, sorted(set(labels) - {""}))
        return [
            {**self._told(scene, mask, label), "label_scores": row} for mask, label, row in zip(masks, labels, scores)
        ]

    def _by_words(self, scene: _Scene, words: str) -> list[dict[str, Any]]:
        """The things that fit a phrase, best first."""
        retriever, phrase = self._runtime.retriever, plain(words)
        masks = self._runtime.segmenter.everything(scene.encoded)
        if not masks or not phrase:
            raise Refused("there is nothing to look for", "say what to look for, such as 'red heart'")
        crops = retriever.embed_images([cut(scene.image, mask) for mask in masks], "identity")
        cosines = np.asarray(crops @ retriever.embed_texts([phrase])[0], np.float64)
        fits = fitting(cosines, float(retriever.minimum.get("text", -1.0)), phrase)
        order = [i for i in np.argsort(-cosines) if fits[i]]
        if not order:
            raise Refused(f"nothing looks like {phrase!r}", "other words, or ask for everything")
        labels = self._labels(scene, [masks[i] for i in order])
        scene.last = [(masks[i], label or phrase) for i, label in zip(order, labels)]
        return [
            {**self._told(scene, masks[i], label or phrase), "label_scores": [[phrase, round(float(cosines[i]), 4)]]}
            for i, label in zip(order, labels)
        ]

    def _told(self, scene: _Scene, mask: Mask, label: str) -> dict[str, Any]:
        id = f"m{self._name}-{next(self._numbers)}"
        scene.masks[id] = mask
        while len(scene.masks) > _MASKS:
            scene.masks.popitem(last=False)
        return {**outlining.shown(mask, id), "label": label or None, "label_scores": []}

    def _labels(self, scene: _Scene, masks: Sequence[Mask]) -> list[str]:
        """What each mask shows, where the retriever can say."""
        say = getattr(self._runtime.retriever, "names", None)
        if say is None or not masks:
            return [""] * len(masks)
        try:
            named: list[str] = say([cut(scene.image, mask) for mask in masks])
        except SkillError:
            return [""] * len(masks)
        return named

    def _scores(self, scene: _Scene, masks: Sequence[Mask], names: Sequence[str]) -> list[list[list[Any]]]:
        """How well each mask fits the names that were found in this picture: shares in [0, 1], best first."""
        retriever = self._runtime.retriever
        if not masks or not names:
            return [[] for _ in masks]
        crops = retriever.embed_images([cut(scene.image, mask) for mask in masks], "identity")
        scaled = retriever.temperature * np.asarray(crops @ retriever.embed_texts(list(names)).T, np.float64)
        shares = np.exp(scaled - scaled.max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
        return [[[names[i], round(float(row[i]), 4)] for i in np.argsort(-row)[:_NAMED]] for row in shares]

    def _crop(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Cuts a mask or a box out, into a PNG whose transparent parts belong to something else."""
        scene = self._scene(asked)
        if asked.get("mask"):
            mask = scene.masks.get(asked["mask"])
            if mask is None:
                raise Refused("that mask is not known any more", "ask for it again: click on the object")
            crop = cut(scene.image, mask)
        else:
            crop = _boxed(scene.image, asked["box"])
        write_png(Path(asked["file"]), crop.rgb, crop.mask)
        return {"width": crop.shape[1], "height": crop.shape[0]}

    def _coco(self, asked: dict[str, Any]) -> dict[str, Any]:
        scene = self._scene(asked)
        if not scene.last:
            self._everything(scene)
        return outlining.coco(
            [mask for mask, _ in scene.last], [label for _, label in scene.last], scene.image.shape, "picture.png"
        )

    # --- programs -----------------------------------------------------------------------------------------------------

    def _check(self, asked: dict[str, Any]) -> dict[str, Any]:
        """What a program would fail on."""
        from skills import load

        pictures = dict.fromkeys(asked["slots"])
        problems = self._runtime.gateway.check(
            asked["program"], load(), {"templates": pictures, "BOUNDS": None, "clicks": None}
        )
        return {
            "problems": [
                {
                    "line": problem.line,
                    "column": problem.column,
                    "message": problem.message,
                    "stage": problem.stage,
                    "hint": "",
                }
                for problem in problems
            ]
        }


def _boxed(image: Image, box: Sequence[float]) -> Image:
    """A rectangle of a picture, whole."""
    height, width = image.shape
    x0, y0 = max(0, round(box[0])), max(0, round(box[1]))
    x1, y1 = min(width, round(box[2])), min(height, round(box[3]))
    if x1 - x0 < 2 or y1 - y0 < 2:
        raise Refused("that box is empty", "draw a box of at least two pixels inside the picture")
    return Image(image.rgb[y0:y1, x0:x1], None, image.view, (x0, y0))
