"""From the network to the answer: rounds of NVD, on both databases. Nothing is clean before the first load is whole."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from pulse_tui.collectors import nvd
from pulse_tui.domain.estate import Component
from pulse_tui.domain.words import ComponentKind
from pulse_tui.services.advisories.audits import answers
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.signals.ingest import ingest
from pulse_tui.services.signals.refresh import refresh
from pulse_tui.services.signals.sources import keep_sources
from pulse_tui.settings.shapes import SourceShape
from tests.collectors.contexts import quick_web
from tests.fakes.bills import bill
from tests.fakes.nouns import NOW
from tests.fakes.nvd_year import FakeNvd, record
from tests.servers.loopback import Loopback, Reply

BOT = "support-bot"
OLD = NOW - timedelta(days=30)


def of_product(number: int, product: str, **words: Any) -> dict[str, Any]:
    match = {"vulnerable": True, "criteria": f"cpe:2.3:a:acme:{product}:*:*:*:*:*:*:*:*", "versionEndExcluding": "2.0"}
    made = record(number, OLD)
    made["cve"] |= {"configurations": [{"nodes": [{"operator": "OR", "negate": False, "cpeMatch": [match]}]}], **words}
    return made


def declared(product: str) -> Component:
    return Component(
        id=product,
        kind=ComponentKind.VECTOR_STORE,
        name=product,
        version="1.5",
        known_as=(f"cpe:2.3:a:acme:{product}:*:*:*:*:*:*:*:*",),
    )


STORE, OTHER = declared("store"), declared("other")


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback() as running:
        yield running


@pytest.fixture
def judge(on_both: JudgeParts, server: Loopback) -> JudgeParts:
    options = nvd.Options(url=f"{server.url}/cves", page_size=2)
    shape = SourceShape(id="nvd", kind="nvd", every=options.EVERY, options=options)
    parts = on_both._replace(sources={"nvd": shape}, outside=on_both.outside._replace(http=quick_web()))
    ingest([bill(STORE, OTHER)], [], parts, parts.clock())
    return parts


def said(judge: JudgeParts) -> dict[str, tuple[str, str]]:
    with judge.store.read() as tx:
        found = answers(tx, (STORE, OTHER), judge.clock())
    return {a.component: (a.audit.value, a.reason) for a in found}


def test_what_was_not_read_yet_is_not_clean_and_what_is_known_already_is_matched(
    judge: JudgeParts, server: Loopback
) -> None:
    year = [of_product(1, "store"), *(record(n, OLD) for n in range(2, 16))]
    server.on("GET", "/cves", FakeNvd(year, judge.clock()))
    first = refresh("nvd", judge, "me")
    assert (first.ok, first.tally.observations, first.next_s) == (True, 10, 30.0)
    assert said(judge)["store"][0] == "matched"
    assert said(judge)["other"] == ("not audited", "not answered yet: nvd was not read whole so far")
    last = refresh("nvd", judge, "me")
    assert (last.ok, last.tally.observations, last.next_s) == (True, 5, 7_200.0)
    assert said(judge)["other"][0] == "clean"


def test_a_record_that_is_rejected_later_and_one_that_comes_later_count_from_the_next_round(
    judge: JudgeParts, server: Loopback
) -> None:
    fake = FakeNvd([of_product(1, "store"), record(2, OLD)], judge.clock())
    server.on("GET", "/cves", fake)
    refresh("nvd", judge, "me")
    assert {k: v[0] for k, v in said(judge).items()} == {"store": "matched", "other": "clean"}
    now = judge.clock().strftime("%Y-%m-%dT%H:%M:%S.000")
    fake.records[0] = of_product(1, "store", vulnStatus="Rejected", lastModified=now)
    fake.records.append(of_product(3, "other", lastModified=now))
    done = refresh("nvd", judge, "me")
    assert (done.tally.observations, done.tally.new) == (2, 2)
    assert {k: v[0] for k, v in said(judge).items()} == {"store": "clean", "other": "matched"}
    again = refresh("nvd", judge, "me")
    assert again.tally.new == 0


def test_a_round_that_fails_takes_nothing_back_and_a_removed_source_covers_nothing(
    judge: JudgeParts, server: Loopback
) -> None:
    server.on("GET", "/cves", FakeNvd([record(1, OLD)], judge.clock()))
    refresh("nvd", judge, "me")
    assert said(judge)["store"][0] == "clean"
    server.on("GET", "/cves", Reply(503))
    failed = refresh("nvd", judge, "me")
    assert (failed.ok, failed.next_s) == (False, 600.0)
    assert said(judge)["store"][0] == "clean"
    keep_sources({}, judge, judge.clock())
    assert said(judge)["store"] == (
        "not audited",
        "nobody publishes advisories for it: no feed covers acme:store",
    )
