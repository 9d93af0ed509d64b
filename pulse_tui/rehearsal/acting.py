"""What people do in a scenario: by the same verbs as in the tower, to the alerts that the line names."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from pulse_tui.domain.alert import Alert
from pulse_tui.domain.errors import PulseError
from pulse_tui.domain.silence import SilenceKind
from pulse_tui.domain.words import Priority
from pulse_tui.enrich.variables import VARIABLES
from pulse_tui.policy.conditions import engine
from pulse_tui.rehearsal.events import Narrator
from pulse_tui.rehearsal.scenario import Doing, names
from pulse_tui.services.alerts import operate, silences
from pulse_tui.services.alerts.feedback import give
from pulse_tui.services.parts import JudgeParts


class Stage(NamedTuple):
    """What acting needs of the rehearsal."""

    parts: JudgeParts
    narrator: Narrator
    now: datetime
    acknowledge_for: float
    """Seconds of an acknowledgement that does not say how long it stands."""
    fail: Callable[[str, Alert | None, str], None]
    """Shows that something could not be done: why, of which alert, by whom."""


Verb = Callable[[Stage, Doing, Alert], None]
_HOUR, _DAY = 3_600.0, 86_400.0


def act(stage: Stage, doing: Doing) -> None:
    """Do it to every alert that the line means; what is refused is shown and changes nothing."""
    before = dict(stage.narrator.alerts)
    aimed = list(_aimed(stage, doing))
    if doing.do in ("silence", "maintenance") and doing.match is not None:
        _cover(stage, doing, aimed)
        return
    if not aimed:
        what = (
            f"alert {doing.alert}"
            if doing.alert is not None
            else f"alert for which {doing.match.text if doing.match else ''} holds"
        )
        stage.fail(f"{doing.do} by {doing.by}: no open {what}", None, doing.by)
    for alert in aimed:
        if stage.narrator.alerts[alert.id] is not before[alert.id]:
            continue  # what is decided of one alert is of its condition: this one was covered with another
        try:
            _VERBS[doing.do](stage, doing, alert)
        except PulseError as error:
            stage.fail(f"{doing.do} by {doing.by}: {error}", alert, doing.by)


def _aimed(stage: Stage, doing: Doing) -> Iterator[Alert]:
    """The open alerts that the line names, the most urgent first; a verdict is also of those that have ended."""
    alerts = stage.narrator.open()
    if doing.do == "verdict" and doing.alert is not None:
        alerts = sorted(stage.narrator.alerts.values(), key=lambda a: a.first_at, reverse=True)
        alerts = [a for a in alerts if names(doing.alert, a.signal_fingerprint)][:1]
    for alert in alerts:
        if doing.alert is not None:
            if names(doing.alert, alert.signal_fingerprint):
                yield alert
        elif doing.match is not None:
            with stage.parts.store.read() as tx:
                seen = tx.judgements.variables(alert.decision_id)
            if doing.match.holds(engine(VARIABLES).activate(seen)).held:
                yield alert


def _ack(stage: Stage, doing: Doing, alert: Alert) -> None:
    for_s = doing.for_s if doing.for_s is not None else stage.acknowledge_for
    operate.acknowledge(stage.parts, alert.id, doing.by, for_s, stage.now)


def _unack(stage: Stage, doing: Doing, alert: Alert) -> None:
    operate.unmute(stage.parts, alert.id, doing.by, doing.why, stage.now)


def _resolve(stage: Stage, doing: Doing, alert: Alert) -> None:
    operate.resolve(stage.parts, alert.id, doing.by, doing.why, stage.now)


def _silence(stage: Stage, doing: Doing, alert: Alert) -> None:
    hours = (doing.for_s or 0.0) / _HOUR
    operate.silence(stage.parts.store, alert.id, doing.by, hours, doing.why, stage.now)


def _cover(stage: Stage, doing: Doing, aimed: Sequence[Alert]) -> None:
    """What matches, now and until its end. Who sees a P1 and silences it means P1 too; else one that comes is shown."""
    assert doing.match is not None
    urgent = any(a.priority in (Priority.P1, Priority.UNKNOWN) for a in aimed)
    ends = stage.now + timedelta(seconds=doing.for_s or 0.0)
    kind = SilenceKind(doing.do)
    wanted = silences.Wanted(doing.match.text, stage.now, ends, doing.why, kind, everything=urgent)
    try:
        silences.place(stage.parts, wanted, doing.by, stage.now)
    except PulseError as error:
        stage.fail(f"{doing.do} by {doing.by}: {error}", None, doing.by)


def _waive(stage: Stage, doing: Doing, alert: Alert) -> None:
    days = (doing.for_s or 0.0) / _DAY
    operate.waive(stage.parts.store, alert.id, doing.by, days, doing.why, stage.now)


def _verdict(stage: Stage, doing: Doing, alert: Alert) -> None:
    assert doing.verdict is not None
    give(stage.parts.store, alert.id, doing.verdict, doing.by, doing.why, stage.now)


_VERBS: Mapping[str, Verb] = {
    "ack": _ack,
    "unack": _unack,
    "resolve": _resolve,
    "silence": _silence,
    "maintenance": _silence,
    "waive": _waive,
    "verdict": _verdict,
}
