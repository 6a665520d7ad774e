"""The version of the package, in a module of its own so that no other import is needed to know it."""

__version__ = "0.1.0"
