"""Training: steps, mixtures, optimizers, checkpoints, resuming, logs."""
