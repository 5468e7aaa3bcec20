"""tf, heard and composed here: what frame stood where, and when."""

from __future__ import annotations

import bisect
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import numpy as np

from skills.robots.rosbridge.clocks import BACK_S
from skills.robots.rosbridge.errors import BadMessage, NoPicture
from skills.robots.rosbridge.messages import Dialect, TransformStamped, read
from skills.types import Float

KEPT = 1000
"""Samples that are kept of a moving frame; 10 s at 100 Hz."""
FRAMES = 500
ROUND = 100
"""Samples that are told at once; a second at 100 Hz."""
GAP_S = 0.2
"""Two samples further apart are not bridged."""


class Gap(NoPicture):
    """tf connects two frames, and was not heard at that time."""


class Transforms:
    """The tree of frames. Fed by the receiving thread, asked by others. Stamps are the robot's clock."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._parent: dict[str, str] = {}
        self._moving: dict[str, tuple[list[float], list[Float]]] = {}
        self._static: dict[str, Float] = {}
        self._lock = threading.Lock()
        self.bad = 0

    def hear(self, message: Any, static: bool = False) -> None:
        """A tf2_msgs/TFMessage; a transform that can't be read is counted and left out."""
        listed = message.get("transforms") if isinstance(message, Mapping) else None
        for entry in listed if isinstance(listed, list) else ():
            try:
                one = read(TransformStamped, entry)
                stamp = self._dialect.seconds(one.header.get("stamp"))
            except BadMessage:
                self.bad += 1
                continue
            self.add(one.parent, one.child_frame_id.lstrip("/"), stamp, one.transform.matrix(), static)

    def add(self, parent: str, child: str, stamp: float, matrix: Float, static: bool = False) -> None:
        """One transform, parent from child."""
        with self._lock:
            if child not in self._parent and len(self._parent) >= FRAMES:
                self.bad += 1
                return
            if self._parent.get(child) != parent:
                self._moving.pop(child, None)
            self._parent[child] = parent
            if static:
                self._static[child] = matrix
                return
            stamps, matrices = self._moving.setdefault(child, ([], []))
            if stamps and stamps[-1] - BACK_S <= stamp <= stamps[-1]:
                return  # late or twice
            if stamps and stamp < stamps[-1]:  # what came before has another clock's stamps
                stamps.clear()
                matrices.clear()
            stamps.append(stamp)
            matrices.append(matrix)
            if len(stamps) > KEPT:
                del stamps[: KEPT // 4], matrices[: KEPT // 4]

    def at(self, target: str, source: str, stamp: float) -> Float:
        """(4, 4) target from source at a time, between two samples.

        Raises:
            NoPicture: tf does not say.
        """
        with self._lock:
            return self._between(target, source, lambda child: self._sample(child, stamp))

    def newest(self, target: str, source: str) -> tuple[Float, float]:
        """(4, 4) target from source as last heard, and the stamp of its oldest part (infinite when all are static).

        Raises:
            NoPicture: tf does not say.
        """
        oldest = np.inf

        def last(child: str) -> Float:
            nonlocal oldest
            if child in self._static:
                return self._static[child]
            stamps, matrices = self._moving[child]
            oldest = min(oldest, stamps[-1])
            return matrices[-1]

        with self._lock:
            return self._between(target, source, last), float(oldest)

    def since(self, target: str, source: str, stamp: float) -> list[tuple[Float, float]]:
        """Each (4, 4) target from source heard after a time, with its stamp, in order; the newest ``ROUND``."""
        with self._lock:
            between = {*self._chain(target.lstrip("/"))} ^ {*self._chain(source.lstrip("/"))}
            moving = [
                self._moving[child][0] for child in between if child in self._moving and child not in self._static
            ]
            until = min((stamps[-1] for stamps in moving), default=-np.inf)
            heard = {s for stamps in moving for s in stamps[bisect.bisect_right(stamps, stamp) :] if s <= until}
            found: list[tuple[Float, float]] = []
            for at in sorted(heard)[-ROUND:]:
                with suppress(Gap):
                    found.append((self._between(target, source, lambda child, at=at: self._sample(child, at)), at))
            return found

    def _between(self, target: str, source: str, sample: Any) -> Float:
        target, source = target.lstrip("/"), source.lstrip("/")
        up, down = self._chain(target), self._chain(source)
        shared = next((frame for frame in up if frame in down), None)
        if shared is None:
            known = ", ".join(sorted({*self._parent, *self._parent.values()})[:12]) or "nothing"
            raise NoPicture(f"tf does not connect {target!r} and {source!r}; it knows {known}")
        return np.asarray(
            np.linalg.inv(self._product(up[: up.index(shared)], sample))
            @ self._product(down[: down.index(shared)], sample)
        )

    def _chain(self, frame: str) -> list[str]:
        chain = [frame]
        while chain[-1] in self._parent and len(chain) <= FRAMES:
            chain.append(self._parent[chain[-1]])
        return chain

    def _product(self, frames: list[str], sample: Any) -> Float:
        whole = np.eye(4)
        for frame in frames:
            whole = sample(frame) @ whole
        return whole

    def _sample(self, child: str, stamp: float) -> Float:
        if child in self._static:
            return self._static[child]
        stamps, matrices = self._moving[child]
        after = bisect.bisect_left(stamps, stamp)
        if after < len(stamps) and stamps[after] == stamp:
            return matrices[after]
        if after == 0 or after == len(stamps):
            nearest = 0 if after == 0 else len(stamps) - 1
            if abs(stamps[nearest] - stamp) > GAP_S / 4:
                raise Gap(f"tf says where {child!r} was {abs(stamps[nearest] - stamp):.2f} s off, not then")
            return matrices[nearest]
        first, last = stamps[after - 1], stamps[after]
        if last - first > GAP_S:
            raise Gap(f"tf has a gap of {last - first:.2f} s in {child!r}")
        return _blend(matrices[after - 1], matrices[after], (stamp - first) / (last - first))


def _blend(a: Float, b: Float, share: float) -> Float:
    """Between two poses: straight for the position, the shortest turn for the rotation."""
    from scipy.spatial.transform import Rotation, Slerp

    turns = Slerp([0.0, 1.0], Rotation.from_matrix(np.stack([a[:3, :3], b[:3, :3]])))
    matrix = np.eye(4)
    matrix[:3, :3] = turns([share]).as_matrix()[0]
    matrix[:3, 3] = a[:3, 3] + share * (b[:3, 3] - a[:3, 3])
    return matrix
