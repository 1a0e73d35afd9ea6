"""What there is to say of a key beyond its line: shown below the keys of its section."""

from __future__ import annotations

NOTES: dict[str, dict[str, str]] = {
    "train": {
        "device": "`auto` is cuda where torch finds it, else cpu; cuda is cuda:0. First weights are the same on "
        "every device. On a CPU a recipe always ends with the same parameters, bit for bit; on CUDA torch"
        " adds in no fixed order, so that they differ in their last digits. A run is resumed on a device "
        "like the one it was started on. A trained run is tested and predicts on its device where that is"
        " there, else on the CPU; it is exported and verified on the CPU.",
        "precision": "`bf16` computes the forward pass under torch.autocast. Parameters, gradients and the optimizer's"
        " state stay fp32, and so do losses (the sums of a CRF among them) and, on a CPU, LSTMs. "
        "Evaluations, tests and predictions are fp32, as exported graphs are.",
        "accumulate": "A step is one update of the weights. For each step the mixture draws one stream, and gradients "
        "are summed over this many of its batches, fewer at the end of a pass. Each batch has the budget of"
        " `batch`. Steps are what epochs, `max_steps`, schedules, evaluations, reports and checkpoints "
        "count: a stream has as many steps per pass as batches divided by `accumulate`, rounded up, and "
        "mixing rates are rates of steps. A task's loss is the mean over the labelled rows of all batches of a "
        "step, as it would be of one batch of their size; what a ranking compares within a batch stays "
        "within it, and its losses are averaged by judged pairs.",
        "minutes": "Training ends with the first step or evaluation that ends after this many minutes of training, "
        "evaluations and checkpoints included; reading data, the test and the export are not counted, nor"
        " is the last evaluation. The best checkpoint is kept as always. Time spent is in the checkpoint: a"
        " resumed run has the rest. Schedules over the whole of training (linear, cosine) go by the time "
        "where it is further on than the steps, so that they reach their end. Such a run depends on the "
        "machine's speed, so it does not repeat bit for bit.",
    },
}
