"""Rules that decide whether a candidate is a word, and whether it is news; each can be read alone. Pure."""
