"""Questions of ``pulse-tui match``: JSON Lines that name one package each, answered in their order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from pulse_tui.domain.advisory import Audit
from pulse_tui.domain.errors import Problem
from pulse_tui.domain.estate import GROUP, Component
from pulse_tui.domain.purl import BadPurl, component, parse
from pulse_tui.domain.text import clean, name_problem
from pulse_tui.domain.words import ComponentKind
from pulse_tui.enrich.lookups import PRODUCTS, as_known, ecosystem_key
from pulse_tui.ports import Transaction
from pulse_tui.services.advisories.audits import NOTHING, Answer, answers

FORM = '{"ecosystem": "PyPI", "package": "NAME", "version": "1.2.3"} or {"purl": "pkg:pypi/NAME@1.2.3"}'
_LOOKED_AT = 20
"""Lines after which a file is no file of questions."""
_MOVING = frozenset({"latest", "*", "any", "head", "main", "master", "stable", "nightly", "unknown", "unspecified"})
"""Words that stand where a version should, and name none."""


class Question(NamedTuple):
    """One package as it was asked for, each part as it was written; ``component`` None: it cannot be judged, ``why``."""

    ecosystem: Any
    package: Any
    version: Any
    component: Component | None
    why: str = ""
    purl: str = ""


class Reply(NamedTuple):
    """The answer to one question, as ``pulse-tui match --json`` prints it."""

    ecosystem: Any
    package: Any
    version: Any
    state: str
    advisories: tuple[str, ...]
    """Ids of the stored records that reach it, sorted."""
    why: str
    names: tuple[str, ...] = ()
    """The same by the name that people use: the CVE."""
    fixed: tuple[str, ...] = ()
    unsettled: tuple[str, ...] = ()
    """Records that name the package and cannot be judged."""
    purl: str | None = None


class _Line(msgspec.Struct):
    ecosystem: Any = None
    package: Any = None
    version: Any = None
    purl: Any = None


_LINE = msgspec.json.Decoder(_Line)


def are_questions(head: bytes) -> bool:
    """Whether a file that begins so holds questions: one of its first lines is a JSON object that names a package."""
    lines = [line for line in head.removeprefix(b"\xef\xbb\xbf").splitlines() if line.strip()]
    for line in lines[:_LOOKED_AT]:
        try:
            found = _LINE.decode(line)
        except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue
        if found.package is not None or found.purl is not None:
            return True
    return False


def read(name: str, lines: Iterable[tuple[int, bytes]]) -> Iterator[Question | Problem]:
    """A question for each numbered line, blank ones aside; a Problem for one that is no JSON or names no package."""
    for number, raw in lines:
        line = raw.strip()
        if number == 1:
            line = line.removeprefix(b"\xef\xbb\xbf").lstrip()
        if not line:
            continue
        try:
            yield _question(_LINE.decode(line))
        except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            what = "nested too deeply to be read" if isinstance(error, RecursionError) else clean(str(error), 200)
            yield Problem(f"{name}:{number}", f"it is no question: {what}", FORM)
        except (BadPurl, _Nameless) as error:
            yield Problem(f"{name}:{number}", clean(str(error), 200), FORM)


class _Nameless(ValueError):
    """A line that names no package."""


def _question(line: _Line) -> Question:
    if line.purl is not None:
        return _by_purl(line)
    name = line.package
    if not isinstance(name, str) or not name.strip():
        raise _Nameless("it names no package" if name in (None, "") else f"{clean(str(name), 60)!r} is no package name")
    asked = Question(line.ecosystem, name, line.version, None)
    if not isinstance(line.ecosystem, str) or not line.ecosystem.strip():
        return asked._replace(why="its ecosystem is not known")
    if problem := name_problem(name) or name_problem(line.ecosystem):
        return asked._replace(why=problem)
    if why := _versionless(line.version):
        return asked._replace(why=why)
    ident, kind = f"{line.ecosystem}/{name}", ComponentKind.PACKAGE
    known = Component(id=ident, kind=kind, name=name, version=line.version, ecosystem=line.ecosystem)
    if ecosystem_key(line.ecosystem) in PRODUCTS:
        names = as_known(line.ecosystem, name)
        known = Component(id=ident, kind=kind, name=name, version=line.version, known_as=names)
    return asked._replace(component=known)


def _by_purl(line: _Line) -> Question:
    if not isinstance(line.purl, str):
        raise _Nameless(f"{clean(str(line.purl), 60)!r} is no package URL")
    named, found = parse(line.purl), component(line.purl)
    stated = line.version if found.version is None else found.version
    if found.version is None and isinstance(stated, str):
        found = msgspec.structs.replace(found, version=stated)
    asked = Question(found.ecosystem or named.type, named.package, stated, found, purl=line.purl)
    if why := _versionless(stated):
        return asked._replace(component=None, why=why)
    return asked


def _versionless(version: object) -> str:
    """Why it names no one version; "" when it may."""
    if version is None or version == "":
        return "the installed version is not known"
    if not isinstance(version, str):
        return f"the version {clean(str(version), 60)} is a number, which may have lost a part: write it as a text"
    word = version.strip().lower()
    if not word:
        return "the installed version is not known"
    return f"{clean(version, 60)!r} names no version" if word in _MOVING else ""


def of_bill(components: Iterable[Component]) -> Iterator[Question]:
    """A question for each component of a bill; what only holds others is none."""
    for one in components:
        if one.id.startswith(GROUP):
            continue
        why = _versionless(one.version) if one.kind is ComponentKind.PACKAGE else ""
        yield Question(one.ecosystem, one.name, one.version, one, why, _purl_of(one))


def _purl_of(component: Component) -> str:
    """Its package URL with the version; "" where it has none."""
    try:
        return str(parse(component.id)._replace(version=component.version or ""))
    except BadPurl:
        return ""


def reply(tx: Transaction, questions: Iterable[Question], now: datetime) -> Iterator[Reply]:
    """An answer to each, in their order; what was asked twice is judged once."""
    asked = list(questions)
    known = {(q.component.id, q.component.version): q.component for q in asked if q.component is not None}
    found = {(a.component, a.label): a for a in answers(tx, known.values(), now)}
    for question in asked:
        component = question.component
        answer = found.get((component.id, component.label)) if component is not None else None
        if answer is not None and (answer.audit is Audit.MATCHED or not question.why):
            yield _reply(question, answer)
        elif question.why or component is None:
            yield _unjudged(question, question.why)
        else:
            yield _unjudged(question, f"no advisories of a {component.kind.value.replace('_', ' ')} are matched")


def _reply(question: Question, answer: Answer) -> Reply:
    ecosystem, package, version = question[:3]
    state, purl = answer.audit.value.replace(" ", "_"), question.purl or None
    why = answer.reason or (NOTHING if answer.audit is Audit.CLEAN else "")
    more = answer.names, answer.fixed, answer.unsettled, purl
    return Reply(ecosystem, package, version, state, answer.advisories, why, *more)


def _unjudged(question: Question, why: str) -> Reply:
    ecosystem, package, version = question[:3]
    state = Audit.NOT_AUDITED.value.replace(" ", "_")
    return Reply(ecosystem, package, version, state, (), why, purl=question.purl or None)
