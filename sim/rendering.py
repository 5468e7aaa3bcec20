"""Pictures of the table by the engine's software renderer.

The renderer spends most of its time on the bare table. Table and ground therefore live in an engine of their own: for
a camera and a look they are drawn once, and objects, drawn alone, are laid over that picture. Nothing lies under the
table, so the result is the same; with cast shadows everything is drawn together. The arm has an engine of its own as
well and is laid over by depth: what is drawn never changes what is simulated.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.cameras import CameraSpec
from sim.meshes import TILE, Mesh
from sim.patterns import RGB
from sim.polygons import outline, rectangle, triangles
from sim.shapes import Shape
from sim.states import Look, Placed
from sim.textures import Texture
from skills.types import Float, Int, UInt8, Workspace

Shot = tuple[UInt8, Float | None, Int]
"""RGB (H, W, 3) uint8, metric depth (H, W) float32 if wanted, engine bodies (H, W) int, -1 for none."""

Taken = tuple[npt.NDArray[np.uint32], Float, Int]
"""A picture as the engine gives it: RGBA (H, W), a pixel in one word, the depth buffer (H, W), engine bodies (H, W)."""

_KEPT_BACKDROPS = 8
_AWAY = [0.0, 0.0, -90.0]


@dataclass(frozen=True, eq=False)
class Prop:
    """Something to be drawn that takes part in nothing, such as a link of the arm.

    Attributes:
        mesh: kept by the renderer as long as the world lives: hand in the same object again.
        color: RGB in [0, 255].
        base_from_prop: (4, 4) pose.
    """

    mesh: Mesh
    color: RGB
    base_from_prop: npt.NDArray[np.float64]


class Renderer:
    """Textures, visual shapes, props and pictures of one world.

    Attributes:
        nothing: a visual shape that shows nothing; without one the engine draws what it collides with.
    """

    def __init__(self, client: Any, connect: Callable[[], Any], folder: Path, workspace: Workspace) -> None:
        self._p, self._folder, self._workspace = client, folder, workspace
        self._backdrop, self._wings = connect(), connect()

    def close(self) -> None:
        """Gives its own engines back, and what it kept of large pictures."""
        self._backdrop.disconnect()
        self._wings.disconnect()
        self._backdrops.clear()  # whoever holds on to a closed world need not hold these

    def reset(self) -> None:
        """Forgets everything that belonged to the engine's last life."""
        self._visuals: dict[tuple[Shape, float, float, float], int] = {}
        self._textures: dict[tuple[int, Texture], int] = {}
        self._props: dict[Mesh, int] = {}
        self._laid: dict[int, tuple[RGB | Texture | None, RGB | Texture | None]] = {}
        self._surfaces: dict[tuple[int, str], tuple[int, RGB | Texture]] = {}
        self._backdrops: dict[tuple[CameraSpec, tuple[int, int], Look], Taken] = {}
        self._backdrop.resetSimulation()
        self._wings.resetSimulation()
        self.nothing: int = self._p.createVisualShape(
            self._p.GEOM_MESH,
            vertices=[[0, 0, -9], [1e-6, 0, -9], [0, 1e-6, -9]],
            indices=[0, 1, 2],
            uvs=[[0, 0]] * 3,
            normals=[[0, 0, 1]] * 3,
        )

    @property
    def loaded(self) -> int:
        """Textures and shapes in the engine's memory, which only a reset gives back."""
        return len(self._textures) + len(self._visuals)

    def visual(self, placed: Placed) -> int:
        """The engine's visual shape of an object, about its centre of mass."""
        key = (placed.shape, placed.scale, placed.height_scale, placed.texture.tile)
        if key not in self._visuals:
            self._visuals[key] = self._load(
                placed.shape.mesh, placed.factors, placed.center_of_mass, TILE / placed.texture.tile * placed.scale
            )
        return self._visuals[key]

    def paint(self, body: int, texture: Texture, client: Any = None) -> None:
        """Gives a body a texture."""
        p = client or self._p
        key = (p.id, texture)
        if key not in self._textures:
            path = self._folder / f"{p.id}-{len(self._textures)}.tga"
            path.write_bytes(_tga(texture.image()))
            self._textures[key] = p.loadTexture(str(path))
            path.unlink()
        p.changeVisualShape(body, -1, textureUniqueId=self._textures[key], rgbaColor=[1, 1, 1, 1])

    def shoot(
        self, camera: CameraSpec, size: tuple[int, int], look: Look, props: Sequence[Prop] = (), depth: bool = True
    ) -> Shot:
        """Takes a picture of everything."""
        if look.shadow:
            self._lay(self._p, look)
            pixels, buffer, bodies = self._take(self._p, camera, size, look)
        else:
            self._lay(self._p, None)
            pixels, buffer, bodies = self._take(self._p, camera, size, look)
            bare, behind = bodies < 0, self._empty(camera, size, look)
            pixels = np.where(bare, behind[0], pixels)
            if depth or props:
                buffer = np.where(bare, behind[1], buffer)
        if props:
            over, over_buffer, shown = self._take_props(props, camera, size, look)
            before = (shown >= 0) & (_metric(over_buffer, camera) < _metric(buffer, camera))
            pixels = np.where(before, over, pixels)
            buffer, bodies = np.where(before, over_buffer, buffer), np.where(before, -1, bodies)
        rgb: UInt8 = np.ascontiguousarray(pixels.view(np.uint8).reshape(*size, 4)[..., :3])
        return rgb, _metric(buffer, camera) if depth else None, bodies

    def _empty(self, camera: CameraSpec, size: tuple[int, int], look: Look) -> Taken:
        key = (camera, size, look)
        if key not in self._backdrops:
            if len(self._backdrops) >= _KEPT_BACKDROPS:
                self._backdrops.pop(next(iter(self._backdrops)))
            self._lay(self._backdrop, look)
            self._backdrops[key] = self._take(self._backdrop, camera, size, look)
        return self._backdrops[key]

    @staticmethod
    def _take(p: Any, camera: CameraSpec, size: tuple[int, int], look: Look) -> Taken:
        height, width = size
        _, _, rgba, buffer, bodies = p.getCameraImage(
            width,
            height,
            *_matrices(camera, size),
            lightDirection=look.light_direction,
            lightColor=look.light_color,
            lightAmbientCoeff=look.ambient,
            lightDiffuseCoeff=look.diffuse,
            lightSpecularCoeff=look.specular,
            shadow=int(look.shadow),
            renderer=p.ER_TINY_RENDERER,
        )
        # An engine that was built without numpy gives tuples.
        pixels = np.ascontiguousarray(rgba, dtype=np.uint8).view(np.uint32).reshape(size)
        return pixels, np.reshape(buffer, size), np.reshape(bodies, size)

    def _lay(self, p: Any, look: Look | None) -> None:
        """Puts table and ground into a client as the look says, or takes them out of it."""
        surfaces = (look.ground, look.table) if look else (None, None)
        if self._laid.get(p.id, (None, None)) == surfaces:
            return
        self._laid[p.id] = surfaces
        low, high = np.array(self._workspace.low[:2]), np.array(self._workspace.high[:2])
        table = rectangle(*(high - low)) + (low + high) / 2
        # The ground has a hole where the table is: one upon the other would flicker from a kilometre's distance.
        around = outline(rectangle(6.0, 6.0, (0.5, 0.0)), table)
        for name, wanted, rings in zip(("ground", "table"), surfaces, (around, outline(table))):
            body, had = self._surfaces.get((p.id, name), (None, None))
            if had == wanted:
                continue
            if body is not None:
                p.removeBody(body)
                del self._surfaces[p.id, name]
            if wanted is None:
                continue
            texture = wanted if isinstance(wanted, Texture) else Texture(str(wanted), "solid", (wanted,))
            corners, cut = triangles(rings)
            visual = p.createVisualShape(
                p.GEOM_MESH,
                vertices=np.column_stack([corners, np.zeros(len(corners))]).tolist(),
                indices=cut.ravel().tolist(),
                uvs=((corners - corners.min(axis=0)) / texture.tile).tolist(),
                normals=[[0, 0, 1]] * len(corners),
            )
            body = p.createMultiBody(0, -1, visual, [0, 0, 0], useMaximalCoordinates=1)
            self.paint(body, texture, p)
            self._surfaces[p.id, name] = (body, wanted)

    def _take_props(self, props: Sequence[Prop], camera: CameraSpec, size: tuple[int, int], look: Look) -> Taken:
        shown = set()
        for prop in props:
            if prop.mesh not in self._props:
                shape = self._load(prop.mesh, np.ones(3), np.zeros(3), 1.0, self._wings)
                body = self._wings.createMultiBody(0, -1, shape, _AWAY, useMaximalCoordinates=1)
                self.paint(body, Texture(str(prop.color), "solid", (prop.color,)), self._wings)
                self._props[prop.mesh] = body
            pose = prop.base_from_prop
            shown.add(self._props[prop.mesh])
            self._wings.resetBasePositionAndOrientation(self._props[prop.mesh], pose[:3, 3].tolist(), _quaternion(pose))
        for body in self._props.values():
            if body not in shown:
                self._wings.resetBasePositionAndOrientation(body, _AWAY, [0, 0, 0, 1])
        return self._take(self._wings, camera, size, look)

    def _load(
        self,
        mesh: Mesh,
        factors: npt.NDArray[np.float64],
        origin: npt.NDArray[np.float64],
        periods: float,
        client: Any = None,
    ) -> int:
        p = client or self._p
        uvs = mesh.uvs * periods
        normals = mesh.normals / factors
        return int(
            p.createVisualShape(
                p.GEOM_MESH,
                vertices=(mesh.vertices * factors - origin).tolist(),
                indices=mesh.triangles.ravel().tolist(),
                # The renderer wants coordinates above zero; whole periods change nothing.
                uvs=(uvs - np.floor(uvs.min(axis=0))).tolist(),
                normals=(normals / np.linalg.norm(normals, axis=1, keepdims=True)).tolist(),
            )
        )


@lru_cache(maxsize=32)
def _matrices(camera: CameraSpec, size: tuple[int, int]) -> tuple[list[float], list[float]]:
    """View and projection as the engine wants them, columns first."""
    view, projection = camera.view_matrix(), camera.projection_matrix(size)
    return view.T.ravel().tolist(), projection.T.ravel().tolist()


def _metric(buffer: Float, camera: CameraSpec) -> Float:
    """(H, W) float32 metres along the optical axis."""
    near, far = camera.near, camera.far
    metres: Float = (far * near / (far - buffer.astype(np.float64) * (far - near))).astype(np.float32)
    return metres


def _quaternion(pose: npt.NDArray[np.float64]) -> list[float]:
    """(x, y, z, w) of a (4, 4) pose."""
    r = pose[:3, :3]
    # Bar-Itzhack's matrix: its largest eigenvector is the quaternion, in every case.
    k = np.array(
        [
            [r[0, 0] - r[1, 1] - r[2, 2], 0, 0, 0],
            [r[1, 0] + r[0, 1], r[1, 1] - r[0, 0] - r[2, 2], 0, 0],
            [r[2, 0] + r[0, 2], r[2, 1] + r[1, 2], r[2, 2] - r[0, 0] - r[1, 1], 0],
            [r[2, 1] - r[1, 2], r[0, 2] - r[2, 0], r[1, 0] - r[0, 1], r[0, 0] + r[1, 1] + r[2, 2]],
        ]
    )
    return [float(v) for v in np.linalg.eigh(k)[1][:, -1]]


def _tga(image: npt.NDArray[np.uint8]) -> bytes:
    """An uncompressed Targa file of an (H, W, 3) RGB picture."""
    height, width = image.shape[:2]
    header = bytes([0, 0, 2, *[0] * 9, width % 256, width // 256, height % 256, height // 256, 24, 0x20])
    return header + image[..., ::-1].tobytes()
