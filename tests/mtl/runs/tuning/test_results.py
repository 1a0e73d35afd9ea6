from __future__ import annotations

from mtl.runs.tuning.results import csv_of, ranked, settings, short_names
from mtl.runs.tuning.study import Trial

TRIALS = [
    Trial(1, "complete", {"a.b": 0.123456, "a.c": "x, y"}, (1, 2), (0.5, 0.25)),
    Trial(2, "pruned", {"a.b": 1.0, "a.c": None}, (1,), (0.125,)),
    Trial(3, "failed", {"a.b": 2.0, "a.c": [1, {"type": "z"}]}, error='no "memory"'),
    Trial(4, "complete", {"a.b": 1.5, "a.c": "q"}, (1, 2), (0.5, 0.75)),
    Trial(5, "complete", {"a.b": 1.5, "a.c": "q"}, (1, 2), (0.5, 0.75), same_as=4),
]


def test_a_table_has_every_trial_and_value() -> None:
    assert csv_of(TRIALS, ["a.b", "a.c"]) == (
        "trial,state,score,steps,same_as,error,a.b,a.c\n"
        '1,complete,0.5,2,,,0.123456,"x, y"\n'
        "2,pruned,0.125,1,,,1.0,null\n"
        '3,failed,,,,"no ""memory""",2.0,"[1, {""type"": ""z""}]"\n'
        "4,complete,0.75,2,,,1.5,q\n"
        "5,complete,0.75,2,4,,1.5,q\n"
    )


def test_the_best_come_first_and_none_twice() -> None:
    assert [trial.number for trial in ranked(TRIALS)] == [4, 1]


def test_values_in_one_line() -> None:
    names = short_names(["train.optimizer.lr", "train.clip", 'train.components."intent.*".lr'])
    assert (
        settings({"train.optimizer.lr": 0.00123456, "train.clip": None}, names)
        == "optimizer.lr=0.001235  train.clip=null"
    )
    assert names['train.components."intent.*".lr'] == "intent.*.lr"
