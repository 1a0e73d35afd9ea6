"""A run: one recipe, one folder, all steps; and runs side by side."""
