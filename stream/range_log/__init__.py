"""An append-only log of what is made of ranges of raw-text: fenced by its own order, given back once it is folded.

`count` appends tallies, `segment` the texts it keeps; `refresh` and the announcer fold them. See docs/state.md.
"""
