"""VEX statements become waivers of their author; newer ones replace older; out and in again they are the same."""

from __future__ import annotations

import json
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pulse_tui.collectors import vex
from pulse_tui.domain.alert import AlertState
from pulse_tui.domain.estate import Component
from pulse_tui.domain.source import Observation
from pulse_tui.domain.waiver import UNSEEN, Justification, Statement, VexStatus, Waiver
from pulse_tui.domain.words import ComponentKind
from pulse_tui.services.advisories.vex import export
from pulse_tui.services.advisories.waivers import end_waiver, waive_advisory
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.signals.ingest import Tally, ingest
from pulse_tui.storage.store import SqlStore
from tests.collectors.contexts import context
from tests.fakes.clock import Clock
from tests.fakes.databases import sqlite_file
from tests.fakes.house import judging
from tests.fakes.nouns import NOW, PRODUCTION, later
from tests.servers.forms import examples
from tests.services.advisories.test_waivers import CVE, bill, open_alerts, package, waivers
from tests.services.advisories.test_waivers import take as take_at
from tests.services.estates import fill

OFF = Justification.CODE_NOT_IN_EXECUTE_PATH


@pytest.fixture
def judge(on_both: JudgeParts) -> JudgeParts:
    return on_both


def take(judge: JudgeParts, *items: Observation, at: datetime = NOW) -> Tally:
    return ingest(list(items), [], judge, at)


def said(**changes: Any) -> Statement:
    one: dict[str, Any] = {
        "source": "vendor", "document": "doc-1", "author": "Vendor PSIRT", "at": NOW, "vulnerability": "CVE-2026-3248",
        "component_id": "pkg:pypi/vllm", "version": "0.9.1", "status": VexStatus.NOT_AFFECTED, "justification": OFF,
        "rationale": "that path is off",
    }  # fmt: skip
    return Statement(**{**one, **changes})


def states(judge: JudgeParts) -> set[AlertState]:
    return {a.state for a in open_alerts(judge)}


def problems(judge: JudgeParts) -> list[str]:
    with judge.store.read() as tx:
        return [str(r.problem) for _, r in tx.signals.quarantined(20)]


def test_a_vendors_statement_is_of_every_asset_that_uses_that_very_version(judge: JudgeParts) -> None:
    take(judge, CVE, bill(package("vllm", "0.9.1"), asset_id="support-bot"), said())
    assert states(judge) == {AlertState.SUPPRESSED}
    (waiver,) = waivers(judge)
    assert (waiver.asset_id, waiver.owner, waiver.placed_by, waiver.source) == (
        None, "Vendor PSIRT", "Vendor PSIRT", "doc-1",
    )  # fmt: skip
    assert waiver.review_at == NOW + timedelta(days=90)
    take(judge, bill(package("vllm", "0.9.0"), asset_id="support-bot"), at=later(minutes=1))
    assert {a.asset_id: a.state for a in open_alerts(judge)} == {
        "gateway": AlertState.SUPPRESSED, "support-bot": AlertState.FIRING,
    }  # fmt: skip


def test_the_same_document_again_writes_nothing(judge: JudgeParts) -> None:
    take(judge, CVE)
    assert take(judge, said()).new == 1
    with judge.store.read() as tx:
        before = len(tx.log.entries())
    assert take(judge, said(), at=later(days=3)).new == 0
    with judge.store.read() as tx:
        assert len(tx.log.entries()) == before
    assert waivers(judge)[0].review_at == NOW + timedelta(days=90)


def test_a_waiver_that_ended_does_not_come_back_with_its_old_document(judge: JudgeParts) -> None:
    take(judge, CVE, said())
    (waiver,) = waivers(judge)
    end_waiver(judge, waiver.id, "ana", "we call that path", later(minutes=1))
    take(judge, said(), at=later(minutes=2))
    assert waivers(judge, standing=True) == []
    take(judge, said(at=later(days=1)), at=later(days=1))
    assert len(waivers(judge, standing=True)) == 1


@pytest.mark.parametrize("status", [VexStatus.AFFECTED, VexStatus.UNDER_INVESTIGATION])
def test_a_newer_statement_that_excuses_nothing_ends_the_older_of_its_author(
    judge: JudgeParts, status: VexStatus
) -> None:
    take(judge, CVE, said(version=None))
    assert states(judge) == {AlertState.SUPPRESSED}
    take(judge, said(at=later(days=1), status=status, justification=None), at=later(days=1))
    assert states(judge) == {AlertState.FIRING}
    assert waivers(judge, standing=True) == []
    take(judge, said(version=None, rationale="once more"), at=later(days=2))
    assert states(judge) == {AlertState.FIRING}, "what is older does not come back"


def test_another_author_ends_nothing(judge: JudgeParts) -> None:
    take(judge, CVE, said())
    affected = said(at=later(days=1), author="Somebody else", status=VexStatus.AFFECTED, justification=None)
    take(judge, affected, at=later(days=1))
    assert states(judge) == {AlertState.SUPPRESSED}


def test_a_newer_statement_takes_the_place_of_the_older_also_under_another_id_of_the_group(judge: JudgeParts) -> None:
    take(judge, CVE, said())
    take(judge, said(at=later(days=1), vulnerability="GHSA-a", rationale="it is not built in"), at=later(days=1))
    (standing,) = waivers(judge, standing=True)
    assert standing.rationale == "it is not built in"
    assert len(waivers(judge)) == 2


def test_fixed_excuses_the_version_that_has_the_fix_whatever_its_number_says(judge: JudgeParts) -> None:
    take(judge, CVE, said(status=VexStatus.FIXED, justification=None))
    assert states(judge) == {AlertState.SUPPRESSED}


def test_what_is_stated_within_a_product_is_of_the_assets_that_use_it(judge: JudgeParts) -> None:
    image = Component(id="pkg:oci/serve", kind=ComponentKind.IMAGE, name="serve", version="sha256:12")
    within = said(within="pkg:oci/serve", within_version="sha256:12")
    take(judge, CVE, within)
    assert waivers(judge) == []
    (problem,) = problems(judge)
    assert "no asset uses pkg:oci/serve@sha256:12" in problem
    take(judge, bill(package("vllm", "0.9.1"), image), at=later(minutes=1))
    take(judge, within, at=later(minutes=2))
    (waiver,) = waivers(judge)
    assert waiver.asset_id == "gateway"
    assert states(judge) == {AlertState.SUPPRESSED}


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"justification": None}, "not_affected without a justification"),
        ({"asset_id": "nobody"}, "there is no asset 'nobody'"),
        ({"at": later(days=3)}, "which is to come"),
        ({"review_at": later(days=-1)}, "its review date has passed"),
    ],
)
def test_a_statement_that_excuses_without_saying_why_or_whom_is_refused(
    judge: JudgeParts, changes: dict[str, Any], what: str
) -> None:
    told = take(judge, CVE, said(**changes))
    assert what in problems(judge)[0]
    assert any(what in remark for remark in told.remarks)
    assert waivers(judge) == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "CVE-2026-3248 in pkg:pypi/vllm@0.9.1"),
        ({"component_id": None, "version": None, "within": "pkg:oci/x", "within_version": "1"}, "in pkg:oci/x@1"),
        ({"component_id": None, "version": None, "asset_id": "gateway"}, "CVE-2026-3248 in gateway"),
        ({"component_id": None, "version": None}, "CVE-2026-3248 in every component"),
    ],
)
def test_a_message_names_what_a_statement_is_of(changes: dict[str, Any], words: str) -> None:
    assert said(**changes).id.endswith(words)


def test_one_that_comes_before_its_advisory_is_in_view_of_the_first_record(judge: JudgeParts) -> None:
    take(judge, said())
    assert waivers(judge)[0].fixed == UNSEEN
    take(judge, CVE, at=later(minutes=1))
    assert states(judge) == {AlertState.SUPPRESSED}
    assert waivers(judge)[0].fixed == ("0.9.2",)
    more = msgspec.structs.replace(CVE.affected[0], ranges=(*CVE.affected[0].ranges, *CVE.affected[1].ranges))
    take(judge, msgspec.structs.replace(CVE, affected=(more,), modified=later(days=1)), at=later(days=1))
    assert states(judge) == {AlertState.FIRING}


def same(waiver: Waiver, *, whole: bool) -> tuple[object, ...]:
    """What a form carries of a waiver."""
    scope = (waiver.advisory, waiver.asset_id, waiver.component_id, waiver.version, waiver.environment)
    content = (*scope, waiver.status, waiver.justification, waiver.rationale)
    return (*content, waiver.owner, waiver.review_at) if whole else content


@pytest.mark.parametrize("form", ["openvex", "cyclonedx"])
def test_what_goes_out_comes_in_the_same(judge: JudgeParts, form: str) -> None:
    take(judge, CVE, bill(package("vllm", "0.9.1"), package("ray", "2.8")))
    terms: dict[str, Any] = {"until": later(days=30), "by": "ana", "now": NOW}
    waive_advisory(
        judge, "GHSA-a", "gateway", "vllm", status="not_affected", justification=OFF.value, why="off: “quoted”",
        environment=PRODUCTION, **terms,
    )  # fmt: skip
    waive_advisory(judge, "GHSA-a", "gateway", "ray", status="fixed", why="built with the patch", **terms)
    take(judge, said(component_id="pkg:deb/debian/openssl?distro=debian-12", version="3.0.11-1~deb12u2"))
    before = waivers(judge, standing=True)
    document = export(judge.store, form, None, NOW)
    got = vex.parse("a.json", json.dumps(document).encode(), vex.Options(), context())
    assert not got.rejected, [r.problem for r in got.rejected]
    for waiver in before:
        end_waiver(judge, waiver.id, "ana", "to read it again", later(minutes=1))
    take(judge, *got.observations, at=later(minutes=2))
    after = waivers(judge, standing=True)
    whole = form == "cyclonedx"
    assert sorted(map(str, (same(w, whole=whole) for w in after))) == sorted(
        map(str, (same(w, whole=whole) for w in before))
    )


def test_an_accepted_risk_comes_back_with_owner_and_review_and_without_them_excuses_nothing(judge: JudgeParts) -> None:
    take(judge, CVE)
    waive_advisory(
        judge,
        "GHSA-a",
        "gateway",
        status="affected",
        why="low traffic",
        owner="ml",
        until=later(days=9),
        by="ana",
        now=NOW,
    )
    whole, bare = (export(judge.store, form, "gateway", NOW) for form in ("cyclonedx", "openvex"))
    for document, count in ((bare, 0), (whole, 1)):
        for waiver in waivers(judge, standing=True):
            end_waiver(judge, waiver.id, "ana", "to read it again", later(minutes=1))
        got = vex.parse("a.json", json.dumps(document).encode(), vex.Options(), context())
        take(judge, *got.observations, at=later(minutes=2))
        assert len(waivers(judge, standing=True)) == count
    (back,) = waivers(judge, standing=True)
    assert (back.owner, back.review_at, back.status) == ("ml", later(days=9), VexStatus.AFFECTED)


def test_openvex_has_what_its_schema_asks_for_and_nothing_else(judge: JudgeParts) -> None:
    take(judge, CVE, bill(package("vllm", "0.9.1"), package("ray", "2.8")))
    terms: dict[str, Any] = {"until": later(days=30), "by": "ana", "now": NOW, "why": "x"}
    waive_advisory(judge, "GHSA-a", "gateway", "vllm", status="not_affected", justification=OFF.value, **terms)
    waive_advisory(judge, "GHSA-a", "gateway", "ray", status="affected", owner="ml", **terms)
    document = export(judge.store, "openvex", None, NOW)
    assert document.keys() == {"@context", "@id", "author", "timestamp", "version", "statements"}
    assert document["@context"] == "https://openvex.dev/ns/v0.2.0"
    allowed = {
        "@id", "vulnerability", "timestamp", "last_updated", "products", "status", "supplier", "status_notes",
        "justification", "impact_statement", "action_statement", "action_statement_timestamp",
    }  # fmt: skip
    for statement in document["statements"]:
        assert statement.keys() <= allowed
        assert statement["vulnerability"].keys() <= {"@id", "name", "description", "aliases"}
        for product in statement["products"]:
            assert product.keys() <= {"@id", "identifiers", "hashes", "subcomponents"}
            assert all(p.keys() <= {"@id", "identifiers", "hashes"} for p in product["subcomponents"])
        if statement["status"] == "not_affected":
            assert "justification" in statement
        else:
            assert statement["action_statement"]


def test_a_bill_of_an_image_is_not_the_statement_of_another(judge: JudgeParts) -> None:
    other = Component(id="pkg:oci/serve", kind=ComponentKind.IMAGE, name="serve", version="sha256:99")
    take_at(judge, CVE, bill(package("vllm", "0.9.1"), other))
    take(judge, said(within="pkg:oci/serve", within_version="sha256:12"))
    assert waivers(judge) == []
    assert states(judge) == {AlertState.FIRING}


_Said = tuple[VexStatus, str | None]
_SAID = st.lists(st.tuples(st.sampled_from([*VexStatus]), st.sampled_from([None, "0.9.1"])), min_size=2, max_size=4)


@settings(max_examples=examples(25), deadline=None)
@given(_SAID.flatmap(lambda said_of: st.tuples(st.just(said_of), st.permutations(range(len(said_of))))))
@example(([(VexStatus.NOT_AFFECTED, None), (VexStatus.FIXED, "0.9.1")], [1, 0]))
@example(([(VexStatus.NOT_AFFECTED, None), (VexStatus.AFFECTED, "0.9.1")], [1, 0]))
@example(
    (
        [*[(VexStatus.NOT_AFFECTED, None)] * 2, (VexStatus.AFFECTED, "0.9.1"), (VexStatus.NOT_AFFECTED, "0.9.1")],
        [0, 1, 3, 2],
    )
)
def test_in_whichever_order_statements_come_the_same_stand(drawn: tuple[list[_Said], list[int]]) -> None:
    said_of, order = drawn
    told = [
        said(
            at=later(hours=n),
            status=status,
            version=version,
            justification=OFF if status is VexStatus.NOT_AFFECTED else None,
        )
        for n, (status, version) in enumerate(said_of)
    ]
    shuffled = [told[n] for n in order]
    with tempfile.TemporaryDirectory() as name:
        found = []
        for folder, items in ((Path(name) / "a", told), (Path(name) / "b", shuffled)):
            folder.mkdir()
            store = SqlStore(sqlite_file(folder / "pulse.db"), folder)
            fill(store)
            house = judging(store, folder, Clock())
            for item in items:
                take(house, item, at=later(days=1))
            found.append({(w.version, w.status, w.placed_at) for w in waivers(house, standing=True)})
            store.close()
    assert found[0] == found[1]
