"""What is made of alerts, on each database: it comes back as it was put, and is found by what it is searched by."""

from __future__ import annotations

from pulse_tui.domain.alert import AlertEvent
from pulse_tui.domain.enforcement import Enforced, Enforcement
from pulse_tui.domain.feedback import Feedback, Missed, Usefulness
from pulse_tui.domain.incident import Cause, Incident, IncidentState, Member
from pulse_tui.domain.notice import Notice, NoticeOutcome, Use, Withheld
from pulse_tui.domain.policy_change import PolicyState, PolicyVersion
from pulse_tui.domain.review_task import ReviewTask
from pulse_tui.domain.silence import Silence, SilenceKind
from pulse_tui.storage.store import SqlStore
from tests.fakes.nouns import NOW, changed, later

CAUSE = Cause(signal_id="s-1", score=0.8, title="3.8.2 was deployed", why=("ten minutes before",))
INCIDENT = Incident(id="i-1", title="support-bot", opened_at=NOW, last_at=NOW, causes=(CAUSE,))
SILENCE = Silence(
    id="q-1", kind=SilenceKind.MAINTENANCE, match="true", starts_at=later(hours=1), ends_at=later(hours=3), by="ana",
    why="an upgrade", created_at=NOW,
)  # fmt: skip
NOTICE = Notice(
    alert_id="a-1", at=NOW, event=AlertEvent.OPENED, use=Use.PAGE, outcome=NoticeOutcome.WITHHELD, why="silenced by ana",
    reason=Withheld.SILENCED, route="pager", person="ben", incident_id="i-1",
)  # fmt: skip


def test_an_alert_belongs_to_the_incident_that_it_joined_last_until_it_leaves(store: SqlStore) -> None:
    ended = changed(INCIDENT, id="i-2", state=IncidentState.RESOLVED, opened_at=later(hours=1), last_at=later(hours=1))
    with store.write() as tx:
        assert tx.incidents.put(INCIDENT)
        assert not tx.incidents.put(INCIDENT)
        tx.incidents.put(ended)
        for incident in ("i-1", "i-2"):
            tx.incidents.join(
                Member(alert_id="a-1", incident_id=incident, joined_at=NOW, by="pulse-tui", why="same asset")
            )
    with store.read() as tx:
        assert tx.incidents.get("i-1") == INCIDENT
        assert [i.id for i in tx.incidents.all()] == ["i-2", "i-1"]
        assert tx.incidents.all([IncidentState.OPEN]) == [INCIDENT]
        assert tx.incidents.all(since=later(minutes=1)) == [ended]
        assert (tx.incidents.members("i-1"), [m.alert_id for m in tx.incidents.members("i-2")]) == ([], ["a-1"])
        assert tx.incidents.of_alerts(["a-1", "a-2"]) == {"a-1": "i-2"}
    with store.write() as tx:
        assert tx.incidents.leave("a-1")
        assert not tx.incidents.leave("a-1")
        assert tx.incidents.member("a-1") is None


def test_a_silence_stands_from_its_beginning_to_its_end_unless_it_is_taken_back(store: SqlStore) -> None:
    with store.write() as tx:
        tx.silences.put(SILENCE)
        assert [bool(tx.silences.standing(later(hours=h))) for h in range(5)] == [False, True, True, False, False]
        assert tx.silences.all(ended_after=later(hours=2)) == [SILENCE]
        tx.silences.put(changed(SILENCE, ended_at=later(hours=2), ended_by="ana"))
        assert tx.silences.standing(later(hours=1)) == []
        assert tx.silences.all(ended_after=later(hours=2)) == []


def test_who_was_notified_and_why_not_is_found_by_alert_incident_person_and_time(store: SqlStore) -> None:
    other = changed(NOTICE, alert_id="a-2", at=later(hours=1), person=None, incident_id=None)
    with store.write() as tx:
        tx.notices.add([NOTICE, other])
        tx.notices.add([])
    with store.read() as tx:
        assert tx.notices.of("a-1") == [NOTICE] == tx.notices.of_incident("i-1")
        assert tx.notices.between(NOW, later(hours=1)) == [NOTICE, other]
        assert tx.notices.between(NOW, later(hours=1), person="ben", route="pager") == [NOTICE]


def test_what_people_said_and_what_they_must_look_at_is_kept(store: SqlStore) -> None:
    feedback = Feedback(alert_id="a-1", usefulness=Usefulness.NOISE, by="ana", at=NOW)
    missed = Missed(id="m-1", what="answers in French", by="ben", at=NOW, onset_at=NOW)
    review = ReviewTask(key="r-1", kind="alert", what="a jailbreak", owner="safety", opened_at=NOW)
    done = changed(review, key="r-2", done_at=later(hours=1), done_by="ana")
    with store.write() as tx:
        tx.learning.put_feedback(changed(feedback, usefulness=Usefulness.USEFUL))
        tx.learning.put_feedback(feedback)
        tx.learning.put_missed(missed)
        for task in (review, done):
            tx.learning.put_review(task)
    with store.read() as tx:
        assert tx.learning.feedback(["a-1", "a-2"]) == [feedback]
        assert (tx.learning.feedback(["a-2"]), tx.learning.feedback(since=later(hours=1))) == ([], [])
        assert tx.learning.missed(since=NOW) == [missed]
        assert tx.learning.reviews() == [review]
        assert tx.learning.reviews(open_only=False) == [review, done] == tx.learning.reviews(open_only=False, since=NOW)
        assert tx.learning.review("r-2") == done


def test_policies_and_what_is_enforced_elsewhere_are_kept(store: SqlStore) -> None:
    policy = PolicyVersion(digest="41c9", seen_at=NOW, by="ana", state=PolicyState.IN_FORCE, text="{}")
    enforced = Enforcement(key="k", route="github", hold_id="h-1", scope="bot", state=Enforced.ASKED, asked_at=NOW)
    with store.write() as tx:
        tx.policies.put(policy)
        tx.policies.put(changed(policy, digest="52d0", seen_at=later(hours=1)))
        tx.enforcements.put(enforced)
    with store.read() as tx:
        assert tx.policies.get("41c9") == policy
        assert [p.digest for p in tx.policies.all()] == ["52d0", "41c9"]
        assert tx.enforcements.get("k") == enforced
        assert (tx.enforcements.all("h-1"), tx.enforcements.all("h-2")) == ([enforced], [])
