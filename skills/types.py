"""The words that simulator, arm and program share: plain values, numpy arrays, no behaviour but geometry.

Frames and units, everywhere in this project:

* **base**: origin at the robot's foot, x away from the robot, y to the right of the top view, z up; metres.
  The table's top is z = 0. In the top view's picture rows grow with +x (row 0 is nearest the robot) and columns
  with +y, so *left* is -y, *right* is +y, *near* is -x and *far* is +x.
* **yaw** is about +z, in radians, counter-clockwise positive as the top view shows it. The programs' keyword
  ``yaw_angle_degree`` is in degrees and clockwise positive, that is, ``-degrees(yaw)``.
* **camera**: OpenCV's optical frame, x right, y down, z forward.
* **pixels** are (x, y) = (column, row); an integer is the centre of a pixel. Boxes are ``box_xyxy``, half open.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Float = npt.NDArray[np.floating[Any]]
UInt8 = npt.NDArray[np.uint8]
Bool = npt.NDArray[np.bool_]
Int = npt.NDArray[np.integer[Any]]

Tool = Literal["suction", "spatula"]
SlotKind = Literal["object", "scene", "frame", "click", "word"]
Status = Literal["done", "missed", "rejected", "aborted", "unknown"]

TABLE = -1
"""The id that ``Truth.segmentation`` gives to the table, the ground and the arm: anything that is not an object."""

_handle_ids = itertools.count(1)


# --- seeing ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Camera:
    """A calibrated camera at the moment of one picture.

    Attributes:
        name: "top", "front" or the robot's own name for it.
        width, height: pixels.
        intrinsics: (3, 3) float64. Pinhole: pixels. Orthographic: pixels per metre on the diagonal.
        base_from_camera: (4, 4) float64, optical frame to base.
        projection: how rays leave the picture.
    """

    name: str
    width: int
    height: int
    intrinsics: Float
    base_from_camera: Float
    projection: Literal["pinhole", "orthographic"] = "pinhole"

    def project(self, points: npt.ArrayLike) -> tuple[Float, Float]:
        """Base points to pixels.

        Args:
            points: (N, 3) metres, base frame.

        Returns:
            (N, 2) float64 pixels (x, y), not clipped to the picture, and (N,) depth in metres along the axis.
        """
        base = np.atleast_2d(np.asarray(points, dtype=np.float64))
        camera_from_base = np.linalg.inv(self.base_from_camera)
        inside = base @ camera_from_base[:3, :3].T + camera_from_base[:3, 3]
        depth = inside[:, 2]
        flat = inside[:, :2] if self.projection == "orthographic" else inside[:, :2] / depth[:, None]
        scale = np.array([self.intrinsics[0, 0], self.intrinsics[1, 1]])
        return flat * scale + self.intrinsics[:2, 2], depth

    def rays(self, pixels: npt.ArrayLike) -> tuple[Float, Float]:
        """The rays through pixels.

        Args:
            pixels: (N, 2) (x, y).

        Returns:
            (N, 3) origins and (N, 3) directions in the base frame, such that ``origin + depth * direction`` is the
            point at that depth along the optical axis (directions are not of unit length in a pinhole).
        """
        at = np.atleast_2d(np.asarray(pixels, dtype=np.float64))
        scale = np.array([self.intrinsics[0, 0], self.intrinsics[1, 1]])
        flat = (at - self.intrinsics[:2, 2]) / scale
        zeros, ones = np.zeros((len(flat), 1)), np.ones((len(flat), 1))
        if self.projection == "orthographic":
            start, along = np.hstack([flat, zeros]), np.hstack([zeros, zeros, ones])
        else:
            start, along = np.zeros((len(flat), 3)), np.hstack([flat, ones])
        rotation, origin = self.base_from_camera[:3, :3], self.base_from_camera[:3, 3]
        return start @ rotation.T + origin, along @ rotation.T

    def back_project(self, pixels: npt.ArrayLike, depth_m: npt.ArrayLike) -> Float:
        """Pixels (N, 2) with their depths (N,) in metres to base points (N, 3)."""
        origins, directions = self.rays(pixels)
        points: Float = origins + np.atleast_1d(np.asarray(depth_m, dtype=np.float64))[:, None] * directions
        return points

    def meet_plane(self, pixels: npt.ArrayLike, z: float = 0.0) -> Float:
        """Where the rays through pixels (N, 2) meet the horizontal plane at height z: base points (N, 3)."""
        origins, directions = self.rays(pixels)
        points: Float = origins + ((z - origins[:, 2]) / directions[:, 2])[:, None] * directions
        return points


@dataclass(frozen=True)
class ObjectTruth:
    """What a simulated object is called: shape name ("heart"), texture name ("red and yellow polka dot")."""

    name: str
    texture: str


@dataclass(frozen=True, eq=False)
class Truth:
    """What only a simulator knows of a picture.

    Attributes:
        segmentation: (H, W) int32 object ids; ``TABLE`` (-1) where there is no object.
        objects: id -> what it is.
    """

    segmentation: Int
    objects: Mapping[int, ObjectTruth]


@dataclass(frozen=True, eq=False)
class View:
    """One camera's picture.

    Attributes:
        rgb: (H, W, 3) uint8.
        camera: calibration at the picture's stamp.
        depth_m: (H, W) float32 along the optical axis, or None.
        truth: simulator only; None unless perception is ``oracle``; never crosses to a program.
    """

    rgb: UInt8
    camera: Camera
    depth_m: Float | None = None
    truth: Truth | None = None

    def without_truth(self) -> View:
        """The same view as a real camera would give it."""
        return replace(self, truth=None)


@dataclass(frozen=True)
class Observation:
    """What a robot sees and feels at one moment: views by camera name, seconds, the tool on the arm, what it holds."""

    views: Mapping[str, View]
    stamp_s: float
    tool: Tool = "suction"
    holding: bool = False

    def without_truth(self) -> Observation:
        """The same observation as a real robot would give it."""
        return replace(self, views={name: view.without_truth() for name, view in self.views.items()})


# --- what programs hold ---------------------------------------------------------------------------------------------
# Image, Mask and Action stay with the host; a program holds handles to them. `id` is unique in the process, so two
# masks of equal area are never equal to a program.


@dataclass(frozen=True, eq=False)
class Image:
    """A picture, or a piece cut out of one.

    Attributes:
        rgb: (H, W, 3) uint8. Pixels that belong to something else are kept: ``mask`` says which count.
        mask: (H, W) bool, the pixels of the object in a cut-out picture; None for a whole picture.
        view: the view it came from, if it has a calibrated one (a user's own picture file has none).
        origin_xy: where the cut-out's upper left pixel lies in the picture it was cut from.
        truth: what is cut out, when a simulator knows and perception is ``oracle``.
    """

    rgb: UInt8
    mask: Bool | None = None
    view: View | None = None
    origin_xy: tuple[int, int] = (0, 0)
    truth: ObjectTruth | None = None
    id: int = field(default_factory=lambda: next(_handle_ids))

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        return self.rgb.shape[0], self.rgb.shape[1]


@dataclass(frozen=True, eq=False)
class Mask:
    """The pixels of one thing in a picture.

    Attributes:
        array: (H, W) bool, the size of the picture.
        box_xyxy: (x0, y0, x1, y1) pixels, half open.
        area: pixels.
        score: the segmenter's predicted IoU, [0, 1].
        stability: IoU of the mask cut at a higher and at a lower logit, [0, 1] (Segment Anything, appendix B).
        low_res_logits: (h, w) float32, feeds back as ``mask_input``; None from backends without logits.
        image_id: the ``Image`` it was found in.
    """

    array: Bool
    box_xyxy: tuple[int, int, int, int]
    area: int
    score: float = 1.0
    stability: float = 1.0
    low_res_logits: Float | None = None
    image_id: int = 0
    id: int = field(default_factory=lambda: next(_handle_ids))

    @classmethod
    def of(cls, array: Bool, score: float = 1.0, stability: float = 1.0, **more: Any) -> Mask:
        """Measures box and area of a (H, W) bool array.

        Raises:
            ValueError: the array holds no pixel.
        """
        rows, columns = np.flatnonzero(array.any(axis=1)), np.flatnonzero(array.any(axis=0))
        if not len(rows):
            raise ValueError("a mask needs at least one pixel")
        box = (int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
        return cls(array, box, int(np.count_nonzero(array)), float(score), float(stability), **more)


@dataclass(frozen=True)
class Pose:
    """A tool or object pose on the table, base frame: metres, yaw in radians about +z."""

    x: float
    y: float
    z: float = 0.0
    yaw: float = 0.0

    def quaternion(self) -> tuple[float, float, float, float]:
        """(x, y, z, w) of the rotation about +z."""
        return 0.0, 0.0, float(np.sin(self.yaw / 2)), float(np.cos(self.yaw / 2))


@dataclass(frozen=True)
class Workspace:
    """The box in which the tool may touch things, base frame, metres. Programs see it as ``BOUNDS``."""

    low: tuple[float, float, float] = (0.25, -0.5, 0.0)
    high: tuple[float, float, float] = (0.75, 0.5, 0.3)

    def holds(self, pose: Pose) -> bool:
        """Whether a pose lies inside, and is finite."""
        return all(a <= v <= b for a, v, b in zip(self.low, (pose.x, pose.y, pose.z), self.high))


@dataclass(frozen=True)
class Action:
    """One primitive, complete: what ``PickPlace`` or ``Push`` builds and ``RobotExecution`` carries out.

    ``pick_place``: suction on at ``start`` (z is the expected height of the surface), off at ``end``; the object turns
    by ``end.yaw - start.yaw``. ``push``: the spatula, blade across the motion, moves along the table from start to end.
    """

    primitive: Literal["pick_place", "push"]
    start: Pose
    end: Pose
    tool: Tool = "suction"
    clipped: bool = False
    id: int = field(default_factory=lambda: next(_handle_ids), compare=False)


@dataclass(frozen=True)
class Outcome:
    """What became of an action. ``unknown`` counts as failure.

    Attributes:
        action: as carried out (after any clipping by the robot).
        status: "done" | "missed" (nothing was held) | "rejected" (not begun) | "aborted" (stopped midway) | "unknown".
        end: measured pose of the tool at the end, or None.
        holding: whether something hangs on the tool.
        error: a sentence, "" when done.
        seconds: duration of the motion, of simulated time in a simulator.
    """

    action: Action
    status: Status
    end: Pose | None = None
    holding: bool = False
    error: str = ""
    seconds: float = 0.0


# --- the world as a reward function sees it -------------------------------------------------------------------------


@dataclass(frozen=True)
class ObjectState:
    """One object at one moment, by the simulator or as perceived.

    Attributes:
        id: stable within an episode.
        name, texture: "heart", "red and yellow polka dot"; "" when perception can't say.
        pose: of the visible centre of the footprint.
        size: (x, y, z) metres, of the object's own upright bounding box.
        footprint: polygon(s) of (x, y) in the base frame: outer outline first, then holes (an inner outline).
        on: id of what it rests on or in, or None for the table.
    """

    id: int
    name: str
    texture: str
    pose: Pose
    size: tuple[float, float, float]
    footprint: tuple[tuple[tuple[float, float], ...], ...] = ()
    on: int | None = None


@dataclass(frozen=True)
class Event:
    """Something that happened during an action: ``a`` touched ``b``, was dropped, or left the table."""

    kind: Literal["touched", "dropped", "left_table"]
    a: int
    b: int | None = None


@dataclass(frozen=True)
class Moment:
    """An entry of a reward's history: the objects after an action (None: the start) and what happened in between."""

    action: Action | None
    objects: tuple[ObjectState, ...]
    events: tuple[Event, ...] = ()


# --- being told -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Slot:
    """What a ``{name}`` in an instruction stands for.

    Attributes:
        kind: an object's picture, a scene's or a frame's picture, a click, or a word.
        pictures: by camera name (object, scene, frame); "top" first, or "picture" for a file of the user's. An object's
            picture shows it alone, cut out where its outline is known.
        click: (x, y) pixels of the top view.
        word: the text that stands in for it.
        binding: the scene's own object ids (object, click); what a reward's ``slots`` carries, never a program's.
        states: the arrangement a scene or frame shows; likewise.
    """

    kind: SlotKind
    pictures: Mapping[str, Image] = field(default_factory=dict)
    click: tuple[float, float] | None = None
    word: str = ""
    binding: tuple[int, ...] = ()
    states: tuple[ObjectState, ...] = ()


@dataclass(frozen=True, eq=False)
class Instruction:
    """What a person asks for.

    Attributes:
        text: its ``{names}`` are keys of ``slots``.
        slots: what the names stand for.
        clicks: in order, pixels of the top view.
        words: what the text says besides that differs from episode to episode, for other sentences that ask the same:
            "turn it by $degrees degrees".
    """

    text: str
    slots: Mapping[str, Slot] = field(default_factory=dict)
    clicks: Sequence[tuple[float, float]] = ()
    words: Mapping[str, str] = field(default_factory=dict)
