"""Training.

accumulation   several batches in one update
adaptive_mixture  mixtures whose rates follow what training shows
adversarial    losses also at vectors of words that were moved to where the losses are higher
agreement      whether all processes of a training have equal parameters
average        a moving average of the weights, evaluated and saved in their place
balance/       how the losses of several tasks become one update
budget         a time budget: what is spent of it, over all processes of a run
checkpoint     checkpoints: one safetensors file per component
decisions      what output layers decide by and dev shows: temperatures and thresholds
division       one update divided among processes: shares of its losses, sums of its gradients
draws          what a step is made of: batches of one stream, of every stream, or of several draws
finite         finding where a number stopped being finite
first_weights  what components start from, where a recipe says `weights:`
from_runs      weights of components that come from finished runs: those of the runs' best checkpoints
gradient_facts  looks at the gradients of tasks that meet in a component
gradient_summary  what all looks of a training showed, as lines for people
lamb           Adam whose steps are as long, layer by layer, as a rate times the layer's own norm
layer_rates    learning rates of components and of the layers inside them
logs           the logs of a training: JSON lines, and TensorBoard's files where that package is installed
mixture        which source's batch comes next: mixtures of the streams that a recipe's tasks train on
more_optimizers  relatives of Adam, and Adagrad
more_schedules  schedules that look at evaluations, go up before they go down, or up and down again and again
optimizer      optimizers, learning rate schedules, and which component gets which rate
parts          what a trainer is made of, built as the recipe says: draws, optimizer, schedule, balance
priors         what heads begin with, by the training answers
resume         what must be unchanged for a resumed run to end with the same parameters, bit for bit
rest           streams at rest: those that have converged are left out, and woken when a figure falls
row_gradients  gradients of single rows of a table, and updates of these rows alone
rows           the gradients of a step apart: a row for each task that reaches a component
scaling        gradients of streams multiplied, as a balance says, where they meet
several_optimizers  the optimizers of a training: that of the recipe, and those of components with one of their own
soft_sharing   soft sharing: the parameters of components alike are pulled together
step_counts    how many steps of a run each source has, without training
trainer        training: one step after another over the streams of a mixture
training_state  what a checkpoint keeps of a training beside its weights, and back
uncompiled     optimizers without what torch's own do for its compiler
update         one update: gradients of all tasks that have labels, combined, clipped, applied
"""
