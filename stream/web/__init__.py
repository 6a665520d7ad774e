"""The HTTP server of a process: probes, metrics, access rules and limits; the desk adds the page and the API."""
