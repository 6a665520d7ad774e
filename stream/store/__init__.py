"""Announced words in a small SQLite file: a view of the topics that can be rebuilt at any time."""
