"""Counts that decay, in fixed memory. Pure: works on 64-bit items and seconds, not on words or Kafka."""
