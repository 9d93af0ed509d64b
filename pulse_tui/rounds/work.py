"""The work of a process that collects: one round of a source or a suite, and the housekeeping between rounds.

Whatever goes wrong with either is an outcome: the scheduler asks again. What is under way is known, so that a process
that has to leave can give its leases back.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterable

from pulse_tui.domain.errors import PulseError
from pulse_tui.rounds.suites import SuiteRounds
from pulse_tui.scheduling import Outcome
from pulse_tui.wiring import House, holder_name

AGAIN_S = 30.0
"""Until the next round of a source whose round broke, or is still under way."""
UNDER_WAY = Outcome("its earlier round is still under way", AGAIN_S)
REJUDGED = 8
"""Runs that are judged again in one housekeeping: deliveries and deadlines do not wait for the others."""


class Rounds:
    """The rounds of this process, each in whichever thread asks for it."""

    def __init__(self, house: House) -> None:
        """Nothing is opened yet."""
        self.suites = SuiteRounds(house)
        self._house = house
        self._under_way: set[str] = set()
        self._lock = threading.Lock()
        self._opening = threading.Lock()

    def claim(self, source: str) -> bool:
        """Mark the source's round as under way; False when an earlier one still is."""
        with self._lock:
            if source in self._under_way:
                return False
            self._under_way.add(source)
            return True

    def round(self, source: str) -> Outcome:
        """One round of a source or suite, now."""
        return self.claimed(source) if self.claim(source) else UNDER_WAY

    def claimed(self, source: str) -> Outcome:
        """The round that :meth:`claim` was given for."""
        try:
            self._open()
            if self.suites.serves(source):
                return self.suites.round(source)
            return collect(self._house, source)
        except Exception as error:  # shown, not hidden: one round's bug must not end the collecting
            return Outcome(_sentence(error), AGAIN_S, failed=True)
        finally:
            with self._lock:
                self._under_way.discard(source)

    def housekeeping(self) -> str:
        """What it did in a sentence, or what went wrong; empty when there was nothing to do."""
        try:
            self._open()
            return housekeeping(self._house)
        except Exception as error:  # as above
            return _sentence(error)

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


def collect(house: House, source: str) -> Outcome:
    """One round of a source; quiet when nothing happened. Raises PulseError."""
    from pulse_tui.services.signals.refresh import refresh  # noqa: PLC0415

    done = refresh(source, house.judging, holder_name())
    news = not done.ok or done.tally.signals > 0 or done.tally.rejected > 0
    if done.tally.alerts:
        housekeeping(house)  # a page must not wait for the next tick
    return Outcome(
        done.message if news else "",
        done.next_s,
        changed=news or done.tally.observations > 0,
        skipped=done.skipped,
        failed=not done.ok,
    )


def housekeeping(house: House) -> str:
    """Check frozen suites, escalate missed deadlines, deliver what is due, let silences lapse, check the rollback pointers."""
    from pulse_tui.services.alerts.deliver import deliver  # noqa: PLC0415
    from pulse_tui.services.alerts.escalate import escalate, settle  # noqa: PLC0415
    from pulse_tui.services.alerts.operate import lapse  # noqa: PLC0415
    from pulse_tui.services.conditions.days import take_day  # noqa: PLC0415
    from pulse_tui.services.evals.baselines import rejudge  # noqa: PLC0415
    from pulse_tui.services.promotion.past_gate import check_promotions  # noqa: PLC0415
    from pulse_tui.services.rollback.pointer import revalidate  # noqa: PLC0415
    from pulse_tui.services.rollback.unfinished import check_runs  # noqa: PLC0415
    from pulse_tui.services.rollback.watch import watch_targets  # noqa: PLC0415
    from pulse_tui.services.suites.content import check_suites  # noqa: PLC0415

    changed = check_suites(house.judging, house.clock())
    check_runs(house.rollback, house.clock())
    check_promotions(house.rollback, house.clock())
    watch_targets(house.rollback, house.clock())
    dated = take_day(house.judging, house.clock())
    late = escalate(house.judging)
    settle(house.judging)
    sent = deliver(house.judging, holder_name())
    lapsed = lapse(house.judging, house.clock())
    words = [*changed, *filter(None, [house.told_outdated()])]
    if dated:
        words.append(f"{dated} alert{'' if dated == 1 else 's'} re-evaluated by the days that are left")
    if late:
        words.append(f"{late} alerts missed their deadline and were escalated")
    # What this process read of a suite that was changed since is no longer what is asked: others judge by that.
    if not house.outdated and (again := rejudge(house.judging, holder=holder_name(), most=REJUDGED)):
        words.append(f"{again} run{'' if again == 1 else 's'} re-evaluated")
    if sent.dead:
        words.append(f"{sent.dead} deliveries failed permanently")
    if sent.failed:
        words.append(f"{sent.failed} deliveries failed and are tried again")
    if lapsed:
        words.append(f"{lapsed} alerts fire again")
    revalidate(house.rollback, house.clock())  # last: it asks the targets, and pages go first
    return ", ".join(words)


def _sentence(error: Exception) -> str:
    return str(error) if isinstance(error, PulseError) else f"internal error: {type(error).__name__}: {error}"
