"""Votes that are signed: what proves them, what makes them count for nothing, and that nothing else does."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pulse_tui.domain.errors import NotSigned, Refused
from pulse_tui.domain.operator import Identity, Operator
from pulse_tui.domain.rollback import Approval, Plan, PlanState, RunState
from pulse_tui.domain.signers import Signer
from pulse_tui.domain.sshsig import SK_ED25519
from pulse_tui.domain.vote import Head, of_plan, read_payload
from pulse_tui.domain.words import Environment
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.rollback.approve import approve, approve_with, counted, payload_for, reject
from pulse_tui.services.rollback.execute import execute, put_back, resume
from pulse_tui.services.rollback.plan import propose
from pulse_tui.services.rollback.votes import pen, unfit
from pulse_tui.settings.shapes import ApprovalsShape
from pulse_tui.storage.store import SqlStore
from tests.fakes.agents import OPENSSH, Keys
from tests.fakes.clock import Clock
from tests.fakes.databases import postgres, sqlite_file
from tests.fakes.house import judging, playbook, rollback
from tests.fakes.nouns import CANARY, NOW, PRODUCTION, deployment, later
from tests.fakes.sshkeys import NAMESPACE, Pair, pair
from tests.fakes.target import Places
from tests.services.estates import fill

KEYS = {name: pair("ssh-ed25519", name) for name in ("ana", "ben", "cho")}


def operators(**keys: Pair) -> dict[str, Operator]:
    return {n: Operator(name=n, signers=(Signer(n, k.public, where=f"signers:{n}"),)) for n, k in keys.items()}


@pytest.fixture
def signing(parts: RollbackParts) -> RollbackParts:
    """3.8.2 serves in production, everybody has a key, and production counts signed votes only."""
    with parts.store.write() as tx:
        tx.estate.deploy(deployment("3.8.2", PRODUCTION, since=later(hours=-1)))
    return parts._replace(operators=operators(**KEYS), identity=Identity(), signing=Keys())


def at(parts: RollbackParts, *names: str) -> RollbackParts:
    """The parts of a tower whose agent holds these people's keys."""
    return parts._replace(signing=Keys(*(KEYS[n] for n in names)))


def make(parts: RollbackParts, environment: Environment = PRODUCTION) -> Plan:
    return propose(parts, "support-bot", environment, by="ana", reason="p95 breach")


def votes(parts: RollbackParts, plan: Plan) -> list[Approval]:
    with parts.store.read() as tx:
        return tx.rollbacks.approvals(plan.hash)


def short(parts: RollbackParts, plan: Plan) -> list[str]:
    with parts.store.read() as tx:
        return counted(tx, parts, plan, parts.clock()).short()


def both(parts: RollbackParts) -> Plan:
    """A plan that ana and ben approved."""
    plan = make(parts)
    approve(at(parts, "ana"), plan.hash, "ana", "it fell")
    assert approve(at(parts, "ben"), plan.hash, "ben", "seen it") is PlanState.APPROVED
    return plan


def test_a_vote_is_signed_by_its_own_key_over_everything_it_says(signing: RollbackParts) -> None:
    plan = both(signing)
    vote, _ = votes(signing, plan)
    payload = read_payload(vote.payload.encode())
    assert (payload.plan, payload.decision, payload.principal, payload.reason) == (plan.hash, "yes", "ana", "it fell")
    assert (payload.at, payload.expires_at, payload.break_glass) == (NOW, later(hours=1), False)
    assert payload.audit.hash == vote.audit_head
    assert vote.key == KEYS["ana"].public.fingerprint
    assert execute(signing, plan.hash, "ana", "h").state is RunState.VERIFIED


def test_where_votes_must_be_signed_one_without_an_agent_is_refused_and_not_recorded(signing: RollbackParts) -> None:
    plan = make(signing)
    for elsewhere in (signing, at(signing, "ben")):
        with pytest.raises(Refused, match="needs signed approvals") as caught:
            approve(elsewhere, plan.hash, "ana", "x")
        assert "rollback payload" in caught.value.todo
    assert votes(signing, plan) == []


def test_where_they_need_not_be_a_vote_is_signed_all_the_same_if_it_can_be(signing: RollbackParts) -> None:
    plan = make(signing, CANARY)
    approve(at(signing, "ana"), plan.hash, "ana", "x")
    (vote,) = votes(signing, plan)
    assert vote.signature
    assert short(signing, plan) == []


def test_and_goes_by_name_if_it_cannot(signing: RollbackParts) -> None:
    plan = make(signing, CANARY)
    assert approve(signing, plan.hash, "ana", "x") is PlanState.APPROVED
    (vote,) = votes(signing, plan)
    assert (vote.signature, vote.payload, vote.key) == ("", "", "unsigned:ana")
    assert "not signed, and canary counts signed ones only" in str(
        short(signing._replace(identity=Identity(unsigned=())), plan)
    )


def _refuses(_pair: Pair, _data: bytes) -> bytes:
    raise NotSigned("the SSH agent refused to sign")


@pytest.mark.parametrize(
    "made",
    [
        _refuses,
        lambda p, data: KEYS["cho"].made(data),
        lambda p, data: p.made(data + b"!"),
        lambda p, data: b"",
        lambda p, data: b"\0" * 5000,
    ],
)
@pytest.mark.parametrize("environment", [PRODUCTION, CANARY])
def test_an_agent_that_does_not_sign_what_it_was_asked_leaves_no_vote_behind(
    signing: RollbackParts, made: Callable[[Pair, bytes], bytes], environment: Environment
) -> None:
    """Nor does an unsigned one take its place: who declines in the agent's window meant it."""
    keys = Keys(KEYS["ana"])
    keys.made = made
    plan = make(signing, environment)
    with pytest.raises(NotSigned):
        approve(signing._replace(signing=keys), plan.hash, "ana", "x")
    assert votes(signing, plan) == []


def test_nobody_is_asked_to_touch_a_key_for_a_vote_that_is_refused_anyway(signing: RollbackParts) -> None:
    plan, keys = make(signing), Keys(KEYS["ana"])
    mine = signing._replace(signing=keys)
    approve(mine, plan.hash, "ana", "x")
    with pytest.raises(Refused, match="already decided"):
        approve(mine, plan.hash, "ana", "again")
    assert keys.asked == 1


_LATER_WRONG: dict[str, tuple[Callable[[RollbackParts], RollbackParts], str]] = {
    "revoked": (
        lambda p: p._replace(identity=Identity(revoked={KEYS["ben"].public.fingerprint: "pulse.yaml:9"})),
        r"ben's approval does not count: the key SHA256:\S+ is revoked \(pulse.yaml:9\)",
    ),
    "expired": (
        lambda p: p._replace(
            operators={**p.operators, "ben": Operator(name="ben", signers=(_until(KEYS["ben"], NOW),))}
        ),
        "was valid until",
    ),
    "replaced": (
        lambda p: p._replace(operators=operators(**{**KEYS, "ben": pair("ssh-ed25519", "ben 2")})),
        "is none of ben's keys",
    ),
    "removed": (lambda p: p._replace(operators=operators(ana=KEYS["ana"])), "ben is no longer in the operators' file"),
    "for something else": (
        lambda p: p._replace(
            operators={
                **p.operators,
                "ben": Operator(name="ben", signers=(Signer("ben", KEYS["ben"].public, namespaces="git"),)),
            }
        ),
        "may not sign for pulse-approve@v1",
    ),
    "no security key": (lambda p: p._replace(identity=Identity(touch=(PRODUCTION,))), "is no security key"),
}


def _until(key: Pair, moment: Any) -> Signer:
    return Signer("ben", key.public, valid_before=moment)


@pytest.mark.parametrize("what", _LATER_WRONG)
def test_a_key_that_counts_no_longer_stops_the_run_with_the_reason(signing: RollbackParts, what: str) -> None:
    change, why = _LATER_WRONG[what]
    plan = both(signing)
    with pytest.raises(Refused, match=why):
        execute(change(signing), plan.hash, "ana", "h")
    assert execute(signing, plan.hash, "ana", "h").state is RunState.VERIFIED


def test_and_stops_whoever_takes_a_run_over_but_not_who_puts_back_what_moved(
    signing: RollbackParts, target: Places
) -> None:
    plan = both(signing)
    target.fault(("write", "alias", "lost"))
    stopped = execute(signing, plan.hash, "ana", "h")
    assert stopped.state is RunState.UNKNOWN
    revoked = _LATER_WRONG["revoked"][0](signing)
    with pytest.raises(Refused, match="is revoked") as caught:
        resume(revoked, stopped.id, "ana", "h2")
    assert f"rollback undo {stopped.id}" in caught.value.todo
    assert put_back(revoked, stopped.id, "ana", "h2").state is RunState.UNDONE


def test_a_run_that_stopped_goes_on_after_its_approvals_expired(
    signing: RollbackParts, target: Places, clock: Clock
) -> None:
    """They counted when it began; nobody is left with a half-done run because an hour passed."""
    plan = both(signing)
    target.fault(("write", "alias", "lost"))
    stopped = execute(signing, plan.hash, "ana", "h")
    clock.pass_(hours=3)
    assert resume(signing, stopped.id, "cho", "h2").state is RunState.VERIFIED


def test_an_approval_counts_from_when_it_was_given_and_not_from_the_proposal(
    signing: RollbackParts, clock: Clock
) -> None:
    plan = make(signing)
    clock.pass_(minutes=40)
    approve(at(signing, "ana"), plan.hash, "ana", "x")
    clock.pass_(minutes=40)
    assert approve(at(signing, "ben"), plan.hash, "ben", "x") is PlanState.APPROVED
    clock.pass_(minutes=19)
    assert short(signing, plan) == []
    clock.pass_(minutes=1)
    assert [line for line in short(signing, plan) if "ana's approval expired at" in line]
    with pytest.raises(Refused, match="1 of 2 approvals count"):
        execute(signing, plan.hash, "cho", "h")
    assert approve(at(signing, "cho"), plan.hash, "cho", "x") is PlanState.APPROVED
    assert execute(signing, plan.hash, "cho", "h").state is RunState.VERIFIED


def test_an_approval_and_a_plan_from_before_the_clock_was_set_back_count_for_nothing(
    signing: RollbackParts, clock: Clock
) -> None:
    clock.now = later(days=365)
    plan = both(signing)
    clock.now = NOW
    assert len([why for why in short(signing, plan) if "which is in the future" in why]) == 2
    with pytest.raises(Refused) as refused:
        execute(signing, plan.hash, "ana", "h")
    assert any(why.startswith("the plan is from") for why in refused.value.reasons)
    clock.now = later(days=365)
    assert execute(signing, plan.hash, "ana", "h").state is RunState.VERIFIED


def test_a_run_that_began_before_the_clock_was_set_back_goes_on(
    signing: RollbackParts, clock: Clock, target: Places
) -> None:
    clock.now = later(hours=3)
    plan = both(signing)
    target.fault(("write", "alias", "lost"))
    run = execute(signing, plan.hash, "ana", "h")
    assert run.state is RunState.UNKNOWN
    clock.now = NOW
    assert resume(signing, run.id, "ben", "h").state is RunState.VERIFIED


def test_a_plan_with_a_lapsed_approval_gives_way_to_a_new_one(signing: RollbackParts, clock: Clock) -> None:
    """Nobody votes twice on one plan, and a gate that nobody can pass helps nobody."""
    plan = make(signing)
    approve(at(signing, "ana"), plan.hash, "ana", "x")
    assert make(signing).hash == plan.hash
    clock.pass_(hours=1)
    assert make(signing).hash != plan.hash


def test_a_shorter_expiry_in_the_configuration_holds_for_what_was_given_before(
    signing: RollbackParts, clock: Clock
) -> None:
    plan = both(signing)
    clock.pass_(minutes=10)
    hasty = signing._replace(approvals=ApprovalsShape(expire=300))  # type: ignore[arg-type]
    assert "0 of 2 approvals count" in short(hasty, plan)


def test_a_no_wins_until_the_run_has_begun(signing: RollbackParts, clock: Clock) -> None:
    plan = both(signing)
    reject(signing, plan.hash, "cho", "wait")
    with pytest.raises(Refused, match="rejected, not approved"):
        execute(signing, plan.hash, "ana", "h")
    clock.pass_(seconds=1)
    used = make(signing)
    for name in ("ana", "ben"):
        approve(at(signing, name), used.hash, name, "x")
    execute(signing, used.hash, "ana", "h")
    with pytest.raises(Refused, match="the plan is used"):
        reject(signing, used.hash, "cho", "too late")


def test_two_votes_in_the_same_millisecond_are_two(signing: RollbackParts) -> None:
    plan = both(signing)  # the clock stands still
    first, second = votes(signing, plan)
    assert first.at == second.at
    assert read_payload(first.payload.encode()).nonce != read_payload(second.payload.encode()).nonce
    assert short(signing, plan) == []


def test_a_touch_is_asked_of_who_must_touch(signing: RollbackParts) -> None:
    sk = {name: pair(SK_ED25519, name) for name in ("ana", "ben")}
    touching = signing._replace(operators=operators(**sk), identity=Identity(touch=(PRODUCTION,)))
    plan = make(touching)
    held = touching._replace(signing=Keys(sk["ana"]))
    assert "must be touched" in pen(held, "ana", PRODUCTION, NOW).words
    approve(held, plan.hash, "ana", "x")
    untouched = Keys(sk["ben"])
    untouched.made = lambda p, data: p.made(data, touched=False)
    with pytest.raises(NotSigned, match="was not touched"):
        approve(touching._replace(signing=untouched), plan.hash, "ben", "x")
    assert approve(touching._replace(signing=Keys(sk["ben"])), plan.hash, "ben", "x") is PlanState.APPROVED


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda p: p, "cannot be signed: there is no SSH agent here"),
        (lambda p: at(p, "ben"), "the SSH agent does not hold ana's key SHA256:"),
        (lambda p: at(p, "ben", "ana"), "signed by your SSH agent with SHA256:"),
        (lambda p: at(p, "ana")._replace(operators=operators(ben=KEYS["ben"])), "ana is not in the operators' file"),
        (
            lambda p: at(p, "ana")._replace(operators={"ana": Operator(name="ana", label="k")}),
            "has no public key of ana",
        ),
        (
            lambda p: p._replace(identity=Identity(unsigned=tuple(Environment))),
            "not signed: there is no SSH agent here",
        ),
    ],
)
def test_what_will_sign_or_why_nothing_does_is_known_beforehand(
    signing: RollbackParts, change: Callable[[RollbackParts], RollbackParts], words: str
) -> None:
    assert words in pen(change(signing), "ana", PRODUCTION, NOW).words


# ------------------------------------------------------------------ signed elsewhere


def elsewhere(parts: RollbackParts, plan: Plan, name: str = "ana", **more: Any) -> tuple[bytes, str]:
    raw = payload_for(parts, plan.hash, name, "from my desk", **more)
    return raw, KEYS[name].sign(raw)


def test_a_vote_that_was_signed_on_a_workstation_is_taken_in(signing: RollbackParts) -> None:
    plan = make(signing)
    raw, signature = elsewhere(signing, plan)
    approve_with(signing, plan.hash, "ana", raw, signature)
    (vote,) = votes(signing, plan)
    assert (vote.principal, vote.reason, vote.payload) == ("ana", "from my desk", raw.decode())
    approve(at(signing, "ben"), plan.hash, "ben", "x")
    assert execute(signing, plan.hash, "ben", "h").state is RunState.VERIFIED


def _with(raw: bytes, **changes: Any) -> bytes:
    return msgspec.structs.replace(read_payload(raw), **changes).encoded()


_HEAD = Head(seq=1, hash="a" * 64)
_MOVED: dict[str, tuple[Callable[[bytes, str, str], tuple[bytes, str]], str]] = {
    "another plan": (lambda raw, sig, other: _signed(_with(raw, plan=other)), "is of another plan"),
    "another principal": (lambda raw, sig, other: (_with(raw, principal="ben"), sig), "none of ben's keys"),
    "another key": (lambda raw, sig, other: (raw, KEYS["cho"].sign(raw)), "none of ana's keys"),
    "another namespace": (lambda raw, sig, other: (raw, KEYS["ana"].sign(raw, "file")), "is for 'file'"),
    "another text": (lambda raw, sig, other: (_with(raw, reason="x"), sig), "no signature by"),
    "a later time": (lambda raw, sig, other: _signed(_with(raw, at=later(minutes=5))), "in the future"),
    "a longer life": (lambda raw, sig, other: _signed(_with(raw, expires_at=later(hours=2))), "longer than"),
    "an earlier time": (lambda raw, sig, other: _signed(_with(raw, at=later(hours=-2))), "expired at"),
    "a log that is not ours": (
        lambda raw, sig, other: _signed(_with(raw, audit=_HEAD)),
        "a line of the audit log that",
    ),
    "no log at all": (
        lambda raw, sig, other: _signed(_with(raw, audit=Head(seq=0, hash="a" * 64))),
        "a line of the audit log that",
    ),
    "a no": (lambda raw, sig, other: _signed(_with(raw, decision="no")), "this vote is a no"),
    "no JSON": (lambda raw, sig, other: (b"yes", sig), "this is no vote"),
    "other white space": (lambda raw, sig, other: _signed(raw.strip()), "not written as votes are"),
    "a field more": (lambda raw, sig, other: _signed(raw.replace(b"{", b'{"a":1,', 1)), "this is no vote"),
    "another format": (lambda raw, sig, other: _signed(raw.replace(b"approve@v1", b"approve@v2")), "this is no vote"),
    "control characters": (lambda raw, sig, other: _signed(_with(raw, reason="a\x1b[2J")), "cannot be shown"),
    "no signature": (lambda raw, sig, other: (raw, "x"), "the signature cannot be used"),
    "a huge file": (lambda raw, sig, other: (raw + b" " * 10_000, sig), "longer than any"),
}


def _signed(raw: bytes) -> tuple[bytes, str]:
    return raw, KEYS["ana"].sign(raw)


@pytest.mark.parametrize("how", _MOVED)
def test_a_vote_that_was_moved_or_changed_is_refused(signing: RollbackParts, how: str) -> None:
    change, why = _MOVED[how]
    plan, other = make(signing), make(signing, CANARY)
    raw, signature = change(*elsewhere(signing, plan), other.hash)
    with pytest.raises(Refused, match=why):
        approve_with(signing, plan.hash, "ana", raw, signature)
    assert votes(signing, plan) == []


def test_a_vote_counts_once_and_for_its_own_person(signing: RollbackParts) -> None:
    plan = make(signing)
    raw, signature = elsewhere(signing, plan)
    with pytest.raises(Refused, match="the vote of ana, and ben acts"):
        approve_with(signing, plan.hash, "ben", raw, signature)
    approve_with(signing, plan.hash, "ana", raw, signature)
    with pytest.raises(Refused, match="already decided"):
        approve_with(signing, plan.hash, "ana", raw, signature)
    assert len(votes(signing, plan)) == 1


@pytest.mark.skipif(not OPENSSH, reason="OpenSSH (ssh-keygen) is not installed")
def test_openssh_verifies_what_is_stored(signing: RollbackParts, tmp_path: Path) -> None:
    plan = both(signing)
    (tmp_path / "signers").write_text("".join(f"{n} {k.public.line}\n" for n, k in KEYS.items()))
    for vote in votes(signing, plan):
        (tmp_path / "sig").write_text(vote.signature)
        where = ["-f", str(tmp_path / "signers"), "-I", vote.principal, "-n", NAMESPACE, "-s", str(tmp_path / "sig")]
        ran = subprocess.run(["ssh-keygen", "-Y", "verify", *where], input=vote.payload.encode(), check=False)
        assert ran.returncode == 0


# ------------------------------------------------------------------ nothing else counts


def _plans(plan: Plan) -> Iterator[tuple[str, Plan]]:
    """Every field of the plan and of its steps, each changed in several ways."""
    for name in plan.__struct_fields__:
        value = getattr(plan, name)
        for other in _others(name, value):
            yield f"plan.{name}={other!r}", msgspec.structs.replace(plan, **{name: other})
    for i, step in enumerate(plan.steps):
        for name in step.__struct_fields__:
            for other in _others(name, getattr(step, name)):
                steps = [*plan.steps]
                steps[i] = msgspec.structs.replace(step, **{name: other})
                yield f"step {i}.{name}={other!r}", msgspec.structs.replace(plan, steps=tuple(steps))
    yield "order", msgspec.structs.replace(plan, steps=tuple(reversed(plan.steps)))
    for i in range(len(plan.steps)):
        yield f"without step {i}", msgspec.structs.replace(plan, steps=plan.steps[:i] + plan.steps[i + 1 :])
        yield f"step {i} twice", msgspec.structs.replace(plan, steps=(*plan.steps, plan.steps[i]))


def _others(name: str, value: Any) -> list[Any]:
    if name in ("steps", "members"):
        return []
    if name == "purpose":
        return [p for p in type(value) if p is not value]
    if isinstance(value, Environment):
        return [e for e in Environment if e is not value]
    if isinstance(value, str):
        return [value + "x", value.upper() if value.upper() != value else "X", "", value[:-1] + "\u0430"]
    if isinstance(value, bool) or value is None:
        return ["x", "sha256:0"] if name != "traffic" else [0.0, 100.0]
    if isinstance(value, int):
        return [value - 1, value + 1, 0]
    if isinstance(value, float):
        return [value + 1, value / 2]
    if isinstance(value, dict):
        return [{**value, "name": "elsewhere"}, {}, {**value, "more": 1}]
    return [value + timedelta(microseconds=n) for n in (1, -1, 60_000_000)]


def _votes(vote: Approval) -> Iterator[tuple[str, Approval]]:
    """Every field of the stored vote, of what was signed and of the signature, changed alone and both alike."""
    stored: dict[str, list[Any]] = {
        "principal": ["ben", "cho", "eve", "Ana", ""], "key": [KEYS["ben"].public.fingerprint, "key-ana", ""], "yes": [],
        "reason": ["", "another", vote.reason + " "], "audit_head": ["0" * 64, "f" * 64], "break_glass": [True],
        "at": [vote.at + timedelta(seconds=n) for n in (-1, 1, 600)],
        "expires_at": [vote.expires_at + timedelta(seconds=n) for n in (1, 86_400)], "payload": ["", "{}", "x"],
    }  # fmt: skip
    for name, others in stored.items():
        for other in others:
            yield f"stored {name}={other!r}", msgspec.structs.replace(vote, **{name: other})
    payload = read_payload(vote.payload.encode())
    signed: dict[str, list[Any]] = {
        "plan": ["0" * 64], "decision": ["no"], "principal": ["ben", "cho"], "reason": ["another", ""], "nonce": ["0" * 32],
        "at": [payload.at + timedelta(seconds=n) for n in (-1, 1, 600)], "break_glass": [True],
        "expires_at": [payload.expires_at + timedelta(seconds=n) for n in (1, 86_400)],
        "audit": [type(payload.audit)(seq=payload.audit.seq + 1, hash=payload.audit.hash)],
    }  # fmt: skip
    alike = {"plan": "plan_hash", "audit": ""}
    for name, others in signed.items():
        for other in others:
            text = msgspec.structs.replace(payload, **{name: other}).encoded().decode()
            yield f"signed {name}={other!r}", msgspec.structs.replace(vote, payload=text)
            field = alike.get(name, name)
            if field in vote.__struct_fields__ and field not in ("yes", "plan_hash"):
                both_alike = msgspec.structs.replace(vote, payload=text, **{field: other})
                yield f"both {name}={other!r}", both_alike
    raw, key = vote.payload.encode(), KEYS["ana"]
    for namespace in ("file", "git", "pulse-approve@v2", "pulse-approve", "PULSE-APPROVE@V1"):
        yield f"namespace {namespace}", msgspec.structs.replace(vote, signature=key.sign(raw, namespace))
    for name in ("ben", "cho", "eve"):
        other = pair("ssh-ed25519", name)
        yield f"signed by {name}", msgspec.structs.replace(vote, signature=other.sign(raw))
        both_named = msgspec.structs.replace(vote, signature=other.sign(raw), key=other.public.fingerprint)
        yield f"signed by {name}, and named so", both_named
    lines = vote.signature.splitlines()
    for i in range(1, len(lines) - 1):
        for at_ in (0, 20, -2):
            bent = [*lines]
            swapped = "A" if bent[i][at_] != "A" else "B"
            bent[i] = bent[i][:at_] + swapped + (bent[i][at_ + 1 :] if at_ != -2 else bent[i][-1:])
            yield f"signature line {i} at {at_}", msgspec.structs.replace(vote, signature="\n".join(bent))
    yield "no signature", msgspec.structs.replace(vote, signature="")
    yield "neither", msgspec.structs.replace(vote, signature="", payload="", key="unsigned:ana")


def test_no_single_changed_field_of_a_plan_or_a_vote_is_accepted(
    signing: RollbackParts, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = both(signing._replace(playbooks=(playbook("alias", "gateway", "cache"),)))
    vote = votes(signing, plan)[0]
    assert unfit(signing, of_plan(plan), vote, NOW) == ""
    accepted, tried = [], 0
    for what, other in _plans(plan):
        tried += 1
        ballot, moved = of_plan(other), msgspec.structs.replace(vote, plan_hash=other.hash)
        if not unfit(signing, ballot, vote, NOW) or not unfit(signing, ballot, moved, NOW):
            accepted.append(what)
    for what, bent in _votes(vote):
        tried += 1
        if bent.yes and not unfit(signing, of_plan(plan), bent, NOW):
            accepted.append(what)
    with capsys.disabled():
        print(f"\n{tried} single-field changes of plan and vote, {len(accepted)} accepted")
    assert accepted == []
    assert tried >= 200


def test_a_no_that_comes_while_the_agent_waits_for_a_touch_wins(signing: RollbackParts) -> None:
    plan, keys = make(signing), Keys(KEYS["ana"])

    def slowly(own: Pair, data: bytes) -> bytes:
        reject(signing, plan.hash, "ben", "wait")
        return own.made(data)

    keys.made = slowly
    with pytest.raises(Refused, match="the plan is rejected"):
        approve(signing._replace(signing=keys), plan.hash, "ana", "x")
    assert [(v.principal, v.yes) for v in votes(signing, plan)] == [("ben", False)]


def test_rules_that_change_while_the_agent_waits_void_what_it_signs(signing: RollbackParts, clock: Clock) -> None:
    plan, keys = make(signing), Keys(KEYS["ana"])

    def much_later(own: Pair, data: bytes) -> bytes:
        clock.pass_(hours=5)
        return own.made(data)

    keys.made = much_later
    with pytest.raises(Refused, match="the plan expired at"):
        approve(signing._replace(signing=keys), plan.hash, "ana", "x")
    assert votes(signing, plan) == []


def test_votes_that_are_put_beside_a_changed_plan_by_the_program_itself_run_nothing(
    signing: RollbackParts, target: Places
) -> None:
    """As an attacker would who can make this program write: the log vouches for every row, and only the signatures do not."""
    plan = both(signing._replace(playbooks=(playbook("alias", "gateway", "cache"),)))
    given, tried = votes(signing, plan), 0
    for what, other in list(_plans(plan))[::9]:
        if other.hash == plan.hash or not other.steps or other.approvals_needed < 1:
            continue
        tried += 1
        with signing.store.write() as tx:
            assert tx.rollbacks.add_plan(other)
            tx.rollbacks.set_plan_state(other.hash, PlanState.APPROVED)
            tx.log.append(NOW, "ana", "plan.proposed", other.target, {"plan": other.hash})
            for vote in given:
                tx.rollbacks.add_approval(msgspec.structs.replace(vote, plan_hash=other.hash))
        with pytest.raises(Refused):
            execute(signing, other.hash, "ana", "h")
        assert any("what was signed has another plan" in line for line in short(signing, other)), what
    assert tried >= 10
    assert target.effects == []


# ------------------------------------------------------------------ on both databases, at once


@pytest.fixture(params=["sqlite", "postgresql"])
def shared(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock, target: Places) -> Iterator[RollbackParts]:
    name = postgres().create() if request.param == "postgresql" else ""
    store = SqlStore(postgres().named(name) if name else sqlite_file(tmp_path / "both.db"), tmp_path)
    fill(store)
    with store.write() as tx:
        tx.estate.deploy(deployment("3.8.2", PRODUCTION, since=later(hours=-1)))
    parts = rollback(judging(store, tmp_path, clock), target, clock)
    yield parts._replace(operators=operators(**KEYS), identity=Identity(), signing=Keys())
    store.close()
    if name:
        postgres().drop(name)


def test_two_who_sign_in_the_same_millisecond_are_both_counted_and_one_run_follows(shared: RollbackParts) -> None:
    plan = make(shared)
    gate = threading.Barrier(2)

    def vote(name: str) -> PlanState | str:
        keys = Keys(KEYS[name])

        def together(own: Pair, data: bytes) -> bytes:
            gate.wait(60)
            return own.made(data)

        keys.made = together
        return approve(shared._replace(signing=keys), plan.hash, name, "x")

    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(vote, ("ana", "ben")))
    assert sorted(found) == [PlanState.APPROVED, PlanState.PROPOSED]
    assert [v.at for v in votes(shared, plan)] == [NOW, NOW]
    assert short(shared, plan) == []
    assert execute(shared, plan.hash, "ana", "h").state is RunState.VERIFIED
    with pytest.raises(Refused):
        execute(shared, plan.hash, "ben", "h2")


def test_one_person_in_two_towers_votes_once(shared: RollbackParts) -> None:
    plan, gate = make(shared), threading.Barrier(2)

    def vote(_tower: int) -> str:
        keys = Keys(KEYS["ana"])

        def together(own: Pair, data: bytes) -> bytes:
            gate.wait(60)
            return own.made(data)

        keys.made = together
        try:
            return approve(shared._replace(signing=keys), plan.hash, "ana", "x").value
        except Refused as error:
            return error.what

    with ThreadPoolExecutor(2) as pool:
        found = sorted(pool.map(vote, (1, 2)))
    assert found[1] == "proposed"
    assert "already decided" in found[0]
    assert len(votes(shared, plan)) == 1
