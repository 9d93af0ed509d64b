"""The launch checklist: what must be in order before an AI product is launched, and stay so. Each line with its evidence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from pulse_tui.domain.delivery import DeliveryState
from pulse_tui.domain.estate import Deployment, Estate
from pulse_tui.domain.moments import iso
from pulse_tui.domain.text import many
from pulse_tui.domain.views.advisories import Ledger
from pulse_tui.domain.views.learning import Checklist, ChecklistLine, ReviewDate
from pulse_tui.domain.words import ComponentKind, Environment, Priority, SignalType
from pulse_tui.enrich.oncall.duty import duty_of, duty_words
from pulse_tui.enrich.vendors.identity import is_floating
from pulse_tui.policy.judge import Policy
from pulse_tui.policy.rules import Rule
from pulse_tui.ports import Transaction
from pulse_tui.services.advisories.ledger import ledger_of
from pulse_tui.services.learning.metrics import BY_HAND
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.rollback.capacity import Ready, ready
from pulse_tui.services.vendors.scorecard import vendor_scorecard
from pulse_tui.settings.shapes import SuiteShape

TESTED_WITHIN: Final = timedelta(days=30)
"""A destination that took a message within so long works."""
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
MESSAGES = 10_000
_ASKS = (Priority.P1, Priority.P2, Priority.P3)


class _Seen(NamedTuple):
    """What the lines look at."""

    parts: RollbackParts
    tx: Transaction
    now: datetime
    estate: Estate
    serving: Sequence[Deployment]
    """In production."""
    assets: Sequence[str]
    ledger: Ledger
    ready: Sequence[Ready]
    rules: Sequence[Rule]


def checklist(parts: RollbackParts) -> Checklist:
    """Every line, and the calendar of policy reviews with the overdue ones first."""
    now = parts.clock()
    policy = parts.judging.policy
    rules = policy.rules if isinstance(policy, Policy) else ()
    capacity = ready(parts, Environment.PRODUCTION)
    vendors = _vendors(parts, now)
    with parts.store.read() as tx:
        estate = tx.estate.load()
        serving = [d for d in estate.deployments if d.environment is Environment.PRODUCTION]
        seen = _Seen(
            parts, tx, now, estate, serving, sorted({d.asset_id for d in serving}), ledger_of(tx, now), capacity, rules
        )
        lines = [line for look in _LOOKS for line in look(seen)]
        lines.insert(3, vendors)
    today = now.date()
    reviews = sorted(
        (ReviewDate(r.id, r.owner, r.review.isoformat(), r.overdue(today)) for r in rules),
        key=lambda r: (r.due, r.rule),
    )
    governance = parts.governance
    return Checklist(governance.system or parts.estate_name, governance.accountable_owner, tuple(lines), tuple(reviews))


def _line(
    ident: str, what: str, missing: Sequence[str], of: Sequence[object], evidence: str, todo: str
) -> ChecklistLine:
    """In order when nothing is missing; unknown where there is nothing that it could be of."""
    ok = None if not of else not missing
    words = evidence if of else "nothing serves in production yet"
    return ChecklistLine(ident, what, ok, words, tuple(missing), todo)


def _owner(seen: _Seen) -> Iterator[ChecklistLine]:
    owner = seen.parts.governance.accountable_owner
    system = seen.parts.governance.system or seen.parts.estate_name
    yield ChecklistLine(
        "accountable_owner",
        "an accountable owner of the system is named",
        bool(owner),
        f"{owner} answers for {system}" if owner else "nobody is named",
        todo="governance: {accountable_owner: NAME} in the configuration",
    )


def _inventory(seen: _Seen) -> Iterator[ChecklistLine]:
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
    yield _line(
        "inventory",
        "every production model and dependency is inventoried",
        missing,
        seen.assets,
        f"{len(seen.assets) - len(missing)} of {many(len(seen.assets), 'production asset')}, {many(components, 'component')}",
        "declare the asset, name an owner, ingest its bill of materials: pulse-tui ingest FILE",
    )


def _immutable(seen: _Seen) -> Iterator[ChecklistLine]:
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
    yield _line(
        "immutable",
        "versions are immutable: a digest for each release, an exact snapshot for each hosted model",
        [*missing, *floating],
        seen.assets,
        f"{len(seen.serving) - len(missing)} of {len(seen.serving)} releases have a digest, "
        f"{len(hosted) - len(floating)} of {len(hosted)} uses of hosted models name a snapshot",
        "register releases with their digest; name the exact snapshot of a hosted model",
    )


def _suites(seen: _Seen) -> Iterator[ChecklistLine]:
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
    yield _line(
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


def _vendors(parts: RollbackParts, now: datetime) -> ChecklistLine:
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


def _advisories(seen: _Seen) -> Iterator[ChecklistLine]:
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


def _thresholds(seen: _Seen) -> Iterator[ChecklistLine]:
    enforced = Counter(kind for r in seen.rules if r.acts and r.priority in _ASKS for kind in r.on)
    enforced.update(
        kind
        for r in seen.rules
        if r.acts and r.priority not in _ASKS
        for c in r.context
        if c.priority in _ASKS
        for kind in r.on
    )
    missing = [kind.value for kind in WATCHED if not enforced[kind]]
    observing = sum(not r.acts for r in seen.rules)
    yield ChecklistLine(
        "thresholds",
        "a threshold that calls somebody is enforced for each kind of failure",
        not missing,
        f"{len(WATCHED) - len(missing)} of {len(WATCHED)} kinds; {many(len(seen.rules), 'rule')}, {observing} observing",
        tuple(missing),
        "enforce a rule on it with a priority of P1 to P3: pulse-tui help policy",
    )


def _drilled(seen: _Seen) -> Iterator[ChecklistLine]:
    missing = [f"{r.asset} ({r.lacks[0].partition(':')[0]})" for r in seen.ready if not r.whole]
    yield _line(
        "drilled",
        "the rollback of each production asset was drilled, to a target with a whole certificate",
        missing,
        seen.ready,
        f"{len(seen.ready) - len(missing)} of {many(len(seen.ready), 'deployment')}",
        "drill it: pulse-tui rollback drill ASSET --env production",
    )


def _oncall(seen: _Seen) -> Iterator[ChecklistLine]:
    oncall = seen.parts.judging.oncall
    teams = sorted(
        {a.owner_team for name in seen.assets if (a := seen.estate.assets.get(name)) is not None and a.owner_team}
    )
    missing, named = [], []
    for team in teams:
        duty = duty_of(oncall.teams.get(team), oncall, seen.now)
        if duty is None:
            missing.append(f"{team} (no schedule)")
        elif duty.who is None:
            missing.append(f"{team} ({duty_words(duty)})")
        else:
            named.append(f"{team}: {duty.who}")
    yield _line(
        "oncall",
        "somebody is on call for the owner of each production asset",
        missing,
        teams,
        f"{len(named)} of {many(len(teams), 'team')}" + (f" ({', '.join(named[:4])})" if named else ""),
        "teams: and schedules: in the configuration: pulse-tui help configuration",
    )


def _routes(seen: _Seen) -> Iterator[ChecklistLine]:
    took = dict[str, datetime]()
    for one in seen.tx.plumbing.deliveries(MESSAGES):
        if one.state is DeliveryState.SENT:
            took[one.route] = max(one.due, took.get(one.route, one.due))
    missing = []
    for route in seen.parts.judging.routes:
        last = took.get(route.id)
        if last is None:
            missing.append(f"{route.id} (never took a message)")
        elif seen.now - last > TESTED_WITHIN:
            missing.append(f"{route.id} (last took one {iso(last)})")
    routes = len(seen.parts.judging.routes)
    yield ChecklistLine(
        "routes",
        "every destination took a message within 30 days",
        bool(routes) and not missing,
        f"{routes - len(missing)} of {many(routes, 'destination')}"
        if routes
        else "no destination is configured: nobody is notified",
        tuple(missing),
        "send it a test: ingest a signal that a rule routes there, and acknowledge its alert",
    )


def _reviews(seen: _Seen) -> Iterator[ChecklistLine]:
    late = [r for r in seen.rules if r.overdue(seen.now.date())]
    following = min((r for r in seen.rules if r not in late), key=lambda r: r.review, default=None)
    ahead = f"; next {following.id} {following.review}" if following is not None else ""
    yield ChecklistLine(
        "reviews",
        "every rule of the policy was reviewed in time",
        None if not seen.rules else not late,
        f"{len(seen.rules) - len(late)} of {many(len(seen.rules), 'rule')}{ahead}",
        tuple(f"{r.id} ({r.owner}, since {r.review})" for r in sorted(late, key=lambda r: r.review)),
        "review the rule, and set a new review date in the policy",
    )


_LOOKS: Final[Sequence[Callable[[_Seen], Iterator[ChecklistLine]]]] = (
    _inventory,
    _immutable,
    _suites,
    _advisories,
    _thresholds,
    _drilled,
    _owner,
    _oncall,
    _routes,
    _reviews,
)
