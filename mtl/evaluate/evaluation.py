"""A model's answers on a split, and metrics on them: of every task, and of all tasks of a source together.

Deterministic: batches are made by length alone, and everything runs in evaluation mode.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..base.errors import UsageError, WrongKeyError, listing, near_miss
from ..model.multi_task import MultiTaskModel
from ..sources.base import SPLITS
from .answerers import BATCH_TOKENS, Answerer, ModelAnswerer, ReadsTexts, answerer_of, known
from .metrics import Metric, Ranked, RankingMetric, Scored, ScoredMetric, exact_match

if TYPE_CHECKING:
    from ..data.fitted import Fitted
    from ..data.prepared import Prepared
    from ..data.split import Split
    from ..graph.sharing_graph import SharingGraph
    from ..recipe.config import TaskConfig

Answers = list[Any]  # one per unit, as the task's target gives them: a label, a list of tags, a score; None: no gold


@dataclass(frozen=True)
class Evaluation:
    """What a model did on one split.

    `metrics` are numbers by task and figure (`joint` for rows right in all tasks of a source), `reports` longer
    things for people by task and name. `predictions` and `gold` are by task, in the order of the source's rows.
    """

    split: str
    metrics: dict[str, dict[str, float]] = field(default_factory=dict)
    reports: dict[str, dict[str, Any]] = field(default_factory=dict)
    predictions: dict[str, Answers] = field(default_factory=dict)
    gold: dict[str, Answers] = field(default_factory=dict)
    rankings: dict[str, Ranked] = field(default_factory=dict)
    scored: dict[str, Scored] = field(default_factory=dict)  # of tasks that a metric of scores measures


def evaluate(
    answerer: MultiTaskModel | Answerer | ReadsTexts,
    graph: SharingGraph,
    prepared: Prepared,
    split: str,
    *,
    tasks: Sequence[str] | None = None,
    batch_tokens: int = BATCH_TOKENS,
) -> Evaluation:
    """Let a model, or anything else that answers, predict a split of every source that has it, and compare with gold.

    A model keeps its mode, and gets batches of up to `batch_tokens` tokens. Only these `tasks` are asked, by default
    all that the answerer has. Raises `UsageError` where no source of theirs has such a split.
    """
    if isinstance(answerer, MultiTaskModel):
        training = answerer.training
        answerer.eval()
        try:
            return _evaluate(ModelAnswerer(answerer, batch_tokens), graph, prepared, split, tasks)
        finally:
            answerer.train(training)
    asked = tasks or known(answerer)
    return _evaluate(answerer_of(answerer, graph, prepared.fitted), graph, prepared, split, asked)


def _evaluate(
    answerer: Answerer, graph: SharingGraph, prepared: Prepared, split: str, wanted: Sequence[str] | None
) -> Evaluation:
    _fault_if_unknown(graph, split, wanted)
    result = Evaluation(split)
    for source, tasks in graph.streams().items():
        encoded = prepared.splits.get((source, split))
        asked = [task for task in tasks if wanted is None or task in wanted]
        if encoded is None or not asked:
            continue
        if encoded.judgements is not None:
            for task in asked:
                add_ranking(answerer, encoded, task, result)
        else:
            scored = _measured_by_scores(graph, asked)
            if scored:
                predictions, scores = answerer.predictions_and_scores(encoded, asked, scored)
                result.scored.update(scores)
            else:
                predictions = answerer.predictions(encoded, asked)
            for task in asked:
                if prepared.fitted.targets[task].quotes:
                    predictions[task] = encoded.quoted(task, predictions[task])
            result.predictions.update(predictions)
            result.gold.update({task: list(encoded.gold(task)) for task in asked})
    if not result.predictions:
        raise UsageError(f"a source should have a {split} split. There is none.")
    measure(graph, result, prepared.fitted)
    return result


def _fault_if_unknown(graph: SharingGraph, split: str, tasks: Sequence[str] | None) -> None:
    """Raise `UsageError` for a split that no source can have, and for every task that there is none of."""
    faults = []
    if split not in SPLITS:
        faults.append(f"split should be train, dev or test. Found '{split}'.{near_miss(split, SPLITS)}")
    every = graph.recipe.tasks
    for task in tasks or ():
        if task not in every:
            faults.append(f"tasks should be some of {listing(every)}. Found '{task}'.{near_miss(task, every)}")
    if faults:
        raise UsageError(*faults)


def add_ranking(answerer: Answerer, split: Split, task: str, result: Evaluation) -> None:
    """Score a split's pairs and add them to a result: of judged pairs score and grade, of all pairs the ranking."""
    pairs = split.pairs(task)
    scores = answerer.scores(split, task, pairs)
    result.predictions[task] = scores[: len(split)].tolist()
    result.gold[task] = pairs.grades[: len(split)].tolist()
    result.rankings[task] = Ranked.of(scores, pairs.grades, pairs.groups, pairs.document_ids)


def measure(graph: SharingGraph, result: Evaluation, fitted: Fitted | None = None) -> None:
    """Fill in metrics and reports from predictions and gold, and from rankings; a task without gold gets none.

    Metrics measure targets as training has shown them to be, which `fitted` says.
    """
    for task, predictions in result.predictions.items():
        if not _labelled([result.gold[task]]):
            continue
        ranked = result.rankings.get(task)
        metrics = metrics_of(graph.recipe.tasks[task], fitted)
        scored = result.scored.get(task)
        figures, reports = figures_and_reports(metrics, result.gold[task], predictions, ranked, scored)
        result.metrics[task] = figures
        if reports:
            result.reports[task] = reports
    together = [
        tasks
        for tasks in (_exact(graph, every) for every in graph.streams().values())
        if len(tasks) > 1
        and all(task in result.predictions for task in tasks)
        and _labelled([result.gold[task] for task in tasks])
    ]
    if together:
        result.metrics["joint"] = {"exact_match": _exact_match(together, result.gold, result.predictions)}


def _measured_by_scores(graph: SharingGraph, tasks: Sequence[str]) -> list[str]:
    """Return those of some tasks that have a metric of scores."""
    metrics = {task: graph.recipe.tasks[task].metrics for task in tasks}
    return [task for task, of in metrics.items() if any(issubclass(metric.cls, ScoredMetric) for metric in of)]


def _exact(graph: SharingGraph, tasks: Sequence[str]) -> list[str]:
    """Return those of some tasks whose answers are right or wrong."""
    return [task for task in tasks if graph.recipe.tasks[task].task.target_class().exact]


def _labelled(golds: Sequence[Answers]) -> bool:
    """Return whether at least one row has a label of every task."""
    return any(all(gold is not None for gold in row) for row in zip(*golds, strict=True))


def figures_and_reports(
    metrics: Sequence[Metric],
    gold: Answers,
    predictions: Answers,
    ranked: Ranked | None = None,
    scored: Scored | None = None,
) -> tuple[dict[str, float], dict[str, Any]]:
    """Return figures and reports of a task: those of its metrics, and of a ranking task the counts of its groups."""
    figures: dict[str, float] = {}
    reports: dict[str, Any] = {} if ranked is None else dict(ranked.counts())
    for metric in metrics:
        if ranked is not None and isinstance(metric, RankingMetric):
            figures.update(metric.rank(ranked))
            continue
        if isinstance(metric, ScoredMetric):
            figures.update({} if scored is None else metric.score(*scored.labelled(gold)))
            continue
        for name, value in metric.compute(gold, predictions).items():
            if isinstance(value, (int, float)):
                figures[name] = float(value)
            else:
                reports[name] = value
    return figures, reports


def metrics_of(task: TaskConfig, fitted: Fitted | None = None) -> list[Metric]:
    """Return a task's metrics, built as the recipe says, for targets as training has shown them to be.

    Raises `UsageError` with the place of what a metric says that does not fit these.
    """
    metrics: list[Metric] = []
    for config in task.metrics:
        metric = config.cls(**config.values)
        try:
            metrics.append(metric if fitted is None else metric.fitted(fitted.targets[task.name].found))
        except WrongKeyError as error:
            raise UsageError(config.blamed(error).fault(str(error))) from error
    return metrics


def _exact_match(
    together: Iterable[Sequence[str]], gold: Mapping[str, Answers], predictions: Mapping[str, Answers]
) -> float:
    """Return the share of rows right in all of some tasks on a source, over the rows of all such sources."""
    right = counted = 0.0
    for tasks in together:
        golds = {task: gold[task] for task in tasks}
        complete = sum(all(row is not None for row in rows) for rows in zip(*golds.values(), strict=True))
        right += complete * exact_match(golds, {task: predictions[task] for task in tasks})
        counted += complete
    return right / counted if counted else 0.0


def dev_figures(graph: SharingGraph, prepared: Prepared) -> tuple[dict[str, bool], list[str]]:
    """Return every `task.figure` that an evaluation on dev gives, with whether more is better, and each task's first.

    They are found as `figures_on` finds them.
    """
    return figures_on(graph, prepared, "dev")


def figures_on(graph: SharingGraph, prepared: Prepared, name: str) -> tuple[dict[str, bool], list[str]]:
    """Return every `task.figure` that an evaluation on a split gives, with whether more is better; each task's first.

    In place of the first it is the one that the task's target prefers, where it is among them.
    Found by comparing the gold labels with themselves, so that they are the figures that fit these labels. A task
    without any label there has none, and one that is not trained is not among the first.
    """
    figures: dict[str, bool] = {}
    first: list[str] = []
    for source, tasks in graph.streams().items():
        split = prepared.splits.get((source, name))
        if split is None:
            continue
        golds = {task: split.gold(task) for task in tasks}
        for task in tasks:
            config = graph.recipe.tasks[task]
            gold = [row for row in golds[task] if row is not None]
            if not gold:
                continue
            found = {
                f"{task}.{figure}": metric.higher_is_better
                for metric in metrics_of(config, prepared.fitted)
                for figure in _figures(metric, gold, prepared.fitted.targets[task].names())
            }
            preferred = f"{task}.{prepared.fitted.targets[task].preferred}"
            first += ([preferred] if preferred in found else list(found)[:1]) if config.learn else []
            figures.update(found)
        exact = _exact(graph, tasks)
        if len(exact) > 1 and _labelled([golds[task] for task in exact]):
            figures["joint.exact_match"] = True
    return figures, first


def _figures(metric: Metric, gold: Answers, names: tuple[str, ...]) -> list[str]:
    if isinstance(metric, RankingMetric):
        return list(metric.figures)
    if isinstance(metric, ScoredMetric):
        return list(metric.score(gold, Scored.perfect(gold, names)))
    return [name for name, value in metric.compute(gold, gold).items() if isinstance(value, (int, float))]
