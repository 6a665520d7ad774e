"""The batch job `discover`: exact counts of a whole corpus, and its words. Pure."""
