"""The lines about what runs: inventory, versions, suites, notes, advisories, thresholds, rollbacks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from pulse_tui.domain.moments import iso
from pulse_tui.domain.text import many
from pulse_tui.domain.views.learning import ChecklistLine
from pulse_tui.domain.words import ComponentKind, Priority, SignalType
from pulse_tui.enrich.vendors.identity import is_floating
from pulse_tui.policy.judge import Policy
from pulse_tui.policy.phase import Phase
from pulse_tui.policy.rules import Rule
from pulse_tui.services.learning.launch.seen import Seen, line
from pulse_tui.services.learning.metrics import BY_HAND
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.vendors.scorecard import vendor_scorecard
from pulse_tui.settings.shapes import SuiteShape

WATCHED: Final = (
    SignalType.BENCHMARK_REGRESSION,
    SignalType.SAFETY_REGRESSION,
    SignalType.LATENCY_BREACH,
    SignalType.ERROR_RATE_BREACH,
    SignalType.CVE,
    SignalType.VENDOR_NOTE,
    SignalType.DEPRECATION,
)
"""Each needs a rule that is enforced and asks somebody to respond."""


_SILENT = frozenset({"note", "block", "pause", "freeze", "retest", "rollback"})
"""Actions that reach no person."""
_ASKS = (Priority.P1, Priority.P2, Priority.P3)


def inventory(seen: Seen) -> Iterator[ChecklistLine]:
    """What serves is known, with its owner and its packages."""
    unbilled = set(seen.ledger.unbilled)
    missing = []
    for asset in seen.assets:
        known = seen.estate.assets.get(asset)
        if known is None:
            missing.append(f"{asset} (not declared)")
        elif not known.owner_team:
            missing.append(f"{asset} (no owner)")
        elif asset in unbilled:
            missing.append(f"{asset} (no package of it is known)")
    uses = list(seen.tx.dependencies.using(assets=seen.assets)) if seen.assets else []
    components = len({u.component.id for u in uses})
    yield line(
        "inventory",
        "every production model and dependency is inventoried",
        missing,
        seen.assets,
        f"{len(seen.assets) - len(missing)} of {many(len(seen.assets), 'production asset')}, {many(components, 'component')}",
        "declare the asset, name an owner, ingest its bill of materials: pulse-tui ingest FILE",
    )


def immutable(seen: Seen) -> Iterator[ChecklistLine]:
    """What serves cannot change under its name."""
    missing = []
    for one in seen.serving:
        release = seen.tx.estate.release(one.asset_id, one.version)
        if release is None:
            missing.append(f"{one.asset_id} {one.version} (not in the registry)")
        elif not release.digest:
            missing.append(f"{one.asset_id} {one.version} (no digest)")
    models = seen.tx.dependencies.using(assets=seen.assets) if seen.assets else ()
    hosted = [u for u in models if u.component.kind is ComponentKind.HOSTED_MODEL]
    floating = [
        f"{u.asset_id} uses {u.component.id} (an alias: its vendor moves it)"
        for u in hosted
        if is_floating(u.component.id)
    ]
    yield line(
        "immutable",
        "versions are immutable: a digest for each release, an exact snapshot for each hosted model",
        [*missing, *floating],
        seen.assets,
        f"{len(seen.serving) - len(missing)} of {len(seen.serving)} releases have a digest, "
        f"{len(hosted) - len(floating)} of {len(hosted)} uses of hosted models name a snapshot",
        "register releases with their digest; name the exact snapshot of a hosted model",
    )


def suites(seen: Seen) -> Iterator[ChecklistLine]:
    """What serves is measured, and by itself."""
    suites = list(seen.parts.judging.suites.values())
    missing, newest = [], dict[str, datetime]()
    for asset in seen.assets:
        own = [s for s in suites if asset in s.baselines]
        runs = [(s, run) for s in own for _, run in seen.tx.evals.runs(asset, s.id, 3)]
        newest.update({asset: max(run.at for _, run in runs)} if runs else {})
        automatic = [s for s in own if _automatic(s)]
        automatic += [s for s, run in runs if run.source and not run.source.startswith(BY_HAND)]
        why = (
            "no suite names it" if not own
            else "no suite of it is frozen" if not any(s.digest for s in own)
            else "nothing runs its suites by itself" if not automatic
            else "never measured" if not runs
            else ""
        )  # fmt: skip
        if why:
            missing.append(f"{asset} ({why})")
    last = max(newest.values(), default=None)
    yield line(
        "suites",
        "a frozen suite runs automatically on each production asset",
        missing,
        seen.assets,
        f"{len(seen.assets) - len(missing)} of {len(seen.assets)}"
        + (f", the newest run {iso(last)}" if last is not None else ", none was ever measured"),
        "pulse-tui suite freeze SUITE; give it a command and on_release or a schedule",
    )


def _automatic(suite: SuiteShape) -> bool:
    return bool(suite.command) and (suite.on_release or suite.schedule is not None)


def vendors(parts: RollbackParts, now: datetime) -> ChecklistLine:
    """What vendors announce is read."""
    card = vendor_scorecard(parts.store, now)
    used = [v for v in card.vendors if v.assets]
    missing = [f"{v.vendor} ({', '.join(v.assets[:3])})" for v in used if not v.sources]
    return ChecklistLine(
        "notes",
        "the notes of every vendor in use are read",
        None if not used else not missing,
        f"{len(used) - len(missing)} of {many(len(used), 'vendor')} in use" if used else "no hosted model is in use",
        tuple(missing),
        "add a source of that vendor: pulse-tui help sources",
    )


def advisories(seen: Seen) -> Iterator[ChecklistLine]:
    """Lists of advisories are fresh, and every component is mapped."""
    feeds = seen.ledger.feeds
    stale = [f"{f.source} ({f.covers}): {f.why}" for f in feeds if f.stale]
    yield ChecklistLine(
        "advisories",
        "advisories are ingested, and fresh",
        bool(feeds) and not stale,
        f"{len(feeds) - len(stale)} of {many(len(feeds), 'list')} fresh"
        if feeds
        else "no list of advisories was ever read",
        tuple(stale),
        "add a source of kind osv, or refresh it: pulse-tui refresh",
    )
    counted = seen.ledger.matched + seen.ledger.clean + seen.ledger.not_audited
    gaps = [f"{e} (nobody covers it)" for e in seen.ledger.uncovered]
    gaps += [
        f"{r.about} ({r.not_audited})"
        for r in seen.ledger.ecosystems
        if r.not_audited and r.about not in seen.ledger.uncovered
    ]
    yield ChecklistLine(
        "cves",
        "every component that serves is mapped to vulnerabilities",
        None if not counted else not seen.ledger.not_audited,
        f"{seen.ledger.matched + seen.ledger.clean} of {many(counted, 'component')}"
        if counted
        else "no component is known",
        tuple(gaps),
        "what each lacks: pulse-tui coverage",
    )


def thresholds(seen: Seen) -> Iterator[ChecklistLine]:
    """Each kind of failure calls somebody."""
    calling = [r for r in seen.rules if r.acts and _calls(r)]
    enforced = Counter(kind for r in calling for kind in r.on)
    missing = [kind.value for kind in WATCHED if not enforced[kind]]
    observing = sum(not r.acts for r in seen.rules)
    policy = seen.parts.judging.policy
    phase = policy.phase if isinstance(policy, Policy) else Phase.LEARNING
    if not phase.admits("page"):
        missing = [f"pages, in phase {phase.value}", *missing]
    yield ChecklistLine(
        "thresholds",
        "a threshold that calls somebody is enforced for each kind of failure",
        not missing,
        f"{sum(enforced[kind] > 0 for kind in WATCHED)} of {len(WATCHED)} kinds; {many(len(seen.rules), 'rule')}, {observing} observing",
        tuple(missing),
        "enforce a rule on it with a priority of P1 to P3: pulse-tui help policy",
    )


def _calls(rule: Rule) -> bool:
    """Whether it reaches a person, with a priority that asks for a response."""
    urgent = rule.priority in _ASKS or any(c.priority in _ASKS for c in rule.context)
    return urgent and any(action not in _SILENT for action in rule.actions)


def drilled(seen: Seen) -> Iterator[ChecklistLine]:
    """What serves can be taken back."""
    missing = [f"{r.asset} ({r.lacks[0].partition(':')[0]})" for r in seen.ready if not r.whole]
    yield line(
        "drilled",
        "the rollback of each production asset was drilled, to a target with a whole certificate",
        missing,
        seen.ready,
        f"{len(seen.ready) - len(missing)} of {many(len(seen.ready), 'deployment')}",
        "drill it: pulse-tui rollback drill ASSET --env production",
    )
