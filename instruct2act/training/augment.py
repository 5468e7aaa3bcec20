"""Changes to a picture that a camera or a nearer view could have made; the truth about its pixels moves along."""

from __future__ import annotations

import cv2
import numpy as np

from instruct2act.training.engine import Picture
from skills.types import Float, Int, UInt8

WITHOUT, EXACT = 0.25, 0.3
"""Shares of pictures without depth, and with depth as the simulator gives it; the others' has noise."""

_NOISE = (0.0003, 0.006)
"""Metres, standard deviation."""


def augment(picture: Picture, rng: np.random.Generator, without: float = WITHOUT, exact: float = EXACT) -> Picture:
    """A new picture of the same size: mirrored, nearer, in other light, by a worse camera, or just as it was.

    Args:
        picture: is not changed.
        rng: decides.
        without: share of pictures without depth.
        exact: share of pictures with depth as it is; that of the others gets noise.
    """
    rgb, segmentation = picture.rgb, picture.segmentation
    unknown = np.full(segmentation.shape, np.nan, np.float32)
    height = unknown if picture.height is None else _sensed(picture.height.astype(np.float32), rng, without, exact)
    if rng.random() < 0.5:
        rgb, segmentation, height = rgb[:, ::-1], segmentation[:, ::-1], height[:, ::-1]
    if rng.random() < 0.5:
        rgb, segmentation, height = rgb[::-1], segmentation[::-1], height[::-1]
    if rng.random() < 0.3:
        rgb, segmentation, height = _nearer(rgb, segmentation, height, rng)
    return Picture(
        recolored(np.ascontiguousarray(rgb), rng),
        np.ascontiguousarray(segmentation),
        height=np.ascontiguousarray(height),
    )


def recolored(rgb: UInt8, rng: np.random.Generator) -> UInt8:
    """(H, W, 3) in other light, by a worse camera, or just as it was."""
    if rng.random() < 0.5:
        rgb = _other_light(rgb, rng)
    if rng.random() < 0.35:
        rgb = _worse_camera(rgb, rng)
    return rgb


def _sensed(height: Float, rng: np.random.Generator, without: float, exact: float) -> Float:
    """(H, W) heights as a camera measures them: not at all, exactly, or with noise, a plane somewhat off, and holes."""
    kind = rng.random()
    if kind < without:
        return np.full_like(height, np.nan)
    if kind < without + exact:
        return height
    noise = float(np.exp(rng.uniform(np.log(_NOISE[0]), np.log(_NOISE[1]))))
    slope = rng.normal(0.0, 0.3 * noise, 3)
    down, across = (np.linspace(-1, 1, side) for side in height.shape)
    ramp = slope[0] + slope[1] * down[:, None] + slope[2] * across
    noisy = height + ramp + rng.normal(0.0, noise, height.shape)
    noisy[rng.random(height.shape) < rng.uniform(0.0, 0.05)] = np.nan
    sensed: Float = noisy.astype(np.float32)
    return sensed


def _nearer(rgb: UInt8, segmentation: Int, above: Float, rng: np.random.Generator) -> tuple[UInt8, Int, Float]:
    """A part of the picture, enlarged: up to 1.6 times as a rule, up to 4 times now and then."""
    height, width = segmentation.shape
    factor = rng.uniform(1.0, 1.6) if rng.random() < 0.7 else rng.uniform(1.6, 4.0)
    h, w = round(height / factor), round(width / factor)
    top, left = int(rng.integers(height - h + 1)), int(rng.integers(width - w + 1))
    part = slice(top, top + h), slice(left, left + w)
    smooth = cv2.INTER_LINEAR if rng.random() < 0.7 else cv2.INTER_NEAREST
    near = cv2.resize(rgb[part], (width, height), interpolation=smooth)
    ids = cv2.resize(segmentation[part], (width, height), interpolation=cv2.INTER_NEAREST)
    up: Float = cv2.resize(above[part], (width, height), interpolation=cv2.INTER_NEAREST).astype(np.float32)
    return near.astype(np.uint8), ids.astype(np.int16), up


def _other_light(rgb: UInt8, rng: np.random.Generator) -> UInt8:
    """Gain a channel, contrast, gamma, and a brightness that changes across the picture."""
    level = np.arange(256, dtype=np.float32) / 255
    curve = np.clip(level ** np.exp(rng.normal(0, 0.25)) * rng.uniform(0.7, 1.25) + rng.normal(0, 0.05), 0, 1)
    table = np.clip(curve[:, None] * rng.uniform(0.85, 1.15, 3) * 255, 0, 255).astype(np.uint8)
    lit: UInt8 = np.ascontiguousarray(cv2.LUT(np.ascontiguousarray(rgb), table[:, None, :].reshape(1, 256, 3)))
    if rng.random() < 0.3:
        height, width = rgb.shape[:2]
        slope = rng.normal(0, 0.25, 2)
        ramp = 1 + slope[0] * np.linspace(-1, 1, height)[:, None] + slope[1] * np.linspace(-1, 1, width)
        lit = np.clip(lit * np.clip(ramp, 0.3, 1.7)[..., None], 0, 255).astype(np.uint8)
    return lit


def _worse_camera(rgb: UInt8, rng: np.random.Generator) -> UInt8:
    """Blur, noise, JPEG: each of them sometimes."""
    worse = np.ascontiguousarray(rgb)
    if rng.random() < 0.5:
        worse = cv2.GaussianBlur(worse, (0, 0), float(rng.uniform(0.3, 1.0))).astype(np.uint8)
    if rng.random() < 0.5:
        noise = rng.normal(0, rng.uniform(1, 10), rgb.shape)
        worse = np.clip(worse + noise, 0, 255).astype(np.uint8)
    if rng.random() < 0.4:
        _, code = cv2.imencode(".jpg", worse, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(40, 95))])
        worse = np.asarray(cv2.imdecode(code, cv2.IMREAD_COLOR), dtype=np.uint8)
    return worse
