"""FIRST's scores: a probability for each CVE, of one day; what is no probability is refused line by line."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pulse_tui.collectors import epss
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.exploitation import Catalogue, Exploitation, Scored
from pulse_tui.domain.source import Collected
from pulse_tui.ports import Peek
from tests.collectors.contexts import context, quick_web
from tests.collectors.shared_data import shared_data
from tests.servers.loopback import Loopback, Reply

REMARK = "#model_version:v2026.06.15,score_date:2026-09-29T12:00:22Z\n"
HEAD = "cve,epss,percentile\n"
ROWS = "CVE-2026-3248,0.93351,0.99255\nCVE-2026-1000,0.00042,0.1\n"
WHOLE = (REMARK + HEAD + ROWS).encode()


def read(data: bytes, name: str = "epss.csv") -> Collected:
    return epss.parse(name, data, epss.Options(), context())


def one(data: bytes, name: str = "epss.csv") -> Exploitation:
    (found,) = read(data, name).observations
    assert isinstance(found, Exploitation)
    return found


@pytest.mark.parametrize("data", [WHOLE, gzip.compress(WHOLE), b"\xef\xbb\xbf" + WHOLE, WHOLE.replace(b"\n", b"\r\n")])
def test_the_scores_are_one_list_of_their_day_plain_packed_or_marked(data: bytes) -> None:
    found = one(data)
    assert (found.source, found.catalogue) == ("src", Catalogue.EPSS)
    assert found.at == datetime(2026, 9, 29, 12, 0, 22, tzinfo=UTC)
    assert found.scored == (Scored("CVE-2026-3248", 0.93351, 0.99255), Scored("CVE-2026-1000", 0.00042, 0.1))


@pytest.mark.parametrize("score", ["1.2", "NaN", "-0.1", "inf", "", "high", "0_1", "0,5"])
def test_what_is_no_probability_is_refused_and_the_other_lines_land(score: str) -> None:
    got = read((REMARK + HEAD + f"CVE-2026-1,{score},0.5\n" + ROWS).encode())
    assert len(one(WHOLE).scored) == 2
    (found,) = got.observations
    assert isinstance(found, Exploitation)
    assert [s.cve for s in found.scored] == ["CVE-2026-3248", "CVE-2026-1000"]
    (refused,) = got.rejected
    assert refused.problem.where == "epss.csv:3"


def test_a_score_of_zero_is_a_score_and_a_percentile_that_is_missing_is_unknown() -> None:
    found = one((REMARK + HEAD + "CVE-2026-3248,0,\n").encode())
    assert found.scored == (Scored("CVE-2026-3248", 0.0, None),)


@pytest.mark.parametrize("cve", ["cve-2026-1", "GHSA-1", "", "CVE-2026-3248 "])
def test_a_line_of_no_cve_is_refused(cve: str) -> None:
    assert len(read((REMARK + HEAD + f"{cve},0.5,0.5\n" + ROWS).encode()).rejected) == 1


@pytest.mark.parametrize("data", [REMARK + ROWS, ROWS, REMARK, "", "cve,score\n" + ROWS])
def test_a_file_without_its_header_is_refused_whole(data: str) -> None:
    with pytest.raises(SourceError, match=r"no header line|is empty"):
        read(data.encode())


def test_a_file_that_is_cut_off_is_refused_whole() -> None:
    with pytest.raises(SourceError, match="cut off in line 4"):
        read(WHOLE[: WHOLE.rindex(b",")])
    packed = gzip.compress(WHOLE * 50)
    with pytest.raises(SourceError, match=r"cut off|not a complete gzip"):
        read(packed[: len(packed) // 2], "epss.csv.gz")


def test_a_file_that_states_no_day_is_refused_unless_its_name_does() -> None:
    with pytest.raises(SourceError, match="does not state of which day"):
        read((HEAD + ROWS).encode())
    assert one((HEAD + ROWS).encode(), "epss_scores-2026-09-29.csv").at == datetime(2026, 9, 29, tzinfo=UTC)


def test_a_file_that_unpacks_to_more_than_the_cap_is_refused() -> None:
    with pytest.raises(SourceError, match="cap"):
        epss.parse("e.gz", gzip.compress(WHOLE * 1_000), epss.Options(max_bytes=10_000), context())


def test_it_is_known_by_its_first_line() -> None:
    assert epss.accepts("x", Peek(WHOLE))
    assert epss.accepts("x.csv", Peek((HEAD + ROWS).encode()))
    assert not epss.accepts("epss.csv", Peek(b"item_id,score,model\n"))


def test_a_round_reads_the_scores_only_when_they_changed(server: Loopback) -> None:
    server.on("GET", "/epss_scores-current.csv.gz", Reply(body=gzip.compress(WHOLE), etag='"1"'))
    options = epss.Options(url=f"{server.url}/epss_scores-current.csv.gz")
    first = epss.collect(options, context(http=quick_web()))
    assert len(first.observations) == 1
    assert epss.collect(options, context(http=quick_web(), cursor=first.cursor)).unchanged


def test_a_copy_on_disk_needs_no_network(tmp_path: Path) -> None:
    (tmp_path / "epss_scores-2026-09-29.csv.gz").write_bytes(gzip.compress((HEAD + ROWS).encode()))
    got = epss.collect(epss.Options(path="."), context(tmp_path))
    assert len(got.observations) == 1


def test_real_lines_are_read() -> None:
    got = read(shared_data("advisories/epss/epss_head_1999.csv").read_bytes())
    (found,) = got.observations
    assert isinstance(found, Exploitation)
    assert (len(found.scored), got.rejected) == (40, ())
