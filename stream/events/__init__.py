"""The event of topic `new-words`, its JSON and JSON Schema, and summaries of many events. Pure."""
