"""``POST /signals`` over real sockets and a real database: what is stored, what is refused and how, and who waits."""

from __future__ import annotations

import gzip
import json
import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pulse_tui.domain.alert import AlertState
from pulse_tui.domain.moments import iso
from pulse_tui.domain.push import Form
from pulse_tui.domain.words import Environment, SignalType
from pulse_tui.enrich.pushed import bodies
from pulse_tui.hooks import pushes as limits
from pulse_tui.settings.hooks import SenderShape
from pulse_tui.storage import engine
from pulse_tui.storage.store import SqlStore
from tests.fakes.clock import Clock
from tests.fakes.databases import sqlite_file
from tests.fakes.nouns import NOW
from tests.fakes.pushing import SECRETS, Answered, Open, listening, parts_for, quiet, record, sender, shape

Opens = Callable[..., Open]


@pytest.fixture
def opens(tmp_path: Path) -> Iterator[Opens]:
    with ExitStack() as stack:

        def start(*senders: SenderShape, **fields: Any) -> Open:
            store = SqlStore(sqlite_file(tmp_path / "pulse.db"), tmp_path)
            stack.callback(store.close)
            hooks = shape(*senders, **fields)
            entered: AbstractContextManager[Open] = listening(parts_for(store, tmp_path, Clock(), hooks), hooks)
            return stack.enter_context(entered)

        yield start


def alerts(there: Open) -> int:
    with there.parts.store.read() as tx:
        return len(tx.judgements.alerts([AlertState.FIRING], 100))


def test_a_record_is_stored_judged_and_answered_with_its_id(opens: Opens) -> None:
    there = opens()
    answer = there.push(record(1))
    assert answer.status == 202
    assert answer.body == {"accepted": 1, "repeated": 0, "refused": 0, "ids": ["ci:s-1"]}
    (stored,) = there.stored()
    assert (stored.source, stored.id, stored.fingerprint) == ("ci", "ci:s-1", "ci:f-1")
    assert alerts(there) == 1


@pytest.mark.parametrize("kind", ["application/json", "application/x-ndjson"])
def test_the_good_records_of_a_batch_land_and_the_bad_ones_are_answered_one_by_one(opens: Opens, kind: str) -> None:
    bad = record(2, severty="high")
    del bad["severity"]
    answer = opens().push([record(1), bad, record(3, confidence=7), record(4), record(1)], kind=kind)
    assert answer.status == 202
    assert (answer.body["accepted"], answer.body["repeated"], answer.body["refused"]) == (2, 1, 2)
    assert answer.body["ids"] == ["ci:s-1", "ci:s-4", "ci:s-1"]
    assert [(r["index"], r["status"]) for r in answer.body["records"]] == [(1, 422), (2, 422), (4, 200)]
    assert answer.body["records"][0]["field"] == "severty"
    assert answer.body["records"][0]["hint"] == "did you mean 'severity'?"
    assert answer.body["records"][1]["field"] == "confidence"


def test_what_is_refused_is_in_the_quarantine_under_its_sender(opens: Opens) -> None:
    there = opens()
    assert there.push([record(1, severity="hgh")]).status == 422
    with there.parts.store.read() as tx:
        ((_, kept),) = tx.signals.quarantined(10)
        assert tx.plumbing.sources()["ci"].reason.startswith("1 record of the last push refused")
    assert (kept.source, kept.problem.where) == ("ci", "record 0: severity")
    assert kept.problem.hint == "did you mean 'high'?"
    assert b'"severity":"hgh"' in kept.raw
    there.push(record(2))
    with there.parts.store.read() as tx:
        assert tx.plumbing.sources()["ci"].reason == ""


def test_an_id_counts_once_and_other_content_under_it_is_named(opens: Opens) -> None:
    there = opens()
    there.push(record(1))
    again = there.push(record(1))
    assert (again.status, again.body["repeated"], again.body["ids"]) == (202, 1, ["ci:s-1"])
    other = there.push([record(1, title="another one", severity="low")])
    assert other.status == 409
    (stated,) = other.body["records"]
    assert stated["field"] == "id"
    assert stated["reason"] == "this id is stored already with another severity, title: the first one counts"
    assert [s.title for s in there.stored()] == ["signal 1"]


def test_of_two_records_of_one_batch_with_one_id_the_first_counts(opens: Opens) -> None:
    there = opens()
    answer = there.push([record(1), record(1), record(1, title="another one")])
    assert [r["status"] for r in answer.body["records"]] == [200, 409]
    assert len(there.stored()) == 1


def test_two_senders_with_the_same_ids_and_fingerprints_do_not_meet(opens: Opens) -> None:
    there = opens(sender(), sender("evals", token="${T_EVAL}"))
    there.push(record(1))
    assert there.push(record(1, title="of another"), "T_EVAL").status == 202
    assert [s.id for s in there.stored()] == ["ci:s-1", "evals:s-1"]
    assert alerts(there) == 2


@pytest.mark.parametrize("token", [None, "", "wrong", "ci-token-of-sixtee", "ci-token-of-sixteen ci"])
def test_without_a_known_token_nothing_is_read_and_nobody_becomes_a_source(opens: Opens, token: str | None) -> None:
    there = opens()
    answer = there.push(record(1), token)
    assert answer.status == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert there.push(b"{", token).body == answer.body  # whatever it holds
    assert there.stored() == []
    with there.parts.store.read() as tx:
        assert list(tx.plumbing.sources()) == ["ci"]
        assert tx.signals.refused() == []
    assert there.pushes.traffic.unknown == 2
    assert there.told == ["hooks: a request to /signals from 127.0.0.1 had no known token"]


def test_both_tokens_of_a_rotation_count_and_no_token_is_anywhere_to_be_read(opens: Opens, tmp_path: Path) -> None:
    there = opens(sender(token=("${T_CI}", "${T_CI_NEXT}")))
    assert there.push(record(1), "T_CI").status == there.push(record(2), "T_CI_NEXT").status == 202
    there.push(record(3, severity=SECRETS["T_CI"]))
    for file in tmp_path.glob("pulse.db*"):
        assert SECRETS["T_CI_NEXT"].encode() not in file.read_bytes()
    assert not any(SECRETS["T_CI"] in told for told in there.told)


def test_a_record_under_another_source_is_refused(opens: Opens) -> None:
    there = opens()
    answer = there.push(record(1, source="mlflow"))
    assert (answer.status, answer.body["records"][0]["field"]) == (422, "source")
    assert there.push(record(2, source="ci")).status == 202


@pytest.mark.parametrize(
    ("scope", "fields", "field"),
    [
        ({"signal_types": (SignalType.CVE,)}, {}, "signal_type"),
        ({"assets": ("embed-*",)}, {}, "asset_id"),
        ({"assets": ("embed-gateway",)}, {"asset_id": None}, "asset_id"),
        ({"environments": (Environment.CANARY,)}, {}, "environment"),
        ({"environments": (Environment.CANARY,)}, {"environment": None}, "environment"),
    ],
)
def test_what_is_not_the_senders_to_report_is_403_with_the_field(
    opens: Opens, scope: dict[str, Any], fields: dict[str, Any], field: str
) -> None:
    there = opens(sender(**scope))
    answer = there.push(record(1, **fields))
    assert (answer.status, answer.body["records"][0]["field"]) == (403, field)
    assert "may" in answer.body["records"][0]["reason"] or "single assets" in answer.body["records"][0]["reason"]
    assert there.stored() == []


def test_in_scope_it_is_taken_and_believed_as_far_as_the_sender_is(opens: Opens) -> None:
    there = opens(
        sender(assets=("support-*",), environments=(Environment.PRODUCTION,), confidence=0.6, owner_team="ml")
    )
    assert there.push(record(1, confidence=0.9)).status == 202
    (stored,) = there.stored()
    assert (stored.confidence, stored.owner_team) == (0.6, "ml")


def test_the_health_of_sources_is_reported_by_whom_the_configuration_names(opens: Opens) -> None:
    health = record(1, signal_type="source_health", evidence={"subject": "osv", "state": "failing"})
    assert opens().push(health).status == 403


@pytest.mark.parametrize(
    ("field", "at", "says"),
    [
        ("occurred_at", NOW + timedelta(minutes=6), "more than 5 min ahead of this host's clock"),
        ("observed_at", NOW + timedelta(days=9), "more than 5 min ahead"),
        ("occurred_at", NOW - timedelta(days=91), "more than 90 d ago"),
    ],
)
def test_a_time_that_is_not_believed_is_refused_with_field_and_reason(
    opens: Opens, field: str, at: Any, says: str
) -> None:
    answer = opens().push(record(1, **{field: iso(at)}))
    assert (answer.status, answer.body["records"][0]["field"]) == (422, field)
    assert says in answer.body["records"][0]["reason"]


def test_clocks_that_differ_a_little_are_no_matter(opens: Opens) -> None:
    at = iso(NOW + timedelta(minutes=4))
    assert opens().push(record(1, occurred_at=at, observed_at=at)).status == 202


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (b'[{"id": "a"},\n{"id": ', "line 2, offset 21"),
        (b'{"id": "a",\n\n x}', "line 3, offset 14"),
        (b'[{"id": NaN}]', "line 1, offset 8"),
        (b"", "line 1, offset 0"),
        (b"\xff\xfe{}", "line 1, offset 0"),
    ],
)
def test_half_a_json_is_400_with_line_and_offset(opens: Opens, body: bytes, where: str) -> None:
    answer = opens().push(body)
    assert (answer.status, answer.body["where"]) == (400, where)


def test_of_half_a_line_the_lines_before_are_stored(opens: Opens) -> None:
    body = json.dumps(record(1)).encode() + b"\n" + json.dumps(record(2)).encode()[:-9]
    answer = opens().push(body, kind="application/x-ndjson")
    assert (answer.status, answer.body["accepted"], answer.body["records"][0]["index"]) == (202, 1, 1)


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"evidence":' * 5_000 + b"1" + b"}" * 5_000,
        b"[" + b"[" * 900 + b"]" * 900 + b"]",
    ],
)
def test_what_is_nested_deeply_is_refused_and_the_listener_lives(opens: Opens, body: bytes) -> None:
    there = opens()
    assert there.push(body).status in (400, 413, 422)
    assert there.push(record(1)).status == 202


@pytest.mark.parametrize("number", [b"1" + b"0" * 400, b"-1e999", b"1e400"])
def test_a_number_beyond_all_numbers_is_refused_in_its_record(opens: Opens, number: bytes) -> None:
    there = opens()
    body = json.dumps(record(1)).encode().replace(b'"confidence": 0.9', b'"confidence": ' + number)
    assert there.push(body).status in (400, 422)
    assert there.stored() == []


def test_text_that_could_steer_a_screen_is_cleaned_and_names_with_it_are_refused(opens: Opens) -> None:
    there = opens()
    answer = there.push([record(1, title="\x1b[2Jgone \u202eevil\u202c [bold]x"), record(2, asset_id="bot\u202e")])
    assert answer.body["accepted"] == 1
    assert answer.body["records"][0]["field"] == "asset_id"
    (stored,) = there.stored()
    assert stored.title == "gone evil [bold]x"
    assert "\x1b" not in json.dumps(answer.body)


def test_a_body_of_more_than_ten_megabytes_is_413_packed_or_not(opens: Opens) -> None:
    there = opens()
    big = b"[" + b" " * limits.CAP + b"]"
    assert there.push(big).status == 413
    answer = there.push(gzip.compress(big), Content_Encoding="gzip")
    assert (answer.status, answer.body["reason"]) == (413, "it is longer than 10 MB unpacked")


def test_a_gzip_body_is_read_and_what_is_none_is_not(opens: Opens) -> None:
    there = opens()
    packed = gzip.compress(json.dumps([quiet(n) for n in range(300)]).encode())
    assert there.push(packed, Content_Encoding="gzip").body["accepted"] == 300
    assert there.push(packed[:-20], Content_Encoding="gzip").status == 400
    assert there.push(b"{}", Content_Encoding="gzip").status == 400
    assert there.push(b"{}", Content_Encoding="br").status == 415


def test_a_gzip_of_countless_empty_members_is_refused_at_once(opens: Opens) -> None:
    there = opens()
    good = json.dumps(quiet(1)).encode()
    few = b"".join(gzip.compress(good[n : n + 100]) for n in range(0, len(good), 100))
    assert there.push(few, Content_Encoding="gzip").body["accepted"] == 1
    many = gzip.compress(b"") * (bodies.MEMBERS + 1)
    answer = there.push(many, Content_Encoding="gzip")
    assert (answer.status, answer.body["reason"]) == (413, "its gzip has more than 64 members: pack it in one")


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "", "application/json-patch+json"])
def test_another_content_type_is_415_and_says_what_is_read(opens: Opens, kind: str) -> None:
    answer = opens().push(record(1), kind=kind)
    assert answer.status == 415
    assert "application/json" in answer.body["reason"]


def test_who_sends_more_than_its_rate_waits_and_others_do_not(opens: Opens, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "BURST_S", 1.0)
    there = opens(sender(rate="2/s"), sender("evals", token="${T_EVAL}"))
    assert there.push([record(n) for n in range(60)]).status == 202  # what it owes, it waits for
    answer = there.push(record(99))
    assert answer.status == 429
    assert 10 <= int(answer.headers["retry-after"]) <= 30
    assert there.push(record(1), "T_EVAL").status == 202
    assert there.pushes.traffic.limited == 1


def test_while_the_database_is_locked_senders_are_told_to_come_again(
    opens: Opens, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BUSY_MS", 200)
    monkeypatch.setattr(limits, "PAUSE_S", 0.3)
    there = opens(sender(), sender("am", token="${T_AM}", form=Form.ALERTMANAGER))
    there.push(record(0))
    with closing(sqlite3.connect(tmp_path / "pulse.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        answer = there.push(record(1))
        assert (answer.status, answer.headers["retry-after"]) == (429, "1")
        assert there.push(record(2)).status == 429  # at once
        assert there.push({"version": "4", "alerts": []}, "T_AM").status == 503  # it never comes again after a 429
        other.execute("ROLLBACK")
    time.sleep(0.35)
    assert there.push(record(1)).status == 202
    assert any("is locked by another process" in told for told in there.told)


def test_what_could_not_be_stored_does_not_count_against_the_rate(
    opens: Opens, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BUSY_MS", 100)
    monkeypatch.setattr(limits, "PAUSE_S", 0.01)
    there = opens(sender(rate="1/s"))  # ten at once
    with closing(sqlite3.connect(tmp_path / "pulse.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        for _ in range(2):
            assert "busy" in there.push([quiet(n) for n in range(9)]).body["reason"]
            time.sleep(0.05)
        other.execute("ROLLBACK")
    assert there.push([quiet(n) for n in range(9)]).status == 202


def test_a_database_that_cannot_be_written_is_503(opens: Opens, tmp_path: Path) -> None:
    there = opens()
    there.push(record(0))
    with there.parts.store._writer.connect() as connection:  # type: ignore[attr-defined]
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
    there.parts.store._writer.dispose()  # type: ignore[attr-defined]

    def small(raw: Any, _record: Any) -> None:
        raw.execute(f"PRAGMA max_page_count={pages}")

    from sqlalchemy import event

    event.listen(there.parts.store._engine, "connect", small)  # type: ignore[attr-defined]
    answer = there.push([record(n, summary="x" * 5_000) for n in range(1, 50)])
    assert answer.status == 503
    assert int(answer.headers["retry-after"]) >= 10
    assert "cannot be written" in answer.body["reason"]
    assert [s.id for s in there.stored()] == ["ci:s-0"]
    assert any("the disk is full" in told for told in there.told)


def test_many_requests_at_once_share_transactions(opens: Opens) -> None:
    there = opens()
    taken: list[int] = []
    real = there.senders.take

    def take(parts: Any) -> Any:
        taken.append(len(parts))
        end = time.monotonic() + 60
        while len(taken) == 1 and there.pushes.traffic.waiting < 40 and time.monotonic() < end:
            time.sleep(0.01)  # until all are there
        return real(parts)

    there.senders.take = take  # type: ignore[method-assign]
    statuses: list[int] = []
    threads = [threading.Thread(target=lambda n=n: statuses.append(there.push(quiet(n)).status)) for n in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [202] * 40
    assert len(taken) < 10
    assert len({s.id for s in there.stored()}) == 40


def test_what_was_let_in_while_nothing_waited_is_asked_to_come_later_once_too_much_waits(
    opens: Opens, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "WAITING_BYTES", 100_000)
    there = opens()
    real, begun, go_on = there.senders.take, threading.Event(), threading.Event()

    def take(parts: Any) -> Any:
        begun.set()
        assert go_on.wait(60)
        return real(parts)

    there.senders.take = take  # type: ignore[method-assign]
    answers = dict[int, Answered]()

    def push(n: int) -> None:
        answers[n] = there.push([quiet(f"{n}-{i}", summary="x" * 10_000) for i in range(6)])

    threads = [threading.Thread(target=push, args=(n,)) for n in range(12)]
    for thread in threads:
        thread.start()
    assert begun.wait(60)
    end = time.monotonic() + 60
    while len(answers) < 10 and time.monotonic() < end:  # two of them are more than may wait
        time.sleep(0.01)
    assert {a.status for a in answers.values()} == {429}
    assert all(int(a.headers["retry-after"]) >= 1 for a in answers.values())
    assert there.pushes.traffic.waiting == 12
    go_on.set()
    for thread in threads:
        thread.join(60)
    assert sorted(a.status for a in answers.values()) == [202] * 2 + [429] * 10
    assert len(there.stored()) == 12
    assert there.push(quiet("after")).status == 202
    assert there.pushes.traffic.waiting == 0


def test_who_would_wait_long_by_how_long_the_last_ones_took_is_asked_to_come_later(
    opens: Opens, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "WAITING_S", 0.1)
    monkeypatch.setattr(limits, "AT_ONCE", 4)
    there = opens()
    real, begun, go_on = there.senders.take, threading.Event(), threading.Event()
    go_on.set()

    def take(parts: Any) -> Any:
        begun.set()
        assert go_on.wait(60)
        time.sleep(0.5)
        return real(parts)

    there.senders.take = take  # type: ignore[method-assign]
    statuses = list[int]()

    def eight_wait() -> threading.Thread:
        """And one more is answered while they do."""
        begun.clear()
        go_on.clear()
        first = 10 * len(statuses)
        pushed = [quiet(n) for n in range(first, first + 8)]
        thread = threading.Thread(target=lambda: statuses.append(there.push(pushed).status))
        thread.start()
        assert begun.wait(60)
        return thread

    assert there.push(quiet("alone")).status == 202
    thread = eight_wait()  # what one alone took says nothing of many at once
    other = threading.Thread(target=lambda: statuses.append(there.push(quiet("beside")).status))
    other.start()
    while other.is_alive() and there.pushes.traffic.waiting < 9:
        time.sleep(0.01)
    assert there.pushes.traffic.waiting == 9
    go_on.set()
    thread.join(60)
    other.join(60)
    assert statuses == [202, 202]
    thread = eight_wait()
    answer = there.push(quiet(9))
    assert answer.status == 429
    assert int(answer.headers["retry-after"]) >= 2
    go_on.set()
    thread.join(60)
    assert statuses == [202] * 3
    assert there.push(quiet(9)).status == 202


def test_a_long_request_is_taken_in_pieces_and_answered_as_one(opens: Opens, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PIECE", 7)
    monkeypatch.setattr(limits, "AT_ONCE", 10)
    there = opens()
    answer = there.push([quiet(n, **({"title": 7} if n == 3 else {})) for n in range(30)])
    assert (answer.body["accepted"], answer.body["refused"]) == (29, 1)
    assert answer.body["records"][0]["index"] == 3
    assert answer.body["ids"] == [f"ci:s-{n}" for n in range(30) if n != 3]
    with there.parts.store.read() as tx:
        assert tx.plumbing.sources()["ci"].reason.startswith("1 record of the last push refused")


def test_a_record_that_breaks_what_judges_it_is_refused_alone(opens: Opens) -> None:
    there = opens()
    real = there.parts.record

    def breaks(item: Any, *rest: Any) -> Any:
        if any(s.title == "signal 13" for s in getattr(item, "signals", ())):
            raise RuntimeError("a bug")
        return real(item, *rest)

    parts = there.parts._replace(record=breaks)
    there.senders._parts = parts
    events = [record(n, signal_type="version_event", change="build", evidence={}) for n in range(20)]
    answer = there.push(events)
    assert (answer.status, answer.body["accepted"], answer.body["refused"]) == (202, 19, 1)
    assert answer.body["records"][0]["index"] == 13
    assert "RuntimeError: a bug" in answer.body["records"][0]["reason"]


def test_what_was_sent_before_the_listener_stops_is_answered(opens: Opens) -> None:
    there = opens()
    real, begun = there.senders.take, threading.Event()

    def slow(parts: Any) -> Any:
        begun.set()
        time.sleep(0.3)
        return real(parts)

    there.senders.take = slow  # type: ignore[method-assign]
    answers: list[int] = []
    thread = threading.Thread(target=lambda: answers.append(there.push(record(1)).status))
    thread.start()
    assert begun.wait(60)
    there.do(there.receiver.stop())
    thread.join()
    assert answers == [202]
    assert len(there.stored()) == 1


def test_two_content_lengths_are_no_request(opens: Opens) -> None:
    there = opens()
    body = json.dumps(record(1)).encode()
    head = f"POST /signals HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {SECRETS['T_CI']}\r\nContent-Type: application/json\r\n"
    for lengths in (
        f"Content-Length: {len(body)}\r\nContent-Length: 1\r\n",
        f"Content-Length: {len(body)}\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
    ):
        with socket.create_connection(("127.0.0.1", there.port), timeout=60) as line:
            line.sendall(head.encode() + lengths.encode() + b"\r\n" + body)
            answer = line.recv(4_096)
            assert answer.split(b" ")[1] in (b"400", b"501")
    assert there.stored() == []


def test_a_thousand_connections_keep_no_sender_out(opens: Opens) -> None:
    there = opens()
    held = []
    try:
        for n in range(1_000):
            line = socket.create_connection(("127.0.0.1", there.port), timeout=60)
            if n % 2:
                line.sendall(b"POST /signals HTTP/1.1\r\nHost: x\r\nAuthor")
            held.append(line)
        assert there.push(record(1)).status == 202
    finally:
        for line in held:
            line.close()


@pytest.mark.parametrize("each", [50, pytest.param(1_250, marks=pytest.mark.slow)])
def test_ten_thousand_at_once_are_all_answered_and_all_that_is_accepted_is_stored(opens: Opens, each: int) -> None:
    there = opens(sender(rate=f"{each}/s"))
    statuses: list[int] = []

    def send(worker: int) -> None:
        for n in range(0, each, 25):
            statuses.append(there.push([quiet(f"{worker}-{n + i}") for i in range(25)]).status)

    threads = [threading.Thread(target=send, args=(w,)) for w in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(statuses) <= {202, 429}
    assert len(there.stored()) == there.pushes.traffic.accepted == 25 * statuses.count(202)
