"""An arm behind a bridge, on machines that may stand still for a moment."""

from doubles.rosbridge.fixture import bridged
from stalls import pytest_collection_modifyitems, stalls

__all__ = ["bridged", "pytest_collection_modifyitems", "stalls"]
