"""The commands ``robot …``: the same instruction on a real arm, and what it takes to get there."""
