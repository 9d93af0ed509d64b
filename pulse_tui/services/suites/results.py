"""Result files of a suite's command become runs of the release that it was started for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.evals import EvalRun, SuiteRun
from pulse_tui.domain.source import Rejected
from pulse_tui.ports import Peek, Result
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.signals.files import About, detect, file_formats, read_result
from pulse_tui.settings.shapes import SuiteShape


class Read(NamedTuple):
    """The runs, at least one, what was refused of them, and which files were skipped."""

    runs: tuple[EvalRun, ...]
    rejected: tuple[Rejected, ...]
    remark: str


def read_results(
    run: SuiteRun, suite: SuiteShape, results: Sequence[Result], digest: str | None, parts: JudgeParts
) -> Read:
    """Parse every result file. Raises SourceError when one cannot be read, or none has a run of what was asked.

    Files of no known kind (logs) are skipped. Runs are named after the execution: the same numbers measured again
    are another run. ``digest`` is of the suite's content, for runs that do not state one.
    """
    kinds = file_formats(parts.source_kinds)
    runs: list[EvalRun] = []
    names: dict[str, str] = {}
    rejected: list[Rejected] = []
    passed: list[str] = []
    for result, kind in _kinds(suite, results, kinds):
        if kind is None:
            passed.append(result.name)
            continue
        context = parts.outside.collecting(f"suite:{suite.id}", run.started_at, folder=result.path.parent)
        about = About(run.asset_id, run.version, suite.id, result.name)
        read = read_result(kinds, kind, result.name, result.data, about, context)
        rejected += read.rejected
        found = [item for item in read.observations if isinstance(item, EvalRun)]
        if not found:
            passed.append(result.name)
        for one in found:
            _is_of(one, run, result.name)
            # A tool that writes totals and items to separate files names both alike: the items are attached to the totals.
            ident = names.setdefault(one.id, f"suite:{run.id}" + (f"-{len(names) + 1}" if names else ""))
            runs.append(msgspec.structs.replace(one, id=ident, suite_digest=one.suite_digest or digest))
    if not runs:
        why = f"; refused: {rejected[0].problem}" if rejected else ""
        seen = ", ".join(passed[:5]) + (", …" if len(passed) > 5 else "")
        todo = f"Name its kind: output: one of {', '.join(sorted(kinds))}"
        raise SourceError(f"no result could be read from {seen}{why}", todo=todo)
    return Read(tuple(runs), tuple(rejected), f"skipped: {', '.join(passed[:20])}" if passed else "")


def _kinds(suite: SuiteShape, results: Sequence[Result], kinds: Mapping[str, Any]) -> list[tuple[Result, str | None]]:
    """Each file with its kind. When a kind is configured: the files that it takes, all when it takes none."""
    if suite.output is None:
        return [(result, detect(kinds, result.name, Peek(result.data))) for result in results]
    module = kinds[suite.output]
    taken = [result for result in results if module.accepts(result.name, Peek(result.data))] or list(results)
    return [(result, suite.output if result in taken else None) for result in results]


def _is_of(found: EvalRun, run: SuiteRun, name: str) -> None:
    asked = (run.suite, run.asset_id, run.version)
    if (found.suite, found.asset_id, found.version) != asked:
        named = f"{found.suite} on {found.asset_id} {found.version}"
        raise SourceError(f"{name} is of {named}, expected was {run.suite} on {run.asset_id} {run.version}")
