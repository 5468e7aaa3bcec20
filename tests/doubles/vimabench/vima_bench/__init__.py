"""A stand-in for a VIMABench checkout: as much of its interface as the adapter uses, and ways to misbehave.

A block and a bowl (or, for a sweep, two blocks) are squares on a dark table, drawn by VIMABench's measured cameras:
x = 0.5 + (row - 63) * 0.003984, y = (column - 128) * 0.003984 metres in the top view. Tasks named after a misdeed do it
in ``reset`` (those in ``AT_RESET``) or in ``step``.
"""

import os
import pathlib
import sys
import tempfile
import time
from types import SimpleNamespace

import numpy as np

assert not [name for name in os.environ if "KEY" in name], "keys are none of a checkout's business"
assert np.bool8 is np.bool_
import kornia  # noqa: E402, F401  (the adapter's stand-in)

sys.stdout.write("a checkout prints what it likes\n")
os.write(1, b"and writes to file descriptor 1\n")

AT_RESET = ("crowded", "unloadable", "garbage", "wordless", "tiny", "nameless")
TASKS = ("visual_manipulation", "sweep_without_exceeding", *AT_RESET, "dies", "hangs", "overtaxed", "stuck", "breaks")
PARTITION_TO_SPECS = {"test": {"placement_generalization": dict.fromkeys(TASKS), "novel_task_generalization": {}}}
PIXEL, HALF = 0.003984, 8
AWAY, TALL = 1000.0, {"block": 0.05, "bowl": 0.07}
SQUARE = {"block": (200, 30, 30), "bowl": (30, 30, 200)}


def make(task_name, modalities, task_kwargs, seed):
    assert modalities == ["rgb", "segm"] and task_kwargs == {}
    return Env(task_name, seed)


class Env:
    def __init__(self, name, seed):
        self.name = name
        self.places = {6: np.array([0.35, -0.3]), 5: np.array([0.6, 0.1 + 0.01 * (seed % 10)])}
        self.names = {6: "block", 5: "bowl"}
        self.push = name.startswith("sweep")
        self.step_counter = 0
        bounds = SimpleNamespace(low=np.array([0.25, -0.5]), high=np.array([0.75, 0.5]))
        turns = SimpleNamespace(low=-np.ones(4), high=np.ones(4))
        self.action_space = {
            f"pose{k}_{part}": box for k in (0, 1) for part, box in (("position", bounds), ("rotation", turns))
        }
        self.task = SimpleNamespace(
            oracle_max_steps=3,
            goals=[(0, 0, 0, 0, 0, "pose", None, 1), (0, 0, 0, 0, 0, "pose", {"oracle_only": True}, 0)],
            placeholders={"base_obj": SimpleNamespace(obj_id=5), "dragged_obj_1": SimpleNamespace(obj_id=6)},
            oracle=lambda env: SimpleNamespace(act=lambda obs: self.solution()),
            primitive=self.pick_place,
        )

    def reset(self):
        pathlib.Path(tempfile.gettempdir(), "left-behind.urdf").write_text("x", encoding="utf-8")
        if self.name == "crowded":
            raise ValueError("Error in sampling base object")
        if self.name == "unloadable":
            import pybullet

            try:
                pybullet.loadURDF("/nowhere/bowl.urdf")
            except pybullet.error as error:
                sys.stdout.write(f"passed over: {error}\n")
        if self.name == "garbage":
            for number in range(3, 12):
                try:
                    os.write(number, b"\xff" * 64)
                except OSError:
                    continue
        self.prompt = None if self.name == "wordless" else "Put the {dragged_obj_1} into the {base_obj}."
        self.prompt_assets = {slot: self.alone(id) for slot, id in (("dragged_obj_1", 6), ("base_obj", 5))}
        self.meta_info = {
            "end_effector_type": "spatula" if self.push else "suction",
            "obj_id_to_info": {
                id: {"obj_name": 7 if self.name == "nameless" else name, "texture_name": "red" if id == 6 else "blue"}
                for id, name in self.names.items()
            },
        }
        return self.look(self.places, 47)

    def step(self, action, skip_oracle):
        assert all(value.dtype == np.float32 for value in action.values())
        if self.name == "dies":
            sys.stderr.write("out of memory, or so\n")
            sys.stderr.flush()
            os._exit(3)
        if self.name == "hangs":
            time.sleep(600)
        if self.name == "breaks":
            raise TypeError("unhashable type")
        pose0, pose1 = ((action[f"pose{k}_position"], action[f"pose{k}_rotation"]) for k in (0, 1))
        result = self.task.primitive(self.movej, None, None, pose0, pose1)
        late = result[0] if isinstance(result, tuple) else result
        if late:
            return self.look(self.places, 47), 0.0, True, {"success": False, "failure": False}
        self.step_counter += 10
        success = bool(np.linalg.norm(self.places[6] - self.places[5]) < 0.1)
        if success:
            self.task.goals = []
        lost = bool(np.abs(self.places[6] - (0.5, 0)).max() > 0.45)
        return self.look(self.places, 47), 0.0, success or lost, {"success": success, "failure": lost}

    def movej(self, steps):
        self.step_counter += 2 * steps
        return self.name in ("overtaxed", "stuck")

    def pick_place(self, movej, movep, ee, pose0, pose1):
        if movej(40000 if self.name == "stuck" else 120):
            return True, False
        if self.push:
            way = pose1[0] - pose0[0]
            way /= np.linalg.norm(way)
            behind, end = pose0[0] - 0.02 * way, pose1[0] - 0.05 * way
            ahead = float((self.places[6] - behind) @ way)
            if 0 < ahead < float((end - behind) @ way) + HALF * PIXEL:
                self.places[6] = self.places[6] + way * max(0.0, float((end - self.places[6]) @ way) + HALF * PIXEL)
            return False
        offset = self.places[6] - pose0[0]
        if np.abs(offset).max() > HALF * PIXEL:
            return False, False
        angle = 2 * np.arctan2(pose1[1][2], pose1[1][3])
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        self.places[6] = pose1[0] + turn @ offset
        return False, True

    def solution(self):
        still = np.array([0.0, 0.0, 0.0, 1.0])
        positions = (self.places[6], self.places[5])
        if self.push:
            way = (positions[1] - positions[0]) / np.linalg.norm(positions[1] - positions[0])
            positions = (positions[0] - 0.05 * way, positions[1] + 0.04 * way)
        first, last = positions
        return {"pose0_position": first, "pose0_rotation": still, "pose1_position": last, "pose1_rotation": still}

    def alone(self, id):
        seen = self.look({0: np.array([0.5, 0.0])}, 255, {0: self.names[id]})
        info = {"obj_id": 0, "obj_name": self.names[id], "obj_color": "red" if id == 6 else "blue"}
        return {
            "rgb": {view: rgb.copy() for view, rgb in seen["rgb"].items()},
            "segm": {**seen["segm"], "obj_info": info},
            "placeholder_type": "object",
        }

    def look(self, places, ground, names=None):
        height = 64 if self.name == "tiny" else 128
        rgb, segm = np.full((3, height, 256), ground, np.uint8), np.full((height, 256), 255, np.uint8)
        for id, (x, y) in sorted(places.items()):
            row, column = round((x - 0.5) / PIXEL + 63), round(y / PIXEL + 128)
            size = HALF if id != 5 else 2 * HALF
            box = np.s_[max(0, row - size) : row + size + 1, max(0, column - size) : column + size + 1]
            rgb[(slice(None), *box)] = np.array(SQUARE[(names or self.names)[id]])[:, None, None]
            segm[box] = id
        views = {view: self.render_camera((rgb, segm)) for view in ("top", "front")}
        return {
            "rgb": {view: colours for view, (colours, _, _) in views.items()},
            "segm": {view: seen for view, (_, _, seen) in views.items()},
            "ee": 0,
        }

    def render_camera(self, config, image_size=None):
        """Colours, depth over 20 m and ids, as VIMABench's own returns them; things are as tall as `TALL` says."""
        rgb, segm = config
        tall = np.zeros(segm.shape)
        for id, name in self.names.items():
            tall[segm == id] = TALL[name]
        return rgb.copy(), ((AWAY - tall) / 20.0)[np.newaxis], segm.copy()
