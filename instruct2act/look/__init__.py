"""What the pages of this project share: colours (``palette.css``) and the maker of elements (``dom.js``)."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent


def style() -> str:
    """The colours, as CSS."""
    return (FOLDER / "palette.css").read_text(encoding="utf-8")


def script() -> str:
    """The maker of elements as a classic script: a page in one file can't import a module."""
    return (FOLDER / "dom.js").read_text(encoding="utf-8").replace("export ", "")
