"""Everything about one run, so that somebody without this program and its database can verify it with stock tools."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from pulse_tui.domain.audit import Anchor, AuditEntry, hashed
from pulse_tui.domain.errors import NotFound, Refused
from pulse_tui.domain.lock import safe
from pulse_tui.domain.rollback import Approval, Plan, Run
from pulse_tui.domain.sshsig import BadSignature, open_armored
from pulse_tui.ports import Signing, Transaction
from pulse_tui.services.rollback import checked, drill
from pulse_tui.services.rollback.recorded import verified
from pulse_tui.services.rollback.report import reported

SCRIPT = "verify.sh"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@+-]*")
"""Of an operator, as the configuration takes it."""


class _Vote(NamedTuple):
    """A vote, and where it lies in the bundle."""

    vote: Approval
    file: str
    """Without its ending; empty of one that is not signed."""
    on: str
    """The hash that it is a vote on."""
    line: str
    """The file of the line behind the head that it names; ``-`` of a vote on a pre-authorisation, which may be months older."""


def bundle(tx: Transaction, run_id: str, anchors: Sequence[Anchor], signing: Signing) -> dict[str, bytes]:
    """The files of the bundle by name, but for ``SHA256SUMS``.

    Raises NotFound for an unknown run, Refused when the log or what it recorded was changed: nothing about it can be shown.
    """
    run = tx.rollbacks.run(run_id)
    if run is None:
        raise NotFound(f"there is no run {run_id!r}", todo="see the runs: pulse-tui rollback list")
    log = verified(tx, anchors, signing)
    if log.wrong:
        raise Refused("the audit log does not hold", log.wrong, todo="pulse-tui audit verify")
    found = tx.rollbacks.plan(run.plan_hash)
    if found is None:
        raise NotFound(f"the plan {run.plan_hash[:12]} of run {run_id} is gone")
    plan = found[0]
    lines = _lines(tx, plan, run)
    records = {f"{table}/{plan.hash}" for table in ("plans", "approvals")}
    records |= {f"{table}/{run.id}" for table in ("runs", "steps", "journal")}
    names = sorted(records & log.recorded.keys())
    first, last = lines[0].seq, max(lines[-1].seq, *(log.recorded[name][0] for name in names))
    end = min((a for a in anchors if a.seq >= last), default=log.head)
    chain = {_file(line[0]): hashed(line) for line in tx.log.stored(first, end.seq)}
    files = {"plan.json": plan.canonical(), **chain}
    contents = [f"run {run.id}", f"text {plan.hash} plan.json"]
    for name in names:
        file = f"records/{name.partition('/')[0]}.json"
        files[file] = tx.log.recorded_text(name)
        contents.append(f"record {name} {file}")
    if plan.authorisation is not None:
        asked = next(a for a, _ in tx.rollbacks.authorisations(plan.asset_id) if a.hash == plan.authorisation)
        files["authorisation.json"] = asked.canonical()
        contents.append(f"text {asked.hash} authorisation.json")
    votes = list(_votes(tx, plan, {text[: text.index(b"\n")].decode(): file for file, text in chain.items()}))
    contents += _signed(files, votes)
    contents += [f"line {_file(line.seq)} {line.action}" for line in lines]
    contents.append(f"audit {end.seq} {end.hash}")  # an anchor, as such files have it
    files["CONTENTS"] = _text(contents)
    files["report.md"] = _text(reported(tx, run.id).markdown())
    files[SCRIPT] = Path(__file__).with_name(SCRIPT).read_bytes()
    files["README"] = _text(_readme(plan, run, votes, first, end, anchored=end in anchors))
    return files


def _lines(tx: Transaction, plan: Plan, run: Run) -> list[AuditEntry]:
    """The lines about the plan, its votes and the run, oldest first, and those that recorded them last."""
    about = [e for target in plan.targets for e in tx.log.entries(subject=target)]
    mine = {e.seq: e for e in about if plan.hash == e.detail.get("plan") or run.id == e.detail.get("run")}
    for subject in (checked.subject(run.id), drill.subject(run.id)):
        mine |= {e.seq: e for e in tx.log.entries(subject=subject)}
    return [mine[seq] for seq in sorted(mine)]


def _votes(tx: Transaction, plan: Plan, after: Mapping[str, str]) -> Iterator[_Vote]:
    """``after`` has the file of the line behind each head."""
    both = [(plan.hash, True), *([(plan.authorisation, False)] if plan.authorisation else [])]
    number = 0
    for on, own in both:
        for given in tx.rollbacks.approvals(on):
            number, vote = number + 1, given
            name = f"votes/{number:02}-{re.sub('[^A-Za-z0-9._-]', '_', vote.principal)}"
            if not _NAME.fullmatch(vote.principal):
                # Nobody of the configuration: the name would be words of the commands of this bundle.
                vote = msgspec.structs.replace(vote, principal=name.partition("-")[2], signature="")
            yield _Vote(vote, name if vote.signature else "", on, after.get(vote.audit_head, "-") if own else "-")


def _signed(files: dict[str, bytes], votes: Sequence[_Vote]) -> Iterator[str]:
    """Put the votes and their keys among the files; their lines of the contents."""
    keys = []
    for vote, file, on, line in votes:
        if not file:
            yield f"unsigned {vote.principal}"
            continue
        files |= {f"{file}.json": vote.payload.encode(), f"{file}.sig": vote.signature.encode()}
        try:
            key = open_armored(vote.signature).key.line
        except BadSignature as error:
            raise Refused(f"the signature of {vote.principal} cannot be read: {error.what}") from None
        keys.append(f'{vote.principal} namespaces="pulse-approve@v1" {key}')
        yield f"signed {vote.principal} {file} {on} {line}"
    if keys:
        files["allowed_signers"] = _text(sorted(set(keys)))


def _readme(plan: Plan, run: Run, votes: Sequence[_Vote], first: int, end: Anchor, *, anchored: bool) -> Iterator[str]:
    yield f"Run {run.id} of plan {plan.hash}, {plan.asset_id} in {plan.environment.value}; the log to its line {end.seq}."
    yield ""
    yield f"  sh {SCRIPT}                       does everything below; with ANCHORS and SIGNERS of your own it proves most"
    yield "  sha256sum -c SHA256SUMS            every file is as it was written"
    yield f"  sha256sum plan.json                is {plan.hash}: what was approved and run, to the byte"
    if plan.authorisation is not None:
        yield f"  sha256sum authorisation.json       is {plan.authorisation}: what let it run without more votes"
    for vote, file, _, _ in votes:
        what = "" if vote.yes else " (a no)"
        if file:
            yield f"  ssh-keygen -Y verify -f allowed_signers -I {vote.principal} -n pulse-approve@v1 -s {file}.sig < {file}.json{what}"
        else:
            yield f"  NOT SIGNED                         the vote of {vote.principal}{what}: as sure as the log"
    yield "  sha256sum chain/*                  the hash of each line; each file begins with the hash of the file before it,"
    yield f"                                     and the last is line {end.seq}: {end.hash}"
    yield "  sha256sum records/journal.json     stands in the last file of chain/ that names journal/ID; so do the others"
    yield ""
    yield "plan.json         the plan: assets, versions, digests, every step with its expected prior state, rules in force"
    yield "votes/            what each operator signed (.json) and the signature (.sig); allowed_signers has the keys that made"
    yield "                  them. Whose they are you must know from elsewhere: ssh-keygen -lf allowed_signers"
    yield f"chain/            the audit log from line {first} to line {end.seq}, each file the text that is hashed: the previous"
    yield "                  hash, then [number, time in µs, actor, action, subject, detail, origin, digests of records]. Lines"
    yield "                  about other things lie in between: without them nobody could follow the hashes. Mind who reads them."
    yield "records/          the rows in the database, as the log recorded them. steps: run, index, state, idempotency key, value"
    yield "                  read before, value read after, detail, at, sent at. journal: run, step, at, state, detail. runs: id,"
    yield "                  plan, target, active, epoch, holder, by, started, state, detail, ended. approvals: plan, principal, key,"
    yield "                  yes, at, expires, head of the log, reason, what was signed, the signature, break-glass"
    yield "report.md         the same to be read by people: who decided, what each target held, how long it took"
    yield "CONTENTS          what verify.sh goes by"
    yield ""
    yield "What it proves: with your own SIGNERS, that these people signed this plan when the log ended where the vote says; with"
    yield "your own ANCHORS, that the lines up to the anchor, and the records they name, are those of that day. A script that came"
    yield "with the bundle is as sure as the bundle: read it (it is short), or type the commands above."
    kept = (
        "was kept outside of the database (approvals: anchors)"
        if anchored
        else "is only the newest line of that moment"
    )
    yield f"Line {end.seq} {kept}. Without an anchor a whole bundle may have been made up, except for what is signed."


def _file(seq: int) -> str:
    return f"chain/{seq:09}"


def _text(lines: Iterable[str]) -> bytes:
    return "".join(safe(line) + "\n" for line in lines).encode()
