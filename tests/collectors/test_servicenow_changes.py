"""Change requests of ServiceNow, as its Table API lists them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from pulse_tui.collectors import servicenow_changes
from pulse_tui.domain.change import ChangeRequests
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.source import Collected
from tests.collectors.contexts import NOW, context
from tests.servers.loopback import Loopback, Reply

TABLE = "/api/now/table/change_request"


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback() as running:
        yield running


def record(**changes: Any) -> dict[str, Any]:
    both = {
        "sys_id": ("a" * 32, "a" * 32),
        "number": ("CHG0030001", "CHG0030001"),
        "short_description": ("Release 3.8.2", "Release 3.8.2"),
        "state": ("-2", "Scheduled"),
        "approval": ("approved", "Approved"),
        "start_date": ("2026-11-23 02:00:00", "2026-11-23 03:00:00"),
        "end_date": ("2026-11-23 06:00:00", "2026-11-23 07:00:00"),
        "cmdb_ci": ("c" * 32, "Support bot"),
    }
    shown = {key: {"value": value, "display_value": display} for key, (value, display) in both.items()}
    return shown | changes


def collected(server: Loopback, **more: Any) -> Collected:
    options = servicenow_changes.Options(url=server.url, token="t", assets={"Support bot": ("support-bot",)}, **more)
    return servicenow_changes.collect(options, context())


def listed(server: Loopback, **more: Any) -> ChangeRequests:
    (found,) = collected(server, **more).observations
    assert isinstance(found, ChangeRequests)
    return found


def test_state_approval_and_window_are_read_in_utc_and_the_item_names_the_asset(server: Loopback) -> None:
    server.on("GET", TABLE, Reply.json({"result": [record()]}))
    (one,) = listed(server).requests
    assert (one.number, one.state, one.approved, one.ended) == ("CHG0030001", "Scheduled", True, False)
    assert one.starts is not None
    assert one.starts.isoformat() == "2026-11-23T02:00:00+00:00"
    assert one.assets == ("support-bot",)
    assert one.during(NOW)
    (request,) = server.log
    assert request.headers["authorization"] == "Bearer t"
    assert request.query["sysparm_display_value"] == "all"


@pytest.mark.parametrize("state", ["3", "4"])
def test_one_that_ended_is_not_approved_any_more(server: Loopback, state: str) -> None:
    server.on("GET", TABLE, Reply.json({"result": [record(state={"value": state, "display_value": "Canceled"})]}))
    (one,) = listed(server).requests
    assert (one.approved, one.ended) == (False, True)


@pytest.mark.parametrize("approval", ["requested", "rejected", "not requested", "", "Approved", None, 7])
def test_anything_but_approved_is_not_approved(server: Loopback, approval: Any) -> None:
    server.on("GET", TABLE, Reply.json({"result": [record(approval={"value": approval, "display_value": "Approved"})]}))
    assert [r.approved for r in listed(server).requests] == [False]


@pytest.mark.parametrize(
    "bad",
    [
        7,
        None,
        {"number": {"value": ""}},
        record(start_date={"value": "tomorrow"}),
        record(number={"value": ["x"]}),
    ],
)
def test_a_bad_record_is_refused_and_the_others_are_read(server: Loopback, bad: Any) -> None:
    server.on("GET", TABLE, Reply.json({"result": [bad, record()]}))
    found = collected(server)
    (changes,) = found.observations
    assert isinstance(changes, ChangeRequests)
    assert [r.number for r in changes.requests] == ["CHG0030001"]
    assert len(found.rejected) == 1


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply(200, b"<html>log in</html>"), "did not answer with JSON"),
        (Reply.json({"error": {"message": "Invalid table", "detail": "x"}, "status": "failure"}), "Invalid table x"),
        (Reply.json({"result": {"number": "x"}}), "lists no change requests"),
        (Reply.json([]), "lists no change requests"),
        (Reply(401, b"{}"), "answered 401"),
    ],
)
def test_an_answer_that_is_no_list_is_an_error(server: Loopback, reply: Reply, words: str) -> None:
    server.on("GET", TABLE, reply)
    with pytest.raises(SourceError) as caught:
        collected(server)
    assert words in str(caught.value)


def test_a_list_that_repeats_its_page_ends_and_an_endless_one_is_an_error(server: Loopback) -> None:
    each = servicenow_changes.EACH
    page = [record(number={"value": f"CHG{n}"}) for n in range(each)]
    server.on("GET", TABLE, Reply.json({"result": page}))
    assert len(listed(server).requests) == each
    server.on(
        "GET",
        TABLE,
        lambda r: Reply.json(
            {"result": [record(number={"value": f"CHG{int(r.query['sysparm_offset']) + n}"}) for n in range(each)]}
        ),
    )
    with pytest.raises(SourceError, match="more than"):
        collected(server)
