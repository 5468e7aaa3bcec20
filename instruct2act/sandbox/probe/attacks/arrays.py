"""numpy's own ways to files, code and memory; Monty has no numpy, so there each ends at its import."""

from __future__ import annotations

from instruct2act.sandbox.probe.attack import ANYTHING, NOTHING, Attack, End, real

_DENIED = ("PermissionError",)
_FULL = ("MemoryLimit", "MemoryError", "ValueError")


def _numpy(name: str, source: str, *errors: str, value: object = NOTHING) -> Attack:
    return Attack(name, f"import numpy as np\n{source}", End(("ModuleNotFoundError",)), End(errors, value))


ATTACKS = [
    _numpy("load", "return np.load(CANARY_FILE).tolist()", *_DENIED),
    _numpy("load_a_pickle", "return np.load(CANARY_FILE, allow_pickle=True)", *_DENIED),
    _numpy("from_file", "return np.fromfile(CANARY_FILE, dtype='u1')", *_DENIED),
    _numpy("to_file", "np.zeros(3).tofile(CANARY_FILE)", *_DENIED),
    _numpy("save", "np.save(CANARY_FILE, np.zeros(3))", *_DENIED),
    _numpy("save_text", "np.savetxt(CANARY_FILE, np.zeros(3))", *_DENIED),
    _numpy("read_text", "return np.genfromtxt(CANARY_FILE, dtype=str).tolist()", *_DENIED, "FileNotFoundError"),
    _numpy("load_text", "return np.loadtxt(CANARY_FILE, dtype=str).tolist()", *_DENIED, "FileNotFoundError"),
    _numpy("memory_map", "return np.memmap(CANARY_FILE, mode='r').tolist()", *_DENIED, "ModuleNotFoundError"),
    _numpy("memory_map_to_write", "np.memmap(CANARY_FILE, mode='r+')[:] = 0", *_DENIED, "ModuleNotFoundError"),
    _numpy(
        "read_a_url", "return np.loadtxt('http://127.0.0.1:1/').tolist()", *_DENIED, "URLError", "FileNotFoundError"
    ),
    _numpy("code_out_of_a_pickle", "x = np.array([print], object)\nreturn np.loads(x.dumps())", "AttributeError"),
    real(
        "pickled_call",
        "return load('pickle')._loads(b\"cos\\nsystem\\n(S'touch /tmp/instruct2act-was-here'\\ntR.\")",
        "PermissionError",
        "UnpicklingError",
        value=ANYTHING,
    ),
    _numpy("huge_array", "return np.ones(10**11)[0]", *_FULL),
    _numpy("huge_shape", "return np.zeros((2**31, 2**31, 2**31))", *_FULL),
    _numpy("growing_array", "x = np.ones(1000)\nwhile True:\n    x = np.concatenate([x, x])", *_FULL),
    _numpy("outer_product", "x = np.ones(200_000)\nreturn np.outer(x, x).sum()", *_FULL),
    _numpy("endless_product", "x = np.ones((1500, 1500))\nwhile True:\n    x = x @ x * 1e-9", "TimeLimit", *_FULL),
    _numpy("endless_in_c", "return np.convolve(np.ones(10**6), np.ones(10**6))[0]", "TimeLimit", *_FULL),
    _numpy(
        "read_past_the_end",
        "x = np.lib.stride_tricks.as_strided(np.zeros(1), (10**9,), (8,))\nreturn float(x.sum())",
        "Crashed",
        "TimeLimit",
    ),
    _numpy(
        "write_past_the_end",
        "x = np.lib.stride_tricks.as_strided(np.zeros(1), (10**8,), (8,))\nx[:] = 1.0\nreturn None",
        "Crashed",
        "TimeLimit",
    ),
    _numpy("huge_array_argument", "Pixel2Loc(np.zeros(10**6))", "BadCall"),
    _numpy("nan_in_an_array", "Pixel2Loc(np.array([np.nan, 0.0]))", "BadCall"),
    _numpy("array_of_objects", "RobotExecution(np.array([print, int], object))", "BadCall"),
    _numpy("array_result", "return np.zeros(10**6)", "BadReturn"),
    _numpy("infinity_as_a_result", "return np.float64('inf')", "BadReturn"),
]
