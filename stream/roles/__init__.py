"""The roles of the service on Kafka (count, refresh, segment and its announcer), and what they share."""
