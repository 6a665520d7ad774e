"""Texts of any source -> messages on topic `raw-text`, each once."""
