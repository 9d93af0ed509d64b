"""A bundle of one run is verified by stock tools alone, and no byte of it can be another one."""

from __future__ import annotations

import hashlib
import random
import re
import shutil
import subprocess
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest
import sqlalchemy as sa

from pulse_tui.cli.audit import write_bundle
from pulse_tui.domain.audit import Anchor
from pulse_tui.domain.errors import NotFound, Refused
from pulse_tui.domain.rollback import Drill, Plan, PlanState, RunState
from pulse_tui.domain.vote import of_plan, read_payload
from pulse_tui.domain.words import Environment
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.rollback import authorise
from pulse_tui.services.rollback.approve import approve, payload_for
from pulse_tui.services.rollback.bundle import bundle
from pulse_tui.services.rollback.drill import record
from pulse_tui.services.rollback.execute import execute
from pulse_tui.services.rollback.glass import review
from pulse_tui.services.rollback.rehearse import drill
from pulse_tui.services.rollback.votes import by_name, cast
from tests.fakes.house import playbook
from tests.fakes.nouns import CANARY, NOW, PRODUCTION, alert, deployment, later
from tests.fakes.sshkeys import NAMESPACE
from tests.fakes.tampering import tamper
from tests.fakes.target import Places
from tests.services.rollback.test_glass import alone
from tests.services.rollback.test_votes import KEYS, at, both, make, signing

TOOLS = ("sh", "sha256sum", "ssh-keygen", "find", "xargs", "sort", "awk", "grep", "sed", "cut", "cmp", "tail")
pytestmark = pytest.mark.skipif(
    any(shutil.which(tool) is None for tool in TOOLS), reason=f"the bundle is verified with {', '.join(TOOLS)}"
)
__all__ = ["signing"]


class Ran(NamedTuple):
    """A run that two operators signed for, with lines about other things before and after."""

    parts: RollbackParts
    plan: Plan
    run: str
    anchor: Anchor
    """Of the moment after the run."""

    def bundle(self, *anchors: Anchor) -> dict[str, bytes]:
        with self.parts.store.read() as tx:
            return bundle(tx, self.run, anchors, self.parts.signing)


@pytest.fixture
def ran(signing: RollbackParts) -> Ran:
    plan = both(signing)
    with signing.store.write() as tx:
        tx.log.append(signing.clock(), "cho", "alert.acknowledged", "a1", {"why": 'a "quoted" café\nof two lines'})
    done = execute(signing, plan.hash, "ana", "host:1:1")
    assert done.state is RunState.VERIFIED
    with signing.store.read() as tx:
        anchor = tx.log.head()
    with signing.store.write() as tx:
        for number in range(5):
            tx.log.append(signing.clock(), "cho", "alert.acknowledged", f"a{number}")
    return Ran(signing, plan, done.id, anchor)


def verify(folder: Path, *arguments: Path, script: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", script or folder / "verify.sh", *arguments],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", cwd="/", timeout=60, check=False,
    )  # fmt: skip


def written(files: Mapping[str, bytes], folder: Path) -> Path:
    write_bundle(folder, files)
    return folder


def test_the_commands_of_the_readme_verify_it_and_so_does_the_script(ran: Ran, tmp_path: Path) -> None:
    folder = written(ran.bundle(), tmp_path / "bundle")
    done = verify(folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"VERIFIED: run {ran.run}" in done.stdout
    assert done.stdout.count(f'Good "{NAMESPACE}" signature for') == 2
    commands = [
        re.split("   |: ", line.strip())[0]
        for line in (folder / "README").read_text().splitlines()
        if line.startswith("  s")
    ]
    for command in commands:
        said = subprocess.run(["sh", "-c", command], cwd=folder, capture_output=True, text=True, check=False)
        assert said.returncode == 0, (command, said.stderr)
    assert {c.split()[0] for c in commands} == {"sh", "sha256sum", "ssh-keygen"}
    assert hashlib.sha256((folder / "plan.json").read_bytes()).hexdigest() == ran.plan.hash
    report = (folder / "report.md").read_text()
    assert "3.8.2 -> 3.8.1; read before: 3.8.2, read last: 3.8.1; verified" in report.replace("\\", "")
    listed = (folder / "CONTENTS").read_text()
    for action in ("plan.proposed", "plan.approved", "run.started", "run.step", "run.verified"):
        assert f" {action}\n" in listed


def test_it_ends_at_the_first_anchor_behind_the_run_and_proves_that_to_who_kept_it(ran: Ran, tmp_path: Path) -> None:
    with ran.parts.store.read() as tx:
        early = Anchor(1, tx.log.entries()[0].hash)
    folder = written(ran.bundle(early, ran.anchor), tmp_path / "bundle")
    assert max(path.name for path in (folder / "chain").iterdir()) == f"{ran.anchor.seq:09}"
    kept = tmp_path / "kept.log"
    kept.write_text(f"Nov 23 jump-1 pulse_tui: audit {ran.anchor.seq} {ran.anchor.hash} 2026-11-23T02:40:00Z by hand\n")
    assert verify(folder, kept, folder / "allowed_signers").returncode == 0
    kept.write_text(f"audit {ran.anchor.seq} {'0' * 64} 2026-11-23T02:40:00Z by hand\n")
    done = verify(folder, kept)
    assert (done.returncode, "has no anchor of line" in done.stderr) == (1, True)


def test_keys_that_the_reader_knows_decide_and_not_those_of_the_bundle(ran: Ran, tmp_path: Path) -> None:
    folder = written(ran.bundle(), tmp_path / "bundle")
    own = tmp_path / "signers"
    own.write_text("".join(f"{who} {key.public.line}\n" for who, key in KEYS.items()))
    assert verify(folder, folder / "CONTENTS", own).returncode == 0
    swapped = {"ana": "ben", "ben": "ana"}
    own.write_text("".join(f"{who} {KEYS[other].public.line}\n" for who, other in swapped.items()))
    kept = tmp_path / "kept.log"
    kept.write_text("audit {} {}\n".format(*_end(folder)))
    done = verify(folder, kept, own)
    assert (done.returncode, "is not signed by ana" in done.stderr) == (1, True)


def _end(folder: Path) -> tuple[str, str]:
    (line,) = [line for line in (folder / "CONTENTS").read_text().splitlines() if line.startswith("audit ")]
    _, number, digest = line.split()
    return number, digest


def _other(choose: random.Random, byte: int) -> int:
    """Another byte: near by, of the shell, or any."""
    near = [byte ^ 1, byte ^ 0x20, 0x20, 0x0A, 0x23, 0x30, choose.randrange(256)]
    return choose.choice([b for b in near if b != byte])


def _changed(folder: Path, places: Mapping[str, list[int]], choose: random.Random) -> list[str]:
    """Which changes of one byte went unnoticed."""
    missed = []
    for name, offsets in places.items():
        path = folder / name
        whole = path.read_bytes()
        for place in offsets:
            other = bytes([_other(choose, whole[place])])
            path.write_bytes(whole[:place] + other + whole[place + 1 :])
            if verify(folder).returncode == 0:
                missed.append(f"{name}, byte {place}: {whole[place : place + 1]!r} -> {other!r}")
        path.write_bytes(whole)
    return missed


def _files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_byte_of_any_file_that_is_another_one_is_noticed(ran: Ran, tmp_path: Path) -> None:
    folder, choose = written(ran.bundle(), tmp_path / "bundle"), random.Random(12)
    places = {name: [choose.randrange((folder / name).stat().st_size)] for name in _files(folder)}
    assert len(places) > 20
    assert _changed(folder, places, choose) == []
    assert verify(folder).returncode == 0


@pytest.mark.slow
def test_every_byte_of_what_verifies_is_noticed_and_thousands_of_the_others(ran: Ran, tmp_path: Path) -> None:
    folder, choose = written(ran.bundle(), tmp_path / "bundle"), random.Random()
    places = {name: list(range((folder / name).stat().st_size)) for name in _files(folder)}
    for name in places.keys() - {"verify.sh", "SHA256SUMS", "CONTENTS"}:
        places[name] = choose.sample(places[name], min(100, len(places[name])))
    assert _changed(folder, places, choose) == []
    print(f"{sum(map(len, places.values()))} changes of one byte, 0 unnoticed")


def test_a_file_that_is_missing_or_was_added_is_noticed(ran: Ran, tmp_path: Path) -> None:
    folder = written(ran.bundle(), tmp_path / "bundle")
    (folder / "more").write_text("")
    assert verify(folder).returncode != 0
    (folder / "more").unlink()
    (folder / "report.md").unlink()
    assert verify(folder).returncode != 0


REWRITTEN = (
    "plan.json",
    "votes/01-ana.json",
    "votes/02-ben.sig",
    "records/journal.json",
    "records/steps.json",
    "allowed_signers",
)


def test_sums_that_were_made_again_help_nobody(ran: Ran, tmp_path: Path) -> None:
    """Whoever changes a file may make SHA256SUMS again: the hash of the plan, signatures, chain and records still contradict."""
    files = ran.bundle()
    chain = sorted(name for name in files if name.startswith("chain/"))
    for number, name in enumerate([*REWRITTEN, *chain[:: len(chain) // 3], chain[-1]]):
        whole = files[name]
        at = len(whole) // 2
        changed = {**files, name: whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]}
        done = verify(written(changed, tmp_path / f"changed-{number}"))
        assert (done.returncode, name) == (1, name), done.stdout
        assert "FAILED" in done.stderr
    cut = {name: text for name, text in files.items() if name != chain[-1]}
    assert verify(written(cut, tmp_path / "cut")).returncode == 1
    gap = {name: text for name, text in files.items() if name != chain[3]}
    assert verify(written(gap, tmp_path / "gap")).returncode == 1


def test_a_vote_that_is_not_signed_is_called_so(signing: RollbackParts, tmp_path: Path) -> None:
    plan = make(signing, CANARY)
    approve(signing, plan.hash, "ana", "sure")
    done = execute(signing, plan.hash, "ana", "host:1:1")
    with signing.store.read() as tx:
        files = bundle(tx, done.id, (), signing.signing)
    result = verify(written(files, tmp_path / "bundle"))
    assert result.returncode == 0
    assert "NOT SIGNED: the vote of ana" in result.stdout
    assert "1 of the votes are not signed" in result.stdout
    assert b"NOT SIGNED" in files["README"]


def test_nothing_is_exported_of_a_log_that_was_changed_or_of_a_run_that_is_none(ran: Ran) -> None:
    with ran.parts.store.read() as tx, pytest.raises(NotFound, match="no run"):
        bundle(tx, "absent", (), ran.parts.signing)
    tamper(ran.parts.store, sa.text("UPDATE journal SET detail = 'x' WHERE seq = 1"))  # type: ignore[arg-type]
    with pytest.raises(Refused, match="does not hold"):
        ran.bundle()


def test_who_broke_the_glass_and_who_reviewed_it_stand_in_it(signing: RollbackParts, tmp_path: Path) -> None:
    run = alone(signing)
    review(signing, run.id, "ben", "justified: the pager log agrees")
    with signing.store.read() as tx:
        files = bundle(tx, run.id, (), signing.signing)
    folder = written(files, tmp_path / "bundle")
    assert verify(folder).returncode == 0
    assert b" run.reviewed\n" in files["CONTENTS"]
    assert b"BREAK-GLASS" in files["report.md"]


def test_a_drill_is_exported_like_any_run(signing: RollbackParts, target: Places, tmp_path: Path) -> None:
    replica = Environment.REPLICA
    with signing.store.write() as tx:
        tx.estate.deploy(deployment("3.8.1", replica, since=later(days=-5)))
        tx.estate.deploy(deployment("3.8.2", replica, since=later(hours=-1)))
    for environment in (replica, PRODUCTION):
        target.put(f"alias-{environment.value}", "3.8.2")
    parts = signing._replace(playbooks=(playbook("alias-{environment}"),))
    held = drill(parts, "support-bot", PRODUCTION, "ana", "host:1")
    assert held.run is not None
    with parts.store.read() as tx:
        files = bundle(tx, held.run.id, (), parts.signing)
    assert verify(written(files, tmp_path / "bundle")).returncode == 0
    assert b" drill.passed\n" in files["CONTENTS"]


def test_what_let_a_run_begin_without_votes_of_its_own_is_in_it_with_its_votes(
    signing: RollbackParts,
    tmp_path: Path,
) -> None:
    """A plan of the program's own, under a pre-authorisation that two operators signed."""
    book = msgspec.structs.replace(playbook("alias"), digest="d" * 64)
    parts = signing._replace(playbooks=(book,))
    trigger = "latency-breach-canary"
    with parts.store.write() as tx:
        done = Drill(
            run_id="d1", asset_id="support-bot", playbook=book.id, playbook_digest=book.digest, trigger=trigger,
            from_version="3.8.2", to_version="3.8.1", at=NOW, ok=True, detail="", seconds=2.0, by="ana",
        )  # fmt: skip
        record(tx, done)
    asked = authorise.propose(parts, "support-bot", PRODUCTION, trigger, timedelta(days=30), by="ana", why="nights")
    for who in ("ana", "ben"):
        authorise.approve(at(parts, who), asked.hash, who, "drilled")
    plan = msgspec.structs.replace(
        make(parts), authorisation=asked.hash, trigger=trigger, proposed_by="pulse-tui", alert_id="alert-1"
    )
    with parts.store.write() as tx:
        tx.judgements.put_alert(alert(environment=PRODUCTION, rule_id=trigger, first_at=NOW, last_at=parts.clock()))
        tx.log.append(parts.clock(), "pulse-tui", "plan.proposed", plan.target, {"plan": plan.hash})
        tx.rollbacks.add_plan(plan)
        tx.rollbacks.set_plan_state(plan.hash, PlanState.APPROVED)
    run = execute(parts, plan.hash, "ana", "host:1")
    with parts.store.read() as tx:
        files = bundle(tx, run.id, (), parts.signing)
    result = verify(written(files, tmp_path / "bundle"))
    assert (result.returncode, result.stdout.count("Good ")) == (0, 2), result
    assert hashlib.sha256(files["authorisation.json"]).hexdigest() == asked.hash
    whole = files["votes/01-ana.json"]
    files["votes/01-ana.json"] = whole.replace(asked.hash.encode(), plan.hash.encode())
    assert verify(written(files, tmp_path / "other")).returncode == 1


def test_a_vote_under_a_name_of_nobody_writes_no_words_into_the_commands(ran: Ran, tmp_path: Path) -> None:
    """Whoever can write the database can sign with a key of their own, under any name, and have the program record it."""
    name = "x;touch${IFS}owned;* namespaces=y"
    raw = msgspec.structs.replace(
        read_payload(payload_for(ran.parts, ran.plan.hash, "cho", "me too")), principal=name
    ).encoded()
    vote = msgspec.structs.replace(
        by_name(ran.parts, read_payload(payload_for(ran.parts, ran.plan.hash, "cho", "me too"))),
        principal=name, key=KEYS["cho"].public.fingerprint, payload=raw.decode(), signature=KEYS["cho"].sign(raw),
        audit_head=read_payload(raw).audit.hash,
    )  # fmt: skip
    with ran.parts.store.write() as tx:
        cast(tx, of_plan(ran.plan), vote, "plan.approved", NOW)
    files = ran.bundle()
    for file in ("README", "CONTENTS", "allowed_signers"):
        assert b"touch$" not in files[file]
        assert b" namespaces=y" not in files[file]
    folder = tmp_path / "bundle"
    write_bundle(folder, files)
    done = verify(folder)
    assert done.returncode == 0, done.stderr
    assert "NOT SIGNED: the vote of x_touch" in done.stdout
