"""What operators decide of an incident, and how it is taken back."""

from __future__ import annotations

import json

import msgspec
import pytest

from pulse_tui.domain.delivery import DeliveryState
from pulse_tui.domain.errors import NotFound, Refused, WrongUse
from pulse_tui.domain.incident import CauseVerdict, Incident, IncidentState
from pulse_tui.domain.views.incidents import IncidentStory
from pulse_tui.domain.words import Environment, Priority
from pulse_tui.services.alerts.incidents import operate
from pulse_tui.services.alerts.incidents.export import as_data, markdown
from pulse_tui.services.alerts.incidents.story import incident_story, rows
from pulse_tui.services.alerts.operate import resolve
from pulse_tui.services.parts import JudgeParts
from pulse_tui.settings.links import LinkShape
from tests.fakes.nouns import NOW, later
from tests.services.alerts.incidents.test_correlate import deploy, errors, incidents, members
from tests.services.signals.test_ingest import alerts, breach, take


@pytest.fixture
def two(judge: JudgeParts) -> Incident:
    """Slow and failing canary after a deploy."""
    take(judge, deploy(), breach(1), errors())
    (incident,) = incidents(judge)
    return incident


def story_of(parts: JudgeParts, name: str) -> IncidentStory:
    with parts.store.read() as tx:
        return incident_story(tx, parts, name, later(hours=1))


def audit(parts: JudgeParts, ident: str) -> list[tuple[str, str]]:
    with parts.store.read() as tx:
        return [(e.actor, e.action) for e in tx.log.entries(subject=ident)]


def one(parts: JudgeParts, ident: str) -> Incident:
    with parts.store.read() as tx:
        found = tx.incidents.get(ident)
    assert found is not None
    return found


def test_a_confirmed_cause_stays_whatever_comes_later_and_can_be_taken_back(judge: JudgeParts, two: Incident) -> None:
    operate.confirm(judge, two.id, "1", "ana", "", later(minutes=5))
    take(judge, deploy("second", occurred_at=later(minutes=-5), current_version="cfg"), at=later(minutes=6))
    after = one(judge, two.id)
    assert (after.verdict, after.cause, after.cause_by) == (CauseVerdict.CONFIRMED, "s-deploy", "ana")
    assert after.onset_at == later(minutes=-6)
    operate.undo(judge, two.id, "ana", later(minutes=7))
    back = one(judge, two.id)
    assert (back.cause, back.onset_at) == (None, NOW)
    assert back.verdict is CauseVerdict.UNKNOWN  # two deploys by now
    assert [a for a in audit(judge, two.id) if a[0] == "ana"] == [
        ("ana", "incident.confirm"),
        ("ana", "incident.undone"),
    ]


def test_a_cause_that_nobody_ranked_is_confirmed_by_its_signal_and_nonsense_is_refused(
    judge: JudgeParts, two: Incident
) -> None:
    with pytest.raises(NotFound, match="is no cause"):
        operate.confirm(judge, two.id, "7", "ana", "", NOW)
    operate.confirm(judge, two.id, "s-1", "ana", "", NOW)
    assert one(judge, two.id).causes[0].why == ("an operator named it",)


def test_an_alert_is_split_off_and_comes_back(judge: JudgeParts, two: Incident) -> None:
    other = members(judge, two)[1]
    operate.split(judge, two.id, other, "ana", "another matter", later(minutes=1))
    with judge.store.read() as tx:
        moved = tx.incidents.member(other)
    assert moved is not None
    assert moved.incident_id != two.id
    assert one(judge, moved.incident_id).state is IncidentState.OPEN
    assert (one(judge, two.id).alerts, len(members(judge, two))) == (1, 1)
    with pytest.raises(Refused, match="the only alert"):
        operate.split(judge, two.id, members(judge, two)[0], "ana", "", NOW)
    operate.undo(judge, two.id, "ana", later(minutes=2))
    assert len(members(judge, two)) == 2
    assert one(judge, moved.incident_id).merged_into == two.id


def test_a_merge_moves_every_alert_and_undo_brings_them_back(judge: JudgeParts, two: Incident) -> None:
    take(
        judge, breach(9, asset_id="gateway", environment=Environment.PRODUCTION, fingerprint="gw"), at=later(minutes=1)
    )
    gateway = next(i for i in incidents(judge) if i.id != two.id)
    operate.merge(judge, gateway.id, two.id, "ana", "", later(minutes=2))
    assert (len(members(judge, two)), one(judge, gateway.id).state) == (3, IncidentState.MERGED)
    with pytest.raises(Refused, match="belongs to"):
        operate.merge(judge, gateway.id, two.id, "ana", "", NOW)
    with pytest.raises(Refused, match="itself"):
        operate.merge(judge, two.id, two.id, "ana", "", NOW)
    operate.undo(judge, gateway.id, "ben", later(minutes=3))
    assert (len(members(judge, two)), len(members(judge, gateway))) == (2, 1)
    assert one(judge, gateway.id).state is IncidentState.OPEN
    with pytest.raises(Refused, match="nothing to take back"):
        operate.undo(judge, gateway.id, "ben", later(minutes=4))


def test_onset_and_impact_are_stated_with_who_states_them(judge: JudgeParts, two: Incident) -> None:
    operate.state_onset(judge, two.id, later(minutes=-40), "ana", "logs", NOW)
    operate.state_impact(judge, two.id, "customers", later(minutes=-30), "ana", "", NOW)
    after = one(judge, two.id)
    assert (after.onset_at, after.onset_why) == (later(minutes=-40), "stated by ana: logs")
    assert (after.impact, after.impact_at) == ("customers", later(minutes=-30))
    for wrong in ("some", ""):
        with pytest.raises(WrongUse):
            operate.state_impact(judge, two.id, wrong, None, "ana", "", NOW)
    with pytest.raises(WrongUse, match="to come"):
        operate.state_onset(judge, two.id, later(minutes=1), "ana", "", NOW)
    take(judge, errors("more"), at=later(minutes=2))
    assert one(judge, two.id).onset_at == later(minutes=-40)


def test_an_operator_ends_it_and_what_is_open_is_counted(judge: JudgeParts, two: Incident) -> None:
    said = operate.resolve(judge, two.id, "ana", "handled in the morning", "more workers", later(minutes=9))
    assert said.startswith(f"resolved, 2 alerts of it still open: {two.id} ")
    with pytest.raises(Refused, match="already"):
        operate.resolve(judge, two.id, "ana", "again", "", NOW)
    with judge.store.read() as tx:
        assert rows(tx, NOW) == []
        (row,) = rows(tx, NOW, every=True)
    assert (row.state, row.open) == ("resolved", 2)
    operate.undo(judge, two.id, "ana", later(minutes=10))
    assert one(judge, two.id).state is IncidentState.OPEN


def test_the_same_is_seen_before_with_what_helped_then(judge: JudgeParts, two: Incident) -> None:
    for alert in alerts(judge):
        resolve(judge, alert.id, "ana", "drained the node", later(minutes=3))
    take(judge, breach(5, at=later(days=1)), at=later(days=1))
    new = incidents(judge)[0]
    assert new.id != two.id
    (line,) = story_of(judge, new.id).seen_before
    assert two.id in line
    assert "drained the node" in line


def test_the_urgency_of_an_incident_is_that_of_its_open_alerts(judge: JudgeParts, two: Incident) -> None:
    with judge.store.write() as tx:
        for alert in tx.judgements.alerts():
            tx.judgements.put_alert(msgspec.structs.replace(alert, priority=Priority.P3))
    assert one(judge, two.id).priority is Priority.P2
    assert story_of(judge, two.id).row.priority == "P3"


def test_an_export_holds_timeline_causes_notices_and_links_of_the_window(judge: JudgeParts, two: Incident) -> None:
    link = LinkShape(name="logs", url="https://logs.test/?q={asset}&from={from_ms}&to={to}")
    story = story_of(judge._replace(links=[link]), members(judge, two)[0])
    begin = int(later(minutes=-30).timestamp() * 1000)
    assert story.links[0].url.startswith(f"https://logs.test/?q=support-bot&from={begin}&to=2026-11-23T04%3A20")
    data = json.loads(json.dumps(as_data(story)))
    assert data["causes"][0]["signal"] == "s-deploy"
    assert any("deployment" in line["what"] for line in data["timeline"])
    assert {n["outcome"] for n in data["notified"]} == {"waits to be sent", "withheld"}
    text = markdown(story)
    assert "## Timeline" in text
    assert "s-deploy" in text


def test_a_message_that_arrived_is_no_longer_shown_as_waiting(judge: JudgeParts, two: Incident) -> None:
    with judge.store.write() as tx:
        for made in tx.plumbing.deliveries():
            tx.plumbing.put_delivery(msgspec.structs.replace(made, state=DeliveryState.SENT))
    assert {n.outcome for n in story_of(judge, two.id).notices} == {"delivered", "withheld"}


def test_what_to_do_names_a_more_urgent_alert_than_the_one_that_it_is_about(judge: JudgeParts, two: Incident) -> None:
    first = story_of(judge, two.id).todo[0]
    with judge.store.write() as tx:
        [other] = [a for a in tx.judgements.alerts() if a.title not in first and "error" in a.title]
        tx.judgements.put_alert(msgspec.structs.replace(other, priority=Priority.P1, asset_id="elsewhere"))
    todo = story_of(judge, two.id).todo
    assert any(other.id in line for line in todo)


def test_markdown_from_outside_stays_text(judge: JudgeParts) -> None:
    take(judge, deploy(title="<img src=x> [click](http://evil) *now*"), breach(1))
    text = markdown(story_of(judge, incidents(judge)[0].id))
    assert "\\<img src=x\\> \\[click\\](http://evil) \\*now\\*" in text
