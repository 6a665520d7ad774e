"""Texts of a horizon -> new words: candidates, their counts and all their signs are computed from the texts at each look."""
