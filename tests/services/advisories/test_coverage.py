"""Clean is what somebody answered for, and not too long ago; every part that shows it agrees, as time passes too."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from pulse_tui.domain.advisory import Affected, Audit
from pulse_tui.domain.coverage import Coverage, Gap, holds_s
from pulse_tui.domain.estate import Component
from pulse_tui.domain.exploitation import Catalogue, Exploitation, Exploited
from pulse_tui.domain.purl import component as of_purl
from pulse_tui.domain.source import SourceStatus
from pulse_tui.domain.views.advisories import UNNAMED
from pulse_tui.ports import Store
from pulse_tui.services.advisories.audits import answers
from pulse_tui.services.advisories.ledger import ledger
from pulse_tui.services.components.tree import asset_unaudited
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.signals.ingest import ingest
from tests.fakes.bills import bill, package
from tests.fakes.nouns import NOW
from tests.services.advisories.test_audits import BOT, CONDA, NPM, advisory, component, take

DAY = timedelta(days=1)
ODD = component("pkg:pypi/odd", "odd", "latest", "PyPI")
BARE = component("pkg:pypi/bare", "bare", "", "PyPI")


def covered(parts: RollbackParts, source: str, *ecosystems: str, at: datetime = NOW) -> None:
    ingest([Coverage(source=source, at=at, ecosystems=ecosystems, whole=True)], [], parts.judging, at)


def billed(parts: RollbackParts, *components: Component) -> None:
    """The bot is made of these, and nothing else of anything."""
    with parts.store.write() as tx:
        for asset_id in tx.estate.load().assets:
            for head in tx.dependencies.bills(asset_id):
                tx.dependencies.drop_bill(asset_id, head.origin, NOW)
    take(parts, bill(*components))


def configured(parts: RollbackParts, source: str, every_s: float) -> None:
    with parts.store.write() as tx:
        tx.plumbing.put_source(SourceStatus(id=source, kind="osv", every_s=every_s, last_good_at=NOW))


def reasons(parts: RollbackParts, now: datetime) -> dict[str, str]:
    return {u.component.name: u.reason for u in asset_unaudited(parts.store, BOT, now)}


def shown(parts: RollbackParts, now: datetime) -> int:
    return shown_on(parts.store, now)


def shown_on(store: Store, now: datetime) -> int:
    """How many components the pane counts as not audited."""
    row = [r.component for r in store.board("acme", None, now).advisories if r.id == UNNAMED]
    return int(row[0].split()[0]) if row else 0


def state(parts: RollbackParts, one: Component, now: datetime) -> tuple[Audit, str]:
    with parts.store.read() as tx:
        (answer,) = answers(tx, [one], now)
    return answer.audit, answer.reason


@pytest.mark.parametrize(("every_s", "holds"), [(3_600.0, 1), (6 * 3_600.0, 1), (86_400.0, 3), (None, 7)])
def test_an_answer_counts_three_intervals_and_at_least_a_day_and_a_file_for_a_week(
    every_s: float | None, holds: int
) -> None:
    assert holds_s(every_s) == holds * 86_400


def test_what_is_clean_is_no_longer_audited_once_its_source_is_silent_and_nobody_wrote_anything(
    parts: RollbackParts,
) -> None:
    configured(parts, "osv", 3_600.0)
    billed(parts, package("vllm"))
    covered(parts, "osv", "PyPI")
    assert (reasons(parts, NOW), shown(parts, NOW)) == ({}, 0)
    assert state(parts, package("vllm"), NOW + DAY)[0] is Audit.CLEAN
    late = NOW + DAY + timedelta(seconds=1)
    found = "the newest answer for PyPI is from 2026-11-23 (24 h): source osv is silent"
    assert reasons(parts, late) == {"vllm": found}
    assert state(parts, package("vllm"), late) == (Audit.NOT_AUDITED, found)
    assert shown(parts, late) == 1
    assert ledger(parts.store, late).ecosystems[0].gaps == ((Gap.STALE.value, 1),)


def test_the_board_knows_when_an_answer_grows_stale(parts: RollbackParts) -> None:
    configured(parts, "osv", 3_600.0)
    billed(parts, package("vllm"))
    covered(parts, "osv", "PyPI")
    board = parts.store.board("acme", None, NOW + timedelta(hours=23))
    assert board.changes_us is not None
    changes = datetime.fromtimestamp(board.changes_us / 1e6, NOW.tzinfo)
    assert changes == NOW + DAY + timedelta(microseconds=1)
    assert (shown(parts, changes - timedelta(microseconds=1)), shown(parts, changes)) == (0, 1)


def test_a_round_in_which_nothing_changed_is_an_answer_and_a_silence_is_none(parts: RollbackParts) -> None:
    configured(parts, "osv", 3_600.0)
    billed(parts, package("vllm"))
    covered(parts, "osv", "PyPI")
    with parts.store.write() as tx:
        tx.coverage.touch("osv", NOW + DAY)
        tx.coverage.touch("another", NOW + 9 * DAY)
    assert reasons(parts, NOW + 2 * DAY) == {}
    assert reasons(parts, NOW + 3 * DAY).keys() == {"vllm"}


def test_a_file_counts_for_a_week(parts: RollbackParts) -> None:
    billed(parts, package("vllm"))
    ingest([advisory("X-1", Affected("PyPI", "other", ("9",)), source="ingest:osv")], [], parts.judging, NOW)
    assert reasons(parts, NOW + 7 * DAY) == {}
    (why,) = reasons(parts, NOW + 7 * DAY + timedelta(minutes=1)).values()
    assert (
        why == "the newest answer for PyPI is from 2026-11-23 (7 d), from a file: ingest a newer one, or add a source"
    )


def test_a_package_that_came_after_the_round_was_not_asked_for_yet(parts: RollbackParts) -> None:
    configured(parts, "osv", 3_600.0)
    billed(parts, package("vllm"), package("ray"), NPM)
    asked = Coverage(source="osv", at=NOW, packages=(("PyPI", "vllm"),), whole=True)
    ingest([asked], [], parts.judging, NOW)
    found = reasons(parts, NOW)
    assert found == {"ray": "not asked yet: no round since it came here asked for it", "left-pad": "no feed covers npm"}
    assert shown(parts, NOW) == 2
    both = Coverage(source="osv", at=NOW, packages=(("PyPI", "vLLM"), ("PyPI", "Ray")), whole=True)
    ingest([both], [], parts.judging, NOW)
    assert reasons(parts, NOW).keys() == {"left-pad"}
    assert shown(parts, NOW) == 1


def test_what_a_source_no_longer_names_it_no_longer_answers_for(parts: RollbackParts) -> None:
    configured(parts, "osv", 3_600.0)
    billed(parts, package("vllm"), NPM)
    covered(parts, "osv", "PyPI", "npm")
    assert reasons(parts, NOW) == {}
    covered(parts, "osv", "npm")
    assert reasons(parts, NOW) == {"vllm": "no feed covers PyPI"}


def test_a_version_that_is_missing_or_cannot_be_read_is_not_audited_though_nothing_names_the_package(
    parts: RollbackParts,
) -> None:
    covered(parts, "osv", "PyPI")
    billed(parts, package("vllm"), ODD, BARE)
    assert reasons(parts, NOW) == {
        "odd": "the installed version 'latest' cannot be read as a PyPI version",
        "bare": "the installed version is not known",
    }
    assert shown(parts, NOW) == 2


def test_an_answer_states_how_old_it_is(parts: RollbackParts) -> None:
    covered(parts, "osv", "PyPI")
    at = NOW + timedelta(hours=5)
    assert state(parts, package("vllm"), at) == (Audit.CLEAN, "no stored advisory reaches it; osv answered 5 h ago")
    take(parts, advisory("X-1", Affected("PyPI", "vllm", ("1.0",))))
    audit, why = state(parts, package("vllm"), at)
    assert audit is Audit.MATCHED
    assert why.endswith("; osv answered 5 h ago")


def test_the_ledger_counts_what_serves_by_ecosystem_and_source_with_the_reasons(parts: RollbackParts) -> None:
    configured(parts, "osv", 3_600.0)
    billed(parts, package("vllm"), package("ray"), ODD, CONDA, NPM)
    covered(parts, "osv", "PyPI")
    take(parts, advisory("X-1", Affected("PyPI", "vllm", ("1.0",))))
    found = ledger(parts.store, NOW)
    rows = {row.about: (row.matched, row.clean, row.not_audited, dict(row.gaps)) for row in found.ecosystems}
    assert rows == {
        "PyPI": (1, 1, 1, {Gap.VERSION.value: 1}),
        "npm": (0, 0, 1, {Gap.NO_FEED.value: 1}),
        "conda": (0, 0, 1, {Gap.NAMELESS.value: 1}),
    }
    assert (found.matched, found.clean, found.not_audited, found.uncovered) == (1, 1, 3, ("npm",))
    assert [(r.about, r.matched, r.clean, r.not_audited) for r in found.sources] == [("osv", 1, 1, 1)]
    assert [(f.source, f.kind, f.covers, f.word) for f in found.feeds] == [("osv", "osv", "PyPI", "fresh")]
    assert shown(parts, NOW) == found.not_audited == len(asset_unaudited(parts.store, BOT, NOW))


@pytest.mark.parametrize(
    ("feed", "audit"),
    [
        ("Debian:11", Audit.NOT_AUDITED),
        ("Debian:12", Audit.CLEAN),
        ("Debian", Audit.CLEAN),
        ("Ubuntu:12", Audit.NOT_AUDITED),
    ],
)
def test_a_feed_of_one_release_of_a_distribution_says_nothing_of_another(
    parts: RollbackParts, feed: str, audit: Audit
) -> None:
    openssl = of_purl("pkg:deb/debian/openssl@3.0.11-1?distro=debian-12")
    billed(parts, openssl)
    covered(parts, "ingest:osv", feed)
    assert state(parts, openssl, NOW)[0] is audit
    assert (ledger(parts.store, NOW).not_audited, shown(parts, NOW)) == ((audit is Audit.NOT_AUDITED,) * 2)
    assert ledger(parts.store, NOW).feeds[0].covers == feed


def test_what_serves_and_nobody_knows_what_it_is_made_of_is_named(parts: RollbackParts) -> None:
    before = ledger(parts.store, NOW).unbilled
    assert BOT in before
    billed(parts, package("vllm"))
    assert set(before) - set(ledger(parts.store, NOW).unbilled) == {BOT}


def test_a_list_of_known_exploited_vulnerabilities_is_a_feed_with_its_own_date(parts: RollbackParts) -> None:
    kev = Exploitation(source="kev", catalogue=Catalogue.KEV, at=NOW - DAY, exploited=(Exploited(cve="CVE-2026-1"),))
    with parts.store.write() as tx:
        tx.plumbing.put_source(SourceStatus(id="kev", kind="kev", every_s=3_600.0, last_good_at=NOW))
    ingest([kev], [], parts.judging, NOW)
    (fresh,) = ledger(parts.store, NOW).feeds
    assert (fresh.covers, fresh.records, fresh.stale) == ("KEV", 1, False)
    (stale,) = ledger(parts.store, NOW + 5 * DAY).feeds
    assert (stale.stale, stale.why) == (True, "it has not answered for 5 d")
