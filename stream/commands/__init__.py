"""What a user types: one module for each command; its docstring is what `--help` shows."""
