"""The nvd collector: its pages over several rounds, its increments and limits; files; records as they are found."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pulse_tui.collectors import nvd
from pulse_tui.domain.advisory import Advisory, Audit
from pulse_tui.domain.coverage import Coverage
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.estate import Component
from pulse_tui.domain.source import Collected, Cursor
from pulse_tui.domain.words import ComponentKind, Severity
from pulse_tui.enrich.advisories.matching import audit
from pulse_tui.kinds import Kinds
from pulse_tui.ports import Peek
from pulse_tui.services.signals.files import detect, file_formats
from tests.collectors.contexts import context, quick_web
from tests.collectors.shared_data import shared_data
from tests.fakes.nvd_year import NOW, FakeNvd, page, record, year_file
from tests.servers.loopback import Loopback, Reply


def ids(got: Collected) -> list[str]:
    return [o.id for o in got.observations if isinstance(o, Advisory)]


def covered(got: Collected) -> list[Coverage]:
    return [o for o in got.observations if isinstance(o, Coverage)]


def told(got: Collected) -> list[str]:
    return [str(r.problem) for r in got.rejected]


def one(cve: dict[str, Any], **options: Any) -> tuple[Advisory, list[str]]:
    got = nvd.parse("a.json", json.dumps({"cve": cve}).encode(), nvd.Options(**options), context())
    (advisory,) = got.observations
    assert isinstance(advisory, Advisory)
    return advisory, told(got)


def cve(**changes: Any) -> dict[str, Any]:
    whole: dict[str, Any] = {**record(1)["cve"], **changes}
    return whole


@pytest.mark.parametrize("wrapped", [True, False])
@pytest.mark.parametrize(
    ("field", "value"),
    [("metrics", "none"), ("metrics", {"cvssMetricV31": [7]}), ("references", [{"url": 7}]), ("descriptions", {})],
)
def test_what_has_another_shape_beside_the_products_costs_no_product_its_record(
    field: str, value: Any, wrapped: bool
) -> None:
    whole = cve(**{field: value})
    got = nvd.parse("a.json", json.dumps({"cve": whole} if wrapped else whole).encode(), nvd.Options(), context())
    (advisory,) = got.observations
    assert isinstance(advisory, Advisory)
    assert (advisory.configurations, advisory.affected) == (one(cve())[0].configurations, one(cve())[0].affected)
    assert [field in problem for problem in told(got)] == [True]


@pytest.mark.parametrize("broken", [{"configurations": "all"}, {"id": 7}, {"lastModified": None}])
def test_without_its_products_its_id_or_its_time_a_record_is_refused(broken: dict[str, Any]) -> None:
    got = nvd.parse("a.json", json.dumps({"cve": cve(**broken)}).encode(), nvd.Options(), context())
    assert (got.observations, len(got.rejected)) == ((), 1)


@pytest.fixture
def rounds(server: Loopback, tmp_path: Path) -> Any:
    """Runs rounds from where the last one stopped."""
    cursor = Cursor()

    def run(now: datetime = NOW, **options: Any) -> Collected:
        nonlocal cursor
        at = context(tmp_path, http=quick_web(body_cap=2**22), cursor=cursor, source="nvd", secrets={"KEY": "s3cr3t"})
        got = nvd.collect(nvd.Options(url=f"{server.url}/cves", **options), at._replace(now=now))
        cursor = got.cursor
        return got

    return run


def test_a_first_load_takes_rounds_of_five_pages_and_covers_products_only_when_it_is_whole(
    server: Loopback, rounds: Any
) -> None:
    server.on("GET", "/cves", FakeNvd([record(n) for n in range(23)]))
    first = rounds(page_size=3)
    assert ids(first) == [f"NVD/CVE-2026-{n:05}" for n in range(15)]
    assert (covered(first), first.again_s) == ([], 30.0)
    second = rounds(page_size=3)
    assert ids(second) == [f"NVD/CVE-2026-{n:05}" for n in range(15, 23)]
    (coverage,) = covered(second)
    assert (coverage.ecosystems, coverage.records, coverage.at, second.again_s) == (("cpe",), 23, NOW, None)
    assert len(server.log) == 8
    assert all("lastModStartDate" not in r.query for r in server.log)


def test_the_next_rounds_ask_for_what_changed_since(server: Loopback, rounds: Any) -> None:
    everything = [record(n, NOW - timedelta(days=1)) for n in range(4)]
    fake = FakeNvd(everything)
    server.on("GET", "/cves", fake)
    rounds()
    everything[2]["cve"]["lastModified"] = "2026-11-23T04:30:00.000"
    fake.at = later = NOW + timedelta(hours=2)
    got = rounds(later)
    assert ids(got) == ["NVD/CVE-2026-00002"]
    query = server.log[-1].query
    assert (query["lastModStartDate"], query["lastModEndDate"]) == ("2026-11-23T01:00:00Z", "2026-11-23T05:00:00Z")
    assert covered(got)[0].records == 4
    fake.at = later + timedelta(hours=3)
    assert ids(rounds(fake.at)) == ["NVD/CVE-2026-00002"]
    fake.at = later + timedelta(hours=6)
    assert ids(rounds(fake.at)) == []
    assert server.log[-1].query["lastModStartDate"] == "2026-11-23T06:00:00Z"


def test_after_a_long_silence_the_changes_are_asked_for_in_spans_that_nvd_answers(
    server: Loopback, rounds: Any
) -> None:
    server.on("GET", "/cves", FakeNvd([record(n) for n in range(2)], NOW))
    rounds()
    later = NOW + timedelta(days=300)
    old, new = record(5, NOW + timedelta(days=10)), record(6, NOW + timedelta(days=290))
    server.on("GET", "/cves", FakeNvd([old, new], later))
    got = rounds(later)
    assert ids(got) == ["NVD/CVE-2026-00005", "NVD/CVE-2026-00006"]
    assert len(covered(got)) == 1
    assert len(server.log) == 1 + 3


def test_a_pass_over_changes_that_takes_rounds_is_no_good_standing_until_it_is_whole(
    server: Loopback, rounds: Any
) -> None:
    server.on("GET", "/cves", FakeNvd([record(n) for n in range(2)]))
    rounds()
    many = [record(n, NOW + timedelta(hours=1)) for n in range(8)]
    server.on("GET", "/cves", FakeNvd(many, NOW + timedelta(hours=2)))
    got = rounds(NOW + timedelta(hours=2), page_size=1)
    assert (len(ids(got)), covered(got), got.again_s) == (5, [], 30.0)
    assert "still being read" in (got.standing or "")
    last = rounds(NOW + timedelta(hours=2), page_size=1)
    assert (len(ids(last)), len(covered(last)), last.standing) == (3, 1, "")


def test_what_came_before_an_error_is_kept_and_the_next_round_goes_on_there(server: Loopback, rounds: Any) -> None:
    answers = FakeNvd([record(n) for n in range(6)])
    server.on("GET", "/cves", answers, answers, Reply(503))
    assert len(ids(rounds(page_size=2))) == 4
    with pytest.raises(SourceError, match="answered 503: too many requests"):
        rounds(page_size=2)
    server.on("GET", "/cves", answers)
    got = rounds(page_size=2)
    assert ids(got) == ["NVD/CVE-2026-00004", "NVD/CVE-2026-00005"]
    assert covered(got)


@pytest.mark.parametrize(
    ("reply", "wait"),
    [
        (Reply(403), 30.0),
        (Reply(429, headers={"Retry-After": "12"}), 12.0),
        (Reply(503, headers={"Retry-After": "x"}), 30.0),
    ],
)
def test_a_limit_is_waited_for(server: Loopback, rounds: Any, reply: Reply, wait: float) -> None:
    server.on("GET", "/cves", reply)
    with pytest.raises(SourceError, match="an api_key allows ten times as many") as error:
        rounds()
    assert error.value.retry_after == wait
    assert len(server.log) == 1


def test_a_key_goes_in_its_header_and_shortens_the_pause(server: Loopback, rounds: Any) -> None:
    server.on("GET", "/cves", FakeNvd([record(n) for n in range(8)]))
    assert rounds(page_size=1, api_key="${KEY}").again_s == 5.0
    assert server.log[0].headers["apikey"] == "s3cr3t"
    server.on("GET", "/cves", Reply(404, headers={"message": "Invalid apiKey."}))
    with pytest.raises(SourceError, match="answered 404: Invalid apiKey") as error:
        rounds(api_key="${KEY}")
    assert "s3cr3t" not in str(error.value)


def test_pages_over_the_cap_are_asked_for_in_halves(server: Loopback, rounds: Any) -> None:
    large = [record(n) for n in range(800)]
    for each in large:
        each["cve"]["descriptions"][0]["value"] = "x" * 10_000
    server.on("GET", "/cves", FakeNvd(large))
    got = rounds(page_size=800)
    assert len(ids(got)) == 800
    assert [r.query["resultsPerPage"] for r in server.log] == ["800", "400", "200", "200", "200", "200"]
    assert covered(got)


@pytest.mark.parametrize("body", [b"<html>", b"{}", b'{"vulnerabilities": 5}', b'{"vulnerabilities": [', b"[]"])
def test_what_is_no_answer_of_the_api_is_an_error(server: Loopback, rounds: Any, body: bytes) -> None:
    server.on("GET", "/cves", Reply(body=body))
    with pytest.raises(SourceError, match="did not answer as NVD's API does"):
        rounds()


def test_a_broken_record_is_refused_and_the_others_are_read(server: Loopback, rounds: Any) -> None:
    bad: list[Any] = [{"cve": {"id": 5}}, {"cve": {"id": "CVE-1", "lastModified": "2026-14-11T00:00:00"}}, {}, None, 7]
    server.on("GET", "/cves", Reply.json(page([record(1), *bad, record(2)], 0, 7)))
    got = rounds()
    assert ids(got) == ["NVD/CVE-2026-00001", "NVD/CVE-2026-00002"]
    assert len(got.rejected) == 5
    assert "NVD[2]: lastModified is '2026-14-11T00:00:00'" in told(got)
    assert covered(got)


def test_a_bookmark_of_another_kind_begins_again(server: Loopback, tmp_path: Path) -> None:
    server.on("GET", "/cves", FakeNvd([record(1)]))
    at = context(tmp_path, http=quick_web(), cursor=Cursor(bookmark='{"a.json": "mark"}'), source="nvd")
    assert ids(nvd.collect(nvd.Options(url=f"{server.url}/cves"), at)) == ["NVD/CVE-2026-00001"]


def test_the_kind_needs_no_option() -> None:
    assert nvd.Options().url == "https://services.nvd.nist.gov/rest/json/cves/2.0"


# ------------------------------------------------------------------ records


def test_a_record_says_what_it_is_of() -> None:
    matches = [
        {"vulnerable": True, "criteria": "cpe:2.3:a:Acme:serve:*:*:*:*:*:*:*:*", "versionEndExcluding": "2.0"},
        {"vulnerable": True, "criteria": "cpe:2.3:a:acme:serve:3.0:rc1:*:*:*:*:*:*"},
    ]
    os = {"vulnerable": False, "criteria": "cpe:2.3:o:microsoft:windows:-:*:*:*:*:*:*:*"}
    nodes = [{"operator": "OR", "negate": False, "cpeMatch": matches}, {"operator": "OR", "cpeMatch": [os]}]
    advisory, odd = one(
        cve(
            configurations=[{"operator": "AND", "nodes": nodes}],
            cisaExploitAdd="2026-11-02",
            lastModified="2026-11-03T04:05:06.789",
            descriptions=[{"lang": "es", "value": "no"}, {"lang": "en", "value": "\x1b[31mBad\x1b[0m \u202ething"}],
        )
    )
    assert odd == []
    assert (advisory.id, advisory.aliases, advisory.name) == (
        "NVD/CVE-2026-00001",
        ("CVE-2026-00001",),
        "CVE-2026-00001",
    )
    assert (advisory.title, advisory.known_exploited, advisory.withdrawn) == ("Bad thing", True, False)
    assert advisory.modified == datetime(2026, 11, 3, 4, 5, 6, 789_000, UTC)
    assert [(a.ecosystem, a.name) for a in advisory.affected] == [("cpe", "acme:serve")]
    component = Component(
        id="pkg:generic/serve",
        kind=ComponentKind.PACKAGE,
        name="serve",
        version="1.9",
        known_as=("cpe:2.3:a:acme:serve:*:*:*:*:*:*:*:*",),
        platform=("windows",),
    )
    assert audit(advisory, component).audit is Audit.MATCHED


@pytest.mark.parametrize("status", ["Rejected", "REJECTED", "rejected"])
def test_a_rejected_record_is_withdrawn(status: str) -> None:
    assert one(cve(vulnStatus=status, metrics={}, configurations=[]))[0].withdrawn


def scored(**vectors: str) -> dict[str, Any]:
    return {f"cvssMetric{v}": [{"cvssData": {"vectorString": text}}] for v, text in vectors.items()}


V31 = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
V40 = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:L/VI:N/VA:N/SC:N/SI:N/SA:N"
V2 = "AV:N/AC:L/Au:N/C:C/I:C/A:C"


@pytest.mark.parametrize(
    ("metrics", "score", "severity"),
    [
        (scored(V31=V31, V2=V2), 9.8, Severity.CRITICAL),
        (scored(V40=V40), 6.9, Severity.MEDIUM),
        (scored(V40=V40, V31=V31), 9.8, Severity.CRITICAL),
        (scored(V2=V2), 10.0, Severity.CRITICAL),
        ({}, None, None),
    ],
)
def test_the_worst_score_of_the_newer_versions_counts(
    metrics: dict[str, Any], score: float | None, severity: Severity | None
) -> None:
    advisory, odd = one(cve(metrics=metrics))
    assert (advisory.cvss, advisory.severity, odd) == (score, severity, [])


def test_a_truncated_vector_leaves_the_record_without_that_score() -> None:
    advisory, odd = one(cve(metrics=scored(V31=V31[:20], V2=V2)))
    assert advisory.cvss == 10.0
    assert len(odd) == 1
    assert "kept without this score" in odd[0]


def test_criteria_that_are_no_names_are_counted_and_the_record_is_kept() -> None:
    match = {"vulnerable": True, "criteria": "cpe:2.3:a:soap::lite:x:*:*:*:*:*:*:*:*"}
    advisory, odd = one(cve(configurations=[{"nodes": [{"operator": "OR", "negate": False, "cpeMatch": [match]}]}]))
    assert advisory.affected == ()
    assert "is no CPE name: it has 13 fields, not 11; it matches nothing" in odd[0]


def test_two_thousand_nodes_and_deep_nesting_are_read_or_refused() -> None:
    match = {"vulnerable": True, "criteria": "cpe:2.3:a:acme:serve:1.0:*:*:*:*:*:*:*"}
    many = [{"operator": "OR", "negate": False, "cpeMatch": [match]}] * 2_000
    assert len(one(cve(configurations=[{"nodes": many}]))[0].configurations[0].nodes) == 2_000
    deep = (
        b'{"cve": {"id": "CVE-1", "lastModified": "2026-01-01T00:00:00", "metrics": '
        + b"[" * 10_000
        + b"]" * 10_000
        + b"}}"
    )
    with pytest.raises(SourceError, match="nested too deeply"):
        nvd.parse("a.json", deep, nvd.Options(), context())


# ------------------------------------------------------------------ files


def test_a_yearly_feed_is_read_packed_or_not(tmp_path: Path) -> None:
    data = year_file(30)
    (tmp_path / "nvdcve-2.0-2026.json.gz").write_bytes(gzip.compress(data))
    got = nvd.collect(nvd.Options(path="."), context(tmp_path, source="nvd"))
    assert len(ids(got)) == 30
    assert covered(got) == []
    again = nvd.collect(nvd.Options(path="."), context(tmp_path, source="nvd", cursor=got.cursor))
    assert again.unchanged


def test_files_cover_products_when_they_are_said_to_be_all_of_it_and_every_one_was_read(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(year_file(3))
    options = nvd.Options(path=".", whole=True)
    (coverage,) = covered(nvd.collect(options, context(tmp_path, source="nvd")))
    assert (coverage.ecosystems, coverage.at) == (("cpe",), datetime(2026, 11, 23, 3, 0, tzinfo=UTC))
    (tmp_path / "b.json").write_bytes(b"{")
    assert covered(nvd.collect(options, context(tmp_path, source="nvd"))) == []


@pytest.mark.parametrize("data", [b'{"vulnerabilities": [{"cve"', b'{"vulnerabilities": 3}', b'{"CVE_Items": []}', b""])
def test_a_file_that_is_cut_off_or_of_another_format_is_an_error(data: bytes) -> None:
    with pytest.raises(SourceError):
        nvd.parse("a.json", data, nvd.Options(), context())


def test_the_kind_of_a_file_is_known_by_its_keys() -> None:
    formats = file_formats(Kinds("collectors"))
    for data in (year_file(1), json.dumps(record(1)).encode(), json.dumps(record(1)["cve"]).encode()):
        assert detect(formats, "a.json", Peek(data)) == "nvd"
    for other in (b'{"bomFormat": "CycloneDX", "vulnerabilities": []}', b'{"document": {}, "vulnerabilities": []}'):
        assert detect(formats, "a.json", Peek(other)) != "nvd"


@pytest.mark.parametrize(
    "path",
    [
        "nvd/grype/platform-cpe.json",
        "nvd/grype/cve-2020-15415-status-rejected.json",
        "nvd/osv.dev/CVE-2023-4863.json",
        "nvd/dependency-track/CVE-2017-5638-cvssv4-rating.json",
    ],
)
def test_real_records_are_read(path: str) -> None:
    data = shared_data("advisories", *path.split("/")).read_bytes()
    assert detect(file_formats(Kinds("collectors")), path, Peek(data)) == "nvd"
    got = nvd.parse(path, data, nvd.Options(), context())
    assert (len(ids(got)), told(got)) == (1, [])


def test_the_product_of_a_real_record_is_judged_on_its_platform() -> None:
    data = shared_data("advisories", "nvd", "grype", "platform-cpe.json").read_bytes()
    (advisory,) = nvd.parse("a", data, nvd.Options(), context()).observations
    assert isinstance(advisory, Advisory)

    def python(version: str, *platform: str) -> Audit:
        name = "cpe:2.3:a:python:python:*:*:*:*:*:*:*:*"
        return audit(
            advisory,
            Component(
                id="python",
                kind=ComponentKind.PACKAGE,
                name="python",
                version=version,
                known_as=(name,),
                platform=platform,
            ),
        ).audit

    assert [python("3.9.10", *p) for p in (("windows",), ("linux",), ())] == [
        Audit.MATCHED,
        Audit.CLEAN,
        Audit.NOT_AUDITED,
    ]
    assert python("3.9.11", "windows") is Audit.CLEAN
