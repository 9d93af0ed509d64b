"""Requests of the tower's scheduler, answered from threads as they are done, not in turn.

A source that does not answer holds up neither the other sources nor the deliveries.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from pulse_tui.rounds.lanes import RUN_S, RUNS
from pulse_tui.rounds.work import AGAIN_S, UNDER_WAY, Rounds
from pulse_tui.scheduling import ROUNDS, Outcome

LEAVE_S = 2.0
"""How long commands of suites have to end when the tower is left."""
FINISH_S = 30.0
"""How long messages that are being sent have to arrive then."""

Answered = Callable[[Mapping[str, Any]], None]


class Requests:
    """``{"id": 1, "do": "refresh", "source": "news"}`` or ``{"id": 2, "do": "housekeeping"}``, each answered once."""

    def __init__(self, rounds: Rounds, answered: Answered) -> None:
        """``answered`` gets each answer with the request's ``id``, from any thread."""
        self._rounds = rounds
        self._answered = answered
        self._collecting = ThreadPoolExecutor(ROUNDS, "round")
        self._keeping = ThreadPoolExecutor(1, "housekeeping")

    def take(self, request: Mapping[str, Any]) -> None:
        """Have it answered. A source whose earlier round is still under way is not begun twice."""
        match request:
            case {"do": "housekeeping"}:
                self._keeping.submit(self._keep, request)
            case {"do": "refresh", "source": str(source)} if self._rounds.claim(source):
                self._collecting.submit(self._round, request, source)
            case {"do": "refresh", "source": str()}:
                self._answer(request, UNDER_WAY)
            case _:
                self._answer(request, Outcome(f"not a request: {json.dumps(dict(request))}", AGAIN_S))

    def finish(self) -> None:
        """Wait for what is under way; rounds that have not begun do not begin, and commands of suites are ended."""
        self._rounds.leave()
        self._rounds.suites.stop(LEAVE_S)
        self._collecting.shutdown(cancel_futures=True)
        self._keeping.shutdown()
        self._rounds.lanes.wait(RUN_S, RUNS)
        self._rounds.lanes.wait(FINISH_S)
        self._rounds.part()

    def cut_off(self) -> None:
        """Leave without waiting for sources: what their rounds hold is given back."""
        self._rounds.leave()
        self._rounds.suites.stop(LEAVE_S)
        self._rounds.give_back(self._rounds.under_way)
        self._rounds.lanes.wait(RUN_S, RUNS)
        self._rounds.part()

    def _round(self, request: Mapping[str, Any], source: str) -> None:
        self._answer(request, self._rounds.claimed(source, due=bool(request.get("due"))))

    def _answer(self, request: Mapping[str, Any], outcome: Outcome) -> None:
        self._answered({"id": request.get("id"), **outcome._asdict()})

    def _keep(self, request: Mapping[str, Any]) -> None:
        self._answer(request, self._rounds.housekeeping())
