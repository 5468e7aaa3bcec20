"""The view from above that skills work on, made out of a calibrated camera that stands anywhere.

With depth every pixel is put where it is and seen again from above, the highest surface first. What no pixel fell on is
filled from its neighbours where the gap is small; a larger one, hidden behind a thing, takes the colour of the nearest
table, so that it is not taken for a thing, and stays without depth. Without depth the picture is laid onto the table's
plane, where things lean away from the camera.
"""

from __future__ import annotations

import numpy as np

from skills.types import Bool, Camera, Float, Int, UInt8, View, Workspace

EYE_M = 1.5
"""Height of the made camera above the table."""
MARGIN_M = 0.03
"""Seen around the workspace."""
HIGHEST_M = 0.5
"""What is higher above the table is the arm or a person."""
TABLE_M = 0.01
"""What is no higher is the table."""


def above(workspace: Workspace, size: tuple[int, int]) -> Camera:
    """An orthographic camera over the workspace, oriented as the top view is: rows along +x, columns along +y.

    Args:
        workspace: what has to be seen.
        size: (height, width) pixels at most; the pixels are square.
    """
    low, high = np.array(workspace.low[:2]) - MARGIN_M, np.array(workspace.high[:2]) + MARGIN_M
    scale = float(min(size[0] / (high[0] - low[0]), size[1] / (high[1] - low[1])))
    height, width = (max(1, int(scale * side)) for side in high - low)
    middle = (low + high) / 2
    pose = np.eye(4)
    pose[:3, :3] = np.column_stack([(0.0, 1.0, 0.0), (1.0, 0.0, 0.0), (0.0, 0.0, -1.0)])
    pose[:3, 3] = (*middle, EYE_M)
    intrinsics = np.array([[scale, 0.0, (width - 1) / 2], [0.0, scale, (height - 1) / 2], [0.0, 0.0, 1.0]])
    return Camera("top", width, height, intrinsics, pose, "orthographic")


def seen_from_above(view: View, camera: Camera) -> View:
    """What a view shows, as ``camera`` (from ``above``) would see it."""
    return _laid_flat(view, camera) if view.depth_m is None else _seen_again(view, camera)


def _laid_flat(view: View, camera: Camera) -> View:
    import cv2

    corners = np.array([(0, 0), (camera.width - 1, 0), (camera.width - 1, camera.height - 1), (0, camera.height - 1)])
    there, depths = view.camera.project(camera.meet_plane(corners))
    if (depths <= 0).any():
        return View(np.zeros((camera.height, camera.width, 3), np.uint8), camera)
    to_source = cv2.getPerspectiveTransform(corners.astype(np.float32), there.astype(np.float32))
    flags = cv2.INTER_AREA | cv2.WARP_INVERSE_MAP
    rgb = cv2.warpPerspective(view.rgb, to_source, (camera.width, camera.height), flags=flags)
    return View(np.ascontiguousarray(rgb), camera)


def _seen_again(view: View, camera: Camera) -> View:
    assert view.depth_m is not None
    rows, columns = np.nonzero(view.depth_m > 0)
    pixels = np.column_stack([columns, rows]).astype(np.float64)
    points = view.camera.back_project(pixels, view.depth_m[rows, columns])
    # How many made pixels one seen pixel covers: it is splatted as a square of that size.
    beside = view.camera.back_project(pixels + np.array([1.0, 0.0]), view.depth_m[rows, columns])
    apart = np.linalg.norm(beside - points, axis=1)
    spread = float(np.median(apart)) * camera.intrinsics[0, 0] if len(rows) else 1.0
    kept = (points[:, 2] > -0.05) & (points[:, 2] < HIGHEST_M)
    at = np.rint(camera.project(points[kept])[0]).astype(int) if kept.any() else np.zeros((0, 2), int)
    inside = (at >= 0).all(axis=1) & (at < (camera.width, camera.height)).all(axis=1)
    at, height_m = at[inside], points[kept][inside, 2]
    colours = view.rgb[rows[kept][inside], columns[kept][inside]]
    order = np.argsort(height_m, kind="stable")  # the highest is written last
    rgb = np.zeros((camera.height, camera.width, 3), np.uint8)
    heights = np.full((camera.height, camera.width), -np.inf, np.float32)
    rgb[at[order, 1], at[order, 0]] = colours[order]
    heights[at[order, 1], at[order, 0]] = height_m[order]
    rgb, heights = _closed(rgb, heights, max(1, round(spread)))
    depth_m = np.where(np.isfinite(heights), EYE_M - heights, 0).astype(np.float32)
    return View(rgb, camera, depth_m)


def _closed(rgb: UInt8, heights: Float, reach: int) -> tuple[UInt8, Float]:
    """Gaps of a few pixels take the nearest neighbour, larger ones the nearest table's colour and no height."""
    empty = ~np.isfinite(heights)
    if not empty.any() or empty.all():
        return rgb, heights
    nearest, distance = _nearest(~empty)
    small = empty & (distance <= reach + 1.5)
    rgb, heights = rgb.copy(), heights.copy()
    rgb[small], heights[small] = rgb.reshape(-1, 3)[nearest[small]], heights.ravel()[nearest[small]]
    table = np.isfinite(heights) & (np.abs(heights) < TABLE_M)
    if table.any():
        nearest, _ = _nearest(table)
        hidden = ~np.isfinite(heights)
        rgb[hidden] = rgb.reshape(-1, 3)[nearest[hidden]]
    return rgb, heights


def _nearest(there: Bool) -> tuple[Int, Float]:
    """For each pixel the flat index of the nearest one that is there, and how far that is."""
    import cv2

    distance, labels = cv2.distanceTransformWithLabels(
        (~there).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    sources = np.flatnonzero(there)
    where = np.zeros(int(labels.max()) + 1, np.int64)
    where[labels.ravel()[sources]] = sources
    return where[labels], np.asarray(distance)
