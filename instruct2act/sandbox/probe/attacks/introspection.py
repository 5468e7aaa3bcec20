"""Climbing from what is at hand to what is not: classes, frames, formats, builtins, modules."""

from __future__ import annotations

from instruct2act.sandbox.probe.attack import climbs, dies, gives

ATTACKS = [
    climbs("class_walk", "return [c.__name__ for c in ().__class__.__base__.__subclasses__()]", "AttributeError"),
    climbs("class_walk_by_getattr", "return getattr(getattr((), '__cla' + 'ss__'), '__bases__')", "AttributeError"),
    climbs("mro_of_a_handle", "return str(type(GetImage()).__mro__)", "AttributeError"),
    climbs("function_globals", "return list(GetImage.__globals__)", "AttributeError"),
    climbs("own_function_globals", "def f(): pass\nreturn list(f.__globals__)", "AttributeError"),
    climbs("code_object", "def f(): pass\nreturn f.__code__.co_consts", "AttributeError"),
    climbs("closure_cells", "def f():\n    x = 1\n    return lambda: x\nreturn f().__closure__", "AttributeError"),
    climbs(
        "traceback_frames",
        "try:\n    1 / 0\nexcept Exception as e:\n    t = getattr(e, '__traceback__', None)\n"
        "    return getattr(t, 'tb_frame', None)\n",
    ),
    gives(
        "exception_from_a_skill",
        "try:\n    SAM(3)\nexcept Exception as e:\n    return getattr(e, '__context__', None)\n",
    ),
    gives(
        "skill_error_arguments", "try:\n    SAM(3)\nexcept Exception as e:\n    return getattr(e, '__cause__', None)\n"
    ),
    climbs("format_walk", "return '{0.__class__.__init__.__globals__}'.format(GetImage())", "AttributeError"),
    climbs("format_walk_of_a_function", "return '{0.__globals__}'.format(GetImage)", "AttributeError"),
    climbs("format_map_walk", "return '{x.__class__}'.format_map({'x': GetImage()})", "AttributeError"),
    dies("f_string_walk", "return f'{GetImage().__dict__}'", "AttributeError"),
    dies("vars_of_a_handle", "return vars(GetImage())", "TypeError", "NameError"),
    dies("private_attribute_of_a_handle", "return GetImage()._handle", "AttributeError"),
    dies("pixels_of_a_handle", "return GetImage().rgb", "AttributeError"),
    dies("truth_of_a_handle", "return GetImage().view.truth", "AttributeError"),
    dies("method_of_a_handle", "return GetImage().shape.tobytes()", "AttributeError"),
    dies("call_a_handle", "return GetImage()(1)", "TypeError", "AttributeError"),
    dies("lazy_attribute_by_name", "return getattr(GetImage(), 'names')", "AttributeError"),
    climbs("builtins", "return __builtins__", "NameError"),
    climbs("globals_of_the_module", "return list(globals())", "NameError"),
    gives("locals_of_the_module", "return len(set(locals()) - {'templates', 'BOUNDS', 'clicks', 'CANARY_FILE'})", 0),
    climbs("breakpoint", "breakpoint()", "NameError"),
    climbs("compile", "compile('1', 'x', 'eval')", "NameError"),
    climbs(
        "eval_stays_inside", "try:\n    return eval('().__class__.__base__')\nexcept AttributeError:\n    return None\n"
    ),
    gives("exec_stays_inside", "try:\n    exec('import subprocess')\nexcept ModuleNotFoundError:\n    return None\n"),
    dies(
        "import_by_function",
        "return __import__('os').environ",
        "NameError",
        "ModuleNotFoundError",
        "RuntimeError",
        "AttributeError",
    ),
    climbs("module_of_a_module", "import typing\nreturn typing.sys.modules", "AttributeError"),
    climbs("module_behind_re", "import re\nreturn re.enum.sys", "AttributeError"),
    dies("modules_of_sys", "import sys\nreturn sys.modules", "AttributeError", "ModuleNotFoundError"),
    dies("frames_of_sys", "import sys\nreturn sys._getframe()", "AttributeError", "ModuleNotFoundError"),
    climbs("metaclass", "class A(type): pass", "NotImplementedError"),
    climbs("generator_frame", "g = (x for x in [1])\nreturn g.gi_frame.f_globals", "AttributeError"),
]
