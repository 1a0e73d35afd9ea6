"""From YAML to a checked recipe.

alone       one task of a recipe as a recipe of its own: what joint training is compared with
candidates  a recipe whose values are searched: itself, and with other values
columns     the columns of sources that tasks name, whatever else is wrong with the tasks
components  reading the configuration of a registered class that holds no modules: a mixture, an optimizer, a metric
conditions  conditions of a recipe that has other faults, so that no graph of all its tasks can be made
draft       what the stages of reading a recipe pass to each other
extension   new tasks on a trained run: the run's recipe and that of the new tasks, as one
extension_groups  the groups of new tasks' recipe: components of the run with new modules, and groups of these alone
from_runs   `from:` of a module: what the recipe leaves out of its configuration is written in, as the run has it
groups      reading `share:`: the groups as they are written, before their members are looked up
keys        the general keys of a recipe, for those who write one
loading     from a recipe file to a `Recipe`, or to what can be read of one, and all that is wrong
metrics     reading the metrics of a task
modules     reading the configuration of modules
origins     runs that modules come from: where they are, what is kept of them, and which of their components is meant
piece_bounds  how many pieces of a text are read, where an embedding has no more than so many positions
readable    what could be read of a recipe that may have faults
sections    the sections of a recipe, one after the other
sites       the module addresses of a recipe, and the classes of those that are one module
sources     reading sources: those under `sources:`, and those that a task writes inline
space       the values of a search, each tried in the recipe: one that it refuses is a fault before any training
stitches    groups of kind `cross_stitch`, written out
tasks       reading `tasks:`, all but the modules of the tasks
teachers    reading a task's `teacher:`, and where a task cannot have one
ties        which module addresses are one module
tokenizers  reading the tokenizer of an input, where it has keys of its own
train       reading `train:`: how the recipe is trained
tune        reading `tune:`: the form of what is searched
unknown_slots  what is written under a task's `model:` and is none of its modules
unsettled   tasks of which it is not known what is one module with others, as something is wrong with a group
"""
