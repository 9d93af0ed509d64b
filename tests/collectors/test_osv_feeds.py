"""OSV asked for what the estate runs, and whole ecosystems of its dumps: each record once, and what was answered for."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from pulse_tui.collectors import osv
from pulse_tui.domain.advisory import Advisory
from pulse_tui.domain.coverage import Coverage
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.source import Collected, Cursor
from tests.collectors.contexts import NOW, context, quick_web
from tests.servers.loopback import Loopback, Reply
from tests.servers.osv_api import OsvApi, record

VLLM, RAY, LEFT = ("PyPI", "vllm"), ("PyPI", "ray"), ("npm", "left-pad")
LATER = "2026-11-09T00:00:00Z"


def asked(server: Loopback, *packages: tuple[str, str], cursor: Cursor | None = None) -> Collected:
    where = context(http=quick_web(), cursor=cursor)._replace(packages=lambda: packages)
    return osv.collect(osv.Options(api_url=server.url), where)


def dumped(server: Loopback, *ecosystems: str, cursor: Cursor | None = None, max_dump: int = 2**20) -> Collected:
    options = osv.Options(bulk_url=server.url, ecosystems=ecosystems, max_dump=max_dump)
    return osv.collect(options, context(http=quick_web(), cursor=cursor))


def ids(got: Collected) -> list[str]:
    return sorted(o.id for o in got.observations if isinstance(o, Advisory))


def covered(got: Collected) -> Coverage:
    found: Sequence[Coverage] = [o for o in got.observations if isinstance(o, Coverage)]
    (one,) = found
    assert got.observations[-1] is one, "what is covered comes behind the records that it is of"
    return one


# --------------------------------------------------------------------------- the API
def test_the_packages_of_the_estate_are_asked_for_and_each_record_comes_once(server: Loopback) -> None:
    api = OsvApi(server, record("A-1"), record("A-2"), record("B-1", "ray"), record("X-1", "elsewhere"))
    got = asked(server, VLLM, RAY, LEFT)
    assert ids(got) == ["A-1", "A-2", "B-1"]
    found = covered(got)
    assert (found.source, found.at, found.whole, found.records) == ("src", NOW, True, 3)
    assert set(found.packages) == {LEFT, RAY, VLLM}
    assert got.standing == ""
    assert api.fetched() == ["A-1", "A-2", "B-1"]


def test_a_record_is_fetched_again_only_when_it_was_modified(server: Loopback) -> None:
    api = OsvApi(server, record("A-1"), record("A-2"))
    first = asked(server, VLLM)
    server.log.clear()
    again = asked(server, VLLM, cursor=first.cursor)
    assert (ids(again), api.fetched(), covered(again).packages) == ([], [], (VLLM,))
    api.put(record("A-2", modified=LATER), record("B-1", "ray", modified="2020-01-01T00:00:00Z"))
    third = asked(server, VLLM, RAY, cursor=again.cursor)
    assert ids(third) == ["A-2", "B-1"], "a package that is new in the estate brings its old records too"


def test_a_record_that_names_the_package_no_longer_is_fetched_once_more_and_shows_its_withdrawal(
    server: Loopback,
) -> None:
    api = OsvApi(server, record("A-1"), record("A-2"))
    first = asked(server, VLLM)
    api.drop("A-2")
    second = asked(server, VLLM, cursor=first.cursor)
    (gone,) = [o for o in second.observations if isinstance(o, Advisory)]
    assert (gone.id, gone.withdrawn) == ("A-2", True)
    assert ids(asked(server, VLLM, cursor=second.cursor)) == []


def test_pages_are_followed(server: Loopback) -> None:
    api = OsvApi(server, *(record(f"A-{n}") for n in range(5)), record("B-1", "ray"))
    api.page = 2
    assert len(ids(asked(server, VLLM, RAY))) == 6
    batches = [len(r.json()["queries"]) for r in server.seen("POST", "/v1/querybatch")]
    assert batches == [2, 1, 1]


def test_no_request_asks_for_more_than_a_thousand_packages(server: Loopback) -> None:
    OsvApi(server)
    asked(server, *(("PyPI", f"p{n}") for n in range(1_500)))
    assert [len(r.json()["queries"]) for r in server.seen("POST", "/v1/querybatch")] == [1_000, 500]


def test_an_ecosystem_that_the_api_does_not_take_is_named_and_not_covered(server: Loopback) -> None:
    api = OsvApi(server, record("A-1"))
    api.unknown = {"ConanCenter"}
    got = asked(server, VLLM, ("ConanCenter", "zlib"))
    assert (ids(got), covered(got).packages) == (["A-1"], (VLLM,))
    assert ([r.problem.where for r in got.rejected], got.standing) == (["ConanCenter"], "")
    again = asked(server, VLLM, ("ConanCenter", "zlib"), cursor=got.cursor)
    assert (again.rejected, covered(again).packages) == ((), (VLLM,)), "it is reported once"


def test_where_some_records_cannot_be_had_the_others_land_and_their_packages_are_not_covered(server: Loopback) -> None:
    api = OsvApi(server, record("A-1"), record("B-1", "ray"))
    api.failing = {"B-1": Reply(503, headers={"Retry-After": "30"})}
    got = asked(server, VLLM, RAY)
    assert (ids(got), covered(got).packages) == (["A-1"], (VLLM,))
    assert got.standing is not None
    assert got.standing.startswith("1 of 2 records are still to be fetched: ")
    api.failing = {}
    assert ids(asked(server, VLLM, RAY, cursor=got.cursor)) == ["B-1"]


def test_a_record_that_cannot_be_read_is_refused_and_its_package_not_covered(server: Loopback) -> None:
    api = OsvApi(server, record("A-1"), record("B-1", "ray"))
    api.failing = {"B-1": Reply.json({**record("B-1", "ray"), "affected": "all"})}
    got = asked(server, VLLM, RAY)
    assert (ids(got), covered(got).packages, len(got.rejected)) == (["A-1"], (VLLM,), 1)


def test_a_record_that_is_no_json_is_refused_under_its_id(server: Loopback) -> None:
    api = OsvApi(server, record("A-1"), record("B-1", "ray"))
    api.failing = {"B-1": Reply(body=b"<html>")}
    got = asked(server, VLLM, RAY)
    (refused,) = got.rejected
    assert (refused.source, refused.problem.where[:3], covered(got).packages) == ("src", "B-1", (VLLM,))


def test_a_limit_of_the_rate_is_an_error_with_the_pause_that_is_asked_for(server: Loopback) -> None:
    server.on("POST", "/v1/querybatch", Reply(429, headers={"Retry-After": "77"}))
    with pytest.raises(SourceError) as caught:
        asked(server, VLLM)
    assert caught.value.retry_after == 77


@pytest.mark.parametrize("body", [b"<html>", b'{"results": []}', b'{"results": [{"vulns": 7}]}', b"[", b"{}"])
def test_an_answer_that_is_none_of_the_api_is_an_error(server: Loopback, body: bytes) -> None:
    server.on("POST", "/v1/querybatch", Reply(body=body))
    with pytest.raises(SourceError):
        asked(server, VLLM)


def test_an_id_that_would_lead_elsewhere_is_not_followed(server: Loopback) -> None:
    result = {"vulns": [{"id": "../../admin", "modified": LATER}, {"id": "A-1\n", "modified": LATER}]}
    server.on("POST", "/v1/querybatch", Reply.json({"results": [result]}))
    assert ids(asked(server, VLLM)) == []
    assert [r.path for r in server.log] == ["/v1/querybatch"]


def test_an_estate_without_packages_asks_for_nothing(server: Loopback) -> None:
    got = asked(server)
    assert (covered(got).packages, server.log) == ((), [])


def test_a_token_goes_with_every_request(server: Loopback) -> None:
    OsvApi(server, record("A-1"))
    where = context(http=quick_web(), secrets={"T": "s3cret"})._replace(packages=lambda: (VLLM,))
    osv.collect(osv.Options(api_url=server.url, token="${T}"), where)
    assert {r.headers["authorization"] for r in server.log} == {"Bearer s3cret"}


# --------------------------------------------------------------------------- the dumps
def test_an_ecosystem_is_read_from_its_dump_once_and_then_record_by_record(server: Loopback) -> None:
    api = OsvApi(server, record("A-1"), record("A-2", "ray"), record("N-1", "left-pad", "npm"))
    api.dump("PyPI")
    api.dump("npm")
    first = dumped(server, "PyPI", "npm")
    assert ids(first) == ["A-1", "A-2", "N-1"]
    found = covered(first)
    assert (found.ecosystems, found.whole, found.records) == (("PyPI", "npm"), True, 3)
    server.log.clear()
    api.put(record("A-3", modified=LATER))
    api.dump("PyPI")
    second = dumped(server, "PyPI", "npm", cursor=first.cursor)
    assert "A-3" in ids(second)
    assert covered(second).ecosystems == ("PyPI", "npm")
    assert not server.seen("GET", "/PyPI/all.zip")


def test_a_list_that_did_not_change_is_an_answer_too(server: Loopback) -> None:
    api = OsvApi(server, record("A-1"))
    api.dump("PyPI", etag='"1"')
    first = dumped(server, "PyPI")
    server.log.clear()
    again = dumped(server, "PyPI", cursor=first.cursor)
    assert (ids(again), covered(again).ecosystems, covered(again).records) == ([], ("PyPI",), 1)
    assert [r.path for r in server.log] == ["/PyPI/modified_id.csv"]


def test_after_many_changes_the_dump_is_read_again(server: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    api = OsvApi(server, record("A-1"))
    api.dump("PyPI")
    first = dumped(server, "PyPI")
    api.put(*(record(f"B-{n}", modified=LATER) for n in range(4)))
    api.dump("PyPI")
    monkeypatch.setattr("pulse_tui.collectors.osv.bulk.SINGLE", 3)
    server.log.clear()
    assert len(ids(dumped(server, "PyPI", cursor=first.cursor))) == 5
    assert len(server.seen("GET", "/PyPI/all.zip")) == 1


def test_a_large_dump_is_read_in_parts_and_covered_when_nothing_is_left(
    server: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = OsvApi(server, *(record(f"A-{n}", modified=f"2026-11-{n // 2 + 1:02}T00:00:00Z") for n in range(10)))
    api.dump("PyPI", etag='"1"')
    monkeypatch.setattr("pulse_tui.collectors.osv.bulk.ROUND", 3)
    monkeypatch.setattr("pulse_tui.collectors.osv.bulk.SINGLE", 3)
    found, cursor = list[str](), Cursor()
    for _ in range(9):
        got = dumped(server, "PyPI", cursor=cursor)
        found, cursor = [*found, *ids(got)], got.cursor
        if got.again_s is None:
            break
        assert (covered(got).ecosystems, "records are still to be read" in str(got.standing)) == ((), True)
    assert set(found) == {f"A-{n}" for n in range(10)}
    assert len(server.seen("GET", "/PyPI/all.zip")) == 4
    assert (covered(got).ecosystems, got.standing) == (("PyPI",), "")
    assert ids(dumped(server, "PyPI", cursor=cursor)) == []


def test_of_an_ecosystem_that_cannot_be_had_nothing_is_covered_and_the_others_land(server: Loopback) -> None:
    api = OsvApi(server, record("A-1"))
    api.dump("PyPI")
    got = dumped(server, "Pypi", "PyPI")
    assert (ids(got), covered(got).ecosystems, covered(got).whole) == (["A-1"], ("PyPI",), False)
    assert got.standing is not None
    assert got.standing.startswith("Pypi: ")
    with pytest.raises(SourceError):
        dumped(server, "Pypi")


def test_an_increment_that_breaks_off_is_read_again_as_a_whole(server: Loopback) -> None:
    api = OsvApi(server, record("A-1"), record("N-1", "left-pad", "npm"))
    api.dump("PyPI")
    api.dump("npm")
    first = dumped(server, "PyPI", "npm")
    api.put(record("A-2", modified=LATER))
    api.dump("PyPI")
    server.on("GET", "/PyPI/A-2.json", Reply(503), Reply.json(api.records["A-2"]))
    second = dumped(server, "PyPI", "npm", cursor=first.cursor)
    assert (covered(second).ecosystems, covered(second).whole) == (("npm",), False)
    third = dumped(server, "PyPI", "npm", cursor=second.cursor)
    assert "A-2" in ids(third)
    assert covered(third).whole


def test_a_dump_over_its_cap_is_refused(server: Loopback) -> None:
    api = OsvApi(server, *(record(f"A-{n}") for n in range(50)))
    api.dump("PyPI")
    with pytest.raises(SourceError, match="over the cap"):
        dumped(server, "PyPI", max_dump=5_000)


def test_lines_of_the_list_that_are_none_are_counted(server: Loopback) -> None:
    api = OsvApi(server, record("A-1"))
    api.dump("PyPI")
    text = b"\xef\xbb\xbf2026-11-01T00:00:00Z,A-1\nnonsense\n2026-11-01,A-2\n2026-11-01T00:00:00Z,../x y\n"
    server.on("GET", "/PyPI/modified_id.csv", Reply(body=text))
    got = dumped(server, "PyPI")
    assert ids(got) == ["A-1"]
    (refused,) = got.rejected
    assert refused.problem.what.startswith("3 lines")


def test_a_list_without_a_record_is_no_answer(server: Loopback) -> None:
    server.on("GET", "/PyPI/modified_id.csv", Reply(body=b"<html></html>"))
    with pytest.raises(SourceError, match="lists no record"):
        dumped(server, "PyPI")


def test_the_bookmark_of_one_way_of_reading_does_not_mislead_another(server: Loopback) -> None:
    api = OsvApi(server, record("A-1"))
    api.dump("PyPI")
    first = dumped(server, "PyPI")
    second = asked(server, VLLM, cursor=first.cursor)
    assert ids(second) == ["A-1"]
    assert ids(dumped(server, "PyPI", cursor=second.cursor)) == ["A-1"]


def test_a_record_that_cannot_be_had_holds_up_no_other_and_is_asked_for_again_soon(server: Loopback) -> None:
    api = OsvApi(server, *(record(f"A-{n:02}", f"p{n}") for n in range(40)))
    api.failing = {f"A-{n:02}": Reply(500) for n in range(3)}
    got = asked(server, *(("PyPI", f"p{n}") for n in range(40)))
    assert (len(ids(got)), len(covered(got).packages), got.again_s) == (37, 37, 30.0)


def test_where_the_server_asks_for_a_pause_the_rest_waits_for_it(server: Loopback) -> None:
    api = OsvApi(server, *(record(f"A-{n:02}", f"p{n}") for n in range(40)))
    api.failing = {"A-00": Reply(429, headers={"Retry-After": "300"})}
    got = asked(server, *(("PyPI", f"p{n}") for n in range(40)))
    assert (len(ids(got)) < 20, got.again_s) == (True, 300.0)
