"""JUnit XML (pytest's xunit2 and its many cousins) as an evaluation run.

Testcases may carry the properties ``suite`` (the task they count under), ``gate`` and ``score`` (a number).
"""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from datetime import UTC, datetime
from xml.parsers import expat

import msgspec

from pulse_tui.collectors._files import FILE_CAP, collect_files, refuse
from pulse_tui.collectors._runs import PATTERN, run_id, whose
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.evals import EvalRun, Score
from pulse_tui.domain.source import Collected, Rejected
from pulse_tui.domain.text import clean
from pulse_tui.ports import CollectContext


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """As ``lm_eval``: ``path``, ``suite`` (default: the test suite's name), ``asset`` and ``version``, or ``pattern``
    that is searched in the suite names, their ``asset`` and ``version`` properties, and the folder's name.
    """

    path: str = ""
    suite: str = ""
    asset: str | None = None
    version: str | None = None
    pattern: str = PATTERN
    max_bytes: int = FILE_CAP


class _Tally(msgspec.Struct):
    """What was counted for one task."""

    ran: int = 0
    failed: int = 0
    scores: list[float] = []


def collect(options: Options, context: CollectContext) -> Collected:
    """Read the reports that are new or changed since the last round."""
    return collect_files(
        options.path, "*.xml", options.max_bytes, context, lambda name, data, at: parse(name, data, options, at)
    )


def accepts(name: str, head: bytes) -> bool:
    """XML whose root is ``testsuites`` or ``testsuite``."""
    return name.endswith(".xml") and (b"<testsuite" in head)


def parse(name: str, data: bytes, options: Options, context: CollectContext) -> Collected:
    """One run: for each task ``pass_rate`` (passed / run, skipped ones not counted) and mean ``score``.

    Raises SourceError for broken XML, a DOCTYPE (entities are never expanded), or a report without a test run.
    """
    root = _root(name, data)
    if root.tag not in ("testsuites", "testsuite"):
        raise SourceError(f"{name} is no JUnit report: its root is {clean(root.tag, 60)!r}")
    suites = [root, *root.iter("testsuite")] if root.tag == "testsuites" else list(root.iter("testsuite"))
    rejected: list[Rejected] = []
    tallies = _count(name, suites, context.source, rejected)
    scores = tuple(_scores(tallies))
    if not scores:
        raise SourceError(f"{name} reports no test that ran", todo="Check that the tests were collected")
    properties = {k: v for suite in reversed(suites) for k, v in _properties(suite).items()}
    names = [suite.get("name") or "" for suite in suites]
    asset = options.asset or properties.get("asset")
    version = options.version or properties.get("version")
    asset, version = whose(name, asset, version, options.pattern, names)
    run = EvalRun(
        id=run_id("junit", name, data),
        asset_id=asset,
        version=version,
        suite=options.suite or clean(next((n for n in reversed(names[:2]) if n), ""), 200) or "junit",
        at=next((at for s in suites if (at := _moment(s.get("timestamp")))), context.now),
        scores=scores,
        source=context.source,
        format="junit",
    )
    return Collected(observations=(run,), rejected=tuple(rejected), cursor=context.cursor, done=(name,))


class _HasDoctype(Exception):
    """A document type, the door to entity expansion."""


def _root(name: str, data: bytes) -> ET.Element:
    def refuse_doctype(*_: object) -> None:
        raise _HasDoctype

    guard = expat.ParserCreate()
    guard.StartDoctypeDeclHandler = refuse_doctype
    try:
        guard.Parse(data, True)
        return ET.fromstring(data)  # noqa: S314  guarded above
    except _HasDoctype:
        raise SourceError(f"{name} has a DOCTYPE, which is refused", todo="Write it without one") from None
    except (expat.ExpatError, ET.ParseError) as error:
        line, column = getattr(error, "lineno", 0), getattr(error, "offset", 0)
        what = expat.ErrorString(getattr(error, "code", 0)) or "broken"
        raise SourceError(f"{name}:{line}:{column + 1}: {what}", todo="Write it again, whole") from None
    except (ValueError, LookupError, RecursionError) as error:
        raise SourceError(f"{name} cannot be read as XML: {clean(str(error), 120)}") from None


def _count(name: str, suites: list[ET.Element], source: str, rejected: list[Rejected]) -> dict[str, _Tally]:
    tallies: dict[str, _Tally] = {}
    for suite in suites:
        own = _properties(suite)
        for case in suite.findall("testcase"):
            properties = own | _properties(case)
            if case.find("skipped") is not None:
                continue
            task = clean(properties.get("suite") or suite.get("name") or "junit", 200)
            tally = tallies.setdefault(task, _Tally())
            tally.ran += 1
            tally.failed += case.find("failure") is not None or case.find("error") is not None
            if (text := _properties(case).get("score")) is not None:
                score = _finite(text)
                if score is None:
                    where = f"{name}: {case.get('classname') or ''}::{case.get('name') or '?'} score"
                    rejected.append(refuse(source, where, f"{clean(text, 40)!r} is not a finite number"))
                else:
                    tally.scores.append(score)
    return tallies


def _scores(tallies: dict[str, _Tally]) -> Iterator[Score]:
    for task, tally in tallies.items():
        ran, failed = tally.ran, tally.failed
        yield Score(task=task, metric="pass_rate", value=(ran - failed) / ran, n=ran)
        if tally.scores:
            n = len(tally.scores)
            mean = math.fsum(tally.scores) / n
            spread = math.fsum((score - mean) ** 2 for score in tally.scores)
            stderr = math.sqrt(spread / (n - 1) / n) if n > 1 else None
            yield Score(task=task, metric="score", value=mean, stderr=stderr, n=n)


def _properties(element: ET.Element) -> dict[str, str]:
    found = element.findall("properties/property")
    return {p.get("name") or "": p.get("value") or (p.text or "") for p in found}


def _finite(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _moment(text: str | None) -> datetime | None:
    """A timestamp without an offset is taken as UTC, as the JUnit schema says."""
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
