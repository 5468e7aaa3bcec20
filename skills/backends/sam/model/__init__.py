"""The models: the small one, the published ones, their decoder, and how they are read from files."""
