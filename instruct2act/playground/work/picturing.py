"""Pictures as bytes and files."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from skills.types import Bool, UInt8

_JPEG_QUALITY = 80


def png(rgb: UInt8, mask: Bool | None = None) -> bytes:
    """A PNG of (H, W, 3); what lies outside of a (H, W) mask is transparent."""
    import cv2

    bgr = cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR)
    whole = bgr if mask is None else np.dstack([bgr, np.where(mask, 255, 0).astype(np.uint8)])
    done, content = cv2.imencode(".png", whole, [cv2.IMWRITE_PNG_COMPRESSION, 4])
    if not done:
        raise ValueError("a picture can't be written as PNG")
    return content.tobytes()


def jpeg(rgb: UInt8) -> bytes:
    """A JPEG of (H, W, 3)."""
    import cv2

    done, content = cv2.imencode(
        ".jpg", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY]
    )
    if not done:
        raise ValueError("a picture can't be written as JPEG")
    return content.tobytes()


def write_png(path: Path, rgb: UInt8, mask: Bool | None = None) -> None:
    """A PNG file under its name once it is whole."""
    half = path.with_name(f".{path.name}.part")
    half.write_bytes(png(rgb, mask))
    half.replace(path)
