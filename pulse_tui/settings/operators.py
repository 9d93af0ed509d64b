"""Operators and their keys: the ``operators`` section, an ``allowed_signers`` file beside it, keys that are revoked."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from pulse_tui.domain.errors import Problem
from pulse_tui.domain.lock import shown
from pulse_tui.domain.operator import MAY_BE_UNSIGNED, NAMESPACE, Identity, Operator, shared_keys
from pulse_tui.domain.signers import Signer, matches, numbered, read_signers
from pulse_tui.domain.sshsig import BadSignature, looks_like_key, read_key
from pulse_tui.domain.words import Environment
from pulse_tui.settings.document import Node, read_text
from pulse_tui.settings.lists import named, unique
from pulse_tui.settings.shapes import ApprovalsShape, OperatorShape
from pulse_tui.settings.trusted import untrusted

_LARGEST = 2**20
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,119}")
_FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")
Stamp = tuple[int, ...]


def stamp(there: os.stat_result) -> Stamp:
    """What distinguishes a file as it is now: its times can be set, the time of the change of its entry cannot."""
    return (there.st_size, there.st_mtime_ns, there.st_ctime_ns, there.st_ino)


class Read(NamedTuple):
    """Who may act, and what the digest of that is made of."""

    operators: tuple[Operator, ...] = ()
    identity: Identity = Identity()
    digested: tuple[Any, ...] = ()
    files: Mapping[str, Stamp] = MappingProxyType({})
    """The files beside the YAML ones that were read, as they were then."""


def read_operators(
    sections: Mapping[str, Node],
    approvals: ApprovalsShape,
    base: Path,
    served: Sequence[Environment],
    problems: list[Problem],
    now: datetime | None,
) -> Read:
    """The operators with their keys. ``served``: environments that a playbook serves; ``now`` is for keys that expired."""
    beside = _Beside(base, problems)
    shapes = unique(sections.get("operators"), "operators", OperatorShape, problems, name="name")
    nodes = _nodes(sections.get("operators"))
    listed = beside.signers(sections.get("operators_file"))
    operators = [_operator(shape, nodes[shape.name], listed.pop(shape.name, []), problems) for shape in shapes]
    operators += [Operator(name=name, signers=tuple(signers)) for name, signers in sorted(listed.items())]
    revoked = beside.revoked(sections.get("revoked_keys"))
    stated = (approvals.unsigned, approvals.touch, approvals.break_glass)
    by_name = bool(operators) and not any(o.signers for o in operators) and approvals.unsigned is None
    fallback = tuple(Environment) if by_name else MAY_BE_UNSIGNED
    identity = Identity(
        unsigned=fallback if approvals.unsigned is None else approvals.unsigned,
        touch=approvals.touch,
        break_glass=approvals.break_glass,
        revoked=revoked,
        by_name=by_name,
    )
    where = _place(sections)
    _shared(operators, nodes, where, problems)
    if operators:
        problems.extend(_impossible(operators, identity, approvals, served, where))
        problems.extend(_worth_knowing(operators, identity, approvals, served, where, now))
    digested = [sections["operators"].plain()] if "operators" in sections else []
    if beside.files or revoked or stated != (None, (), ApprovalsShape().break_glass):
        # Whatever was not there before 0.4 counts only where it is there: the plans of before stay valid.
        keys = {o.name: [[*s[:1], s.key.line, *map(str, s[3:6])] for s in o.signers] for o in operators}
        digested.append(
            {"keys": keys, "revoked": sorted(revoked), "policy": [[str(e) for e in part or ()] for part in stated]}
        )
    return Read(tuple(operators), identity, tuple(digested), beside.files)


def _place(sections: Mapping[str, Node]) -> str:
    node = next((sections[n] for n in ("operators", "operators_file", "approvals") if n in sections), None)
    return str(node.mark) if node is not None else "operators"


def _nodes(node: Node | None) -> dict[str, Node]:
    """Of each operator, by name; the first of two."""
    found: dict[str, Node] = {}
    for child in node.elements() if node is not None else ():
        found.setdefault(named(child.get("name")), child)
    return found


def _operator(shape: OperatorShape, node: Node, listed: list[Signer], problems: list[Problem]) -> Operator:
    """With the keys of the section, and those that the file lists for this name."""
    label, signers = "", list[Signer]()
    key, keys = node.get("key"), node.get("keys")
    lines = [(n, n.value) for n in (keys.elements() if keys is not None else ()) if isinstance(n.value, str)]
    if shape.key is not None and key is not None:
        if looks_like_key(shape.key):
            lines.insert(0, (key, shape.key))
        else:
            label = shape.key
    for place, line in lines:
        try:
            signers.append(Signer(shape.name, read_key(line), where=str(place.mark)))
        except BadSignature as error:
            problems.append(Problem(str(place.mark), f"operator {shape.name!r}: {error.what}", error.todo))
    if not lines and not label and not listed:
        problems.append(
            Problem(
                str(node.mark),
                f"operator {shape.name!r}: the key 'key' is missing, and no file lists one",
                'write key: "ssh-ed25519 AAAA…", as in a .pub file',
            )
        )
    return Operator(name=shape.name, label=label, signers=(*signers, *listed), environments=shape.environments)


class _Beside:
    """Files that the configuration names, read once, and refused when somebody else can change them."""

    def __init__(self, base: Path, problems: list[Problem]) -> None:
        self.files: dict[str, Stamp] = {}
        self._base = base
        self._problems = problems

    def signers(self, node: Node | None) -> dict[str, list[Signer]]:
        """By principal; lines that are for other namespaces are nobody's here."""
        text, name = self._text(node, "operators_file")
        signers, wrong = read_signers(text, name)
        self._problems.extend(wrong)
        found: dict[str, list[Signer]] = {}
        for signer in signers:
            if signer.namespaces and not matches(signer.namespaces, NAMESPACE):
                continue
            if len(signer.names) == 1 and _NAME.fullmatch(signer.principals):
                found.setdefault(signer.principals, []).append(signer)
            else:
                what = f"the principals {shown(signer.principals[:80])!r} are not the name of one operator"
                todo = "one person, one name, and no pattern: two operators need two keys"
                self._problems.append(Problem(signer.where, what, todo))
        return found

    def revoked(self, node: Node | None) -> dict[str, str]:
        """Fingerprint -> where, of a list of keys or fingerprints, or of a file with one a line."""
        if node is None or node.value is None:
            return {}
        if isinstance(node.value, list):
            entries = [(str(child.mark), child.value) for child in node.value]
        else:
            text, name = self._text(node, "revoked_keys")
            if text.startswith("SSHKRL"):
                self._problems.append(Problem(name, "is a binary list (KRL)", "write public keys, one a line"))
                return {}
            entries = [(f"{name}:{number}", line) for number, line in numbered(text)]
        found: dict[str, str] = {}
        for where, entry in entries:
            try:
                found.setdefault(_fingerprint(entry), where)
            except BadSignature as error:
                self._problems.append(Problem(where, f"revoked_keys: {error.what}", error.todo))
        return found

    def _text(self, node: Node | None, section: str) -> tuple[str, str]:
        """What the file that a section names holds, and how it is called in messages; nothing after a problem."""
        if node is None or node.value is None:
            return "", ""
        if not isinstance(node.value, str) or not node.value or "\0" in node.value:
            self._problems.append(Problem(str(node.mark), f"{section}: expected the name of a file"))
            return "", ""
        path = self._base / Path(node.value).expanduser()
        name = node.value
        try:
            folder = untrusted(path.parent, path.parent.stat())
        except OSError:
            folder = []  # the file cannot be read either, which is reported
        if folder:
            self._problems.extend(folder)
            return "", name

        def kept(file: Path, there: os.stat_result) -> list[Problem]:
            self.files[str(path)] = stamp(there)
            return untrusted(file, there, name)

        text, wrong = read_text(path, name, kept, _LARGEST)
        self.files.setdefault(str(path), ())
        self._problems.extend(wrong)
        return text or "", name


def _fingerprint(entry: object) -> str:
    """Of a key's line, or as it stands. Raises BadSignature."""
    text = entry.strip() if isinstance(entry, str) else ""
    if _FINGERPRINT.fullmatch(text):
        return text
    return read_key(text).fingerprint


def _shared(operators: Sequence[Operator], nodes: Mapping[str, Node], where: str, problems: list[Problem]) -> None:
    for operator in operators:
        blobs = [s.key.blob for s in operator.signers]
        for i, signer in enumerate(operator.signers):
            if signer.key.blob in blobs[:i]:
                what = f"operator {operator.name!r}: the key {signer.key.fingerprint} is given twice"
                problems.append(Problem(signer.where, what, "keep one of the two lines"))
    for first, second, key, line in shared_keys(operators):
        place = line.where if line is not None else str(nodes[second.name].mark) if second.name in nodes else where
        named_key = f" ({key})" if line is not None else ""
        what = f"operators {first.name!r} and {second.name!r} share one key{named_key}"
        problems.append(Problem(place, what, "two people need two keys"))


def _impossible(
    operators: Sequence[Operator],
    identity: Identity,
    approvals: ApprovalsShape,
    served: Sequence[Environment],
    where: str,
) -> Iterator[Problem]:
    """A policy that nobody can satisfy, where votes must be signed."""
    by_name = {o.name: o for o in operators}
    for environment in Environment:
        needed, able = approvals.needed(environment), identity.able(by_name, environment)
        acts = environment in served or any(environment in o.environments for o in operators)
        if acts and identity.must_sign(environment) and len(able) < needed:
            kind = (
                "a security key (touch) that is not revoked" if environment in identity.touch else "a usable public key"
            )
            who = f"only {', '.join(able)} may act there with {kind}" if able else f"nobody may act there with {kind}"
            yield Problem(
                where,
                f"{environment.value} needs {needed} signed approval{'' if needed == 1 else 's'}, and {who}: no plan could ever run",
                f"add operators with keys of their own, or set approvals: {environment.value}",
            )


def _worth_knowing(
    operators: Sequence[Operator],
    identity: Identity,
    approvals: ApprovalsShape,
    served: Sequence[Environment],
    where: str,
    now: datetime | None,
) -> Iterator[Problem]:
    """What is read all the same."""
    if identity.by_name and Environment.PRODUCTION in served:
        what = "no operator has a public key: approvals go by name, in production too, and nothing proves who gave them"
        yield Problem(
            where, what, 'give each a key: "ssh-ed25519 AAAA…" (pulse-tui help approvals)', warning=True, standing=True
        )
    elif not identity.must_sign(Environment.PRODUCTION) and not identity.by_name:
        yield Problem(
            where, "approvals in production count without a signature", "take production out of unsigned", warning=True
        )
    for operator in operators:
        for signer in operator.signers:
            if now is not None and signer.expired(now):
                what = f"{signer.unfit(NAMESPACE, now)}: {operator.name} cannot sign with it any more"
                yield Problem(signer.where, what, "list their new key", warning=True)
            elif signer.key.fingerprint in identity.revoked:
                what = f"the key {signer.key.fingerprint} of {operator.name} is revoked ({identity.revoked[signer.key.fingerprint]})"
                yield Problem(signer.where, what, "list their new key", warning=True)
