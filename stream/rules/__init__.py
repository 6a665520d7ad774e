"""What decides whether a candidate is a word, and whether it is news. Each rule can be read alone. Pure."""
