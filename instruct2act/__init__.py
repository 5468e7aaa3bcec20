"""Instructions in words, pictures or clicks become contained robot programs. See ARCHITECTURE.md."""

__version__ = "0.1.0"
