"""Where events and words go: files, terminals, webhooks, dictionaries of other programs."""
