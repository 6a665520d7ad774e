"""A process of the service from its start to its end: the check before, waiting for Kafka, the loop of its roles."""
