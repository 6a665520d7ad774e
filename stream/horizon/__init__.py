"""The texts of the horizon as units, the memory of the texts before it, and the tables that find strings in them."""
