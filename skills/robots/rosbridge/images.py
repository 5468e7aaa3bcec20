"""Pictures out of messages: raw and compressed colour, depth, and what a camera says of itself."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from skills.robots.rosbridge.errors import BadMessage
from skills.types import Float, UInt8

LARGEST = 4096
_COLOURS = {"rgb8": 3, "bgr8": 3, "rgba8": 4, "bgra8": 4, "mono8": 1, "8UC3": 3, "8UC1": 1}
_DEPTHS = {"16UC1": ("u2", 1e-3), "mono16": ("u2", 1e-3), "32FC1": ("f4", 1.0)}


def colour(message: Mapping[str, Any]) -> UInt8:
    """(H, W, 3) uint8 RGB of a sensor_msgs/Image or CompressedImage.

    Raises:
        BadMessage: another encoding, or sizes that do not fit.
    """
    if "format" in message:
        return _compressed(_data(message), str(message["format"]))
    encoding = str(message.get("encoding"))
    if encoding not in _COLOURS:
        raise BadMessage(f"a picture in {encoding!r}; {', '.join(_COLOURS)} are read")
    array = _rows(message, np.dtype("u1"), _COLOURS[encoding])
    if array.shape[2] == 1:
        array = np.repeat(array, 3, axis=2)
    array = array[..., :3]
    swapped = encoding.startswith("bgr") or encoding == "8UC3"
    return np.array(array[..., ::-1] if swapped else array, order="C")  # a copy of its own: torch wants it writable


def depth(message: Mapping[str, Any]) -> Float:
    """(H, W) float32 metres; 0 where the sensor saw nothing. Of 16UC1 (mm) or 32FC1 (m).

    Raises:
        BadMessage: another encoding, or sizes that do not fit.
    """
    if "format" in message:
        raise BadMessage("compressed depth can't be read: subscribe to the raw topic (it goes over the wire as CBOR)")
    encoding = str(message.get("encoding"))
    if encoding not in _DEPTHS:
        raise BadMessage(f"depth in {encoding!r}; {', '.join(_DEPTHS)} are read")
    kind, scale = _DEPTHS[encoding]
    order = ">" if message.get("is_bigendian") else "<"
    values = _rows(message, np.dtype(order + kind), 1)[..., 0].astype(np.float32) * np.float32(scale)
    return np.where(np.isfinite(values) & (values > 0), values, 0).astype(np.float32)


@dataclass(frozen=True, eq=False)
class CameraInfo:
    """sensor_msgs/CameraInfo.

    Attributes:
        width, height: pixels.
        k: (3, 3) float64 intrinsics of the picture as it comes.
        d: (N,) float64 distortion; zeros when there is none.
        p: (3, 3) float64 intrinsics of the rectified picture.
        frame: optical frame.
    """

    width: int
    height: int
    k: Float
    d: Float
    p: Float
    frame: str

    def same(self, shape: tuple[int, int]) -> bool:
        """Whether it is about pictures of (height, width)."""
        return (self.height, self.width) == shape


def camera_info(message: Mapping[str, Any]) -> CameraInfo:
    """Reads a CameraInfo; ROS 1 writes K, D and P, ROS 2 k, d and p.

    Raises:
        BadMessage: it is not calibrated, or makes no sense.
    """
    k = _numbers(message, "k", 9).reshape(3, 3)
    p = _numbers(message, "p", 12).reshape(3, 4)[:, :3]
    d = _numbers(message, "d", None)
    width, height = _side(message, "width"), _side(message, "height")
    model = str(message.get("distortion_model", ""))
    if d.any() and model not in ("plumb_bob", "rational_polynomial", ""):
        raise BadMessage(f"distortion {model!r}; plumb_bob and rational_polynomial are read, or rectified pictures")
    if len(d) not in (0, 4, 5, 8, 12, 14):
        raise BadMessage(f"a distortion of {len(d)} numbers")
    if not (k[0, 0] > 1 and k[1, 1] > 1):
        raise BadMessage(f"focal lengths {k[0, 0]:g}, {k[1, 1]:g}: this camera is not calibrated")
    p = p if p[0, 0] > 1 else k
    header = message.get("header")
    frame = str(header.get("frame_id", "")) if isinstance(header, Mapping) else ""
    return CameraInfo(width, height, k, d, p, frame.lstrip("/"))


def _numbers(message: Mapping[str, Any], name: str, count: int | None) -> Float:
    given = message.get(name, message.get(name.upper()))
    try:
        values = np.asarray(given if given is not None else [], dtype=np.float64).ravel()
    except (TypeError, ValueError):
        raise BadMessage(f"camera_info's {name} is no list of numbers") from None
    if (count is not None and len(values) != count) or not np.isfinite(values).all():
        raise BadMessage(f"camera_info's {name} has {len(values)} numbers or is not finite")
    return values


def _side(message: Mapping[str, Any], name: str) -> int:
    value = message.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= LARGEST:
        raise BadMessage(f"a picture whose {name} is {str(value)[:40]}; 1..{LARGEST} pixels are read")
    return value


def _data(message: Mapping[str, Any]) -> bytes:
    data = message.get("data")
    if isinstance(data, bytes):
        return data
    if isinstance(data, str):
        try:
            return base64.b64decode(data, validate=True)
        except (binascii.Error, ValueError):
            raise BadMessage("a picture whose data is not base64") from None
    if isinstance(data, np.ndarray) and data.dtype == np.uint8:
        return data.tobytes()
    raise BadMessage(f"a picture whose data is {type(data).__name__}")


def _rows(message: Mapping[str, Any], dtype: np.dtype[Any], channels: int) -> Any:
    """(H, W, C) of a raw image, whatever its rows are padded with."""
    width, height, data = _side(message, "width"), _side(message, "height"), _data(message)
    line = width * channels * dtype.itemsize
    step = message.get("step") or line
    if not isinstance(step, int) or step < line or len(data) < step * (height - 1) + line:
        raise BadMessage(f"a picture of {width} x {height} pixels with {len(data)} bytes in rows of {step}")
    padded = data.ljust(step * height, b"\0")[: step * height]
    rows = np.frombuffer(padded, np.uint8).reshape(height, step)[:, :line]
    return np.ascontiguousarray(rows).view(dtype).reshape(height, width, channels)


def _compressed(data: bytes, form: str) -> UInt8:
    import io

    from PIL import Image as Pillow
    from PIL import UnidentifiedImageError

    try:
        with Pillow.open(io.BytesIO(data), formats=("JPEG", "PNG")) as file:
            if max(file.size) > LARGEST:
                raise BadMessage(f"a picture of {file.size[0]} x {file.size[1]} pixels; at most {LARGEST} are read")
            # image_transport writes "bgr8; jpeg compressed bgr8": the file itself is in ordinary colours either way
            return np.array(file.convert("RGB"))
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise BadMessage(f"a compressed picture ({form[:40]}) that can't be read: {error}") from None
