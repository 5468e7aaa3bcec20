"""The published battery: hostile programs by class, played against both interpreters on this machine."""
