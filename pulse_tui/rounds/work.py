"""The work of a process that collects: one round of a source or a suite, and the housekeeping between rounds.

Whatever goes wrong with either is an outcome: the scheduler asks again. What is under way is known, so that a process
that has to leave can give its leases back.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, Self

from pulse_tui.domain.errors import PulseError, StorageError
from pulse_tui.domain.happening import Happening, Level, happening
from pulse_tui.domain.member import MemberKind
from pulse_tui.domain.pruned import Kept as KeptClass
from pulse_tui.domain.text import many
from pulse_tui.process import holder_name, is_dead
from pulse_tui.rounds.attendance import Attendance
from pulse_tui.rounds.lanes import Lanes, sentence
from pulse_tui.rounds.recording import Recording
from pulse_tui.rounds.suites import WAITS_S, SuiteRounds, waits_at
from pulse_tui.scheduling import HOUSEKEEPING_S, Outcome
from pulse_tui.wiring import House

if TYPE_CHECKING:
    from pulse_tui.services.alerts.deliver import Sent

AGAIN_S = 30.0
"""Until the next round of a source whose round broke, or is still under way."""
UNDER_WAY = Outcome("its earlier round is still under way", AGAIN_S)
LOOK_S = 0.1
"""How often is asked whether another process wrote: a microsecond's question."""
PACED_S = 30.0
"""So long a refresh by hand waits for a route that takes one message after the other."""
PRUNE_S = 1.0
"""How long is pruned at a time: whoever leaves does not wait for more."""
PRUNE_MOST_S = {True: 0.025, False: 0.04}
"""What one transaction of it should last at most, on SQLite or not: other writers wait meanwhile."""
LISTED = 20
"""Alerts of a round that are named in the log of an agent."""
REJUDGED = 8
"""Runs that are judged again in one housekeeping: deliveries and deadlines do not wait for the others."""


class Rounds:
    """The rounds of this process, each in whichever thread asks for it."""

    def __init__(self, house: House, kind: MemberKind = MemberKind.AGENT) -> None:
        """Nothing is opened yet; ``kind`` is what this process is among those that share the database."""
        self.attendance = Attendance(house, kind)
        self.suites = SuiteRounds(house)
        self.lanes = Lanes()
        self._house = house
        self._under_way: set[str] = set()
        self._lock = threading.Lock()
        self._opening = threading.Lock()
        self._watched = False
        self._left = threading.Event()
        self._recording = Recording(house)
        self._scarce = False

    def leave(self) -> None:
        """Look no more for what others queue: the database is about to be closed."""
        self._left.set()
        self._recording.stop()

    def claim(self, source: str) -> bool:
        """Mark the source's round as under way; False when an earlier one still is."""
        with self._lock:
            if source in self._under_way:
                return False
            self._under_way.add(source)
            return True

    def round(self, source: str, due: bool = False) -> Outcome:
        """One round of a source or suite, now; ``due``: because it was planned, and nobody asked for it."""
        return self.claimed(source, due=due) if self.claim(source) else UNDER_WAY

    def claimed(self, source: str, *, due: bool = False) -> Outcome:
        """The round that :meth:`claim` was given for."""
        try:
            self._open()
            if self.suites.serves(source):
                return self.suites.round(source)
            if source not in self._house.judging.sources and source in waits_at(self._house):
                return _answer(self._house, source, self.lanes)
            return collect(self._house, source, self.lanes, due=due)
        except Exception as error:  # shown, not hidden: one round's bug must not end the collecting
            return Outcome(sentence(error), AGAIN_S, failed=True)
        finally:
            with self._lock:
                self._under_way.discard(source)

    def housekeeping(self) -> Outcome:
        """What it did in a sentence, or what went wrong; empty when there was nothing to do."""
        try:
            self._open()
            if self.attendance.turn():
                return self._with_room(housekeeping(self._house, self.lanes))
            _deliver(Keeping(self._house, self.lanes, REJUDGED, []))
            ended = self.lanes.ended()
            return self._with_room(outcome(ended.broken, ended.done))
        except Exception as error:  # as above
            return Outcome(sentence(error), HOUSEKEEPING_S, failed=True)

    def part(self) -> None:
        """This process no longer collects: it is no member any more, and another one has the chores at once."""
        self.attendance.leave()

    @property
    def scarce(self) -> bool:
        """Whether the disk of the database was getting full when it was last looked at."""
        return self._scarce

    def _with_room(self, outcome: Outcome) -> Outcome:
        """A disk that gets full is reported once, and once when there is room again."""
        room = self._house.store.room()
        scarce = room is not None and room.scarce
        if scarce is self._scarce or room is None:
            return outcome
        self._scarce = scarce
        words = f"{room.words()}: free space there; once it is full nothing can be written, only read"
        said = Trouble(words, "disk_scarce") if scarce else Happening("the disk has room again", "disk_free")
        message = f"{outcome.message}, {said}" if outcome.message else said
        return outcome._replace(
            message=message, failed=outcome.failed or scarce, notes=[*outcome.notes, happening(said, "disk")]
        )

    def wait(self, seconds: float) -> set[str]:
        """The sources whose round did not end in time."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and self._under_way:
            time.sleep(0.02)
        return self.under_way

    @property
    def under_way(self) -> set[str]:
        """The sources whose round has begun and not ended."""
        with self._lock:
            return set(self._under_way)

    def give_back(self, sources: Iterable[str]) -> None:
        """The leases of rounds that are cut off: another collector need not wait for them to lapse."""
        left = list(sources)
        if left:
            with contextlib.suppress(PulseError), self._house.store.write() as tx:
                for source in left:
                    tx.plumbing.release(f"source:{source}", holder_name())

    def _open(self) -> None:
        """Opened by one thread; what fails is an outcome, and is tried at the next request."""
        with self._opening:
            _ = self._house.judging
            if not self._watched:
                self._watched = True
                self._house.store.on_queued = self._queued
                threading.Thread(target=self._watch, name="outbox", daemon=True).start()
                self._recording.start()

    def _watch(self) -> None:
        """What another process queued (a command, another tower) is sent at once, too; the housekeeping sees what this misses."""
        from pulse_tui.services.alerts.deliver import due_routes  # noqa: PLC0415

        store, seen = self._house.store, None
        keeping = Keeping(self._house, self.lanes, REJUDGED, [])
        while not self._left.wait(LOOK_S):
            try:
                mark = store.change_mark()
                if mark == seen:
                    continue
                seen = mark
                for route in due_routes(self._house.judging):
                    _begin_route(keeping, route)
            except StorageError:  # busy, or away: the housekeeping, which asks the same, reports it
                continue
            except Exception:  # closed under us: whoever leaves does not wait for this thread
                return

    def _queued(self, routes: frozenset[str]) -> None:
        """A message must not wait for the next tick: its route is woken as soon as it is stored."""
        keeping = Keeping(self._house, self.lanes, REJUDGED, [])
        for route in routes:
            _begin_route(keeping, route)


def collect(house: House, source: str, lanes: Lanes | None = None, *, due: bool = False) -> Outcome:
    """One round of a source; quiet when nothing happened. Without ``lanes`` it waits for the pages. Raises PulseError."""
    from pulse_tui.services.signals.refresh import refresh  # noqa: PLC0415

    done = refresh(source, house.judging, holder_name(), due=due)
    news = not done.ok or done.tally.signals > 0 or done.tally.rejected > 0
    if done.tally.alerts:
        _deliver(Keeping(house, lanes or Lanes(inline=True), REJUDGED, []))  # a page must not wait for the next tick
        if lanes is not None and not house.outdated:  # nor must a rollback that was pre-authorised
            lanes.begin("automatic", partial(_automatic, house))
    return Outcome(
        done.message if news else "",
        done.next_s,
        changed=news or done.tally.observations > 0,
        skipped=done.skipped,
        failed=not done.ok,
        notes=_opened(house, source, done.tally.opened[:LISTED]) if lanes is not None else (),
    )


def _opened(house: House, source: str, idents: Sequence[str]) -> list[Happening]:
    """A sentence for each alert that a round opened."""
    if not idents:
        return []
    with house.store.read() as tx:
        found = [alert for ident in idents if (alert := tx.judgements.alert(ident)) is not None]
    notes = list[Happening]()
    for alert in found:
        about = {"alert": alert.id, "source": source, "priority": alert.priority.value, "rule": alert.rule_id}
        if alert.asset_id is not None:
            about["asset"] = alert.asset_id
        text = f"{alert.priority.value} opened: {alert.title} (pulse-tui explain {alert.id})"
        notes.append(Happening(text, "alert_opened", Level.INFO, **about))
    return notes


class Keeping(NamedTuple):
    """What the chores are given, and what they delivered."""

    house: House
    lanes: Lanes
    most: int
    """Runs that are judged again at most."""
    sent: list[Sent]


class Kept(NamedTuple):
    """What the chores came to."""

    done: dict[str, list[str]]
    """By chore, in words."""
    broken: list[str]
    sent: list[Sent]

    @property
    def words(self) -> list[str]:
        """All that was done."""
        return [word for words in self.done.values() for word in words]


def housekeeping(house: House, lanes: Lanes | None = None) -> Outcome:
    """Everything that is due by the clock: see :func:`keep`; what waits for others is begun in ``lanes``, and what came
    of it is said the next time; without them it is waited for.
    """
    kept = keep(house, lanes or Lanes(inline=True))
    if lanes is not None and not house.outdated:  # who refreshes by hand waits for no run
        lanes.begin("automatic", partial(_automatic, house))
        lanes.begin("drills", partial(_drills, house))
    if lanes is not None and house.settings.heartbeat is not None:
        lanes.begin("heartbeat", partial(_heartbeat, house, tuple(kept.broken)))
    return outcome(kept.broken, kept.words)


def keep(house: House, lanes: Lanes, most: int = REJUDGED) -> Kept:
    """The chores: deadlines, deliveries, silences that ran out, checks of what was rolled back.

    One that breaks is reported and holds up none of the others: a page must go out all the same.
    """
    keeping = Keeping(house, lanes, most, [])
    done, broken = dict[str, list[str]](), list[str]()
    for name, chore in _CHORES.items():
        try:
            done[name] = chore(keeping)
        except StorageError as error:  # the others would wait for the same database, each in its turn
            broken.append(sentence(error))
            break
        except Exception as error:  # shown, not hidden
            broken.append(f"housekeeping broke: {sentence(error)}")
    else:
        lanes.begin("targets", partial(_targets, keeping))
        lanes.begin("enforced", partial(_enforced, keeping))
    ended = lanes.ended()
    return Kept({"": ended.done, **done}, list(dict.fromkeys(ended.broken + broken)), keeping.sent)


class Trouble(Happening):
    """A sentence about what did not work, or what nobody responded to: it is announced as a failure is."""

    __slots__ = ()

    def __new__(cls, text: str, event: str, level: Level = Level.ERROR, **about: str | float) -> Self:
        """An error unless it is tried again by itself."""
        return super().__new__(cls, text, event, level, **about)


def outcome(broken: Sequence[str], words: Sequence[str]) -> Outcome:
    """What a housekeeping comes to: it failed when a chore broke, or when one has bad news."""
    failed = bool(broken) or any(isinstance(word, Trouble) for word in words)
    notes = [happening(b, "housekeeping_failed", Level.WARNING) for b in broken]
    notes += [happening(word, "housekeeping") for word in words]
    return Outcome(", ".join([*broken, *words]), HOUSEKEEPING_S, failed=failed, notes=notes)


def _suites(keeping: Keeping) -> list[str]:
    from pulse_tui.services.suites.content import check_suites  # noqa: PLC0415

    return list(check_suites(keeping.house.judging, keeping.house.clock()))


def _runs(keeping: Keeping) -> list[str]:
    from pulse_tui.services.rollback.scheduled import end_stale  # noqa: PLC0415
    from pulse_tui.services.rollback.unfinished import check_runs  # noqa: PLC0415

    check_runs(keeping.house.rollback, keeping.house.clock())
    end_stale(keeping.house.rollback, keeping.house.clock())
    return []


def _promotions(keeping: Keeping) -> list[str]:
    from pulse_tui.services.promotion.past_gate import check_promotions  # noqa: PLC0415

    check_promotions(keeping.house.rollback, keeping.house.clock())
    return []


def _days(keeping: Keeping) -> list[str]:
    from pulse_tui.services.conditions.days import take_day  # noqa: PLC0415

    dated = take_day(keeping.house.judging, keeping.house.clock())
    return [f"{dated} alert{'' if dated == 1 else 's'} re-evaluated by the days that are left"] if dated else []


def _advisories(keeping: Keeping) -> list[str]:
    from pulse_tui.services.advisories.later import group_once, take_withdrawals  # noqa: PLC0415

    judging, now = keeping.house.judging, keeping.house.clock()
    group_once(judging, now)
    withdrawn = take_withdrawals(judging, now)
    return (
        [f"{withdrawn} advisor{'y was' if withdrawn == 1 else 'ies were'} withdrawn as announced"] if withdrawn else []
    )


def _deadlines(keeping: Keeping) -> list[str]:
    from pulse_tui.services.alerts.escalate import escalate, settle  # noqa: PLC0415
    from pulse_tui.services.alerts.healing import call_lasting  # noqa: PLC0415
    from pulse_tui.services.alerts.ladder import climb, page_in_hours  # noqa: PLC0415
    from pulse_tui.services.alerts.storms import pass_storms  # noqa: PLC0415

    judging = keeping.house.judging
    pass_storms(judging, keeping.house.clock())
    call_lasting(judging, keeping.house.clock())
    late, climbed = escalate(judging), climb(judging)
    page_in_hours(judging)
    settle(judging)
    words: list[str] = []
    if late:
        words.append(Trouble(f"{many(late, 'alert')} past the deadline: escalated", "deadline_missed"))
    if climbed:
        words.append(Trouble(f"nobody responded: {many(climbed, 'rung')} of the ladder climbed", "nobody_responded"))
    return words


def _reviews(keeping: Keeping) -> list[str]:
    """What has to be reviewed, and what is overdue. The scorecard is looked at once an hour."""
    from pulse_tui.services.alerts.reviews import collect, scorecard_due  # noqa: PLC0415
    from pulse_tui.services.vendors.scorecard import vendor_scorecard  # noqa: PLC0415

    house = keeping.house
    if house.outdated:
        return []
    card = vendor_scorecard(house.store, house.clock()) if scorecard_due(house.judging) else None
    collect(house.judging, house.reviews, card)
    return []


def _calendars(keeping: Keeping) -> list[str]:
    """Who is on call, where others keep that: asked beside the chores, for it waits for others."""
    if not any(s.fetched for s in keeping.house.settings.oncall.schedules.values()):
        return []
    from pulse_tui.services.signals.calendars import read_calendars  # noqa: PLC0415

    def read() -> list[str]:
        problems = read_calendars(keeping.house.judging, holder_name())
        return [Trouble(problem, "calendar_unread", Level.WARNING) for problem in problems]

    keeping.lanes.begin("calendars", read)
    return []


def _mutes(keeping: Keeping) -> list[str]:
    from pulse_tui.services.alerts.operate import lapse  # noqa: PLC0415
    from pulse_tui.services.alerts.reminders import remind  # noqa: PLC0415

    remind(keeping.house.judging, keeping.house.clock())
    lapsed = lapse(keeping.house.judging, keeping.house.clock())
    return [f"{lapsed} alerts fire again"] if lapsed else []


def _verdicts(keeping: Keeping) -> list[str]:
    from pulse_tui.services.evals.baselines import rejudge  # noqa: PLC0415

    # What this process read of a suite that was changed since is no longer what is asked: others judge by that.
    if keeping.house.outdated:
        return []
    again = rejudge(keeping.house.judging, holder=holder_name(), most=keeping.most)
    return [f"{again} run{'' if again == 1 else 's'} re-evaluated"] if again else []


def _deliver(keeping: Keeping) -> list[str]:
    """Begin with every route that has something due."""
    from pulse_tui.services.alerts.deliver import due_routes  # noqa: PLC0415

    for route in due_routes(keeping.house.judging):
        _begin_route(keeping, route)
    return []


def _begin_route(keeping: Keeping, route: str) -> None:
    keeping.lanes.begin(f"route {route}", partial(_to_route, keeping, route))


def _to_route(keeping: Keeping, route: str) -> list[str]:
    from pulse_tui.services.alerts.deliver import empty  # noqa: PLC0415

    sent, again_s = empty(route, keeping.house.judging, holder_name())
    end = time.monotonic() + PACED_S
    while keeping.lanes.inline and again_s is not None and time.monotonic() + again_s < end:
        time.sleep(
            again_s
        )  # nobody comes back to it: whoever refreshes by hand or by cron waits for the pace of a provider
        more, again_s = empty(route, keeping.house.judging, holder_name())
        sent = sent.plus(more)
    keeping.sent.append(sent)
    if again_s is not None and again_s < HOUSEKEEPING_S:  # else the housekeeping comes back to it
        keeping.lanes.later(f"route {route}", partial(_to_route, keeping, route), again_s)
    words: list[str] = []
    if sent.dead:
        text = f"{many(sent.dead, 'delivery', 'deliveries')} to {route} failed permanently"
        words.append(Trouble(text, "delivery_failed", route=route))
    if sent.failed:
        verb = "is" if sent.failed == 1 else "are"
        text = f"{many(sent.failed, 'delivery', 'deliveries')} to {route} failed and {verb} tried again"
        words.append(Trouble(text, "delivery_delayed", Level.WARNING, route=route))
    return words


def _targets(keeping: Keeping) -> list[str]:
    """What was rolled back, and what a rollback would need, asked of the targets."""
    from pulse_tui.services.rollback.pointer import revalidate  # noqa: PLC0415
    from pulse_tui.services.rollback.watch import watch_targets  # noqa: PLC0415

    watch_targets(keeping.house.rollback, keeping.house.clock())
    _deliver(keeping)
    revalidate(keeping.house.rollback, keeping.house.clock())
    return []


def _push(keeping: Keeping) -> list[str]:
    """Ask for holds where deploys happen; what is queued goes out with the deliveries."""
    from pulse_tui.services.promotion.enforce import push  # noqa: PLC0415

    push(keeping.house.judging, keeping.house.clock())
    return []


def _enforced(keeping: Keeping) -> list[str]:
    """What stands where deploys happen."""
    from pulse_tui.services.promotion.enforce import read_back  # noqa: PLC0415

    read_back(keeping.house.judging, keeping.house.clock())
    return []


def _answer(house: House, route: str, lanes: Lanes) -> Outcome:
    """One look for deploys that wait at a route for the gate; what they are answered goes out at once."""
    from pulse_tui.services.promotion.waiting import answer_waiting  # noqa: PLC0415

    answered = answer_waiting(house.acting(), house.clock(), route)
    if answered:
        _deliver(Keeping(house, lanes, REJUDGED, []))
    words = [f"{a.what} {a.state or 'waits'}: {a.why}" for a in answered]
    return Outcome("; ".join(words), WAITS_S, changed=bool(answered))


def _automatic(house: House) -> list[str]:
    """Answer alerts with rollbacks that were pre-authorised."""
    from pulse_tui.services.rollback.automatic import answer_alerts  # noqa: PLC0415

    answered = answer_alerts(house.acting(), holder_name())
    return [Trouble(one.words, "rollback_failed") if one.bad else Happening(one.words, "rollback") for one in answered]


def _heartbeat(house: House, broken: Sequence[str]) -> list[str]:
    """A sign of life, when all is well; one word when that changes."""
    from pulse_tui.services.alerts.heartbeat import BeatState, beat  # noqa: PLC0415

    shape = house.settings.heartbeat
    sent = beat(shape, house.judging, broken) if shape is not None else None
    if sent is None or sent.state is BeatState.SENT or sent.since != sent.at:
        return []
    return [Trouble(f"the heartbeat {sent.words()}", "heartbeat_failed", Level.WARNING)]


def _drills(house: House) -> list[str]:
    """Hold a drill that a playbook's schedule asks for."""
    if not any(book.drill for book in house.rollback.playbooks):
        return []
    from pulse_tui.services.rollback.scheduled import hold_due  # noqa: PLC0415

    ended = hold_due(house.rollback, holder_name())
    if ended is None:
        return []
    return [Happening(ended.sentence, "drill") if ended.ok else Trouble(ended.sentence, "drill_failed")]


def _log(keeping: Keeping) -> list[str]:
    from pulse_tui.services.rollback.log_check import check_log  # noqa: PLC0415

    house = keeping.house
    wrong = check_log(house.judging, house.anchors, house.clock())
    return [Trouble(f"the audit log does not hold: {wrong[0]}", "audit_broken")] if wrong else []


def _refused(keeping: Keeping) -> list[str]:
    from pulse_tui.services.signals.quarantine import prune_refused  # noqa: PLC0415

    kept = keeping.house.settings.retention.of(KeptClass.QUARANTINE)
    if kept is not None:
        prune_refused(keeping.house.store, keeping.house.clock(), timedelta(seconds=kept))
    return []


def _prune(keeping: Keeping) -> list[str]:
    """A second of it each time, beside the chores; who refreshes by hand waits for none of it."""
    if not keeping.lanes.inline and not keeping.house.outdated:
        keeping.lanes.begin("prune", partial(_prune_a_while, keeping.house))
    return []


def _prune_a_while(house: House) -> list[str]:
    from pulse_tui.services.parts import SYSTEM  # noqa: PLC0415
    from pulse_tui.services.pruning import Pace, prune_due  # noqa: PLC0415

    pace = Pace(time.monotonic, time.sleep, PRUNE_MOST_S[house.store.is_sqlite])
    kept = house.settings.retention
    done = prune_due(house.store, kept, holder_name(), SYSTEM, house.clock, pace, is_dead, PRUNE_S)
    return [one.words() for one in done if one.complete]


def _recorded(keeping: Keeping) -> list[str]:
    """Pictures of the board that are older than they are kept; where nothing is recorded any more, none is dropped."""
    if keeping.house.settings.recording is not None:
        from pulse_tui.services.past.retention import prune_due  # noqa: PLC0415

        prune_due(keeping.house.store, keeping.house.settings.recording.kept, keeping.house.clock())
    return []


# A mute that ran out starts its clock before deadlines are looked at.
_CHORES: Mapping[str, Callable[[Keeping], list[str]]] = {
    "suites": _suites, "runs": _runs, "promotions": _promotions, "days": _days, "advisories": _advisories, "mutes": _mutes, "calendars": _calendars, "deadlines": _deadlines, "reviews": _reviews,
    "enforce": _push, "deliveries": _deliver, "verdicts": _verdicts, "refused": _refused, "recorded": _recorded, "prune": _prune, "log": _log,
}  # fmt: skip


def chores() -> Mapping[str, Callable[[Keeping], list[str]]]:
    """The chores by name, in the order in which they are done."""
    return dict(_CHORES)
