"""Tells Gymnasium the environments' ids as soon as it is imported, so that nobody has to import ``sim`` first.

Up to 0.29 Gymnasium called the entry points of the group ``gymnasium.envs``; since 1.0 it calls none, and a bare id is
only found when somebody registered it. The installed package therefore has a line, ``instruct2act.pth``, with which
Python imports this module when it starts. It waits for Gymnasium and costs nothing else; ``python -S`` leaves it out.
Without it, ``gymnasium.make("sim:instruct2act/rotate-v0")`` is Gymnasium's own way.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False  # typing's own would be imported at every start of Python
if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

WAITS_FOR = "gymnasium"


class _Waiting:
    """Finds no module itself; sees Gymnasium being looked for, once, and has the ids registered after it is loaded."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The spec of Gymnasium that others find, with something to do afterwards; None for every other name."""
        if name != WAITS_FOR:
            return None
        from importlib.util import find_spec

        sys.meta_path.remove(self)
        spec = find_spec(name)
        loader = None if spec is None else spec.loader
        if loader is None:
            return spec
        load = loader.exec_module

        def load_and_register(module: ModuleType) -> None:
            del loader.__dict__["exec_module"]
            load(module)
            _register()

        loader.exec_module = load_and_register  # type: ignore[method-assign]
        return spec


def _register() -> None:
    try:
        from sim import register_envs

        register_envs()
    except Exception as error:  # whoever imports Gymnasium may want something else of it
        import warnings

        warnings.warn(f"the environments of instruct2act are not registered: {error}", RuntimeWarning, stacklevel=2)


def wait() -> None:
    """Registers the ids when Gymnasium is imported; does nothing where it is already."""
    if WAITS_FOR not in sys.modules and not any(isinstance(finder, _Waiting) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Waiting())


wait()
