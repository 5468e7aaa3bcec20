"""A plan as a reward function in the vocabulary's words."""
