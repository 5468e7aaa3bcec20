"""Gateways for all, and a world for each."""

from contained import both, gateway, second, world

__all__ = ["both", "gateway", "second", "world"]
