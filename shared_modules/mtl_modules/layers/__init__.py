"""What modules of several kinds are made of."""
