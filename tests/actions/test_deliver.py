from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from pulse_tui.actions import notify, ticket
from pulse_tui.domain.delivery import Delivery
from pulse_tui.domain.effect import Queue
from pulse_tui.domain.errors import TargetError
from pulse_tui.ports import SendContext
from pulse_tui.settings.check import Seconds
from tests.actions.build import DESK, case
from tests.enrich.build import CVE, NOW
from tests.servers.loopback import Loopback, Reply


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback() as running:
        yield running


@pytest.fixture
def delivery() -> Delivery:
    (effect,) = ticket.respond(case(CVE, routes=(DESK,)))
    assert isinstance(effect, Queue)
    return effect.delivery


def test_a_notification_is_one_post_with_key_body_and_filled_in_secrets(
    server: Loopback, nowhere: SendContext, delivery: Delivery
) -> None:
    server.on("POST", "/hook", Reply(202, headers={"Location": "/events/7"}))
    options = notify.Options(url=server.url + "/hook?t=${TOKEN}", headers={"Authorization": "Bearer ${TOKEN}"})
    assert notify.deliver(delivery, options, nowhere) == "202 /events/7"
    (request,) = server.log
    assert request.headers["authorization"] == "Bearer s3cret"
    assert request.headers["idempotency-key"] == delivery.key
    assert request.query == {"t": "s3cret"}
    assert request.json()["key"] == delivery.key
    assert {"what_changed", "risk", "what_to_do"} <= request.json().keys()


@pytest.mark.parametrize(("status", "ambiguous"), [(400, False), (401, False), (500, True), (503, True)])
def test_a_refusal_is_told_with_what_the_other_end_said_and_without_the_secret(
    server: Loopback, nowhere: SendContext, delivery: Delivery, status: int, ambiguous: bool
) -> None:
    server.on("POST", "/hook", Reply(status, b"\x1b[31mno such channel"))
    with pytest.raises(TargetError) as caught:
        notify.deliver(delivery, notify.Options(url=server.url + "/hook?t=${TOKEN}"), nowhere)
    assert caught.value.ambiguous is ambiguous
    assert f"answered {status}: no such channel" in caught.value.what
    assert "s3cret" not in str(caught.value)
    assert len(server.log) == 1


def test_a_connection_that_breaks_after_sending_is_ambiguous_and_one_that_never_was_is_not(
    server: Loopback, nowhere: SendContext, delivery: Delivery
) -> None:
    server.on("POST", "/${TOKEN}", Reply(drop=True))
    server.on("POST", "/s3cret", Reply(drop=True))
    with pytest.raises(TargetError) as dropped:
        notify.deliver(delivery, notify.Options(url=server.url + "/${TOKEN}"), nowhere)
    assert dropped.value.ambiguous
    assert "s3cret" not in str(dropped.value)
    url = server.url
    server.close()
    with pytest.raises(TargetError) as refused:
        notify.deliver(delivery, notify.Options(url=url, timeout=Seconds(1)), nowhere)
    assert not refused.value.ambiguous


def test_a_ticket_is_a_file_for_programs_and_people(nowhere: SendContext, delivery: Delivery) -> None:
    receipt = ticket.deliver(delivery, ticket.Options(path="tickets"), nowhere)
    path = nowhere.base / "tickets" / receipt
    assert path.name == f"{delivery.key}.md"
    _, front, text = path.read_text(encoding="utf-8").split("---\n", 2)
    matter = json.loads(front)
    assert (matter["key"], matter["priority"], matter["alert"]) == (delivery.key, "P2", "a1")
    heads = [line for line in text.splitlines() if line.startswith("#")]
    assert heads == [
        "# CVE-2026-3248 reaches embed-gateway",
        "## What changed",
        "## What is the risk",
        "## What to do now",
    ]
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_a_repeat_leaves_the_ticket_as_somebody_edited_it(nowhere: SendContext, delivery: Delivery) -> None:
    options = ticket.Options(path="tickets")
    path = nowhere.base / "tickets" / ticket.deliver(delivery, options, nowhere)
    path.write_text("done", encoding="utf-8")
    assert ticket.deliver(delivery, options, nowhere).endswith("(was there already)")
    assert path.read_text(encoding="utf-8") == "done"


def later(delivery: Delivery, event: str, number: int = 1) -> Delivery:
    payload = {**delivery.payload, "event": event, "why": f"{event} by ana", "what_to_do": "nothing more"}
    return msgspec.structs.replace(delivery, key=f"{delivery.key}/{event}/{number}", payload=payload)


def test_what_happens_to_the_alert_is_added_to_its_ticket_once_and_nothing_there_is_lost(
    nowhere: SendContext, delivery: Delivery
) -> None:
    options = ticket.Options(path="tickets")
    path = nowhere.base / "tickets" / ticket.deliver(delivery, options, nowhere)
    edited = path.read_bytes() + b"ben: looking\r\n\xff no newline"
    path.write_bytes(edited)
    for event in ("acknowledged", "acknowledged", "resolved", "resolved"):
        receipt = ticket.deliver(later(delivery, event), options, nowhere)
    assert receipt == f"{path.name} (was there already)"
    ticket.deliver(delivery, options, nowhere)
    there = path.read_bytes()
    assert there.startswith(edited + b"\n")
    added = there[len(edited) :].decode()
    assert [line for line in added.splitlines() if line.startswith("## ")] == [
        "## Acknowledged, 2026-11-23T03:10:00Z",
        "## Resolved, 2026-11-23T03:10:00Z",
    ]
    assert "resolved by ana\n\nTo do now: nothing more\n" in added
    assert [p.name for p in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize(("event", "written"), [("raised", True), ("reopened", True), ("resolved", False)])
def test_a_ticket_that_somebody_took_away_is_written_anew_only_when_somebody_is_needed(
    nowhere: SendContext, delivery: Delivery, event: str, written: bool
) -> None:
    options = ticket.Options(path="tickets")
    for _ in range(2):
        ticket.deliver(later(delivery, event), options, nowhere)
    files = list((nowhere.base / "tickets").iterdir())
    assert bool(files) is written
    assert all("## What changed" in f.read_text() and "## Raised" not in f.read_text() for f in files)


def test_a_posted_ticket_gets_the_event_under_the_same_thread(
    server: Loopback, nowhere: SendContext, delivery: Delivery
) -> None:
    server.on("POST", "/tickets", Reply(201))
    options = ticket.Options(url=server.url + "/tickets")
    ticket.deliver(delivery, options, nowhere)
    ticket.deliver(later(delivery, "resolved"), options, nowhere)
    bodies = [r.json() for r in server.log]
    assert [b["event"] for b in bodies] == ["opened", "resolved"]
    assert {b["thread"] for b in bodies} == {delivery.key}
    assert bodies[0]["key"] != bodies[1]["key"]


def test_text_from_outside_is_no_markup_in_a_ticket(delivery: Delivery) -> None:
    payload = {**delivery.payload, "title": "[click](http://evil) <img src=x> `x`\n# head"}
    text = ticket.document(msgspec.structs.replace(delivery, payload=payload))
    assert "\\[click\\](http://evil) \\<img src=x\\> \\`x\\`" in text
    assert "\n# head" not in text


def test_a_strange_key_stays_inside_the_folder(nowhere: SendContext, delivery: Delivery) -> None:
    odd = msgspec.structs.replace(delivery, key="../../etc/passwd")
    ticket.deliver(odd, ticket.Options(path="tickets"), nowhere)
    assert [p.parent.name for p in nowhere.base.rglob("*.md")] == ["tickets"]


def test_a_folder_that_cannot_be_made_is_told_with_its_name(nowhere: SendContext, delivery: Delivery) -> None:
    (nowhere.base / "taken").write_text("a file", encoding="utf-8")
    with pytest.raises(TargetError, match=r"cannot be written.*Make .*taken") as caught:
        ticket.deliver(delivery, ticket.Options(path="taken/tickets"), nowhere)
    assert not caught.value.ambiguous


def test_a_ticket_can_go_to_a_folder_and_a_webhook_and_a_repeat_completes_it(
    server: Loopback, nowhere: SendContext, delivery: Delivery
) -> None:
    server.on("POST", "/tickets", Reply(503), Reply(201, headers={"Location": "T-12"}))
    options = ticket.Options(path="tickets", url=server.url + "/tickets")
    with pytest.raises(TargetError):
        ticket.deliver(delivery, options, nowhere)
    assert ticket.deliver(delivery, options, nowhere) == f"{delivery.key}.md (was there already), 201 T-12"
    assert {r.headers["idempotency-key"] for r in server.log} == {delivery.key}


def test_a_ticket_is_readable_by_others(nowhere: SendContext, delivery: Delivery) -> None:
    path: Path = nowhere.base / "tickets" / ticket.deliver(delivery, ticket.Options(path="tickets"), nowhere)
    assert os.stat(path).st_mode & 0o777 == 0o644
    assert delivery.created_at == NOW
