"""What a mask says of the thing it shows: its place on the table, its visible centre, a point that suction can hold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skills.errors import NoSurface
from skills.types import Bool, Float, Mask, View

HANDLE_WIDTH = 0.35
"""Parts narrower than this share of the widest inscribed circle may be a handle."""
HANDLE_AREA = 0.06
"""A narrow part is a handle, and not a corner, from this share of the whole area."""
GRASP_CLEARANCE_M = 0.008
"""How far inside its outline a thing is held, if it is that wide."""


@dataclass(frozen=True, eq=False)
class Footprint:
    """A thing's place on the table.

    Attributes:
        center: (2,) metres: the visible centre, that is, the centre of the smallest upright box around the outline
            (holes and what lies inside filled, a handle left out), whatever the yaw.
        grasp: (3,) metres: a point of the visible surface, well inside it and close to its centroid.
        points: (N, 2) metres: where the filled outline's pixels lie.
        outline: (K, 2) metres: its border.
        cell: metres between neighbouring points.
    """

    center: Float
    grasp: Float
    points: Float
    outline: Float
    cell: float

    @property
    def radius(self) -> float:
        """Of the circle about the centre that holds the whole outline, metres."""
        return float(np.linalg.norm(self.outline - self.center, axis=1).max()) + self.cell / 2


def footprint(mask: Mask, view: View) -> Footprint:
    """Measures a mask with its camera's calibration and depth; without depth it lies on the table's plane, z = 0.

    Raises:
        NoSurface: the rays through the mask do not meet the table.
    """
    whole = filled(mask.array)
    kept = without_handle(whole)
    outline_px = border(whole)
    cell = _cell(view, outline_px.mean(axis=0))
    outline = table_points(view, outline_px, mask.array)[:, :2]
    points = table_points(view, pixels_of(whole), mask.array)[:, :2]
    center = box_center(outline, points)
    if kept is not whole:
        center = box_center(*(table_points(view, px, mask.array)[:, :2] for px in (border(kept), pixels_of(kept))))

    return Footprint(center, _grasp(mask, view, cell), points, outline, cell)


def _grasp(mask: Mask, view: View, cell: float) -> Float:
    """(3,) metres: the point of the visible, level surface that is well inside it and closest to its centroid."""
    import cv2

    level = _level(mask, view, cell)
    inside_px = cv2.distanceTransform(np.pad(level, 1).astype(np.uint8), cv2.DIST_L2, 5)[1:-1, 1:-1] - 0.5
    clearance = inside_px * cell
    good = pixels_of(clearance >= min(GRASP_CLEARANCE_M, 0.8 * float(clearance.max())))
    at = good[np.linalg.norm(good - pixels_of(mask.array).mean(axis=0), axis=1).argmin()]
    point: Float = table_points(view, at[None], mask.array)[0]
    return point


def _level(mask: Mask, view: View, cell: float) -> Bool:
    """The pixels of a mask whose surroundings rise by less than 45 degrees: not a side that a slanted view shows."""
    import cv2

    if view.depth_m is None:
        return mask.array
    height = np.zeros(mask.array.shape, np.float32)
    height[mask.array] = table_points(view, pixels_of(mask.array), mask.array)[:, 2]
    kernel = np.ones((3, 3), np.uint8)
    highest = cv2.dilate(np.where(mask.array, height, -1.0).astype(np.float32), kernel)
    lowest = cv2.erode(np.where(mask.array, height, 9.0).astype(np.float32), kernel)
    level: Bool = mask.array & (highest - lowest <= 2 * cell)
    return level if level.any() else mask.array


def filled(array: Bool) -> Bool:
    """A mask with its holes filled, specks away from its main part dropped. (H, W) bool."""
    import cv2

    contours, _ = cv2.findContours(array.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    areas = [cv2.contourArea(contour) + len(contour) for contour in contours]
    kept = [contour for contour, area in zip(contours, areas) if area >= 0.2 * max(areas)]
    canvas = np.zeros(array.shape, np.uint8)
    cv2.drawContours(canvas, kept, -1, 1, cv2.FILLED)
    return canvas.astype(bool)


def without_handle(whole: Bool) -> Bool:
    """A filled outline without a long narrow part, such as a pan's handle; the same array if it has none."""
    import cv2

    padded = np.pad(whole, 1).astype(np.uint8)
    widest = float(cv2.distanceTransform(padded, cv2.DIST_L2, 5).max())
    reach = round(HANDLE_WIDTH * widest)
    if reach < 2:
        return whole
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    rest = cv2.morphologyEx(padded, cv2.MORPH_OPEN, kernel, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(((padded == 1) & (rest == 0)).astype(np.uint8))
    least = HANDLE_AREA * float(padded.sum())
    narrow = [i for i in range(1, count) if stats[i, cv2.CC_STAT_AREA] >= least]
    if len(narrow) != 1:
        return whole
    kept: Bool = (padded.astype(bool) & (labels != narrow[0]))[1:-1, 1:-1]
    return kept


def border(array: Bool) -> Float:
    """Pixels (K, 2) (x, y) along the border of a mask."""
    import cv2

    contours, _ = cv2.findContours(array.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    points: Float = np.concatenate([contour[:, 0] for contour in contours]).astype(np.float64)
    return points


def box_center(outline: Float, inside: Float) -> Float:
    """(2,) centre of the upright box around a thing of unknown yaw.

    A thing as symmetric as a heart has its axis along a principal axis of its surface: that box counts unless another
    is clearly smaller (an L's). Otherwise it is the smallest box, and where several are nearly as small (a triangle has
    three) their mean, weighted by how nearly. Either way it turns with the outline.

    Args:
        outline: (K, 2) metres.
        inside: (N, 2) metres, spread evenly over the surface.
    """
    if len(inside) < 3:
        middle: Float = outline.mean(axis=0)
        return middle
    spread, axes = np.linalg.eigh(np.cov(inside.T))
    own = float(np.arctan2(axes[1, 1], axes[0, 1]))
    area, center = _box(outline, own + np.radians(np.arange(90)))
    weights = np.exp(-(area / max(float(area.min()), 1e-9) - 1) / 0.04)
    if area.min() <= 0 or (spread[1] - spread[0] > 0.1 * spread.sum() and area[0] <= 1.2 * area.min()):
        weights = np.eye(len(area))[0]
    mean: Float = weights @ center / weights.sum()
    return mean


def _box(outline: Float, angles: Float) -> tuple[Float, Float]:
    """Area (A,) and centre (A, 2) of the box around points (K, 2) at each angle."""
    along = np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    across = np.stack([-np.sin(angles), np.cos(angles)], axis=-1)
    u, v = outline @ along.T, outline @ across.T
    middle = (u.min(axis=0) + u.max(axis=0)) / 2, (v.min(axis=0) + v.max(axis=0)) / 2
    return np.ptp(u, axis=0) * np.ptp(v, axis=0), middle[0][:, None] * along + middle[1][:, None] * across


def table_points(view: View, pixels: Float, inside: Bool | None = None) -> Float:
    """Base points (N, 3), metres, of the surface at pixels (N, 2) (x, y).

    With depth, a pixel takes the nearest surface in its 3 x 3 neighbourhood (inside the mask, where one is given), so
    that an outline lies on the rim and not beside it. Without depth, or where it is missing, rays meet the table.

    Raises:
        NoSurface: they don't.
    """
    flat = view.camera.meet_plane(pixels)
    if not np.isfinite(flat).all():
        raise NoSurface(f"the camera {view.camera.name!r} does not look at the table there")
    if view.depth_m is None:
        return flat
    depth = np.where(np.isfinite(view.depth_m) & (view.depth_m > 0), view.depth_m, np.inf)
    if inside is not None:
        depth = np.where(inside, depth, np.inf)
    height, width = depth.shape
    columns, rows = np.rint(pixels).astype(int).T
    steps = np.array([(dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)])
    y, x = rows[:, None] + steps[:, 0], columns[:, None] + steps[:, 1]
    there = (y >= 0) & (y < height) & (x >= 0) & (x < width)
    near = np.where(there, depth[y.clip(0, height - 1), x.clip(0, width - 1)], np.inf).min(axis=1)
    own = depth[rows.clip(0, height - 1), columns.clip(0, width - 1)]
    best = near if inside is not None else np.where(np.isfinite(own), own, near)
    seen = np.isfinite(best)
    points = flat.copy()
    if seen.any():
        points[seen] = view.camera.back_project(pixels[seen], best[seen])
    return points


def pixels_of(array: Bool) -> Float:
    """(N, 2) (x, y) of the pixels of a mask."""
    rows, columns = np.nonzero(array)
    return np.column_stack([columns, rows]).astype(np.float64)


def iou(a: Bool, b: Bool) -> float:
    """Intersection over union of two masks, [0, 1]; 0 when they belong to pictures of different sizes."""
    if a.shape != b.shape:
        return 0.0
    union = np.count_nonzero(a | b)
    return np.count_nonzero(a & b) / union if union else 0.0


def _cell(view: View, at: Float) -> float:
    """Metres on the table between neighbouring pixels."""
    three = view.camera.meet_plane(at + np.array([(0, 0), (1, 0), (0, 1)]))[:, :2]
    return float(np.linalg.norm(three[1:] - three[0], axis=1).mean())
