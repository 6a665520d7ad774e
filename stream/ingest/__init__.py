"""Write texts of any source to topic `raw-text`, each once."""
