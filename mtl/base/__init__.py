"""What every room may use: errors, the registry, files, tensors on disk, threads. Knows no NLP."""
