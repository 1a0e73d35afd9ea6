"""Output layers: loss, answer and search, and what they are made of."""
