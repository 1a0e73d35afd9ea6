"""What `mtl extend` does: new tasks on a trained run, and the proof of what the run's own tasks answer then.

answers    answers of two runs to the rows of a split, compared bit by bit
differences  how otherwise some rows are answered: in how many of them a bit differs, what that changes, and by how much
extended   a run with new tasks: trained, tested, exported, and compared with the run that it extends
"""
