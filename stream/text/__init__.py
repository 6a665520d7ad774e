"""Messages as bytes -> cleaned texts, runs of countable characters and 64-bit hashes of them.

Pure: no files, no clock.
"""
