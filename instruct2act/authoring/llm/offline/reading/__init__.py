"""English to a plan: what an instruction teaches, what its words say, and what they refer to."""
