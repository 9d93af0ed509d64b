"""What is remembered of vendors, on each database."""

from __future__ import annotations

from pulse_tui.domain.catalogue import CatalogueEvent, CatalogueModel, EventType
from pulse_tui.domain.lifecycle import Lifecycle, Stage
from pulse_tui.domain.note import Label, LocalRule, Note, NoteKind, PageState, Reading, What
from pulse_tui.domain.tripwire import Count, Metric, ProbeBaseline, ProbeKind, ProbeResult, ProbeRound, Shift
from pulse_tui.domain.vendor_task import TaskKind, VendorTask
from pulse_tui.storage.store import SqlStore
from tests.fakes.nouns import NOW, changed, later

NOTE = Note(
    source="feed", key="k", vendor="openai", title="t", body="b", published_at=NOW, kind=NoteKind.RELEASES,
    section="2026 > Deprecated", models=("gpt-4.1",), package="vllm", version="0.9", dated=False,
)  # fmt: skip
READING = Reading(
    labels=(Label.DEPRECATION, Label.PRICING),
    phrase="shut down",
    effective_at=later(days=40),
    review=True,
    floor=True,
    why=((Label.DEPRECATION, "shut down"),),
)


def test_a_note_is_new_once_and_edited_when_its_body_grew(store: SqlStore) -> None:
    grown = changed(NOTE, body="b, and more")
    with store.write() as tx:
        assert tx.vendors.put_note(NOTE, READING, NOW, baseline=True) is What.NEW
        assert tx.vendors.put_note(NOTE, READING, later(hours=1)) is None
        assert tx.vendors.put_note(grown, READING, later(hours=2)) is What.EDITED
    with store.read() as tx:
        stored = tx.vendors.note("feed", "k")
        assert stored is not None
        assert (stored.note, stored.reading, stored.baseline) == (grown, READING, True)
        assert (stored.first_at, stored.changed_at) == (NOW, later(hours=2))
        assert [(c.what, c.before) for c in tx.vendors.changes("feed", "k")] == [(What.NEW, None), (What.EDITED, NOTE)]
        assert tx.vendors.notes(review=True) == [stored] == tx.vendors.notes("feed", since=NOW)
        assert tx.vendors.notes(since=later(hours=1)) == []
        assert tx.vendors.memory("feed") == {"k": stored}


def test_a_note_without_a_date_is_of_the_day_on_which_it_was_first_seen(store: SqlStore) -> None:
    with store.write() as tx:
        tx.vendors.put_note(NOTE, READING, NOW)
        assert tx.vendors.put_note(changed(NOTE, published_at=later(days=1)), READING, later(days=1)) is None
        assert tx.vendors.put_note(changed(NOTE, published_at=later(days=1), body="c"), READING, NOW) is What.EDITED
        stored = tx.vendors.note("feed", "k")
        assert stored is not None
        assert stored.note.published_at == NOW


def test_history_is_stored_at_once_as_what_stood_there(store: SqlStore) -> None:
    other = changed(NOTE, key="other")
    with store.write() as tx:
        tx.vendors.put_history([(NOTE, READING), (other, READING)], NOW)
        tx.vendors.put_history([], NOW)
    with store.read() as tx:
        found = tx.vendors.memory("feed")
        assert [(k, s.note, s.baseline, s.listed, s.first_at) for k, s in sorted(found.items())] == [
            ("k", NOTE, True, True, NOW),
            ("other", other, True, True, NOW),
        ]
        assert [(c.what, c.before) for c in tx.vendors.changes("feed", "other")] == [(What.NEW, None)]


def test_of_the_ends_that_are_announced_those_to_come_are_found(store: SqlStore) -> None:
    other = changed(READING, labels=(Label.PRICING,))
    with store.write() as tx:
        tx.vendors.put_note(NOTE, READING, NOW)
        tx.vendors.put_note(changed(NOTE, key="price"), other, NOW)
        tx.vendors.put_note(changed(NOTE, key="gone"), READING, NOW)
        tx.vendors.unlist("feed", ["gone"], NOW)
    with store.read() as tx:
        assert [n.note.key for n in tx.vendors.announced(later(days=40))] == ["k"]
        assert tx.vendors.announced(later(days=41)) == []


def test_a_note_that_is_read_otherwise_has_not_changed(store: SqlStore) -> None:
    with store.write() as tx:
        tx.vendors.put_note(NOTE, READING, NOW)
        assert tx.vendors.put_note(NOTE, changed(READING, review=False), later(hours=1)) is None
        stored = tx.vendors.note("feed", "k")
        assert stored is not None
        assert (stored.reading.review, stored.changed_at) == (False, NOW)


def test_a_note_that_left_its_page_and_came_back_is_remembered(store: SqlStore) -> None:
    with store.write() as tx:
        tx.vendors.put_note(NOTE, READING, NOW)
        assert tx.vendors.unlist("feed", ["k", "unknown"], later(hours=1)) == 1
        assert tx.vendors.unlist("feed", ["k"], later(hours=2)) == 0
        stored = tx.vendors.note("feed", "k")
        assert stored is not None
        assert not stored.listed
        assert tx.vendors.put_note(NOTE, READING, later(hours=3)) is What.REAPPEARED
        kinds = [c.what for c in tx.vendors.changes("feed", "k")]
        assert kinds == [What.NEW, What.REMOVED, What.REAPPEARED]


def test_pages_and_local_rules_come_back_as_they_were(store: SqlStore) -> None:
    page = PageState(source="feed", vendor="openai", baseline_at=NOW, entries=3, arrivals=(NOW,), suspect="emptied")
    rule = LocalRule(id="r", vendor="openai", words=("goes away",), labels=(Label.DEPRECATION,), by="ana", at=NOW)
    with store.write() as tx:
        assert tx.vendors.page("feed") is None
        tx.vendors.put_page(page)
        assert tx.vendors.put_local_rule(rule)
        assert not tx.vendors.put_local_rule(rule)
    with store.write() as tx:
        assert tx.vendors.pages() == [page] == [tx.vendors.page("feed")]
        assert tx.vendors.local_rules() == [rule]
        assert tx.vendors.drop_local_rule("r")
        assert not tx.vendors.drop_local_rule("r")


def test_of_lifecycles_what_changed_is_returned_and_what_is_gone_is_not_retired(store: SqlStore) -> None:
    old = Lifecycle(source="s", platform="openai", model="gpt-4.1", stage=Stage.DEPRECATED, ends_at=later(days=40))
    moved = changed(old, ends_at=later(days=60))
    other = Lifecycle(source="s", platform="azure", model="gpt-4.1", floor=True, ends_at=later(days=9))
    with store.write() as tx:
        assert tx.vendors.put_lifecycles("s", [old, other], NOW, whole=True) == [(None, old), (None, other)]
        assert tx.vendors.put_lifecycles("s", [old, other], later(hours=1), whole=True) == []
        assert tx.vendors.put_lifecycles("s", [moved], later(hours=2), whole=True) == [(old, moved)]
    with store.read() as tx:
        (mine,) = tx.vendors.lifecycles([("openai", "gpt-4.1")])
        assert (mine.item, mine.listed, mine.changed_at) == (moved, True, later(hours=2))
        (theirs,) = tx.vendors.lifecycles([("azure", "gpt-4.1")])
        assert (theirs.item, theirs.listed) == (other, False)
        assert len(tx.vendors.lifecycles()) == 2
        assert tx.vendors.lifecycles([]) == []


def test_a_catalogue_takes_the_place_of_what_stood_and_its_events_stay(store: SqlStore) -> None:
    one = CatalogueModel(key="openai/gpt-4.1", platform="openai", id="gpt-4.1", price={"input": 2.0})
    two = CatalogueModel(key="openai/o3", platform="openai", id="o3")
    event = CatalogueEvent(type=EventType.PRICE_CHANGED, model=one.key, old={"input": 2.0}, new={"input": 1})
    with store.write() as tx:
        assert tx.vendors.catalogue("models") == {}
        tx.vendors.put_catalogue("models", [one, two])
        tx.vendors.put_catalogue("models", [changed(one, price={"input": 1.0})])
        tx.vendors.put_events("models", [event], NOW)
        tx.vendors.put_events("models", [], NOW)
    with store.read() as tx:
        assert tx.vendors.catalogue("models") == {one.key: changed(one, price={"input": 1.0})}
        (stored,) = tx.vendors.events(source="models", since=NOW, models=[one.key])
        assert (stored.event, stored.at) == (event, NOW)
        assert tx.vendors.events(since=later(hours=1)) == []


def test_rounds_of_a_tripwire_are_kept_once_and_its_baseline_is_replaced(store: SqlStore) -> None:
    result = ProbeResult(
        probe="p", kind=ProbeKind.REFUSAL, answered=3, count=Count(1, 3), models=("gpt-4.1",), prompt_tokens=((12, 3),)
    )
    first = ProbeRound(
        source="wire", vendor="openai", model="gpt-4.1", component="openai/gpt-4.1", probes_digest="d", learn=10, at=NOW,
        results=(result,), latency_ms=412.5, stated=True,
    )  # fmt: skip
    shift = Shift(
        metric=Metric.REFUSALS, before="5.0 %", after="50.0 %", since=NOW, found_at=NOW, rounds=1, method="m",
        statistic=13.1, limit=11.0, count=Count(2, 3), reported_at=NOW,
    )  # fmt: skip
    base = ProbeBaseline(
        source="wire", vendor="openai", model="gpt-4.1", component="openai/gpt-4.1", probes_digest="d", rounds=1, learn=10, since=NOW,
        prompt_tokens=(("p", (12,)),), counts=((Metric.REFUSALS, Count(1, 3)),), shifts=(shift,),
        anew=((Metric.TOKENS, NOW),),
    )  # fmt: skip
    with store.write() as tx:
        assert tx.vendors.put_round(first)
        assert not tx.vendors.put_round(first)
        tx.vendors.put_round(changed(first, at=later(hours=1)))
        tx.vendors.put_baseline(base)
        tx.vendors.put_baseline(changed(base, rounds=2))
    with store.read() as tx:
        assert [r.at for r in tx.vendors.rounds("wire")] == [later(hours=1), NOW]
        assert tx.vendors.rounds("wire", limit=1) == [changed(first, at=later(hours=1))]
        assert tx.vendors.baseline("wire") == changed(base, rounds=2)
        assert tx.vendors.baselines() == [changed(base, rounds=2)]
        assert tx.vendors.baseline("other") is None


def test_what_is_asked_of_owners_is_listed_by_when_it_is_due(store: SqlStore) -> None:
    task = VendorTask(
        key="a", kind=TaskKind.RETEST, asset_id="bot", component="openai/gpt-4.1", source="feed", note="k", title="t",
        asked_at=NOW,
    )  # fmt: skip
    soon = changed(task, key="b", due_at=later(days=1))
    done = changed(task, key="c", due_at=later(days=2), done_at=NOW, how="run r1")
    with store.write() as tx:
        assert all(tx.vendors.put_task(x) for x in (task, soon, done))
        assert not tx.vendors.put_task(task)
    with store.read() as tx:
        assert tx.vendors.tasks(asset_id="bot") == [soon, done, task]
        assert tx.vendors.tasks(open_only=True, source="feed") == [soon, task]
        assert tx.vendors.tasks(asset_id="other") == []
