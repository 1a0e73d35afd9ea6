"""Wide modules: scores of labels from features of a text alone, without an encoder."""
