"""A plan as a program over the skills: one module a family of steps, on one `Page`."""
