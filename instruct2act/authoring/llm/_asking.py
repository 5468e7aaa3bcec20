"""A request in the chat-completions form, and the small facts of an answer's frame."""

from __future__ import annotations

import base64
import email.utils
import io
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from instruct2act.authoring.llm import Message
from instruct2act.config import Llm
from skills.types import Image

SMALLEST_SIDE = 224
"""Pixels that a picture's longer side is brought to by whole factors: models see little in a thumbnail."""
AROUND = 255
"""Grey level around what a picture shows."""
LONGEST_AFTER_S = 600.0


def request(settings: Llm, messages: Sequence[Message], shown: bool) -> dict[str, Any]:
    """Fields of a request.

    Args:
        settings: model, temperature, limits; ``extra`` fields win, and None drops one.
        messages: the conversation.
        shown: whether pictures go along; words about them otherwise.
    """
    # OpenAI's newer models know only the first name, most other servers only the second.
    hosted = urlsplit(settings.base_url).hostname == "api.openai.com"
    names = ("max_completion_tokens", "max_tokens") if hosted else ("max_tokens", "max_completion_tokens")
    bound = next((name for name in names if name not in settings.extra), names[0])
    fields: dict[str, Any] = {
        "model": settings.model,
        "messages": [{"role": message.role, "content": content(message, shown)} for message in messages],
        "stream": True,
        "stream_options": {"include_usage": True},
        "temperature": settings.temperature,
        bound: settings.max_tokens,
    }
    known = {name: value for name, value in fields.items() if value is not None and name not in settings.extra}
    more = {name: value for name, value in settings.extra.items() if value is not None}
    return known | ({"extra_body": more} if more else {})


def content(message: Message, shown: bool) -> str | list[dict[str, Any]]:
    """A message's text, with its pictures or with words about them."""
    if not shown or not message.images:
        return with_words(message)
    parts: list[dict[str, Any]] = [{"type": "text", "text": message.text}]
    for name, image in message.images:
        parts.append({"type": "text", "text": f"Picture {json.dumps(name)}:"})
        parts.append({"type": "image_url", "image_url": {"url": data_url(image)}})
    return parts


def with_words(message: Message) -> str:
    """The text, then one line a picture: JSON strings, so that nothing in them reads as part of the prompt."""
    if not message.words:
        return message.text
    lines = [f"{json.dumps(name)}: {json.dumps(words)}" for name, words in message.words]
    return "\n".join([message.text.rstrip("\n"), "", "The pictures, as perception names what they show:", *lines])


def data_url(image: Image) -> str:
    """A picture as a PNG in a data URL; what is around a cut-out thing is blank."""
    from PIL import Image as Pillow

    rgb = image.rgb if image.mask is None else np.where(image.mask[..., None], image.rgb, np.uint8(AROUND))
    factor = max(1, SMALLEST_SIDE // max(image.shape))
    file = io.BytesIO()
    Pillow.fromarray(rgb.repeat(factor, 0).repeat(factor, 1)).save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def usage(told: Any) -> tuple[int, int] | None:
    """(tokens in, tokens out) of an answer's frame; None when it tells none, or nonsense."""
    counts = getattr(told, "prompt_tokens", None), getattr(told, "completion_tokens", None)
    sane = all(isinstance(count, int) and 0 <= count < 10**8 for count in counts)
    return (int(counts[0]), int(counts[1])) if sane else None  # type: ignore[arg-type]


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds that a server asks to be left alone, by Retry-After in seconds or as a date; None when it names none.

    Args:
        headers: of its answer.
        now: seconds since 1970.
    """
    value = headers.get("retry-after", "").strip()
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = email.utils.parsedate_to_datetime(value).timestamp() - now
        except (ValueError, OverflowError):
            return None
    return min(max(seconds, 0.0), LONGEST_AFTER_S) if math.isfinite(seconds) else None
