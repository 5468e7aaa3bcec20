"""rosbridge's wire format, version 2: JSON text, CBOR with typed arrays (RFC 8746), fragments.

Everything that comes in is hostile until it has passed here: sizes and depths are bounded, numbers that JSON does not
know (NaN, Infinity) are refused, and whatever can't be read raises ``BadMessage``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from skills.robots.rosbridge.errors import BadMessage

LARGEST = 32 << 20
"""Bytes of a message; a raw picture of 2048 x 2048 in base64 is 17 MB."""
FRAGMENTS = 4096
_DEPTH = 64

TYPED_ARRAYS = {
    64: "u1", 65: ">u2", 66: ">u4", 67: ">u8", 68: "u1", 69: "<u2", 70: "<u4", 71: "<u8",
    72: "i1", 73: ">i2", 74: ">i4", 75: ">i8", 77: "<i2", 78: "<i4", 79: "<i8",
    80: ">f2", 81: ">f4", 82: ">f8", 84: "<f2", 85: "<f4", 86: "<f8",
}  # fmt: skip
"""RFC 8746 tag -> numpy dtype; 128-bit floats (83, 87) are refused."""


def encode(message: Mapping[str, Any]) -> str:
    """A message as text.

    Raises:
        ValueError: a number that is not finite.
    """
    return json.dumps(message, allow_nan=False, separators=(",", ":"))


class Decoder:
    """Puts messages together from what one connection receives."""

    def __init__(self) -> None:
        self._parts: dict[str, dict[int, str]] = {}

    def feed(self, data: str | bytes) -> dict[str, Any] | None:
        """One received frame; the message that it completes, or None when parts are missing.

        Raises:
            BadMessage: it can't be read.
        """
        if len(data) > LARGEST:
            raise BadMessage(f"a message of {len(data)} bytes; at most {LARGEST} are read")
        message = _binary(data) if isinstance(data, bytes) else _text(data)
        return self._joined(message) if message.get("op") == "fragment" else message

    def _joined(self, message: Mapping[str, Any]) -> dict[str, Any] | None:
        """Fragments in any order; their ``total`` may come as a float whose whole part counts."""
        name, text = str(message.get("id")), message.get("data")
        try:
            number, total = int(message["num"]), int(message["total"])
        except (KeyError, TypeError, ValueError, OverflowError):
            raise BadMessage(f"a fragment without num and total: {sorted(message)}") from None
        if not (isinstance(text, str) and 0 <= number < total <= FRAGMENTS):
            raise BadMessage(f"fragment {number} of {total}; at most {FRAGMENTS} are put together")
        if name not in self._parts and len(self._parts) >= 8:
            self._parts.pop(next(iter(self._parts)))  # the oldest message that never became whole
        parts = self._parts.setdefault(name, {})
        parts[number] = text
        if sum(map(len, parts.values())) > LARGEST:
            raise BadMessage(f"fragments of more than {LARGEST} bytes")
        if len(parts) < total:
            return None
        del self._parts[name]
        whole = _text("".join(parts[i] for i in sorted(parts)))
        if whole.get("op") == "fragment":
            raise BadMessage("a fragment inside fragments")
        return whole


def _text(data: str) -> dict[str, Any]:
    try:
        return _message(json.loads(data, parse_constant=_not_a_number))
    except (ValueError, RecursionError) as error:
        raise BadMessage(f"not JSON: {error}") from None


def _binary(data: bytes) -> dict[str, Any]:
    import cbor2

    try:
        return _message(cbor2.loads(data, tag_hook=_array, max_depth=_DEPTH))
    except (cbor2.CBORDecodeError, ValueError, TypeError, RecursionError, MemoryError) as error:
        raise BadMessage(f"not CBOR: {error}") from None


def _array(*given: Any) -> Any:
    """A typed array as numpy's. cbor2 before 6 calls with (decoder, tag), since then with (tag, immutable)."""
    tag = next(one for one in given if hasattr(one, "tag"))
    if tag.tag not in TYPED_ARRAYS or not isinstance(tag.value, bytes):
        raise ValueError(f"tag {tag.tag} is not an array that is known")
    return np.frombuffer(tag.value, TYPED_ARRAYS[tag.tag])


def _message(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict) or not isinstance(value.get("op"), str):
        raise ValueError("not a message with an op")
    return value


def _not_a_number(name: str) -> Any:
    raise ValueError(f"{name} is not a number")
