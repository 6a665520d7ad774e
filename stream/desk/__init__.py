"""The desk: the page and the API put together, and the threads that fill the store. Imported by nothing of the flow."""
