"""What is remembered of texts: those of the horizon as units, what came before them, and which strings they share."""
