"""Rerun recordings, a ``.rrd`` an episode: cameras, masks, objects and arm in 3-D, the program, the reward's parts.

The time line ``event`` counts what happened, ``simulated`` is the simulator's clock. Objects are meshes that move, the
arm is drawn where it ends each action; the program's text marks the line that runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from instruct2act.evaluation.record import EpisodeRecord
from instruct2act.events import Carried, Event, Listener, Moving, Noted, SkillCalled, SkillReturned, Started, Written
from instruct2act.exports.retelling import Telling
from sim.objects import SHAPES
from sim.rendering import Prop
from sim.textures import TEXTURES
from skills.errors import Mistake
from skills.types import Moment, View

APPLICATION = "instruct2act"
_GRAY = (128, 128, 128)


def exporter(out: Path) -> Recordings:
    """A folder of recordings, ``<id>.rrd``.

    Raises:
        Mistake: the extra ``rerun`` is not installed.
    """
    try:
        import rerun
    except ImportError:
        raise Mistake("this needs Rerun (790 MB): pip install 'instruct2act[rerun]'") from None
    out.mkdir(parents=True, exist_ok=True)
    return Recordings(out, rerun)


class Recordings:
    """Writes what it hears at once, and what only the end knows after it."""

    def __init__(self, out: Path, rr: Any) -> None:
        self.out, self._rr = out, rr
        self._tape: _Tape | None = None
        self._written: list[Path] = []

    def begin(self, record: EpisodeRecord) -> Sequence[Listener]:
        """A recording that listens."""
        self._tape = _Tape(self._rr, self.out / f"{record.id}.rrd", record)
        return [self._tape]

    def drop(self) -> None:
        """Takes the recording away again."""
        if self._tape is not None:
            self._tape.end()
            self._tape.path.unlink(missing_ok=True)

    def keep(self, told: Telling) -> None:
        """Adds objects, arm and rewards at the moments that were heard."""
        if self._tape is not None:
            self._tape.add(told)
            self._tape.end()
            self._written.append(self._tape.path)

    def close(self) -> str:
        """Says what there is."""
        first = f"; `rerun {self._written[0]}` opens one" if self._written else ""
        return f"{self.out}/: {len(self._written)} recordings{first}"


class _Tape:
    """One episode's recording."""

    wants_frames = False

    def __init__(self, rr: Any, path: Path, record: EpisodeRecord) -> None:
        self._rr, self.path = rr, path
        self._stream = rr.RecordingStream(APPLICATION, recording_id=record.id, send_properties=False)
        self._stream.save(str(path), default_blueprint=_blueprint())
        self._stream.send_recording_name(record.spec.scene())
        self._source = self._asked = ""
        self._event = 0
        self._moments = [0]

    def hear(self, event: Event) -> None:
        """Writes what is known at once; notes when motions ended."""
        rr = self._rr
        self._event += not isinstance(event, Moving)
        self._stream.set_time("event", sequence=self._event)
        match event:
            case Started():
                self._asked = event.instruction.text
            case Written(what="program"):
                self._source = event.source
                self._program(0)
            case Written(what="reward"):
                self._log(
                    "reward/source", rr.TextDocument(f"```python\n{event.source}\n```", media_type="text/markdown")
                )
            case SkillCalled():
                self._program(event.line)
                arguments = ", ".join(f"{name}={value}" for name, value in event.arguments.items())
                self._log("calls", rr.TextLog(f"{event.name}({arguments})", level="INFO"))
            case SkillReturned() if event.error:
                self._log("calls", rr.TextLog(event.error, level="ERROR"))
            case SkillReturned():
                self._log("calls", rr.TextLog(f"{event.name} -> {event.shown}", level="DEBUG"))
            case Noted(kind="image") if event.facts["image"].view is not None:
                self._camera(event.facts["image"].view)
            case Noted(kind="segmentation"):
                self._masks(event)
            case Carried() if event.outcome.status != "rejected":
                self._moments.append(self._event)
                self._log(
                    "calls", rr.TextLog(f"{event.outcome.action.primitive}: {event.outcome.status}", level="WARN")
                )
            case _:
                pass

    def add(self, told: Telling) -> None:
        """Objects, arm, motions, cameras and the reward at the start and after each action."""
        rr = self._rr
        shapes = told.history[0].objects
        for state in shapes:
            self._stream.log(f"world/objects/{state.id}", _mesh(rr, state), static=True)
        looks = [step.seen for step in told.steps] + [told.last]
        for place, (moment, look) in enumerate(zip(told.history, looks)):
            self._stream.set_time("event", sequence=self._moments[min(place, len(self._moments) - 1)])
            self._stream.set_time("simulated", duration=look.stamp_s)
            if not place:
                said = self._asked if told.words == self._asked else f"{self._asked}\n\n{told.words}"
                self._log("instruction", rr.TextDocument(said))
            self._objects(moment)
            for view in look.views.values():
                self._camera(view)
            if place < len(told.steps):
                self._arm(told.steps[place].arm)
            else:
                self._arm(told.arm)
            if place:
                step = told.steps[place - 1]
                ends = [[pose.x, pose.y, pose.z] for pose in (step.action.start, step.action.end)]
                self._log("world/motion", rr.Arrows3D(origins=[ends[0]], vectors=[np.subtract(ends[1], ends[0])]))
            if place < len(told.scores):
                self._log("reward/score", rr.Scalars(told.scores[place].score))
                for name, value in told.scores[place].parts.items():
                    self._log(["reward", "parts", name], rr.Scalars(value))
        verdict = {None: "no goal", True: "success", False: "no success"}[told.record.success]
        self._log(
            "verdict", rr.TextDocument(f"{verdict}, {told.record.status}. {told.record.error.get('message', '')}")
        )

    def end(self) -> None:
        """Everything is on disk."""
        self._stream.flush()
        self._stream.disconnect()

    def close(self) -> None:
        """Ended by whoever began it: what only the end knows is still to come."""

    def _log(self, path: str | Sequence[str], what: Any) -> None:
        self._stream.log(path, what)

    def _program(self, line: int) -> None:
        lines = self._source.split("\n")
        text = "\n".join(f"{'>' if number == line else ' '} {text}" for number, text in enumerate(lines, 1))
        self._log("program", self._code(text))

    def _code(self, text: str) -> Any:
        return self._rr.TextDocument(f"```python\n{text}\n```", media_type="text/markdown")

    def _camera(self, view: View) -> None:
        rr, camera = self._rr, view.camera
        path = f"cameras/{camera.name}"
        pose = camera.base_from_camera
        self._log(path, rr.Transform3D(translation=pose[:3, 3], mat3x3=pose[:3, :3]))
        size = [camera.width, camera.height]
        self._log(
            path, rr.Pinhole(image_from_camera=camera.intrinsics, resolution=size, camera_xyz=rr.ViewCoordinates.RDF)
        )
        self._log(f"{path}/masks", rr.Clear(recursive=False))
        self._log(f"{path}/rgb", rr.Image(view.rgb))
        if view.depth_m is not None:
            self._log(f"{path}/depth", rr.DepthImage(view.depth_m, meter=1.0))

    def _masks(self, event: Noted) -> None:
        image = event.facts["image"]
        if image.view is None or image.mask is not None:
            return
        labels = np.zeros(image.shape, np.uint16)
        for number, mask in enumerate(event.facts["masks"], 1):
            labels[mask.array] = number
        self._log(f"cameras/{image.view.camera.name}/masks", self._rr.SegmentationImage(labels))

    def _objects(self, moment: Moment) -> None:
        rr = self._rr
        for state in moment.objects:
            pose = state.pose
            turn = rr.Quaternion(xyzw=pose.quaternion())
            self._log(
                f"world/objects/{state.id}", rr.Transform3D(translation=[pose.x, pose.y, pose.z], quaternion=turn)
            )
        middles = [[state.pose.x, state.pose.y, state.pose.z + state.size[2] / 2] for state in moment.objects]
        names = [f"{state.texture} {state.name}" for state in moment.objects]
        self._log("world/names", rr.Points3D(middles, labels=names, radii=0.002))

    def _arm(self, props: Sequence[Prop]) -> None:
        rr = self._rr
        for number, prop in enumerate(props):
            pose = prop.base_from_prop
            mesh = prop.mesh
            shown = rr.Mesh3D(vertex_positions=mesh.vertices, triangle_indices=mesh.triangles, albedo_factor=prop.color)
            self._log(f"world/arm/{number}", shown)
            self._log(f"world/arm/{number}", rr.Transform3D(translation=pose[:3, 3], mat3x3=pose[:3, :3]))


def _mesh(rr: Any, state: Any) -> Any:
    """An object's shape in its texture's mean colour; a box where the shape is one of a scene's own."""
    texture = TEXTURES.get(state.texture)
    color = texture.image().reshape(-1, 3).mean(axis=0).astype(np.uint8) if texture else _GRAY
    shape = SHAPES.get(state.name)
    if shape is None:
        x, y, z = state.size
        return rr.Boxes3D(centers=[[0, 0, z / 2]], half_sizes=[[x / 2, y / 2, z / 2]], colors=[color])
    scale = np.divide(state.size, shape.size)
    mesh = shape.mesh
    return rr.Mesh3D(vertex_positions=mesh.vertices * scale, triangle_indices=mesh.triangles, albedo_factor=color)


def _blueprint() -> Any:
    """The table in 3-D, the cameras with masks, the program, the calls, the reward."""
    import rerun.blueprint as rrb

    return rrb.Blueprint(
        rrb.Horizontal(
            rrb.Vertical(
                rrb.Spatial3DView(origin="world", name="table"),
                rrb.Horizontal(
                    *(
                        rrb.Spatial2DView(
                            origin=f"cameras/{name}", name=name, contents=["+ $origin/**", "- $origin/depth"]
                        )
                        for name in ("top", "front")
                    ),
                ),
                row_shares=[2, 1],
            ),
            rrb.Vertical(
                rrb.TextDocumentView(origin="instruction"),
                rrb.TextDocumentView(origin="program"),
                rrb.TimeSeriesView(origin="reward"),
                rrb.TextLogView(origin="calls"),
                row_shares=[1, 4, 2, 2],
            ),
            column_shares=[3, 2],
        )
    )
