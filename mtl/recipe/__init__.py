"""What a recipe says.

beside     values of other columns beside a task's texts: each is embedded by itself and joins them at the decoder
config     what a recipe says, checked and filled: frozen values that all other parts of the library read
document   A recipe as plain values, with the place where each key and value was written
filling    the filled recipe: every default written out, each tied configuration once, under its group
flow       what a task's slots say about addresses and about what flows where
modules    the configuration of a registered class: of a module, a mixture, an optimizer, a schedule or a metric
names      names that a recipe gives, and addresses made of them
overrides  settings given beside the recipe: `--set tasks.slots.weight=2`
part       some tasks of a recipe, with what these have in common
patterns   settings whose path has `**` for any steps: which keys they set, what to write where it is none
place      where something was written: a file, a line, a path inside the recipe
schema     values against a schema: pydantic checks, and its complaints become 'should be X. Found Y.'
task       what a task type is: the modules of a single-task model, the edges between them, and what it predicts
training   how a recipe is trained: the keys of `train:` and of the sections inside it
tuning     what a recipe says of the search for its best values: the keys of `tune:`
uses       the columns of sources that a recipe names, and what for
yaml_core  YAML 1.2 with its core schema, on PyYAML, which reads YAML 1.1: there `1e-3` is a string and `no` is false
"""
