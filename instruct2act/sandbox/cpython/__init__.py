"""The second interpreter: CPython with numpy, in a process that the kernel contains."""

from instruct2act.sandbox.cpython.backend import CPython

__all__ = ["CPython"]
