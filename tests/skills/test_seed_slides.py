"""The listing that the project started from, its ellipsis filled in, in its three forms: words, pictures, pointing."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import pytest
from tabletop import Calls, Table, play

from skills.types import Image, Instruction, Slot

SCENE = (
    "green and purple polka dot block @0.4,-0.2; green container @0.55,0.2; red heart @0.4,0.35; yellow ring @0.65,-0.3"
)

WORDS = """
def main() -> dict:
    image = GetImage()
    masks = SAM(image=image)
    obj1, masks = ImageCrop(image=image, masks=masks)
    block = CLIPRetrieval(obj1, "the polka dot block")
    container = CLIPRetrieval(obj1, "the green container", pre_obj1=block)
    pick = Pixel2Loc(block, masks)
    place = Pixel2Loc(container, masks)
    action = PickPlace(pick=pick, place=place, bounds=BOUNDS)
    info = RobotExecution(action=action)
    return info
"""

PICTURES = """
def main() -> dict:
    image = GetImage()
    masks = SAM(image=image)
    obj1, masks = ImageCrop(image=image, masks=masks)
    block = CLIPRetrieval(obj1=obj1, query=templates.get("dragged obj"))
    container = CLIPRetrieval(obj1=obj1, query=templates.get("base obj"), pre_obj1=block)
    pick, place = Pixel2Loc(block, masks), Pixel2Loc(container, masks)
    RobotSetting(speed=0.5)
    action = PickPlace(pick=pick, place=place, bounds=BOUNDS, yaw_angle_degree=30, tool="suction")
    info = RobotExecution(action=action)
    return info
"""

POINTING = """
def main() -> dict:
    image = GetImage()
    masks = SAM(image=image, points=clicks)
    obj1, masks = ImageCrop(image=image, masks=masks)
    action = PickPlace(pick=Pixel2Loc(0, masks), place=Pixel2Loc(1, masks), bounds=BOUNDS)
    info = RobotExecution(action=action)
    return info
"""


def run(program: str, do: Calls) -> Mapping[str, object]:
    names = do.named()
    exec(program, names)
    info: Mapping[str, object] = names["main"]()
    return info


@pytest.mark.parametrize("program", [WORDS, PICTURES, POINTING], ids=["words", "pictures", "pointing"])
def test_the_listing_runs(table: Table, program: str) -> None:
    env = table(SCENE)
    block, container = (env.inventory().index(name) for name in ("green and purple polka dot block", "green container"))
    look = play(env)
    objs, _ = look.look()
    crops: dict[str, Image] = {
        key: objs[look.CLIPRetrieval(objs, name)]
        for key, name in (("dragged obj", "polka dot block"), ("base obj", "green container"))
    }
    camera = look.ctx.observation.views["top"].camera  # type: ignore[union-attr]
    clicks = [tuple(camera.project([[(at := env.world.pose(id)).x, at.y, 0.0]])[0][0]) for id in (block, container)]
    slots = {key: Slot("object", MappingProxyType({"top": crop})) for key, crop in crops.items()}
    do = play(env, Instruction("Put {dragged obj} into {base obj}.", slots, clicks))
    assert run(program, do) == {"done": 1, "of": 1, "failed": [], "clipped": 0}
    assert container in env.world.supports(block)
