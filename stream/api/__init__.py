"""The HTTP API over the store: each operation is defined once, and both served and documented from that definition."""
