"""The PyBullet tabletop in the manner of VIMA. Importing this package loads no engine."""
