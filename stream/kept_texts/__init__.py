"""Texts as they travel from the role `segment` to the announcer."""
