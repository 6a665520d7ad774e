"""A log of results, each computed from a range of offsets of `raw-text`.

Stale writers are ignored by the log's own order.

`count` appends tallies and `segment` the texts it keeps; `refresh` and the announcer fold them, and delete what they
have folded. See docs/state.md.
"""
