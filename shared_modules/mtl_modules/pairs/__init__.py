"""Two texts: how well they match (scorers), and both in one vector (matchings)."""
