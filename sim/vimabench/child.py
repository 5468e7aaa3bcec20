"""The child's side of ``sim.vimabench``: plays one episode of the published VIMABench and answers over two pipes.

Run as a script, ``PYTHON child.py CHECKOUT``, by any Python from 3.9 on that has what VIMABench needs; it
imports nothing else of this project. Only here is VIMABench's world as it wants it:

* it asks numpy for ``bool8``, which numpy 2 no longer has, and a path for ``__enter__``, which Python 3.13 dropped;
* it imports torch, kornia and matplotlib for functions that no task calls: empty modules stand in for them;
* it prints: what it prints goes to standard error, so that the pipe carries messages only;
* it passes over what it can't load and samples something else: here that ends the episode.

A message is four bytes with the length of a JSON header, ``{"fields": {...}, "arrays": [{name, dtype, shape}]}``, the
header, and the arrays' bytes in that order. Both sides check sizes and types before they use anything.
"""

from __future__ import annotations

import importlib
import json
import math
import os
import pathlib
import struct
import sys
import time
import types
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

HEADER_BYTES = 1 << 20
ARRAY_BYTES = 64 << 20
ARRAYS = 256
DTYPES = ("uint8", "int32", "float32", "float64")
_DEPTH_RANGE = 20.0  # metres that VIMABench divides depth by
UNUSED = ("torch", "kornia", "matplotlib", "matplotlib.pyplot")

Read = Callable[[int], bytes]


class Nonsense(Exception):
    """What came through the pipe is not a message, or not the one that was due."""


def pack(fields: Mapping[str, Any], arrays: Mapping[str, np.ndarray[Any, Any]]) -> bytes:
    """A message as bytes."""
    listed = [{"name": name, "dtype": a.dtype.name, "shape": list(a.shape)} for name, a in arrays.items()]
    header = json.dumps({"fields": dict(fields), "arrays": listed}).encode()
    body = (np.ascontiguousarray(a).tobytes() for a in arrays.values())
    return b"".join([struct.pack(">I", len(header)), header, *body])


def unpack(read: Read) -> tuple[dict[str, Any], dict[str, np.ndarray[Any, Any]]]:
    """The next message: its fields and its arrays.

    Args:
        read: gives exactly so many bytes.

    Raises:
        Nonsense: a size, dtype, shape or header that no message has.
    """
    size = struct.unpack(">I", read(4))[0]
    if not 2 <= size <= HEADER_BYTES:
        raise Nonsense(f"a header of {size} bytes")
    try:
        header = json.loads(read(size))
        fields, listed = header["fields"], header["arrays"]
        shapes = [(str(one["name"]), str(one["dtype"]), tuple(one["shape"])) for one in listed]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise Nonsense(f"a header that is not one: {error!r:.200}") from None
    if not isinstance(fields, dict) or len(shapes) > ARRAYS:
        raise Nonsense(f"fields of kind {type(fields).__name__}, {len(shapes)} arrays")
    room, arrays = ARRAY_BYTES, {}
    for name, dtype, shape in shapes:
        if dtype not in DTYPES or len(shape) > 4 or not all(type(n) is int and 0 <= n <= ARRAY_BYTES for n in shape):
            raise Nonsense(f"an array of dtype {dtype:.20} and shape {shape!s:.80}")
        count = math.prod(shape) * np.dtype(dtype).itemsize
        room -= count
        if room < 0:
            raise Nonsense(f"arrays of more than {ARRAY_BYTES >> 20} MiB")
        arrays[name] = np.frombuffer(bytearray(read(count)), dtype).reshape(shape)  # writable, as pictures are
    return fields, arrays


class _Failed(Exception):
    """An answer that is an error: its kind ("import" | "asset" | "unknown" | "room" | "broken") and a sentence."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


# --- VIMABench --------------------------------------------------------------------------------------------------------


def load(checkout: str) -> Any:
    """Imports VIMABench from a checkout, mended.

    Raises:
        _Failed: a module is missing.
    """
    if not hasattr(np, "bool8"):
        np.bool8 = np.bool_  # type: ignore[attr-defined]
    if not hasattr(pathlib.Path, "__enter__"):
        for name, method in (("__enter__", lambda self: self), ("__exit__", lambda *_: None)):
            setattr(pathlib.Path, name, method)
    sys.path.insert(0, checkout)
    for name in UNUSED:
        sys.modules[name] = types.ModuleType(name)
    try:
        return importlib.import_module("vima_bench")
    except ImportError as error:
        raise _Failed("import", str(error)) from error


class Episode:
    """One episode of a task; ``answer`` is all that it offers."""

    def __init__(self, bench: Any) -> None:
        self.bench = bench
        self.env: Any = None
        self.unloadable: list[str] = []
        self.timed_out: dict[str, float] | None = None
        self.moved_steps = self.moved_count = 0
        self.released: bool | None = None
        self.rendered: list[tuple[Any, Any]] = []

    def answer(self, asked: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """Does what a request asks for."""
        do = asked.get("do")
        if do == "reset":
            return self.reset(asked["task"], asked["partition"], asked["seed"])
        if do == "step":
            return self.step(asked["action"], bool(asked.get("oracle")))
        if do == "oracle":
            return self.oracle(), {}
        raise _Failed("broken", f"nothing is called {do!r}")

    def reset(self, task: str, partition: str, seed: int) -> tuple[dict[str, Any], dict[str, Any]]:
        """Sets the episode up; what it looks like, its prompt with every picture, what things are called."""
        there = self.bench.PARTITION_TO_SPECS["test"]
        if partition not in there or task not in there[partition]:
            raise _Failed("unknown", json.dumps(sorted(there.get(partition, {}))))
        self._watch_loading()
        self.env = self.bench.make(
            task, modalities=["rgb", "segm"], task_kwargs=there[partition][task] or {}, seed=seed
        )
        self._watch_cameras()
        began = time.perf_counter()
        try:
            seen = self.env.reset()
        except ValueError as error:
            self._all_loaded()
            raise _Failed("room", str(error)) from error
        took = time.perf_counter() - began
        self._all_loaded()
        self._watch_motions()
        known = self.env.meta_info["obj_id_to_info"]
        things = [(id, info["obj_name"], info["texture_name"]) for id, info in known.items()]
        slots, pictures = self._slots()
        fields = {
            "text": self.env.prompt,
            "tool": self.env.meta_info["end_effector_type"],
            "oracle_steps": self.env.task.oracle_max_steps,
            "goals": self._goals_left(),
            "things": things,
            "slots": slots,
            "took_s": took,
        }
        return fields, {**self._views(seen, ""), **pictures}

    def step(self, action: Mapping[str, list[float]], oracle: bool) -> tuple[dict[str, Any], dict[str, Any]]:
        """Carries a primitive out: VIMABench's action with lists for arrays; by its oracle's rules if asked."""
        self.timed_out, self.released, self.rendered = None, None, []
        before, self.moved_steps, self.moved_count = self.env.step_counter, 0, 0
        began = time.perf_counter()
        seen, _, done, info = self.env.step(
            {name: np.asarray(value, np.float32) for name, value in action.items()}, skip_oracle=not oracle
        )
        took = time.perf_counter() - began
        # VIMABench counts a step of a motion twice, one of waiting for rest once.
        settling = self.env.step_counter - before - self.moved_count
        fields = {
            "success": bool(info["success"]),
            "done": bool(done),
            "released": self.released,
            "timeout": self.timed_out,
            "goals": self._goals_left(),
            "seconds": (self.moved_steps + settling) / 240.0,
            "took_s": took,
        }
        return fields, self._views(seen, "")

    def oracle(self) -> dict[str, Any]:
        """What VIMABench's own oracle would do next, within the action space; null when it has nothing left."""
        if not self.env.task.goals:
            return {"action": None}
        wanted = self.env.task.oracle(self.env).act(None)
        if wanted is None:
            return {"action": None}
        spaces = self.env.action_space
        inside = {name: np.clip(value, spaces[name].low, spaces[name].high) for name, value in wanted.items()}
        return {"action": {name: value.tolist() for name, value in inside.items()}}

    # --- what VIMABench keeps to itself -------------------------------------------------------------------------------

    def _watch_loading(self) -> None:
        """Takes note of every file that the engine can't load."""
        engine = importlib.import_module("pybullet")
        for name in ("loadURDF", "loadTexture"):
            load = getattr(engine, name)

            def heard(path: str, *rest: Any, _load: Any = load, **more: Any) -> Any:
                try:
                    return _load(path, *rest, **more)
                except engine.error:
                    self.unloadable.append(str(path))
                    raise

            setattr(engine, name, heard)

    def _all_loaded(self) -> None:
        if self.unloadable:
            raise _Failed("asset", ", ".join(sorted(set(self.unloadable))))

    def _watch_cameras(self) -> None:
        """Keeps the depth that VIMABench renders beside colours, and leaves out of what it shows (its own FIXME)."""
        self.env.render_camera = self._keeping_depth(self.env.render_camera)
        try:
            scenes: Any = importlib.import_module("vima_bench.tasks.components.placeholders.placeholder_scene")
        except ImportError:
            return
        scenes._render_camera = self._keeping_depth(scenes._render_camera)

    def _keeping_depth(self, render: Callable[..., Any]) -> Callable[..., Any]:
        def rendered(*given: Any, **named: Any) -> Any:
            colours, depth, segm = render(*given, **named)
            self.rendered.append((colours, np.asarray(depth[0] * _DEPTH_RANGE, np.float32)))
            return colours, depth, segm

        return rendered

    def _watch_motions(self) -> None:
        """Takes note of motions that ran out of their five seconds, and of whether suction held something."""
        movej, primitive = self.env.movej, self.env.task.primitive

        def moved(*given: Any, **named: Any) -> Any:
            before, began = self.env.step_counter, time.monotonic()
            late = movej(*given, **named)
            counted = self.env.step_counter - before
            self.moved_count += counted
            self.moved_steps += counted // 2
            if late and self.timed_out is None:
                self.timed_out = {"steps": counted // 2, "seconds": time.monotonic() - began}
            return late

        def carried_out(*given: Any) -> Any:
            result = primitive(*given)
            self.released = bool(result[1]) if isinstance(result, tuple) else None
            return result

        self.env.movej, self.env.task.primitive = moved, carried_out

    def _goals_left(self) -> int:
        """Goals that an agent still has; the oracle's own are not among them."""
        return sum(not (isinstance(goal[6], dict) and goal[6].get("oracle_only")) for goal in self.env.task.goals)

    def _slots(self) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        slots: list[dict[str, Any]] = []
        pictures: dict[str, Any] = {}
        for name, asset in self.env.prompt_assets.items():
            info = asset["segm"]["obj_info"]
            alone = isinstance(info, dict)
            shown = [(one["obj_id"], one["obj_name"], one["obj_color"]) for one in ([info] if alone else info)]
            bound = getattr(self.env.task.placeholders.get(name), "obj_id", None)
            slots.append({"name": name, "kind": asset["placeholder_type"], "things": shown, "bound": bound})
            pictures.update(self._views(asset, f"{name}."))
        return slots, pictures

    def _views(self, seen: Mapping[str, Any], prefix: str) -> dict[str, Any]:
        """Both cameras' pictures: "top.rgb" (H, W, 3) and "top.segm" (H, W) uint8, "top.depth" (H, W) float32 m, ..."""
        views: dict[str, Any] = {}
        for name in ("top", "front"):
            colours = seen["rgb"][name]
            views[f"{prefix}{name}.rgb"] = np.moveaxis(colours, 0, -1)
            views[f"{prefix}{name}.segm"] = seen["segm"][name]
            for rendered, depth in self.rendered:
                if rendered is colours:
                    views[f"{prefix}{name}.depth"] = depth
        return views


# --- the pipe ---------------------------------------------------------------------------------------------------------


def main() -> None:
    """Answers requests until the parent closes the pipe."""
    # A script's own folder comes first on the path, and its modules are none of VIMABench's business.
    del sys.path[0]
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)

    def say(fields: Mapping[str, Any], arrays: Mapping[str, Any]) -> None:
        answers.write(pack(fields, arrays))
        answers.flush()

    def read(count: int) -> bytes:
        data = requests.read(count)
        if len(data) < count:
            raise EOFError
        return data

    try:
        episode = Episode(load(sys.argv[1]))
        say({"ready": True}, {})
        while True:
            asked, _ = unpack(read)
            say(*episode.answer(asked))
    except EOFError:
        return
    except _Failed as failed:
        say({"error": failed.kind, "message": str(failed)}, {})
    except Exception as error:
        import traceback

        traceback.print_exc()
        say({"error": "broken", "message": f"{type(error).__name__}: {error}"}, {})


if __name__ == "__main__":
    main()
