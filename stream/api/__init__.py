"""The HTTP API over the store: one definition of each operation that is both served and documented."""
