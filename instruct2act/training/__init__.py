"""The data engine and the training of the small perception checkpoints."""
