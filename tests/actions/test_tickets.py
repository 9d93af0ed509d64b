"""One ticket for each alert in four systems: found before it is made, commented on, closed when the alert ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import msgspec
import pytest

from pulse_tui.actions import github_issues, gitlab_issues, jira, servicenow, ticket
from pulse_tui.actions._shared import tickets
from pulse_tui.actions._shared.markup import journal, markdown, wiki
from pulse_tui.domain.alert import AlertEvent
from pulse_tui.domain.delivery import Delivery
from pulse_tui.domain.effect import Queue
from pulse_tui.domain.errors import TargetError
from pulse_tui.domain.signal import Signal
from pulse_tui.ports import Case, Route, SendContext
from tests.actions.build import MAIL, case
from tests.enrich.build import CVE
from tests.servers.loopback import Loopback, Reply
from tests.servers.ticket_apis import GitHub, GitLab, Jira, ServiceNow


class System(NamedTuple):
    """A kind with its options at a stand-in."""

    kind: Any
    options: Any
    api: Any


def _github(server: Loopback) -> System:
    options = github_issues.Options(url=server.url, repository="acme/bot", token="${TOKEN}")
    return System(github_issues, options, GitHub(server))


def _gitlab(server: Loopback) -> System:
    return System(
        gitlab_issues, gitlab_issues.Options(url=server.url, project="acme/bot", token="${TOKEN}"), GitLab(server)
    )


def _jira_cloud(server: Loopback) -> System:
    options = jira.Options(url=server.url, project="OPS", token="${TOKEN}", user="bot@acme.example")
    return System(jira, options, Jira(server))


def _jira_server(server: Loopback) -> System:
    return System(jira, jira.Options(url=server.url, project="OPS", token="${TOKEN}"), Jira(server, 2))


def _incident(server: Loopback) -> System:
    options = servicenow.Options(url=server.url, token="${TOKEN}", user="bot@acme.example")
    return System(servicenow, options, ServiceNow(server))


def _change(server: Loopback) -> System:
    options = servicenow.Options(
        url=server.url,
        token="${TOKEN}",
        user="bot@acme.example",
        table=servicenow.Table.CHANGE_REQUEST,
        type="emergency",
    )
    return System(servicenow, options, ServiceNow(server, "change_request"))


SYSTEMS = [_github, _gitlab, _jira_cloud, _jira_server, _incident, _change]


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback() as running:
        yield running


@pytest.fixture(params=SYSTEMS)
def system(request: pytest.FixtureRequest, server: Loopback) -> System:
    made: Callable[[Loopback], System] = request.param
    return made(server)


def about(system: System, signal: Signal = CVE, **more: Any) -> Delivery:
    """What the ticket route gets when something happens to the alert."""
    kind = system.kind.__name__.rpartition(".")[2]
    route = Route(id="desk", kind=kind, options=system.options)
    made: Case = case(signal, routes=(route,), **more)
    (effect,) = ticket.respond(made)
    assert isinstance(effect, Queue)
    return effect.delivery


def test_a_ticket_is_made_once_and_the_receipt_names_it(system: System, nowhere: SendContext) -> None:
    first = system.kind.deliver(about(system), system.options, nowhere)
    again = system.kind.deliver(about(system), system.options, nowhere)
    assert len(system.api.tickets) == 1
    key, url, what = first.split(" ", 2)
    assert key
    assert url.startswith("http")
    assert what == "(opened)"
    assert again == f"{key} {url} (was there already)"
    assert "s3cret" not in first


def test_what_follows_is_a_comment_once_and_the_end_closes(system: System, nowhere: SendContext) -> None:
    system.kind.deliver(about(system), system.options, nowhere)
    raised = about(system, event=AlertEvent.ACKNOWLEDGED, why="acknowledged by ana: looking")
    for _ in range(2):
        receipt = system.kind.deliver(raised, system.options, nowhere)
    assert "acknowledged (was there already)" in receipt
    (comment,) = system.api.comments[1]
    assert "acknowledged by ana" in str(comment)
    assert not system.api.is_closed(1)
    over = about(system, event=AlertEvent.RESOLVED, why="resolved by ana: upgraded")
    system.kind.deliver(over, system.options, nowhere)
    assert system.api.is_closed(1)
    assert "closed there already" in system.kind.deliver(over, system.options, nowhere)
    assert len(system.api.comments[1]) == 2


def test_one_that_a_person_closed_while_the_alert_is_open_stays_closed_and_the_receipt_names_that(
    system: System, nowhere: SendContext
) -> None:
    system.kind.deliver(about(system), system.options, nowhere)
    system.api.close_by_hand(1)
    receipt = system.kind.deliver(
        about(system, event=AlertEvent.RAISED, why="nobody responded"), system.options, nowhere
    )
    assert "it was closed there while the alert is open" in receipt
    assert system.api.is_closed(1)
    assert len(system.api.tickets) == 1


def test_a_new_episode_is_a_new_ticket_that_names_the_old_one(system: System, nowhere: SendContext) -> None:
    system.kind.deliver(about(system), system.options, nowhere)
    receipt = system.kind.deliver(about(system, alert="a2"), system.options, nowhere)
    assert len(system.api.tickets) == 2
    assert "(opened, earlier: " in receipt
    old = receipt.partition("earlier: ")[2].rstrip(")")
    assert old in str(system.api.tickets[1])


def test_the_end_of_an_alert_whose_ticket_is_gone_opens_none(system: System, nowhere: SendContext) -> None:
    over = about(system, event=AlertEvent.RESOLVED, why="resolved")
    assert "somebody deleted or moved it" in system.kind.deliver(over, system.options, nowhere)
    assert not system.api.tickets


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply(200, b"<!DOCTYPE html><html><body>Log in</body></html>"), "no JSON"),
        (Reply(401, b'{"message": "Bad credentials"}'), "answered 401: Bad credentials"),
        (Reply(302, headers={"Location": "/login"}), "answered 302"),
        (Reply(429, b"{}", headers={"Retry-After": "Mon, 23 Nov 2026 04:00:00 GMT"}), "answered 429"),
        (
            Reply(200, b'{"error": {"message": "No Record found", "detail": "x"}, "status": "failure"}'),
            "No Record found",
        ),
        (Reply(200, b"[1, 2]"), "did not answer with"),
        (Reply(200, b"42"), "did not answer with"),
        (Reply(200, b"{}"), "did not answer with"),
        (Reply(200, b'{"result": {"x": 1}, "issues": 7}'), "did not answer with"),
        (Reply(200, b'[{"numb'), "no JSON"),
        (Reply(200, b"[]", cut_at=1), ""),
        (Reply(drop=True), ""),
    ],
)
@pytest.mark.parametrize("make", SYSTEMS)
def test_whatever_a_search_answers_instead_of_tickets_nothing_is_made(
    make: Callable[[Loopback], System], server: Loopback, nowhere: SendContext, reply: Reply, words: str
) -> None:
    system = make(server)
    for (method, path), _ in list(server._routes.items()):
        if method == "GET":
            server.on(method, path, reply)
    if words and reply.body == b"[]":
        return
    with pytest.raises(TargetError) as caught:
        system.kind.deliver(about(system), system.options, nowhere)
    assert words in str(caught.value)
    assert "s3cret" not in str(caught.value)
    assert not system.api.tickets


def test_an_answer_that_is_lost_after_the_ticket_was_made_leaves_one_ticket(
    system: System, server: Loopback, nowhere: SendContext
) -> None:
    (path,) = {path for method, path in server._routes if method == "POST"}
    (real,) = server._routes["POST", path]
    assert callable(real)

    def lost(request: Any) -> Reply:
        real(request)
        return Reply(drop=True)

    server.on("POST", path, lost, real)
    with pytest.raises(TargetError) as caught:
        system.kind.deliver(about(system), system.options, nowhere)
    assert caught.value.ambiguous
    assert "was there already" in system.kind.deliver(about(system), system.options, nowhere)
    assert len(system.api.tickets) == 1


def test_an_instance_that_drops_the_query_does_not_make_somebody_elses_record_ours(
    server: Loopback, nowhere: SendContext
) -> None:
    system = _incident(server)
    system.api.understands = False
    system.api.opened(
        {"sys_id": "f" * 32, "number": "INC9", "state": "1", "correlation_id": "", "correlation_display": ""}
    )
    assert "(opened)" in system.kind.deliver(about(system), system.options, nowhere)
    assert len(system.api.tickets) == 2


def test_a_record_that_the_instance_keeps_open_is_reported_as_open(server: Loopback, nowhere: SendContext) -> None:
    system = _incident(server)
    system.kind.deliver(about(system), system.options, nowhere)
    system.api.stubborn = True
    receipt = system.kind.deliver(about(system, event=AlertEvent.RESOLVED, why="over"), system.options, nowhere)
    assert "it stays in state 1 there: close it by hand" in receipt


def test_an_issue_without_a_way_to_done_is_an_error_that_lists_what_it_offers(
    server: Loopback, nowhere: SendContext
) -> None:
    system = _jira_cloud(server)
    system.kind.deliver(about(system), system.options, nowhere)
    system.api.transitions.pop()
    with pytest.raises(TargetError, match="it offers: Start"):
        system.kind.deliver(about(system, event=AlertEvent.RESOLVED, why="over"), system.options, nowhere)


def test_configured_fields_are_filled_in_from_the_message(server: Loopback, nowhere: SendContext) -> None:
    system = _jira_cloud(server)
    fields = {"customfield_1": "{asset} ({priority})", "components": [{"name": "{owner}"}]}
    options = msgspec.structs.replace(system.options, fields=fields, priorities={"P2": "High"})
    system.kind.deliver(about(system), options, nowhere)
    made = system.api.tickets[0]["fields"]
    assert made["customfield_1"] == "embed-gateway (P2)"
    assert made["components"] == [{"name": "platform-ai"}]
    assert made["priority"] == {"name": "High"}


def test_a_long_list_of_issues_ends_and_an_old_one_is_found_by_the_index(
    server: Loopback, nowhere: SendContext
) -> None:
    system = _github(server)
    other = {"labels": [{"name": "pulse-tui"}], "state": "open", "body": "other"}
    endless = iter(range(1_000_000))
    server.on(
        "GET",
        "/repos/acme/bot/issues",
        lambda _: Reply.json([{**other, "number": next(endless)} for _ in range(github_issues.EACH)]),
    )
    mark = tickets.mark_of(about(system).thread)
    old = {**other, "number": 7, "body": f"<!-- {mark} -->", "html_url": "https://github.example/7"}
    server.on("GET", "/search/issues", Reply.json({"items": [old]}))
    assert (
        system.kind.deliver(about(system), system.options, nowhere) == "#7 https://github.example/7 (was there already)"
    )
    assert len(server.seen("GET", "/repos/acme/bot/issues")) == tickets.PAGES


def test_a_list_that_repeats_its_page_ends(server: Loopback, nowhere: SendContext) -> None:
    system = _github(server)
    page = [{"number": n, "body": "x", "labels": [], "state": "open"} for n in range(github_issues.EACH)]
    server.on("GET", "/repos/acme/bot/issues", Reply.json(page))
    system.kind.deliver(about(system), system.options, nowhere)
    assert len(server.seen("GET", "/repos/acme/bot/issues")) == 4  # two for its own mark, two for the condition's


def test_each_kind_is_asked_by_its_own_routes_alone(nowhere: SendContext) -> None:
    del nowhere
    desk = Route(id="desk", kind="jira", options=jira.Options(url="https://x", project="OPS", token="t"))
    (effect,) = jira.respond(case(CVE, routes=(desk, MAIL)))
    assert isinstance(effect, Queue)
    assert (effect.delivery.kind, effect.delivery.route) == ("jira", "desk")
    for kind in (github_issues, gitlab_issues, servicenow):
        (nothing,) = kind.respond(case(CVE, routes=(desk, MAIL)))
        assert not isinstance(nothing, Queue)


HOSTILE = "@acme/everyone see #1 !2 ![x](https://evil/p.png) <img src=x> **b**\n/close\n- item\n# head\n&lt; [code]<b>x</b>[/code] {color:red}x{color} [l|https://evil] h1. big"


def test_markdown_of_others_calls_nobody_and_commands_nothing() -> None:
    text = markdown(HOSTILE)
    assert "@acme" not in text
    assert "#1" not in text
    assert "![" not in text
    assert "<img" not in text.replace("\\<img", "")
    assert "\n/close" not in text
    assert "&lt;" not in text


def test_wiki_markup_and_journal_of_others_are_plain() -> None:
    assert "{color" not in wiki(HOSTILE).replace("\\{color", "")
    assert "[l|" not in wiki(HOSTILE)
    assert "[code]" not in journal(HOSTILE)


@pytest.mark.parametrize("key", ["ticket-0123456789abcdef", "ticket-0123456789abcdef/resolved", "x" * 80, "a b", "é"])
def test_a_mark_is_one_word_of_at_most_fifty_letters(key: str) -> None:
    mark = tickets.mark_of(key)
    assert len(mark) <= 50
    assert mark.isascii()
    assert not set(mark) & set(" /,\"'")
    assert mark != tickets.mark_of(key + "x")


@pytest.mark.parametrize("make", [_jira_cloud, _jira_server])
def test_an_issue_that_the_index_does_not_know_yet_is_found_by_the_first_receipt(
    make: Callable[[Loopback], System], server: Loopback, nowhere: SendContext
) -> None:
    system = make(server)
    first = system.kind.deliver(about(system), system.options, nowhere)
    for path in ("/rest/api/3/search/jql", "/rest/api/2/search"):
        server.on("GET", path, Reply.json({"issues": []}))
    later = nowhere._replace(first_receipt=first)
    receipt = system.kind.deliver(about(system, event=AlertEvent.RAISED, why="x"), system.options, later)
    assert receipt.startswith("OPS-1 ")
    assert len(system.api.tickets) == 1
    gone = nowhere._replace(first_receipt="OPS-99 https://x")
    assert "OPS-2" in system.kind.deliver(about(system, event=AlertEvent.RAISED, why="x"), system.options, gone)
