"""The page of a vulnerability: all its records at once, the evidence with its age, and what is done about it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from pulse_tui.domain.advisory import Advisory, Affected, VersionRange
from pulse_tui.domain.coverage import Coverage
from pulse_tui.domain.errors import NotFound
from pulse_tui.domain.exploitation import Catalogue, Exploitation, Exploited, Scored
from pulse_tui.domain.source import SourceStatus
from pulse_tui.domain.views.advisories import AdvisoryStory
from pulse_tui.services.advisories.ledger import ledger
from pulse_tui.services.advisories.story import advisory_story, ledger_page
from pulse_tui.services.advisories.waivers import waive_advisory
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.signals.ingest import ingest
from tests.fakes.bills import bill, package
from tests.fakes.nouns import NOW, changed, later

BOT = "support-bot"
GHSA = Advisory(
    id="GHSA-1", source="osv", modified=NOW, title="Code execution", aliases=("CVE-2026-1",), cvss=9.8,
    vector="CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", related=("CVE-2020-9",),
    affected=(Affected("PyPI", "shaky", (), (VersionRange(fixed="2"),)),),
)  # fmt: skip
PYSEC = changed(
    GHSA, id="PYSEC-1", source="pypa", cvss=None, vector=None, related=(),
    affected=(Affected("PyPI", "shaky", ("1.1", "1.2"), (VersionRange(introduced="1", fixed="3"),)),),
)  # fmt: skip
OTHER = Exploited(cve="CVE-2020-1", added=date(2020, 2, 1))


@pytest.fixture
def judge(judge: JudgeParts) -> JudgeParts:
    ingest([GHSA, PYSEC, bill(package("shaky", "1.1"))], [], judge, NOW)
    return judge


def page(judge: JudgeParts, name: str = "CVE-2026-1") -> AdvisoryStory:
    return advisory_story(judge, name, judge.clock())


def under(judge: JudgeParts, label: str) -> str:
    """The text of a label with the lines that continue it."""
    out, inside = [], False
    for given, text in page(judge).lines:
        inside = given == label or (inside and not given)
        out += [text] if inside else []
    return "\n".join(out)


def test_all_records_are_one_page_by_any_of_their_ids(judge: JudgeParts) -> None:
    assert page(judge, "GHSA-1") == page(judge, "PYSEC-1") == page(judge)
    assert (page(judge).name, page(judge).asset) == ("CVE-2026-1", BOT)
    assert page(judge).reached == ((BOT, "shaky 1.1"),)
    assert "GHSA-1 (osv)" in under(judge, "What changed")
    assert "PYSEC-1 (pypa)" in under(judge, "What changed")
    assert "CVE-2020-9" in under(judge, "Related")
    with pytest.raises(NotFound):
        page(judge, "CVE-1999-1")


def test_the_three_questions_come_first(judge: JudgeParts) -> None:
    labels = [label for label, _ in page(judge).lines if label]
    assert list(dict.fromkeys(labels))[:3] == ["What changed", "What is the risk", "What to do now"]
    assert "critical, CVSS 9.8; exploitation unknown" in under(judge, "What is the risk")
    assert "1 asset in production, 1 in canary" in under(judge, "What is the risk")


def test_ranges_of_each_source_stand_side_by_side(judge: JudgeParts) -> None:
    fixes = under(judge, "PyPI shaky")
    assert "GHSA-1 (osv): from the first, fixed in 2" in fixes
    assert "PYSEC-1 (pypa): from 1, fixed in 3; 2 versions listed" in fixes


def test_kev_and_epss_say_how_old_they_are_and_none_is_unknown_and_not_no(judge: JudgeParts) -> None:
    assert under(judge, "Exploited") == "unknown; no KEV list was read"
    assert under(judge, "EPSS") == "unknown: no list was read"
    kev = Exploitation(source="kev", catalogue=Catalogue.KEV, at=later(days=-1), exploited=(OTHER,))
    scores = Exploitation(
        source="epss", catalogue=Catalogue.EPSS, at=later(days=-2), scored=(Scored("CVE-2026-1", 0.42, 0.97),)
    )
    ingest([kev, scores], [], judge, NOW)
    assert under(judge, "Exploited") == "not listed; KEV of 2026-11-22 (1d old)"
    assert under(judge, "EPSS").startswith("0.4200 in the next 30 days, more than 97% of all CVEs; list of 2026-11-21")
    listed = (Exploited(cve="CVE-2026-1", added=date(2026, 11, 2), due=date(2026, 11, 23), ransomware=True),)
    ingest([changed(kev, at=NOW, exploited=listed)], [], judge, NOW)
    assert under(judge, "Exploited").startswith("yes, in KEV since 2026-11-02, to be acted on by 2026-11-23, used by ransomware; KEV of ")  # fmt: skip
    assert "known exploited" in under(judge, "Why")


def test_an_old_copy_of_a_list_is_stale_however_new_its_reading_is(judge: JudgeParts) -> None:
    old = Exploitation(source="kev", catalogue=Catalogue.KEV, at=NOW - timedelta(days=90), exploited=(OTHER,))
    ingest([old], [], judge, NOW)
    with judge.store.write() as tx:
        tx.plumbing.put_source(SourceStatus(id="kev", kind="kev", failures=0, last_good_at=NOW))
    assert under(judge, "Exploited").startswith("unknown; KEV of ")
    (feed,) = [f for f in ledger(judge.store, NOW).feeds if f.source == "kev"]
    assert (feed.stale, "90 d old" in feed.why) == (True, True)


def test_waivers_that_stand_and_that_ended_are_named(judge: JudgeParts) -> None:
    terms = {"why": "no loader here", "owner": "ana", "until": later(days=20), "by": "ana"}
    waive_advisory(judge, "GHSA-1", BOT, now=NOW, **terms)  # type: ignore[arg-type]
    waive_advisory(judge, "GHSA-1", BOT, now=later(minutes=1), **{**terms, "why": "checked again"})  # type: ignore[arg-type]
    first, second = [text for label, text in page(judge).lines if label == "Waivers"]
    assert "checked again" in first
    assert "ENDED" not in first
    assert second.startswith("○ ")
    assert "no loader here" in second
    assert "; waived" in under(judge, "In production")


def test_a_withdrawn_record_says_so(judge: JudgeParts) -> None:
    gone = [changed(r, withdrawn=True, modified=later(hours=1)) for r in (GHSA, PYSEC)]
    ingest(gone, [], judge, later(hours=1))
    assert "withdrawn: every record of it was taken back" in under(judge, "What changed")
    assert page(judge).reached == ()


def test_the_ledger_lists_what_nobody_can_judge_and_what_others_match_besides(judge: JudgeParts) -> None:
    doubtful = changed(GHSA, id="GHSA-2", aliases=("CVE-2026-2",), affected=(Affected("PyPI", "shaky", (), (VersionRange(introduced="0.2.0-n653"),)),))  # fmt: skip
    ingest([Coverage(source="osv", at=NOW, ecosystems=("PyPI",)), doubtful], [], judge, NOW)
    ingest([bill(package("shaky", "1.1"), package("loose", "latest"))], [], judge, NOW)
    lines = {label: why for asset, label, why in ledger_page(judge.store, NOW).open if asset == BOT}
    assert "latest" in lines["loose latest"]
    assert lines["shaky 1.1"].startswith("GHSA-2: ")
    assert lines["shaky 1.1"].endswith("; other records match it")
