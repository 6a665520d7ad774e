"""Made-up streams of text with planted new words, for demos, load tests and tests. Pure."""
