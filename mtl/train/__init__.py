"""Training.

accumulation   several batches in one update
budget         a time budget: what is spent of it, over all processes of a run
checkpoint     checkpoints: one safetensors file per component
finite         finding where a number stopped being finite
first_weights  what components start from, where a recipe says `weights:`
logs           the logs of a training: JSON lines, and TensorBoard's files where that package is installed
mixture        which source's batch comes next: mixtures of the streams that a recipe's tasks train on
optimizer      optimizers, learning rate schedules, and which component gets which rate
parts          what a trainer is made of, built as the recipe says: feeds, mixture, optimizer, schedule
priors         what heads begin with, by the training answers
resume         what must be unchanged for a resumed run to end with the same parameters, bit for bit
trainer        training: one step after another over the streams of a mixture
"""
