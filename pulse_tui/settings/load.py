"""Read a configuration folder (or one file) into :class:`~pulse_tui.settings.shapes.Settings`.

Several files may each hold some sections; lists are joined, a section that stands in two files is
an error. Kinds of sources, routes and steps bring their own options shape through ``kinds``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any, ClassVar, TypeVar

import msgspec

from pulse_tui.domain.errors import ConfigError, Problem
from pulse_tui.domain.notice import ANY_USE, Use
from pulse_tui.domain.rollback import Purpose
from pulse_tui.domain.words import Environment
from pulse_tui.settings import people
from pulse_tui.settings.admission import AdmissionShape
from pulse_tui.settings.changes import read_changes
from pulse_tui.settings.check import Seconds, convert, failed, nearest, renamed_keys
from pulse_tui.settings.document import Node, read
from pulse_tui.settings.estate import join_estates, read_estate, states_assets, version_marks
from pulse_tui.settings.hooks import read_hooks
from pulse_tui.settings.links import read_links
from pulse_tui.settings.lists import named, unique
from pulse_tui.settings.maintenance import read_maintenance
from pulse_tui.settings.operators import read_operators
from pulse_tui.settings.peek import files_in, shown
from pulse_tui.settings.polite import floor_of
from pulse_tui.settings.recording import read_recording
from pulse_tui.settings.retention import read_retention
from pulse_tui.settings.service import ServiceShape
from pulse_tui.settings.shapes import (
    ApprovalsShape,
    GovernanceShape,
    HeartbeatShape,
    PlaybookShape,
    RouteShape,
    Section,
    Settings,
    SourceShape,
    StepShape,
)
from pulse_tui.settings.suites import UNCHECKED, SuiteChecks, read_suites
from pulse_tui.settings.trusted import untrusted

T = TypeVar("T")
D = TypeVar("D")

OptionsOf = Callable[[str, str], "type[msgspec.Struct] | Sequence[str]"]
"""(family, kind) -> the kind's options shape, or the known kinds when there is none of that name.

Families are ``collectors``, ``actions`` and ``steps``.
"""

SECTIONS = {
    "name", "database", "estate", "sources", "suites", "routes", "playbooks", "operators", "approvals",
    "operators_file", "revoked_keys", "acknowledge_for", "policy", "precedence", "hooks", "heartbeat", "governance", "recording",
    *people.SECTIONS,
    "changes", "admission", "links", "maintenance", "retention", "service",
}  # fmt: skip
_OF_POLICY = {"rules", "respond_within", "gate", "rollback", "phase", "storm"}
_LISTS = {"links", "maintenance", "sources", "suites", "routes", "playbooks", "operators", *people.LISTS}


EVERY_S = 300.0
"""How often a source is read whose kind has no ``EVERY`` of its own (in its Options), and files of any kind."""


class SourceKeys(Section, frozen=True, kw_only=True):
    """What every source has beside its kind's own options."""

    id: str = ""
    """Names it; when it is left out the kind, or kind-preset of one that has a preset."""
    kind: str
    every: Seconds | None = None
    """How often it is read; when it is left out as the kind has it, else every five minutes."""
    enabled: bool = True


class RouteKeys(Section, frozen=True):
    """What every route has beside its kind's own options."""

    RENAMED: ClassVar[Mapping[str, str]] = {"owners": "owner_teams"}

    id: str
    kind: str
    owner_teams: tuple[str, ...] = ()
    uses: tuple[Use, ...] = ()
    """What it is for: page, notify, ticket, review. Left out: all that its kind can be used for."""


class PlaybookKeys(Section, frozen=True):
    """A playbook; its steps are checked kind by kind."""

    id: str
    assets: tuple[str, ...] = ()
    environments: tuple[Environment, ...] = (Environment.CANARY, Environment.PRODUCTION)
    steps: tuple[Any, ...] = ()
    on_failure: str = "undo"
    purpose: Purpose = Purpose.ROLLBACK
    drill: str | None = None
    """When it is rehearsed on the replica: five fields of cron, in UTC."""
    traffic: Annotated[float, msgspec.Meta(ge=0, le=100)] | None = None
    """The share in percent that a shift gives to the environment."""


class StepKeys(Section, frozen=True):
    """What every step has beside its kind's own options."""

    kind: str
    timeout: Seconds = Seconds(30)
    asset: str | None = None
    """The asset whose release the step moves, when it is not the one that the plan is for."""
    value: str | int | float | bool | None = None
    """What the target holds afterwards. In a playbook that moves a release: what a release is called there, where the kind has that."""


def load(path: Path, options_of: OptionsOf, checks: SuiteChecks = UNCHECKED, now: datetime | None = None) -> Settings:
    """Read and check everything. Raises ConfigError with every problem of every file; warnings are in the settings.

    ``now`` is for keys whose time has passed, of which it warns; None: it does not.
    """
    problems: list[Problem] = []
    files = files_in(path, problems)
    sections = _sections(path, files, problems)
    base = path.parent if files == [path] else path
    settings = _build(sections, str(base), files, options_of, checks, problems, now)
    if failed(problems):
        raise ConfigError(sorted((p for p in problems if not p.warning), key=_place))
    return msgspec.structs.replace(settings, warnings=tuple(sorted(problems, key=_place)))


def suite_digests(path: Path) -> dict[str, str] | None:
    """What each suite is frozen as by the configuration as it is now; None when it cannot be read just now."""
    problems: list[Problem] = []
    suites = _sections(path, files_in(path, problems), problems).get("suites")
    if problems:
        return None
    entries = suites.elements() if suites is not None else ()
    return {named(e.get("id")): named(d) for e in entries if (d := e.get("digest")) is not None and d.value}


def _sections(root: Path, files: Iterable[Path], problems: list[Problem]) -> dict[str, Node]:
    found: dict[str, Node] = {}
    for file in files:
        node, wrong = read(file, shown(root, file), partial(untrusted, shown=shown(root, file)))
        problems.extend(wrong)
        if node is None:
            continue
        if not isinstance(node.value, dict):
            problems.append(Problem(str(node.mark), "expected sections such as 'estate:' and 'sources:'"))
            continue
        for key, child in node.items():
            mark = node.key_marks[key]
            if key not in SECTIONS:
                hint = f"it stands in policy: policy: {{{key}: ...}}" if key in _OF_POLICY else nearest(key, SECTIONS)
                problems.append(Problem(str(mark), f"unknown section {key!r}", hint))
            elif key not in found:
                found[key] = child
            elif key in _LISTS and isinstance(child.value, list) and isinstance(found[key].value, list):
                found[key].value.extend(child.value)
            elif key == "estate" and join_estates(found[key], child):
                pass
            else:
                problems.append(
                    Problem(str(mark), f"the section {key!r} stands in two files", f"first in {found[key].mark}")
                )
    return found


def _build(
    sections: dict[str, Node],
    base: str,
    files: list[Path],
    options_of: OptionsOf,
    checks: SuiteChecks,
    problems: list[Problem],
    now: datetime | None,
) -> Settings:
    def whole(key: str, shape: type[T], default: D) -> T | D:
        node = sections.get(key)
        if node is None or node.value is None:
            return default
        return convert(node, shape, problems, path=key) or default

    approvals = whole("approvals", ApprovalsShape, ApprovalsShape())
    playbooks = tuple(_playbooks(sections.get("playbooks"), options_of, checks, problems))
    served = [e for book in playbooks for e in book.environments]
    acting = read_operators(sections, approvals, Path(base), served, problems, now)
    sources = _sources(sections.get("sources"), options_of, problems)
    routes = tuple(_routes(sections.get("routes"), options_of, problems))
    called = people.read_people(sections, routes, Path(base), problems)
    every = whole("acknowledge_for", Seconds, Seconds(4 * 3_600))
    return Settings(
        base=base,
        name=whole("name", str, "pulse"),
        database=whole("database", str, "") or None,
        estate=read_estate(sections.get("estate"), problems),
        states_assets=states_assets(sections.get("estate")),
        versions=dict(version_marks(sections.get("estate"))),
        sources=tuple(sources),
        links=read_links(sections.get("links"), problems),
        maintenance=read_maintenance(sections.get("maintenance"), checks.cron, checks.expression, problems),
        admission=whole("admission", AdmissionShape, None),
        changes=read_changes(sections.get("changes"), checks.cron, problems),
        precedence=_precedence(sections.get("precedence"), sources, problems),
        hooks=read_hooks(
            sections.get("hooks"),
            {**{r.id: "a route" for r in routes}, **{s.id: "a source" for s in sources}},
            problems,
        ),
        heartbeat=whole("heartbeat", HeartbeatShape, None),
        service=whole("service", ServiceShape, ServiceShape()),
        recording=read_recording(sections.get("recording"), problems),
        retention=read_retention(sections.get("retention"), problems),
        governance=whole("governance", GovernanceShape, GovernanceShape()),
        suites=tuple(read_suites(sections.get("suites"), checks, problems)),
        routes=routes,
        oncall=called.oncall,
        playbooks=playbooks,
        operators=acting.operators,
        identity=acting.identity,
        beside={**acting.files, **called.files},
        approvals=approvals,
        acknowledge_for=float(every),
        policy=sections.get("policy"),
        sections=sections,
        files=tuple(str(f) for f in files),
        operators_digest=digest(acting.digested),
        playbooks_digest=digest([sections["playbooks"].plain()] if "playbooks" in sections else []),
    )


OF_A_HOST = frozenset({"database", "hooks", "admission"})
"""Sections that may be others on each host: where it listens, how it reaches the database."""


def section_digests(settings: Settings) -> dict[str, str]:
    """A digest of each section that all hosts should have alike; operators and playbooks with what they have in files."""
    found = {key: digest(node.plain()) for key, node in settings.sections.items() if key not in OF_A_HOST}
    return found | {"operators": settings.operators_digest, "playbooks": settings.playbooks_digest}


def digest(value: Any) -> str:
    """SHA-256 of a plain value's canonical JSON, in hex."""
    return hashlib.sha256(msgspec.json.encode(value, order="deterministic")).hexdigest()


def _split(node: Node, shape: type[Section]) -> tuple[Node, Node]:
    """A mapping as (its common keys, the rest: the kind's own options)."""
    known = {*shape.__struct_fields__, *renamed_keys(shape)}
    common, rest = Node({}, node.mark), Node({}, node.mark)
    for key, child in node.items():
        part = common if key in known else rest
        part.value[key] = child
        part.key_marks[key] = node.key_marks[key]
    return common, rest


def _kinded(
    node: Node | None, path: str, family: str, shape: type[T], options_of: OptionsOf, problems: list[Problem]
) -> Iterable[tuple[Node, T, Any]]:
    """(node, common part, typed options) of each well-formed entry of a list of kinds."""
    if node is None or node.value is None:
        return
    if not isinstance(node.value, list):
        problems.append(Problem(str(node.mark), f"{path}: expected a list", "begin each entry with '- '"))
        return
    for i, child in enumerate(node.value):
        where = f"{path}[{i}]"
        if not isinstance(child.value, dict):
            problems.append(Problem(str(child.mark), f"{where}: expected keys and values"))
            continue
        common_node, rest = _split(child, shape)  # type: ignore[arg-type]
        kind_node = child.get("kind")
        options: Any = None
        if kind_node is not None and isinstance(kind_node.value, str):
            found = options_of(family, kind_node.value)
            if isinstance(found, type):
                common = shape.__struct_fields__  # type: ignore[attr-defined]
                options = convert(rest, found, problems, path=where, beside=common)
            else:
                problems.append(
                    Problem(
                        str(kind_node.mark),
                        f"{where}.kind: unknown kind {kind_node.value!r}",
                        nearest(kind_node.value, found),
                    )
                )
                continue
        common = convert(common_node, shape, problems, path=where)
        if common is not None and options is not None:
            yield child, common, options


def _sources(node: Node | None, options_of: OptionsOf, problems: list[Problem]) -> list[SourceShape]:
    out: dict[str, SourceShape] = {}
    for child, common, options in _kinded(node, "sources", "collectors", SourceKeys, options_of, problems):
        preset = getattr(options, "preset", "")  # several presets of a kind need no id
        ident = common.id or (f"{common.kind}-{preset}" if preset else common.kind)
        if ident in out:
            problems.append(Problem(str(child.mark), f"sources: id {ident!r} is given twice"))
        own = EVERY_S if getattr(options, "path", "") else getattr(type(options), "EVERY", EVERY_S)
        every, floor = float(common.every if common.every is not None else own), floor_of(options)
        if every < floor:
            what = f"source {ident}: it is asked every {floor / 60:g} minutes, not more often: its server is somebody else's"
            problems.append(Problem(str(child.mark), what, f"every: {floor / 60:g}m", warning=True))
            every = floor
        out[ident] = SourceShape(
            id=ident, kind=common.kind, every=every, options=options, enabled=common.enabled, floor=floor
        )
    return list(out.values())


def _precedence(node: Node | None, sources: Sequence[SourceShape], problems: list[Problem]) -> tuple[str, ...]:
    """The order of trust: as stated, then the sources that it does not name, as they stand."""
    ids = [s.id for s in sources]
    if node is None or node.value is None:
        return tuple(ids)
    stated = convert(node, tuple[str, ...], problems, path="precedence") or ()
    for i, source in enumerate(stated):
        if source not in ids:
            mark = node.value[i].mark
            problems.append(Problem(str(mark), f"precedence: there is no source {source!r}", nearest(source, ids)))
    return tuple(dict.fromkeys((*stated, *ids)))


def _routes(node: Node | None, options_of: OptionsOf, problems: list[Problem]) -> list[RouteShape]:
    out: dict[str, RouteShape] = {}
    for child, common, options in _kinded(node, "routes", "actions", RouteKeys, options_of, problems):
        if common.id in out:
            problems.append(Problem(str(child.mark), f"routes: id {common.id!r} is given twice"))
        able: frozenset[Use] = getattr(options, "USES", ANY_USE)
        for use in (u for u in common.uses if u not in able):
            what = f"routes: {common.id}: a route of kind {common.kind} cannot be used for {use.value}"
            problems.append(Problem(str(child.mark), what, f"it can: {', '.join(sorted(able)) or 'nothing'}"))
        out[common.id] = RouteShape(
            id=common.id, kind=common.kind, owner_teams=common.owner_teams, options=options, uses=common.uses
        )
    return list(out.values())


def _drill_problems(book: PlaybookKeys, node: Node, checks: SuiteChecks) -> Iterator[Problem]:
    """What is wrong with the schedule of a playbook's drills."""
    schedule = node.get("drill")
    if schedule is None or book.drill is None:
        return
    where = f"playbook {book.id!r} drill"
    if wrong := checks.cron(book.drill):
        hint = "five fields in UTC, as in 0 4 * * 1"
        yield Problem(str(schedule.mark), f"{where}: {book.drill!r}: {wrong}", hint)
    if book.purpose is not Purpose.ROLLBACK:
        what = f"{where}: a playbook whose purpose is {book.purpose.value} is not drilled"
        yield Problem(str(schedule.mark), what, "only a rollback is rehearsed: take the line out")


def _spelled(value: str | float | None) -> str | None:
    """As targets read it: ``true``, ``10``."""
    return value if value is None or isinstance(value, str) else json.dumps(value)


def _routing_problems(book: PlaybookKeys, node: Node, steps: Sequence[StepShape]) -> Iterator[Problem]:
    """What a playbook that moves no release must say, and one that moves one must not."""
    where, routes = f"playbook {book.id!r}", book.purpose.routes
    for step in steps:
        if routes and step.value is None:
            hint = "value: true, or another text that the target understands"
            yield Problem(
                step.mark, f"{where}: a {book.purpose.value} must say what the target of its step holds then", hint
            )
        elif not routes and step.value is not None:
            hint = "take the line out, or name a purpose: pause, shift or resume"
            yield Problem(
                step.mark, f"{where}: a step of kind {step.kind} has no value of its own when a release moves", hint
            )
        if routes and step.asset is not None:
            hint = "take the line out, or write a playbook for that asset"
            yield Problem(step.mark, f"{where}: a {book.purpose.value} is of one asset", hint)
        if "{share}" in (step.value or "") and book.purpose is not Purpose.SHIFT:
            yield Problem(step.mark, f"{where}: only a shift has a {{share}}", "name the value")
    if book.traffic is not None and book.purpose is not Purpose.SHIFT:
        yield Problem(str(node.mark), f"{where}: traffic is the share that a shift gives", "take the line out")
    open_share = any("{share}" in (step.value or "") for step in steps)
    if book.purpose is Purpose.SHIFT and book.traffic is None and steps and not open_share:
        hint = "traffic: 10, or {share} in the value of a step"
        yield Problem(str(node.mark), f"{where}: a shift must say what share of the traffic it gives", hint)


def _playbooks(
    node: Node | None, options_of: OptionsOf, checks: SuiteChecks, problems: list[Problem]
) -> list[PlaybookShape]:
    out: list[PlaybookShape] = []
    bare = unique(node, "playbooks", PlaybookKeys, problems)
    nodes = {named(c.get("id")): c for c in (node.elements() if node is not None else ())}
    for book in bare:
        child = nodes[book.id]
        if book.on_failure not in ("undo", "halt"):
            mark = child.value["on_failure"].mark
            problems.append(
                Problem(
                    str(mark),
                    f"on_failure: {book.on_failure!r} is not known",
                    nearest(book.on_failure, ["undo", "halt"]),
                )
            )
        problems.extend(_drill_problems(book, child, checks))
        steps_node = child.get("steps")
        if steps_node is None or not steps_node.value:
            problems.append(Problem(str(child.mark), f"playbook {book.id!r} has no steps"))
            continue
        steps = []
        for step_node, step, typed in _kinded(
            steps_node, f"playbook {book.id} steps", "steps", StepKeys, options_of, problems
        ):
            options, value = _split(step_node, StepKeys)[1].plain(), _spelled(step.value)
            if value is not None and not book.purpose.routes and "value" in typed.__struct_fields__:
                options, value = {**options, "value": value}, None
            steps.append(
                StepShape(
                    kind=step.kind,
                    timeout=float(step.timeout),
                    options=options,
                    mark=str(step_node.mark),
                    asset=step.asset,
                    value=value,
                )
            )
        problems.extend(_routing_problems(book, child, steps))
        out.append(
            PlaybookShape(
                id=book.id,
                assets=book.assets,
                environments=book.environments,
                steps=tuple(steps),
                on_failure=book.on_failure,
                purpose=book.purpose,
                drill=book.drill,
                traffic=book.traffic,
                digest=digest(child.plain()),
            )
        )
    return out


def _place(problem: Problem) -> tuple[str, int]:
    file, _, line = problem.where.rpartition(":")
    return (file, int(line)) if line.isdigit() else (problem.where, 0)
