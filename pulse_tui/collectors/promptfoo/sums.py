"""Output of promptfoo without its rows: what it says of each prompt, or of all, in sum."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from pulse_tui.collectors._shared.sheets import number
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.evals import Score
from pulse_tui.domain.metrics import direction_of


class Sums(msgspec.Struct, rename="camel"):
    """The metrics of a prompt: sums over its tests."""

    score: Any = None
    test_pass_count: Any = None
    test_fail_count: Any = None
    test_error_count: Any = 0
    named_scores: dict[str, Any] | None = None
    named_scores_count: dict[str, Any] | None = None


class Stats(msgspec.Struct):
    """The tests of all prompts, by their end."""

    successes: Any = None
    failures: Any = None
    errors: Any = 0

    def sums(self) -> Sums:
        """As of one prompt, without scores."""
        return Sums(test_pass_count=self.successes, test_fail_count=self.failures, test_error_count=self.errors)


def scores_of(shown: str, task: str, sums: Sums) -> Iterator[Score]:
    """The means. Raises SourceError where tests ended with an error, or none was scored."""
    passed, failed, errors = (_count(n) for n in (sums.test_pass_count, sums.test_fail_count, sums.test_error_count))
    count = passed + failed
    if errors:
        what = f"{shown} is refused: {errors:g} of {count + errors:g} answers ended with an error"
        raise SourceError(what, todo="Run them again: --retry-errors")
    if not count:
        raise SourceError(f"{shown} is refused: it has neither rows nor counts of tests that passed and failed")
    yield Score(task=task, metric="pass_rate", value=passed / count, n=int(count))
    if (total := number(sums.score)) is not None:
        yield Score(task=task, metric="score", value=total / count, n=int(count))
    for name, value in (sums.named_scores or {}).items():
        total, times = number(value), _count((sums.named_scores_count or {}).get(name))
        if total is not None and times:
            metric = f"named/{name}" if name in ("score", "pass_rate") else name
            # Without rows nobody knows whether it is that of an assertion, of which more is better.
            up = direction_of(metric) is True
            yield Score(task=task, metric=metric, value=total / times, n=int(times), directed=up)


def _count(value: Any) -> float:
    found = number(value)
    return found if found is not None and found > 0 else 0.0
