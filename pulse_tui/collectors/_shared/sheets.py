"""Item results of any format as sheets: checked whole, a run with a bad item is refused by that item's name."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

from pulse_tui.collectors._shared.files import refuse
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.evals import Score, Sheet
from pulse_tui.domain.limits import CELLS, RESULTS
from pulse_tui.domain.metrics import bounds_of
from pulse_tui.domain.source import Rejected
from pulse_tui.domain.text import clean

T = TypeVar("T")

ID_KEPT = 200
"""Characters of an item's id, cluster or slice; longer ones are cut and end in a hash of the whole."""
LARGEST = 1e100
"""Squares and sums of larger numbers leave what a float can hold."""


class Answer(NamedTuple):
    """The scores of one item in one repeat, or some of them: other metrics may come in other answers."""

    task: str
    item: str
    scores: Mapping[str, Any]
    """Metric -> a number or a boolean; anything else is refused."""
    repeat: int | str = 0
    """Tells the repeats of one item apart; the same metric twice in one is a duplicate."""
    cluster: str = ""
    slices: tuple[str, ...] = ()
    prompt: str = ""
    """A hash of what was asked, or the text itself (it is hashed)."""
    latency_ms: Any = None
    cost: Any = None
    probability: Any = None
    answer: str | None = None
    """What was answered; only a hash of it is kept."""
    name: str = ""
    """A readable name of the item, where its id is a hash."""
    where: str = ""
    """Place in the file, for refusals; empty: the item's id."""
    unscored: bool = False
    """It was asked and has no score, which its run allows: the item is known, and has no value of its metrics."""


class Gathered(NamedTuple):
    """The items of a run by task: the sheets that are whole, and why the others are not."""

    sheets: tuple[Sheet, ...]
    refused: dict[str, str]
    """Task -> the first error with its position, and how many more there are."""
    left_out: dict[str, str]
    """Task -> the first invalid latency, cost or probability, and how many more there are."""

    def rejects(self, source: str, name: str) -> list[Rejected]:
        """What an operator must know of a run that is stored all the same."""
        hint = "the other tasks of the run are used"
        tasks = [
            refuse(source, f"{name}: task {task}", f"is refused: {why}", hint=hint)
            for task, why in self.refused.items()
        ]
        hint = "the scores are used without it"
        return tasks + [
            refuse(source, f"{name}: task {task}", f"is left out: {why}", hint=hint)
            for task, why in self.left_out.items()
            if task not in self.refused
        ]


def counted(name: str, results: Iterable[T]) -> Iterator[T]:
    """The results of a file. Raises SourceError when they are over :data:`~pulse_tui.domain.limits.RESULTS`."""
    for number, result in enumerate(results):
        if number == RESULTS:
            raise SourceError(f"{name} has over {RESULTS:,} results", todo="Give a file for each task")
        yield result


def gather(answers: Iterable[Answer]) -> Gathered:
    """A sheet a task, in the order in which tasks first appear.

    A task is refused, the others are not, for a score that is missing, no number, not finite, too large or outside its
    metric's scale, or an item that has one repeat twice: the mean over the rest of its items would be of other items.
    An invalid latency, cost or probability is left out, and the scores are used.
    """
    tasks: dict[str, _Task] = {}
    problems: dict[str, list[str]] = {}
    for answer in counted("it", answers):
        name_of_task = _label(answer.task)
        task = tasks.get(name_of_task)
        if task is None:
            task = tasks[name_of_task] = _Task()
        problem = task.add(answer)
        if problem is not None:
            stated = f"{answer.where or f'item {short(answer.item)}'}: {problem}"
            problems.setdefault(name_of_task, []).append(stated)
    for name, task in tasks.items():
        if task.cells > CELLS:
            problems[name] = [f"its items have over {CELLS:,} scores: it has {len(task.metrics):,} metrics"]
    refused = {name: _counted(mine) for name, mine in problems.items()}
    left_out = {name: _counted(task.odd) for name, task in tasks.items() if task.odd}
    whole = tuple(task.sheet(name) for name, task in tasks.items() if name not in refused)
    return Gathered(whole, refused, left_out)


def _counted(problems: list[str]) -> str:
    return clean(problems[0], 300) + (f", and {len(problems) - 1} more such" if len(problems) > 1 else "")


def sheets(name: str, answers: Iterable[Answer]) -> tuple[Sheet, ...]:
    """As :func:`gather`, for a run that is whole or refused. Raises SourceError for the first task that is not whole."""
    found = gather(answers)
    if found.refused:
        raise SourceError(refusal(name, found), todo="Correct it, or run it again")
    return found.sheets


def refusal(name: str, found: Gathered) -> str:
    """What is wrong with the tasks that are refused, in one sentence: of one task its position alone."""
    first = next(iter(found.refused.values()))
    rest = len(found.refused) - 1
    more = f"; and in {rest} more task{'' if rest == 1 else 's'}" if rest else ""
    return f"{name} is refused: {first}{more}"


def totals(found: Iterable[Sheet], better: Callable[[str, str], bool | None]) -> Iterator[Score]:
    """The mean of each metric over the items, with its standard error (over clusters where there are any).

    ``better`` gives for (task, metric) whether higher is better, None where unknown.
    """
    for sheet in found:
        for metric, scores in sheet.scores.items():
            means = [math.fsum(r) / len(r) for r in scores if r]
            if not means:
                continue
            clusters = [c for c, r in zip(sheet.clusters, scores, strict=False) if r]
            mean = math.fsum(means) / len(means)
            up = better(sheet.task, metric)
            yield Score(
                task=sheet.task,
                metric=metric,
                value=mean,
                higher_is_better=up is not False,
                directed=up is not None,
                stderr=_error(means, mean, clusters),
                n=len(means),
            )


def short(text: str) -> str:
    """A label that is safe to draw and to store; a long one is cut, and still differs from others cut alike."""
    cleaned = clean(text, 100_000)
    if len(cleaned) <= ID_KEPT:
        return cleaned
    return f"{cleaned[: ID_KEPT - 13]}~{hashlib.sha256(cleaned.encode()).hexdigest()[:12]}"


def labels(field: str, value: Any) -> tuple[str, ...]:
    """The slices that a field of an item puts it into: ``difficulty=hard``.

    A field that is true is a slice of its own name, a list has one for each value; none for what is empty or false.
    """
    if isinstance(value, bool):
        return (field,) if value else ()
    if isinstance(value, list | tuple):
        return tuple(dict.fromkeys(label for one in value if not isinstance(one, bool) for label in labels(field, one)))
    return (f"{field}={value}",) if isinstance(value, str | int | float) and str(value).strip() else ()


def digest(text: str) -> str:
    """16 characters that name a prompt or an answer; a hash stays what it is."""
    if len(text) in (40, 64) and all(c in "0123456789abcdef" for c in text):
        return text[:16]
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def number(value: Any) -> float | None:
    """A finite number; booleans count as 0 and 1. None for anything else."""
    if not isinstance(value, bool | int | float):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if math.isfinite(found) else None


def shown(value: Any) -> str:
    """A refused value in a few words."""
    if value is None:
        return "missing"
    if isinstance(value, int) and abs(value) > 2**64:
        return "a number of more than 64 bits"  # Python prints no number of many thousand digits
    return repr(clean(value, 40)) if isinstance(value, str) else clean(str(value), 40)


_bounds = lru_cache(1024)(bounds_of)
_short = lru_cache(4096)(short)


def _label(text: str) -> str:
    """As :func:`short`, for what many items share."""
    return _short(text) if len(text) <= ID_KEPT else short(text)


class _Item:
    """One item while its repeats come in."""

    __slots__ = ("answers", "cluster", "costs", "name", "probabilities", "prompt", "scores", "seen", "slices")

    def __init__(self, first: Answer) -> None:
        self.seen: set[tuple[str, int | str]] = set()
        """What each repeat has already: metrics, and the extras by names with a blank, which no metric has."""
        self.scores: dict[str, list[float]] = {}
        self.cluster = _label(first.cluster)
        self.name = _label(first.name)
        self.slices = tuple(_label(s) for s in first.slices)
        self.prompt = digest(first.prompt) if first.prompt else ""
        self.costs: list[float] = []
        self.probabilities: list[float] = []
        self.answers: list[str] = []


class _Task:
    """One task while its items come in."""

    def __init__(self) -> None:
        self._items: dict[str, _Item] = {}
        self._latencies: list[float] = []
        self.metrics: set[str] = set()
        self.odd: list[str] = []
        """Invalid latencies, costs and probabilities, with their positions."""

    @property
    def cells(self) -> int:
        """How many scores its sheet has room for."""
        return len(self._items) * len(self.metrics)

    def add(self, answer: Answer) -> str | None:
        """Add it; returns what is wrong with it."""
        if not _label(answer.item):
            return "it has no id"
        item = self._items.get(answer.item)
        if item is None:
            item = self._items[answer.item] = _Item(answer)
        if answer.prompt and item.prompt != digest(answer.prompt):
            return "its repeats had different prompts"
        if not answer.scores and not answer.unscored:
            return "it has no score"
        for name, value in answer.scores.items():
            metric = _label(name)
            if (metric, answer.repeat) in item.seen:
                which = "" if answer.repeat in (0, "") else f", repeat {clean(str(answer.repeat), 60)}"
                return f"the item occurs twice{which}"
            item.seen.add((metric, answer.repeat))
            self.metrics.add(metric)
            score = number(value)
            if score is None:
                return f"{metric} is {shown(value)}, not a finite number"
            low, high = _bounds(name)
            if not low <= score <= high:
                return f"{metric} is {score:g}: outside {low:g} to {high:g}"
            if abs(score) > LARGEST:
                return f"{metric} is {score:g}: too large to calculate with"
            item.scores.setdefault(metric, []).append(score)
        self._extras(answer, item)
        return None

    def _extras(self, answer: Answer, item: _Item) -> None:
        """Latency, cost, probability and answer: of each repeat once, whichever of its parts has them."""
        for what, value, kept, high in (
            (" latency", answer.latency_ms, self._latencies, LARGEST),
            (" cost", answer.cost, item.costs, LARGEST),
            (" probability", answer.probability, item.probabilities, 1.0),
        ):
            if value is None:
                continue
            found = number(value)
            if found is None or not 0.0 <= found <= high:
                why = "not a finite number" if found is None else "negative" if found < 0 else f"above {high:g}"
                self.odd.append(f"{answer.where or f'item {short(answer.item)}'}: its{what} is {shown(value)}: {why}")
                continue
            if (what, answer.repeat) not in item.seen:
                item.seen.add((what, answer.repeat))
                kept.append(found)
        if answer.answer is not None and (" answer", answer.repeat) not in item.seen:
            item.seen.add((" answer", answer.repeat))
            item.answers.append(digest(answer.answer))

    def sheet(self, task: str) -> Sheet:
        """The columns. A column that only some items have is left out: its numbers would be of other items."""
        by_name = _told_apart(self._items)
        names = sorted(by_name)
        items = [by_name[n] for n in names]
        metrics = dict.fromkeys(m for i in items for m in i.scores)
        slices: dict[str, list[int]] = {}
        for place, item in enumerate(items):
            for label in dict.fromkeys(filter(None, item.slices)):
                slices.setdefault(label, []).append(place)
        return Sheet(
            task=task,
            items=tuple(names),
            scores={m: tuple(tuple(i.scores.get(m, ())) for i in items) for m in metrics},
            clusters=tuple(i.cluster for i in items) if any(i.cluster for i in items) else (),
            slices={label: tuple(places) for label, places in slices.items()},
            prompts=tuple(i.prompt for i in items) if all(i.prompt for i in items) else (),
            latencies=tuple(self._latencies),
            costs=_means([i.costs for i in items]),
            probabilities=_means([i.probabilities for i in items]),
            answers=tuple(tuple(i.answers) for i in items) if all(len(i.answers) > 1 for i in items) else (),
            names=tuple(i.name for i in items) if any(i.name for i in items) else (),
        )


def _told_apart(items: Mapping[str, _Item]) -> dict[str, _Item]:
    """Items by a name that is safe to draw. Of those that differ only in blanks or control characters, each but the
    one that is written so gets a hash of itself."""
    alike: dict[str, list[str]] = {}
    for item in items:
        alike.setdefault(short(item), []).append(item)
    return {
        name if len(mine) == 1 or item == name else f"{name[: ID_KEPT - 13]}~{digest(item)[:12]}": items[item]
        for name, mine in alike.items()
        for item in mine
    }


def _means(columns: list[list[float]]) -> tuple[float, ...]:
    return tuple(math.fsum(c) / len(c) for c in columns) if all(columns) else ()


def _error(values: list[float], mean: float, clusters: list[str]) -> float | None:
    """The standard error of the mean; what shares a cluster counts as one."""
    groups: dict[object, float] = {}
    for place, value in enumerate(values):
        key: object = clusters[place] if place < len(clusters) and clusters[place] else place
        groups[key] = groups.get(key, 0.0) + value - mean
    if len(groups) < 2:
        return None
    total = math.fsum(g * g for g in groups.values()) * len(groups) / (len(groups) - 1)
    return math.sqrt(total) / len(values)
