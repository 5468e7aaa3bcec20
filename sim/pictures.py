"""An instruction's pictures, rendered when somebody asks for one, in a world that the episode never notices."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from sim.cameras import CAMERAS
from sim.states import Look
from sim.world import World
from skills.types import Image, View


class Studio:
    """A world of its own to take pictures in; it loads the engine when the first one is taken."""

    def __init__(self) -> None:
        self._world: World | None = None
        self._filled: Callable[[World], None] | None = None
        self._over = False

    def shoot(self, look: Look, fill: Callable[[World], None], camera: str, size: tuple[int, int]) -> View:
        """A picture, with depth and truth, of what ``fill`` puts into an empty world; nothing moves in it."""
        if self._over:  # a report of the episode wants one more; nobody will close the studio again
            with World() as world:
                return self._shoot(world, look, fill, camera, size)
        if self._world is None:
            self._world = World()
        return self._shoot(self._world, look, fill, camera, size)

    def _shoot(
        self, world: World, look: Look, fill: Callable[[World], None], camera: str, size: tuple[int, int]
    ) -> View:
        world.look = look
        if world is not self._world or fill is not self._filled:
            self._filled = None
            world.clear()
            fill(world)
            self._filled = fill if world is self._world else None
        return world.render(CAMERAS[camera], depth=True, segmentation=True, size=size)

    def close(self) -> None:
        """Gives the engine back; a picture that is asked for later has one to itself, and gives it back at once."""
        self._over = True
        if self._world is not None:
            self._world.close()
            self._world = self._filled = None


class Pictures(Mapping[str, Image]):
    """Camera name -> picture, the top view first; each is rendered once, when it is asked for.

    Args:
        studio: where.
        look: table and background.
        fill: puts the things into an empty world.
        size: (height, width) of the whole picture.
        alone: there is one thing; cut it out.
    """

    def __init__(
        self,
        studio: Studio,
        look: Look,
        fill: Callable[[World], None],
        size: tuple[int, int],
        *,
        alone: bool = False,
    ) -> None:
        self._studio, self._look, self._fill, self._size, self._alone = studio, look, fill, size, alone
        self._taken: dict[str, Image] = {}

    def __getitem__(self, camera: str) -> Image:
        if camera not in CAMERAS:
            raise KeyError(camera)
        if camera not in self._taken:
            view = self._studio.shoot(self._look, self._fill, camera, self._size)
            self._taken[camera] = cut_out(view) if self._alone else Image(view.rgb, view=view)
        return self._taken[camera]

    def __iter__(self) -> Iterator[str]:
        return iter(CAMERAS)

    def __len__(self) -> int:
        return len(CAMERAS)

    def __reduce__(self) -> tuple[type[dict[str, Image]], tuple[dict[str, Image]]]:
        """Another process gets the pictures themselves, all of them: a vector environment's, for instance."""
        return dict, (dict(self),)


def cut_out(view: View) -> Image:
    """The one object of a view, in the rectangle around it, with its mask and truth.

    Raises:
        ValueError: the view has no truth, or does not show exactly one object.
    """
    truth = view.truth
    seen = [] if truth is None else [id for id in truth.objects if (truth.segmentation == id).any()]
    if view.truth is None or len(seen) != 1:
        raise ValueError(f"expected a view of one object with its truth, found objects {seen}")
    mask = view.truth.segmentation == seen[0]
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    box = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    origin = (int(columns[0]), int(rows[0]))
    return Image(view.rgb[box].copy(), mask[box], view, origin, view.truth.objects[seen[0]])
