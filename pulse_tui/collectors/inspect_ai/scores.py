"""The results of the scorers of an inspect-ai log, as metrics with numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pulse_tui.collectors._shared.sheets import number, short
from pulse_tui.collectors.inspect_ai.log import Header, Reported, Sample
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.evals import Score, Sheet
from pulse_tui.domain.metrics import direction_of
from pulse_tui.domain.text import clean

_GRADES = {"C": 1.0, "I": 0.0, "P": 0.5, "N": 0.0}
_WORDS = {"yes": 1.0, "true": 1.0, "no": 0.0, "false": 0.0}
_MEAN = (None, "mean")
"""What makes one value of a sample's epochs where a log has the mean; None: there is one epoch."""
_SAME = 1e-6
"""How far the log's own mean may lie from ours, of its size: it sums in another order."""


class Column(NamedTuple):
    """One value of a scorer; ``key`` is empty for a score that is one value."""

    scorer: str
    key: str

    @property
    def label(self) -> str:
        """Its readable name."""
        return f"{self.scorer}/{self.key}" if self.key else self.scorer


class _Reduced(NamedTuple):
    """A total over what a reducer made of the epochs of each sample."""

    metric: str
    value: float
    stderr: float | None
    better: bool | None


class Grades:
    """The columns that are metrics, under what names."""

    def __init__(
        self,
        names: Mapping[Column, str],
        better: Mapping[str, bool | None],
        labels: Sequence[str],
        reduced: Sequence[_Reduced] = (),
    ) -> None:
        self._names = names
        self._reduced = reduced
        self.better = better
        """Of each metric, whether higher is better; None: unknown."""
        self.labels = labels
        """Scorers that give no scores but labels."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """Those that are metrics."""
        return tuple(self._names)

    def of(self, sample: Sample) -> dict[str, Any]:
        """Metric -> number; other values as they are, to be refused. What was not scored (no value, NaN) is left out."""
        values = {column: _graded(value) for column, value in _values(sample).items()}
        return {name: v for column, name in self._names.items() if not _is_unscored(v := values.get(column))}

    def reduced(self, sheet: Sheet) -> Iterator[Score]:
        """Totals that the log made of its epochs in another way than by their mean, under names of their own."""
        for one in self._reduced:
            yield Score(
                task=sheet.task,
                metric=short(one.metric),
                value=one.value,
                higher_is_better=one.better is not False,
                directed=one.better is not None,
                stderr=one.stderr,
                n=len(sheet.items),
            )

    def answer(self, sample: Sample) -> str | None:
        """The answer that the first scorer with metrics took from the output."""
        score = (sample.scores or {}).get(next(iter(self._names)).scorer)
        return score.answer if score is not None and isinstance(score.answer, str) else None

    def compare(self, name: str, sheet: Sheet, header: Header) -> None:
        """Raises SourceError when the log reports another mean than its samples have: we read its grades wrongly."""
        for report in _reports(header):
            column = _column(report, self._names)
            if column is None or report.reducer not in _MEAN:
                continue
            repeats = [r for r in sheet.scores.get(short(self._names[column]), ()) if r]
            value = _value(report)
            if len({len(r) for r in repeats}) != 1 or value is None:
                continue
            mean = math.fsum(map(math.fsum, repeats)) / sum(map(len, repeats))
            if not math.isclose(mean, value, rel_tol=_SAME, abs_tol=_SAME):
                what = f"its samples have {mean:.6g} of {clean(column.label, 80)}, it reports {value:.6g}"
                todo = "Its grades are counted in another way, or edited since: inspect score"
                raise SourceError(f"{name} is refused: {what}", todo=todo)


def grades_of(name: str, header: Header, samples: Sequence[Sample], renamed: Mapping[str, str]) -> Grades:
    """What the samples' scores are. Raises SourceError when there is none, or two would bear one name."""
    seen: dict[Column, bool] = {}
    graded: dict[Column, bool] = {}  # all of whose values are C, I, P or N: of those it is known what is better
    for sample in samples:
        for column, value in _values(sample).items():
            seen[column] = seen.get(column, False) or not (value is None or _is_label(value))
            graded[column] = graded.get(column, True) and isinstance(value, str) and value in _GRADES
    columns = [column for column, scored in seen.items() if scored]
    labels = [short(column.label) for column, scored in seen.items() if not scored]
    if not columns:
        what = f"scorer {labels[0]} gives labels, not scores" if labels else "none of its samples has a score"
        raise SourceError(f"{name} is refused: {what}", todo="Score it: inspect score")
    reports: dict[Column | None, list[Reported]] = {}
    for report in _reports(header):
        reports.setdefault(_column(report, columns), []).append(report)
    alone = len({column.scorer for column in columns}) == 1
    names: dict[Column, str] = {}
    better: dict[str, bool | None] = {}
    reduced: list[_Reduced] = []
    for column in columns:
        mine = reports.get(column, [])
        metric, up = _named(column, mine, renamed, alone=alone)
        others = [r for r in mine if r.reducer not in _MEAN]
        # Where the log has no mean, ours must not bear the name under which it shows another number.
        names[column] = f"{metric}/mean" if others and len(others) == len(mine) else metric
        better[short(names[column])] = up = True if up is None and graded[column] else up
        for report in others:
            value = _value(report)
            if value is not None:
                reduced.append(_Reduced(f"{metric}/{report.reducer}", value, _stderr(report), up))
    if len(set(map(short, names.values()))) < len(names):
        raise SourceError(f"{name} is refused: two of its metrics have one name", todo="Correct 'metrics'")
    return Grades(names, better, labels, reduced)


def reported(header: Header, renamed: Mapping[str, str]) -> Iterator[Score]:
    """The totals of a log as it reports them, for one without samples; each by the name that its items would have."""
    reports = _reports(header)
    alone = len({report.scorer for report in reports}) == 1
    seen: set[str] = set()
    for report in reports:
        column = Column(report.scorer, "" if report.name in ("", report.scorer) else report.name)
        metric, up = _named(column, [report], renamed, alone=alone)
        metric = short(metric if report.reducer in _MEAN else f"{metric}/{report.reducer}")
        value = _value(report)
        if value is None or metric in seen:
            continue
        seen.add(metric)
        yield Score(
            task=short(header.eval.task),
            metric=metric,
            value=value,
            higher_is_better=up is not False,
            directed=up is not None,
            stderr=_stderr(report),
            n=report.scored_samples or None,
        )


def _named(
    column: Column, reports: Sequence[Reported], renamed: Mapping[str, str], *, alone: bool
) -> tuple[str, bool | None]:
    """(metric, whether more is better, None where unknown) of a column."""
    accuracy = not column.key and any("accuracy" in r.metrics for r in reports)
    own = (("accuracy" if alone else f"{column.scorer}/accuracy") if accuracy else column.label) or "score"
    name = renamed.get(own, own)
    message = name if own in renamed else "accuracy" if accuracy else column.key or column.scorer
    return name, direction_of(message)


def _reports(header: Header) -> Sequence[Reported]:
    return header.results.scores if header.results is not None else ()


def _value(report: Reported) -> float | None:
    """Accuracy or mean, as it is reported."""
    stated = [report.metrics[m].value for m in ("accuracy", "mean") if m in report.metrics]
    return number(stated[0]) if stated else None


def _stderr(report: Reported) -> float | None:
    error = number(report.metrics["stderr"].value) if "stderr" in report.metrics else None
    return error if error is not None and error >= 0 else None


def _is_unscored(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def _column(reported: Reported, columns: Mapping[Column, Any] | Sequence[Column]) -> Column | None:
    """The column of a total: by the scorer, or by the key of its values."""
    for column in (Column(reported.scorer, ""), Column(reported.scorer, reported.name)):
        if column in columns and (column.key or reported.name == reported.scorer):
            return column
    return None


def _values(sample: Sample) -> dict[Column, Any]:
    out: dict[Column, Any] = {}
    for scorer, score in (sample.scores or {}).items():
        value = score.value
        if isinstance(value, dict):
            out.update({Column(scorer, str(key)): one for key, one in value.items()})
        elif isinstance(value, list):
            out.update({Column(scorer, str(place)): one for place, one in enumerate(value, 1)})
        else:
            out[Column(scorer, "")] = value
    return out


def _graded(value: Any) -> Any:
    """The number that a grade stands for, as inspect-ai counts it; anything else as it is."""
    if not isinstance(value, str):
        return value
    grade = _GRADES.get(value, _WORDS.get(value.lower()))
    if grade is not None:
        return grade
    try:
        return float(value)
    except ValueError:
        return value


def _is_label(value: Any) -> bool:
    return isinstance(value, str) and value != "" and isinstance(_graded(value), str)
