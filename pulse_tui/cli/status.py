"""``pulse-tui status``: the three questions as text."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from datetime import timedelta

from pulse_tui.cli.output import configuration, emit, opened
from pulse_tui.domain.decision import Decision
from pulse_tui.domain.errors import ConfigError
from pulse_tui.domain.health import Health
from pulse_tui.domain.moments import age, from_us, iso, to_us
from pulse_tui.domain.source import RefusedCount
from pulse_tui.domain.standing import Standing
from pulse_tui.domain.text import clean, many
from pulse_tui.domain.views.advisories import UNNAMED
from pulse_tui.domain.views.alerts import AlertRow, AlertStory
from pulse_tui.domain.views.board import Board, Header
from pulse_tui.domain.views.rollback import PlanLine
from pulse_tui.domain.words import URGENT, Environment, Outcome
from pulse_tui.settings.references import routes_of, unpaged
from pulse_tui.settings.shapes import Settings
from pulse_tui.wiring import House

QUARANTINE_SHOWN = 100
_UNDECIDED = 500
"""The newest indeterminate decisions, whose rules are named."""
_FULL = (
    "THE DISK OF THE DATABASE IS FULL: nothing can be stored, and what is shown is as it was before; free space there"
)
_ADVISED = 3
"""The most urgent alerts, whose advice is printed in full."""


def arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """What was refused can be asked for."""
    parser.add_argument("--quarantine", action="store_true", help="the records that were refused, newest first")
    parser.epilog = (
        "Exits with 1 when a P1 or P2 alert is open, a quarantined release serves, a rollback stopped\n"
        "short of its end, a plan waits, nothing came for so long that nobody knows how production stands, the policy\n"
        "cannot be read, or the disk of the database is full;\n"
        "with --quarantine when something was refused."
    )


def run(options: argparse.Namespace, _name: str) -> int:
    """0 when nothing urgent is open, 1 when a P1 or P2 is."""
    with opened(options, read_only=True) as house:
        if options.quarantine:
            return _quarantine(options, house)
        board = house.store.board(house.settings.name, None, house.clock())
        now_us, able = to_us(house.clock()), _able(house.settings)
        urgent = {a.owner for a in board.alerts if a.priority in URGENT and a.state == "firing"}
        silent = [
            (owner, why)
            for owner in sorted(urgent)
            if (why := unpaged(routes_of(house.settings), owner, house.settings.oncall))
        ]
        broken, log = _broken(house), _log(house)
        # The advice asks the gate, and so the policy.
        advice = [(a, _advice(house, a.id)) for a in _urgent(board)[:_ADVISED]] if not broken else []
        unknown = undecided(house) if board.header.indeterminate else []
        given = _pre_authorised(house) if not broken else []
        with house.store.read() as tx:
            refused = tx.signals.refused()
        stale = [
            *_migrations(house),
            *_stale(house),
            *(_tripwires(house) if not broken else ()),  # what is pinned is judged with the policy at hand
            *_queue(house),
            *_enforced(house),
            *_heartbeat(house),
            *_recording(house),
            *(_reviewed_soon(house) if not broken else ()),
        ]
    lines = board_lines(board, able, now_us, advice, unknown)
    lines += given
    if refused:
        lines += ["", refused_words(refused)]
    lines += _unaudited(board) + stale
    lines += ["", f"{configuration(options)}, database {house.store.shown}"]
    full = [_FULL] if house.store.full else []
    lines[1:1] = full + broken + log
    lines[1:1] = [f"NOBODY IS PAGED for {owner or 'what has no owner'}: {why}" for owner, why in silent]
    emit(options, {**board._asdict(), "rollback": _measures(house)} if options.json else board, lines)
    unfit = any(Standing.QUARANTINED in r.words for r in board.registry)
    waits = board.plans or board.glass or any(r.stopped for r in board.runs)
    return (
        1
        if board.header.p1 or board.header.p2 or unfit or waits or full or broken or log or _blind(board.header)
        else 0
    )


def _heartbeat(house: House) -> list[str]:
    """That nobody outside would notice if the tower stood still, though the configuration wants it."""
    from pulse_tui.services.alerts.heartbeat import standing  # noqa: PLC0415

    shape = house.settings.heartbeat
    if shape is None:
        return []
    arrives, words = standing(shape, house.judging)
    return [] if arrives else [f"HEARTBEAT {words}" if arrives is False else f"heartbeat {words}"]


def _recording(house: House) -> list[str]:
    """That the board is not recorded though it is meant to be: a night of which nothing is on record cannot be replayed."""
    from pulse_tui.services.past.retention import idle  # noqa: PLC0415

    words = idle(house.store, house.clock()) if house.settings.recording is not None else ""
    return ["", words] if words else []


def _unaudited(board: Board) -> list[str]:
    """One line for what serves and nobody could check: an estate without alerts is not a clean one."""
    open_ = [row for row in board.advisories if row.state == "not audited"]
    named = sum(row.id != UNNAMED for row in open_)
    words = [
        f"{row.component} that no feed answers for or that cannot be compared" for row in open_ if row.id == UNNAMED
    ]
    words += (
        [f"{named:,} advisor{'y' if named == 1 else 'ies'} that cannot be compared with what serves"] if named else []
    )
    return ["", f"not audited, and so not clean: {', '.join(words)}; pulse-tui coverage"] if words else []


def _migrations(house: House) -> list[str]:
    """One line for models that should not be used any more by now."""
    from pulse_tui.enrich.vendors.tasks import task_words  # noqa: PLC0415
    from pulse_tui.services.vendors.overdue import overdue_migrations  # noqa: PLC0415

    with house.store.read() as tx:
        late = overdue_migrations(tx, house.clock())
    if not late:
        return []
    more = f" (and {len(late) - 1} more)" if len(late) > 1 else ""
    return ["", f"OVERDUE MIGRATION of {late[0].asset_id}: {task_words(late[0], house.clock())}{more}"]


def _stale(house: House) -> list[str]:
    """One line when an advisory feed is stale: what it answered for is not audited meanwhile."""
    from pulse_tui.services.advisories.ledger import feeds, stale_words  # noqa: PLC0415

    with house.store.read() as tx:
        found = [f for f in feeds(tx, house.clock()) if f.stale]
    if not found:
        return []
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    return ["", f"advisory feeds are stale: {stale_words(found[0])}{more}; pulse-tui coverage"]


def _queue(house: House) -> list[str]:
    """One line for notes of which no rule is sure what they are about."""
    from pulse_tui.services.vendors.review_queue import queue_words  # noqa: PLC0415

    with house.store.read() as tx:
        words = queue_words(tx)
    return ["", words] if words else []


def _enforced(house: House) -> list[str]:
    """Holds that are not enforced elsewhere as they were asked for, and embargoes that stand."""
    from pulse_tui.services.promotion.enforce import listing  # noqa: PLC0415

    now = house.clock()
    with house.store.read() as tx:
        found = [e for e in listing(tx, now) if e.wrong]
    lines = [f"NOT ENFORCED AS ASKED: {e.scope} at {e.route}: {e.words}; pulse-tui enforce list" for e in found[:3]]
    lines += [
        f"embargo of {', '.join(e.environments)} until {iso(e.until)}: {e.why}"
        for e in house.settings.changes.embargoes
        if e.starts <= now < e.until
    ]
    return ["", *lines] if lines else []


def _tripwires(house: House) -> list[str]:
    """One line for the hosted models of which nobody knows whether they answer as pinned; a shift is an alert."""
    with house.store.read() as tx:
        if all(source.kind != "tripwire" for source in house.settings.sources) and not tx.vendors.baselines():
            return []
    from pulse_tui.services.vendors.wires import wires  # noqa: PLC0415

    with house.store.read() as tx:
        found = [w for w in wires(tx, house.judging, house.clock()) if not w.state.good]
    words = [f"{w.source} {w.state.value}" for w in found]
    more = f" (and {len(words) - 3} more)" if len(words) > 3 else ""
    return (
        ["", f"tripwires that are not within a baseline: {', '.join(words[:3])}{more}; pulse-tui tripwire"]
        if words
        else []
    )


def _reviewed_soon(house: House) -> list[str]:
    """Waivers that end within a week: somebody reviews them before, or what they cover fires."""
    from pulse_tui.services.advisories.waived import listed  # noqa: PLC0415

    week = to_us(house.clock() + timedelta(days=7))
    due = [row for row in listed(house.store, house.clock()) if row.review_us <= week and row.covers]
    if not due:
        return []
    more = f" (and {len(due) - 1} more)" if len(due) > 1 else ""
    first = f"{due[0].advisory} {due[0].asset or 'every asset'} of {due[0].owner}, {iso(from_us(due[0].review_us))}"
    return ["", f"waivers are reviewed within a week, or what they cover fires: {first}{more}; pulse-tui waiver list"]


def _measures(house: House) -> object:
    """How much of the estate can be rolled back, and how long it took; None while the policy cannot be read."""
    from pulse_tui.services.rollback.capacity import measures  # noqa: PLC0415

    try:
        return measures(house.rollback)
    except ConfigError:
        return None


def _pre_authorised(house: House) -> list[str]:
    """Pre-authorisations that wait for votes or end soon, with the command that comes next."""
    with house.store.read() as tx:
        if not tx.rollbacks.authorisations():
            return []  # as nearly always: the desk and the policy take twice the time of all the rest
    lines = []
    for row in house.desk().authorisations():
        if row.needs_somebody:
            vote = f"pulse-tui rollback approve {row.hash[:12]} --why REASON"
            again = f"pulse-tui rollback authorise {row.asset} --env {row.environment} --trigger {row.trigger} --for 30d --why REASON"
            lines += [f"  {row.headline}", f"    {vote if row.state == 'proposed' else again}"]
    return ["", "PRE-AUTHORISATIONS", *lines] if lines else []


def _blind(h: Header) -> bool:
    """Nothing came from anywhere for a while, and what serves in production is no longer known to be ok."""
    return bool(h.as_of) and h.production_stale > 0


def _broken(house: House) -> list[str]:
    """A policy that cannot be read: nothing is collected or judged, and what is shown is of before."""
    if house.settings.policy is None:
        return []  # the one that is shipped
    try:
        house.check_policy()
    except ConfigError as error:
        first, more = error.problems[0], len(error.problems) - 1
        what = f"{first.where}: {first.what.partition(chr(10))[0]}"
        rest = f" (and {more} more)" if more else ""
        return [f"THE POLICY CANNOT BE READ, nothing is collected or judged: {what}{rest}; pulse-tui policy check"]
    return []


def _log(house: House) -> list[str]:
    """What is wrong with the audit log at a glance."""
    from pulse_tui.services.rollback.recorded import glanced  # noqa: PLC0415

    with house.store.read() as tx:
        return [f"THE AUDIT LOG DOES NOT HOLD: {wrong}; pulse-tui audit verify" for wrong in glanced(tx)[:1]]


def _able(settings: Settings) -> dict[str, list[str]]:
    """By environment, whose approvals can count there."""
    operators = {o.name: o for o in settings.operators}
    return {e.value: settings.identity.able(operators, e) for e in Environment}


def _rollbacks(board: Board, may: Mapping[str, Sequence[str]], now_us: int) -> list[str]:
    """Runs that are under way or stopped, and plans that wait: who waits for whom, and how long."""
    lines = []
    for run in board.runs:
        mark = "ROLLBACK STOPPED: " if run.stopped else ""
        detail = f": {run.detail}" if run.detail else ""
        lines.append(f"{mark}{run.headline} (by {run.by}, {age(run.since_us, now_us)}){detail}")
        if run.todo:
            lines.append(f"  {run.todo}")
    for row in board.glass:
        lines += [f"{row.what} (not reviewed, {age(row.since_us, now_us)})", f"  {row.todo}"]
    for plan in board.plans:
        able = [name for name in may.get(plan.environment, ()) if name not in plan.approved_by]
        open_to_all = plan.state == "proposed" and not plan.void and not plan.behind
        who = f"; may approve: {', '.join(able) or 'nobody'}" if open_to_all else ""
        since, left = age(plan.since_us, now_us), age(now_us, plan.expires_us)
        ends = f", since {since}, expires in {left}{who}" if not plan.void else ""
        lines.append(f"ROLLBACK WAITS: {plan.headline}{ends}")
        lines += [f"  {plan.todo}"] if plan.todo else []
    return lines


def undecided(house: House) -> list[str]:
    """The rules that could not decide in the last day: how often, and why the last time."""
    since, found = house.clock() - timedelta(days=1), dict[str, list[Decision]]()
    with house.store.read() as tx:
        for decision in tx.judgements.decisions(outcome=Outcome.INDETERMINATE, limit=_UNDECIDED):
            if decision.at > since:
                found.setdefault(decision.rule_id, []).append(decision)
    lines = []
    for rule, decisions in sorted(found.items(), key=lambda f: -len(f[1])):
        why = next((c.error for c in decisions[0].comparisons if c.held is None), "") or decisions[0].context
        lines.append(f"rule {rule} x{len(decisions)}: {why}; pulse-tui explain {decisions[0].id[:12]}")
    return lines


def board_lines(
    board: Board,
    may: Mapping[str, Sequence[str]],
    now_us: int,
    advice: Sequence[tuple[AlertRow, Sequence[str]]] = (),
    undecided: Sequence[str] = (),
) -> list[str]:
    """The three questions of a board, as text; ages count from ``now_us``."""
    h = board.header
    canary = f" ({h.canary_risk} at risk)" if h.canary_risk else ""
    lines = [
        f"{h.estate}: production {h.production_ok} ok, {h.production_risk} at risk{_rest(h)}; canary {h.canary}{canary}, shadow {h.shadow};"
        f" P1 {h.p1}, P2 {h.p2}, other {h.p4}; sources {h.sources_good}/{h.sources_total} good"
        + (f"; {h.muted} of what is open muted" if h.muted else "")
    ]
    lines += [f"INCIDENT {row.line()}" for row in board.incidents[:10]]
    if len(board.incidents) > 10:
        lines.append(f"and {len(board.incidents) - 10} more incidents: pulse-tui incident list")
    lines += _rollbacks(board, may, now_us)
    if h.as_of:
        lines.append(f"nothing came since {h.as_of} UTC: what is shown is as of then")
    if h.undelivered:
        one = h.undelivered == 1
        lines.append(
            f"{h.undelivered} message{' has' if one else 's have'} not been delivered: pulse-tui doctor says why"
        )
    if h.frozen:
        lines.append(f"frozen: {', '.join(h.frozen)}")
    if h.paused:
        lines.append(f"paused: {', '.join(h.paused)}; pulse-tui muted says why, since when and what ends it")
    lines += _quiet(h)
    if h.indeterminate:
        were = "decision in the last 24 h was" if h.indeterminate == 1 else "decisions in the last 24 h were"
        lines.append(f"{h.indeterminate} {were} indeterminate")
        lines += [f"  {line}" for line in undecided]
    lines += _policy(h)
    if h.undeclared:
        verb = "deployment is" if h.undeclared == 1 else "deployments are"
        lines.append(f"{h.undeclared} {verb} of no declared asset: pulse-tui inventory says which")
    lines.append("")
    lines.append("WHAT CHANGED / WHAT IS THE RISK")
    for a in board.alerts[:30]:
        where = f"{a.asset} {a.environment}".strip()
        words = [f"OVERDUE {age(a.missed_us, now_us)}"] if a.overdue else []
        words += [f"escalated x{a.escalations}"] if a.escalations else []
        late = f"  {', '.join(words)}" if words else ""
        if a.by and a.until_us is not None:
            how = "waived" if a.waived else "muted" if a.muted else "acknowledged"
            late += f"  {how} by {a.by} until {iso(from_us(a.until_us))} (in {age(now_us, a.until_us)})"
        priority = "?" if a.priority == "unknown" else a.priority
        lines.append(
            f"  {priority:<4} {a.id}  {a.title}  [{where or 'no asset'}; {a.owner or 'no owner'}; {age(a.since_us, now_us)}; x{a.count}; {a.word}]{late}{f'  of {a.incident}' if a.incident else ''}"
        )
    if not board.alerts:
        lines.append("  nothing is open")
    lines += [*_beside(board, now_us), *_odd_sources(board)]
    risky = [r for r in board.registry if r.state != Standing.OK]
    lines += [
        "",
        "ESTATE" + ("" if board.registry else ": no deployments are known; pulse-tui init, then pulse-tui refresh"),
    ]
    lines += [f"  {', '.join(r.dated(now_us)):<8} {r.asset} {r.environment} {r.version}: {r.why}" for r in risky]
    if board.registry:
        rest, other = len(board.registry) - len(risky), "other " if risky else ""
        lines.append(f"  {rest} {other}deployment{'' if rest == 1 else 's'} ok")
    lines += ["", "WHAT TO DO NOW"]
    return [*lines, *(_todo(board, advice) or ["  nothing urgent"])]


def _odd_sources(board: Board) -> list[str]:
    odd = [s for s in board.sources if s.health not in (Health.GOOD, Health.NEVER)]
    lines = [f"  {s.health:<8} {s.id}" + (f": {s.reason}" if s.reason else "") for s in odd]
    return ["", "SOURCES", *lines] if lines else []


def _beside(board: Board, now_us: int) -> list[str]:
    """What is not decided, and what failed; the measures that passed as a number."""
    lines = [f"  {row.asset} {row.line(now_us)}" for row in board.comparisons if row.undecided or row.state != "PASS"]
    if passed := len(board.comparisons) - len(lines):
        lines.append(f"  {many(passed, 'measure')} passed: pulse-tui asset show ASSET has the numbers")
    return ["", "CANARIES BESIDE WHAT SERVES WITH THEM", *lines] if lines else []


def _policy(h: Header) -> list[str]:
    """What of the policy needs somebody: a review that is overdue, a change that waits, a phase that keeps something back."""
    lines: list[str] = []
    if h.on_call:
        lines.append(f"on call: {h.on_call}; pulse-tui oncall")
    lines += [f"{concern.what}; {concern.todo}: pulse-tui members" for concern in h.members]
    if h.disk:
        lines.append(f"{h.disk}: free space there; once it is full nothing can be written, only read")
    if h.late_reviews:
        verb = "review is" if h.late_reviews == 1 else "reviews are"
        lines.append(f"{h.late_reviews} {verb} overdue: pulse-tui review list")
    if h.reviews:
        one = len(h.reviews) == 1
        named = ", ".join(r.words for r in h.reviews[:3]) + (" …" if len(h.reviews) > 3 else "")
        rules = f"{len(h.reviews)} rule{'' if one else 's'}"
        lines.append(f"the review of {rules} is overdue: {named}; review and set a new date")
    if h.policy:
        lines.append(f"{h.policy}: pulse-tui policy list")
    if h.phase:
        lines.append(f"phase {h.phase}: {_KEPT_BACK[h.phase]}; pulse-tui explain ID says what was kept back")
    return lines


_KEPT_BACK = {
    "visibility": "people are notified, and nothing that policy asks for is done beside: no page, ticket or hold",
    "policy": "no rollback that policy asks for is proposed or runs by itself",
}


def _quiet(h: Header) -> list[str]:
    """The silences and windows that stand."""
    if not h.quiet:
        return []
    more = " …" if len(h.quiet) > 5 else ""
    return [f"nobody is called for what these match: {', '.join(h.quiet[:5])}{more}; pulse-tui muted"]


def _rest(h: Header) -> str:
    """What serves in production and is neither ok nor at risk."""
    stale = f", {h.production_stale} stale" if h.production_stale else ""
    return stale + (f", {h.production_other} watched or held" if h.production_other else "")


def _urgent(board: Board) -> list[AlertRow]:
    return [a for a in board.alerts if a.priority in URGENT and a.state == "firing"]


def _advice(house: House, alert_id: str) -> Sequence[str]:
    """What to do about an alert, as its page has it."""
    from pulse_tui.services.alerts.advised import advised  # noqa: PLC0415

    with house.store.read() as tx:
        found = advised(tx, house.advising, alert_id, house.clock())
    return found if found is not None else house.desk().story(alert_id).advice


def _todo(board: Board, advice: Sequence[tuple[AlertRow, Sequence[str]]]) -> list[str]:
    lines = [f"  {r.todo}    {r.headline}" for r in board.runs if r.stopped]
    lines += [f"  pulse-tui explain {a.id}    {a.priority} {a.title}" for a in _urgent(board)[:_ADVISED] if not advice]
    for alert, what in advice:
        lines.append(f"  {alert.priority} {alert.title}: pulse-tui explain {alert.id}")
        lines += [f"    {line}" for line in what]
    lines += [f"  {p.todo}    {p.headline}" for p in board.plans if p.todo]
    lines += [
        f"  pulse-tui rollback plan {r.asset} --env {r.environment}    {r.version} is quarantined and serves"
        for r in board.registry
        if Standing.QUARANTINED in r.words
    ]
    if any(Standing.CONFLICT in r.words for r in board.registry):
        lines.append("  pulse-tui inventory    what does not add up, each with what to do")
    if _blind(board.header):
        lines.append(
            f"  pulse-tui refresh, or start a tower or pulse-tui agent    nothing came since {board.header.as_of} UTC"
        )
    return lines


def refused_words(refused: Sequence[RefusedCount]) -> str:
    """``12 refused records are kept (9 of drop, 3 of news), the last of 2026-...: pulse-tui status --quarantine``."""
    count = sum(r.records for r in refused)
    kept = f"{count:,} refused records are kept" if count != 1 else "1 refused record is kept"
    of = ", ".join(f"{r.records:,} of {clean(r.source, 60)}" for r in refused[:3])
    more = f" and {len(refused) - 3} more sources" if len(refused) > 3 else ""
    return f"{kept} ({of}{more}), the last of {iso(refused[0].last)}: pulse-tui status --quarantine"


def _quarantine(options: argparse.Namespace, house: House) -> int:
    """0 when nothing was refused, 1 when something was."""
    with house.store.read() as tx:
        kept = tx.signals.quarantined(QUARANTINE_SHOWN)
    rows = [
        {"at": iso(at), "source": r.source, "problem": str(r.problem), "raw": r.raw.decode(errors="replace")}
        for at, r in kept
    ]
    text = [f"{r['at']}  {r['source']}  {r['problem']}\n    {clean(r['raw'], 300)}".rstrip() for r in rows]
    emit(options, rows, text or ["nothing was refused"])
    return 1 if rows else 0


def _rollback(line: PlanLine) -> list[str]:
    return [line.headline, *line.targets, *([f"next: {line.todo}"] if line.todo else [])]


def story_lines(story: AlertStory) -> list[str]:
    """An alert's story as text."""
    lines = [f"{story.alert.priority} {story.alert.title} ({story.alert.id}, {story.alert.word})"]
    for head, part in (
        ("WHAT CHANGED", story.changed),
        ("WHAT IS THE RISK", story.risk),
        ("WHAT TO DO NOW", story.todo),
        ("ROLLBACK", [text for line in story.rollbacks for text in _rollback(line)]),
        ("WHY", story.why),
        ("CORRELATED", story.correlated),
        ("TIMELINE", story.timeline),
        ("VERDICT", (story.verdict,) if story.verdict else ()),
        ("WHO IS NOTIFIED", story.called),
    ):
        if part:
            lines += [head, *(f"  {line}" for line in part)]
    return lines
