"""Gateways for all, and a world for each."""

from contained import both, first, gateway, second, world

__all__ = ["both", "first", "gateway", "second", "world"]
