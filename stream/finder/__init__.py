"""Texts of a horizon -> new words: candidates, their counts and their signs come from the texts at each look."""
