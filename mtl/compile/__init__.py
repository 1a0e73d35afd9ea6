"""From YAML to a checked recipe: sections, modules, ties; and one task of a recipe as a recipe of its own."""
