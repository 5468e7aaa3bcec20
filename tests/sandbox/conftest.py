"""A gateway for all, and a world for each."""

from contained import gateway, world

__all__ = ["gateway", "world"]
