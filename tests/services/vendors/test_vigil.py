"""A source that answers is not good for that: what it lists may be doubted, nothing, or nothing new for too long."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from pulse_tui.domain.alert import AlertState
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.health import Health
from pulse_tui.domain.note import Note, NoteKind, Page
from pulse_tui.domain.source import Collected, Cursor, SourceStatus
from pulse_tui.domain.trust import Trust, TrustState
from pulse_tui.domain.words import SignalType
from pulse_tui.ports import CollectContext
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.signals.refresh import Round, refresh
from pulse_tui.services.vendors.vigil import trust
from pulse_tui.settings.shapes import SourceShape
from tests.fakes.clock import Clock
from tests.fakes.nouns import NOW


class Pages:
    """A collector of one page: what it lists, None for what has not changed since the validator that was sent."""

    class Options(msgspec.Struct, frozen=True):
        """None."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.notes: tuple[Note, ...] = ()
        self.kind = NoteKind.CHANGELOG
        self.seen: list[Cursor] = []

    def collect(self, options: Any, context: CollectContext) -> Collected:
        del options
        self.seen.append(context.cursor)
        if self.error is not None:
            raise self.error
        mark = Cursor(etag=str(hash(self.notes)))
        if mark == context.cursor:
            return Collected(cursor=mark, unchanged=True)
        page = Page(source=context.source, vendor="openai", notes=self.notes, rolling=False, kind=self.kind)
        return Collected(observations=(page,), cursor=mark)


@pytest.fixture
def pages() -> Pages:
    return Pages()


@pytest.fixture
def source(judge: JudgeParts, pages: Pages) -> JudgeParts:
    shape = SourceShape(id="news", kind="changelog", every=3_600.0, options=None)
    return judge._replace(source_kinds={"changelog": pages}, sources={"news": shape})


def weekly(count: int, ended_days: float = 0) -> tuple[Note, ...]:
    """One entry a week, the newest so many days ago."""
    return tuple(
        Note(
            source="news",
            key=f"n{n}",
            vendor="openai",
            title=f"Entry {n}",
            body=f"The console has field number {n}.",
            published_at=NOW - timedelta(days=ended_days + 7 * n),
        )
        for n in range(count)
    )


def turn(source: JudgeParts, **span: float) -> Round:
    """A round after some time."""
    source.clock.pass_(**span)  # type: ignore[attr-defined]
    return refresh("news", source, "h")


def panel(source: JudgeParts) -> Trust:
    with source.store.read() as tx:
        (found,) = trust(tx, source.clock())
    return found


def status(source: JudgeParts) -> SourceStatus:
    with source.store.read() as tx:
        return tx.plumbing.sources()["news"]


def health_alerts(source: JudgeParts) -> list[tuple[str, AlertState]]:
    with source.store.read() as tx:
        found = []
        for alert in tx.judgements.alerts():
            signal = tx.signals.get(alert.signal_id)
            if signal is not None and signal.signal_type is SignalType.SOURCE_HEALTH:
                found.append((getattr(signal.evidence, "state", ""), alert.state))
    return found


def test_a_page_that_brings_its_usual_news_is_good(source: JudgeParts, pages: Pages) -> None:
    pages.notes = weekly(12, ended_days=3)
    assert turn(source).good
    found = panel(source)
    assert (found.state, found.why, found.entries, found.usual_s) == (TrustState.GOOD, "", 12, 7 * 86_400.0)
    assert found.baseline_at == NOW
    assert health_alerts(source) == []


def test_a_page_that_went_silent_is_not_good_says_how_long_and_ends_by_news(source: JudgeParts, pages: Pages) -> None:
    pages.notes = weekly(12, ended_days=41)
    done = turn(source)
    why = "nothing new for 41 d; it used to bring something every 7 d"
    assert (panel(source).state, panel(source).why) == (TrustState.SILENT, why)
    said = f"silent: {why}"
    assert said in done.message
    assert done.good, "what it lists is believed"
    assert (status(source).health(source.clock()), status(source).reason) == (Health.SUSPECT, said)
    assert health_alerts(source) == [("silent", AlertState.FIRING)]
    assert "unchanged" in turn(source, hours=1).message
    assert panel(source).state is TrustState.SILENT
    fresh = msgspec.structs.replace(weekly(1)[0], key="fresh")
    pages.notes = (*pages.notes, fresh)
    turn(source, hours=1)
    assert panel(source).state is TrustState.GOOD
    assert health_alerts(source) == [("silent", AlertState.RESOLVED)]


def test_a_page_goes_silent_as_time_passes_though_it_answers_that_nothing_changed(
    source: JudgeParts, pages: Pages
) -> None:
    pages.notes = weekly(12)
    turn(source)
    turn(source, days=20)
    assert health_alerts(source) == []
    turn(source, days=20)
    assert health_alerts(source) == [("silent", AlertState.FIRING)]


@pytest.mark.parametrize("kind", [NoteKind.STATUS, NoteKind.BULLETIN])
def test_where_no_news_is_good_news_nothing_is_silent(source: JudgeParts, pages: Pages, kind: NoteKind) -> None:
    pages.kind, pages.notes = kind, weekly(12, ended_days=300)
    turn(source)
    assert panel(source).state is TrustState.GOOD


def test_of_few_entries_no_tempo_is_known(source: JudgeParts, pages: Pages) -> None:
    pages.notes = weekly(5, ended_days=300)
    turn(source)
    assert (panel(source).state, panel(source).usual_s) == (TrustState.GOOD, None)


def test_a_page_that_lists_nothing_any_more_is_suspect_until_it_is_back_though_that_is_no_change(
    source: JudgeParts, pages: Pages
) -> None:
    usual = pages.notes = weekly(12)
    turn(source)
    pages.notes = ()
    for hours in (1, 1):
        done = turn(source, hours=hours)
        assert not done.good
        assert (panel(source).state, status(source).health(source.clock())) == (TrustState.SUSPECT, Health.SUSPECT)
        assert "lists nothing any more; there were 12 entries" in status(source).reason
    assert health_alerts(source) == [("suspect", AlertState.FIRING)]
    pages.notes = usual
    assert turn(source, hours=1).message.startswith("unchanged")
    assert (panel(source).state, status(source).reason) == (TrustState.GOOD, "")
    assert health_alerts(source) == [("suspect", AlertState.RESOLVED)]
    assert pages.seen[-1] == pages.seen[1], "with the validators of what was believed"


def test_a_page_that_stays_empty_is_believed_and_never_good(source: JudgeParts, pages: Pages) -> None:
    pages.notes = weekly(12)
    turn(source)
    pages.notes = ()
    for _ in range(5):
        turn(source, hours=3)
    assert panel(source).state is TrustState.EMPTY
    assert health_alerts(source) == [("empty", AlertState.FIRING), ("suspect", AlertState.RESOLVED)]
    pages.notes = weekly(12)
    turn(source, hours=3)
    assert panel(source).state is TrustState.SUSPECT


def test_a_first_reading_without_an_entry_is_no_baseline_and_not_good(source: JudgeParts, pages: Pages) -> None:
    turn(source)
    found = panel(source)
    assert (found.state, found.baseline_at) == (TrustState.SUSPECT, None)
    pages.notes = weekly(9)
    turn(source, hours=1)
    assert panel(source).state is TrustState.GOOD


def test_an_address_at_which_there_is_nothing_is_gone_and_what_fails_otherwise_is_failing(
    source: JudgeParts, pages: Pages
) -> None:
    usual = pages.notes = weekly(12)
    turn(source)
    gone = SourceError("https://example.test/log answered 404")
    gone.missing = True
    pages.error = gone
    for _ in range(3):
        turn(source, minutes=20)
    assert (panel(source).state, panel(source).why) == (TrustState.GONE, "https://example.test/log answered 404")
    assert health_alerts(source) == [("gone", AlertState.FIRING)]
    pages.error = SourceError("it timed out")
    turn(source, minutes=20)
    assert panel(source).state is TrustState.FAILING
    pages.error, pages.notes = None, usual
    before = panel(source).arrivals
    turn(source, minutes=20)
    assert (panel(source).state, panel(source).arrivals) == (TrustState.GOOD, before), "to answer again is no news"
    assert health_alerts(source) == [("gone", AlertState.RESOLVED)]


def test_what_is_late_is_late_whatever_it_listed(source: JudgeParts, pages: Pages, clock: Clock) -> None:
    pages.notes = weekly(12)
    turn(source)
    clock.pass_(days=1)
    assert panel(source).state is TrustState.LATE


def test_a_source_that_nobody_asks_while_others_are_asked_is_late_until_it_answers(
    source: JudgeParts, pages: Pages, clock: Clock
) -> None:
    shapes = {name: SourceShape(id=name, kind="changelog", every=3_600.0, options=None) for name in ("news", "other")}
    source = source._replace(sources=shapes)
    pages.notes = weekly(12)
    refresh("other", source, "h")
    for _ in range(3):
        turn(source, hours=1)
    assert health_alerts(source) == []
    turn(source, hours=1)
    turn(source, hours=1)
    assert health_alerts(source) == [("late", AlertState.FIRING)]
    with source.store.read() as tx:
        (alert,) = tx.judgements.alerts()
    assert (alert.title, alert.count) == (
        "source other is late: nobody asked it for 4 h; it is to be asked every 60 min",
        1,
    )
    refresh("other", source, "h")
    assert health_alerts(source) == [("late", AlertState.RESOLVED)]
    clock.pass_(days=2)
    turn(source, hours=0)
    assert health_alerts(source) == [("late", AlertState.RESOLVED)], "nothing ran: no source is late alone"


def test_the_least_trusted_comes_first_and_other_sources_are_there_too(source: JudgeParts, pages: Pages) -> None:
    pages.notes = weekly(12)
    turn(source)
    with source.store.write() as tx:
        tx.plumbing.put_source(SourceStatus(id="osv", kind="osv", failures=2, reason="down", last_attempt_at=NOW))
        tx.plumbing.put_source(SourceStatus(id="kev", kind="kev"))
        found = trust(tx, source.clock())
    assert [(t.source, t.state) for t in found] == [
        ("osv", TrustState.FAILING),
        ("kev", TrustState.NEVER),
        ("news", TrustState.GOOD),
    ]
    assert (found[0].entries, found[0].vendor) == (None, "")
