"""Exact counts of ranges of raw-text as increments on a log: their bytes, which of them count, and what they add up to.

The law of state is in docs/state.md.
"""
