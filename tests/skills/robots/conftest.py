"""An arm behind a bridge."""

from doubles.rosbridge.fixture import bridged

__all__ = ["bridged"]
