"""What `mtl tune` does: the search for a recipe's best values, in trials that are kept in a study.

folder     the folder of a study: made, or gone on with; refused where another study or something else is in it
plot       a study drawn as one SVG file: the scores of its trials in their order, and against values
proposals  how values are proposed and trials are stopped early: by Optuna, imported where something is searched
results    what comes out of a study: its trials by score and as a table, and how their keys and values are shown
search     the search for a recipe's best values: trials that are ordinary trainings, one or several at a time
study      a study: the trials of a search, in a file that survives any kill, and how the next one is proposed
trial      a trial: an ordinary training with values of its own, in its own run folder, watched at each evaluation
"""
