"""The desk: the page, the API and the threads that fill the store. The pipeline imports nothing of it."""
