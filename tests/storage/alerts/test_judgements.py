from __future__ import annotations

import pytest

from pulse_tui.domain.alert import AlertState
from pulse_tui.domain.delivery import Retest
from pulse_tui.domain.effect import Did, Response
from pulse_tui.domain.errors import StorageError
from pulse_tui.domain.words import Environment, Mode, Outcome, Priority, SignalType
from pulse_tui.storage.alerts.judgements import _DECISION, _WRITTEN, _Writer
from pulse_tui.storage.store import SqlStore
from tests.fakes.nouns import NOW, alert, changed, decision, fact, hold, later, signal


def test_a_decision_keeps_every_comparison_and_what_it_saw(store: SqlStore) -> None:
    made = decision(1, context="asset.tier -> P1", respond_within_s=900, mode=Mode.OBSERVE)
    with store.write() as tx:
        tx.judgements.add_decisions([(made, fact(signal(1)))])
    with store.read() as tx:
        assert tx.judgements.decision("d-1") == made
        assert tx.judgements.variables("d-1") == {"signal.type": "latency_breach", "service.ratio": 1.31}
        assert tx.judgements.variables("nobody") == {}


def test_what_one_fact_showed_is_known_of_each_decision_about_it(store: SqlStore) -> None:
    one, two = fact(signal(1)), fact(signal(1))
    canary = [(decision(f"c{i}", signal_id="s"), one) for i in range(3)]
    production = [(decision(f"p{i}", signal_id="s", environment=Environment.PRODUCTION), two) for i in range(2)]
    two.variables["service.ratio"] = 9.0
    with store.write() as tx:
        tx.judgements.add_decisions([*canary, *production])
    with store.read() as tx:
        assert [tx.judgements.variables(d.id)["service.ratio"] for d, _ in canary] == [1.31] * 3
        assert [tx.judgements.variables(d.id)["service.ratio"] for d, _ in production] == [9.0] * 2


def test_a_decision_that_is_there_already_is_left_alone(store: SqlStore) -> None:
    with store.write() as tx:
        tx.judgements.add_decisions([(decision(1), fact(signal(1)))] * 2)
        tx.judgements.add_decisions([(decision(1, title="other"), fact(signal(1)))])
        assert [d.title for d in tx.judgements.decisions()] == ["p95 breach"]


def test_decisions_are_found_by_signal_outcome_and_prefix(store: SqlStore) -> None:
    with store.write() as tx:
        pairs = [(decision(f"abcd{i}", signal_id="s", outcome=o), fact(signal(i))) for i, o in enumerate(Outcome)]
        tx.judgements.add_decisions(pairs)
        assert len(tx.judgements.decisions(signal_id="s")) == 3
        assert [d.outcome for d in tx.judgements.decisions(outcome=Outcome.INDETERMINATE)] == [Outcome.INDETERMINATE]
        assert tx.judgements.decision("d-abcd") is None
        assert tx.judgements.decision("d-abcd1") is not None
        assert tx.judgements.decision("d-") is None
        assert tx.judgements.decision("%") is None


@pytest.mark.parametrize("name", ["", "%", "____", "al%", "alert-", "alert"])
def test_no_pattern_and_no_ambiguous_beginning_names_an_alert(store: SqlStore, name: str) -> None:
    with store.write() as tx:
        tx.judgements.put_alert(alert(1))
        tx.judgements.put_alert(alert(2))
    with store.read() as tx:
        assert tx.judgements.alert(name) is None


def test_an_alert_comes_back_as_it_was_in_every_state(store: SqlStore) -> None:
    firing = alert(1, deadline=later(minutes=15), version="3.8.2")
    moves = [
        firing,
        firing.acknowledge("ana", later(hours=4)),
        firing.suppress("ana", later(hours=4), "known"),
        firing.resolve(later(hours=1), "over"),
    ]
    for move in moves:
        with store.write() as tx:
            tx.judgements.put_alert(move)
        with store.read() as tx:
            assert tx.judgements.alert("alert-1") == move


def test_only_open_alerts_are_found_by_fingerprint(store: SqlStore) -> None:
    with store.write() as tx:
        tx.judgements.put_alert(alert(1).resolve(NOW, "over"))
        tx.judgements.put_alert(alert(2))
        wanted = [alert(i).fingerprint for i in range(3)]
        assert set(tx.judgements.open_alerts(wanted)) == {alert(2).fingerprint}
        assert tx.judgements.open_alerts([]) == {}
        assert tx.judgements.open_alerts_about("f-1") == []
        assert tx.judgements.open_alerts_about("f-2") == [alert(2)]


def test_two_open_episodes_of_one_condition_cannot_be(store: SqlStore) -> None:
    with store.write() as tx:
        tx.judgements.put_alert(alert(1))
    with pytest.raises(StorageError), store.write() as tx:
        tx.judgements.put_alert(alert(1, id="another"))
    with store.write() as tx:
        tx.judgements.put_alert(alert(1).resolve(NOW, "over"))
        tx.judgements.put_alert(alert(1, id="another"))
        assert len(tx.judgements.alerts()) == 2


def test_alerts_are_listed_newest_first_by_state_and_asset(store: SqlStore) -> None:
    with store.write() as tx:
        for i in range(6):
            tx.judgements.put_alert(alert(i, first_at=later(minutes=i), asset_id="ab"[i % 2]))
        tx.judgements.put_alert(alert(5, asset_id="b", first_at=later(minutes=5)).acknowledge("ana", later(hours=1)))
        assert [a.id[-1] for a in tx.judgements.alerts(limit=3)] == ["5", "4", "3"]
        assert [a.id[-1] for a in tx.judgements.alerts([AlertState.ACKNOWLEDGED])] == ["5"]
        assert [a.id[-1] for a in tx.judgements.alerts(asset_id="a", limit=2)] == ["4", "2"]


def test_a_hold_stands_once_is_lifted_once_and_can_be_placed_again(store: SqlStore) -> None:
    with store.write() as tx:
        assert tx.judgements.put_hold(hold(version="3.8.2", environment=Environment.CANARY))
        assert not tx.judgements.put_hold(hold(why="other"))
        assert tx.judgements.lift_hold("block-1", "ana", later(hours=1))
        assert not tx.judgements.lift_hold("block-1", "ben", later(hours=2))
        assert tx.judgements.put_hold(hold())
        assert [h.lifted_by for h in tx.judgements.holds(standing=False)] == ["ana", None]
        assert tx.judgements.holds() == [hold()]


def test_estate_wide_holds_hold_every_asset(store: SqlStore) -> None:
    with store.write() as tx:
        for ident, owner in (("a", "support-bot"), ("b", "gateway"), ("c", None)):
            tx.judgements.put_hold(hold(ident, asset_id=owner))
        assert [h.id for h in tx.judgements.holds("support-bot")] == ["a", "c"]
        assert [h.id for h in tx.judgements.holds()] == ["a", "b", "c"]


def test_a_retest_is_asked_once_and_done_when_a_run_arrives(store: SqlStore) -> None:
    asked = Retest(key="r1", asset_id="support-bot", owner=None, why="note", due_at=later(days=7))
    with store.write() as tx:
        assert tx.judgements.put_retest(asked)
        assert not tx.judgements.put_retest(asked)
        assert not tx.judgements.finish_retest("other", NOW)
        assert tx.judgements.finish_retest("r1", NOW)
        assert not tx.judgements.finish_retest("r1", later(days=1))
        assert tx.judgements.retests() == []
        assert tx.judgements.retests(open_only=False) == [changed(asked, done_at=NOW)]


def test_responses_are_kept_in_their_order(store: SqlStore) -> None:
    with store.write() as tx:
        did = [Response("block", "placed", Did.DONE), Response("notify", "page queued", Did.QUEUED)]
        tx.judgements.add_responses("d-1", did, NOW)
        tx.judgements.add_responses("d-1", [], NOW)
        assert tx.judgements.responses("d-1") == [r._replace(at=NOW) for r in did]


def test_the_most_urgent_open_alerts_are_on_the_board_however_many_there_are(store: SqlStore) -> None:
    with store.write() as tx:
        tx.judgements.put_alert(alert("old", priority=Priority.P1, first_at=later(days=-9)))
        for i in range(2_100):
            tx.judgements.put_alert(alert(i, priority=Priority.P4))
    board = store.board("acme", None, NOW)
    assert board.alerts[0].id == "alert-old"
    assert (board.header.p1, board.header.p4, len(board.alerts)) == (1, 2_100, 2_101)


def test_a_decision_is_written_as_its_shape_has_it() -> None:
    """The rows of a batch are made faster than by the shape: both are the same."""
    writer, saw = _Writer(), fact(signal(1))
    decisions = [decision(1), decision(2, actions=("block", "notify"), environment=None, at=later(hours=1))]
    rows = [dict(zip(_WRITTEN, writer.row(one, saw), strict=True)) for one in decisions]
    assert [row.pop("facts") != "" for row in rows] == [True, False]
    assert rows == [_DECISION.row(one) for one in decisions]


def test_what_was_seen_of_signals_is_the_last_that_was_seen(store: SqlStore) -> None:
    first, second = fact(signal(1)), fact(signal(1))
    second.variables["service.ratio"] = 9.0
    with store.write() as tx:
        tx.judgements.add_decisions([(decision("a", signal_id="s"), first)])
        tx.judgements.add_decisions([(decision("b", signal_id="s", policy_digest="other"), second)])
    with store.read() as tx:
        (seen,) = tx.judgements.seen(["s", "nobody"])
        assert (seen.signal_id, seen.variables["service.ratio"]) == ("s", 9.0)


def test_signals_are_seen_from_the_last_one_on_in_parts(store: SqlStore) -> None:
    with store.write() as tx:
        tx.signals.add([(signal(n), b"") for n in range(5)])
    with store.read() as tx:
        kinds = [SignalType.LATENCY_BREACH]
        first = tx.signals.glimpses(later(days=-1), kinds, before=None, limit=3)
        rest = tx.signals.glimpses(later(days=-1), kinds, before=first[-1].seq, limit=3)
        assert [g.id for g in (*first, *rest)] == [signal(n).id for n in (4, 3, 2, 1, 0)]
        assert tx.signals.glimpses(later(days=-1), [SignalType.CVE], before=None, limit=3) == []
        assert tx.signals.glimpses(later(days=90), kinds, before=None, limit=3) == []
        assert [s.id for s in tx.signals.some([signal(3).id, "x", signal(1).id])] == [signal(1).id, signal(3).id]
        assert tx.signals.named(signal(1).id) == signal(1)
