"""Model, prompt and corpus of one workflow move together: all of them, or back; nobody else moves one of them meanwhile."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from pulse_tui.domain.errors import Refused
from pulse_tui.domain.estate import Stage, Workflow
from pulse_tui.domain.release import Interface, Lineage, Release, ReleaseState
from pulse_tui.domain.rollback import Check, Plan, PlanState, RunState
from pulse_tui.domain.words import AssetType, Environment, SignalType
from pulse_tui.ports import StepContext
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.promotion.gate import gate
from pulse_tui.services.rollback.approve import approve
from pulse_tui.services.rollback.automatic import answer_alerts
from pulse_tui.services.rollback.execute import execute, put_back, resume
from pulse_tui.services.rollback.guarded import objections
from pulse_tui.services.rollback.listing import listed
from pulse_tui.services.rollback.plan import propose, propose_undo
from pulse_tui.services.rollback.pointer import check_pointer
from pulse_tui.services.rollback.preflight import preflight
from pulse_tui.services.rollback.unfinished import check_runs
from pulse_tui.services.rollback.watch import watch_targets
from pulse_tui.services.signals.ingest import ingest
from pulse_tui.settings.shapes import PlaybookShape, StepShape
from pulse_tui.storage.store import SqlStore
from tests.fakes.clock import Clock
from tests.fakes.databases import postgres, sqlite_file
from tests.fakes.house import judging, rollback
from tests.fakes.nouns import CANARY, NOW, asset, deployment, later, release, signal
from tests.fakes.prepared import prepared
from tests.fakes.target import PlaceOptions, Places
from tests.services.estates import fill

PROMPT, CORPUS = "refund-prompt", "help-pages"


def step(place: str, asset_id: str | None = None) -> StepShape:
    return StepShape(kind="place", timeout=1.0, options={"name": place}, mark="playbooks.yaml:1", asset=asset_id)


BOOK = PlaybookShape(
    id="all-of-them", assets=("support-bot",), environments=tuple(Environment), on_failure="undo",
    steps=(step("alias"), step("prompt", PROMPT), step("corpus", CORPUS)),
)  # fmt: skip
ALONE = PlaybookShape(
    id="prompt-alone", assets=(PROMPT,), environments=tuple(Environment), on_failure="undo", steps=(step("prompt"),)
)


def furnish(parts: RollbackParts, target: Places) -> RollbackParts:
    """3.8.2 serves with prompt 9.0.0 and corpus 2; 3.8.1 served with prompt 8.0.0 and corpus 1."""
    since = (
        (PROMPT, "8.0.0", -7),
        (PROMPT, "9.0.0", -1 / 12),
        (CORPUS, "1", -7),
        (CORPUS, "2", -1 / 12),
    )
    with parts.store.write() as tx:
        tx.estate.put_assets([asset(PROMPT, asset_type=AssetType.PROMPT), asset(CORPUS)])
        for name, versions in ((PROMPT, ("7.0.0", "8.0.0", "9.0.0")), (CORPUS, ("1", "2"))):
            for version in versions:
                tx.estate.add_release(release(version, name, state=ReleaseState.PROMOTED))
        for name, version, days in since:
            tx.estate.deploy(deployment(version, CANARY, asset_id=name, since=later(days=days)))
        stages = (Stage("find", CORPUS), Stage("ask", PROMPT), Stage("answer", "support-bot"))
        tx.inventory.put_workflows([Workflow(id="support", stages=stages)])
    target.put("prompt", "9.0.0")
    target.put("corpus", "2")
    return parts._replace(playbooks=(BOOK, ALONE))


@pytest.fixture
def parts(parts: RollbackParts, target: Places) -> RollbackParts:
    return furnish(parts, target)


@pytest.fixture(params=["sqlite", "postgresql"])
def both(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock, target: Places) -> Iterator[RollbackParts]:
    """The same on each database."""
    name = postgres().create() if request.param == "postgresql" else ""
    store = SqlStore(postgres().named(name) if name else sqlite_file(tmp_path / "both.db"), tmp_path)
    fill(store)
    yield furnish(rollback(judging(store, tmp_path, clock), target, clock), target)
    store.close()
    if name:
        postgres().drop(name)


def make(parts: RollbackParts) -> Plan:
    return propose(parts, "support-bot", CANARY, by="ana", reason="refunds are refused")


def approved(parts: RollbackParts) -> Plan:
    plan = make(parts)
    approve(parts, plan.hash, "ana", "it hurts")
    return plan


def served(parts: RollbackParts) -> dict[str, str]:
    with parts.store.read() as tx:
        return {d.asset_id: d.version for d in tx.estate.load().deployments if d.environment is CANARY}


def concerned(parts: RollbackParts) -> dict[str, str]:
    with parts.store.read() as tx:
        return {c.asset_id: c.what for c in tx.inventory.concerns() if c.key.startswith(("run:", "late:"))}


def held(target: Places) -> tuple[str, ...]:
    return tuple(target.holds(name) for name in ("alias", "prompt", "corpus"))


def test_each_goes_to_what_served_beside_the_rollback_target(parts: RollbackParts) -> None:
    plan = make(parts)
    assert [(m.asset_id, m.from_version, m.to_version) for m in plan.moves] == [
        ("support-bot", "3.8.2", "3.8.1"), (PROMPT, "9.0.0", "8.0.0"), (CORPUS, "2", "1"),
    ]  # fmt: skip
    assert [(s.asset_id, s.expected, s.desired) for s in plan.steps] == [
        (None, "3.8.2", "3.8.1"), (PROMPT, "9.0.0", "8.0.0"), (CORPUS, "2", "1"),
    ]  # fmt: skip
    assert make(parts).hash == plan.hash, "two operators see one plan"
    with parts.store.write() as tx:
        tx.estate.set_release_state(PROMPT, "8.0.0", ReleaseState.QUARANTINED)
    again = make(parts)
    assert again.moved(PROMPT) is None, "what was quarantined since is not gone to: it is another plan"
    with parts.store.write() as tx:
        tx.estate.set_release_state(PROMPT, "8.0.0", ReleaseState.EVALUATED)
    lines = [c.detail for c in preflight(parts, plan) if c.name == "known good here"]
    assert [line.split(":")[0] for line in lines] == ["support-bot", PROMPT, CORPUS]
    assert [c for c in preflight(parts, plan) if c.blocking and not c.ok] == []


def test_what_it_was_made_with_comes_first_and_what_breaks_a_requirement_last(parts: RollbackParts) -> None:
    with parts.store.write() as tx:
        made = Lineage(prompt_template=f"{PROMPT}@7.0.0")
        tx.estate.add_release(release("3.9.0", lineage=made, interface=Interface(requires={CORPUS: "!=1"})))
        tx.estate.set_rollback_pointer("support-bot", "3.8.2", "3.9.0")
    plan = make(parts)
    assert [(m.asset_id, m.to_version) for m in plan.members] == [(PROMPT, "7.0.0")], "the corpus stays where it is"
    assert [s.asset_id for s in plan.steps] == [None, PROMPT]


def test_without_releases_that_work_together_there_is_no_plan(parts: RollbackParts) -> None:
    with parts.store.write() as tx:
        needs = Interface(requires={PROMPT: ">=20.0.0"})
        tx.estate.add_release(release("3.9.0", interface=needs))
        tx.estate.set_rollback_pointer("support-bot", "3.8.2", "3.9.0")
    with pytest.raises(Refused, match=r"requires refund-prompt >= 20.0.0, not 8.0.0"):
        make(parts)


def test_a_run_moves_all_and_says_so_of_each(parts: RollbackParts, target: Places) -> None:
    plan = approved(parts)
    run = execute(parts, plan.hash, "ana", "h")
    assert run.state is RunState.VERIFIED
    assert run.detail == (
        "3.8.1 serves support-bot/canary; 8.0.0 serves refund-prompt/canary; 1 serves help-pages/canary, read back"
    )
    assert held(target) == ("3.8.1", "8.0.0", "1")
    assert served(parts) == {"support-bot": "3.8.1", PROMPT: "8.0.0", CORPUS: "1"}
    with parts.store.read() as tx:
        left = [tx.estate.release(a, v) for a, v in (("support-bot", "3.8.2"), (PROMPT, "9.0.0"), (CORPUS, "2"))]
        events = [tx.signals.recent(1, a)[0].title for a in (PROMPT, CORPUS)]
        moves = [tx.estate.promotions(a)[0].version for a in (PROMPT, CORPUS)]
        assert tx.rollbacks.runs(active_only=True) == []
    assert [r.state for r in left if r is not None] == [ReleaseState.QUARANTINED] * 3
    assert events[0] == "refund-prompt canary was rolled back from 9.0.0 to 8.0.0, together with support-bot"
    assert moves == ["8.0.0", "1"]
    assert [line.plan for line in listed(parts, asset_id=CORPUS)] == [plan.hash]


def test_a_failure_at_the_last_takes_all_of_them_back_in_reverse_order(parts: RollbackParts, target: Places) -> None:
    plan = approved(parts)
    target.fault(("write", "corpus", "refuse"))
    run = execute(parts, plan.hash, "ana", "h")
    assert run.state is RunState.UNDONE
    assert held(target) == ("3.8.2", "9.0.0", "2")
    assert [e["place"] for e in target.effects] == ["alias", "prompt", "prompt", "alias"]
    assert served(parts) == {"support-bot": "3.8.2", PROMPT: "9.0.0", CORPUS: "2"}
    assert set(concerned(parts)) == {"support-bot", PROMPT, CORPUS}


class Died(BaseException):
    """The process is gone."""


@pytest.mark.parametrize("touch", [5, 6, 10, 16])
def test_a_crash_at_any_point_leaves_every_target_named_and_somebody_else_ends_it(
    both: RollbackParts, target: Places, clock: Clock, touch: int
) -> None:
    touches: list[str] = []

    def die(name: str) -> None:
        touches.append(name)
        if len(touches) == touch:  # the first three are the preflight's
            raise Died

    plan = approved(both)
    dying = Places(target.path, die)
    with pytest.raises(Died):
        execute(both._replace(steps={"place": dying}), plan.hash, "ana", "h")
    clock.pass_(seconds=61)
    check_runs(both, clock())
    assert set(concerned(both)) == {"support-bot", PROMPT, CORPUS}
    with both.store.read() as tx:
        run = tx.rollbacks.runs(active_only=True)[0]
    (row,) = both.store.board("t", None, clock()).runs
    assert (row.state, row.asset, row.beside) == ("abandoned", "support-bot", (PROMPT, CORPUS))
    alone = propose(both, PROMPT, CANARY, by="ben", reason="alone")
    with pytest.raises(Refused, match=rf"run {run.id} on refund-prompt/canary was abandoned"):
        approve(both, alone.hash, "ben", "now")
    assert resume(both, run.id, "ben", "h2").state is RunState.VERIFIED
    assert held(target) == ("3.8.1", "8.0.0", "1")
    assert [e["place"] for e in target.effects] == ["alias", "prompt", "corpus"]
    assert concerned(both) == {}


def test_what_was_moved_is_put_back_by_anybody_who_may(parts: RollbackParts, target: Places) -> None:
    plan = approved(parts)
    target.fault(("write", "corpus", "lost"))
    run = execute(parts, plan.hash, "ana", "h")
    assert run.state is RunState.UNKNOWN
    assert set(concerned(parts)) == {"support-bot", PROMPT, CORPUS}
    assert put_back(parts, run.id, "ben", "h2").state is RunState.UNDONE
    assert held(target) == ("3.8.2", "9.0.0", "2")


def test_its_undo_moves_all_of_them_again(parts: RollbackParts, target: Places) -> None:
    plan = approved(parts)
    execute(parts, plan.hash, "ana", "h")
    undo = propose_undo(parts, plan, by="ben")
    assert [(m.asset_id, m.to_version) for m in undo.moves] == [
        ("support-bot", "3.8.2"),
        (PROMPT, "9.0.0"),
        (CORPUS, "2"),
    ]
    assert [s.asset_id for s in undo.steps] == [CORPUS, PROMPT, None]
    approve(parts, undo.hash, "ben", "no better")
    assert execute(parts, undo.hash, "ben", "h").state is RunState.VERIFIED
    assert held(target) == ("3.8.2", "9.0.0", "2")
    assert served(parts)[PROMPT] == "9.0.0"


def test_a_late_writer_of_one_of_them_is_reported_for_that_one(
    parts: RollbackParts, target: Places, clock: Clock
) -> None:
    execute(parts, approved(parts).hash, "ana", "h")
    target.put("prompt", "9.0.0")
    watch_targets(parts, clock.pass_(seconds=3))
    assert set(concerned(parts)) == {PROMPT}
    assert served(parts) == {"support-bot": "3.8.1", PROMPT: "9.0.0", CORPUS: "1"}


def test_of_rival_plans_for_overlapping_assets_exactly_one_runs(both: RollbackParts, target: Places) -> None:
    whole, alone = make(both), propose(both, PROMPT, CANARY, by="ben", reason="alone")
    for plan in (whole, alone):
        approve(both, plan.hash, "ana", "now")
    together = Barrier(2)

    class Waiting(Places):
        def check(self, options: PlaceOptions, release: Release, context: StepContext) -> Sequence[Check]:
            if options.name == "prompt":  # both have passed every check before one of them claims it
                together.wait(60)
            return super().check(options, release, context)

    def run(plan: Plan) -> str:
        at = both._replace(steps={"place": Waiting(target.path)})
        try:
            return execute(at, plan.hash, "ana", f"host-{plan.hash[:4]}").state.value
        except Refused as error:
            return str(error)

    with ThreadPoolExecutor(2) as pool:
        ends = list(pool.map(run, (whole, alone)))
    assert ends.count("verified") == 1, ends
    assert len([e for e in target.effects if e["place"] == "prompt"]) == 1
    with both.store.read() as tx:
        states = {state for _, state in tx.rollbacks.plans()}
    assert states == {PlanState.USED, PlanState.APPROVED}, "the other one was not begun"


def test_a_member_whose_epoch_is_ahead_is_never_sent_an_older_one(parts: RollbackParts, target: Places) -> None:
    with parts.store.write() as tx:
        for holder in ("x", "y", "z"):
            tx.plumbing.claim("target:refund-prompt/canary", holder, NOW, 1.0)
            tx.plumbing.release("target:refund-prompt/canary", holder)
    run = execute(parts, approved(parts).hash, "ana", "h")
    assert run.epoch == 4
    assert {e["epoch"] for e in target.effects} == {4}


def test_by_itself_nothing_moves_beside_a_run_of_one_of_them_that_stopped(parts: RollbackParts, target: Places) -> None:
    whole = make(parts)
    alone = propose(parts, PROMPT, CANARY, by="ben", reason="alone")
    approve(parts, alone.hash, "ben", "now")
    target.fault(("write", "prompt", "lost"))
    stopped = execute(parts, alone.hash, "ben", "h")
    with parts.store.read() as tx:
        why = objections(tx, parts, whole, NOW)
    assert any(f"run {stopped.id} on refund-prompt/canary stopped as unknown" in reason for reason in why)


def test_what_moves_with_another_asset_is_planned_drilled_and_gated_with_it(parts: RollbackParts) -> None:
    parts = parts._replace(playbooks=(BOOK,))
    with pytest.raises(Refused, match="is rolled back in canary together with support-bot"):
        propose(parts, PROMPT, CANARY, by="ben", reason="alone")
    reasons = {r.name: r for r in gate(parts, PROMPT, "9.0.0", CANARY).reasons}
    assert reasons["plan"].detail == "playbook all-of-them serves refund-prompt in canary, together with support-bot"
    assert "pulse-tui rollback drill support-bot --env canary" in reasons["drilled"].detail
    found = {c.name: c for c in check_pointer(parts, PROMPT, CANARY, deep=True).checks}
    assert found["artifact"].detail == "digest sha256:8.0.0", "asked at the targets of its own steps, and only there"


def test_what_moves_together_rolls_back_by_itself_once_that_was_pre_authorised(
    parts: RollbackParts, target: Places, clock: Clock
) -> None:
    """A playbook that only moves several assets must be able to satisfy the gate of production, and then to act."""
    clock.now = later(hours=-2)
    prepared(parts, "support-bot", CANARY, "latency-breach-canary")
    clock.now = NOW
    breach = signal(
        1, SignalType.LATENCY_BREACH, asset_id="support-bot", environment=CANARY, current_version="3.8.2",
        fingerprint="p95", occurred_at=NOW, observed_at=NOW,
    )  # fmt: skip
    ingest([breach], [], parts.judging, NOW)
    (one,) = answer_alerts(parts, "host:1:1")
    assert "rolled back by pre-authorisation" in one.words, one
    with parts.store.read() as tx:
        (run,) = tx.rollbacks.runs()
        found = tx.rollbacks.plan(run.plan_hash)
        held = {h.asset_id for h in tx.judgements.holds() if h.kind.value == "freeze"}
    assert found is not None
    assert found[0].members
    assert held == {m.asset_id for m in found[0].moves}
