"""Frames into an MP4 that every player and every loader of data sets opens."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from skills.errors import Mistake
from skills.types import UInt8

ENCODERS = ("libx264", "libsvtav1", "libvpx-vp9")
"""What FFmpeg calls them, in the order in which they are tried."""
_QUALITY = {"libx264": {"crf": "14", "preset": "veryfast"}, "libsvtav1": {"crf": "20"}, "libvpx-vp9": {"crf": "18"}}


class Mp4:
    """A film that takes frames of one size. Every second frame is a key frame, so that single ones are found fast.

    Args:
        path: of the file.
        fps: frames a second.

    Raises:
        Mistake: the extra ``export`` is not installed, or FFmpeg was built without an encoder.
    """

    def __init__(self, path: Path, fps: int) -> None:
        try:
            import av
        except ImportError:
            raise Mistake("this needs PyAV: pip install 'instruct2act[export]'") from None
        self.path, self.frames, self.fps = path, 0, fps
        path.parent.mkdir(parents=True, exist_ok=True)
        self._av: Any = av
        self._file: Any = av.open(str(path), "w")
        self._stream: Any = None
        self.encoder = next((name for name in ENCODERS if _works(av, name)), "")
        if not self.encoder:
            raise Mistake(f"FFmpeg has none of the encoders {', '.join(ENCODERS)} here")

    def add(self, rgb: UInt8) -> None:
        """Takes the next (H, W, 3) uint8 frame; height and width are even."""
        if self._stream is None:
            options = {**_QUALITY[self.encoder], "g": "2"}
            self._stream = self._file.add_stream(self.encoder, rate=Fraction(self.fps), options=options)
            self._stream.height, self._stream.width = rgb.shape[:2]
            self._stream.pix_fmt = "yuv420p"
            self._stream.codec_context.time_base = Fraction(1, self.fps)
        frame = self._av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format="rgb24")
        frame.pts, frame.time_base = self.frames, Fraction(1, self.fps)
        self._file.mux(self._stream.encode(frame))
        self.frames += 1

    def close(self) -> None:
        """Ends the file."""
        if self._stream is not None:
            self._file.mux(self._stream.encode(None))
        self._file.close()


def _works(av: Any, encoder: str) -> bool:
    try:
        av.codec.Codec(encoder, "w")
    except ValueError:
        return False
    return True
