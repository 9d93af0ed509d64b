"""Who may sign, in OpenSSH's ``allowed_signers`` format: principals, options, a public key a line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo
from fnmatch import translate
from functools import lru_cache
from typing import Final, NamedTuple

from pulse_tui.domain.errors import Problem
from pulse_tui.domain.lock import shown
from pulse_tui.domain.sshsig import LONGEST_LINE, BadSignature, PublicKey, read_key

MANY: Final = 10_000
"""Lines of a file."""
_OPTION: Final = re.compile(r'(?P<name>[A-Za-z-]+)(?:=(?:"(?P<quoted>[^"]*)"|(?P<bare>[^",\s]*)))?')
_TIME: Final = re.compile(r"(?P<day>\d{8})(?P<clock>\d{4}(?:\d{2})?)?(?P<utc>Z?)")


class Signer(NamedTuple):
    """One line: a key, who may sign with it, for what, from when until when."""

    principals: str
    """Patterns as written: ``ana``, ``*@example.com,!guest@example.com``."""
    key: PublicKey
    comment: str = ""
    namespaces: str = ""
    """Patterns; empty: every namespace."""
    valid_after: datetime | None = None
    valid_before: datetime | None = None
    where: str = ""
    """``file:line``."""

    @property
    def names(self) -> tuple[str, ...]:
        """The principals, one by one."""
        return tuple(self.principals.split(","))

    def unfit(self, namespace: str, now: datetime) -> str:
        """Why a signature of this key does not count now; empty when it does."""
        if self.namespaces and not matches(self.namespaces, namespace):
            return f"the key {self.key.fingerprint} may not sign for {namespace}"
        if self.valid_after is not None and now < self.valid_after:
            return f"the key {self.key.fingerprint} is valid after {self.valid_after:%Y-%m-%d %H:%M} UTC only"
        if self.expired(now):
            return f"the key {self.key.fingerprint} was valid until {self.valid_before:%Y-%m-%d %H:%M} UTC only"
        return ""

    def expired(self, now: datetime) -> bool:
        """Whether its last moment has passed."""
        return self.valid_before is not None and now >= self.valid_before


def matches(patterns: str, name: str) -> bool:
    """Whether a list of OpenSSH patterns (``*``, ``?``, ``!not``) matches; a negated one that matches decides."""
    found = False
    for pattern in patterns.split(","):
        if pattern.startswith("!"):
            if _matcher(pattern[1:]).match(name):
                return False
        elif pattern and _matcher(pattern).match(name):
            found = True
    return found


@lru_cache(256)
def _matcher(pattern: str) -> re.Pattern[str]:
    # Only * and ? have a meaning in a pattern of OpenSSH; runs of * are one, which keeps the expression cheap.
    plain = re.sub(r"\*+", "*", pattern).replace("[", "[[]")
    return re.compile(translate(plain))


def read_signers(text: str, file: str, zone: tzinfo | None = None) -> tuple[list[Signer], list[Problem]]:
    """The lines of an ``allowed_signers`` file, and a problem with its place for each that is none.

    ``zone`` is that of times without a ``Z``; None: that of the system, as OpenSSH has it.
    """
    found, problems = list[Signer](), list[Problem]()
    for number, line in numbered(text):
        where = f"{file}:{number}"
        if number > MANY:
            problems.append(Problem(where, f"has more than {MANY} lines"))
            break
        try:
            found.append(_signer(line, where, zone))
        except BadSignature as error:
            problems.append(Problem(where, error.what, error.todo))
    return found, problems


def numbered(text: str) -> Iterator[tuple[int, str]]:
    """(number, text) of the lines that are neither empty nor a comment."""
    for number, raw in enumerate(text.removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}").split("\n"), 1):
        line = raw.strip(" \t\r")
        if line and not line.startswith("#"):
            yield number, line


def _signer(line: str, where: str, zone: tzinfo | None) -> Signer:
    if len(line) > LONGEST_LINE:
        raise BadSignature(f"a line of {len(line)} characters is longer than any")
    if "\0" in line:
        raise BadSignature("the line holds a NUL")
    principals, rest = _word(line)
    if not principals or not rest:
        raise BadSignature("the line has no key", todo="Write: principal ssh-ed25519 AAAA…")
    if any(not p.removeprefix("!") for p in principals.split(",")):
        raise BadSignature(f"the principals {shown(principals)!r} hold an empty one")
    try:
        return Signer(principals, read_key(rest), _comment(rest), where=where)
    except BadSignature:
        options, key = _word(rest)
        if not key or _is_kind(options):
            raise
    signer = Signer(principals, read_key(key), _comment(key), where=where)
    return _with_options(signer, options, zone)


def _is_kind(word: str) -> bool:
    return word.startswith(("ssh-", "ecdsa-", "sk-"))


def _comment(key: str) -> str:
    words = key.split(None, 2)
    return words[2] if len(words) > 2 else ""


def _word(line: str) -> tuple[str, str]:
    """The first word and the rest; white space within quotes does not end it. Quotes around a whole word are taken off."""
    quoted = False
    for i, character in enumerate(line):
        if character == '"':
            quoted = not quoted
        elif character in " \t" and not quoted:
            word, rest = line[:i], line[i:].strip(" \t")
            break
    else:
        if quoted:
            raise BadSignature("a quote is not closed")
        word, rest = line, ""
    if len(word) > 1 and word[0] == word[-1] == '"' and '"' not in word[1:-1]:
        word = word[1:-1]
    return word, rest


def _with_options(signer: Signer, text: str, zone: tzinfo | None) -> Signer:
    at, seen = 0, set[str]()
    while True:
        found = _OPTION.match(text, at)
        if found is None:
            raise BadSignature(f"the options {shown(text[:80])!r} cannot be read", todo='Write: namespaces="a,b"')
        name = found["name"].lower()
        value = found["quoted"] if found["quoted"] is not None else found["bare"]
        if name in seen:
            raise BadSignature(f"the option {name} is given twice")
        seen.add(name)
        signer = _with_option(signer, name, value, zone)
        at = found.end()
        if at == len(text):
            return _in_order(signer)
        if text[at] != ",":
            raise BadSignature(f"the options {shown(text[:80])!r} are not parted by commas")
        at += 1


def _with_option(signer: Signer, name: str, value: str | None, zone: tzinfo | None) -> Signer:
    if name == "cert-authority":
        raise BadSignature("cert-authority: certificates are not supported", todo="List each operator's own key")
    if name not in ("namespaces", "valid-after", "valid-before"):
        raise BadSignature(f"the option {name!r} is not known", todo="Known: namespaces, valid-after, valid-before")
    if not value:
        raise BadSignature(f"the option {name} has no value")
    if name == "namespaces":
        return signer._replace(namespaces=value)
    moment = _moment(name, value, zone)
    return signer._replace(valid_after=moment) if name == "valid-after" else signer._replace(valid_before=moment)


def _in_order(signer: Signer) -> Signer:
    if signer.valid_after and signer.valid_before and signer.valid_after >= signer.valid_before:
        raise BadSignature("valid-after is not before valid-before: the key is never valid")
    return signer


def _moment(name: str, text: str, zone: tzinfo | None) -> datetime:
    """``YYYYMMDD`` or ``YYYYMMDDHHMM[SS]``, with ``Z`` for UTC. Raises BadSignature."""
    try:
        found = _TIME.fullmatch(text)
        day, clock, utc = found.groups() if found is not None else ("", "", "")
        made = datetime.strptime(day + (clock or "").ljust(6, "0"), "%Y%m%d%H%M%S")  # noqa: DTZ007  the zone is set next
        return made.replace(tzinfo=UTC if utc else zone).astimezone(UTC)
    except (ValueError, OverflowError):
        wanted = "Write YYYYMMDD, YYYYMMDDHHMM or YYYYMMDDHHMMSS, with Z for UTC"
        raise BadSignature(f"{name}: {shown(text[:40])!r} is not a time", todo=wanted) from None
