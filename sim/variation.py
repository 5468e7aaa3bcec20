"""An episode drawn otherwise than its seed says, in one respect and no other: the protocol of transfer.

The instruction, its pictures, the goal, what is moved and where it stands stay those of the same task, level and seed.
``unseen`` alone brings other objects, and with them another draw. What is drawn here has a random stream of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from sim.cameras import CAMERAS, CameraSpec
from sim.states import Look
from sim.textures import random_surface
from skills.errors import UnknownName
from skills.types import View


@dataclass(frozen=True)
class Variation:
    """What is drawn otherwise.

    Attributes:
        about: what is different, a phrase.
        unseen: shapes and textures are level L3's, at whatever level.
        more: other things on the table besides, as far as they fit.
        background: another table, and other surroundings.
        light: from another side, of another colour and strength.
        cameras: moved, turned, tilted and farther away, and calibrated there.
        rgb_noise: standard deviation of each channel, of 255.
        depth_noise_m: standard deviation of a depth.
        depth_lost: share of pixels without a depth.
    """

    about: str
    unseen: bool = False
    more: int = 0
    background: bool = False
    light: bool = False
    cameras: bool = False
    rgb_noise: float = 0.0
    depth_noise_m: float = 0.0
    depth_lost: float = 0.0

    @property
    def of_objects(self) -> bool:
        """Whether it changes what is on the table, which only a task's scene can."""
        return self.unseen or self.more > 0


NONE = Variation("as the seed says")

VARIATIONS: Mapping[str, Variation] = {
    "unseen": Variation("shapes and textures of level L3", unseen=True),
    "new_background": Variation("another table and surroundings, of any colour and pattern", background=True),
    "more_distractors": Variation("up to four other things more", more=4),
    "light": Variation("light from another side, of another colour and strength", light=True),
    "camera_moved": Variation("cameras elsewhere, calibrated there", cameras=True),
    "sensor_noise": Variation(
        "noise of 10 in each of 255, of 3 mm in depth, and 2 % of depths missing",
        rgb_noise=10.0,
        depth_noise_m=0.003,
        depth_lost=0.02,
    ),
}
"""By the name that a spec and a suite give; "" is none of them."""


def find(name: str) -> Variation:
    """A variation by name, ``NONE`` for "".

    Raises:
        UnknownName: there is none; says which there are.
    """
    if not name:
        return NONE
    if name not in VARIATIONS:
        raise UnknownName("variation", name, VARIATIONS)
    return VARIATIONS[name]


@dataclass(frozen=True)
class Surroundings:
    """What an episode's pictures are taken in and with.

    Attributes:
        look: table, ground and light.
        cameras: by the view's name.
        variation: says how much noise there is.
        entropy: the noise's.
    """

    look: Look = field(default_factory=Look)
    cameras: Mapping[str, CameraSpec] = field(default_factory=lambda: CAMERAS)
    variation: Variation = NONE
    entropy: int = 0

    @classmethod
    def draw(cls, variation: Variation, rng: np.random.Generator) -> Surroundings:
        """The surroundings of an episode."""
        look = Look()
        if variation.background:
            look = replace(look, table=random_surface(rng), ground=random_surface(rng))
        if variation.light:
            look = _lit(look, rng)
        cameras = {name: _moved(spec, rng) for name, spec in CAMERAS.items()} if variation.cameras else CAMERAS
        return cls(look, cameras, variation, int(rng.integers(2**63)))

    def sensed(self, view: View, steps: int) -> View:
        """A picture as a sensor with noise gives it; two looks at one moment (``steps``) give the same."""
        given = self.variation
        if not (given.rgb_noise or given.depth_noise_m or given.depth_lost):
            return view
        rng = np.random.default_rng([self.entropy, steps, *view.camera.name.encode()])
        noisy = view.rgb + rng.normal(0.0, given.rgb_noise, view.rgb.shape)
        rgb = np.clip(np.rint(noisy), 0, 255).astype(np.uint8)
        if view.depth_m is None:
            return replace(view, rgb=rgb)
        depth = view.depth_m + rng.normal(0.0, given.depth_noise_m, view.depth_m.shape)
        depth[rng.random(depth.shape) < given.depth_lost] = 0.0
        return replace(view, rgb=rgb, depth_m=depth.astype(np.float32))


def _lit(look: Look, rng: np.random.Generator) -> Look:
    """Light that falls at 40 to 70 degrees from above, 60 to 120 % as strong, one channel down to 75 %."""
    turn, slant = rng.uniform(-np.pi, np.pi), rng.uniform(0.35, 1.2)
    strength, ambient = rng.uniform(0.6, 1.2), rng.uniform(0.45, 0.75)
    red, green, blue = rng.uniform(0.75, 1.0, 3).tolist()
    return replace(
        look,
        light_direction=(float(slant * np.cos(turn)), float(slant * np.sin(turn)), 1.0),
        light_color=(red, green, blue),
        ambient=float(strength * ambient),
        diffuse=float(strength * (1 - ambient)),
    )


def _moved(camera: CameraSpec, rng: np.random.Generator) -> CameraSpec:
    """Up to 6 degrees off and turned by as much, looking up to 2 cm beside, 30 to 40 % wider: the table stays whole."""
    limit = np.radians(6.0)
    target, eye = np.array(camera.target), np.array(camera.eye)
    distance = float(np.linalg.norm(eye - target))
    off = [*(rng.uniform(-1, 1, 2) * np.tan(limit) * distance), 0.0]
    beside = np.array([*rng.uniform(-0.02, 0.02, 2), 0.0])
    away = eye - target + off
    cos, sin = np.cos(turn := rng.uniform(-limit, limit)), np.sin(turn)
    (x, y, z), (ex, ey, ez) = target + beside, target + beside + away / np.linalg.norm(away) * distance
    ux, uy, uz = camera.up
    return replace(
        camera,
        eye=(float(ex), float(ey), float(ez)),
        target=(float(x), float(y), float(z)),
        up=(float(ux * cos - uy * sin), float(ux * sin + uy * cos), uz),
        fov_y=float(2 * np.arctan(rng.uniform(1.3, 1.4) * np.tan(camera.fov_y / 2))),
    )
