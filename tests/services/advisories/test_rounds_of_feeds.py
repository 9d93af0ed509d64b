"""From the network to the answer: a round of OSV asks for what the estate runs, and only that is clean."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from pulse_tui.collectors import osv
from pulse_tui.domain.estate import Component
from pulse_tui.services.advisories.ledger import ledger
from pulse_tui.services.components.tree import asset_unaudited
from pulse_tui.services.parts import JudgeParts, RollbackParts
from pulse_tui.services.signals.refresh import refresh
from pulse_tui.services.signals.sources import keep_sources
from pulse_tui.settings.shapes import SourceShape
from tests.collectors.contexts import quick_web
from tests.fakes.bills import package
from tests.fakes.clock import Clock
from tests.servers.loopback import Loopback, Reply
from tests.servers.osv_api import OsvApi, record
from tests.services.advisories.test_audits import BOT, component
from tests.services.advisories.test_coverage import billed, shown

SSL = component("pkg:deb/debian/libssl3?distro=debian-12&upstream=openssl", "libssl3", "3.0.11-1", "Debian:12")


@pytest.fixture
def api() -> Iterator[OsvApi]:
    with Loopback() as server:
        yield OsvApi(server, record("A-1"), record("X-1", "elsewhere"))


def judging(parts: RollbackParts, options: osv.Options) -> JudgeParts:
    shape = SourceShape(id="osv", kind="osv", every=options.EVERY, options=options)
    outside = parts.judging.outside._replace(http=quick_web())
    return parts.judging._replace(sources={"osv": shape}, outside=outside)


def gaps(parts: RollbackParts, clock: Clock) -> dict[str, str]:
    return {u.component.name: u.reason for u in asset_unaudited(parts.store, BOT, clock())}


def made_of(parts: RollbackParts, *components: Component) -> None:
    billed(parts, *components)


def test_only_what_was_asked_for_is_clean_and_what_came_later_is_not_asked_yet(
    parts: RollbackParts, api: OsvApi, clock: Clock
) -> None:
    judge = judging(parts, osv.Options(api_url=api.server.url))
    made_of(parts, package("vllm"), package("ray"), SSL)
    assert gaps(parts, clock).keys() == {"vllm", "ray", "libssl3"}
    result = refresh("osv", judge, "me")
    assert (result.ok, result.tally.observations, result.refused) == (True, 1, "")
    assert gaps(parts, clock) == {}
    found = ledger(parts.store, clock())
    assert {r.about: (r.matched, r.clean, r.not_audited) for r in found.ecosystems} == {
        "PyPI": (1, 1, 0),
        "Debian": (0, 1, 0),
    }
    queries = [q["package"] for q in api.server.seen("POST", "/v1/querybatch")[0].json()["queries"]]
    assert {"ecosystem": "Debian:12", "name": "openssl"} in queries, "advisories name source packages"
    made_of(parts, package("vllm"), package("ray"), SSL, package("click"))
    assert gaps(parts, clock) == {"click": "not asked yet: no round since it came here asked for it"}
    refresh("osv", judge, "me")
    assert gaps(parts, clock) == {}


def test_an_api_that_is_silent_leaves_nothing_clean_after_a_day(
    parts: RollbackParts, api: OsvApi, clock: Clock
) -> None:
    judge = judging(parts, osv.Options(api_url=api.server.url))
    made_of(parts, package("ray"))
    refresh("osv", judge, "me")
    api.server.on("POST", "/v1/querybatch", Reply(503))
    clock.pass_(hours=23)
    assert not refresh("osv", judge, "me").ok
    assert (gaps(parts, clock), shown(parts, clock())) == ({}, 0)
    clock.pass_(hours=2)
    (why,) = gaps(parts, clock).values()
    assert why.endswith("(25 h): source osv is silent")
    assert shown(parts, clock()) == 1
    (feed,) = ledger(parts.store, clock()).feeds
    assert (feed.stale, "answered 503" in feed.why) == (True, True)


def test_rounds_in_which_a_dump_has_nothing_new_keep_its_answer_fresh(
    parts: RollbackParts, api: OsvApi, clock: Clock
) -> None:
    api.dump("PyPI", etag='"1"')
    judge = judging(parts, osv.Options(bulk_url=api.server.url, ecosystems=("PyPI",)))
    made_of(parts, package("ray"))
    for _ in range(3):
        assert refresh("osv", judge, "me").ok
        assert gaps(parts, clock) == {}
        clock.pass_(hours=20)
    assert ledger(parts.store, clock() + timedelta(hours=5)).not_audited == 1


def test_while_a_file_of_a_folder_is_refused_what_the_folder_published_on_grows_stale(
    parts: RollbackParts, clock: Clock, tmp_path: Path
) -> None:
    folder = tmp_path / "advisories"
    folder.mkdir()
    (folder / "a.json").write_text(json.dumps(record("X-1", "elsewhere")))
    judge = judging(parts, osv.Options(path=str(folder)))
    made_of(parts, package("ray"))
    refresh("osv", judge, "me")
    clock.pass_(hours=20)
    refresh("osv", judge, "me")
    clock.pass_(hours=20)
    assert gaps(parts, clock) == {}, "a round in which nothing changed is an answer"
    (folder / "a.json").write_text("{")
    refresh("osv", judge, "me")
    clock.pass_(hours=5)
    assert gaps(parts, clock).keys() == {"ray"}
    (folder / "a.json").write_text(json.dumps(record("X-1", "elsewhere", modified="2026-11-02T00:00:00Z")))
    refresh("osv", judge, "me")
    assert gaps(parts, clock) == {}


def test_a_source_that_is_no_longer_configured_covers_nothing(parts: RollbackParts, api: OsvApi, clock: Clock) -> None:
    judge = judging(parts, osv.Options(api_url=api.server.url))
    keep_sources(judge.sources, judge, clock())
    made_of(parts, package("ray"))
    refresh("osv", judge, "me")
    assert gaps(parts, clock) == {}
    keep_sources({}, judge, clock())
    assert gaps(parts, clock) == {"ray": "no feed covers PyPI"}
