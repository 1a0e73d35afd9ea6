"""A run: one recipe, one folder, all steps; and runs side by side.

check       is this recipe possible? Everything that can be known before training, and all faults at once
comparison  recipes side by side: each trained with several seeds, and what their test figures are on average
predictor   answers from raw text with the trained model itself, in torch
run_data    which data a run had: hashes of all its splits, and the sources whose rows came from memory
run_folder  the folder of a new run, or of one that is resumed: made, or refused where something else is in it
runner      A run: one recipe, one folder, and the steps from data to verified graphs
"""
