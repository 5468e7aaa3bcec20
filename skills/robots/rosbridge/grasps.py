"""How a parallel gripper takes a thing: as wide as it is where it is narrowest, turned so that the jaws close there."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from skills.footprints import footprint
from skills.types import Mask, View


@dataclass(frozen=True)
class Grip:
    """A thing's width in metres, and the yaw at which jaws that close along the base's y at yaw 0 close on it."""

    width_m: float
    yaw: float


def grip_of(mask: Mask, view: View) -> Grip:
    """Measures a mask: the narrower side of the smallest box around its outline.

    Raises:
        NoSurface: the rays through the mask do not meet the table.
    """
    import cv2

    place = footprint(mask, view)
    _, (a, b), angle = cv2.minAreaRect(np.asarray(place.outline, np.float32))
    # ``angle`` is of the side of length a, from +x towards +y; the jaws close across the longer side.
    along = math.radians(angle if a >= b else angle + 90)
    return Grip(min(a, b) + place.cell, (along + math.pi / 2) % math.pi - math.pi / 2)
