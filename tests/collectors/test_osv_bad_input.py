"""OSV records as nobody should write them: nothing raises, everything skipped is counted, what is unknown stays unknown."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulse_tui.collectors import osv
from pulse_tui.collectors.osv.record import line
from pulse_tui.domain.advisory import Advisory, Audit
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.estate import Component
from pulse_tui.domain.purl import component
from pulse_tui.domain.source import Collected
from pulse_tui.domain.text import clean
from pulse_tui.domain.words import ComponentKind
from pulse_tui.enrich.advisories.matching import audit
from tests.collectors.contexts import NOW, context
from tests.collectors.test_osv import read, record


def events(*found: dict[str, Any], kind: str = "ECOSYSTEM", **more: Any) -> dict[str, Any]:
    package = {"ecosystem": "PyPI", "name": "x"}
    return record(affected=[{"package": package, "ranges": [{"type": kind, "events": list(found)}], **more}])


def answers(found: Collected, *versions: str) -> str:
    """One letter for each version: matched, clean, not audited."""
    (advisory,) = found.observations
    assert isinstance(advisory, Advisory)
    letters = {Audit.MATCHED: "m", Audit.CLEAN: "c", Audit.NOT_AUDITED: "?"}
    return "".join(letters[audit(advisory, component(f"pkg:pypi/x@{v}")).audit] for v in versions)


I0, F1, I2 = {"introduced": "0"}, {"fixed": "1"}, {"introduced": "2"}


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ((I0, F1), "mmccccc"),
        ((F1, I0), "mmccccc"),
        (({"introduced": "0", "fixed": "1"},), "mmccccc"),
        (({"fixed": "3"}, I2, F1, I0), "mmccmmc"),
        ((I2, F1), "ccccmmm"),  # fixed before it was introduced: the fix is of nothing
        (({"introduced": "1"}, {"fixed": "1"}), "ccccccc"),
        ((I0, {"last_affected": "1"}), "mmmcccc"),
        ((I0, {"last_affected": "2"}, {"last_affected": "1"}), "mmmcccc"),
        ((I0, {"fixed": "2.6.0-NA"}), "???????"),
        ((I2, {"fixed": "2.6.0-NA"}), "cccc???"),
        ((I0, F1, I2, {"fixed": "2.6.0-NA"}), "mmcc???"),
        (({"fixed": "2.6.0-NA"}, I2, I0, F1), "??cc???"),
        (({"fixed": "3"}, {"introduced": "0.2.0-n653"}, I0, F1), "mm?????"),
        ((I0, {"limit": "1"}), "mmccccc"),
        ((I0, {"limit": "*"}), "mmmmmmm"),
        ((I0, {"limit": "1"}, {"limit": "2"}), "mmmmccc"),
        ((I0, F1, I2, {"limit": "2.5"}), "mmccmcc"),
        ((I0, {"fixed": "3"}, {"limit": "2.6.0-NA"}), "???????"),
        ((), "???????"),
        ((F1,), "??ccccc"),
        (({"introduced": "latest"},), "???????"),
        ((I0, {"fixed": "1." + "0" * 10_000 + "1"}), "???????"),
        ((I0, {"fixed": "1!0"}), "mmmmmmm"),
        ((I0, {"fixed": ""}), "???????"),
    ],
)  # fmt: skip
def test_events_in_any_order_and_of_any_kind(found: tuple[dict[str, Any], ...], expected: str) -> None:
    assert answers(read(events(*found)), "0.1", "0.9", "1", "1.5", "2", "2.6", "3") == expected


def test_ranges_without_a_beginning_are_kept_and_counted() -> None:
    got = read(events(F1), events(), events(I0, F1))
    assert (len(got.observations), len(got.rejected)) == (3, 2)
    assert "introduced" in got.rejected[0].problem.what


def test_commits_alone_say_nothing_of_a_version() -> None:
    assert answers(read(events(I0, kind="GIT")), "1", "2") == "??"
    assert answers(read(events(I0, kind="GIT", versions=["1"])), "1", "2") == "mc"


@pytest.mark.parametrize(
    "version",
    ["2.6.0-NA", "0.2.0-n653", "", None, "latest", "1" * 10_000, "null", "\x00", "\x1b[31m1.0", "1.0\u202e", "1..0"],
)
def test_an_installed_version_that_is_none_is_never_clean(version: str | None) -> None:
    named = Component(id="pkg:pypi/x", kind=ComponentKind.PACKAGE, name="x", version=version, ecosystem="PyPI")
    (advisory,) = read(events(I0, F1)).observations
    assert isinstance(advisory, Advisory)
    assert audit(advisory, named).audit is Audit.NOT_AUDITED


def test_a_null_where_a_version_should_be_costs_that_version_and_makes_the_others_unknown() -> None:
    got = read(events(I0, versions=["1", None], kind="GIT"))
    assert answers(got, "1", "2") == "m?"
    assert [r.problem.where for r in got.rejected] == ["a.jsonl PYSEC-2026-1"]
    assert "affected[0].versions[1]" in got.rejected[0].problem.what
    assert len(read(events({"introduced": None})).observations) == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("severity", "HIGH"),
        ("severity", [{"score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}]),
        ("severity", [{"type": "CVSS_V3", "score": 9.8}, None, 7]),
        ("references", [{"type": "WEB"}]),
        ("related", [None]),
        ("upstream", {}),
        ("aliases", [7]),
        ("summary", 7),
        ("details", []),
    ],
)
def test_what_has_another_shape_is_named_and_costs_no_package_its_record(field: str, value: object) -> None:
    got = read({**events(I0, F1), field: value})
    assert answers(got, "0.9", "1") == "mc"
    (remark,) = got.rejected
    assert f"kept without what cannot be read: {field}" in remark.problem.what


@pytest.mark.parametrize("modified", [None, "yesterday", 7, "2026-11-01T00:00:00"])
def test_a_record_that_does_not_say_when_it_was_modified_is_older_than_any_other(modified: object) -> None:
    late = read({**events(I0, F1), "modified": modified})
    assert answers(late, "0.9", "1") == "mc"
    assert "modified" in late.rejected[0].problem.what
    first = read({**events(I0, F1), "modified": modified, "published": "2026-10-01T00:00:00Z"})
    at = [a.modified.year for got in (late, first) for a in got.observations if isinstance(a, Advisory)]
    assert at == [1970, 2026]


def test_a_withdrawal_whose_time_cannot_be_read_withdraws_nothing_and_is_named() -> None:
    got = read({**events(I0, F1), "withdrawn": "soon"})
    assert answers(got, "0.9", "1") == "mc"
    assert "withdrawn" in got.rejected[0].problem.what


def test_a_severity_beside_a_broken_one_counts() -> None:
    good = {"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}
    got = read(record(severity=[{"type": "CVSS_V3"}, good]))
    (advisory,) = got.observations
    assert isinstance(advisory, Advisory)
    assert (advisory.cvss, len(got.rejected)) == (9.8, 1)


@pytest.mark.parametrize(
    "ranges", ["all", [7], [{"type": "ECOSYSTEM"}], [{"type": "SEMVER", "events": [{"fixed": 1}]}]]
)
def test_ranges_that_cannot_be_read_make_no_version_clean(ranges: object) -> None:
    got = read(record(affected=[{"package": {"ecosystem": "PyPI", "name": "x"}, "ranges": ranges, "versions": ["1"]}]))
    assert answers(got, "1", "2") == "m?"
    assert len(got.rejected) == 1


def test_an_entry_without_a_package_name_costs_no_other_entry() -> None:
    nameless: list[object] = [{"package": {"ecosystem": "PyPI", "name": ""}}, {"package": "x"}, 7]
    good = {"package": {"ecosystem": "PyPI", "name": "x"}, "versions": ["1"]}
    got = read(record(affected=[*nameless, good]))
    assert answers(got, "1", "2") == "mc"
    assert "affected[0].package" in got.rejected[0].problem.what
    assert read(record(affected=nameless)).observations == ()


def test_a_withdrawal_counts_from_its_day() -> None:
    past, future = record(withdrawn="2026-01-01T00:00:00Z"), record(withdrawn="2999-01-01T00:00:00Z")
    got = [a for a in read(past, future, record()).observations if isinstance(a, Advisory)]
    assert [(a.withdrawn, a.withdrawn_at is not None) for a in got] == [(True, True), (False, True), (False, False)]
    assert NOW.year < 2999


def test_related_and_upstream_ids_are_kept_and_are_no_aliases() -> None:
    ids = {"aliases": ["PYSEC-2026-1", "CVE-1", "CVE-1", ""], "related": ["CVE-2"], "upstream": ["CVE-3", "CVE-2"]}
    (advisory,) = read(record(**ids)).observations
    assert isinstance(advisory, Advisory)
    assert (advisory.aliases, advisory.related) == (("CVE-1",), ("CVE-2", "CVE-3"))


def test_a_byte_order_mark_and_windows_line_ends_are_no_part_of_a_record() -> None:
    line = json.dumps(record()).encode()
    for data in (b"\xef\xbb\xbf" + line, b"\xef\xbb\xbf" + line + b"\r\n" + line + b"\r\n"):
        got = osv.parse("a.jsonl", data, osv.Options(), context())
        assert (len(got.observations), len(got.rejected)) == (1 + data.count(b"\r\n") // 2, 0)


def test_truncated_json_is_named_and_lines_before_it_land() -> None:
    line = json.dumps(record()).encode()
    with pytest.raises(SourceError, match="ends too early"):
        osv.parse("a.json", line[:-20], osv.Options(), context())
    got = osv.parse("a.jsonl", line + b"\n" + line[:-20], osv.Options(), context())
    assert (len(got.observations), len(got.rejected)) == (1, 1)
    assert got.rejected[0].problem.where.startswith("a.jsonl:2")


@pytest.mark.parametrize("field", ["database_specific", "ecosystem_specific", "unknown", "severity", "affected"])
def test_nesting_of_ten_thousand_levels_costs_one_record_at_most(field: str) -> None:
    deep = ("[" * 10_000 + "]" * 10_000).encode()
    line = json.dumps(record())[:-1].encode() + f', "{field}": '.encode() + deep + b"}"
    got = osv.parse("a.jsonl", line + b"\n" + json.dumps(record()).encode(), osv.Options(), context())
    assert len(got.observations) + len(got.rejected) >= 2
    assert any(isinstance(a, Advisory) for a in got.observations)


@pytest.mark.parametrize(
    "vector",
    ["CVSS:3.1/AV:N/AC:L", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A", "CVSS:4.0/AV:N/AC", "", "AV:N/AC:L/Au"],
)
def test_a_vector_that_was_cut_costs_the_score_and_is_counted(vector: str) -> None:
    got = read(record(severity=[{"type": "CVSS_V3", "score": vector}]))
    (advisory,) = got.observations
    assert isinstance(advisory, Advisory)
    assert (advisory.cvss, advisory.severity, len(got.rejected)) == (None, None, 1)


def test_no_text_of_a_record_can_write_on_the_screen() -> None:
    evil = "\x1b[2J\x1b]0;x\x07ok\u202e\u2066\x9b31m"
    affected = {"package": {"ecosystem": "PyPI", "name": evil}, "versions": [evil], "ranges": []}
    links = [{"type": "WEB", "url": "https://x/" + evil}]
    got = read(record(id=evil, summary=evil, aliases=[evil], related=[evil], affected=[affected], references=links))
    text = msgspec_text(got)
    assert "ok" in text
    assert not any(c in text for c in ("\x1b", "\u202e", "\u2066", "\x9b", "\\u001b", "\\u202e"))


def msgspec_text(found: Collected) -> str:
    import msgspec

    return msgspec.json.encode([a for a in found.observations if isinstance(a, Advisory)]).decode()


@given(st.text(st.sampled_from("ab \t\x1b[2J\u202e-é"), max_size=320) | st.text("ab ", min_size=290, max_size=320))
def test_titles_are_cleaned_and_cut_as_all_texts_are(text: str) -> None:
    assert line(text) == clean(text, 300)
