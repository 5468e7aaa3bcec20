"""Whether an author's rewards tell the truth: outcomes made on the simulated table, scored, held against the goal."""
