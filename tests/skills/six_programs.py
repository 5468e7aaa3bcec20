"""The six tasks as programs that call skills: what an author should write."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

Info = dict[str, Any]


def visual_manipulation(do: Any, text: str) -> Info:
    image = do.GetImage()
    masks = do.SAM(image=image)
    objs, masks = do.ImageCrop(image=image, masks=masks)
    dragged = do.CLIPRetrieval(objs, do.templates["dragged_obj_1"])
    base = do.CLIPRetrieval(objs, do.templates["base_obj"], pre_obj1=dragged)
    pick, place = do.Pixel2Loc(dragged, masks), do.Pixel2Loc(base, masks)
    return do.RobotExecution(do.PickPlace(pick=pick, place=place, bounds=do.BOUNDS))


def scene_understanding(do: Any, text: str) -> Info:
    dragged_texture, base_texture = re.match(r"Put the (.+) object in {scene} into the (.+) object\.", text).groups()
    scene = do.templates["scene"]
    scene_objs, _ = do.ImageCrop(scene, do.SAM(scene))
    shown = do.CLIPRetrieval(scene_objs, f"the {dragged_texture} object")
    objs, masks = do.look()
    dragged = do.CLIPRetrieval(objs, scene_objs[shown])
    base = do.CLIPRetrieval(objs, f"the {base_texture} object", pre_obj1=dragged)
    return do.RobotExecution(do.PickPlace(do.Pixel2Loc(dragged, masks), do.Pixel2Loc(base, masks)))


def rotate(do: Any, text: str) -> Info:
    degrees = int(re.search(r"(\d+) degrees", text)[1])
    objs, masks = do.look()
    at = do.Pixel2Loc(do.CLIPRetrieval(objs, do.templates["dragged_obj"]), masks)
    return do.RobotExecution(do.PickPlace(at, at, yaw_angle_degree=degrees))


def rearrange(do: Any, text: str) -> Info:
    scene = do.templates["scene"]
    scene_objs, scene_masks = do.ImageCrop(scene, do.SAM(scene))
    objs, masks = do.look()
    there, here = do.get_objs_match(scene_objs, objs)
    return do.RobotExecution(do.RearrangeActions(masks, scene_masks, here, there, do.BOUNDS))


def rearrange_then_restore(do: Any, text: str) -> Info:
    scene = do.templates["scene"]
    scene_objs, scene_masks = do.ImageCrop(scene, do.SAM(scene))
    before, before_masks = do.look()
    there, here = do.get_objs_match(scene_objs, before)
    do.RobotExecution(do.RearrangeActions(before_masks, scene_masks, here, there))
    objs, masks = do.look()
    started, now = do.get_objs_match([before[i] for i in here], objs)
    return do.RobotExecution(do.RearrangeActions(masks, [before_masks[i] for i in here], now, started))


def pick_in_order_then_restore(do: Any, text: str) -> Info:
    objs, masks = do.look()
    home = do.Pixel2Loc(do.CLIPRetrieval(objs, do.templates["dragged_obj"]), masks)
    info = {}
    for base in ("base_obj_1", "base_obj_2", None):
        objs, masks = do.look()
        at = do.Pixel2Loc(do.CLIPRetrieval(objs, do.templates["dragged_obj"]), masks)
        to = do.Pixel2Loc(do.CLIPRetrieval(objs, do.templates[base]), masks) if base else home
        info = do.RobotExecution(do.PickPlace(at, to))
    return info


PROGRAMS: dict[str, Callable[[Any, str], Info]] = {
    program.__name__: program
    for program in (
        visual_manipulation,
        scene_understanding,
        rotate,
        rearrange,
        rearrange_then_restore,
        pick_in_order_then_restore,
    )
}
