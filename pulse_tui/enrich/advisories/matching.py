"""Which advisory reaches which component of which asset, and where.

Three answers, never two: matched, clean, or not audited with the reason. What is affected is the
union of an advisory's version lists and ranges (OSV schema 1.7, "Evaluation").
"""

from __future__ import annotations

import operator
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple

import msgspec

from pulse_tui.domain.advisory import Advisory, Affected, Audit, Finding, VersionRange
from pulse_tui.domain.estate import GROUP, SKIPPED, Asset, Component, Estate
from pulse_tui.domain.evidence import AdvisoryEvidence
from pulse_tui.domain.exploitation import Evidence
from pulse_tui.domain.purl import release_of
from pulse_tui.domain.signal import Signal, fingerprint, observed
from pulse_tui.domain.text import clean
from pulse_tui.domain.words import SOFTWARE, ComponentKind, Environment, Recommended, Severity, SignalType
from pulse_tui.enrich.advisories.configurations import judge_configurations, version_of
from pulse_tui.enrich.advisories.versions import against, order, released
from pulse_tui.enrich.lookups import (
    component_key,
    ecosystem_key,
    estate_index,
    go_parents,
    keys_named,
    package_key,
    product_keys,
    source_of,
)

_NOTHING = Evidence()
_UNSAID: Mapping[tuple[str, str | None], bool] = MappingProxyType({})
_RANK = {Audit.MATCHED: 0, Audit.NOT_AUDITED: 1, Audit.CLEAN: 2}


class Judgement(NamedTuple):
    """The result of matching one component: the answer, why, and the fixed versions that an advisory names."""

    audit: Audit
    reason: str
    fixed: tuple[str, ...] = ()
    possible: bool = False
    """Not audited because of a version that is not known or cannot be compared: it may be affected."""

    def finding(
        self, advisory_id: str, asset_id: str, component: Component, environment: Environment | None
    ) -> Finding:
        """The same of an asset's component in an environment."""
        return Finding(
            advisory_id=advisory_id,
            asset_id=asset_id,
            component=component.label,
            component_id=component.id,
            environment=environment,
            audit=self.audit,
            reason=self.reason,
            fixed=self.fixed,
            possible=self.possible,
        )


def judge_version(affected: Affected, version: str | None, ecosystem: str) -> tuple[Audit, str]:
    """Whether ``version`` is affected, with the reason in words.

    A version on the list is matched whatever the ranges are. A range whose events cannot be read
    makes the answer "not audited", unless the list or another range matches or its readable end
    rules the version out.
    """
    if not version:
        return Audit.NOT_AUDITED, "the installed version is not known"
    kind = ecosystem_key(ecosystem)
    read = order(kind)
    mine = read(version) if read else None
    if _listed(affected.versions, version, mine, kind):
        return Audit.MATCHED, f"{version} is on the advisory's list of affected versions"
    if not affected.ranges and not affected.versions:
        return Audit.NOT_AUDITED, "the advisory names neither versions nor ranges"
    if read is not None and mine is None:
        shown = clean(version, 60)
        return Audit.NOT_AUDITED, f"the installed version {shown!r} cannot be read as a {ecosystem} version"
    if not affected.ranges:
        return Audit.CLEAN, f"{version} is not on the advisory's list of affected versions"
    if read is None:
        return Audit.NOT_AUDITED, f"no version order is known for {ecosystem}, and {version} is not on the list"
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


def _listed(versions: tuple[str, ...], version: str, mine: Any, ecosystem: str) -> bool:
    if version in versions:
        return True
    if mine is None or not versions:
        return False
    keys = _keys(versions, ecosystem)
    return mine in keys or released(mine) in keys


@lru_cache(1_024)
def _keys(versions: tuple[str, ...], ecosystem: str) -> frozenset[Any]:
    """Of a list of versions those that can be read: an advisory is asked of many components in turn."""
    read = order(ecosystem)
    return frozenset(key for text in versions if (key := read(text)) is not None) if read else frozenset()


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
            problem = problem or (
                f"the advisory's version {clean(text, 60)!r} cannot be read"
                if text
                else "the advisory's range has no beginning"
            )
        answers.append(None if bound is None else bool(allows(against(mine, bound), bound)))
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
    if key is None:
        return Judgement(Audit.NOT_AUDITED, not_audited(component) or "it is no package")
    if component.known_as and (found := _as_product(advisory, component)) is not None:
        known_only = key in product_keys(component)
        return found if known_only else min(found, _as_package(advisory, component, key), key=lambda j: _RANK[j.audit])
    return _as_package(advisory, component, key)


def _as_product(advisory: Advisory, component: Component) -> Judgement | None:
    """The answer by its CPE name or product name; None when the advisory names it by neither."""
    keys = product_keys(component)
    named = [a for a in advisory.affected if package_key(a.ecosystem, a.name) in keys]
    if not named:
        return None
    # Where configurations name it they decide: they know of platforms, and the ranges beside them do not.
    if advisory.configurations and (found := judge_configurations(advisory, component)) is not None:
        return Judgement(*found)
    stated = [a for a in named if a.versions or a.ranges]
    if version_of(component) is None and any(r == VersionRange(introduced="0") for a in stated for r in a.ranges):
        return Judgement(Audit.MATCHED, f"every version of {component.name} is affected, no fix is named")
    return _union(stated or named, component, version_of(component))


def _as_package(advisory: Advisory, component: Component, key: tuple[str, str]) -> Judgement:
    named = [a for a in advisory.affected if package_key(a.ecosystem, a.name) == key]
    if named:
        return _union(named, component, component.version)
    source = source_of(component)
    if source is not None:
        named = [a for a in advisory.affected if package_key(a.ecosystem, a.name) == source.key]
    if named and source is not None:
        return _union(named, component, source.version or component.version)
    return _near(advisory, component, key) or Judgement(Audit.CLEAN, "the advisory does not name this package")


def not_audited(component: Component) -> str:
    """Why no advisory can name a component that is a package or an image; "" when one can, or it is neither."""
    if component.kind is ComponentKind.IMAGE:
        return "advisories name packages: only a bill of materials of what is in the image can be judged"
    named = component.kind not in SOFTWARE or component_key(component) is not None
    if named or component.id.startswith(GROUP):
        return ""
    if component.kind is not ComponentKind.PACKAGE:
        return "it is declared without the product name or CPE name that advisories use"
    if component.id.startswith("pkg:"):
        kind = clean(component.id[4:].partition("/")[0], 40)
        more = ": declare its cpe or product" if kind == "generic" else ""
        return f"no advisory database covers packages of type {kind}{more}"
    if component.id.startswith(SKIPPED):
        return "the scanner skipped it, and no bill names its version"
    return "it has no package URL: its ecosystem is not known"


def _union(named: Sequence[Affected], component: Component, version: str | None) -> Judgement:
    """The answer of all entries that name the package; of a distribution those of the component's own release.

    Where the component does not say its release, the entries of several must agree.
    """
    release = release_of(component.ecosystem or "")
    releases = {id(a): release_of(a.ecosystem) for a in named if ":" in a.ecosystem}
    mine = [a for a in named if not release or releases.get(id(a), "") in ("", release)]
    if not mine:
        return Judgement(Audit.CLEAN, f"the advisory names other releases than {component.ecosystem}")
    answers = [judge_version(affected, version, affected.ecosystem) for affected in mine]
    best, reason = min(answers, key=lambda answer: _RANK[answer[0]])
    several = not release and len({releases.get(id(a), "") for a in mine}) > 1
    if best is Audit.MATCHED and several and any(answer is not Audit.MATCHED for answer, _ in answers):
        return Judgement(Audit.NOT_AUDITED, "the package does not say of which release of the distribution it is")
    ordered = not version or order(ecosystem_key(mine[0].ecosystem)) is not None
    possible = best is Audit.NOT_AUDITED and ordered and any(a.versions or a.ranges for a in mine)
    return Judgement(best, reason, _fixes(mine, version), possible)


def _near(advisory: Advisory, component: Component, key: tuple[str, str]) -> Judgement | None:
    """Go names modules and the packages within them by one kind of path: which of two is the other's module is not stated."""
    if key[0] != "go":
        return None
    above = set(go_parents(key[1]))
    for affected in advisory.affected:
        kind, name = package_key(affected.ecosystem, affected.name)
        if kind != "go" or not (name in above or key[1] in go_parents(name)):
            continue
        answer, _ = judge_version(affected, component.version, affected.ecosystem)
        if answer is not Audit.CLEAN:
            return Judgement(
                Audit.NOT_AUDITED, f"the advisory is of {affected.name}, which is another path of one tree"
            )
    return None


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
    keys = dict.fromkeys(key for a in advisory.affected for key in keys_named(a.ecosystem, a.name))
    found: dict[tuple[str, str, Environment | None], Finding] = {}
    for dependency in (d for key in keys for d in where.packages.get(key, ())):
        verdict = audit(advisory, dependency.component)
        if verdict.audit is Audit.CLEAN or dependency.asset_id not in estate.assets:
            continue
        environments: list[Environment | None] = [*where.running(dependency)]
        for environment in environments or [None]:
            place = dependency.asset_id, dependency.component.label, environment
            if place in found and _RANK[found[place].audit] <= _RANK[verdict.audit]:
                continue  # two components of one label: the worse answer is shown
            found[place] = verdict.finding(advisory.id, dependency.asset_id, dependency.component, environment)
    return sorted(found.values(), key=lambda f: (f.asset_id, f.component, f.environment.rank if f.environment else 9))


def advisory_fingerprint(advisory: Advisory, asset_id: str, environment: Environment | None) -> str:
    """The fingerprint of "this vulnerability on this asset there": the same for every source that reports it."""
    return condition(advisory.name, asset_id, environment)


def condition(name: str, asset_id: str, environment: Environment | None) -> str:
    """The same by the advisory's name."""
    return fingerprint("cve", name, asset_id, environment)


def advisory_signals(
    advisory: Advisory,
    findings: Sequence[Finding],
    estate: Estate,
    now: datetime,
    known: Evidence | None = None,
    loaded: Mapping[tuple[str, str | None], bool] = _UNSAID,
) -> list[Signal]:
    """Signals of type ``cve``, one per (advisory, asset, environment); several components are one signal.

    What was not audited for want of an order or of a name that both use is no signal: it is counted and shown.
    Its id changes when the advisory, what it reaches or what is ``known`` of its exploitation or ``loaded`` changes, so
    that it is judged again. ``known`` absent: what the advisory itself states. ``loaded``: by asset and component id,
    as far as it is known.
    """
    known = known if known is not None else Evidence(known_exploited=advisory.known_exploited)
    groups: dict[tuple[str, Environment | None], list[Finding]] = defaultdict(list)
    for finding in findings:
        if (finding.audit is Audit.MATCHED or finding.possible) and finding.asset_id in estate.assets:
            groups[finding.asset_id, finding.environment].append(finding)
    return [
        _signal(
            advisory,
            estate.assets[asset_id],
            environment,
            group,
            estate,
            now,
            known,
            _any_loaded(loaded.get((asset_id, f.component_id)) for f in group),
        )
        for (asset_id, environment), group in groups.items()
    ]


def _any_loaded(answers: Iterable[bool | None]) -> bool | None:
    """Of several components one that is loaded is enough; none is only where that is known of each."""
    found = set(answers)
    return True if True in found else None if None in found else False


def severity_of(advisory: Advisory) -> Severity | None:
    """As stated, else by the CVSS qualitative scale; None when neither is known. Malicious code is critical."""
    if advisory.malicious:
        return Severity.CRITICAL
    if advisory.severity is not None or advisory.cvss is None or not 0.0 <= advisory.cvss <= 10.0:
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
    known: Evidence = _NOTHING,
    loaded: bool | None = None,
) -> Signal:
    first = min(group, key=lambda f: (_RANK[f.audit], f.component))
    matched = first.audit is Audit.MATCHED
    severity = severity_of(advisory)
    component = next((d.component for d in estate_index(estate).uses(asset.id, first.component)), None)
    deployment = estate_index(estate).deployment(asset.id, environment)
    verb = "reaches" if matched else "may reach"
    lines = [advisory.title, *(f"{f.component}: {f.reason}" for f in group)]
    if severity is None:
        lines.append("The advisory states no severity: how bad it is, is not known.")
    marks = [f"{f.component}={f.audit}" for f in group]
    return observed(
        SignalType.CVE,
        source=advisory.source,
        event=(advisory.id, advisory.modified.isoformat(), asset.id, environment, *marks, *_marks(known, loaded)),
        fingerprint=advisory_fingerprint(advisory, asset.id, environment),
        asset_id=asset.id,
        asset=asset,
        environment=environment,
        current_version=deployment.version if deployment else None,
        severity=severity or Severity.MEDIUM,
        confidence=0.9 if matched else 0.4,
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
            fixed=_best_first(
                advisory, component, [v for f in group if f.component == first.component for v in f.fixed]
            ),
            cvss=advisory.cvss,
            vector=advisory.vector,
            known_exploited=known.known_exploited,
            epss=known.epss,
            percentile=known.percentile,
            exploited_since=known.added,
            due=known.due,
            ransomware=known.ransomware,
            exploited_at=known.catalogue_at,
            epss_at=known.epss_at,
            loaded=loaded,
            severity_stated=severity is not None,
        ),
    )


def _best_first(advisory: Advisory, component: Component | None, fixed: Iterable[str]) -> list[str]:
    """The fixes that the records of a vulnerability name: the first version that all of them call free of it, then the
    others in their order. Where none is, the order of the versions is all that can be said."""
    found = list(dict.fromkeys(fixed))
    key = component_key(component) if component is not None else None
    if component is None or key is None or len(found) < 2:
        return found
    read = order(key[0])
    if read is not None and all(read(v) is not None for v in found):
        found.sort(key=read)
    others = (v for v in found if audit(advisory, msgspec.structs.replace(component, version=v)).audit is Audit.CLEAN)
    best = next(others, None)
    return found if best is None else [best, *(v for v in found if v != best)]


def _marks(known: Evidence, loaded: bool | None) -> list[str]:
    """What of the evidence makes another event of it: a score that moves by less than a point does not."""
    marks = (
        [] if known.known_exploited is None else [f"exploited={known.known_exploited}/{known.due}/{known.ransomware}"]
    )
    marks += [] if known.epss is None else [f"epss={known.epss:.2f}"]
    return marks if loaded is None else [*marks, f"loaded={loaded}"]


def _recommended(matched: bool, severity: Severity | None) -> Recommended:
    if not matched:
        return Recommended.REVIEW
    if severity is Severity.LOW:
        return Recommended.NOTE
    return Recommended.TICKET
