"""SARIF 2.1.0 of vulnerability scanners (Trivy, Grype, osv-scanner): what names a package and a version is a claim.

Results that name none (of linters, secret and licence scans) are counted. https://docs.oasis-open.org/sarif/sarif/v2.1.0/
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from pulse_tui.collectors._shared.bills import decode, each, moment, read_bills
from pulse_tui.collectors._shared.reports import BadPurl, Gathering, ReportOptions, graded, ident, placed
from pulse_tui.collectors._shared.web import web_links
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.estate import Component
from pulse_tui.domain.report import Claim
from pulse_tui.domain.source import Collected
from pulse_tui.domain.text import clean
from pulse_tui.domain.words import Severity
from pulse_tui.ports import CollectContext, Peek


class Options(ReportOptions, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``path`` (file, folder searched for ``*.sarif``, or glob), ``asset``, ``version``, ``environments``. ``subject`` and
    ``digest``: such a report names neither, so that setting one refuses every file. ``max_bytes``: cap of one file.
    """


class _Text(msgspec.Struct, frozen=True):
    text: str = ""


class _Logical(msgspec.Struct):
    name: Any = None
    whole: Any = msgspec.field(name="fullyQualifiedName", default=None)


class _Location(msgspec.Struct):
    message: _Text | None = None
    logical: list[_Logical] | None = msgspec.field(name="logicalLocations", default=None)


class _Rule(msgspec.Struct):
    id: str = ""
    short: _Text | None = msgspec.field(name="shortDescription", default=None)
    help: Any = msgspec.field(name="helpUri", default=None)
    former: list[Any] | None = msgspec.field(name="deprecatedIds", default=None)
    """osv-scanner writes the aliases here."""
    properties: dict[str, Any] | None = None


class _Reference(msgspec.Struct):
    id: str | None = None
    index: int | None = None


class _Suppression(msgspec.Struct):
    status: str = "accepted"


class _Result(msgspec.Struct):
    rule_id: str | None = msgspec.field(name="ruleId", default=None)
    rule_index: int | None = msgspec.field(name="ruleIndex", default=None)
    rule: _Reference | None = None
    kind: str = "fail"
    level: Any = None
    message: _Text = _Text()
    locations: list[_Location] | None = None
    properties: dict[str, Any] | None = None
    suppressions: list[_Suppression] | None = None
    baseline: str = msgspec.field(name="baselineState", default="")


class _Driver(msgspec.Struct):
    name: str = "sarif"
    version: str | None = None
    semantic: str | None = msgspec.field(name="semanticVersion", default=None)
    rules: list[msgspec.Raw] | None = None


class _Tool(msgspec.Struct):
    driver: _Driver


class _Invocation(msgspec.Struct):
    successful: bool = msgspec.field(name="executionSuccessful", default=True)
    ended: Any = msgspec.field(name="endTimeUtc", default=None)


class _Run(msgspec.Struct):
    tool: _Tool
    results: list[msgspec.Raw] | None = None
    invocations: list[_Invocation] | None = None


class _Document(msgspec.Struct):
    runs: list[msgspec.Raw]


_DOCUMENT = msgspec.json.Decoder(_Document)
_RUN = msgspec.json.Decoder(_Run)
_RULE = msgspec.json.Decoder(_Rule)
_RESULT = msgspec.json.Decoder(_Result)
_ID = re.compile(
    r"(?:CVE-\d{4}-\d{4,19}|GHSA(?:-[0-9a-z]{4}){3}|(?:PYSEC|RUSTSEC|GO|OSV|MAL|DSA|DLA|USN|ALAS\w*|RHSA|ELSA)-[\w:-]+)"
)
"""The vulnerability that a rule is of: Grype writes the package's name behind it."""
_FIELD = re.compile(r"^(Package|Installed Version|Fixed Version|Severity): ?(.*)$", re.MULTILINE)
"""Trivy's message is a line for each of these."""
_QUOTED = re.compile(r"\bPackage '([^'\s]{1,300})@([^'@\s]{1,200})' is vulnerable to '([^'\s]{1,200})'")
"""osv-scanner's message."""
_SENTENCE = re.compile(r"\bin (?:[\w-]+ )?package: ([^\s,]{1,300}), version ([^\s,]{1,200}) was found")
"""Grype's message."""
_LABEL = re.compile(r"An? (\w{3,12}) vulnerability in ")
_SCORES = ((9.0, Severity.CRITICAL), (7.0, Severity.HIGH), (4.0, Severity.MEDIUM), (0.1, Severity.LOW))
_MESSAGE = 20_000
"""Characters of a message that are searched."""


def collect(options: Options, context: CollectContext) -> Collected:
    """Read the reports that are new or changed since the last round."""
    return read_bills("*.sarif", options, context, lambda name, data: parse(name, data, options, context))


def accepts(name: str, head: Peek) -> bool:
    """JSON with ``runs``, and a ``$schema`` or a name of SARIF."""
    base = name.lower()
    named = base.endswith((".sarif", ".sarif.json")) or "sarif" in head.says("$schema")
    return "runs" in head.top and (named or head.says("version").startswith("2.1"))


def parse(name: str, data: bytes, options: Options, context: CollectContext) -> Collected:
    """One report of all runs. A run, rule or result of another shape is Rejected by its place; the others land. Raises
    SourceError when it is no such report.
    """
    document = decode(name, data, _DOCUMENT, "SARIF report")
    report = Gathering("sarif", name, options, context)
    tools: dict[str, str | None] = {}
    moments = []
    for at, run in each(document.runs, _RUN, "runs", report.refusals, lost=True):
        driver = run.tool.driver
        tools[_slug(driver.name)] = driver.semantic or driver.version
        for one in run.invocations or ():
            moments += [m for m in [moment(one.ended) if isinstance(one.ended, str) else None] if m is not None]
            if not one.successful:
                report.refusals.add(at, f"{clean(driver.name, 60)} did not end well: it may have found more", lost=True)
        rules = [r for _, r in each(driver.rules, _RULE, f"{at}.tool.driver.rules", report.refusals)]
        by_id = {r.id: r for r in rules}
        for where, result in each(run.results, _RESULT, f"{at}.results", report.refusals, lost=True):
            _take(where, result, _rule_of(result, rules, by_id), report)
    if not tools:
        raise SourceError(f"{name} is a SARIF report without runs", todo="Make it again, whole")
    report.tool = "+".join(sorted(tools))
    version = next(iter(tools.values())) if len(tools) == 1 else None
    return report.done(whole=False, at=max(moments, default=None), tool_version=version)


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9._-]+", "-", clean(name, 60).lower()).strip("-") or "sarif"


def _rule_of(result: _Result, rules: Sequence[_Rule], by_id: Mapping[str, _Rule]) -> _Rule:
    named = result.rule_id or (result.rule.id if result.rule else None) or ""
    if named in by_id:
        return by_id[named]
    index = result.rule_index if result.rule_index is not None else result.rule.index if result.rule else None
    if index is not None and 0 <= index < len(rules):
        return rules[index]
    return _Rule(id=named)


def _take(at: str, result: _Result, rule: _Rule, report: Gathering) -> None:
    if result.kind not in ("fail", "open", "review") or result.baseline == "absent":
        return
    if any(s.status == "accepted" for s in result.suppressions or ()):
        report.ignored += 1
        return
    name = result.rule_id or rule.id
    text = result.message.text[:_MESSAGE]
    fields: dict[str, str] = dict(_FIELD.findall(text))
    quoted = _QUOTED.search(text)
    found = _ID.search(name) or (_ID.fullmatch(quoted[3]) if quoted else None)
    if found is None:
        report.nameless(at, f"{clean(name, 100) or 'a result'} names no vulnerability")
        return
    try:
        parts = list(_components(result, rule, text, fields))
    except BadPurl as error:
        report.refusals.add(at, str(error), lost=True)
        return
    if not parts:
        report.nameless(at, f"{found[0]} names no package with a version")
    cvss = _score(rule)
    label = _LABEL.match(text)
    # A scanner's own word comes before the score, which may be another database's.
    stated = graded(fields.get("Severity") or (label[1] if label else None)) or next(
        (s for floor, s in _SCORES if cvss is not None and cvss >= floor), None
    )
    title = rule.short.text if rule.short else ""
    for part in parts:
        report.claim(
            Claim(
                id=found[0],
                component=part,
                title=clean(title, 300),
                aliases=tuple(a for a in map(ident, rule.former or ()) if a and a != found[0]),
                fixed=tuple(v for f in fields.get("Fixed Version", "").split(",") if (v := ident(f.strip()))),
                severity=stated or _level(result.level),
                cvss=cvss,
                links=web_links([rule.help]),
            )
        )


def _components(result: _Result, rule: _Rule, text: str, fields: Mapping[str, str]) -> Iterator[Component]:
    """By package URL wherever a tool writes one, else by name and version from the message. Raises BadPurl."""
    purls = dict.fromkeys((*_purls(result.properties), *_logical(result), *_purls(rule.properties)))
    for purl in purls:
        part = placed(purl, "", None)
        if part.version is not None:
            yield part
    if purls:
        return
    quoted, sentence = _QUOTED.search(text), _SENTENCE.search(text)
    if quoted is not None:
        yield placed("", quoted[1], quoted[2])
    elif fields.get("Package", "").strip() and fields.get("Installed Version", "").strip():
        yield placed("", fields["Package"].strip(), fields["Installed Version"].strip())
    elif sentence is not None:
        yield placed("", sentence[1], sentence[2])


def _purls(properties: Mapping[str, Any] | None) -> Iterator[str]:
    for key in ("purl", "purls", "packageUrl", "package_url"):
        value = (properties or {}).get(key)
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, str) and one.startswith("pkg:"):
                yield one


def _logical(result: _Result) -> Iterator[str]:
    for location in result.locations or ():
        for logical in location.logical or ():
            for text in (logical.whole, logical.name):
                if isinstance(text, str) and text.startswith("pkg:"):
                    yield text


def _score(rule: _Rule) -> float | None:
    """The CVSS base score, which GitHub asks scanners to write as ``security-severity``."""
    value = (rule.properties or {}).get("security-severity")
    try:
        number = float(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else -1.0
    except ValueError:
        return None
    return number if 0.0 < number <= 10.0 else None  # 0.0 is what a tool writes that has no score


def _level(level: Any) -> Severity | None:
    return {"error": Severity.HIGH, "warning": Severity.MEDIUM, "note": Severity.LOW}.get(str(level))
