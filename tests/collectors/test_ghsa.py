"""GitHub's advisories: pages behind each other, what changed since, ranges as GitHub writes them."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from pulse_tui.collectors import ghsa
from pulse_tui.domain.advisory import Advisory, Affected, VersionRange
from pulse_tui.domain.coverage import Coverage
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.source import Collected, Cursor
from pulse_tui.domain.words import Severity
from pulse_tui.ports import Peek
from tests.collectors.contexts import NOW, context, quick_web
from tests.servers.loopback import Loopback, Reply, Request

VECTOR = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"


def record(number: int = 1, **changes: Any) -> dict[str, Any]:
    ident = f"GHSA-aaaa-bbbb-{number:04}"
    return {
        "ghsa_id": ident,
        "cve_id": f"CVE-2026-{number:04}",
        "url": f"https://api.github.com/advisories/{ident}",
        "html_url": f"https://github.com/advisories/{ident}",
        "summary": "Remote code execution in vLLM",
        "description": "…",
        "type": "reviewed",
        "severity": "critical",
        "identifiers": [{"type": "GHSA", "value": ident}, {"type": "CVE", "value": f"CVE-2026-{number:04}"}],
        "references": ["https://nvd.nist.gov/vuln/detail/CVE-2026-1"],
        "published_at": "2026-11-01T00:00:00Z",
        "updated_at": f"2026-11-{number % 20 + 1:02}T00:00:00Z",
        "withdrawn_at": None,
        "vulnerabilities": [vulnerable(">= 0.5.0, < 0.9.2", "0.9.2")],
        "cvss": {"vector_string": VECTOR, "score": 9.8},
        "cvss_severities": {"cvss_v3": {"vector_string": VECTOR, "score": 9.8}, "cvss_v4": None},
        "cwes": [{"cwe_id": "CWE-502", "name": "Deserialization of Untrusted Data"}],
        **changes,
    }


def vulnerable(span: str | None, patched: Any = None, ecosystem: str = "pip", name: str = "vllm") -> dict[str, Any]:
    return {
        "package": {"ecosystem": ecosystem, "name": name},
        "vulnerable_version_range": span,
        "first_patched_version": patched,
        "vulnerable_functions": [],
    }


def read(*records: Any) -> Collected:
    return ghsa.parse("a.json", json.dumps(records).encode(), ghsa.Options(), context())


def one(**changes: Any) -> Advisory:
    (found,) = read(record(**changes)).observations
    assert isinstance(found, Advisory)
    return found


def test_an_advisory_has_its_own_id_its_aliases_and_its_score() -> None:
    found = one()
    assert (found.id, found.aliases, found.name) == ("GHSA-aaaa-bbbb-0001", ("CVE-2026-0001",), "CVE-2026-0001")
    assert (found.cvss, found.vector, found.severity) == (9.8, VECTOR, Severity.CRITICAL)
    assert found.title == "Remote code execution in vLLM"
    assert found.links[0] == "https://github.com/advisories/GHSA-aaaa-bbbb-0001"
    assert found.affected == (Affected("PyPI", "vllm", (), (VersionRange("0.5.0", "0.9.2"),)),)


@pytest.mark.parametrize(
    ("span", "patched", "versions", "ranges"),
    [
        ("< 1.2", "1.2", (), (VersionRange("0", "1.2"),)),
        ("< 1.2", None, (), (VersionRange("0", "1.2"),)),
        ("<= 1.5", None, (), (VersionRange("0", None, "1.5"),)),
        ("<= 1.5", "1.6", (), (VersionRange("0", "1.6", "1.5"),)),
        (">= 1.0", None, (), (VersionRange("1.0"),)),
        (">= 0", None, (), (VersionRange("0"),)),
        ("> 1.0, <= 2.0", {"identifier": "2.1"}, (), (VersionRange("1.0", "2.1", "2.0"),)),
        (">=1.0,<2.0-beta.1", "2.0-beta.1", (), (VersionRange("1.0", "2.0-beta.1"),)),
        ("= 1.4.0", None, ("1.4.0",), ()),
        ("= 1.4.0", "1.4.1", ("1.4.0",), (VersionRange("1.4.0", "1.4.1", "1.4.0"),)),
    ],
)
def test_a_range_is_what_github_means_by_it(
    span: str, patched: Any, versions: tuple[str, ...], ranges: tuple[VersionRange, ...]
) -> None:
    assert one(vulnerabilities=[vulnerable(span, patched)]).affected == (Affected("PyPI", "vllm", versions, ranges),)


@pytest.mark.parametrize("span", ["", None, "~> 1.2", "1.2", "< 1, < 2", "all", ">= 1 < 2"])
def test_a_range_that_cannot_be_read_is_named_and_its_package_is_not_taken_for_clean(span: str | None) -> None:
    got = read(record(vulnerabilities=[vulnerable(span, "1.2"), vulnerable("< 3", name="ray")]))
    (found,) = got.observations
    assert isinstance(found, Advisory)
    assert found.affected[0] == Affected("PyPI", "vllm")
    assert found.affected[1].ranges == (VersionRange("0", "3"),)
    (refused,) = got.rejected
    assert "not known which of its versions" in refused.problem.what


def test_every_ecosystem_of_github_has_the_name_that_osv_gives_it() -> None:
    kinds = ("rust", "go", "composer", "actions", "npm")
    found = one(vulnerabilities=[vulnerable("< 1", "1", kind, "x") for kind in (*kinds, "other")])
    assert [a.ecosystem for a in found.affected] == ["crates.io", "Go", "Packagist", "GitHub Actions", "npm"]


def test_a_withdrawal_counts_from_its_day_on() -> None:
    assert one(withdrawn_at="2026-11-01T00:00:00Z").withdrawn
    later = one(withdrawn_at="2030-01-01T00:00:00Z")
    assert (later.withdrawn, later.withdrawn_at is not None) == (False, True)


@pytest.mark.parametrize(
    "broken", [{"ghsa_id": "CVE-1"}, {"updated_at": "soon"}, {"updated_at": None}, {"vulnerabilities": 7}]
)
def test_a_broken_record_is_refused_and_the_others_land(broken: dict[str, Any]) -> None:
    got = read(record(1), record(2, **broken), record(3))
    assert (len(got.observations), len(got.rejected)) == (2, 1)


def test_it_is_known_by_its_keys() -> None:
    assert ghsa.accepts("a.json", Peek(json.dumps([record()]).encode()))
    assert not ghsa.accepts("a.json", Peek(b'{"id": "GHSA-1", "modified": "2026-01-01T00:00:00Z"}'))


# --------------------------------------------------------------------------- the API
class Api:
    """Pages of advisories by when they were changed, as GitHub cuts them."""

    def __init__(self, server: Loopback, *records: dict[str, Any], page: int = 2) -> None:
        self.server, self.page = server, page
        self.records = list(records)
        self.failing_from: int | None = None
        server.on("GET", "/advisories", self._answer)

    def _answer(self, request: Request) -> Reply:
        if self.failing_from is not None and len(self.server.log) > self.failing_from:
            reset = int(NOW.timestamp()) + 90
            return Reply(403, headers={"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(reset)})
        withdrawn = request.query["is_withdrawn"] == "true"
        since = request.query.get("modified", ">=").removeprefix(">=")
        found = [r for r in self.records if bool(r["withdrawn_at"]) is withdrawn]
        if since:
            found = [r for r in found if _time(r["updated_at"]) >= _time(since)]
        found.sort(key=lambda r: _time(r["updated_at"]))
        start = int(request.query.get("after", "0"))
        more = {}
        if start + self.page < len(found):
            rest = f"&modified=%3E%3D{since}" if since else ""
            address = (
                f"{self.server.url}/advisories?is_withdrawn={request.query['is_withdrawn']}&after={start + self.page}"
            )
            more["Link"] = f'<{self.server.url}/advisories?before=1>; rel="prev", <{address}{rest}>; rel="next"'
        return Reply.json(found[start : start + self.page], headers=more)


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def round_of(server: Loopback, cursor: Cursor | None = None, token: str | None = None) -> Collected:
    where = context(http=quick_web(), cursor=cursor, secrets={"T": "s3cret"})
    return ghsa.collect(ghsa.Options(url=server.url, token=token), where)


def ids(got: Collected) -> list[int]:
    return sorted(int(o.id[-4:]) for o in got.observations if isinstance(o, Advisory))


def ecosystems(got: Collected) -> int:
    (found,) = [o for o in got.observations if isinstance(o, Coverage)]
    return len(found.ecosystems)


def test_all_pages_are_read_and_then_only_what_changed_since(server: Loopback) -> None:
    api = Api(server, *(record(n) for n in range(1, 6)), record(9, withdrawn_at="2026-11-20T00:00:00Z"))
    first = round_of(server, token="${T}")
    assert (ids(first), ecosystems(first), first.standing) == ([1, 2, 3, 4, 5, 9], 12, "")
    assert {r.headers["authorization"] for r in server.log} == {"Bearer s3cret"}
    api.records.append(record(7, updated_at="2026-11-22T00:00:00Z"))
    api.records[0] = record(1, withdrawn_at="2026-11-22T01:00:00Z", updated_at="2026-11-22T01:00:00Z")
    second = round_of(server, first.cursor)
    assert ids(second) == [1, 5, 7, 9], "the newest of the last round are read once more"
    (gone,) = [o for o in second.observations if isinstance(o, Advisory) and o.id.endswith("0001")]
    assert gone.withdrawn


def test_until_everything_was_read_nothing_is_covered_and_the_next_round_goes_on(
    server: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    Api(server, *(record(n) for n in range(1, 8)))
    monkeypatch.setattr(ghsa, "PAGES", 2)
    first = round_of(server)
    assert (ids(first), ecosystems(first), first.again_s) == ([1, 2, 3, 4], 0, ghsa.SOON_S)
    assert first.standing == "read up to 2026-11-05, the rest follows"
    second = round_of(server, first.cursor)
    assert (ids(second), ecosystems(second)) == ([4, 5, 6, 7], 0), "those withdrawn were not asked for yet"
    third = round_of(server, second.cursor)
    assert (ecosystems(third), third.again_s) == (12, None)


def test_where_the_limit_of_the_rate_ends_a_round_what_came_lands(server: Loopback) -> None:
    api = Api(server, *(record(n) for n in range(1, 8)))
    api.failing_from = 2
    got = round_of(server)
    assert (ids(got), ecosystems(got), got.again_s) == ([1, 2, 3, 4], 0, None)
    assert got.standing is not None
    assert "answered 403" in got.standing


def test_a_limit_at_once_is_an_error_with_the_pause_until_it_resets(server: Loopback) -> None:
    Api(server, record()).failing_from = 0
    with pytest.raises(SourceError) as caught:
        round_of(server)
    assert caught.value.retry_after == 90


def test_a_next_page_at_another_server_is_not_followed(server: Loopback) -> None:
    link = '<https://evil.example/advisories?page=2>; rel="next"'
    server.on("GET", "/advisories", Reply.json([record()], headers={"Link": link}))
    got = round_of(server, token="${T}")
    assert (ids(got), ecosystems(got)) == ([1], 0)
    assert got.standing is not None
    assert "another server" in got.standing


def test_answers_on_disk_need_no_network(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps([record(1), record(2)]))
    assert len(ghsa.collect(ghsa.Options(path="."), context(tmp_path)).observations) == 2
