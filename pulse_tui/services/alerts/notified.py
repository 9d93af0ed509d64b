"""Who was notified of an alert and who was not, with the reason: for its page, and for anybody who asks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from pulse_tui.domain.alert import Alert, AlertState
from pulse_tui.domain.decision import Decision
from pulse_tui.domain.delivery import DELIVERED, Delivery, DeliveryState
from pulse_tui.domain.errors import NotFound
from pulse_tui.domain.moments import iso
from pulse_tui.domain.notice import Notice, NoticeOutcome
from pulse_tui.domain.oncall import OnCall, Role
from pulse_tui.domain.views.people import OnCallRow
from pulse_tui.enrich.oncall.duty import duty_of, duty_words, on_call
from pulse_tui.enrich.oncall.ladder import ladder_of
from pulse_tui.enrich.oncall.parties import About, concerned, refused, rung
from pulse_tui.enrich.oncall.rights import roles_of
from pulse_tui.ports import Transaction
from pulse_tui.services.alerts.ladder import preview_of
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.signals.calendars import known
from pulse_tui.settings.check import nearest

_SHOWN = 12


def called_lines(tx: Transaction, parts: JudgeParts, alert: Alert, now: datetime) -> tuple[str, ...]:
    """For the page of an alert: who is on call, what comes if nobody responds, who was notified and who was not."""
    oncall = known(tx, parts.oncall)
    lines = [f"on call now: {words}"] if (words := on_call_words(oncall, alert.owner, now)) and alert.open else []
    if coming := preview_of(tx, parts, alert, now):
        lines.append(f"if nobody responds: {coming}" if alert.state is AlertState.FIRING else coming)
    notices = tx.notices.of(alert.id)
    found = tx.plumbing.deliveries_of([n.key for n in notices if n.key])
    lines += [_line(n, found) for n in notices[-_SHOWN:]]
    if len(notices) > _SHOWN:
        lines.append(f"{len(notices) - _SHOWN} earlier lines: pulse-tui explain {alert.id} --for NAME")
    return tuple(lines)


def on_call_words(oncall: OnCall, owner: str | None, now: datetime) -> str:
    """``ana (ml) until 08:00, then ben``; empty where no schedule is for the owner."""
    team = oncall.teams.get(owner or "")
    duty = duty_of(team, oncall, now)
    if team is None or duty is None:
        return ""
    schedule = oncall.schedules[team.schedule or ""]
    person = oncall.people.get(duty.who or "")
    role = person.role if person is not None and person.role is not None else team.role
    zone = schedule.rotation.zone if schedule.rotation is not None else schedule.zone
    return duty_words(duty, role.value if role is not None else None, zone=zone, at=now)


def why(tx: Transaction, parts: JudgeParts, alert: Alert, name: str, now: datetime) -> tuple[str, ...]:
    """Whether a person, a team, a role or a route was notified of an alert, by what, or why not. Raises NotFound."""
    oncall = known(tx, parts.oncall)
    _known(parts, oncall, name)
    notices = [n for n in tx.notices.of(alert.id) if _about(n, name, oncall)]
    found = tx.plumbing.deliveries_of([n.key for n in notices if n.key])
    arrived = [n for n in notices if n.key and n.key in found and found[n.key].state is DeliveryState.SENT]
    queued = [n for n in notices if n.outcome is NoticeOutcome.QUEUED]
    if arrived:
        head = f"{name} was notified of {alert.id}"
    elif queued:
        head = f"{name} was to be notified of {alert.id}, and no message has arrived"
    else:
        head = f"{name} was not notified of {alert.id}"
    lines = [_line(n, found) for n in notices]
    if not queued:
        lines += list(_reasons(tx, parts, oncall, alert, name, now, notices))
    return (head, *dict.fromkeys(lines))


def _known(parts: JudgeParts, oncall: OnCall, name: str) -> None:
    roles = {r.value for r in Role}
    names = {*oncall.people, *oncall.teams, *(r.id for r in parts.routes), *roles}
    names |= {owner for r in parts.routes for owner in r.owners}
    if name not in names:
        raise NotFound(f"there is no person, team, role or route {name!r}", todo=nearest(name, names))


def _about(notice: Notice, name: str, oncall: OnCall) -> bool:
    """Whether a line concerns this person, team, role or route. A team's channel reaches each of its members."""
    if name in (notice.person, notice.team, notice.route, notice.role):
        return True
    person = oncall.people.get(name)
    if person is None or notice.route is None:
        return False
    shared = {r for t in oncall.teams.values() if name in t.members for r in t.routes}
    return notice.route in person.routes or notice.route in shared


def _line(notice: Notice, found: Mapping[str, Delivery]) -> str:
    delivery = found.get(notice.key or "")
    state = DELIVERED.get(delivery.state, delivery.state.value) if delivery is not None else "no longer kept"
    return notice_line(notice, state + (f" ({delivery.error})" if delivery is not None and delivery.error else ""))


def notice_line(notice: Notice, arrived: str) -> str:
    """``2026-11-23T03:10:00Z opened: page by ana-phone (ana, on call): delivered``; ``arrived``: of one that was sent."""
    who = notice.person or notice.team
    by = f" by {notice.route}" if notice.route else ""
    to = f" for {who}" if who else ""
    rung_ = f", rung {notice.rung}" if notice.rung else ""
    head = f"{iso(notice.at)} {notice.event.value}{rung_}: {notice.use.value}{by}{to}"
    if notice.outcome is NoticeOutcome.NOBODY:
        return f"{head}: NOBODY is reached: {notice.why}"
    if notice.outcome is NoticeOutcome.WITHHELD:
        return f"{head}: not sent: {notice.why}"
    return f"{head}: {arrived}" + (f"; {notice.why}" if notice.why else "")


def _reasons(
    tx: Transaction,
    parts: JudgeParts,
    oncall: OnCall,
    alert: Alert,
    name: str,
    now: datetime,
    notices: Sequence[Notice],
) -> Iterator[str]:
    """Why nothing was queued, by the rules of routing as they were when it opened."""
    signal, decision = tx.signals.get(alert.signal_id), tx.judgements.decision(alert.decision_id)
    if signal is None or decision is None:
        return
    about = About(signal.signal_type, alert.priority, alert.owner)
    every = [n for n in tx.notices.of(alert.id) if n.event.calls]
    if not every:
        yield _silent_rule(decision)
        return
    if not oncall.configured or not (name in oncall.people or name in oncall.teams):
        yield from _of_route(parts, alert, name, every, notices)
        return
    roles = (
        roles_of(name, oncall) if name in oncall.people else {r for r in (oncall.teams[name].role,) if r is not None}
    )
    against = [why for role in sorted(roles) if (why := refused(role, about, oncall))]
    if roles and len(against) == len(roles):
        yield from against
        return
    teams = [t for t in oncall.teams.values() if name in (t.id, *t.members)]
    called = {p.team for p in concerned(about, oncall, alert.first_at).called}
    mine = [t for t in teams if t.id in called]
    if not mine:
        goes = ", ".join(sorted(t for t in called if t)) or "nobody"
        of = ", ".join(t.id for t in teams) or "no team"
        yield f"it is of {alert.owner or 'nobody'} and goes to {goes}; {name} is of {of}"
    for team in mine:
        duty = duty_of(team, oncall, alert.first_at)
        if duty is not None and duty.who is not None and duty.who != name:
            at = iso(alert.first_at)
            yield f"not on call: at {at} {duty.who} was, by schedule {team.schedule}"
    yield from _rungs(tx, parts, oncall, alert, about, name, now)


def _silent_rule(decision: Decision) -> str:
    calls = [a for a in decision.actions if a in ("page", "notify", "ticket", "review")]
    if not calls:
        return f"rule {decision.rule_id} notifies nobody: its actions are {', '.join(decision.actions) or 'none'}"
    return f"rule {decision.rule_id} asked for {', '.join(calls)}, and no line says to whom: it opened before that was kept"


def _of_route(
    parts: JudgeParts, alert: Alert, name: str, every: Sequence[Notice], notices: Sequence[Notice]
) -> Iterator[str]:
    route = next((r for r in parts.routes if r.id == name), None)
    if notices:
        return  # each line has its own reason
    if route is not None and not route.serves(alert.owner):
        yield f"route {name} serves {', '.join(route.owners)}, and the alert is of {alert.owner or 'nobody'}"
    used = sorted({n.use.value for n in every})
    if route is not None and not route.uses & {n.use for n in every}:
        able = ", ".join(sorted(u.value for u in route.uses)) or "nothing"
        yield f"route {name} is for {able}, and the rule asked for {', '.join(used)}"
    went = sorted({n.route for n in every if n.route})
    yield f"it went to {', '.join(went) or 'nobody'}"


def _rungs(
    tx: Transaction, parts: JudgeParts, oncall: OnCall, alert: Alert, about: About, name: str, now: datetime
) -> Iterator[str]:
    for number, one in enumerate(ladder_of(alert, oncall)):
        called = rung(one.to, about, oncall, now).called
        if any(name in (p.team, p.person) for p in called) and not one.first:
            if coming := preview_of(tx, parts, alert, now):
                yield f"rung {number} of the ladder ({one.words}) calls them: {coming}"
            return


def oncall_rows(tx: Transaction, parts: JudgeParts, at: datetime) -> tuple[OnCallRow, ...]:
    """Every schedule at a moment: who is on call, until when, who is next, for which teams, and why it is not known."""
    oncall = known(tx, parts.oncall)
    found = []
    for schedule in oncall.schedules.values():
        duty = on_call(schedule, at, oncall)
        teams = tuple(t.id for t in oncall.teams.values() if t.schedule == schedule.id)
        person = oncall.people.get(duty.who or "")
        found.append(
            OnCallRow(
                schedule.id,
                teams,
                duty.who,
                person.role.value if person is not None and person.role is not None else None,
                iso(duty.until) if duty.until is not None else None,
                duty.then,
                "unknown" if duty.unknown else "nobody" if duty.who is None else "known",
                duty.why,
                on_call_words(oncall, teams[0], at) if teams else duty_words(duty, at=at),
            )
        )
    return tuple(found)
