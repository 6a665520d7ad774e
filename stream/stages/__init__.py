"""The arrows of the flow, one file each, pure: no Kafka, files, threads or clock; time is a float in seconds."""
