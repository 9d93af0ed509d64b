"""The gate's checks, one function a reason. They report the status; policy decides the effect."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import NamedTuple

from pulse_tui.domain.advisory import Audit
from pulse_tui.domain.alert import OPEN, Alert
from pulse_tui.domain.claim import ESTATE
from pulse_tui.domain.countdown import days_left
from pulse_tui.domain.evals import Gate
from pulse_tui.domain.evidence import VersionEvidence
from pulse_tui.domain.hold import Hold
from pulse_tui.domain.release import Release, ReleaseState, numbered
from pulse_tui.domain.signal import signal_id
from pulse_tui.domain.text import many
from pulse_tui.domain.words import ComponentKind, Environment, Priority, Severity, SignalType
from pulse_tui.enrich.lineage import Node, cycle, references
from pulse_tui.policy.gate import GateReason, GateStatus
from pulse_tui.ports import BillHead, Transaction
from pulse_tui.services.advisories.of_release import (
    Audited,
    Basis,
    Weakness,
    advisories_of,
    advisory_of_hold,
    own_bills,
)
from pulse_tui.services.evals.verdicts import runs_of, suite_words
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.promotion.change import change_words
from pulse_tui.services.registry.approvals import approval
from pulse_tui.services.registry.fitness import faults
from pulse_tui.services.registry.held import another, covering, of_rollback
from pulse_tui.services.registry.known_good import rollback_target
from pulse_tui.services.registry.past_hold import EMERGENCY, past_hold
from pulse_tui.services.registry.routing import of_routing
from pulse_tui.services.rollback import pointer
from pulse_tui.services.rollback.authorise import approve_command, authorise_command, standings
from pulse_tui.services.rollback.certificate import KNOWN_GOOD, other_content
from pulse_tui.services.rollback.drill import NAME as DRILLED
from pulse_tui.services.rollback.drill import book, drill_command, drilled, leader
from pulse_tui.services.signals.waived import group_of
from pulse_tui.services.vendors.ends import announced_ends, undated_ends

_OK, _FAILED, _MISSING = GateStatus.OK, GateStatus.FAILED, GateStatus.MISSING
_SHOWN = 3
_NO_BILL = "Ingest its SBOM or lock file: pulse-tui ingest FILE"
_UNREAD = "See what could not be read: pulse-tui status --quarantine; correct the file and ingest it again"
_FIRST = "no other release has served in"
_HELD_APART = ("digest", "way-back", "lineage", "pointer", "past-gate", "drill", "break-glass", "by-itself", EMERGENCY)
"""Concerns that another reason reports already."""


class Asked:
    """The question that the gate was asked."""

    def __init__(self, tx: Transaction, parts: RollbackParts, release: Release, environment: Environment) -> None:
        """May ``release`` be promoted to ``environment``?"""
        self.tx = tx
        self.parts = parts
        self.release = release
        self.environment = environment
        self.now = parts.clock()
        self._audited: Audited | None = None

    def audited(self) -> Audited:
        """What stored advisories mean for the release; found once for all checks."""
        if self._audited is None:
            self._audited = advisories_of(self.tx, self.parts.judging, self.release, self.environment)
        return self._audited


class Found(NamedTuple):
    """One finding."""

    status: GateStatus
    detail: str
    todo: str = ""
    slight: bool = False
    """It is reported and never blocks, whatever policy gives its kind."""


Check = Callable[[Asked], Iterator[Found]]


def _holds(a: Asked) -> Iterator[Found]:
    standing = list(covering(a.tx, a.release.asset_id, a.release.version, a.environment))
    if not standing:
        yield Found(_OK, f"no hold on {a.release.asset_id} in {a.environment.value}")
    for hold, how in standing:
        scope = hold.asset_id or "everything"
        detail = f"{hold.kind.value} {hold.id} of {scope}: {hold.why}; until {hold.until_condition} (placed by {hold.placed_by})"
        detail += f"; {how}" if how else ""
        met, remark = _met(a, hold)
        told = detail + (f"; {remark}" if remark else "")
        if met is not None:
            yield Found(met, told)
        elif excuse := past_hold(a.tx, hold, a.release.asset_id, a.release.version, a.environment, a.now):
            yield Found(GateStatus.ACCEPTED, f"{told}; {excuse}")
        else:
            yield Found(_FAILED, told, lifting(hold))


def lifting(hold: Hold) -> str:
    """What ends this hold, by its id: where several stand, each is lifted by itself."""
    command = f"pulse-tui freeze {hold.id} --lift --why REASON"
    if of_routing(hold):
        return f"{hold.why}: wait until {hold.until_condition}"  # nobody lifts it by hand
    return f"{hold.kind.value} {hold.id} ({hold.why}): wait until {hold.until_condition}: {command}"


def _met(a: Asked, hold: Hold) -> tuple[GateStatus | None, str]:
    """Whether this release meets the condition that the hold waits for (None: it does not), and what shows it.

    A freeze for a vulnerability must not keep back the release that has the fix.
    """
    if of_rollback(hold) and hold.version is None:
        return _mended(a, hold)
    cause = advisory_of_hold(a.tx, hold.decision_id)
    if cause is None:
        return None, ""
    audited, version = a.audited(), a.release.version
    reaches = audited.reaches(cause, a.tx)
    if reaches is False:
        return _OK, f"{version} meets that: {cause} does not reach what its own bill lists"
    weakness = audited.weakness(cause, a.tx)
    if weakness is not None and weakness.waiver is not None and audited.basis is Basis.OWN:
        return GateStatus.ACCEPTED, f"{cause} reaches {version} as well; waived {weakness.waiver.words}"
    if reaches:
        return None, f"{cause} reaches {version} as well"
    return None, f"whether {cause} reaches {version} is not known: it is judged by {audited.basis.value}"


def _mended(a: Asked, hold: Hold) -> tuple[GateStatus | None, str]:
    """Whether a freeze after a rollback lets this release through: another content that passes its suites."""
    version, other = a.release.version, another(a.tx, hold, a.release)
    if not other:
        unknown = f"whether {version} is another content is not known: a digest is not recorded"
        return None, unknown if other is None else ""
    found = a.parts.judging.verdicts(a.tx, a.parts.judging, a.release, a.environment)
    if not found:
        return None, f"no suite measures {a.release.asset_id}: an operator has to lift it"
    wrong = [v.detail for v in found if v.status not in (GateStatus.OK, GateStatus.ACCEPTED)]
    if wrong:
        return None, f"{version} is another content, but {wrong[0]}"
    return _OK, f"{version} meets that: it is another content and passes its suites"


def _advisories(a: Asked) -> Iterator[Found]:
    """What policy would say of the vulnerabilities in the release if it served there."""
    audited = a.audited()
    version, basis = a.release.version, "" if audited.basis is Basis.OWN else f" (judged by {audited.basis.value})"
    if not audited.components:
        detail = f"no component of {version} is known: which advisories reach it is unknown"
        yield Found(_MISSING, detail, _NO_BILL)
        return
    under_waiver = [w for w in audited.weaknesses if w.waiver is not None]
    open_now = [w for w in audited.weaknesses if w.waiver is None]
    grave = [w for w in open_now if w.holds]
    unknown = [w for w in open_now if not w.holds and (not w.matched or w.priority is Priority.UNKNOWN)]
    rest = [w for w in open_now if w not in grave and w not in unknown]
    for weakness in under_waiver:
        assert weakness.waiver is not None
        yield Found(GateStatus.ACCEPTED, f"{weakness}{basis}; waived {weakness.waiver.words}")
    for text in audited.settled:
        yield Found(GateStatus.ACCEPTED, f"{text}{basis}")
    for weakness in grave:
        if waived := _waived(a, weakness):
            yield Found(GateStatus.ACCEPTED, f"{weakness.detail}{basis}; waived {waived}")
        else:
            yield Found(_FAILED, f"{weakness.detail}{basis}", _without(a, weakness))
    if unknown:
        yield Found(_MISSING, f"not decided: {_named(unknown)}{basis}", "Find out whether they are affected")
    if audited.basis is Basis.IN_FORCE:
        yield Found(_MISSING, f"no bill of {version} is known{basis}", _NO_BILL)
    if rest:
        yield Found(_FAILED, f"less urgent: {_named(rest)}{basis}", slight=True)
    doubtful = {f.component_id for w in audited.weaknesses for f in w.findings if f.audit is Audit.NOT_AUDITED}
    besides = [u for u in audited.unaudited if u.component.id not in doubtful]
    if audited.weaknesses and besides:
        yield Found(_MISSING, f"{many(len(besides), 'component')} not audited{basis}", _which(a))
    if not audited.weaknesses and audited.basis is not Basis.IN_FORCE:
        open_ = len(audited.unaudited)
        counted = many(audited.components, "component") + (f", {open_:,} of them not audited" if open_ else "")
        if audited.refused:
            counted += f"; {many(audited.refused, 'record')} of its bills could not be read"
        # Of what could not be judged, that nothing was found says nothing.
        status = _MISSING if open_ or audited.refused else _OK
        todo = _which(a) if open_ else _UNREAD if audited.refused else ""
        yield Found(status, f"no stored advisory reaches {version} ({counted}){basis}", todo)


def _named(weaknesses: Sequence[Weakness]) -> str:
    more = f" and {len(weaknesses) - _SHOWN} more" if len(weaknesses) > _SHOWN else ""
    return "; ".join(map(str, weaknesses[:_SHOWN])) + more


def _without(a: Asked, weakness: Weakness) -> str:
    """A release without it; a waiver is of an alert, so it is offered where one is open."""
    release = f"Release a version without {weakness.name}"
    if any(r.malicious for r in group_of(a.tx, weakness.name).records):
        return release  # its risk is not accepted
    here = [x for x in a.tx.judgements.open_alerts_about(weakness.fingerprint) if x.environment is a.environment]
    return f"{release}, or waive it: pulse-tui alert waive {here[0].id} --days 30 --why REASON" if here else release


def _waived(a: Asked, weakness: Weakness) -> str | None:
    """Who waived its alert there, and why, in a database from before waivers were of components."""
    if a.tx.waivers.named(group_of(a.tx, weakness.name).names):
        return None
    for alert in a.tx.judgements.open_alerts_about(weakness.fingerprint):
        # A silence quietens the pager and excuses nothing: only a waiver is an exception, while it lasts.
        if alert.waived and alert.suppressed_until is not None and alert.suppressed_until > a.now:
            return _waiver(alert)
    return None


def _state(a: Asked) -> Iterator[Found]:
    detail = f"{numbered(a.release.version, a.release.iteration)} is {a.release.state.value}"
    yield Found(_OK, detail) if a.release.usable else Found(_FAILED, detail, "Release another version")


def _approval(a: Asked) -> Iterator[Found]:
    release = a.release
    if release.state in (ReleaseState.APPROVED, ReleaseState.PROMOTED) and (who := _somebody(a)):
        yield Found(_OK, f"{release.version} is {release.state.value}, {who}")
        return
    todo = f"pulse-tui release approve {release.asset_id} {release.version} --why REASON"
    if release.state is ReleaseState.PROMOTED:
        yield Found(_MISSING, f"nobody has approved {release.version}: it was promoted past this gate", todo)
        return
    yield Found(_MISSING, f"{release.version} is not approved: it is {release.state.value}", todo)


def _somebody(a: Asked) -> str:
    """Who approved it, promoted it through the gate, or declared it so; "" when nobody did: a moved alias and an
    edited environment are no approval."""
    release = a.release
    entry = approval(a.tx, release.asset_id, release.version)
    if entry is not None:
        return f"by {entry.actor}"
    moves = [p for p in a.tx.estate.promotions(release.asset_id) if p.version == release.version]
    decided = next((p for p in moves if p.decision_id is not None or p.by in a.parts.operators), None)
    if decided is not None:
        return f"by {decided.by}"
    if release.provenance.get("source") == ESTATE and (release.state is ReleaseState.APPROVED or not moves):
        return "as the configuration states"
    return "in its registry" if release.state is ReleaseState.APPROVED else ""


def _functional(a: Asked) -> Iterator[Found]:
    return _suites(a, Gate.FUNCTIONAL)


def _safety(a: Asked) -> Iterator[Found]:
    return _suites(a, Gate.SAFETY)


def _suites(a: Asked, kind: Gate) -> Iterator[Found]:
    for word in suite_words(a.tx, a.parts.judging, a.release, kind, a.environment):
        yield Found(word.status, word.detail, word.todo)


def _alerts(a: Asked) -> Iterator[Found]:
    """The P1 alerts of the release, whoever is notified of them. Those of vulnerabilities are named, and judged by its bill."""
    urgent = [
        alert
        for alert in a.tx.judgements.alerts(list(OPEN), 100_000, a.release.asset_id)
        if alert.priority is Priority.P1 and alert.version in (None, a.release.version)
    ]
    own = [alert for alert in urgent if not _of_advisory(a, alert)]
    if not urgent:
        yield Found(_OK, "no P1 alert is open on this release")
    elif not own:
        named = ", ".join(alert.id for alert in urgent[:_SHOWN]) + (" ..." if len(urgent) > _SHOWN else "")
        one = "the P1 alert that is open here is of a vulnerability"
        several = f"the {len(urgent)} P1 alerts that are open here are of vulnerabilities"
        yield Found(
            _OK, f"{one if len(urgent) == 1 else several} ({named}): advisories judges {a.release.version} itself"
        )
    for alert in own:
        detail = f"{alert.priority.value} {alert.title} ({alert.id})"
        if alert.waived and alert.suppressed_until is not None and alert.suppressed_until > a.now:
            yield Found(GateStatus.ACCEPTED, f"{detail}; waived {_waiver(alert)}")
        else:
            yield Found(_FAILED, detail, _advised(a, alert))


def _waiver(alert: Alert) -> str:
    return f"by {alert.suppressed_by} until {alert.suppressed_until:%Y-%m-%d}: {alert.suppressed_why}"


def _advised(a: Asked, alert: Alert) -> str:
    """The alert's own advice, in the words of its page."""
    signal = a.tx.signals.get(alert.signal_id)
    if signal is None:
        return f"pulse-tui explain {alert.id}"
    parts = a.parts.judging
    return "; ".join(parts.advise(a.tx, parts, alert, signal, a.now).lines)


def _of_advisory(a: Asked, alert: Alert) -> bool:
    """A vulnerability is judged by the release's own bill: see :func:`_advisories`."""
    signal = a.tx.signals.get(alert.signal_id)
    return signal is not None and signal.signal_type is SignalType.CVE


def _concerns(a: Asked) -> Iterator[Found]:
    """A concern of low severity is reported and blocks nothing: a version that is not semantic can be promoted."""
    here = [
        c
        for c in a.tx.inventory.concerns(a.release.asset_id)
        if c.environment in (None, a.environment)
        and (c.version in (None, a.release.version) or c.kind == "dispute")
        and c.kind not in _HELD_APART
    ]
    if not here:
        yield Found(_OK, f"no concern about {a.release.asset_id} {a.release.version}")
    for concern in here:
        yield Found(_FAILED, concern.what, concern.todo, slight=concern.severity is Severity.LOW)


def _pointer(a: Asked) -> Iterator[Found]:
    """The rollback target once this release serves there."""
    looked = pointer.records(a.tx, a.parts, a.release.asset_id, a.environment, a.release.version)
    target = looked.back.release
    if target is None:
        if _first(a):
            yield Found(_MISSING, f"{_FIRST} {a.environment.value}: there is no rollback target")
            return
        why = "; ".join(looked.back.tried) or f"no other healthy release is known in {a.environment.value}"
        yield Found(_FAILED, why, "Name a rollback target: rollback_to of the release")
        return
    checks = [*looked.checks, *pointer.last(a.tx, a.release.asset_id, a.environment, a.release.version, looked)]
    broken = [c for c in checks if c.blocking and not c.ok]
    if broken:
        why = "; ".join(f"{c.name}: {c.detail}" for c in broken)
        yield Found(_FAILED, f"{target.version} ({looked.back.proof}): {why}", "Name another rollback target")
        return
    if bad := faults(a.tx, a.parts.judging, target, a.environment):
        # Reported, never blocking: it must not keep back the release that mends what is wrong with its predecessor.
        why = f"{target.version} ({looked.back.proof}) is no good rollback target: {'; '.join(bad)}"
        yield Found(_FAILED, why, "Name another rollback target: rollback_to of the release", slight=True)
        return
    told = "; ".join(f"{c.name}: {c.detail}" for c in checks if not c.ok and c.name not in (DRILLED, KNOWN_GOOD))
    yield Found(_OK, f"{target.version}: {looked.back.proof}" + (f" ({told})" if told else ""))


def _leads(a: Asked) -> str:
    """The asset by whose plan this one is rolled back there: its own, or that of a combination."""
    return leader(a.parts, a.release.asset_id, a.environment)


def _plan(a: Asked) -> Iterator[Found]:
    leads = _leads(a)
    playbook = book(a.parts, leads, a.environment)
    where = f"{a.release.asset_id} in {a.environment.value}"
    if playbook is not None:
        beside = f", together with {leads}" if leads != a.release.asset_id else ""
        yield Found(_OK, f"playbook {playbook.id} serves {where}{beside}")
    else:
        yield Found(_MISSING, f"no playbook serves {where}", "Add one under playbooks:")


def _first(a: Asked) -> bool:
    """Whether nothing else has ever served there and there is no rollback target: nothing could be drilled yet."""
    asset_id, version = a.release.asset_id, a.release.version
    serving = a.tx.estate.deployment(asset_id, a.environment)
    served = [s for s in a.tx.estate.stays(asset_id, a.environment) if s.version != version]
    back = rollback_target(a.tx, asset_id, a.environment, version)
    only = serving is None or serving.version == version
    return only and not served and back.release is None and not back.tried


def _drilled(a: Asked) -> Iterator[Found]:
    check = drilled(a.tx, a.parts, a.release.asset_id, a.environment, a.now)
    if check.ok:
        yield Found(_OK, check.detail)
    elif _first(a):
        yield Found(_MISSING, f"{_FIRST} {a.environment.value}: there is no rollback to drill yet", slight=True)
    else:
        yield Found(_MISSING, check.detail, "Drill it: " + drill_command(_leads(a), a.environment))


def _authorised(a: Asked) -> Iterator[Found]:
    asset_id, where = _leads(a), a.environment.value
    found = list(standings(a.tx, a.parts, a.now, asset_id))
    here = [s for s in found if s.asked.environment is a.environment]
    if good := [s for s in here if s.valid]:
        named = "; ".join(f"{s.asked.trigger} by {s.name} until {s.until:%Y-%m-%d}" for s in good)
        yield Found(_OK, f"a rollback in {where} is pre-authorised: {named}")
    elif _first(a):
        yield Found(_MISSING, f"{_FIRST} {where}: there is no rollback to pre-authorise yet", slight=True)
    elif here:
        last = here[0]
        detail = f"pre-authorisation {last.asked.hash[:12]} of a rollback in {where} is {last.word}: {last.why}"
        waits = last.word == "proposed"
        yield Found(_MISSING, detail, approve_command(last) if waits else authorise_command(asset_id, a.environment))
    else:
        detail = f"no rollback of {asset_id} in {where} is pre-authorised: it waits for approvals"
        yield Found(_MISSING, detail, authorise_command(asset_id, a.environment))


def _lineage(a: Asked) -> Iterator[Found]:
    release, tx = a.release, a.tx
    problems = [
        f"{part.replace('_', ' ')} {asset}@{version} is not known"
        for part, (asset, version) in references(release.lineage)
        if tx.estate.asset(asset) is not None and tx.estate.release(asset, version) is None
    ]
    circle = cycle((release.asset_id, release.version), lambda node: _made_of(tx, node), 1_000)
    if circle:
        problems.append("it is cyclic: " + " from ".join(f"{asset}@{version}" for asset, version in circle))
    if problems:
        yield Found(_FAILED, "; ".join(problems), "Correct the release's lineage")
        return
    stated = _stated(release)
    before = _previous(a)
    lost = [part for part in _stated(before) if part not in stated] if before is not None else []
    if lost and before is not None:
        names = ", ".join(part.replace("_", " ") for part in lost)
        yield Found(_MISSING, f"{before.version} has its {names} recorded, {release.version} does not", "Record it")
    elif not stated:
        yield Found(_MISSING, f"no lineage is recorded for {release.version}", "Record its lineage")
    else:
        yield Found(_OK, "recorded: " + ", ".join(part.replace("_", " ") for part in stated))


def _made_of(tx: Transaction, node: Node) -> list[Node]:
    release = tx.estate.release(*node)
    return [named for _, named in references(release.lineage)] if release is not None else []


def _stated(release: Release) -> list[str]:
    parts = release.lineage
    return [name for name in parts.__struct_fields__ if name != "eval_run" and getattr(parts, name)]


def _previous(a: Asked) -> Release | None:
    """The release that was promoted there last, other than this one."""
    for promotion in a.tx.estate.promotions(a.release.asset_id):
        if promotion.environment is a.environment and promotion.version != a.release.version:
            return a.tx.estate.release(a.release.asset_id, promotion.version)
    serving = a.tx.estate.deployment(a.release.asset_id, a.environment)
    if serving is None or serving.version == a.release.version:
        return None
    return a.tx.estate.release(a.release.asset_id, serving.version)


def _digest(a: Asked) -> Iterator[Found]:
    release = a.release
    other = other_content(a.tx, release)
    if other is not None:
        yield Found(_FAILED, other, "Find out who rebuilt it; release the other content under a version of its own")
        return
    if release.digest is None:
        todo = "Have its source report the digest, or give it under releases:"
        yield Found(_MISSING, f"no digest is recorded for {release.version}", todo)
        return
    evaluated = dict(_evaluated(a))
    wrong = {run: digest for run, digest in evaluated.items() if digest != release.digest}
    if wrong:
        told = ", ".join(f"run {run} measured {digest}" for run, digest in sorted(wrong.items()))
        yield Found(_FAILED, f"{told}, recorded is {release.digest}", "Measure the content that is to be promoted")
    else:
        yield Found(_OK, release.digest + (f", as evaluated by {', '.join(sorted(evaluated))}" if evaluated else ""))


def _evaluated(a: Asked) -> Iterator[tuple[str, str]]:
    """(run, digest) of the newest run of each suite whose content was known when it came in."""
    for suite in a.parts.judging.suites.values():
        run, _ = runs_of(a.tx, suite, a.release)
        if run is None:
            continue
        told = a.tx.signals.get(signal_id(run.source or "eval", "evaluation", run.id))
        if told is not None and isinstance(told.evidence, VersionEvidence) and told.evidence.to_digest:
            yield run.id, told.evidence.to_digest


def _bill(a: Asked) -> Iterator[Found]:
    release = a.release
    bills = [b for b in a.tx.dependencies.bills(release.asset_id) if not b.partial]
    exact = own_bills(a.tx, release)
    general = [b for b in bills if b.version is None and (b.digest is None or b.digest == release.digest)]
    found = exact or general
    if found:
        yield _read(a, found, "" if exact else ", not tied to a release")
        return
    others = f"; there is one for {', '.join(sorted({b.version for b in bills if b.version})[:3])}" if bills else ""
    yield Found(_MISSING, f"no bill of materials is known for {release.version}{others}", _NO_BILL)


def _read(a: Asked, bills: list[BillHead], tied: str) -> Found:
    """What the bills say: an empty one says nothing, and what of one could not be read may be anything."""
    asset_id, origins = a.release.asset_id, {b.origin for b in bills}
    edges = (e for e in a.tx.dependencies.edges(asset_id, every=True) if e.origin in origins)
    components = list({(e.child.id, e.child.version): e.child for e in edges}.values())
    refused = sum(b.refused for b in bills)
    open_ = len(a.audited().unaudited)
    told = ", ".join(f"{b.origin} ({many(b.components, 'component')})" for b in bills[:3]) + tied
    if open_:
        told += f"; {many(open_, 'component')} not audited"
    if refused:
        status = GateStatus.UNDECIDED if components else _MISSING
        return Found(status, f"{told}; {many(refused, 'record')} refused: what they name is not audited", _UNREAD)
    if not components:
        return Found(_MISSING, f"{told}: an empty bill proves nothing", "Make it again from what is deployed")
    return Found(_OK, told, _which(a) if open_ else "")


_ENDS_WITHIN = timedelta(days=180)


def _ends(a: Asked) -> Iterator[Found]:
    """Hosted models of its own bill; where that names none, of what the asset uses."""
    asset_id, own = a.release.asset_id, {b.origin for b in own_bills(a.tx, a.release)}
    hosted = [e for e in a.tx.dependencies.edges(asset_id, every=True) if e.child.kind is ComponentKind.HOSTED_MODEL]
    mine = [e.child for e in hosted if e.origin in own]
    models = {c.id: c for c in mine or [d.component for d in a.tx.dependencies.using(assets=[asset_id])]}
    models = {i: c for i, c in models.items() if c.kind is ComponentKind.HOSTED_MODEL}
    dated = announced_ends(a.tx, asset_id, list(models.values()))
    near = sorted((d, i) for i, d in dated.items() if d <= a.now + _ENDS_WITHIN)
    undated = undated_ends(a.tx, asset_id, list(models.values()))
    for ident in sorted(undated.keys() - dated.keys()):
        yield Found(GateStatus.UNDECIDED, f"{ident}: {undated[ident]}", "Look up with its platform when it ends there")
    for date, ident in near:
        left = days_left(date, a.now)
        words = f"shuts down on {date:%Y-%m-%d}, {left} days left" if left >= 0 else f"was to end on {date:%Y-%m-%d}"
        yield Found(_FAILED, f"{ident} {words}", "Evaluate and release its successor before that day")
    if not near and undated.keys() <= dated.keys():
        yield Found(
            _OK, "no end of its models is announced for the next half year" if models else "it uses no hosted model"
        )


def _change(a: Asked) -> Iterator[Found]:
    release = a.release
    for word in change_words(a.tx, a.parts.judging, release.asset_id, release.version, a.environment, a.now):
        yield Found(*word)


def _which(a: Asked) -> str:
    return f"which and why: pulse-tui components unaudited {a.release.asset_id}"


CHECKS: dict[GateReason, Check] = {
    GateReason.HOLDS: _holds,
    GateReason.STATE: _state,
    GateReason.APPROVAL: _approval,
    GateReason.FUNCTIONAL: _functional,
    GateReason.SAFETY: _safety,
    GateReason.ALERTS: _alerts,
    GateReason.ADVISORIES: _advisories,
    GateReason.CONCERNS: _concerns,
    GateReason.POINTER: _pointer,
    GateReason.PLAN: _plan,
    GateReason.DRILLED: _drilled,
    GateReason.AUTHORISED: _authorised,
    GateReason.LINEAGE: _lineage,
    GateReason.DIGEST: _digest,
    GateReason.BILL: _bill,
    GateReason.CHANGE: _change,
    GateReason.ENDS: _ends,
}
