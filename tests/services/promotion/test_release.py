"""What operators decide about releases: who may, on which answer of the gate, and what is kept of it."""

from __future__ import annotations

import pytest

from pulse_tui.domain.advisory import Advisory, Affected
from pulse_tui.domain.alert import AlertState
from pulse_tui.domain.errors import NotFound, Refused, WrongUse
from pulse_tui.domain.release import RegistrySnapshot, RegistryVersion, ReleaseState
from pulse_tui.domain.words import Change, Severity
from pulse_tui.services.alerts import operate
from pulse_tui.services.desk import ServiceDesk
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.promotion.decide import approve, promote, quarantine, retire
from pulse_tui.services.promotion.gate import gate
from pulse_tui.services.promotion.story import release_diff, release_story
from pulse_tui.services.promotion.withdraw import withdraw
from pulse_tui.services.registry.claims import place
from pulse_tui.services.signals.ingest import ingest
from tests.fakes.bills import bill, package
from tests.fakes.clock import Clock
from tests.fakes.nouns import CANARY, NOW, PRODUCTION, changed, later, release
from tests.fakes.prepared import prepared
from tests.fakes.runs import measured_well

BOT = "support-bot"


def state(parts: RollbackParts, version: str) -> ReleaseState:
    with parts.store.read() as tx:
        found = tx.estate.release(BOT, version)
    assert found is not None
    return found.state


@pytest.fixture
def parts(parts: RollbackParts) -> RollbackParts:
    """A rollback of production is drilled and pre-authorised."""
    return prepared(parts)


@pytest.fixture
def fresh(parts: RollbackParts) -> RollbackParts:
    """3.9.0 is evaluated, its functional and safety verdicts say PASS, and it serves nowhere."""
    with parts.store.write() as tx:
        tx.estate.add_release(release("3.9.0", state=ReleaseState.EVALUATED))
    return parts._replace(judging=measured_well(parts.judging, "3.8.1", "3.9.0"))


def test_an_approval_is_kept_with_what_the_gate_said(fresh: RollbackParts) -> None:
    operate.freeze(fresh.store, BOT, "ana", "audit week", NOW)
    answer = gate(fresh, BOT, "3.9.0", PRODUCTION)
    said = approve(fresh, BOT, "3.9.0", "ana", "measured twice")
    assert said.startswith("approved by ana: support-bot 3.9.0; the gate of production is closed: holds:")
    assert state(fresh, "3.9.0") is ReleaseState.APPROVED
    with fresh.store.read() as tx:
        (entry,) = tx.log.entries(subject="support-bot@3.9.0")
    assert (entry.actor, entry.action, entry.detail["why"]) == ("ana", "release.approved", "measured twice")
    assert (entry.detail["gate"], entry.detail["gate_said"]) == (answer.digest, "BLOCKED")


def test_a_promotion_is_recorded_on_the_gates_answer_and_serves(fresh: RollbackParts, clock: Clock) -> None:
    with fresh.store.write() as tx:
        before = tx.estate.next_iteration(BOT)
    clock.pass_(minutes=5)
    said = promote(fresh, BOT, "3.9.0", PRODUCTION, "ana", "the night was quiet")
    assert "to production, gate" in said
    with fresh.store.read() as tx:
        serving = tx.estate.deployment(BOT, PRODUCTION)
        promotion = tx.estate.promotions(BOT)[0]
        entry = tx.log.entries(subject="support-bot@3.9.0")[-1]
        found = tx.estate.release(BOT, "3.9.0")
        event = next(s for s in tx.signals.recent(10, BOT) if s.change is Change.PROMOTION)
        after = tx.estate.next_iteration(BOT)
    assert serving is not None
    assert (serving.version, serving.since, serving.source) == ("3.9.0", clock(), "pulse-tui")
    assert (promotion.by, promotion.decision_id, promotion.why) == ("ana", f"audit:{entry.seq}", "the night was quiet")
    assert found is not None
    assert (found.state, found.rollback_pointer) == (ReleaseState.PROMOTED, "3.8.1")
    assert event.evidence.iteration == before + 1
    assert after == before + 2


def test_a_closed_gate_refuses_with_every_reason_and_changes_nothing(fresh: RollbackParts) -> None:
    operate.freeze(fresh.store, BOT, "ana", "audit week", NOW)
    operate.freeze(fresh.store, None, "ana", "the whole house", NOW)
    with pytest.raises(Refused) as refused:
        promote(fresh, BOT, "3.9.0", PRODUCTION, "ana", "now")
    assert len(refused.value.reasons) == 2
    assert "audit week" in str(refused.value)
    assert state(fresh, "3.9.0") is ReleaseState.EVALUATED
    with fresh.store.read() as tx:
        assert tx.estate.promotions(BOT) == []
        assert tx.log.entries(subject="support-bot@3.9.0") == []


def test_a_place_that_a_registry_speaks_for_moves_when_the_registry_does(fresh: RollbackParts) -> None:
    with fresh.store.write() as tx:
        place(tx, fresh.judging, BOT, PRODUCTION, "3.8.1", "registry", later(days=-6))
    said = promote(fresh, BOT, "3.9.0", PRODUCTION, "ana", "now")
    assert "registry reports what serves there" in said
    with fresh.store.read() as tx:
        serving = tx.estate.deployment(BOT, PRODUCTION)
        assert tx.inventory.concerns(BOT) == []
        assert tx.estate.promotions(BOT)[0].version == "3.9.0"
    assert serving is not None
    assert serving.version == "3.8.1"


def test_the_same_promotion_is_not_recorded_twice(fresh: RollbackParts) -> None:
    promote(fresh, BOT, "3.9.0", PRODUCTION, "ana", "now")
    with pytest.raises(Refused, match="already"):
        promote(fresh, BOT, "3.9.0", PRODUCTION, "ben", "again")


def test_only_names_of_the_operators_file_decide_where_there_is_one(fresh: RollbackParts) -> None:
    with pytest.raises(Refused, match="'mallory' is not in the operators' file"):
        approve(fresh, BOT, "3.9.0", "mallory", "mine")
    only_canary = {"cyd": changed(fresh.operators["ana"], name="cyd", environments=(CANARY,))}
    with pytest.raises(Refused, match="cyd may not act in production"):
        promote(fresh._replace(operators=only_canary), BOT, "3.9.0", PRODUCTION, "cyd", "mine")
    assert approve(fresh._replace(operators={}), BOT, "3.9.0", "anybody", "no file").startswith("approved by anybody")


@pytest.mark.parametrize("deed", [approve, quarantine, retire])
def test_a_deed_needs_a_reason_that_is_safe_to_draw_and_a_release_that_is_there(
    fresh: RollbackParts, deed: object
) -> None:
    assert callable(deed)
    with pytest.raises(WrongUse, match="a reason is missing"):
        deed(fresh, BOT, "3.9.0", "ana", " \x1b[2J ")
    with pytest.raises(NotFound, match=r"no release '\.\./etc'"):
        deed(fresh, BOT, "../etc", "ana", "x")
    deed(fresh, BOT, "3.9.0", "ana", "bad \x1b]0;title\x07colour")
    with fresh.store.read() as tx:
        assert tx.log.entries(subject="support-bot@3.9.0")[-1].detail["why"] == "bad colour"


def test_quarantining_what_serves_is_allowed_and_says_what_to_do(parts: RollbackParts) -> None:
    said = quarantine(parts, BOT, "3.8.1", "ana", "leaks")
    assert "it still serves in production: pulse-tui rollback plan support-bot --env production" in said
    assert "it was the rollback target of canary" in said
    assert state(parts, "3.8.1") is ReleaseState.QUARANTINED
    with pytest.raises(Refused, match="quarantined already"):
        quarantine(parts, BOT, "3.8.1", "ana", "leaks")
    with pytest.raises(Refused, match="cannot be approved"):
        approve(parts, BOT, "3.8.1", "ana", "it is fine")
    with pytest.raises(Refused, match="cannot be promoted"):
        promote(parts, BOT, "3.8.1", CANARY, "ana", "it is fine")


def test_retiring_what_serves_is_refused_with_every_place(parts: RollbackParts) -> None:
    with pytest.raises(Refused, match="it serves in canary"):
        retire(parts, BOT, "3.8.2", "ana", "old")
    assert "where canary" not in retire(parts, BOT, "3.8.0", "ana", "old")
    assert state(parts, "3.8.0") is ReleaseState.RETIRED
    with pytest.raises(Refused, match="retired already"):
        retire(parts, BOT, "3.8.0", "ana", "old")


def test_a_release_tells_who_promoted_it_on_which_decision(fresh: RollbackParts) -> None:
    approve(fresh, BOT, "3.9.0", "ben", "measured")
    promote(fresh, BOT, "3.9.0", PRODUCTION, "ana", "the night was quiet")
    story = release_story(fresh.judging, BOT, "3.9.0").lines
    told = dict(story)
    assert told["Approved"].endswith("by ben: measured; the gate of production answered GO")
    assert "3.9.0 to production by ana on audit:" in told["Promoted"]
    assert told["Rollback to"] == "production: 3.8.1, was healthy here"
    assert [text for label, text in story if label == "Log"][-1].endswith(
        "release.promoted by ana: the night was quiet"
    )


def test_two_releases_differ_by_their_bills(fresh: RollbackParts) -> None:
    old = changed(bill(package("vllm", "0.9.0"), package("ray", "2.9"), document="a"), version="3.8.1")
    new = changed(bill(package("vllm", "0.9.1"), package("nltk", "3.8"), document="b"), version="3.9.0")
    with fresh.store.write() as tx:
        tx.dependencies.put_bill(old)
        tx.dependencies.put_bill(new)
    lines = release_diff(fresh.judging, BOT, "3.8.1", "3.9.0")
    assert [t for label, t in lines if label == "Dependency"] == ["+ nltk 3.8", "- ray 2.9", "vllm 0.9.0 -> 0.9.1"]
    assert dict(lines)["Dependencies"] == "3 changes between their bills"
    assert dict(lines)["Digest"] == "sha256:3.8.1 -> sha256:3.9.0"


def test_the_towers_desk_reaches_every_view_and_deed(fresh: RollbackParts) -> None:
    desk = ServiceDesk(
        fresh, estate_name="x", operator="ana", holder="h", acknowledge_for=60.0, read_only=False
    )  # fmt: skip
    assert desk.gate_story(BOT, "3.9.0", "production").go
    assert desk.move_release(BOT, "3.9.0", "approve", "measured").startswith("approved by ana")
    assert desk.promote(BOT, "3.9.0", "canary", "go").startswith("promoted by ana")
    assert desk.history(BOT)[0].version == "3.9.0"
    assert any(r.subject.startswith(BOT) for r in desk.calendar())
    assert desk.tree(BOT).asset == BOT
    assert desk.dependents("vllm").rows[0].asset == "gateway"
    assert desk.release_diff(BOT, "3.8.1", "3.9.0")
    assert desk.release_story(BOT, "3.9.0").state == ReleaseState.APPROVED
    assert desk.asset_story(BOT)
    assert [r.subject for r in desk.inventory()] == ["sandbox"]
    with pytest.raises(WrongUse, match="did you mean 'retire'"):
        desk.move_release(BOT, "3.9.0", "retier", "old")
    with pytest.raises(WrongUse, match="did you mean 'production'"):
        desk.gate_story(BOT, "3.9.0", "prod")
    watching = ServiceDesk(fresh, estate_name="x", operator="ana", holder="h", acknowledge_for=60.0, read_only=True)
    with pytest.raises(Refused, match="read-only"):
        watching.promote(BOT, "3.9.0", "production", "go")


def test_what_serves_nowhere_any_more_is_withdrawn_by_a_person_with_a_reason(parts: RollbackParts) -> None:
    def registry(serving: str | None) -> None:
        versions = [RegistryVersion(asset_id="bot2", registry_version="1", version="1", digest=None, created_at=NOW)]
        said = RegistrySnapshot(
            source="registry",
            asset_id="bot2",
            versions=tuple(versions),
            placements={PRODUCTION: (serving, 100.0)} if serving else {},
            managed=(PRODUCTION,),
        )
        ingest([said], [], parts.judging, NOW)

    registry("1")
    with pytest.raises(Refused, match="registry says 1"):
        withdraw(parts, "bot2", PRODUCTION, "ana", "it was switched off")
    registry(None)
    said = withdraw(parts, "bot2", PRODUCTION, "ana", "it was switched off")
    assert said == "withdrawn by ana: nothing serves as bot2 in production (was 1)"
    with parts.store.read() as tx:
        assert tx.estate.deployment("bot2", PRODUCTION) is None
        assert tx.inventory.concerns("bot2") == []
        (entry,) = tx.log.entries(subject="bot2/production")
    assert (entry.action, entry.detail["why"]) == ("deployment.withdrawn", "it was switched off")
    with pytest.raises(NotFound):
        withdraw(parts, "bot2", PRODUCTION, "ana", "again")


def test_a_promotion_ends_the_alert_about_a_component_that_the_new_release_no_longer_has(fresh: RollbackParts) -> None:
    weak = Affected(ecosystem="PyPI", name="torch", versions=("2.6",))
    bad = Advisory(id="GHSA-9", source="osv", modified=NOW, title="dos", severity=Severity.MEDIUM, affected=(weak,))
    for version, number in (("3.8.1", "2.6"), ("3.9.0", "2.7")):
        ingest([changed(bill(package("torch", number)), version=version)], [], fresh.judging, NOW)
    ingest([bad], [], fresh.judging, NOW)

    def standing() -> list[str]:
        with fresh.store.read() as tx:
            alerts = tx.judgements.alerts([AlertState.FIRING], asset_id=BOT)
        return [a.title for a in alerts if a.environment is PRODUCTION and "GHSA-9" in a.title]

    assert len(standing()) == 1
    promote(fresh, BOT, "3.9.0", PRODUCTION, "ana", "without the weak torch")
    assert standing() == []
