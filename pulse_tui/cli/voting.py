"""The votes of ``pulse-tui rollback``: given here, signed elsewhere, exported, and reviewed where one person voted alone."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pulse_tui.cli.output import emit
from pulse_tui.domain.errors import WrongUse
from pulse_tui.domain.moments import age, to_us
from pulse_tui.domain.operator import NAMESPACE
from pulse_tui.process import operator_name

if TYPE_CHECKING:
    import argparse

    from pulse_tui.domain.rollback import Approval
    from pulse_tui.domain.views.rollback import PlanStory
    from pulse_tui.wiring import House

SIGNERS = "allowed_signers"


def arguments(parser: argparse.ArgumentParser) -> None:
    """What voting takes beside a plan."""
    parser.add_argument(
        "--break-glass", action="store_true", help="approve alone; --why says why, in 20 characters or more"
    )
    parser.add_argument("--export", metavar="FILE", help="approve, payload: write what is signed there, and FILE.sig")
    parser.add_argument("--payload", metavar="FILE", help="approve: the text that was signed elsewhere")
    parser.add_argument("--signature", metavar="FILE", help="approve: its signature, made by ssh-keygen -Y sign")
    parser.add_argument(
        "--signatures", metavar="DIR", help="show: write the signed votes there, for ssh-keygen -Y verify"
    )


def approve(options: argparse.Namespace, house: House) -> PlanStory:
    """By the agent, or with what was signed elsewhere."""
    from pulse_tui.services.rollback.approve import approve_with  # noqa: PLC0415

    desk = house.desk(operator_name())
    if (options.payload is None) is not (options.signature is None):
        raise WrongUse("--payload and --signature go together", todo="Give both files")
    if options.payload is None:
        _ask_for_touch(house, options.subject)
        story = desk.approve(options.subject, options.why, break_glass=options.break_glass)
    else:
        if options.break_glass or options.why:
            raise WrongUse("what was signed elsewhere has its reason in it", todo="Leave --why and --break-glass away")
        parts = desk.on_plan("rollback.approve", options.subject)
        payload, signature = brought(options)
        approve_with(parts, options.subject, operator_name(), payload, signature)
        story = desk.plan_story(options.subject, checked=False)
    if options.export is not None:
        vote = next((v for v in _votes(house, story.hash) if v.principal == operator_name()), None)
        if vote is None or not vote.signature:
            print("pulse-tui: the approval is not signed: there is nothing to export", file=sys.stderr)
        else:
            _export(Path(options.export), vote)
    return story


def brought(options: argparse.Namespace) -> tuple[bytes, str]:
    """What was signed elsewhere, and its signature."""
    if options.payload is None or options.signature is None:
        raise WrongUse("--payload and --signature go together", todo="Give both files")
    return _read(Path(options.payload)), _read(Path(options.signature)).decode("ascii", "replace")


def _ask_for_touch(house: House, plan_hash: str) -> None:
    """A security key that waits only blinks."""
    from pulse_tui.services.rollback.approve import find  # noqa: PLC0415
    from pulse_tui.services.rollback.votes import pen  # noqa: PLC0415

    with house.store.read() as tx:
        plan, _ = find(tx, plan_hash)
    found = pen(house.rollback, operator_name(), plan.environment, house.clock())
    if found.key is not None and found.key.touch:
        print(f"pulse-tui: touch your key now ({found.comment or found.key.fingerprint})", file=sys.stderr, flush=True)


def payload(options: argparse.Namespace, house: House) -> int:
    """Print the text that the operator signs elsewhere, to the byte."""
    from pulse_tui.services.rollback.approve import payload_for  # noqa: PLC0415

    parts = house.desk(operator_name()).on_plan("rollback.payload", options.subject)
    raw = payload_for(parts, options.subject, operator_name(), options.why, break_glass=options.break_glass)
    return hand_out(options, raw)


def hand_out(options: argparse.Namespace, raw: bytes) -> int:
    """Print or write what is to be signed, with the commands that come next."""
    if options.export is None:
        sys.stdout.write(raw.decode())
        return 0
    _write(Path(options.export), raw)
    name = options.export
    lines = [
        f"wrote {name}; sign it where your key is, and bring {name}.sig back:",
        f"  ssh-keygen -Y sign -n {NAMESPACE} -f KEY {name}",
        f"  pulse-tui rollback approve {options.subject} --payload {name} --signature {name}.sig",
    ]
    emit(options, {"payload": name, "namespace": NAMESPACE}, lines)
    return 0


def signatures(options: argparse.Namespace, house: House) -> list[str]:
    """Write every signed vote of a plan with the keys of today; returns the commands that verify them."""
    folder = Path(options.signatures)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WrongUse(f"{folder} cannot be made: {error.strerror or error}") from None
    with house.store.read() as tx:
        found = tx.rollbacks.plan(options.subject)
    votes = [v for v in _votes(house, found[0].hash if found is not None else options.subject) if v.signature]
    signers = {o.name: o.signers for o in house.settings.operators}
    lines = [
        f'{v.principal} namespaces="{NAMESPACE}" {s.key.line}'
        for v in votes
        for s in signers.get(v.principal, ())
        if s.key.fingerprint == v.key
    ]
    _write(folder / SIGNERS, "".join(f"{line}\n" for line in lines).encode())
    commands = []
    for vote in votes:
        file = folder / f"{vote.principal.replace('/', '_')}.vote"
        _export(file, vote)
        commands.append(
            f"ssh-keygen -Y verify -f {folder / SIGNERS} -I {vote.principal} -n {NAMESPACE} -s {file}.sig < {file}"
        )
    return (
        [f"wrote {len(votes)} signed vote{'' if len(votes) == 1 else 's'}; verify with:", *commands]
        if votes
        else ["no vote on this plan is signed"]
    )


def review(options: argparse.Namespace, house: House) -> int:
    """Another operator's finding about a run that one person approved alone."""
    sentence = house.desk(operator_name()).review(options.subject, options.why)
    emit(options, {"run": options.subject, "message": sentence}, [sentence])
    return 0


def reviews(options: argparse.Namespace, house: House) -> int:
    """What waits for a review; 1 when something does."""
    rows = house.desk(operator_name()).reviews()
    now_us = to_us(house.clock())
    lines = [line for row in rows for line in (f"{row.what} ({age(row.since_us, now_us)} ago)", f"  next: {row.todo}")]
    emit(options, rows, lines or ["nothing waits for a review"])
    return 1 if rows else 0


def _votes(house: House, plan_hash: str) -> list[Approval]:
    with house.store.read() as tx:
        return tx.rollbacks.approvals(plan_hash)


def _export(file: Path, vote: Approval) -> None:
    _write(file, vote.payload.encode())
    _write(file.with_name(f"{file.name}.sig"), vote.signature.encode())


def _write(file: Path, data: bytes) -> None:
    try:
        file.write_bytes(data)
    except OSError as error:
        raise WrongUse(f"{file} cannot be written: {error.strerror or error}") from None


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(65_536)
    except OSError as error:
        raise WrongUse(f"{file} cannot be read: {error.strerror or error}") from None
