"""What goes over a wire, as shapes: key -> type, message by message. Holds the double to a real rosbridge."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from skills.robots.rosbridge import wire


def shape(value: Any) -> Any:
    """The types of a message, whatever its values: lists by their first entry, pictures as what carries them."""
    if isinstance(value, Mapping):
        return {str(name): shape(item) for name, item in sorted(value.items())}
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, (int, float)):
        return "number"
    if isinstance(value, (list, tuple)):
        return [shape(value[0])] if value else []
    if isinstance(value, str):
        return "data" if len(value) > 200 and _is_base64(value) else "text"
    return "data" if isinstance(value, bytes) else type(value).__name__


def name(message: Mapping[str, Any]) -> str:
    """What tells messages apart: the operation and what it is about."""
    about = message.get("topic") or message.get("service") or message.get("action") or ""
    return f"{message['op']} {str(about).split('/')[-1]}"


@contextmanager
def heard() -> Iterator[dict[str, Any]]:
    """Collects the shape of the last message of each kind that any link receives."""
    kept: dict[str, Any] = {}
    feed = wire.Decoder.feed

    def watched(self: wire.Decoder, data: str | bytes) -> dict[str, Any] | None:
        message = feed(self, data)
        if message is not None:
            kept[name(message)] = shape(message)
        return message

    wire.Decoder.feed = watched  # type: ignore[method-assign]
    try:
        yield kept
    finally:
        wire.Decoder.feed = feed  # type: ignore[method-assign]


def _is_base64(value: str) -> bool:
    try:
        base64.b64decode(value, validate=True)
    except ValueError:
        return False
    return True
