"""An upload's process: in the jail before it reads a byte, it decodes one picture and draws it anew.

Covered: a decompression bomb (the size is read before a pixel is, and memory and time are bounded), formats beyond
PNG, JPEG and WebP, among them everything that is text; a file that is something else besides, since what is kept is
drawn from the pixels; a decoder's own holes, since this process opens no file and no socket, starts nothing, signals
nobody and ends after one picture. Not covered: bugs of the kernel.
"""

from __future__ import annotations

import io
import os
import socket
import warnings
from typing import Any

from instruct2act.playground.processes import wire
from instruct2act.sandbox import launcher

FORMATS = ("PNG", "JPEG", "WEBP")


def work(pipe: Any, job: dict[str, Any]) -> int:
    """Decodes what comes next through the pipe; the exit status."""
    warm()
    confine(pipe)
    pipe = Plain(pipe)
    content = wire.receive(pipe)
    try:
        png, width, height = drawn_anew(content, job["side"], job["keep"])
    except (Refused, MemoryError) as error:
        wire.send(pipe, {"done": False, "error": str(error) or "the picture needs too much memory"})
        return 0
    except Exception as error:  # a decoder's complaint may be of any kind
        wire.send(pipe, {"done": False, "error": f"this can't be read as a picture ({type(error).__name__})"})
        return 0
    wire.send(pipe, {"done": True, "width": width, "height": height})
    wire.send(pipe, png)
    return 0


class Plain:
    """A socket by plain reads and writes: the jail lets no call pass that is for sockets alone."""

    def __init__(self, pipe: socket.socket) -> None:
        self._pipe = pipe

    def recv(self, count: int) -> bytes:
        """As a socket's."""
        return os.read(self._pipe.fileno(), count)

    def sendall(self, content: bytes) -> None:
        """As a socket's."""
        while content:
            content = content[os.write(self._pipe.fileno(), content) :]


class Refused(ValueError):
    """A picture that is not taken, in a sentence."""


def warm() -> None:
    """Decodes a small picture of each format: what is loaded when it is first used can't be from within the jail."""
    from PIL import Image as Pillow

    for kind in FORMATS:
        small = io.BytesIO()
        Pillow.new("RGB", (8, 8)).save(small, kind)
        drawn_anew(small.getvalue(), 8, 4)


def confine(pipe: socket.socket) -> None:
    """Puts this process into the jail, with its pipe alone.

    Raises:
        launcher.Missing: this machine lacks a layer.
    """
    keep = pipe.fileno()
    os.closerange(3, keep)
    os.closerange(keep + 1, 4096)
    launcher.no_new_privileges()
    launcher.drop_capabilities()
    launcher.landlock((), ())
    launcher.seccomp()


def drawn_anew(content: bytes, side: int, keep: int) -> tuple[bytes, int, int]:
    """A picture as PNG bytes of at most ``keep`` pixels a side, with its width and height.

    Args:
        content: a file's.
        side: pixels a side that a file may have.
        keep: pixels a side that are kept.

    Raises:
        Refused: not of ``FORMATS``, too large, animated.
    """
    import numpy as np
    from PIL import Image as Pillow
    from PIL import ImageOps, UnidentifiedImageError

    from instruct2act.playground.work.picturing import png

    try:
        with warnings.catch_warnings(action="ignore"), Pillow.open(io.BytesIO(content), formats=FORMATS) as file:
            width, height = file.size
            if max(width, height) > side or min(width, height) < 2:
                raise Refused(f"the picture has {width} x {height} pixels; 2 to {side} a side are taken")
            if getattr(file, "n_frames", 1) > 1:
                raise Refused("the picture is animated; send a still one")
            file.draft("RGB", (keep, keep))
            whole = ImageOps.exif_transpose(file).convert("RGBA")
    except UnidentifiedImageError:
        raise Refused(f"this is no picture of a kind that is taken ({', '.join(FORMATS)})") from None
    except Pillow.DecompressionBombError:
        raise Refused(f"the picture has too many pixels; 2 to {side} a side are taken") from None
    if max(whole.size) > keep:
        whole.thumbnail((keep, keep), Pillow.Resampling.LANCZOS)
    pixels = np.asarray(whole)
    opaque = pixels[..., 3] > 127
    rgb = np.ascontiguousarray(pixels[..., :3])
    return png(rgb, None if opaque.all() else opaque), int(pixels.shape[1]), int(pixels.shape[0])
