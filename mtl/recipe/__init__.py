"""What a recipe says: YAML, its keys and values, task types; and the filled recipe."""
