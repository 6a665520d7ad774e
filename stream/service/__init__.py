"""One process of the service from start to end: the check before, waiting for Kafka, the loops of its roles."""
