"""State records of the roles as messages of a state topic, and back: chunks, snapshots, codecs."""
