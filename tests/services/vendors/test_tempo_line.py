"""The tempo index for the header."""

from __future__ import annotations

from datetime import timedelta

from pulse_tui.domain.catalogue import CatalogueModel
from pulse_tui.domain.note import PageState
from pulse_tui.domain.source import SourceStatus
from pulse_tui.services.vendors.tempo_line import FRESH, TempoReader
from pulse_tui.storage.store import SqlStore
from tests.fakes.nouns import NOW, changed, later

PAGE = PageState(source="models", vendor="models.dev", baseline_at=NOW, entries=26)
STATUS = SourceStatus(id="models", kind="models_dev", last_good_at=NOW)


def fill(store: SqlStore, count: int = 26) -> None:
    models = [
        CatalogueModel(
            key=f"mistral/mistral-{n}x", platform="mistral", id=f"mistral-{n}x",
            released=f"{(NOW - timedelta(days=14 * n + 1)).date()}",
        )
        for n in range(count)
    ]  # fmt: skip
    with store.write() as tx:
        tx.vendors.put_catalogue("models", models)
        tx.vendors.put_page(PAGE)
        tx.plumbing.put_source(STATUS)


def test_without_a_catalogue_there_is_no_tempo(store: SqlStore) -> None:
    assert TempoReader(store).line(NOW) is None


def test_the_index_stands_with_the_releases_of_each_four_weeks(store: SqlStore) -> None:
    fill(store)
    line = TempoReader(store).line(NOW)
    assert line is not None
    assert (line.value, sum(line.windows), len(line.windows)) == (100, 26, 13)


def test_too_few_releases_and_a_catalogue_that_is_silent_give_none(store: SqlStore) -> None:
    fill(store, 5)
    assert TempoReader(store).line(NOW) is None
    fill(store)
    assert TempoReader(store).line(NOW + FRESH + timedelta(hours=1)) is None


def test_it_is_made_again_only_when_the_catalogue_changed(store: SqlStore) -> None:
    fill(store)
    reader = TempoReader(store)
    first = reader.line(NOW)
    with store.write() as tx:
        tx.vendors.put_catalogue("models", [])
    assert reader.line(NOW) is first
    with store.write() as tx:
        tx.vendors.put_page(changed(PAGE, news_at=later(hours=1)))
    assert reader.line(NOW) is None
