"""CISA's catalogue of known exploited vulnerabilities: the whole list, or nothing of it."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from pulse_tui.collectors import kev
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.exploitation import Catalogue, Exploitation, Exploited
from pulse_tui.domain.source import Collected, Cursor
from pulse_tui.ports import Peek
from tests.collectors.contexts import context, quick_web
from tests.collectors.shared_data import shared_data
from tests.servers.loopback import Loopback, Reply


def line(cve: str = "CVE-2026-3248", **changes: Any) -> dict[str, Any]:
    return {
        "cveID": cve,
        "vendorProject": "Git",
        "product": "Git",
        "vulnerabilityName": "Git Link Following Vulnerability",
        "dateAdded": "2026-11-20",
        "shortDescription": "Git contains a link following vulnerability.",
        "requiredAction": "Apply mitigations per vendor instructions.",
        "dueDate": "2026-12-11",
        "knownRansomwareCampaignUse": "Unknown",
        "notes": "",
        "cwes": ["CWE-59"],
        **changes,
    }


def catalogue(*lines: Any, **changes: Any) -> bytes:
    whole = {
        "title": "CISA Catalog of Known Exploited Vulnerabilities",
        "catalogVersion": "2026.11.22",
        "dateReleased": "2026-11-22T17:04:19.9796Z",
        "count": len(lines),
        "vulnerabilities": list(lines),
    }
    return json.dumps({**whole, **changes}).encode()


def read(data: bytes) -> Collected:
    return kev.parse("kev.json", data, kev.Options(), context())


def one(data: bytes) -> Exploitation:
    (found,) = read(data).observations
    assert isinstance(found, Exploitation)
    return found


def test_the_catalogue_is_one_list_of_its_own_date() -> None:
    found = one(catalogue(line(), line("CVE-2026-1000", knownRansomwareCampaignUse="Known", vendorProject="Acme")))
    assert (found.source, found.catalogue) == ("src", Catalogue.KEV)
    assert found.at == datetime(2026, 11, 22, 17, 4, 19, 979600, UTC)
    assert found.exploited == (
        Exploited(cve="CVE-2026-3248", added=date(2026, 11, 20), due=date(2026, 12, 11), product="Git"),
        Exploited(
            cve="CVE-2026-1000", added=date(2026, 11, 20), due=date(2026, 12, 11), ransomware=True, product="Acme Git"
        ),
    )


@pytest.mark.parametrize("broken", [{"product": "x"}, {"cveID": 7}, line("GHSA-1"), line(""), "CVE-2026-1", None])
def test_a_line_without_a_cve_is_refused_and_the_others_land(broken: Any) -> None:
    got = read(catalogue(line(), broken, line("CVE-2026-1000")))
    (found,) = got.observations
    assert isinstance(found, Exploitation)
    assert [e.cve for e in found.exploited] == ["CVE-2026-3248", "CVE-2026-1000"]
    (refused,) = got.rejected
    assert refused.problem.where == "kev.json vulnerabilities[1]"


@pytest.mark.parametrize("day", ["soon", "2026-13-40", 20261120, ["2026-11-20"]])
def test_a_date_that_is_none_is_named_and_the_vulnerability_lands_without_it(day: Any) -> None:
    got = read(catalogue(line(dateAdded=day)))
    assert one(catalogue(line(dateAdded=day))).exploited[0].added is None
    assert "is no date" in got.rejected[0].problem.what


def test_a_catalogue_that_is_cut_off_is_refused_whole() -> None:
    data = catalogue(line(), line("CVE-2026-1000"))
    for end in (len(data) // 2, len(data) - 1, 10):
        with pytest.raises(SourceError, match="ends too early"):
            read(data[:end])


def test_a_catalogue_that_lists_fewer_than_it_counts_is_refused_whole() -> None:
    with pytest.raises(SourceError, match="counts 1,404 vulnerabilities and lists 1"):
        read(catalogue(line(), count=1404))


def test_without_a_date_of_release_its_version_is_its_date_and_without_both_it_is_refused() -> None:
    assert one(catalogue(line(), dateReleased="")).at == datetime(2026, 11, 22, tzinfo=UTC)
    with pytest.raises(SourceError, match="states no date"):
        read(catalogue(line(), dateReleased="", catalogVersion=""))


def test_a_byte_order_mark_and_escapes_for_terminals_do_no_harm() -> None:
    found = one(b"\xef\xbb\xbf" + catalogue(line(product="\x1b[31mGit\u202e")))
    assert found.exploited[0].product == "Git"


def test_it_is_known_by_what_only_it_has() -> None:
    assert kev.accepts("x.json", Peek(catalogue(line())))
    assert not kev.accepts("kev.json", Peek(b'{"vulnerabilities": []}'))


def test_a_round_reads_the_catalogue_only_when_it_changed(server: Loopback) -> None:
    server.on("GET", "/kev.json", Reply(body=catalogue(line()), etag='"1"'))
    options = kev.Options(url=f"{server.url}/kev.json")
    first = kev.collect(options, context(http=quick_web()))
    assert len(first.observations) == 1
    again = kev.collect(options, context(http=quick_web(), cursor=first.cursor))
    assert (again.unchanged, again.observations) == (True, ())


def test_a_copy_on_disk_needs_no_network(tmp_path: Path) -> None:
    (tmp_path / "kev.json").write_bytes(catalogue(line()))
    got = kev.collect(kev.Options(path="kev.json"), context(tmp_path, cursor=Cursor()))
    assert len(got.observations) == 1


def test_the_whole_real_catalogue_is_read() -> None:
    path = shared_data("advisories/kev/known_exploited_vulnerabilities.json")
    got = read(path.read_bytes())
    (found,) = got.observations
    assert isinstance(found, Exploitation)
    assert (len(found.exploited), got.rejected) == (1404, ())
    assert all(e.added and e.due and e.product for e in found.exploited)
