"""What the osv collector makes of advisories: severities, ranges, broken records, archives."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulse_tui.collectors import osv
from pulse_tui.collectors._shared.cvss import base_score
from pulse_tui.domain.advisory import Advisory, VersionRange
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.source import Collected
from pulse_tui.domain.words import Severity
from pulse_tui.ports import Peek
from tests.collectors.contexts import context, quick_web
from tests.collectors.shared_data import shared_data
from tests.servers.loopback import Loopback, Reply


def record(**changes: Any) -> dict[str, Any]:
    return {
        "id": "PYSEC-2026-1",
        "modified": "2026-11-01T00:00:00Z",
        "summary": "Deserialisation in the worker",
        "aliases": ["CVE-2026-0001"],
        "affected": [
            {
                "package": {"ecosystem": "PyPI", "name": "Serve_Kit.core"},
                "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.2"}]}],
                "versions": ["1.0", "1.1"],
            }
        ],
        **changes,
    }


def read(*records: Any, name: str = "a.jsonl") -> Collected:
    data = "\n".join(json.dumps(r) for r in records).encode()
    return osv.parse(name, data, osv.Options(), context())


def one(**changes: Any) -> Advisory:
    got = read(record(**changes))
    (advisory,) = got.observations
    assert isinstance(advisory, Advisory)
    return advisory


def spans(events: list[dict[str, str]], ecosystem: str = "PyPI", kind: str = "ECOSYSTEM") -> tuple[VersionRange, ...]:
    package = {"ecosystem": ecosystem, "name": "x"}
    return one(affected=[{"package": package, "ranges": [{"type": kind, "events": events}]}]).affected[0].ranges


def vectors(*scores: tuple[str, str]) -> list[dict[str, str]]:
    return [{"type": kind, "score": score} for kind, score in scores]


# Vectors with their scores as the specification's examples (First.org, CVSS v3.1 examples) give them.
@pytest.mark.parametrize(
    ("vector", "score"),
    [
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 9.8),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", 10.0),
        ("CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:C/C:L/I:L/A:N", 6.4),
        ("CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:L/I:N/A:N", 3.1),
        ("CVSS:3.1/AV:L/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:H", 7.8),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", 6.1),
        ("CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:C/C:N/I:H/A:N", 6.8),
        ("CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N", 7.5),
        ("CVSS:3.0/AV:N/AC:L/PR:L/UI:R/S:C/C:L/I:L/A:N", 5.4),
        ("CVSS:3.1/AV:P/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 6.8),
        ("CVSS:3.1/AV:A/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N", 6.5),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", 0.0),
        ("CVSS:3.1/AV:N/AC:L/PR:L/UI:R/S:C/C:H/I:H/A:H", 9.0),
        ("CVSS:3.1/AV:N/AC:L/PR:H/UI:N/S:C/C:H/I:H/A:H", 9.1),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/E:P/RL:O/RC:C", 9.8),
    ],
)
def test_a_base_score_is_the_specifications(vector: str, score: float) -> None:
    assert base_score(vector) == score


@pytest.mark.parametrize(
    "vector",
    ["", "CVSS:2.0/AV:N", "CVSS:3.1/AV:N", "CVSS:3.1/AV:X/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "CVSS:3.1/AV:N/AV:N", "7.5"],
)
def test_a_vector_that_is_none_is_refused(vector: str) -> None:
    with pytest.raises(ValueError):
        base_score(vector)


@given(st.tuples(*(st.sampled_from(values) for values in ("NALP", "LH", "NLH", "NR", "UC", "HLN", "HLN", "HLN"))))
def test_every_vector_has_a_score_with_one_decimal_that_no_worse_impact_lowers(v: tuple[str, ...]) -> None:
    av, ac, pr, ui, s, c, i, a = v
    head = f"CVSS:3.1/AV:{av}/AC:{ac}/PR:{pr}/UI:{ui}/S:{s}/"
    score = base_score(f"{head}C:{c}/I:{i}/A:{a}")
    assert 0.0 <= score <= 10.0
    assert score == round(score, 1)
    assert base_score(f"{head}C:H/I:{i}/A:{a}") >= score or s == "C"  # with S:C the formula itself bends at the top


def test_the_vector_gives_severity_and_score() -> None:
    advisory = one(severity=vectors(("CVSS_V3", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H")))
    assert (advisory.cvss, advisory.severity, advisory.name) == (9.8, Severity.CRITICAL, "CVE-2026-0001")
    assert advisory.vector is not None
    assert advisory.known_exploited is None


V3 = ("CVSS_V3", "CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:C/C:L/I:L/A:N")
V4 = ("CVSS_V4", "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N")
V2 = ("CVSS_V2", "AV:N/AC:L/Au:N/C:C/I:C/A:C")


@pytest.mark.parametrize(("given", "score"), [((V4,), 9.3), ((V2,), 10.0), ((V2, V3), 6.4), ((V3, V4, V2), 9.3)])
def test_every_version_of_cvss_is_scored_and_version_2_only_where_there_is_no_newer(
    given: tuple[tuple[str, str], ...], score: float
) -> None:
    advisory = one(severity=vectors(*given), database_specific={"severity": "MODERATE"})
    assert advisory.cvss == score
    assert advisory.severity is (Severity.CRITICAL if score > 9 else Severity.MEDIUM)


@pytest.mark.parametrize("vector", ["CVSS:4.0/AV:N", "CVSS:4.0/AV:Z", "AV:N", "9.8", "CVSS:5.0/AV:N"])
def test_a_vector_that_cannot_be_scored_leaves_the_severity_to_the_words(vector: str) -> None:
    got = read(record(severity=vectors(("CVSS_V4", vector)), database_specific={"severity": "HIGH"}))
    (advisory,) = got.observations
    assert isinstance(advisory, Advisory)
    assert (advisory.cvss, advisory.severity, len(got.rejected)) == (None, Severity.HIGH, 1)


def test_a_record_of_malicious_code_is_known_by_any_of_its_ids() -> None:
    assert one(id="MAL-2026-1", aliases=[]).malicious
    assert one(id="GHSA-1", aliases=["MAL-2026-1"]).malicious
    assert not one().malicious


def test_without_any_severity_it_is_unknown_and_not_low() -> None:
    assert (one().severity, one().cvss) == (None, None)


def test_a_broken_vector_is_told_and_the_advisory_lands_without_a_score() -> None:
    got = read(record(severity=vectors(("CVSS_V3", "CVSS:3.1/AV:Z"))))
    assert len(got.observations) == 1
    assert got.rejected[0].problem.where == "a.jsonl PYSEC-2026-1"
    assert "missing" in got.rejected[0].problem.what


def test_pypi_names_are_normalized_and_others_are_not() -> None:
    assert one().affected[0].name == "serve-kit-core"
    go = {"package": {"ecosystem": "Go", "name": "github.com/Org/Mod_x"}}
    assert one(affected=[go]).affected[0].name == "github.com/Org/Mod_x"


def test_events_become_ranges_in_the_order_of_versions() -> None:
    shuffled = [{"fixed": "2.10"}, {"introduced": "2.9"}, {"fixed": "1.0"}, {"introduced": "0"}, {"introduced": "3"}]
    wanted = (VersionRange("0", "1.0"), VersionRange("2.9", "2.10"), VersionRange("3"))
    assert spans(shuffled) == wanted
    assert spans(shuffled, "npm", "SEMVER") == wanted


def test_an_order_that_cannot_be_read_stays_as_it_was_written() -> None:
    events = [{"introduced": "2.6.0-NA"}, {"fixed": "2.7"}, {"introduced": "0"}, {"last_affected": "1.0"}]
    assert spans(events) == (VersionRange("2.6.0-NA", "2.7"), VersionRange("0", None, "1.0"))


def test_touching_ranges_stay_closed_and_a_limit_ends_one() -> None:
    assert spans([{"introduced": "0"}, {"fixed": "1"}, {"introduced": "1"}, {"fixed": "2"}]) == (
        VersionRange("0", "1"),
        VersionRange("1", "2"),
    )
    assert spans([{"introduced": "1"}, {"limit": "2"}]) == (VersionRange("1", "2"),)
    assert spans([{"introduced": "1"}, {"limit": "*"}]) == (VersionRange("1"),)


def test_git_ranges_are_left_out_and_their_versions_count() -> None:
    package = {"ecosystem": "OSS-Fuzz", "name": "x"}
    git = [{"type": "GIT", "repo": "https://x", "events": [{"introduced": "0"}]}]
    (affected,) = one(affected=[{"package": package, "ranges": git, "versions": ["v1"]}]).affected
    assert (affected.ranges, affected.versions) == ((), ("v1",))


def test_withdrawn_and_packageless_records_land() -> None:
    assert one(withdrawn="2026-11-02T00:00:00Z").withdrawn
    assert one(affected=[{"ranges": [{"type": "GIT", "events": []}]}]).affected == ()


def test_broken_records_are_named_and_the_others_land() -> None:
    no_name = {"package": {"ecosystem": "PyPI", "name": ""}}
    got = read(record(affected="all"), record(id="OK-1"), record(id="B-2", affected=[no_name]), record(id=7), [])
    assert [a.id for a in got.observations if isinstance(a, Advisory)] == ["OK-1"]
    assert [r.problem.where for r in got.rejected] == [
        "a.jsonl:1 PYSEC-2026-1",
        "a.jsonl:3 B-2",
        "a.jsonl:4 (no id)",
        "a.jsonl:5",
    ]
    assert "name" in got.rejected[1].problem.what


def test_texts_are_safe_and_only_web_links_are_kept() -> None:
    links = [{"type": "WEB", "url": "javascript:alert(1)"}, {"type": "WEB", "url": "https://x.example/1"}]
    advisory = one(summary=None, details="\n\x1b[2JFirst line\nsecond", aliases=["CVE-1\u202e"], references=links)
    assert (advisory.title, advisory.aliases, advisory.links) == ("First line", ("CVE-1",), ("https://x.example/1",))


def zipped(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name.replace("_json", ".json"), data)
    return out.getvalue()


def test_a_zip_of_records_is_read_and_a_bad_member_is_named(tmp_path: Path) -> None:
    data = zipped(a_json=json.dumps(record()).encode(), b_json=b"{", readme=b"x", big_json=b" " * 5_000_000)
    (tmp_path / "all.zip").write_bytes(data)
    got = osv.collect(osv.Options(path="all.zip", max_bytes=1_000_000), context(tmp_path))
    assert len(got.observations) == 1
    assert [r.problem.where for r in got.rejected] == ["all.zip/b.json", "all.zip/big.json"]
    with pytest.raises(SourceError, match="broken zip"):
        osv.parse("all.zip", data[:60], osv.Options(), context())


def test_a_url_is_asked_conditionally(server: Loopback) -> None:
    body = zipped(a_json=json.dumps(record()).encode())
    server.on("GET", "/PyPI/all.zip", Reply(body=body, etag='"1"'))
    options = osv.Options(url=f"{server.url}/PyPI/all.zip")
    first = osv.collect(options, context(http=quick_web()))
    assert (len(first.observations), first.cursor.etag) == (1, '"1"')
    assert osv.collect(options, context(http=quick_web(), cursor=first.cursor)).unchanged


def test_a_secret_in_a_path_never_comes_back_in_an_error(server: Loopback) -> None:
    options = osv.Options(url=server.url + "/${KEY}/all.zip", token="${KEY}")
    with pytest.raises(SourceError, match=r"/\$\{KEY\}/all.zip answered 404") as caught:
        osv.collect(options, context(http=quick_web(), secrets={"KEY": "s3cret"}))
    assert "s3cret" not in str(caught.value)
    assert server.log[0].headers["authorization"] == "Bearer s3cret"


def test_thousands_of_real_advisories_are_digested() -> None:
    data = shared_data("advisories", "osv", "pypa_ai_stack.jsonl").read_bytes()
    got = osv.parse("pypa_ai_stack.jsonl", data, osv.Options(), context())
    assert (len(got.observations), len(got.rejected)) == (1_091, 0)


def test_deliberately_broken_real_records_are_named_and_the_others_land() -> None:
    folder = shared_data("advisories", "osv_mixed")
    got = osv.collect(osv.Options(path=str(folder)), context())
    assert len(got.observations) + len(got.rejected) >= len(list(folder.glob("*.json")))
    assert len(got.observations) > 70
    assert all(r.problem.what and r.problem.where for r in got.rejected)


def test_a_record_of_an_id_and_a_time_is_no_advisory_and_takes_no_ones_place() -> None:
    got = read({"id": "X-1", "modified": "2026-01-01T00:00:00Z"})
    assert got.observations == ()
    assert "fetch the whole record, https://api.osv.dev/v1/vulns/" in got.rejected[0].problem.what
    assert read({"id": "X-1", "modified": "2026-01-01T00:00:00Z", "related": ["CVE-2026-1"]}).rejected == ()


def test_an_advisory_of_commits_alone_says_that_nothing_can_be_matched_with_it() -> None:
    package = {"ecosystem": "PyPI", "name": "x"}
    git = [{"type": "GIT", "repo": "https://x", "events": [{"introduced": "0"}]}]
    assert not one(affected=[{"package": package, "ranges": git}]).matchable
    assert not one(affected=[{"ranges": git, "versions": ["v1"]}]).matchable
    assert one(affected=[{"package": package, "ranges": git, "versions": ["v1"]}]).matchable


def test_a_batch_answer_says_what_to_fetch_and_a_scan_beside_it_is_read() -> None:
    batch = {
        "results": [
            {"vulns": [{"id": "X-1", "modified": "2026-01-01T00:00:00Z"}, {"id": "X-2"}]},
            {},
            {"vulns": [{"id": "X-2"}]},
        ]
    }
    data = json.dumps(batch).encode()
    assert osv.accepts("batch.json", Peek(data))
    got = osv.parse("batch.json", data, osv.Options(), context())
    assert got.observations == ()
    assert [r.problem.where for r in got.rejected] == ["batch.json[0] X-1", "batch.json[1] X-2"]
    assert {r.problem.what for r in got.rejected} == {got.rejected[0].problem.what}, "one reason, for all of them once"
    assert "https://api.osv.dev/v1/vulns/" in got.rejected[0].problem.what
    whole = json.dumps({"results": [{"vulns": [record()]}]}).encode()
    assert len(osv.parse("batch.json", whole, osv.Options(), context()).observations) == 1
