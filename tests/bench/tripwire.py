"""``python -m tests.bench tripwire [SERIES [ROUNDS]]``: false shifts of an unchanged model, and rounds until a change is found.

The endpoint is ``tests/servers/chat_api.py``: its refusals, formats and answers are drawn, its latency is log-normal. One
series is asked over HTTP, the others without a network; both go through the collector.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable
from statistics import median

from pulse_tui.collectors.tripwire.probes import BUILT_IN
from pulse_tui.domain.tripwire import Metric, ProbeKind
from tests.collectors.contexts import quick_web
from tests.fakes.nouns import changed
from tests.servers.chat_api import PATH, ChatApi
from tests.servers.loopback import Loopback
from tests.servers.wires import OPTIONS, Watch

MOST = 80
"""Rounds after a change in which it is looked for."""
Change = Callable[[ChatApi], object]


def _rate(kind: ProbeKind, rate: float) -> Change:
    return lambda api: api.rates.update({kind: rate})


def _set(**fields: object) -> Change:
    def change(api: ChatApi) -> None:
        for name, value in fields.items():
            setattr(api, name, value)

    return change


CHANGES: tuple[tuple[str, Metric, Change, int | None], ...] = (
    ("a hidden system prompt of 20 tokens", Metric.TOKENS, _set(hidden_tokens=20), 1),
    ("a hidden system prompt of 1 token", Metric.TOKENS, _set(hidden_tokens=1), None),
    ("another model id", Metric.MODEL, _set(model="chat-large-2026-11-01"), 1),
    ("a new fingerprint among three", Metric.FINGERPRINT, _set(fingerprints=("fp_a1", "fp_b2", "fp_c3")), None),
    ("refusals .05 -> .50", Metric.REFUSALS, _rate(ProbeKind.REFUSAL, 0.5), 3),
    ("refusals .05 -> .25", Metric.REFUSALS, _rate(ProbeKind.REFUSAL, 0.25), 15),
    ("refusals .05 -> .15", Metric.REFUSALS, _rate(ProbeKind.REFUSAL, 0.15), None),
    ("format .97 -> .70", Metric.FORMAT, _rate(ProbeKind.FORMAT, 0.7), None),
    ("answers .98 -> .80", Metric.ANSWERS, _rate(ProbeKind.ANSWER, 0.8), None),
    ("latency x 2", Metric.LATENCY, _set(latency_ms=800.0), None),
    ("latency x 1.5", Metric.LATENCY, _set(latency_ms=600.0), None),
)
"""(what, what it is seen by, how, the rounds that are the goal)."""


def unchanged(series: int, rounds: int) -> None:
    """False shifts."""
    print(f"an unchanged model, {OPTIONS.learn} rounds learned, {rounds:,} rounds judged a series")
    alarms = dict.fromkeys(Metric, 0)
    begun = time.perf_counter()
    for seed in range(series):
        for _, metric in Watch(ChatApi(seed=seed)).times(OPTIONS.learn + rounds).found:
            alarms[metric] += 1
    took = (time.perf_counter() - begun) / max(series * rounds, 1) * 1_000
    named = ", ".join(f"{m.value} {n}" for m, n in alarms.items() if n) or "none"
    print(
        f"  false shifts in {series} series: {sum(alarms.values())} ({named})  goal 0 a series; {took:.1f} ms a round"
    )
    wide = 0
    for seed in range(series):
        api = ChatApi(seed=seed)
        watch = Watch(api).times(OPTIONS.learn)
        for number in range(rounds):
            api.rates[ProbeKind.REFUSAL] = 0.02 if number % 2 else 0.08
            watch.look()
        wide += len(watch.found)
    print(f"  the same with refusals of 2 and 8 % in turn: {wide} (no goal)", flush=True)


def over_http(rounds: int) -> None:
    """The same with every request sent to the local server."""
    with Loopback() as server:
        watch = Watch(ChatApi(server, seed=99), changed(OPTIONS, url=f"{server.url}/v1"), quick_web())
        seen = watch.times(OPTIONS.learn + rounds).found
        sent = len(server.seen("POST", PATH))
    print(f"  false shifts in one series over HTTP ({sent:,} requests): {len(seen)}  goal 0", flush=True)


def found(series: int) -> None:
    """Rounds from the first changed one to the one that finds it."""
    print(f"rounds until a change is found, {series} series; not found within {MOST} counts as more")
    for what, metric, change, goal in CHANGES:
        numbers = list[int]()
        for seed in range(series):
            watch = Watch(ChatApi(seed=1_000 + seed)).times(OPTIONS.learn + 20)
            change(watch.api)
            number = watch.until(lambda: any(m is metric for _, m in watch.found), MOST)  # noqa: B023  called at once
            numbers.append(MOST + 1 if number is None else number)
        numbers.sort()
        late = numbers[math.ceil(0.95 * len(numbers)) - 1]
        words = f"goal {goal} {'met' if late <= goal else 'NOT MET'}" if goal is not None else "no goal"
        missed = sum(n > MOST for n in numbers)
        print(f"  {what:<38} median {median(numbers):>4g}  95 % {late:>3}  missed {missed}  {words}", flush=True)


def main() -> None:
    """Both, and what a round costs."""
    given = [int(word) for word in sys.argv[1:] if word.isdigit()]
    series, rounds = (*given, *(20, 1_000)[len(given) :])[:2]
    item = Watch(ChatApi()).look()
    print(f"a round: {item.sent} requests of {len(BUILT_IN)} probes, {item.tokens or 0:,} tokens at short answers")
    found(series)
    unchanged(max(1, series // 4), rounds)
    over_http(rounds)


if __name__ == "__main__":
    main()
