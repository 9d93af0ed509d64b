from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import msgspec
import pytest

from pulse_tui.actions import block, freeze, note, notify, pause, retest, review, rollback, ticket
from pulse_tui.domain.alert import AlertEvent
from pulse_tui.domain.delivery import Delivery
from pulse_tui.domain.effect import AskRetest, AskReview, AskTask, Effect, Nothing, PlaceHold, ProposeRollback, Queue
from pulse_tui.domain.errors import TargetError
from pulse_tui.domain.hold import Hold, HoldKind
from pulse_tui.domain.signal import Signal
from pulse_tui.domain.vendor_task import TaskKind
from pulse_tui.domain.words import Priority
from pulse_tui.kinds import Kinds
from pulse_tui.ports import Action, Case, Route, SendContext
from pulse_tui.settings.check import convert
from pulse_tui.settings.document import parse
from tests.actions.build import DESK, MAIL, SAFETY, case
from tests.enrich.build import CANARY, CVE, DEPRECATION, HEALTH, JAILBREAK, LATENCY, NOW, PRODUCTION, REGRESSION

KINDS: Mapping[str, Action] = Kinds("actions")
"""Found, not listed: what holds for every kind holds for one that is added."""
SIGNALS = (REGRESSION, JAILBREAK, LATENCY, CVE, DEPRECATION, HEALTH)


def one(effects: object) -> Effect:
    assert isinstance(effects, (tuple, list))
    (effect,) = (e for e in effects if not isinstance(e, AskReview))  # which has a test of its own
    return effect  # type: ignore[no-any-return]


def held(kind: Action, given: Case) -> Hold:
    effect = one(kind.respond(given))
    assert isinstance(effect, PlaceHold)
    return effect.hold


def queued(kind: Action, given: Case) -> Delivery:
    effect = one(kind.respond(given))
    assert isinstance(effect, Queue)
    return effect.delivery


def why(kind: Action, given: Case) -> str:
    effect = one(kind.respond(given))
    assert isinstance(effect, Nothing)
    return effect.why


# --------------------------------------------------------------------------- every kind


@pytest.mark.parametrize("kind", list(KINDS))
@pytest.mark.parametrize("signal", SIGNALS, ids=lambda s: s.signal_type)
@pytest.mark.parametrize("event", list(AlertEvent))
def test_a_response_is_pure_typed_and_the_same_for_the_same_case(kind: str, signal: Signal, event: AlertEvent) -> None:
    first, second = (KINDS[kind].respond(case(signal, event=event, why="because")) for _ in range(2))
    assert list(first) == list(second)
    assert all(isinstance(effect, Effect) for effect in first)
    assert all(effect.why for effect in first if isinstance(effect, Nothing))


@pytest.mark.parametrize("kind", list(KINDS))
def test_a_signal_that_matched_no_asset_breaks_no_response(kind: str) -> None:
    stranger = msgspec.structs.replace(REGRESSION, asset_id="nobody")
    assert all(isinstance(effect, (AskReview, Nothing, Queue)) for effect in KINDS[kind].respond(case(stranger)))


@pytest.mark.parametrize("kind", list(KINDS))
def test_an_alert_that_was_open_already_notifies_nobody_again(kind: str) -> None:
    assert not [e for e in KINDS[kind].respond(case(new=False)) if not isinstance(e, Nothing)]


@pytest.mark.parametrize("kind", list(KINDS))
@pytest.mark.parametrize("event", [e for e in AlertEvent if e.follows])
def test_what_follows_reaches_only_those_who_were_notified_and_places_nothing(kind: str, event: AlertEvent) -> None:
    effects = KINDS[kind].respond(case(event=event, why="because"))
    assert all(isinstance(effect, Queue) and effect.follows for effect in effects)


@pytest.mark.parametrize("kind", [k for k in KINDS if not msgspec.structs.fields(KINDS[k].Options)])
def test_a_kind_without_destination_delivers_nothing(kind: str, nowhere: SendContext) -> None:
    delivery = Delivery(key="k", kind=kind, route="r", payload={}, created_at=NOW)
    with pytest.raises(TargetError, match="no destination"):
        KINDS[kind].deliver(delivery, KINDS[kind].Options(), nowhere)


@pytest.mark.parametrize(
    ("kind", "text", "problem"),
    [
        ("notify", "url: http://127.0.0.1/\nheaders: {Authorization: Bearer x}\ntimeout: 5s", ""),
        ("notify", "ulr: http://127.0.0.1/", "did you mean 'url'?"),
        ("ticket", "path: tickets", ""),
        ("ticket", "timeout: 5s", "needs a path, a url, or both"),
        ("block", "url: x", "unknown key 'url'"),
    ],
)
def test_options_are_typed_and_a_misspelt_key_is_told(kind: str, text: str, problem: str) -> None:
    node, problems = parse(text, "routes.yaml")
    assert node is not None
    convert(node, KINDS[kind].Options, problems)
    assert (problem in "\n".join(map(str, problems))) if problem else not problems


# --------------------------------------------------------------------------- holds


def test_a_block_is_on_the_version_and_says_what_ends_it() -> None:
    hold = held(block, case())
    assert (hold.kind, hold.asset_id, hold.version, hold.environment) == (HoldKind.BLOCK, "support-bot", "3.8.2", None)
    assert hold.until_condition == (
        "a run of suite golden-v7 on support-bot 3.8.2 is within the margin, or an operator lifts it"
    )
    assert (hold.placed_by, hold.placed_at, hold.decision_id) == ("rule accuracy-regression", NOW, "d1")
    assert hold.covers("support-bot", "3.8.2")
    assert not hold.covers("support-bot", "3.8.1")


def test_a_signal_without_version_blocks_every_version() -> None:
    hold = held(block, case(decided={"version": None}))
    assert hold.covers("support-bot", "3.8.9")


def test_a_pause_holds_the_rollout_and_a_freeze_every_release() -> None:
    paused, frozen = held(pause, case(JAILBREAK)), held(freeze, case(CVE))
    assert (paused.kind, paused.environment, paused.version) == (HoldKind.PAUSE, CANARY, None)
    assert (frozen.kind, frozen.environment, frozen.version) == (HoldKind.FREEZE, None, None)
    assert frozen.until_condition.startswith("CVE-2026-3248 no longer reaches embed-gateway (fixed in 0.9.2)")


def test_a_hold_has_the_same_id_in_the_same_episode_and_another_in_the_next() -> None:
    assert held(block, case()).id == held(block, case()).id
    assert held(block, case()).id != held(block, case(alert="a2")).id


def test_another_bad_version_under_the_same_alert_is_blocked_too() -> None:
    assert held(block, case(new=False, alert_version="3.8.1")).version == "3.8.2"


# --------------------------------------------------------------------------- tasks and proposals


def test_a_retest_is_due_with_the_response_and_before_the_change_takes_effect() -> None:
    effect, *tasks = retest.respond(case(DEPRECATION, decided={"respond_within_s": 86_400}))
    assert isinstance(effect, AskRetest)
    assert [t.task.kind for t in tasks if isinstance(t, AskTask)] == [TaskKind.RETEST, TaskKind.MIGRATION]
    assert (effect.retest.owner, effect.retest.due_at) == ("ml-support", NOW + timedelta(days=1))
    late, *_ = retest.respond(case(DEPRECATION, decided={"respond_within_s": 90 * 86_400}))
    assert isinstance(late, AskRetest)
    assert late.retest.due_at == DEPRECATION.evidence.effective_at


def test_a_rollback_is_proposed_where_the_bad_version_serves() -> None:
    effect = one(rollback.respond(case(LATENCY)))
    assert effect == ProposeRollback("support-bot", CANARY, "p95 1.31 x objective on support-bot canary")


def test_a_rollback_of_a_version_that_serves_no_more_is_not_proposed() -> None:
    gone = msgspec.structs.replace(LATENCY, current_version="3.8.0")
    assert "3.8.0 no longer serves support-bot canary, 3.8.2 does" in why(rollback, case(gone))
    nowhere = msgspec.structs.replace(LATENCY, asset_id="embed-gateway")
    assert "is not deployed in canary" in why(rollback, case(nowhere))


def test_a_note_asks_for_nothing() -> None:
    assert note.respond(case()) == ()


# --------------------------------------------------------------------------- messages


def test_a_notification_answers_the_three_questions_and_carries_the_ids() -> None:
    delivery = queued(notify, case())
    said = delivery.payload
    assert (delivery.kind, delivery.route) == ("notify", "ml-hook")
    assert said["what_changed"].startswith("support-bot canary 3.8.1 -> 3.8.2: ")
    assert "accuracy 0.914 -> 0.862: -5.2 pp (500 items)" in said["risk"]
    assert "customer-facing · public exposure · regulated · stores prompts · 12 % of traffic" in said["risk"]
    assert said["what_to_do"].endswith("respond by 2026-11-23T07:10:00Z")
    assert {"alert", "decision", "rule", "policy", "signal", "owner"} <= said.keys()


def test_a_message_gives_the_advice_that_the_alerts_page_gives() -> None:
    said = queued(ticket, case(CVE, advice=lambda: ("upgrade vllm", "else waive it"))).payload
    assert said["what_to_do"] == "upgrade vllm; else waive it; respond by 2026-11-23T07:10:00Z"
    assert "CVE-2026-3248 in pkg:pypi/vllm 0.9.1, CVSS 9.8" in said["risk"]


def test_a_key_names_rule_alert_and_route_and_nothing_else() -> None:
    assert queued(notify, case()).key == queued(notify, case(decided={"id": "d2", "title": "other"})).key
    assert queued(notify, case()).key != queued(notify, case(alert="a2")).key
    assert queued(notify, case()).key != queued(notify, case(decided={"rule_id": "other"})).key


@pytest.mark.parametrize("kind", [notify, ticket, review])
@pytest.mark.parametrize("event", [AlertEvent.RAISED, *(e for e in AlertEvent if e.follows)])
def test_every_event_of_an_alert_is_another_message_of_its_one_thread(kind: Action, event: AlertEvent) -> None:
    opened = queued(kind, case(routes=(MAIL,) if kind is notify else (DESK,)))
    later = queued(kind, case(routes=(MAIL,) if kind is notify else (DESK,), event=event, why="because"))
    assert opened.first
    assert opened.payload["event"] == "opened"
    assert (later.thread, later.first) == (opened.key, False)
    assert later.payload["thread"] == opened.payload["thread"] == opened.key
    assert (later.payload["event"], later.payload["why"]) == (event.value, "because")
    assert later.payload["title"] == f"{'because' if event.calls else event.value}: {opened.payload['title']}"


def test_each_time_that_an_alert_is_raised_is_a_message_of_its_own() -> None:
    first = case(event=AlertEvent.RAISED)
    again = first._replace(alert=msgspec.structs.replace(first.alert, escalations=1))
    urgent = first._replace(alert=msgspec.structs.replace(first.alert, priority=Priority.P1))
    keys = {queued(notify, c).key for c in (first, again, urgent)}
    assert len(keys) == 3
    assert queued(notify, case(event=AlertEvent.RAISED)).key in keys


def test_nothing_is_left_to_do_about_what_is_resolved() -> None:
    given = queued(notify, case(event=AlertEvent.RESOLVED, why="resolved by ana: fixed")).payload
    assert given["what_to_do"] == "nothing more: resolved by ana: fixed"


def test_what_follows_goes_to_the_routes_of_then_whoever_owns_the_asset_now() -> None:
    moved = case(event=AlertEvent.RESOLVED, why="x", decided={"owner": "another team"})
    assert queued(notify, moved).route == MAIL.id


def test_an_owner_whom_no_route_serves_is_told_to_the_operator() -> None:
    assert why(notify, case(CVE, routes=(MAIL,))) == "no notify route serves owner platform-ai: add one under routes"
    assert why(ticket, case(routes=(MAIL,))) == "no ticket route serves owner ml-support: add one under routes"


def test_a_route_that_the_rule_names_is_taken_whoever_it_serves() -> None:
    delivery = queued(ticket, case(CVE, routes=(DESK, SAFETY), rule_routes=("safety-desk",)))
    assert delivery.route == "safety-desk"


def test_a_review_goes_to_the_team_that_owns_the_rule() -> None:
    delivery = queued(review, case(JAILBREAK, routes=(MAIL, SAFETY), rule_owner="safety"))
    assert (delivery.kind, delivery.route) == ("ticket", "safety-desk")
    assert (delivery.payload["task"], delivery.payload["reviewer"]) == ("review", "safety")


def test_a_review_is_work_for_whoever_owns_the_rule_also_where_no_route_serves_them() -> None:
    for routes in ((), (MAIL,)):
        [asked] = [
            e for e in review.respond(case(JAILBREAK, routes=routes, rule_owner="safety")) if isinstance(e, AskReview)
        ]
        assert (asked.task.owner, asked.task.kind) == ("safety", "alert")
        assert asked.task.due_at is not None


def test_a_review_goes_where_tasks_are_kept_and_else_wherever_the_reviewers_are_reached() -> None:
    delivery = queued(review, case(JAILBREAK, routes=(MAIL,), rule_owner="safety"))
    assert (delivery.kind, delivery.route, delivery.payload["reviewer"]) == ("notify", "ml-hook", "ml-support")
    both = queued(review, case(JAILBREAK, routes=(MAIL, DESK), rule_owner="ml-support"))
    assert both.route == DESK.id
    pager = Route(id="pager", kind="a kind that is not there yet", options=None)
    assert queued(review, case(JAILBREAK, routes=(pager,), rule_owner="safety")).kind == pager.kind
    assert "safety or ml-support" in why(review, case(JAILBREAK, routes=(), rule_owner="safety"))


def test_the_production_of_an_exposed_gateway_is_what_the_case_is_about() -> None:
    assert case(CVE).decision.environment is PRODUCTION
