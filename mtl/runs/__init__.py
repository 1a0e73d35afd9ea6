"""A run: one recipe, one folder, all steps; and runs side by side.

check            is this recipe possible? Everything that can be known before training, and all faults at once
comparison       recipes side by side: each trained with several seeds, their test figures on average, which is better
comparison_page  a comparison as a page that needs nothing else: HTML or Markdown
comparison_rows  a comparison as the rows of tables: figures with their verdicts, and what each task was trained on
contestants      what is compared: recipes, variants of them, and the tasks of each alone, under names of folders
matching         what each task alone gets of training, so that it is compared fairly: as many epochs, steps or minutes
predictor        answers from raw text with the trained model itself, in torch
run_data         which data a run had: hashes of all its splits, and the sources whose rows came from memory
run_folder       the folder of a new run, or of one that is resumed: made, or refused where something else is in it
runner           A run: one recipe, one folder, and the steps from data to verified graphs
training_counts  what a run's training came to: steps and rows of each source, the time it took, versions
trial            one run of a comparison: trained and tested, or found done in its folder
verdicts         is one of two runs better? Paired differences over seeds, and Student's t interval of their mean
"""
