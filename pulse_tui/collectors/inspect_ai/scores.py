"""What the scorers of an inspect-ai log say, as metrics with numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from pulse_tui.collectors._shared.sheets import number, short
from pulse_tui.collectors.inspect_ai.log import Header, Reported, Sample
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.evals import Sheet
from pulse_tui.domain.metrics import higher_is_better
from pulse_tui.domain.text import clean

_GRADES = {"C": 1.0, "I": 0.0, "P": 0.5, "N": 0.0}
_WORDS = {"yes": 1.0, "true": 1.0, "no": 0.0, "false": 0.0}
_SAME = 1e-6
"""How far the log's own mean may lie from ours, of its size: it sums in another order."""


class Column(NamedTuple):
    """One value of a scorer; ``key`` is empty for a score that is one value."""

    scorer: str
    key: str

    @property
    def label(self) -> str:
        """As a person calls it."""
        return f"{self.scorer}/{self.key}" if self.key else self.scorer


class Grades:
    """The columns that are metrics, under what names."""

    def __init__(self, names: Mapping[Column, str], better: Mapping[str, bool], labels: Sequence[str]) -> None:
        self._names = names
        self.better = better
        """Of each metric, whether higher is better."""
        self.labels = labels
        """Scorers that give no scores but labels."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """Those that are metrics."""
        return tuple(self._names)

    def of(self, sample: Sample) -> dict[str, Any]:
        """Metric -> number, None where the sample does not have it; other values as they are, to be refused."""
        values = _values(sample)
        return {name: _graded(values.get(column)) for column, name in self._names.items()}

    def answer(self, sample: Sample) -> str | None:
        """The answer that the first scorer with metrics took from the output."""
        score = (sample.scores or {}).get(next(iter(self._names)).scorer)
        return score.answer if score is not None and isinstance(score.answer, str) else None

    def compare(self, name: str, sheet: Sheet, header: Header) -> None:
        """Raises SourceError when the log reports another mean than its samples have: we read its grades wrongly."""
        for reported in header.results.scores if header.results is not None else ():
            column = _column(reported, self._names)
            if column is None or reported.reducer not in (None, "mean"):
                continue
            repeats = sheet.scores[short(self._names[column])]
            told = [reported.metrics[m].value for m in ("accuracy", "mean") if m in reported.metrics]
            if len({len(r) for r in repeats}) != 1 or not told or (value := number(told[0])) is None:
                continue
            mean = math.fsum(map(math.fsum, repeats)) / sum(map(len, repeats))
            if not math.isclose(mean, value, rel_tol=_SAME, abs_tol=_SAME):
                what = f"its samples have {mean:.6g} of {clean(column.label, 80)}, it reports {value:.6g}"
                todo = "Its grades are counted in another way, or edited since: inspect score"
                raise SourceError(f"{name} is refused: {what}", todo=todo)


def grades_of(name: str, header: Header, samples: Sequence[Sample], renamed: Mapping[str, str]) -> Grades:
    """What the samples' scores are. Raises SourceError when there is none, or two would bear one name."""
    seen: dict[Column, bool] = {}
    for sample in samples:
        for column, value in _values(sample).items():
            seen[column] = seen.get(column, False) or not (value is None or _is_label(value))
    columns = [column for column, scored in seen.items() if scored]
    labels = [short(column.label) for column, scored in seen.items() if not scored]
    if not columns:
        what = f"scorer {labels[0]} gives labels, no scores" if labels else "none of its samples has a score"
        raise SourceError(f"{name} is refused: {what}", todo="Score it: inspect score")
    reports = {_column(r, columns): r for r in (header.results.scores if header.results is not None else ())}
    alone = len({column.scorer for column in columns}) == 1
    names: dict[Column, str] = {}
    better: dict[str, bool] = {}
    for column in columns:
        report = reports.get(column)
        accuracy = not column.key and report is not None and "accuracy" in report.metrics
        own = (("accuracy" if alone else f"{column.scorer}/accuracy") if accuracy else column.label) or "score"
        names[column] = renamed.get(own, own)
        said = names[column] if own in renamed else "accuracy" if accuracy else column.key or column.scorer
        better[short(names[column])] = higher_is_better(said)
    if len(set(map(short, names.values()))) < len(names):
        raise SourceError(f"{name} is refused: two of its metrics have one name", todo="Correct 'metrics'")
    return Grades(names, better, labels)


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
