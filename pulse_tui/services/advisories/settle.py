"""An operator settles which of several named fixes of a package is right: what that makes of its findings."""

from __future__ import annotations

from datetime import datetime

from pulse_tui.domain.advisory import Advisory
from pulse_tui.domain.errors import NotFound, Refused
from pulse_tui.domain.settled import SettledFix
from pulse_tui.domain.text import clean
from pulse_tui.enrich.advisories.settled import Key, fixes, packages, ranges_digest
from pulse_tui.enrich.advisories.versions import order
from pulse_tui.ports import Taken, Transaction
from pulse_tui.services.advisories.records import settle
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.reasons import reason_of
from pulse_tui.services.signals.ingest import absorb
from pulse_tui.services.signals.respond import Responder


def settle_fix(parts: JudgeParts, name: str, package: str, version: str, by: str, why: str, now: datetime) -> str:
    """``package`` is free of the vulnerability from ``version`` on, whatever else is named, until a record states other
    versions of it. What it reaches is matched again. Raises NotFound, Refused and WrongUse."""
    reason, fixed = reason_of(why), clean(version, 100)
    with parts.store.write() as tx:
        group = _group(name, tx)
        found, key = group[0].name, _key(group, package)
        if any(r.malicious for r in group):
            raise Refused(f"{found} reports malicious code: nothing is settled of it", todo=f"Take {key[1]} out")
        read = order(key[0])
        if read is None or read(fixed) is None:
            what = f"{fixed!r} cannot be compared as a version of {key[0]}"
            raise Refused(what, todo="Give a version of the package as it is published")
        named = {read(v): v for theirs in fixes(group, key).values() for v in theirs if read(v) is not None}
        if named and read(fixed) < min(named):
            what = f"no record calls {fixed} free of it: the earliest fix that one names is {named[min(named)]}"
            raise Refused(what, todo="What is affected and accepted is waived until a date: pulse-tui waiver add")
        fix = SettledFix(
            advisory=found, ecosystem=key[0], package=key[1], fixed=fixed, by=by, why=reason, at=now,
            ranges=ranges_digest(group, key),
        )  # fmt: skip
        tx.settled.put(fix)
        tx.log.append(now, by, "advisory.settled", found, {"package": "/".join(key), "fixed": fixed, "why": reason})
        ended = _matched_again(group, f"{key[1]} is free of it from {fixed} on, {fix.words}", tx, parts, now)
    return f"{found}: {key[1]} is free of it from {fixed} on; {ended} alert(s) ended by that"


def unsettle(parts: JudgeParts, name: str, package: str, by: str, why: str, now: datetime) -> str:
    """Take back what was settled of the package: the strictest record counts again. Raises NotFound, Refused, WrongUse."""
    reason = reason_of(why)
    with parts.store.write() as tx:
        group = _group(name, tx)
        found, key = group[0].name, _key(group, package)
        fix = next((f for f in tx.settled.of([found]).get(found, ()) if f.key == key), None)
        if fix is None:
            raise Refused(f"nothing is settled of {key[1]} in {found}")
        # As one that lapsed: the records are matched again as they are.
        tx.settled.drop(fix)
        tx.log.append(now, by, "advisory.unsettled", found, {"package": "/".join(key), "why": reason})
        _matched_again(group, "", tx, parts, now)
    return f"{found}: {key[1]} is as its records state"


def _group(name: str, tx: Transaction) -> list[Advisory]:
    record = tx.advisories.get(name)
    if record is None:
        raise NotFound(f"there is no advisory {clean(name, 100)!r}")
    return [r for r in tx.advisories.groups([record.name])[record.name] if not r.withdrawn] or [record]


def _key(group: list[Advisory], package: str) -> Key:
    wanted = package.strip().lower()
    keys = [key for key in packages(group) if wanted in (key[1].lower(), "/".join(key).lower())]
    if len(keys) == 1:
        return keys[0]
    known = ", ".join("/".join(key) for key in packages(group)[:10]) or "none"
    what = "names several packages" if keys else "names no package"
    raise Refused(f"{group[0].name} {what} {clean(package, 100)!r}", todo=f"Name one of: {known}")


def _matched_again(group: list[Advisory], why: str, tx: Transaction, parts: JudgeParts, now: datetime) -> int:
    """Match the records again, as if they had come now; how many alerts ended."""
    made = settle(Taken(group, {}, {}, []), tx, tx.estate.load(), now)
    responder = Responder(tx, parts, now)
    ended = 0
    for fingerprint in made.cleared:
        ended += len(tx.judgements.open_alerts_about(fingerprint))
        responder.clear(fingerprint, why or "its records no longer reach it")
    absorb(made.signals, tx, parts, now)
    return ended
