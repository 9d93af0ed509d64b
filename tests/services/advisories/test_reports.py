"""What scanners report of an asset: claims beside other records, ended by the next report, and never a clean bill by silence."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from pulse_tui.domain.advisory import Advisory, Affected, Audit, VersionRange
from pulse_tui.domain.bill import Bill
from pulse_tui.domain.estate import SKIPPED, Component
from pulse_tui.domain.report import Claim, Report, Skipped
from pulse_tui.domain.source import Observation, Standing
from pulse_tui.domain.words import ComponentKind, Severity
from pulse_tui.services.advisories.audits import answers
from pulse_tui.services.advisories.of_release import Basis, advisories_of
from pulse_tui.services.advisories.reports import report_lines
from pulse_tui.services.advisories.story import advisory_story
from pulse_tui.services.components.tree import asset_unaudited
from pulse_tui.services.parts import JudgeParts, RollbackParts
from pulse_tui.services.promotion.gate import gate
from pulse_tui.services.registry.story import asset_story
from pulse_tui.services.signals.ingest import Tally, ingest
from tests.fakes.bills import bill, package
from tests.fakes.nouns import NOW, PRODUCTION, changed, release
from tests.services.said import alerts

BOT = "support-bot"
JINJA = package("jinja2", "3.1.2")
CVE = "CVE-2026-1000"


def claim(ident: str = CVE, component: Component = JINJA, **more: object) -> Claim:
    made: Claim = changed(Claim(id=ident, component=component, fixed=("3.1.3",), severity=Severity.CRITICAL), **more)
    return made


def report(
    *claims: Claim, partial: bool = True, at: datetime = NOW, listed: tuple[Component, ...] = (), **more: object
) -> Report:
    parts = tuple(dict.fromkeys((*listed, *(c.component for c in claims))))
    of = {k: more.pop(k) for k in ("asset_id", "version", "subject", "refused", "document") if k in more}
    paper = Bill(source="scan", asset_id=BOT, document="trivy.json", at=at, components=parts, partial=partial)
    made: Report = changed(Report(tool="trivy", bill=changed(paper, **of), at=at, claims=claims), **more)
    return made


def take(parts: RollbackParts, *items: Observation) -> Tally:
    """They come in."""
    return ingest(list(items), [], parts.judging, NOW)


def hits(parts: RollbackParts) -> set[tuple[str, str]]:
    with parts.store.read() as tx:
        found = tx.advisories.findings(asset_id=BOT)
        names = {f.advisory_id: tx.advisories.get(f.advisory_id) for f in found}
        return {(n.name, f.component) for f in found if f.audit is Audit.MATCHED and (n := names[f.advisory_id])}


@pytest.fixture
def judge(on_both: JudgeParts) -> JudgeParts:
    return on_both


@pytest.fixture
def bare(parts: RollbackParts) -> RollbackParts:
    """The bot without what the configuration declares of it."""
    with parts.store.write() as tx:
        for head in tx.dependencies.bills(BOT):
            tx.dependencies.drop_bill(BOT, head.origin, NOW)
    return parts


def test_a_claim_reaches_the_asset_and_raises_its_alert(bare: RollbackParts) -> None:
    tally = take(bare, report(claim()))
    assert hits(bare) == {(CVE, "jinja2 3.1.2")}
    assert [a.title for a in alerts(bare.judging) if a.open and CVE in a.title]
    assert "1 vulnerability claimed" in tally.remarks[0]


def test_a_claim_stands_beside_a_record_that_contradicts_it(bare: RollbackParts) -> None:
    other = Advisory(
        id="GHSA-x", source="osv", modified=NOW, title="t", aliases=(CVE,),
        affected=(Affected("PyPI", "jinja2", (), (VersionRange(fixed="3.1.0"),)),),
    )  # fmt: skip
    take(bare, bill(JINJA), other)
    assert hits(bare) == set()
    take(bare, report(claim()))
    assert hits(bare) == {(CVE, "jinja2 3.1.2")}
    with bare.store.read() as tx:
        records = {r.id: r.source for r in tx.advisories.called(CVE)}
        (own,) = [a for a in answers(tx, [JINJA], NOW) if a.audit is Audit.MATCHED]
    assert records == {"GHSA-x": "osv", f"trivy/{BOT}/trivy.json/{CVE}": "scan"}
    assert own.fixed == ("3.1.3",)


def test_the_next_report_ends_what_it_no_longer_claims(bare: RollbackParts) -> None:
    take(bare, bill(JINJA), report(claim(), claim("CVE-2026-2000")))
    take(bare, report(claim("CVE-2026-2000"), at=NOW + timedelta(hours=-1), document="other.json"))
    assert {n for n, _ in hits(bare)} == {CVE, "CVE-2026-2000"}
    later = ingest(
        [report(claim("CVE-2026-2000"), at=NOW + timedelta(hours=1))], [], bare.judging, NOW + timedelta(hours=1)
    )
    assert later.new == 1
    assert hits(bare) == {("CVE-2026-2000", "jinja2 3.1.2")}
    assert not [a for a in alerts(bare.judging) if a.open and CVE in a.title]


def test_what_could_not_be_read_of_a_report_ends_nothing(bare: RollbackParts) -> None:
    take(bare, report(claim()))
    take(bare, report(refused=1))
    assert hits(bare) == {(CVE, "jinja2 3.1.2")}
    take(bare, report())
    assert hits(bare) == set()


def test_a_report_older_than_the_stored_one_changes_nothing(bare: RollbackParts) -> None:
    take(bare, report(claim()))
    tally = take(bare, report(at=NOW - timedelta(days=1)))
    assert hits(bare) == {(CVE, "jinja2 3.1.2")}
    assert "older than the stored one" in tally.remarks[0]
    assert tally.new == 0


def test_the_same_report_again_is_nothing_new(bare: RollbackParts) -> None:
    take(bare, report(claim()))
    with bare.store.read() as tx:
        before = tx.advisories.called(CVE)
    again = take(bare, report(claim()))
    assert (again.new, again.signals, again.remarks) == (0, 0, ())
    fresher = ingest([report(claim(), at=NOW + timedelta(hours=1))], [], bare.judging, NOW + timedelta(hours=1))
    assert fresher.signals == 0
    with bare.store.read() as tx:
        assert tx.advisories.called(CVE) == before


def test_a_report_from_the_future_does_not_close_the_door_behind_it(bare: RollbackParts) -> None:
    take(bare, report(at=NOW + timedelta(days=900)))
    take(bare, report(claim()))
    assert hits(bare) == {(CVE, "jinja2 3.1.2")}


def test_a_report_of_another_asset_stores_nothing_but_a_concern(bare: RollbackParts) -> None:
    with bare.store.read() as tx:
        other = next(a for a in tx.estate.load().assets if a != BOT)
    tally = take(bare, report(claim(), subject=f"ghcr.io/acme/{other}:1"))
    assert hits(bare) == set()
    assert f"that is the asset {other}" in tally.remarks[0]
    with bare.store.read() as tx:
        assert tx.advisories.called(CVE) == []
        assert tx.reports.all() == []


def test_a_report_where_every_package_was_skipped_is_not_audited(bare: RollbackParts) -> None:
    names = ("torch", "ourlib")
    take(bare, Advisory(id="X-1", source="osv", modified=NOW, title="t", affected=(Affected("PyPI", "other", ("1",)),)))
    skipped = tuple(Skipped(n, "not found on PyPI") for n in names)
    tally = take(bare, report(partial=False, skipped=skipped))
    assert "2 skipped by it and not audited (torch, ourlib)" in tally.remarks[0]
    found = asset_unaudited(bare.store, BOT, NOW)
    assert {u.component.id for u in found} == {SKIPPED + n for n in names}
    assert {u.reason for u in found} == {"the scanner skipped it, and no bill names its version"}
    with bare.store.read() as tx:
        assert {a.audit for a in answers(tx, [u.component for u in found], NOW)} == {Audit.NOT_AUDITED}
        (line,) = report_lines(tx, BOT, NOW)
    assert "2 skipped, not audited by it (torch: not found on PyPI" in line


def test_what_a_bill_names_with_its_version_is_not_lost_by_being_skipped(bare: RollbackParts) -> None:
    take(bare, bill(package("torch", "2.6.0")))
    take(bare, report(partial=False, listed=(JINJA,), skipped=(Skipped("Torch", "not found on PyPI"),)))
    with bare.store.read() as tx:
        ids = {e.child.id for e in tx.dependencies.edges(BOT)}
    assert ids == {"pkg:pypi/torch", "pkg:pypi/jinja2"}


def test_a_package_that_only_its_name_tells_is_the_one_of_the_bill(bare: RollbackParts) -> None:
    vague = Component(id="name:Jinja2", kind=ComponentKind.PACKAGE, name="Jinja2", version="3.1.2")
    take(bare, bill(JINJA), report(claim(component=vague)))
    assert hits(bare) == {(CVE, "jinja2 3.1.2")}
    with bare.store.read() as tx:
        assert {e.child.id for e in tx.dependencies.edges(BOT)} == {JINJA.id}


def test_what_a_scanner_found_is_no_bill_of_a_release(bare: RollbackParts) -> None:
    made = release("9.0.0", iteration=90)
    with bare.store.write() as tx:
        tx.estate.add_release(made)
    take(bare, report(claim(), version="9.0.0"))
    with bare.store.read() as tx:
        found = advisories_of(tx, bare.judging, made, PRODUCTION)
        assert found.reaches("CVE-2026-9999", tx) is None
    assert found.basis is not Basis.OWN
    assert [w.name for w in found.weaknesses] == [CVE]
    (line,) = [r for r in gate(bare, BOT, "9.0.0", PRODUCTION).reasons if "bill of materials" in r.detail]
    assert line.detail == "no bill of materials is known for 9.0.0"


def test_a_whole_list_is_the_bill(bare: RollbackParts) -> None:
    take(bare, report(claim(), partial=False, listed=(JINJA, package("idna", "3.7")), version="3.8.1"))
    with bare.store.read() as tx:
        (head,) = tx.dependencies.bills(BOT)
    assert (head.components, head.partial, head.version) == (2, False, "3.8.1")


def test_an_upgrade_that_does_not_reach_the_fix_does_not_end_the_claim(bare: RollbackParts) -> None:
    two = claim(fixed=("3.1.5", "2.11.9", "4.0.1"))
    take(bare, bill(JINJA), report(two, partial=False))
    with bare.store.read() as tx:
        judged = {
            v: next(a for a in answers(tx, [package("jinja2", v)], NOW))
            for v in ("3.1.1", "3.1.2", "3.1.4", "3.1.5", "4.0.0", "4.0.1")
        }
    assert {v for v, a in judged.items() if a.audit is Audit.MATCHED} == {"3.1.2", "3.1.4"}
    assert judged["3.1.4"].fixed == ("3.1.5", "4.0.1")


def test_old_claims_of_a_tool_that_is_run_again_under_another_name_stay_with_their_age(bare: RollbackParts) -> None:
    take(bare, report(claim(), database_at=NOW - timedelta(days=40)))
    with bare.store.read() as tx:
        (line,) = report_lines(tx, BOT, NOW + timedelta(days=3))
    assert line.startswith(
        "trivy, trivy.json, run 3d ago, its database 43d old: 1 vulnerability claimed of the packages"
    )


def test_a_claim_on_what_no_ecosystem_places_reaches_it_by_its_name(bare: RollbackParts) -> None:
    part = Component(
        id="name:mystery", kind=ComponentKind.PACKAGE, name="mystery", version="1.0", known_as=("mystery",)
    )
    take(bare, report(claim(component=part, fixed=())))
    assert hits(bare) == {(CVE, "mystery 1.0")}


def test_a_report_covers_no_ecosystem_what_it_found_sound_is_not_audited_by_it(bare: RollbackParts) -> None:
    take(bare, report(claim(), partial=False, listed=(JINJA, package("idna", "3.7"))))
    assert "PyPI" in {
        u.component.ecosystem for u in asset_unaudited(bare.store, BOT, NOW) if u.component.name == "idna"
    }


def test_the_pages_say_whose_claim_it_is_and_how_old_it_is(bare: RollbackParts) -> None:
    skipped = (Skipped("torch", "not found on PyPI"),)
    take(bare, report(claim(), skipped=skipped, tool_version="0.66.0", database_at=NOW - timedelta(days=40)))
    later = NOW + timedelta(days=3)
    lines = [text for label, text in advisory_story(bare.judging, CVE, later).lines if label == "Scanner"]
    assert lines == [f"trivy 0.66.0 claims it of {BOT} (trivy.json, run 3d ago, its database 43d old)"]
    (line,) = [text for label, text in asset_story(bare, BOT) if label == "Scanner"]
    assert line.endswith("1 skipped, not audited by it (torch: not found on PyPI)")


def test_claims_of_a_file_that_is_gone_end_only_where_another_bill_lists_what_there_is(bare: RollbackParts) -> None:
    take(bare, report(claim()))
    gone: Any = Standing(source="scan")  # what a round says of its files at its end
    take(bare, gone)
    assert hits(bare) == {(CVE, "jinja2 3.1.2")}
    take(bare, bill(JINJA), gone)
    assert hits(bare) == set()
    with bare.store.read() as tx:
        assert tx.reports.all() == []
