"""What roles write to state topics, as bytes and back: chunks, snapshots, codecs."""
