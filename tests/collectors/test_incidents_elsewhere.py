"""Incidents of PagerDuty, of the company's status page, and of files that anything writes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pulse_tui.collectors import company_status, incident_file, pagerduty_incidents
from pulse_tui.domain.elsewhere import ListedElsewhere
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.source import Collected
from pulse_tui.domain.words import Severity
from tests.collectors.contexts import context
from tests.servers.loopback import Loopback, Reply

UNRESOLVED = "/api/v2/incidents/unresolved.json"


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback() as running:
        yield running


def paged(**changes: Any) -> dict[str, Any]:
    return {
        "id": "PT4KHLK",
        "type": "incident",
        "title": "p95 of checkout",
        "status": "triggered",
        "urgency": "high",
        "priority": None,
        "created_at": "2026-11-23T02:10:00Z",
        "html_url": "https://acme.pagerduty.com/incidents/PT4KHLK",
        "incident_key": "abc",
        "service": {"id": "PSVC", "type": "service_reference", "summary": "Support bot"},
    } | changes


def posted(**changes: Any) -> dict[str, Any]:
    return {
        "id": "cp306tmzcl0y",
        "name": "Slow answers",
        "status": "investigating",
        "impact": "critical",
        "started_at": "2026-11-23T02:10:00Z",
        "shortlink": "https://stspg.io/1",
        "components": [{"name": "Support bot"}],
        "incident_updates": [{"status": "investigating", "body": "We look into it."}],
    } | changes


def pagerduty(server: Loopback) -> Collected:
    options = pagerduty_incidents.Options(url=server.url, token="t", assets={"Support bot": ("bot",)})
    return pagerduty_incidents.collect(options, context())


def status(server: Loopback) -> Collected:
    return company_status.collect(company_status.Options(url=server.url, assets={"Support bot": ("bot",)}), context())


def listed(collected: Collected) -> ListedElsewhere:
    (found,) = collected.observations
    assert isinstance(found, ListedElsewhere)
    return found


def test_what_is_triggered_in_pagerduty_is_read_with_its_service_as_asset(server: Loopback) -> None:
    server.on("GET", "/incidents", Reply.json({"incidents": [paged()], "more": False}))
    found = listed(pagerduty(server))
    (one,) = found.incidents
    assert (found.whole, one.open, one.assets, one.severity) == (True, True, ("bot",), Severity.HIGH)
    assert one.ours == "abc"
    (request,) = server.log
    assert request.headers["authorization"] == "Token token=t"
    assert request.headers["accept"] == "application/vnd.pagerduty+json;version=2"


@pytest.mark.parametrize(
    ("changes", "severity"),
    [
        ({"urgency": "low"}, Severity.MEDIUM),
        ({"priority": {"summary": "P1"}}, Severity.CRITICAL),
        ({"priority": 7, "urgency": None}, Severity.HIGH),
    ],
)
def test_urgency_and_priority_are_its_severity(server: Loopback, changes: Any, severity: Severity) -> None:
    server.on("GET", "/incidents", Reply.json({"incidents": [paged(**changes)], "more": False}))
    assert [i.severity for i in listed(pagerduty(server)).incidents] == [severity]


def test_pages_are_followed_and_a_list_that_repeats_itself_is_not_taken_for_all(server: Loopback) -> None:
    page = {"incidents": [paged(id=f"P{n}") for n in range(100)], "more": True}
    server.on("GET", "/incidents", Reply.json(page), Reply.json({"incidents": [paged(id="Z")], "more": False}))
    found = listed(pagerduty(server))
    assert (len(found.incidents), found.whole) == (101, True)
    server.on("GET", "/incidents", Reply.json(page))
    assert (len(listed(pagerduty(server)).incidents), listed(pagerduty(server)).whole) == (100, False)


def test_what_is_unresolved_on_the_own_status_page_is_read_with_its_components(server: Loopback) -> None:
    server.on("GET", UNRESOLVED, Reply.json({"page": {}, "incidents": [posted()]}))
    (one,) = listed(status(server)).incidents
    assert (one.title, one.assets, one.severity, one.summary) == (
        "Slow answers", ("bot",), Severity.CRITICAL, "We look into it.",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("read", "path", "good"),
    [(pagerduty, "/incidents", paged), (status, UNRESOLVED, posted)],
    ids=["pagerduty", "page"],
)
@pytest.mark.parametrize("bad", [7, None, "x", {}, {"id": 3, "status": "triggered"}, {"id": "x", "status": ["open"]}])
def test_a_bad_record_is_refused_and_the_list_is_not_taken_for_all(
    server: Loopback, read: Callable[[Loopback], Collected], path: str, good: Callable[[], Any], bad: Any
) -> None:
    server.on("GET", path, Reply.json({"incidents": [bad, good()], "more": False}))
    collected = read(server)
    assert (len(listed(collected).incidents), len(collected.rejected), listed(collected).whole) == (1, 1, False)


@pytest.mark.parametrize(("read", "path"), [(pagerduty, "/incidents"), (status, UNRESOLVED)], ids=["pagerduty", "page"])
@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, b"<html>log in</html>"),
        Reply.json({"incidents": {"id": "x"}}),
        Reply.json([]),
        Reply.json({"error": {"message": "Unauthorized", "code": 2006}}),
        Reply(401, b"{}"),
    ],
)
def test_an_answer_that_is_no_list_is_an_error(
    server: Loopback, read: Callable[[Loopback], Collected], path: str, reply: Reply
) -> None:
    server.on("GET", path, reply)
    with pytest.raises(SourceError):
        read(server)


def lines(*items: Any) -> Collected:
    data = "\n".join(i if isinstance(i, str) else json.dumps(i) for i in items).encode()
    return incident_file.parse("i.jsonl", data, incident_file.Options(), context())


def test_of_a_file_the_last_line_of_an_incident_counts() -> None:
    opened = {"incident": "INC-7", "title": "Slow", "status": "open", "assets": ["bot"], "severity": "critical"}
    found = listed(lines(opened, {**opened, "incident": "INC-8"}, {"incident": "INC-7", "status": "Resolved"}))
    assert [(i.key, i.open) for i in found.incidents] == [("INC-8", True), ("INC-7", False)]
    assert not found.whole


@pytest.mark.parametrize(
    "bad",
    [
        {"incident": "", "status": "open"},
        {"incident": "x"},
        {"incident": "x", "status": "open", "severity": "awful"},
        {"incident": "x", "status": "open", "colour": "red"},
        {"incident": "x\x1b[31m", "status": "open"},
        {"incident": "x", "status": "open", "at": "2026-11-23T03:00:00"},
        "{",
        "[1",
    ],
)
def test_a_bad_line_is_refused_with_its_place_and_the_others_land(bad: Any) -> None:
    collected = lines({"incident": "INC-1", "status": "open"}, bad)
    assert [i.key for i in listed(collected).incidents] == ["INC-1"]
    assert [r.problem.where for r in collected.rejected] == ["i.jsonl:2"]
