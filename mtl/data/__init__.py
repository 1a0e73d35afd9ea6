"""Examples as the model needs them: read once, fitted, encoded into a memory-mapped cache, delivered in batches.

augmentation   what training reads in the place of some texts: with slips in words, with other values of labelled spans
batch          what the model gets: the features and targets of some units of one source, padded
batching       which rows go together: batches of similar length, a pure function of lengths, budget, seed and epoch
cache_keys     what encoded data depends on, beside its rows: where it changes, what the cache holds is stale
carried        what goes on from one segment of a running text to the next: the states that its modules leave
collate        ragged values to padded arrays, without a Python step per row or token
columns        columns of a split's file as arrays over its memory: the tokens of texts, the values of targets
cut_pairs      pairs whose two texts have more pieces than the one row that an encoder reads them in
cut_texts      texts of a split with more pieces than are read, counted for each way in which a column is split
data_faults    all that is wrong with the data of a recipe: in every split, and with all training rows together
encoding       one split, featurized once: from a stream of rows to one memory-mapped Arrow file
fault_kinds    faults of a split, one of each kind: the first row that has it, and how many others do
feed           the batches of one stream, pass after pass: a position in them is two numbers
fitted         what is learned from the training rows before training: vocabularies, label sets, scales
fitting        vocabularies, labels and scales fitted to the train splits, or found in the cache
grammar_check  whether the tags of a row keep to the grammar of their scheme, and how many rows of a split do not
judged_units   the units of a split that are judged pairs: numbers of their texts, of which equal ones are kept once
judgements     what a task on judged pairs says about the rows of its source
kept_files     names of a split's files as the cache keeps them: they move with the folder or file that the split is
label_order    the order of labels that have one: ratings, levels, degrees
labels         the label set of a task
lacking        columns that a recipe names and a split does not have
masks          positions of texts that a masked language model predicts, and what it reads there
negatives      the judged pairs of a split, and the pairs that are drawn beside them
origins        what components come from, where a recipe says `from:`: components of runs, and what these were fitted to
pair_cells     the cells of a row that judges pairs: texts, grades, names; all that is wrong with them
pair_encoding  what is kept of judged pairs beside their texts and grades
pair_reading   rows of a source with a ranking task
plan           what is read of a source: the tasks on it, and its inputs
prepare        from sources to what training needs: fitted, encoded; what is cached is not redone
prepared       what was read and made of it: the fitted vocabularies and labels, every split, and a report on both
raw_texts      the texts of a split as its rows had them, by unit or by their own numbers
reading        rows of a source as its tasks need them
remarks        what is odd about the gold of a split, as warnings
row_places     where the rows of a split were read, as it is kept: `row_line` and `row_file`, the number of a file
running        rows of a source as one running text, cut into segments that are read one after another
running_feed   the batches of a running text: segments that go on where those of the batch before have ended
soft_labels    probabilities that a teacher gives the labels of a split's units, or of their tokens, memory-mapped
span_values    the values that spans of a label have in training, and rows with other values of their spans
split          one split of a source, featurized and memory-mapped: texts, and the units that are made of them
split_faults   all that is wrong with one split: columns that it lacks, malformed rows
split_file     the memory-mapped file of a split: its columns as arrays, and the facts that are kept beside them
store          the cache's files: written beside their place and renamed, with a checksum
tag_fit        what the tags of all training rows say before any of them is encoded
target_fits    what training shows of targets before any cell is read, and what is wrong with all of them together
targets/       what tasks learn from and answer with, one kind per file; importing this package registers all of them
text_encoding  texts as they come, to flat columns
unit_batches   units of a split as padded tensors, whatever they are made of: texts, lists of them, judged pairs
unit_sizes     how long the units of a split are: their tokens, the pieces of these, and what batches are planned by
"""
