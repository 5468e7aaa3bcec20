"""The window of ``render_mode="human"``: the table as it is, and every motion as it goes on."""

from __future__ import annotations

import logging
import os
import sys
from itertools import count

from skills.robots import Silent
from skills.types import UInt8

FPS = 20
"""Pictures a second of a motion: one for every 50 ms of simulated time, so that it passes as fast as it would."""

_numbers = count(1)
_log = logging.getLogger(__name__)


class Window(Silent):
    """Shows pictures, and is a monitor of motions. Without a display it says so once and shows nothing.

    Args:
        title: the window's; a number keeps windows of one title apart.
    """

    def __init__(self, title: str) -> None:
        self._title = f"{title} #{next(_numbers)}"
        self._open = False
        self.works = has_display()
        """Whether there is a display to show anything on."""
        if not self.works:
            _log.warning("render_mode human shows nothing: this machine has no display; rgb_array returns pictures")

    def wants_frame(self) -> bool:
        """At every tick, if somebody can see it."""
        return self.works

    def tick(self, phase: str, frame: UInt8 | None = None) -> None:
        """Shows a frame of a motion."""
        if frame is not None:
            self.show(frame)

    def show(self, picture: UInt8) -> None:
        """Shows an (H, W, 3) RGB picture, for 1 / ``FPS`` seconds at least."""
        if not self.works:
            return
        import cv2

        if not self._open:
            cv2.namedWindow(self._title, cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO)
            cv2.resizeWindow(self._title, 800, 600)
            self._open = True
        cv2.imshow(self._title, picture[..., ::-1])
        cv2.waitKey(1000 // FPS)

    def close(self) -> None:
        """Closes the window; closing twice is fine."""
        if self._open:
            import cv2

            self._open = False
            cv2.destroyWindow(self._title)


def has_display() -> bool:
    """Whether a window can be opened here. Asked first, because the toolkit ends the process where it can't."""
    if not sys.platform.startswith("linux"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
