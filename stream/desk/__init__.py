"""The desk: the page, its HTTP API over the store, verdicts and feeds. Imported by nothing of the flow."""
