"""What the tool really did, by the robot's own measured pose in tf. A result that it contradicts is not believed."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field

from skills.robots.rosbridge import clocks
from skills.robots.rosbridge.clocks import Offset
from skills.robots.rosbridge.errors import NoPicture
from skills.robots.rosbridge.settings import Settings
from skills.robots.rosbridge.transforms import Transforms
from skills.types import Float, Pose, Workspace

ABOVE_M = 0.12
"""How far above a commanded point the tip may turn round: a held thing is as high, and a container's rim."""
STILL_M = 0.01


@dataclass
class Witness:
    """Follows one motion.

    Attributes:
        path: measured poses on the table, in order, each another than the one before.
    """

    transforms: Transforms
    settings: Settings
    clock: Offset
    path: list[Pose] = field(default_factory=list)
    _last_stamp: float = -math.inf

    def sample(self) -> tuple[Pose | None, float]:
        """The newest measured pose and its age in seconds; None when there is none.

        All that was measured since the last time joins the path: whoever comes late must not miss where the tool was.
        """
        frames = self.settings.base_frame, self.settings.tool_frame
        try:
            matrix, stamp = self.transforms.newest(*frames)
            heard = self.transforms.since(*frames, self._last_stamp) if self.path else [(matrix, stamp)]
        except NoPicture:
            return None, math.inf
        for one, at in heard:
            if at > self._last_stamp:
                self._last_stamp = at
                self.path.append(self._pose(one))
        age = time.monotonic() - self.clock.ours(stamp) if math.isfinite(stamp) else math.inf
        return self._pose(matrix), age

    def _pose(self, matrix: Float) -> Pose:
        x, y, z = (float(v) for v in matrix[:3, 3])
        return Pose(x, y, z - self.settings.table_height_m, math.atan2(float(matrix[1, 0]), float(matrix[0, 0])))

    def unknown(self) -> str:
        """Why it is not known where the tool is; "" when it was measured just now."""
        pose, age = self.sample()
        given = self.settings
        if pose is not None and self.timely(age, given.deadlines.tf_age_s):
            return ""
        told = "nothing" if pose is None else f"a pose that is {self.aged(age)}"
        where = f"{given.tool_frame!r} in {given.base_frame!r}"
        return f"tf tells {told} of {where}: without a measured pose nothing is moved"

    def timely(self, age: float, most: float) -> bool:
        """Whether a pose of that age tells of now: one from the future doesn't."""
        return -clocks.AHEAD_S - self.clock.error_s <= age <= most

    @staticmethod
    def aged(age: float) -> str:
        """An age in words; with a sign that tells who has to set a clock right."""
        return f"{min(age, 999):.1f} s old" if age >= 0 else f"{min(-age, 999):.1f} s ahead of its clock"

    def strayed(self, workspace: Workspace) -> str:
        """Where the tool was last seen, if that is off its leash; "" when all is well."""
        if not self.path:
            return ""
        at, leash = self.path[-1], self.settings.leash_m
        low, high = workspace.low, workspace.high
        loose = Workspace(
            (low[0] - leash, low[1] - leash, -0.02), (high[0] + leash, high[1] + leash, high[2] + leash + 0.1)
        )
        start = self.path[0]
        if loose.holds(at) or not loose.holds(start):  # a park position may lie outside: it comes from there
            return ""
        return f"the tool is at ({at.x:.2f}, {at.y:.2f}, {at.z:.2f}) m, {leash:g} m and more outside the workspace"

    @property
    def moved(self) -> bool:
        """Whether the tool went anywhere."""
        return bool(self.path) and max(_apart(self.path[0], pose) for pose in self.path) > STILL_M

    def passed(self, pick: Pose, place: Pose) -> tuple[Pose | None, str]:
        """The lowest measured pose at ``place`` after one at ``pick``, and what speaks against the motion ("")."""
        if not self.path:
            return None, "no measured pose of the tool came from tf"
        near = self.settings.tolerance_m
        at_pick = min(range(len(self.path)), key=lambda i: _miss(self.path[i], pick))
        off = _miss(self.path[at_pick], pick)
        if off > near:
            return self.path[-1], f"the tool was never measured closer than {off:.3f} m to the pick"
        first = next(i for i, pose in enumerate(self.path) if _miss(pose, pick) <= near)
        after = self.path[first:]
        there = [pose for pose in after if _miss(pose, place) <= near]
        if not there:
            end = min(after, key=lambda pose: _miss(pose, place))
            return end, f"the tool was never measured closer than {_miss(end, place):.3f} m to the place"
        return min(there, key=lambda pose: pose.z), ""


def _apart(a: Pose, b: Pose) -> float:
    return math.dist((a.x, a.y, a.z), (b.x, b.y, b.z))


def _miss(pose: Pose, wanted: Pose) -> float:
    """Metres beside a point, seen from above; height counts beyond ``ABOVE_M``."""
    return math.hypot(pose.x - wanted.x, pose.y - wanted.y, max(0.0, pose.z - wanted.z - ABOVE_M))
