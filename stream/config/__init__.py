"""YAML, environment and command line -> one validated `Config`."""
