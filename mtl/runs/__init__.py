"""A run: one recipe, one folder, all steps; runs side by side; the search for a recipe's best values.

check            is this recipe possible? Everything that can be known before training, and all faults at once
comparison       recipes side by side: each trained with several seeds, their test figures on average, which is better
comparison_page  a comparison as a page that needs nothing else: HTML or Markdown
comparison_rows  a comparison as the rows of tables: figures with their verdicts, and what each task was trained on
contestants      what is compared: recipes, variants of them, and the tasks of each alone, under names of folders
matching         what each task alone gets of training, so that it is compared fairly: as many epochs, steps or minutes
predictor        answers from raw text with the trained model itself, in torch
proposals        how values are proposed and trials are stopped early: by Optuna, imported where something is searched
run_data         which data a run had: hashes of all its splits, and the sources whose rows came from memory
run_folder       the folder of a new run, or of one that is resumed: made, or refused where something else is in it
runner           A run: one recipe, one folder, and the steps from data to verified graphs
study            a study: the trials of a search, in a file that survives any kill, and how the next one is proposed
study_folder     the folder of a study: made, or gone on with; refused where another study or something else is in it
study_plot       a study drawn as one SVG file: the scores of its trials in their order, and against values
study_results    what comes out of a study: its trials by score and as a table, and how their keys and values are shown
study_trial      a trial: an ordinary training with values of its own, in its own run folder, watched at each evaluation
training_counts  what a run's training came to: steps and rows of each source, the time it took, versions
trial            one run of a comparison: trained and tested, or found done in its folder
trial_processes  trials in processes of their own, several at a time
tuning           the search for a recipe's best values: trials that are ordinary trainings, one or several at a time
verdicts         is one of two runs better? Paired differences over seeds, and Student's t interval of their mean
"""
