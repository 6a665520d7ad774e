"""Pieces of texts -> one table of words for each time window: counts, contexts, example texts. Pure."""
