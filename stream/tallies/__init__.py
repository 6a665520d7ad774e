"""Tallies: exact counts of ranges of `raw-text`, their encoding, and the sketch into which a shard folds them.

docs/state.md describes the law of state.
"""
