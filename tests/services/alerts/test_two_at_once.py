"""Two operators at the same alert in the same moment: a resolve stands, whoever was first."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from pulse_tui.domain.alert import AlertState
from pulse_tui.domain.each import Target, each
from pulse_tui.domain.errors import Refused
from pulse_tui.services.alerts import operate
from pulse_tui.services.parts import JudgeParts
from tests.fakes.nouns import NOW, later
from tests.services.alerts.test_mutes import breach, newest, take
from tests.services.said import alerts


def at_once(*calls: Callable[[], str]) -> list[str]:
    """What each answers, or why it was refused."""
    gate = Barrier(len(calls))

    def one(call: Callable[[], str]) -> str:
        gate.wait(60)
        try:
            return call()
        except Refused as error:
            return f"refused: {error}"

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(one, calls))


def test_a_resolve_stands_whoever_acknowledges_at_the_same_moment(judge: JudgeParts) -> None:
    take(judge, breach(1))
    ident = newest(judge).id
    acked, resolved = at_once(
        lambda: operate.acknowledge(judge, ident, "ana", 3_600, NOW),
        lambda: operate.resolve(judge, ident, "ben", "fixed", NOW),
    )
    assert resolved.startswith("resolved")
    assert acked.startswith(("acknowledged", "refused"))
    assert newest(judge).state is AlertState.RESOLVED


def test_of_several_the_resolved_ones_are_refused_and_named(judge: JudgeParts) -> None:
    take(judge, breach(1), breach(2, fingerprint="other"))
    first, second = [a for a in alerts(judge) if a.open]
    operate.resolve(judge, first.id, "ben", "fixed", NOW)
    targets = [Target(a.id, a.title) for a in (first, second)]
    made = each(targets, lambda target: operate.acknowledge(judge, target.id, "ana", 3_600, later(minutes=1)))
    assert made.words("alert", "acknowledged").startswith(f"1 alert acknowledged; 1 refused: {first.title}: alert ")
    assert {a.id: a.state for a in alerts(judge)} == {
        first.id: AlertState.RESOLVED,
        second.id: AlertState.ACKNOWLEDGED,
    }
