"""Measures what the documentation quotes; ``python -m instruct2act.bench --help``. Each command prints its table."""
