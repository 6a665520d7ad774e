"""The commands: one module for each; its docstring is the text of `--help`."""
