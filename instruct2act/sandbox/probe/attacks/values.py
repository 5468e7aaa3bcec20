"""What crosses: too large, too deep, shared, forged, of the wrong kind, or not a value at all."""

from __future__ import annotations

from instruct2act.sandbox.probe.attack import End, dies, gives

_DAG = "x = [1]\nfor i in range({n}):\n    x = [x, x]\n"

ATTACKS = [
    dies("dag_argument", _DAG.format(n=40) + "RobotExecution(x)", "BadCall"),
    dies("shallow_dag_argument", _DAG.format(n=22) + "RobotExecution(x)", "BadCall"),
    dies("dag_result", _DAG.format(n=40) + "return x", "BadReturn"),
    dies("shallow_dag_result", _DAG.format(n=22) + "return x", "BadReturn"),
    dies("dag_of_dicts", "x = {'a': 1}\nfor i in range(20):\n    x = {'a': x, 'b': x}\nRobotExecution(x)", "BadCall"),
    dies("cycle", "x = []\nx.append(x)\nRobotExecution(x)", "BadCall"),
    dies("huge_argument", "CLIPRetrieval([GetImage()], 'a' * 20_000_000)", "BadCall"),
    dies("huge_list_argument", "Pixel2Loc([0.0] * 500_000)", "BadCall", "MemoryLimit"),
    dies("huge_result", "return 'a' * 20_000_000", "BadReturn"),
    dies("huge_list_result", "return [1] * 500_000", "BadReturn", "MemoryLimit"),
    dies("huge_integer", "RobotSetting(2 ** 100000)", "BadCall"),
    dies("not_a_number", "Pixel2Loc([float('nan'), 0.0])", "BadCall"),
    dies("infinity", "PickPlace([float('inf'), 0.0], [0.5, 0.0])", "BadCall"),
    dies("long_keyword", "SAM(**{'a' * 100_000: 1})", "BadCall"),
    dies("many_keywords", "SAM(**{'k' + str(i): i for i in range(10000)})", "BadCall"),
    dies("many_arguments", "SAM(*range(100000))", "BadCall", "MemoryLimit"),
    dies("set_argument", "RobotExecution({1, 2})", "BadCall"),
    dies("bytes_argument", "CLIPRetrieval([GetImage()], b'heart')", "BadCall"),
    dies("function_argument", "RobotExecution(lambda: 1)", "BadCall"),
    dies("type_argument", "RobotExecution(int)", "BadCall"),
    gives("function_result", "return {'got': GetImage}", {"got": "GetImage"}, End(("BadReturn",))),
    dies(
        "forged_handle",
        "class Mask:\n    def __init__(self):\n        self.id = 1\n        self.kind = 'Mask'\nPixel2Loc(Mask())",
        "BadCall",
    ),
    dies(
        "forged_dataclass",
        "from dataclasses import dataclass\n@dataclass\nclass Mask:\n    id: int = 1\nPixel2Loc(Mask())",
        "BadCall",
    ),
    dies(
        "forged_action", "RobotExecution({'primitive': 'pick_place', 'pick': [9, 9, 9], 'place': [9, 9, 9]})", "BadCall"
    ),
    dies("image_for_a_mask", "Pixel2Loc(GetImage())", "BadCall"),
    dies("mask_for_an_image", "SAM(SAM(GetImage())[0])", "BadCall"),
    dies("masks_for_actions", "RobotExecution(SAM(GetImage()))", "BadCall"),
    dies("action_for_a_mask", "ImageCrop(GetImage(), [PickPlace([0.5, 0.0], [0.4, 0.0])])", "BadCall"),
    gives(
        "two_masks_are_two",
        "m = SAM(GetImage())\nreturn {'same': m[0] == m[1], 'index': m.index(m[1]), 'area': m[0].area == m[1].area}",
        {"same": False, "index": 1, "area": True},
    ),
    gives(
        "change_a_handle",
        "m = SAM(GetImage())\ntry:\n    m[1].id = m[0].id\nexcept Exception:\n    pass\nreturn Pixel2Loc(m[1])\n",
        [0.5, 0.1, 1.0],
    ),
    gives("change_a_global", "BOUNDS['x'][0] = -99\nBOUNDS['own'] = templates\nclicks.append((9, 9))\nreturn None\n"),
    gives("change_the_pictures", "templates['dragged_obj'] = None\ntemplates.clear()\nreturn len(templates)\n", 0),
    gives(
        "shadow_a_skill", "def RobotExecution(action):\n    return {'done': 1}\nreturn RobotExecution(3)\n", {"done": 1}
    ),
    dies("wide_handle_list", "m = SAM(GetImage())\nImageCrop(GetImage(), m * 10_000)", "BadCall"),
    dies("unknown_tool", "PickPlace([0.5, 0.0], [0.4, 0.0], 0, 0, ['suction'])", "BadCall"),
    dies("text_for_a_number", "RobotSetting('fast')", "BadCall"),
    dies("alias_and_name", "CLIPRetrieval(**{'obj1': [], 'objs': [], 'query': 'x'})", "BadCall"),
]
