"""A sample of a stream -> a configuration for it, with a reason for each key, and what it would announce."""
