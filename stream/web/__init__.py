"""The HTTP server of a process, and the page that shows new words."""
