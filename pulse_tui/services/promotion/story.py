"""The page of a release, and the comparison of two, as (label, text) lines."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from pulse_tui.domain.bill import DependencyChange
from pulse_tui.domain.estate import Component
from pulse_tui.domain.evals import EvalRun, Gate
from pulse_tui.domain.moments import iso
from pulse_tui.domain.release import Promotion, Release, numbered
from pulse_tui.domain.views.registry import ReleaseStory
from pulse_tui.domain.words import Environment
from pulse_tui.enrich.tree import fold
from pulse_tui.policy.gate import GateStatus
from pulse_tui.ports import Transaction
from pulse_tui.services.evals.verdicts import runs_of, suite_words
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.registry.approvals import approval, subject
from pulse_tui.services.registry.find import find_release
from pulse_tui.services.registry.known_good import rollback_target
from pulse_tui.services.rollback.certificate import other_content

Line = tuple[str, str]

SHOWN = 200
_COST = ("cost", "price", "usd", "latency", "token", "p50", "p95", "p99", "seconds")
"""A metric with one of these in its name is a cost of a release, not a quality."""


def release_story(parts: JudgeParts, asset_id: str, version: str) -> ReleaseStory:
    """A release: state, digest, provenance, lineage, interface, promotions, where it was. Raises NotFound."""
    with parts.store.read() as tx:
        release = find_release(tx, asset_id, version)
        concerns = [c for c in tx.inventory.concerns(asset_id) if c.version == version]
        branch = f", branch {release.branch}" if release.branch else ""
        number = f", registry version {release.registry_version}" if release.registry_version else ""
        lines = [
            *(("Concern", f"{c.what}. {c.todo}") for c in concerns),
            ("Release", f"{asset_id} {numbered(version, release.iteration)}: {release.state.value}{branch}{number}"),
            ("Created", iso(release.created_at)),
            ("Digest", release.digest or "not recorded"),
            *_approved(tx, release),
            *_where(tx, release),
            *(("Promoted", _promoted(p)) for p in tx.estate.promotions(asset_id) if p.version == version),
            *(
                ("Changed", f"{iso(c.at)} iteration {c.iteration}, {c.sentence}")
                for c in tx.estate.pushed_changes(asset_id, version)
            ),
            *((f"Lineage {part}", value) for part, value in _stated(release.lineage)),
            *((f"Interface {part}", value) for part, value in release.interface.stated().items()),
            *((f"Provenance {name}", value) for name, value in sorted(release.provenance.items())),
            *_verdicts(tx, parts, release),
            *_bills(tx, release),
            *(("Log", _logged(e.at, e.actor, e.action, e.detail)) for e in tx.log.entries(subject=subject(asset_id, version), limit=20)),
        ]  # fmt: skip
        other = other_content(tx, release)
        if other is not None and not concerns:
            lines.insert(0, ("Concern", other))
    return ReleaseStory(release.state.value, tuple(lines))


def release_diff(parts: JudgeParts, asset_id: str, older: str, newer: str) -> tuple[Line, ...]:
    """The differences of ``newer``: lineage, interface, dependencies, verdicts, cost, provenance. Raises NotFound."""
    with parts.store.read() as tx:
        before, after = find_release(tx, asset_id, older), find_release(tx, asset_id, newer)
        lines = [
            ("Releases", f"{asset_id} {numbered(older, before.iteration)} -> {numbered(newer, after.iteration)}"),
            ("State", f"{before.state.value} -> {after.state.value}"),
            ("Digest", _moved(before.digest, after.digest) or f"the same: {after.digest or 'not recorded'}"),
            *(("Lineage", part) for part in after.lineage.difference(before.lineage) or ["the same"]),
            *_interface(before, after),
            *_dependencies(tx, before, after),
            *_metrics(tx, parts, before, after),
            *_provenance(before, after),
        ]
        lines += [("Promoted", _promoted(p)) for p in tx.estate.promotions(asset_id) if p.version in (older, newer)]
    return tuple(lines)


# --------------------------------------------------------------------------- one release


def _approved(tx: Transaction, release: Release) -> Iterator[Line]:
    entry = approval(tx, release.asset_id, release.version)
    if entry is None:
        return
    gate = entry.detail.get("gate_said", "")
    gate_answer = f"; the gate of {entry.detail.get('gate_environment', '')} answered {gate}" if gate else ""
    yield "Approved", f"{iso(entry.at)} by {entry.actor}: {entry.detail.get('why', '')}{gate_answer}"


def _where(tx: Transaction, release: Release) -> Iterator[Line]:
    for environment in sorted(Environment, key=lambda e: e.rank):
        for stay in tx.estate.stays(release.asset_id, environment):
            if stay.version == release.version:
                until = f"until {iso(stay.until)}" if stay.until is not None else "and serves"
                well = "" if stay.healthy else ", NOT healthy"
                yield "Was in", f"{environment.value} from {iso(stay.since)} {until}{well}"
        serving = tx.estate.deployment(release.asset_id, environment)
        if serving is not None and serving.version == release.version:
            back = rollback_target(tx, release.asset_id, environment, release.version)
            told = f"{back.release.version}, {back.proof}" if back.release is not None else "; ".join(back.tried)
            yield "Rollback to", f"{environment.value}: {told or 'none'}"
    if release.rollback_pointer is not None:
        yield "Names", f"{release.rollback_pointer} as its rollback target"


def _promoted(promotion: Promotion) -> str:
    decision = f" on {promotion.decision_id}" if promotion.decision_id else ""
    why = f": {promotion.why}" if promotion.why else ""
    where = f"{promotion.version} to {promotion.environment.value}"
    return f"{iso(promotion.at)} {where} by {promotion.by}{decision}{why}"


def _stated(parts: object) -> Iterator[Line]:
    for name in getattr(parts, "__struct_fields__", ()):
        value = getattr(parts, name)
        if value:
            yield name.replace("_", " "), value


def _verdicts(tx: Transaction, parts: JudgeParts, release: Release) -> Iterator[Line]:
    for kind in (Gate.FUNCTIONAL, Gate.SAFETY):
        for word in suite_words(tx, parts, release, kind):
            if word.status is not GateStatus.UNCONFIGURED:
                yield kind.value.capitalize(), f"{word.status.value}: {word.detail}"


def _bills(tx: Transaction, release: Release) -> Iterator[Line]:
    for bill in tx.dependencies.bills(release.asset_id):
        if bill.version == release.version or (bill.digest is not None and bill.digest == release.digest):
            only = " that a scanner found vulnerable" if bill.partial else ""
            yield "Bill", f"{bill.origin}: {bill.components} components{only}, {iso(bill.at)}"


def _logged(at: datetime, actor: str, action: str, detail: dict[str, str]) -> str:
    return f"{iso(at)} {action} by {actor}" + (f": {detail['why']}" if detail.get("why") else "")


# --------------------------------------------------------------------------- two releases


def _moved(before: str | None, after: str | None) -> str:
    return "" if before == after else f"{before or 'none'} -> {after or 'none'}"


def _interface(before: Release, after: Release) -> Iterator[Line]:
    old, new = before.interface.stated(), after.interface.stated()
    pairs = [(name, old.get(name), new.get(name)) for name in dict.fromkeys((*old, *new))]
    moved = [f"{name} {_moved(was, now)}" for name, was, now in pairs if was != now]
    broken = bool(before.interface.breaks(after.interface))
    for text in moved:
        yield "Interface", text + (": callers of one cannot use the other" if broken else "")
    if not moved:
        yield "Interface", "the same" if any(now for _, _, now in pairs) else "not recorded for either"


def _dependencies(tx: Transaction, before: Release, after: Release) -> Iterator[Line]:
    old, new = _bill_of(tx, before), _bill_of(tx, after)
    if old and new:
        words = [m.words() for m in fold(_between(before, old, new))]
        basis = "between their bills"
    else:
        start, end = sorted((_moment(tx, before), _moment(tx, after)))
        words = [m.words() for m in fold(c for c in tx.dependencies.changes(after.asset_id, start) if c.at <= end)]
        basis = f"from {iso(start)} to {iso(end)}: not both have a bill of their own"
    for text in words[:SHOWN]:
        yield "Dependency", text
    more = f", {len(words) - SHOWN} are not shown" if len(words) > SHOWN else ""
    yield "Dependencies", f"{len(words) or 'no'} changes {basis}{more}"


def _bill_of(tx: Transaction, release: Release) -> dict[str, list[Component]]:
    """The components of the bills that are tied to the release, by id."""
    heads = [b for b in tx.dependencies.bills(release.asset_id) if not b.partial]
    mine = {
        b.origin for b in heads if b.version == release.version or (b.digest is not None and b.digest == release.digest)
    }
    out: dict[str, list[Component]] = {}
    if mine:
        for edge in tx.dependencies.edges(release.asset_id, every=True):
            known = out.setdefault(edge.child.id, []) if edge.origin in mine else []
            if edge.child not in known:
                known.append(edge.child)
    return out


def _between(
    after: Release, old: dict[str, list[Component]], new: dict[str, list[Component]]
) -> Iterator[DependencyChange]:
    for ident in sorted(old.keys() | new.keys()):
        was = {c.version: c for c in old.get(ident, ())}
        now = {c.version: c for c in new.get(ident, ())}
        gone, came = [v for v in was if v not in now], [v for v in now if v not in was]
        some = next(iter((now or was).values()))
        for i in range(max(len(gone), len(came))):
            yield DependencyChange(
                asset_id=after.asset_id,
                component_id=ident,
                kind=some.kind,
                name=some.name,
                before=(gone[i] or "?") if i < len(gone) else None,
                after=(came[i] or "?") if i < len(came) else None,
                at=after.created_at,
                source="bill",
            )


def _moment(tx: Transaction, release: Release) -> datetime:
    """The moment from which changes are counted: its approval, else its first promotion, else its creation."""
    entry = approval(tx, release.asset_id, release.version)
    if entry is not None:
        return entry.at
    promoted = [p.at for p in tx.estate.promotions(release.asset_id) if p.version == release.version]
    return min(promoted) if promoted else release.created_at


def _metrics(tx: Transaction, parts: JudgeParts, before: Release, after: Release) -> Iterator[Line]:
    """Each metric that both were measured on: quality in points, cost in percent."""
    measured = False
    for suite in parts.suites.values():
        (old, _), (new, baseline) = runs_of(tx, suite, before), runs_of(tx, suite, after)
        if old is None or new is None:
            lacking = [r.version for r, run in ((before, old), (after, new)) if run is None]
            if len(lacking) == 1:
                yield "Verdict", f"{suite.id}: was not run on {lacking[0]}"
            continue
        measured = True
        scales = {(t.name, t.metric): t.scale for t in suite.tasks}
        yield from _scores(suite.id, scales, old, new)
        told = "is the baseline" if baseline is not None and baseline.id == new.id else ""
        for kind in (Gate.FUNCTIONAL, Gate.SAFETY):
            for word in suite_words(tx, parts._replace(suites={suite.id: suite}), after, kind):
                if word.status is not GateStatus.UNCONFIGURED and not told:
                    yield "Verdict", f"{kind.value} {word.status.value}: {word.detail}"
    if not measured:
        yield "Verdict", "no suite was run on both"


def _scores(suite: str, scales: dict[tuple[str, str], float], old: EvalRun, new: EvalRun) -> Iterator[Line]:
    for score in new.scores:
        then = old.score(score.task, score.metric)
        if then is None:
            continue
        values = f"{suite} {score.task} {score.metric} {then.value:g} -> {score.value:g}"
        if any(word in f"{score.task} {score.metric}".lower() for word in _COST):
            share = f" ({(score.value / then.value - 1) * 100:+.1f} %)" if then.value else ""
            yield "Cost", values + share
        else:
            scale = scales.get((score.task, score.metric), 100.0)
            yield "Verdict", f"{values} ({(score.value - then.value) * scale:+.1f} pp)"


def _provenance(before: Release, after: Release) -> Iterator[Line]:
    for name in sorted(before.provenance.keys() | after.provenance.keys()):
        moved = _moved(before.provenance.get(name), after.provenance.get(name))
        if moved:
            yield "Provenance", f"{name} {moved}"
