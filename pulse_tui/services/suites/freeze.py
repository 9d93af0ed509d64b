"""Freeze a suite: its digest goes into the configuration's own text, the action into the audit log, together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from pulse_tui.domain.errors import NotFound, Refused, SourceError
from pulse_tui.domain.text import clean
from pulse_tui.enrich.personal import personal
from pulse_tui.ports import Files, Transaction
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.suites.content import (
    MISSING,
    ContentCheck,
    assets_of,
    check_content,
    check_suites,
    short,
    stated_digests,
)
from pulse_tui.settings.check import nearest
from pulse_tui.settings.edit import set_key
from pulse_tui.settings.shapes import SuiteShape

SHOWN = 10
"""Occurrences of personal data that are listed one by one."""
_BINARY = 8_192


class Frozen(NamedTuple):
    """The result of a freeze."""

    suite: str
    digest: str
    before: str | None
    where: str
    """The file that has the digest."""
    remarks: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """The result, in a line."""
        if self.before == self.digest:
            return f"{self.suite} is frozen as {self.digest} already"
        was = f" (was {short(self.before)})" if self.before else ""
        return f"frozen: {self.suite} as {self.digest}{was}, written to {self.where}"


def find_suite(parts: JudgeParts, suite_id: str) -> SuiteShape:
    """A suite of the configuration. Raises NotFound with the nearest."""
    suite = parts.suites.get(suite_id)
    if suite is None:
        raise NotFound(f"there is no suite {suite_id!r}", todo=nearest(suite_id, parts.suites))
    return suite


def freeze_suite(
    parts: JudgeParts,
    suite_id: str,
    config: Mapping[str, Path],
    reread: Callable[[], Mapping[str, str | None]],
    by: str,
    *,
    allow_personal: bool = False,
) -> Frozen:
    """Write the digest of what is there now into the suite's entry, in place.

    ``config`` are the configuration's files by the name that messages use; ``reread`` gives each suite's frozen
    digest after reading all of it again. Raises Refused for content that looks like personal data, for a suite whose
    content digest is unknown, and for an entry that cannot be edited; nothing is written then.
    """
    suite, now = find_suite(parts, suite_id), parts.clock()
    files = parts.outside.files
    with parts.store.read() as tx:
        digest = _digest(suite, tx, parts)
        stated = stated_digests(suite.id, tx)
        assets = assets_of(suite, tx)
    found, remarks = _personal(suite, parts, files) if suite.path else (_Found((), 0), [])
    if found.total and not (allow_personal or suite.personal_data):
        raise _refusal(suite, found)
    where, path, text, changed = _edited(files, config, suite, digest)
    before = reread().get(suite.id)
    if before == digest:
        return Frozen(suite.id, digest, before, where, tuple(remarks))
    detail = {"before": before or "", "after": digest, "content": suite.path or "as its runs state", "file": where}
    if found.total:
        detail["personal_data"] = f"{found.total} that look like it, allowed"
    written = False
    try:
        with parts.store.write() as tx:
            tx.log.append(now, by, "suite.frozen", suite.id, detail)
            _write(files, path, text, changed, suite.id, digest, reread)
            written = True
    except BaseException:
        if written:  # the log could not be written: the configuration is restored
            files.replace(path, text, before=changed)
        raise
    check_suites(parts, now)
    if before is not None:
        old = [asset for asset in assets if stated.get(asset) not in (None, digest)]
        todo = f"Run it and pin that run: pulse-tui suite run {suite.id}, pulse-tui suite pin {suite.id} ASSET VERSION"
        remarks += [f"the baseline of {asset} was measured on other content. {todo}" for asset in old]
    return Frozen(suite.id, digest, before, where, tuple(remarks))


def _digest(suite: SuiteShape, tx: Transaction, parts: JudgeParts) -> str:
    if suite.path is not None:
        seen: ContentCheck = check_content(suite, tx, parts)
        if seen.found is None or seen.found == MISSING:
            raise SourceError(f"suite {suite.id}: {seen.why}", todo="Correct its `path`, or put its content there")
        return seen.found
    stated = stated_digests(suite.id, tx)
    if not stated:
        raise Refused(
            f"suite {suite.id} has no `path`, and no baseline run of it states the digest of its content",
            todo=f"Give it a path (a file or folder, relative to the configuration), or ingest a run of {suite.id} "
            "whose format states its digest",
        )
    if len(set(stated.values())) > 1:
        reasons = [f"{asset}: {digest}" for asset, digest in stated.items()]
        raise Refused(f"the baselines of suite {suite.id} were measured on different content", reasons)
    return next(iter(stated.values()))


class _Found(NamedTuple):
    first: tuple[str, ...]
    """The first occurrences: ``file:line: kind sample``."""
    total: int


def _personal(suite: SuiteShape, parts: JudgeParts, files: Files) -> tuple[_Found, list[str]]:
    """What looks like personal data, and which files could not be searched."""
    first: list[str] = []
    closed: list[str] = []
    count = 0
    for piece in files.contents(parts.outside.base / str(suite.path)):
        if piece.line == 1 and b"\0" in piece.data[:_BINARY]:
            closed.append(piece.name)
        if piece.name in closed[-1:]:
            continue
        for one in personal(piece.data.decode("utf-8", "replace")):
            count += 1
            if count <= SHOWN:
                first.append(f"{piece.name}:{one.line + piece.line - 1}: {one.kind} {clean(one.sample, 40)}")
    named = ", ".join(closed[:3]) + (", …" if len(closed) > 3 else "")
    return _Found(tuple(first), count), [f"not text, not searched for personal data: {named}"] if closed else []


def _refusal(suite: SuiteShape, found: _Found) -> Refused:
    more = [f"... and {found.total - len(found.first)} more"] if found.total > len(found.first) else []
    return Refused(
        f"suite {suite.id} contains what looks like personal data",
        [*found.first, *more],
        todo="Remove it. If it may be there: --allow-personal-data, or personal_data: true in its entry",
    )


def _edited(files: Files, config: Mapping[str, Path], suite: SuiteShape, digest: str) -> tuple[str, Path, bytes, bytes]:
    """(name, path, text, new text) of the file that has the entry."""
    for name, path in config.items():
        text = files.read(path)
        changed = set_key(text.decode(), name, "suites", suite.id, "digest", digest)
        if changed is not None:
            return name, path, text, changed.encode()
    raise Refused(
        f"the entry of suite {suite.id} was not found in the configuration's text",
        todo=f"Write it there yourself: digest: {digest}",
    )


def _write(
    files: Files,
    path: Path,
    text: bytes,
    changed: bytes,
    suite_id: str,
    digest: str,
    reread: Callable[[], Mapping[str, str | None]],
) -> None:
    """Replace, read the whole configuration again, and restore it when it does not have the digest."""
    files.replace(path, changed, before=text)
    try:
        took = reread().get(suite_id) == digest
    except Exception:
        files.replace(path, text, before=changed)
        raise
    if not took:
        files.replace(path, text, before=changed)
        todo = f"Write it there yourself: digest: {digest}"
        raise Refused(f"the digest could not be written: {path.name} was left as it was", todo=todo)
