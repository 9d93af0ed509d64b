"""What is made of status pages' JSON: incidents that grow, other shapes, what is no status page."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from pulse_tui.collectors import statuspage
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.note import Note, NoteKind, Page
from pulse_tui.domain.source import Collected, Cursor
from pulse_tui.domain.text import is_clean
from pulse_tui.enrich.vendors.incidents import ended
from tests.collectors.contexts import context, quick_web
from tests.servers.loopback import Loopback, Reply

SUMMARY = "/api/v2/summary.json"
INCIDENTS = "/api/v2/incidents.json"


def update(status: str, text: str, minute: int) -> dict[str, str]:
    return {"status": status, "body": text, "created_at": f"2026-11-22T03:{minute:02}:00.000Z"}


def incident(ident: str, *updates: dict[str, str], **more: Any) -> dict[str, Any]:
    return {
        "id": ident,
        "name": "Elevated errors on gpt-4.1",
        "status": updates[0]["status"],
        "impact": "major",
        "created_at": "2026-11-22T03:00:00.000Z",
        "shortlink": f"https://status.example/{ident}",
        "incident_updates": list(updates),
        "components": [{"name": "Responses API", "status": "degraded_performance"}],
        **more,
    }


OPEN = incident("i1", update("identified", "A cause was found.", 20), update("investigating", "We look.", 5))


def collect(server: Loopback, cursor: Cursor | None = None, url: str = "") -> Collected:
    options = statuspage.Options(url=f"{server.url}{url}", vendor="openai")
    return statuspage.collect(options, context(http=quick_web(), cursor=cursor))


def notes(collected: Collected) -> tuple[Note, ...]:
    (page,) = collected.observations
    assert isinstance(page, Page)
    assert (page.kind, page.vendor) == (NoteKind.STATUS, "openai")
    return page.notes


def test_an_incident_is_one_note_with_its_updates_newest_first(server: Loopback) -> None:
    server.on("GET", SUMMARY, Reply.json({"status": {"indicator": "major"}, "incidents": [OPEN]}))
    server.on("GET", INCIDENTS, Reply.json({"incidents": [OPEN]}))
    (note,) = notes(collect(server))
    assert (note.key, note.title, note.link) == ("i1", "Elevated errors on gpt-4.1", "https://status.example/i1")
    assert note.body.splitlines() == [
        "Identified - A cause was found.",
        "Investigating - We look.",
        "Affected: Responses API",
        "Impact: major",
    ]
    assert note.published_at == datetime(2026, 11, 22, 3, tzinfo=UTC)
    assert not ended(note)


def test_how_an_incident_ended_is_asked_where_the_summary_no_longer_lists_it(server: Loopback) -> None:
    over = incident("i1", update("resolved", "All is well.", 40), update("identified", "A cause was found.", 20))
    server.on("GET", SUMMARY, Reply.json({"incidents": []}))
    server.on("GET", INCIDENTS, Reply.json({"incidents": [over]}))
    (note,) = notes(collect(server))
    assert ended(note)


def test_where_nobody_says_how_incidents_ended_the_page_is_not_complete(server: Loopback) -> None:
    server.on("GET", SUMMARY, Reply.json({"incidents": []}))
    server.on("GET", INCIDENTS, Reply(404))
    (page,) = collect(server).observations
    assert isinstance(page, Page)
    assert (page.notes, page.complete) == ((), False)


def test_the_same_answer_again_is_unchanged_with_and_without_a_validator(server: Loopback) -> None:
    server.on("GET", "/i.json", Reply.json({"incidents": [OPEN]}))
    first = collect(server, url="/i.json")
    again = collect(server, first.cursor, url="/i.json")
    assert (again.unchanged, again.cursor) == (True, first.cursor)
    server.on("GET", "/i.json", Reply.json({"incidents": [OPEN]}, etag='"a"'))
    known = collect(server, url="/i.json").cursor
    assert collect(server, known, url="/i.json").unchanged


def test_what_incident_io_and_google_serve_in_its_place_is_read(server: Loopback) -> None:
    widget = {
        "ongoing_incidents": [{"id": "w1", "name": "Slow", "status": "monitoring", "last_update_message": "Better"}]
    }
    google = [
        {
            "id": "g1",
            "external_desc": "Vertex AI: errors",
            "begin": "2026-11-20T10:00:00+00:00",
            "end": "2026-11-20T12:00:00+00:00",
            "uri": "incidents/g1",
            "updates": [{"status": "SERVICE_DISRUPTION", "text": "We look.", "when": "2026-11-20T10:05:00+00:00"}],
            "affected_products": [{"title": "Vertex Gemini API", "id": "x"}],
            "severity": "medium",
        }
    ]
    server.on("GET", "/w.json", Reply.json(widget))
    server.on("GET", "/g.json", Reply.json(google))
    (slow,) = notes(collect(server, url="/w.json"))
    assert (slow.title, slow.body, slow.dated) == ("Slow", "Monitoring - Better", False)
    (vertex,) = notes(collect(server, url="/g.json"))
    assert ended(vertex)
    assert "Affected: Vertex Gemini API" in vertex.body
    assert vertex.link == "https://status.cloud.google.com/incidents/g1"


def test_one_bad_incident_is_refused_by_its_place_and_the_others_are_read(server: Loopback) -> None:
    bad: list[Any] = [
        {"id": [7], "name": "x"},
        "text",
        incident("", update("resolved", "ok", 1)),
        incident("i4", update("resolved", "ok", 1), name=""),
    ]
    server.on("GET", "/i.json", Reply.json({"incidents": [*bad, OPEN, OPEN]}))
    collected = collect(server, url="/i.json")
    assert [n.key for n in notes(collected)] == ["i1"]
    assert [r.problem.where.rpartition(" ")[2] for r in collected.rejected] == [f"incidents[{n}]" for n in range(4)]
    (page,) = collected.observations
    assert isinstance(page, Page)
    assert not page.complete


@pytest.mark.parametrize(
    "body", [b"", b"<html>prove that you are human</html>", b'{"components": []}', b"[[", b"7", b"null"]
)
def test_what_is_no_status_page_is_an_error_with_a_reason(server: Loopback, body: bytes) -> None:
    server.on("GET", "/i.json", Reply(body=body))
    with pytest.raises(SourceError, match=r"no JSON|no incidents"):
        collect(server, url="/i.json")


def test_an_incident_cannot_write_on_the_screen(server: Loopback) -> None:
    hostile = incident("\x1b[2Ji1", update("inves\x1b]0;x\x07tigating", "a\u202eb\x1b[31m", 1), name="x\x1b[2J[bold]y")
    server.on("GET", "/i.json", Reply.json({"incidents": [{**hostile, "shortlink": "javascript:alert(1)"}]}))
    (note,) = notes(collect(server, url="/i.json"))
    assert all(is_clean(line) for text in (note.title, note.key, note.body) for line in text.splitlines())
    assert note.link is None


def test_a_preset_is_a_source_of_one_line_and_a_wrong_one_names_the_nearest() -> None:
    assert statuspage.Options(preset="openai").document == "https://status.openai.com/api/v2/summary.json"
    with pytest.raises(ValueError, match="openai"):
        statuspage.Options(preset="opnai")
    with pytest.raises(ValueError, match="url and vendor missing"):
        statuspage.Options()


def test_an_archive_of_thousands_is_read_from_its_new_end(server: Loopback) -> None:
    many = [incident(f"i{n}", update("resolved", "ok", 1)) for n in range(1_000)]
    server.on("GET", "/i.json", Reply(body=json.dumps({"incidents": many}).encode()))
    assert {n.key for n in notes(collect(server, url="/i.json"))} == {f"i{n}" for n in range(200)}
