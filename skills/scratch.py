"""Temporary folders that a killed process doesn't leave behind for ever.

A folder is removed when its owner closes it, is collected or ends. After a kill nobody is there to do so: each folder
is therefore locked (``flock``, which the kernel gives up with the process), and the first folder that a later process
makes sweeps away those that nobody holds any more.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
import weakref
from functools import cache
from pathlib import Path

try:
    import fcntl
except ImportError:  # no flock on this system: folders go with their owners only
    fcntl = None  # type: ignore[assignment]

PREFIX = "instruct2act-"
_OWNER = ".owner"
_YOUNG_S = 60  # so long a folder may stand without its lock: it is being made


class Scratch:
    """A folder for this process alone, readable by nobody else.

    Attributes:
        path: the folder; exists until closed.
    """

    def __init__(self, purpose: str) -> None:
        """Makes it.

        Args:
            purpose: a word of its name, for a person who looks at the temporary folder.

        Raises:
            OSError: no place for temporary files.
        """
        if fcntl is not None:
            swept(Path(tempfile.gettempdir()))
        self.path = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{purpose}-"))
        lock = os.open(self.path / _OWNER, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        if fcntl is not None:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Owners are often left to the collector: then, too, nothing stays behind.
        self._end = weakref.finalize(self, _remove, self.path, lock, os.getpid())

    def close(self) -> None:
        """Removes the folder with all that is in it; closing twice is fine."""
        self._end()

    def __enter__(self) -> Path:
        return self.path

    def __exit__(self, *_: object) -> None:
        self.close()


def _remove(path: Path, lock: int, owner: int) -> None:
    if os.getpid() == owner:  # a forked child's end is not its parent's
        shutil.rmtree(path, ignore_errors=True)
        os.close(lock)


@cache
def swept(place: Path) -> tuple[Path, ...]:
    """Removes the folders of processes that are gone, once a process; returns which."""
    return tuple(sweep(place))


def sweep(place: Path, young_s: float = _YOUNG_S) -> list[Path]:
    """Removes the folders in ``place`` that no process holds and that were not made just now; returns which."""
    return [folder for folder in place.glob(f"{PREFIX}*") if _left_behind(folder, young_s)]


def _left_behind(folder: Path, young_s: float) -> bool:
    with contextlib.suppress(OSError):  # somebody else's, or gone meanwhile
        if folder.is_symlink() or folder.stat().st_uid != os.getuid():
            return False
        lock = os.open(folder / _OWNER, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
        try:
            if time.time() - os.fstat(lock).st_mtime < young_s:
                return False
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
            return True
        finally:
            os.close(lock)
    return False
