"""A run: one recipe, one folder, all steps; runs side by side; the search for a recipe's best values.

carried          what a recipe could take from a finished run: a `from` to write for each module, or why there is none
check            is this recipe possible? Everything that can be known before training, and all faults at once
comparing/       what `mtl compare` does: recipes side by side, each trained with several seeds
eight_bits       the eight-bit variant of an export, kept where its figures are about those of the export
ensembling/      what `mtl ensemble` does: finished runs that answer together, as one network of all their components
examined         what a check finds out about a recipe, whatever is wrong with parts of it
exported_run     an export with the data that it is measured on, which its own folder says
extending/       what `mtl extend` does: new tasks on a trained run, and the proof of what its own tasks answer then
fake_batch       a made-up batch of one source, whose tensors have shapes and no memory
far_numbers      the rows whose predicted number is farthest from gold
finished         what was trained and can be measured: a run, an ensemble, an export; commands take any of them
given_recipe     a recipe as library code gives it: its file, the plain values that YAML would give, or loaded
kept_figures     figures of a run in its folder: `metrics.json`, and `reports.json` for what is too long for a figure
kept_runs        what a run keeps of the runs that its modules come from: it is resumed without them
kept_tokenizers  what a run keeps of its tokenizers: it cuts texts without the files that they were read from
lone_gradients   balances that compare the gradients of one update, where no two ever meet in one
meta_model       the model of a recipe on torch's meta device, where tensors have no memory, and a fake batch for it
origin_faults    what is wrong with modules that come from runs: the runs, configurations, how texts are read, shapes
predictor        answers from raw text with the trained model itself, in torch
read_data        the data of a run or an export, as the files beside its recipe say
recipe_faults    what is wrong with a recipe before any module is built: files, devices, and what cannot be exported
renaming         another name for a label of a trained run: which tasks have it, and which names it may have
reported         what a run's reports say of its tasks: each label, what is taken for what, and wrong rows
run_data         which data a run had: hashes of all its splits, and the sources whose rows came from memory
run_folder       the folder of a new run, or of one that is resumed: made, or refused where something else is in it
runner           A run: one recipe, one folder, and the steps from data to verified graphs
table_cells      answers and texts as fields of a table of tab-separated values without quotation marks
table_notes      what a table of wrong answers was made of: weights, names of labels and data, in a note beside it
teachers         tasks that learn from a finished run: what is wrong with their teachers, and what these say of the rows
training_counts  what a run's training came to: steps and rows of each source, the time it took, versions
what_learns      what of a model learns: nothing, a task without weights that do, an encoder that has one adapter
tuning/          what `mtl tune` does: the search for a recipe's best values, in trials that are kept in a study
whole_run        a recipe from its data to verified graphs, in one call
workers          jobs in processes of their own, several at a time
worst_queries    the queries of a ranking whose first relevant document is ranked lowest
wrong_answers    where a trained model answers otherwise than gold: which rows, how certainly, what is taken for what
"""
