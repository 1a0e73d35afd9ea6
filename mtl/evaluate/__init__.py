"""What answers, and metrics on the answers.

answerers   what answers: a trained model, an export in onnxruntime, an ensemble. Evaluation takes any of them
constant    tasks whose answers are alike everywhere, as those of a majority baseline
evaluation  a model's answers on a split, and metrics on them
gains       figures without bound on the scale of shares: how much better they are than having learned nothing
metrics/    figures that compare predictions with gold labels: importing this package registers all of them
rightness   which tasks have answers that are right or wrong, and whether one is right
scoring     scores of a split's pairs of texts: every text is encoded once, then the pairs are scored
selection   which evaluation is the best one, and when training has stopped improving
"""
