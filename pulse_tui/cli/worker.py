"""The tower's collecting process: JSON lines in, JSON lines out, ends when its input ends.

Requests carry an ``id`` and are answered as they are done, not in turn: a source that does not
answer holds up neither the other sources nor the deliveries.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

from pulse_tui.domain.errors import PulseError
from pulse_tui.rounds.suites import SuiteRounds
from pulse_tui.wiring import House, find_config, holder_name

THREADS = 4
"""Rounds at once. Housekeeping has a thread of its own, so that a page never waits for a round."""
AGAIN_S = 30.0
ANEW = 8
"""Runs that are judged anew in one housekeeping: deliveries and deadlines do not wait for the others."""
LEAVE_S = 2.0
"""How long commands of suites have to end when the tower is left."""


def arguments(_parser: argparse.ArgumentParser, _name: str) -> None:
    """No options of its own."""


def run(options: argparse.Namespace, _name: str) -> int:
    """Serve requests until the end of input; what is under way then is finished."""
    house = House(find_config(options.config), database=options.database)
    desk = _Desk(house)
    try:
        for line in sys.stdin:
            desk.take(json.loads(line))
        desk.finish()
    except SystemExit as stop:  # SIGTERM: threads that wait for a source are not waited for
        desk.give_back()
        os._exit(stop.code if isinstance(stop.code, int) else 1)
    house.close()
    return 0


class _Desk:
    """Takes requests in and answers them from threads."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._rounds = ThreadPoolExecutor(THREADS, "round")
        self._keeping = ThreadPoolExecutor(1, "housekeeping")
        self._suites = SuiteRounds(house)
        self._sources: set[str] = set()
        self._lock = threading.Lock()
        self._output = threading.Lock()
        self._making = threading.Lock()

    def take(self, request: dict[str, object]) -> None:
        """Have it answered. A source whose earlier round is still under way is not begun twice."""
        source = request.get("source")
        if not isinstance(source, str):
            self._keeping.submit(self._serve, request)
            return
        with self._lock:
            begin = source not in self._sources
            self._sources.add(source)
        if begin:
            self._rounds.submit(self._serve, request)
        else:
            self._reply(request, {"message": "its earlier round is still under way", "next_s": AGAIN_S})

    def finish(self) -> None:
        """Wait for what is under way; rounds that have not begun do not begin, and commands of suites are ended."""
        self._suites.stop(LEAVE_S)
        self._rounds.shutdown(cancel_futures=True)
        self._keeping.shutdown()

    def give_back(self) -> None:
        """The leases of rounds that are cut off: another collector need not wait for them to lapse."""
        self._suites.stop(LEAVE_S)
        with self._lock:
            sources = list(self._sources)
        if sources:
            with contextlib.suppress(PulseError), self._house.store.write() as tx:
                for source in sources:
                    tx.plumbing.release(f"source:{source}", holder_name())

    def _serve(self, request: dict[str, object]) -> None:
        try:
            reply = self._answer(request)
        finally:
            with self._lock:
                self._sources.discard(str(request.get("source")))
        self._reply(request, reply)

    def _answer(self, request: dict[str, object]) -> dict[str, object]:
        try:
            with self._making:
                _ = self._house.judging  # made by one thread; what fails is told, and tried at the next request
            source = str(request.get("source"))
            if request["do"] == "refresh" and self._suites.serves(source):
                return self._suites.round(source)
            return answer(self._house, request)
        except PulseError as error:
            return {"message": str(error), "next_s": AGAIN_S}
        except Exception as error:  # shown, not hidden: one request's bug must not end the collecting
            return {"message": f"{type(error).__name__}: {error}", "next_s": AGAIN_S}

    def _reply(self, request: dict[str, object], reply: dict[str, object]) -> None:
        with self._output, contextlib.suppress(OSError):  # the tower is gone: the end of input follows
            print(json.dumps({"id": request.get("id"), **reply}), flush=True)


def answer(house: House, request: dict[str, object]) -> dict[str, object]:
    """One request: ``refresh`` of a source, or ``housekeeping``."""
    if request["do"] == "refresh":
        return refresh_one(house, str(request["source"]))
    return {"message": housekeeping(house)}


def refresh_one(house: House, source: str) -> dict[str, object]:
    """One round, as the scheduler wants to hear of it: quiet when nothing happened."""
    from pulse_tui.services.signals.refresh import refresh  # noqa: PLC0415

    outcome = refresh(source, house.judging, holder_name())
    told = not outcome.ok or outcome.tally.signals > 0 or outcome.tally.rejected > 0
    changed = told or outcome.tally.observations > 0
    if outcome.tally.alerts:
        housekeeping(house)  # a page must not wait for the next tick
    return {
        "message": outcome.message if told else "",
        "next_s": outcome.next_s,
        "changed": changed,
        "skipped": outcome.skipped,
    }


def housekeeping(house: House) -> str:
    """Look at frozen suites, escalate missed deadlines, deliver what is due, let silences lapse, look at the ways back."""
    from pulse_tui.services.alerts.deeds import lapse  # noqa: PLC0415
    from pulse_tui.services.alerts.deliver import deliver  # noqa: PLC0415
    from pulse_tui.services.alerts.escalate import escalate, settle  # noqa: PLC0415
    from pulse_tui.services.evals.baselines import rejudge  # noqa: PLC0415
    from pulse_tui.services.rollback.pointer import revalidate  # noqa: PLC0415
    from pulse_tui.services.suites.content import check_suites  # noqa: PLC0415

    changed = check_suites(house.judging, house.clock())
    late = escalate(house.judging)
    settle(house.judging)
    sent = deliver(house.judging, holder_name())
    lapsed = lapse(house.store, house.clock())
    words = [*changed, *filter(None, [house.told_outdated()])]
    if late:
        words.append(f"{late} alerts missed their deadline and were escalated")
    # What this process read of a suite that was changed since is no longer what is asked: others judge by that.
    if not house.outdated and (anew := rejudge(house.judging, holder=holder_name(), most=ANEW)):
        words.append(f"{anew} run{'' if anew == 1 else 's'} judged anew")
    if sent.dead:
        words.append(f"{sent.dead} deliveries were given up")
    if sent.failed:
        words.append(f"{sent.failed} deliveries failed and are tried again")
    if lapsed:
        words.append(f"{lapsed} alerts fire again")
    revalidate(house.rollback, house.clock())  # last: it asks the targets, and pages go first
    return ", ".join(words)
