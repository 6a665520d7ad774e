"""MEMORY: counts that forget. Pure; knows code points and seconds, nothing of Kafka or words."""
