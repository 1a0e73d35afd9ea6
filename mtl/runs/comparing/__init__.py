"""What `mtl compare` does: recipes side by side, each trained with several seeds, or what is finished, as it is.

comparison   recipes side by side: each trained with several seeds, their test figures on average, which is better
contestants  what is compared: recipes, variants of them, and the tasks of each alone, under names of folders
divisions    whether all that is compared has one division of a train file, where dev or test is a share of it
finished_runs  runs, ensembles and exports side by side, as they are
given_settings  which of the recipes each setting is made in
matching     what each task alone gets of training, so that it is compared fairly: as many epochs, steps or minutes
page         a comparison as a page that needs nothing else: HTML or Markdown
running      the runs that are not done yet, carried out: one after another, or several at a time
rows         a comparison as the rows of tables: figures with their verdicts, and what each task was trained on
trial        one run of a comparison: trained and tested, or found done in its folder
verdicts     is one of two runs better? Paired differences over seeds, and Student's t interval of their mean
"""
