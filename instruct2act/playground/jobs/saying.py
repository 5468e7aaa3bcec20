"""Sentences for people elsewhere: nothing of this machine is in them."""

from __future__ import annotations

import re

LONGEST = 2000
_PATH = re.compile(r"(?<![\w.:/<])(?:~|[A-Za-z]:)?(?:[/\\][\w.+@-]+){2,}[/\\]?|(?<![\w.:/<])~[/\\][\w.+@-]+")


def without_paths(sentence: str) -> str:
    """A sentence, bounded, in which a file's or folder's whole path is an ellipsis."""
    return _PATH.sub("…", sentence[:LONGEST])
