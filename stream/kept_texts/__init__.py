"""The encoding of texts on their way from the role `segment` to the announcer."""
