"""Examples as the model needs them: read once, fitted, encoded into a memory-mapped cache, given out in batches."""
