"""Processes, as both sides know them: ``zygote`` starts and ends them; ``wire`` and ``messages`` are what is said."""
