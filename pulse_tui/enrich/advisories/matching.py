"""Which advisory reaches which component of which asset, and where.

Three answers, never two: matched, clean, or not audited with the reason. What is affected is the
union of an advisory's version lists and ranges (OSV schema 1.7, "Evaluation").
"""

from __future__ import annotations

import operator
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from pulse_tui.domain.advisory import Advisory, Affected, Audit, Finding, VersionRange
from pulse_tui.domain.estate import Asset, Component, Estate
from pulse_tui.domain.evidence import AdvisoryEvidence
from pulse_tui.domain.signal import Signal, fingerprint, observed
from pulse_tui.domain.text import clean
from pulse_tui.domain.words import Environment, Recommended, Severity, SignalType
from pulse_tui.enrich.advisories.versions import order
from pulse_tui.enrich.lookups import component_key, ecosystem_key, estate_index, package_key

_RANK = {Audit.MATCHED: 0, Audit.NOT_AUDITED: 1, Audit.CLEAN: 2}


class Judgement(NamedTuple):
    """The result of matching one component: the answer, why, and the fixed versions that an advisory names."""

    audit: Audit
    reason: str
    fixed: tuple[str, ...] = ()


def judge_version(affected: Affected, version: str | None, ecosystem: str) -> tuple[Audit, str]:
    """Whether ``version`` is affected, with the reason in words.

    A version on the list is matched whatever the ranges are. A range whose events cannot be read
    makes the answer "not audited", unless the list or another range matches or its readable end
    rules the version out.
    """
    if not version:
        return Audit.NOT_AUDITED, "the installed version is not known"
    read = order(ecosystem_key(ecosystem))
    mine = read(version) if read else None
    if _listed(affected.versions, version, mine, read):
        return Audit.MATCHED, f"{version} is on the advisory's list of affected versions"
    if not affected.ranges:
        if affected.versions:
            return Audit.CLEAN, f"{version} is not on the advisory's list of affected versions"
        return Audit.NOT_AUDITED, "the advisory names neither versions nor ranges"
    if read is None:
        return Audit.NOT_AUDITED, f"no version order is known for {ecosystem}, and {version} is not on the list"
    if mine is None:
        return Audit.NOT_AUDITED, f"the installed version {version!r} cannot be read as a {ecosystem} version"
    unreadable = ""
    for item in affected.ranges:
        inside, problem = _inside(item, mine, read)
        if inside:
            return Audit.MATCHED, f"{version} is in {_words(item)}"
        if inside is None:
            unreadable = unreadable or problem
    if unreadable:
        return Audit.NOT_AUDITED, unreadable
    return Audit.CLEAN, f"{version} is outside every affected range and list"


def _listed(versions: Sequence[str], version: str, mine: Any, read: Callable[[str], Any] | None) -> bool:
    if version in versions:
        return True
    if mine is None or read is None:
        return False
    return any(read(listed) == mine for listed in versions)


def _inside(item: VersionRange, mine: Any, read: Callable[[str], Any]) -> tuple[bool | None, str]:
    """Tri-state: inside, outside, or unknown with the reason. One readable bound that rules it out is enough."""
    answers: list[bool | None] = []
    problem = ""
    bounds: tuple[tuple[str | None, Callable[[Any, Any], Any]], ...] = (
        (item.introduced if item.introduced != "0" else None, operator.ge),
        (item.fixed, operator.lt),
        (item.last_affected, operator.le),
    )
    for text, allows in bounds:
        if text is None:
            continue
        bound = read(text)
        if bound is None:
            problem = problem or f"the advisory's version {clean(text, 60)!r} cannot be read"
        answers.append(None if bound is None else bool(allows(mine, bound)))
    if False in answers:
        return False, ""
    return (None, problem) if None in answers else (True, "")


def _words(item: VersionRange) -> str:
    start = "every version" if item.introduced == "0" else f"from {item.introduced}"
    if item.fixed is not None:
        return f"the affected range: {start} before {item.fixed}"
    if item.last_affected is not None:
        return f"the affected range: {start} up to {item.last_affected}"
    return f"the affected range: {start}, no fix is named"


def audit(advisory: Advisory, component: Component) -> Judgement:
    """Whether an advisory reaches one component.

    A component that the advisory does not name, and any component when it is withdrawn, is clean.
    """
    if advisory.withdrawn:
        return Judgement(Audit.CLEAN, "the advisory was withdrawn")
    key = component_key(component)
    named = [a for a in advisory.affected if key is not None and package_key(a.ecosystem, a.name) == key]
    if not named:
        return Judgement(Audit.CLEAN, "the advisory does not name this package")
    answers = [judge_version(affected, component.version, affected.ecosystem) for affected in named]
    best, reason = min(answers, key=lambda answer: _RANK[answer[0]])
    return Judgement(best, reason, _fixes(named, component.version))


def _fixes(named: Sequence[Affected], version: str | None) -> tuple[str, ...]:
    """The fixed versions that are newer than the installed one, in their order."""
    read = order(ecosystem_key(named[0].ecosystem))
    texts = list(dict.fromkeys(r.fixed for a in named for r in a.ranges if r.fixed is not None))
    if read is None:
        return tuple(texts)
    mine = read(version) if version else None
    readable = [(read(t), t) for t in texts if read(t) is not None]
    newer = [(bound, t) for bound, t in readable if mine is None or bound > mine]
    return tuple(t for _, t in sorted(newer, key=lambda pair: pair[0]))


def match(advisory: Advisory, estate: Estate) -> list[Finding]:
    """Findings of an advisory: one for each component it reaches, or may reach, in each environment.

    Clean components give no finding. A component that runs in no environment gives one finding
    with ``environment`` None. In order of asset, component and environment, production first.
    """
    if advisory.withdrawn:
        return []
    where = estate_index(estate)
    keys = dict.fromkeys(package_key(a.ecosystem, a.name) for a in advisory.affected)
    found: dict[tuple[str, str, Environment | None], Finding] = {}
    for dependency in (d for key in keys for d in where.packages.get(key, ())):
        verdict = audit(advisory, dependency.component)
        if verdict.audit is Audit.CLEAN or dependency.asset_id not in estate.assets:
            continue
        environments: list[Environment | None] = [*where.running(dependency)]
        for environment in environments or [None]:
            found[dependency.asset_id, dependency.component.label, environment] = Finding(
                advisory_id=advisory.id,
                asset_id=dependency.asset_id,
                component=dependency.component.label,
                component_id=dependency.component.id,
                environment=environment,
                audit=verdict.audit,
                reason=verdict.reason,
                fixed=verdict.fixed,
            )
    return sorted(found.values(), key=lambda f: (f.asset_id, f.component, f.environment.rank if f.environment else 9))


def advisory_fingerprint(advisory: Advisory, asset_id: str, environment: Environment | None) -> str:
    """The fingerprint of "this vulnerability on this asset there": the same for every source that reports it."""
    return condition(advisory.name, asset_id, environment)


def condition(name: str, asset_id: str, environment: Environment | None) -> str:
    """The same by the advisory's name."""
    return fingerprint("cve", name, asset_id, environment)


def advisory_signals(advisory: Advisory, findings: Sequence[Finding], estate: Estate, now: datetime) -> list[Signal]:
    """Signals of type ``cve``, one per (advisory, asset, environment); several components are one signal.

    Its id changes when the advisory or what it reaches changes, so that it is judged again.
    """
    groups: dict[tuple[str, Environment | None], list[Finding]] = defaultdict(list)
    for finding in findings:
        if finding.audit is not Audit.CLEAN and finding.asset_id in estate.assets:
            groups[finding.asset_id, finding.environment].append(finding)
    return [
        _signal(advisory, estate.assets[asset_id], environment, group, estate, now)
        for (asset_id, environment), group in groups.items()
    ]


def severity_of(advisory: Advisory) -> Severity | None:
    """As stated, else by the CVSS v3 qualitative scale; None when neither is known."""
    if advisory.severity is not None or advisory.cvss is None:
        return advisory.severity
    for floor, severity in ((9.0, Severity.CRITICAL), (7.0, Severity.HIGH), (4.0, Severity.MEDIUM)):
        if advisory.cvss >= floor:
            return severity
    return Severity.LOW


def _signal(
    advisory: Advisory,
    asset: Asset,
    environment: Environment | None,
    group: list[Finding],
    estate: Estate,
    now: datetime,
) -> Signal:
    first = min(group, key=lambda f: (_RANK[f.audit], f.component))
    matched = first.audit is Audit.MATCHED
    severity = severity_of(advisory)
    component = next((d.component for d in estate_index(estate).uses(asset.id, first.component)), None)
    deployment = estate_index(estate).deployment(asset.id, environment)
    verb = "reaches" if matched else "may reach"
    lines = [advisory.title, *(f"{f.component}: {f.reason}" for f in group)]
    if severity is None:
        lines.append("The advisory states no severity; medium is assumed.")
    marks = [f"{f.component}={f.audit}" for f in group]
    confidence = (0.9 if matched else 0.4) * (0.8 if severity is None else 1.0)
    return observed(
        SignalType.CVE,
        source=advisory.source,
        event=(advisory.id, advisory.modified.isoformat(), asset.id, environment, *marks),
        fingerprint=advisory_fingerprint(advisory, asset.id, environment),
        asset_id=asset.id,
        asset=asset,
        environment=environment,
        current_version=deployment.version if deployment else None,
        severity=severity or Severity.MEDIUM,
        confidence=round(confidence, 3),
        recommended=_recommended(matched, severity),
        at=advisory.modified,
        now=now,
        title=f"{advisory.name} {verb} {asset.id}",
        summary="\n".join(lines),
        links=list(advisory.links)[:50],
        evidence=AdvisoryEvidence(
            advisory=advisory.name,
            component=component.id if component else first.component,
            aliases=[a for a in (advisory.id, *advisory.aliases) if a != advisory.name],
            installed=component.version if component else None,
            fixed=list(first.fixed),
            cvss=advisory.cvss,
            vector=advisory.vector,
            known_exploited=advisory.known_exploited,
        ),
    )


def _recommended(matched: bool, severity: Severity | None) -> Recommended:
    if not matched:
        return Recommended.REVIEW
    if severity is Severity.LOW:
        return Recommended.NOTE
    return Recommended.TICKET
