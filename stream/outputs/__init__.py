"""Destinations of events and words: files, terminals, webhooks, dictionaries of other programs."""
