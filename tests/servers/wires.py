"""Rounds of a tripwire against the local endpoint, without a network: what a round sees, and what is made of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from pulse_tui.collectors.tripwire import Options, collect
from pulse_tui.domain.tripwire import Metric, ProbeBaseline, ProbeRound, Shift
from pulse_tui.evaluate.tripwire import WINDOW, judge, learned
from pulse_tui.ports import Http
from tests.collectors.contexts import NOW, context
from tests.servers.chat_api import KEY, MODEL, ChatApi, Direct

EVERY = timedelta(hours=6)
OPTIONS = Options(
    url="http://127.0.0.1/v1", model="chat-large", vendor="openai", component=f"openai/{MODEL}", token="${CHAT_KEY}"
)


class Watch:
    """A tripwire that is read again and again; ``found`` and ``ended`` are (round, metric), rounds counted from 1."""

    def __init__(self, api: ChatApi, options: Options = OPTIONS, http: Http | None = None) -> None:
        self.api = api
        self.options = options
        self.rounds: list[ProbeRound] = []
        self.baseline: ProbeBaseline | None = None
        self.found: list[tuple[int, Metric]] = []
        self.ended: list[tuple[int, Metric]] = []
        self._http = http or Direct(api)
        self._since: list[ProbeRound] = []

    @property
    def shifts(self) -> tuple[Shift, ...]:
        """What is open."""
        assert self.baseline is not None
        return self.baseline.shifts

    def look(self) -> ProbeRound:
        """One round."""
        self.api.next_round()
        now = NOW + EVERY * len(self.rounds)
        # A context is made for each round, as wiring does: its requests end in time.
        here = context(http=self._http, secrets={"CHAT_KEY": KEY}, source="wire")._replace(now=now)
        (item,) = collect(self.options, here).observations
        assert isinstance(item, ProbeRound)
        self.rounds.append(item)
        if self.baseline is None or not self.baseline.pinned:
            self.baseline = learned(self.baseline, item)
            return item
        judged = judge(self.baseline, self._since[-WINDOW:], item)
        self._since.append(item)
        self.baseline = judged.baseline
        self.found += [(len(self.rounds), s.metric) for s in judged.found]
        self.ended += [(len(self.rounds), s.metric) for s in judged.ended]
        return item

    def times(self, rounds: int) -> Watch:
        """So many rounds."""
        for _ in range(rounds):
            self.look()
        return self

    def until(self, seen: Callable[[], object], most: int) -> int | None:
        """In which round from now on something is seen; None: not within ``most``."""
        for number in range(1, most + 1):
            self.look()
            if seen():
                return number
        return None
