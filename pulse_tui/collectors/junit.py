"""JUnit XML (pytest's xunit2 and its many cousins) as an evaluation run.

Testcases may carry the properties ``suite`` (the task they count under), ``score`` (a number), ``slice`` (as often as
they are in one) and ``gate``, which is only shown. Each is an item by its class and name. The same test several
times in one report counts as repeats, as pytest-rerunfailures writes them: beware that it writes a test that failed
and ran again as one that passed. Where a report itself states that a test failed before it passed (``flakyFailure``,
``rerunFailure`` of Surefire and Gradle), its first outcome counts: that is what a single request gets.
"""

from __future__ import annotations

import codecs
import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec

from pulse_tui.collectors._shared.files import FILE_CAP, collect_files, refuse
from pulse_tui.collectors._shared.runs import PATTERN, refusing, run_id, whose
from pulse_tui.collectors._shared.sheets import Answer, counted, gather, refusal, short
from pulse_tui.collectors._shared.xml_root import xml_root
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.evals import EvalRun, Score, Sheet
from pulse_tui.domain.source import Collected
from pulse_tui.domain.text import clean
from pulse_tui.ports import CollectContext, Peek


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """As ``lm_eval``: ``path``, ``suite`` (default: the test suite's name), ``asset`` and ``version``, or ``pattern``
    that is searched in the suite names, their ``asset`` and ``version`` properties, and the folder's name. A property
    ``suite_digest`` of a test suite is the digest of its frozen content.
    ``cluster``: what groups the tests that belong together: "classname", or the name of a property; empty: nothing does.
    """

    path: str = ""
    suite: str = ""
    asset: str | None = None
    version: str | None = None
    pattern: str = PATTERN
    cluster: str = "classname"
    max_bytes: int = FILE_CAP
    """Cap of one file."""


ELEMENTS = 2_000_000
"""Beginnings and ends of elements that are read."""
_PROLOGUE = 2**20
"""Bytes in which the root begins, behind comments and instructions."""
_ROOT = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*+(?:(?>(?><\?.*?\?>)|(?><!--.*?-->)|<!DOCTYPE[^>]*+>)\s*+)*+<testsuites?[\s/>]", re.DOTALL
)
_NOT_RUN = frozenset(
    {"notrun", "not run", "not_run", "disabled", "skipped", "ignored", "pending", "suppressed", "inconclusive"}
)
"""``status`` and ``result`` of tests that did not run: gtest, CTest, Ginkgo and Bazel write no ``<skipped>`` for them."""
_BAD_STATUS = frozenset(
    {
        "fail",
        "failed",
        "failure",
        "error",
        "timeout",
        "timedout",
        "panicked",
        "aborted",
        "interrupted",
        "broken",
        "crashed",
    }
)
_SUITES = ("testsuites", "testsuite")
_BAD_CHILD = ("failure", "error", "flaky", "rerun")
"""How elements begin that report that a test failed, at least at first: ``flakyFailure``, ``rerunError`` ..."""
_THOUSANDS = re.compile(r"\d{1,3}(,\d{3})+(\.\d*)?$")
"""How old versions of Surefire write a time of many seconds."""


def collect(options: Options, context: CollectContext) -> Collected:
    """Read the reports that are new or changed since the last round."""
    return collect_files(
        options.path, "*.xml", options.max_bytes, context, lambda name, data, at: parse(name, data, options, at)
    )


def accepts(name: str, head: Peek) -> bool:
    """XML whose root is ``testsuites`` or ``testsuite``, also in UTF-16 and behind a long comment."""
    if not name.endswith(".xml"):
        return False
    begin = head.whole[:_PROLOGUE]
    if begin.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        begin = begin.decode("utf-16", "replace").encode()
    return _ROOT.match(begin) is not None


@refusing
def parse(name: str, data: bytes, options: Options, context: CollectContext) -> Collected:
    """One run: for each task ``pass_rate`` (passed / run, skipped ones not counted) and mean ``score``, with its items.

    A task with a score that is not a finite number is Rejected by its name, the others are stored; so is an invalid
    time, and the test is used. Raises SourceError for broken XML, a DOCTYPE (entities are never expanded), a report without a
    test that ran, or when no task lands.
    """
    root = xml_root(name, data, ELEMENTS)
    if root.tag not in _SUITES:
        raise SourceError(f"{name} is not a JUnit report: its root is {clean(root.tag, 60)!r}")
    suites = [root, *root.iter("testsuite")] if root.tag == "testsuites" else list(root.iter("testsuite"))
    answers = list(counted(name, _answers(suites, options.cluster)))
    if not answers:
        raise SourceError(f"{name} reports no test that ran", todo="Check that the tests were collected")
    gathered = gather(answers)
    if not gathered.sheets:
        raise SourceError(refusal(name, gathered), todo="Correct it, or run it again")
    if lost := _not_listed(root):
        raise SourceError(f"{name} is refused: {lost}", todo="Give the whole report")
    found = tuple(_told_apart(sheet) for sheet in gathered.sheets)
    properties = {k: v for suite in reversed(suites) for k, v in _properties(suite).items()}
    names = [suite.get("name") or "" for suite in suites]
    folder = context.folder.name if context.folder is not None else ""
    asset = options.asset or properties.get("asset")
    version = options.version or properties.get("version")
    asset, version = whose(name, asset, version, options.pattern, [*names, folder])
    suite = options.suite or clean(next((n for n in reversed(names[:2]) if n), ""), 200) or "junit"
    run = EvalRun(
        id=run_id("junit", name, data, asset, version, suite),
        asset_id=asset,
        version=version,
        suite=suite,
        at=next((at for s in suites if (at := _moment(s.get("timestamp")))), context.now),
        scores=tuple(_scores([a for a in answers if a.task not in gathered.refused])),
        suite_digest=clean(properties.get("suite_digest") or "", 200) or None,
        source=context.source,
        format="junit",
        sheets=found,
        refused=gathered.refused,
    )
    rejected = gathered.rejects(context.source, name)
    stated = max(_count(s, "tests") for s in (root, *suites))
    listed = sum(1 for _ in root.iter("testcase"))
    if stated > listed:
        what = f"it reports {stated:,} tests and lists {listed:,}"
        rejected.append(refuse(context.source, name, what, hint="the listed ones are used"))
    return Collected(observations=(run,), rejected=tuple(rejected), cursor=context.cursor)


def _answers(suites: list[ET.Element], cluster: str) -> Iterator[Answer]:
    """A test that ran is an answer, in the order of the report."""
    ran: dict[tuple[str, str], int] = {}
    for suite in suites:
        own = _properties(suite)
        for case in suite.findall("testcase"):
            if not _ran(case):
                continue
            mine = _properties(case)
            task = short(mine.get("suite") or own.get("suite") or suite.get("name") or "junit")
            classname = case.get("classname") or ""
            item = f"{classname}::{case.get('name') or '?'}"
            repeat = ran[task, item] = ran.get((task, item), 0) + 1
            yield Answer(
                task=task,
                item=item,
                scores={"pass_rate": not _failed(case)}
                | ({"score": _number(mine["score"])} if "score" in mine else {}),
                repeat=repeat,
                cluster=classname if cluster == "classname" else (own | mine).get(cluster, ""),
                slices=tuple(value for key, value in _all_properties(case) if key == "slice"),
                latency_ms=_milliseconds(case.get("time")),
                where=f"test {short(item)}",
            )


def _not_listed(root: ET.Element) -> str:
    """Why the listed tests are not all of it: a suite reports more failures than it lists; "" when none does."""
    suites = [root, *root.iter("testsuite")]
    if not any(_count(suite, "failures") or _count(suite, "errors") for suite in suites):
        return ""
    below: dict[ET.Element, int] = {}
    """Failed tests in what was passed already: backwards, what is in an element comes before it."""
    found = ""
    for element in reversed(list(root.iter())):
        listed = sum(below.pop(child, 0) for child in element)
        if element.tag == "testcase":
            listed += max(_failed(element), sum(e.tag.startswith(_BAD_CHILD) for e in element))
        if listed:
            below[element] = listed
        stated = _count(element, "failures") + _count(element, "errors") if element.tag in _SUITES else 0
        if stated > listed:
            which = clean(element.get("name") or "", 80)
            found = f"{which or 'the report'} reports {stated:,} failed tests and lists {listed:,}"
    return found


def _count(suite: ET.Element, name: str) -> int:
    text = (suite.get(name) or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _ran(case: ET.Element) -> bool:
    """Whether a test ran. One that failed did, whatever its status."""
    if case.find("failure") is not None or case.find("error") is not None:
        return True
    return case.find("skipped") is None and _NOT_RUN.isdisjoint(_words(case))


def _failed(case: ET.Element) -> bool:
    """Whether it failed when it was run first; the status alone gives it where no element does."""
    return any(child.tag.startswith(_BAD_CHILD) for child in case) or not _BAD_STATUS.isdisjoint(_words(case))


def _words(case: ET.Element) -> set[str]:
    return {(case.get(name) or "").strip().lower() for name in ("status", "result")}


def _told_apart(sheet: Sheet) -> Sheet:
    """Without the clusters when there is but one: it would make everything one observation."""
    return msgspec.structs.replace(sheet, clusters=()) if len(set(sheet.clusters)) == 1 else sheet


def _scores(answers: list[Answer]) -> Iterator[Score]:
    """The totals over all that ran, repeats too. The answers are known to be good."""
    tasks: dict[str, list[Answer]] = {}
    for answer in answers:
        tasks.setdefault(answer.task, []).append(answer)
    for task, mine in tasks.items():
        passed = sum(bool(answer.scores["pass_rate"]) for answer in mine)
        yield Score(task=task, metric="pass_rate", value=passed / len(mine), n=len(mine))
        scores = [float(answer.scores["score"]) for answer in mine if "score" in answer.scores]
        if scores:
            n = len(scores)
            mean = math.fsum(scores) / n
            spread = math.fsum((score - mean) ** 2 for score in scores)
            stderr = math.sqrt(spread / (n - 1) / n) if n > 1 else None
            yield Score(task=task, metric="score", value=mean, stderr=stderr, n=n)


def _properties(element: ET.Element) -> dict[str, str]:
    return dict(_all_properties(element))


def _all_properties(element: ET.Element) -> list[tuple[str, str]]:
    found = element.findall("properties/property")
    return [(p.get("name") or "", p.get("value") or (p.text or "")) for p in found]


def _number(text: str) -> float | str:
    """A number; the text itself when it is none, to be refused by its name."""
    try:
        return float(text)
    except ValueError:
        return text


def _milliseconds(text: str | None) -> float | str | None:
    """``time`` is seconds."""
    if not text or not text.strip():
        return None
    plain = text.strip()
    seconds = _number(plain.replace(",", "") if _THOUSANDS.match(plain) else plain)
    return seconds * 1_000.0 if isinstance(seconds, float) else seconds


def _moment(text: str | None) -> datetime | None:
    """A timestamp without an offset is taken as UTC, as the JUnit schema says."""
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
