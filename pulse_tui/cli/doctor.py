"""``pulse-tui doctor``: everything that must be in order before a night, with evidence for each line."""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import stat
import sys
from collections.abc import Callable, Collection, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from pulse_tui.cli.output import emit
from pulse_tui.domain.claim import ESTATE
from pulse_tui.domain.delivery import undelivered
from pulse_tui.domain.errors import ConfigError, NoDatabase, PulseError, StorageError
from pulse_tui.domain.moments import from_us, iso
from pulse_tui.domain.views.advisories import cure
from pulse_tui.domain.words import Environment
from pulse_tui.process import operator_name
from pulse_tui.settings.check import nearest
from pulse_tui.web.reach import is_here
from pulse_tui.wiring import House, found_config, state_dir

if TYPE_CHECKING:
    from pulse_tui.domain.operator import Identity
    from pulse_tui.settings.references import Known

PATIENCE_S = 5.0
"""A step's target is waited for no longer than this."""
PAGES_S = 5.0
"""How long the pages of an SQLite file are checked: about 2 GB."""
LATE_CLOCK = timedelta(minutes=2)
MESSAGES = 10_000
"""The newest, which are looked through for those that reached nobody."""
DRILLS = 20
"""Assets whose drills are listed, those that lack one first."""


class Line(NamedTuple):
    """One thing checked. ``ok`` None: a remark, nothing is wrong."""

    what: str
    ok: bool | None
    evidence: str


def arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """No options of its own."""
    parser.epilog = "One line of evidence for each part. Exits with 1 when something is wrong."


def run(options: argparse.Namespace, _name: str) -> int:
    """0 when nothing is wrong, 1 when something is."""
    lines = [*_terminal(), *_house(options)]
    marks = {True: "ok  ", False: "FAIL", None: "note"}
    emit(options, lines, [f"{marks[line.ok]} {line.what}: {line.evidence}" for line in lines])
    return 0 if all(line.ok is not False for line in lines) else 1


def _terminal() -> Iterator[Line]:
    size = shutil.get_terminal_size()
    term = os.environ.get("TERM", "")
    yield Line(
        "terminal",
        None if not sys.stdout.isatty() else term not in ("", "dumb"),
        f"TERM={term or 'unset'}, {size.columns}x{size.lines}",
    )
    encoding = (sys.stdout.encoding or "").lower()
    yield Line("encoding", True if "utf" in encoding else None, encoding or "unknown (ASCII borders are used)")


def _house(options: argparse.Namespace) -> Iterator[Line]:
    path, how = found_config(options.config)
    try:
        house = House(path, database=options.database, read_only=True)
    except PulseError as error:
        yield Line("config", False, str(error))
        return
    yield Line(
        "config",
        path is not None or None,
        f"{path} ({how})" if path else "none found: pulse-tui init writes a first one",
    )
    for problem in house.settings.warnings:
        yield Line("config", None, str(problem))
    try:
        yield from _parts(house)
    finally:
        house.close()


def _parts(house: House) -> Iterator[Line]:
    settings = house.settings
    yield Line(
        "estate",
        bool(settings.estate.assets) or None,
        f"declared: {len(settings.estate.assets)} asset(s), {len(settings.suites)} suite(s)",
    )
    yield from _before(house)
    yield from _checked("policy", _policy, house)
    yield from _reviews(house)
    yield from _operators(house)
    database = list(_checked("database", _database, house))
    if database[0].ok is not None:  # of one that cannot be read the pages say more
        database += [line for line in _pages(house) if line.evidence != database[0].evidence]
    yield from database
    stored = all(line.ok is not False for line in database) and bool(database[0].ok)  # of a damaged one nothing is read
    named = list(_references(house, stored=stored))
    yield from named
    if not stored:
        return
    failed = {line.what for line in named if line.ok is False}
    for part in (
        _private, _undecided, _migrations, _notes, _step_targets, _metrics, _rollback_targets, _authorisations, _rollback_runs, _messages, partial(_sources, named=failed), _advisories, _suites,
        _hooks, _log,
    ):  # fmt: skip
        try:
            yield from part(house)
        except ConfigError:  # the policy or a playbook, which is named above; the rest is checked
            continue
        except StorageError as error:  # what reads a damaged page; the pages are named above
            yield Line("database", False, str(error))


def _checked(what: str, look: Callable[[House], str], house: House) -> Iterator[Line]:
    try:
        yield Line(what, True, look(house))
    except NoDatabase as error:
        yield Line(what, None, str(error))
    except PulseError as error:
        yield Line(what, False, str(error))


def _references(house: House, *, stored: bool) -> Iterator[Line]:
    """Everything that the configuration names is there: assets, versions, suites, owners, folders; nothing is a placeholder."""
    from pulse_tui.settings import references  # noqa: PLC0415

    known = _known(house) if stored else references.Known(rule_owners=_rule_owners(house))
    wrong = [*references.broken(house.settings, known), *references.folders(house.settings)]
    # Without a database nobody knows which versions a registry has.
    for item in wrong:
        yield Line(item.where, False if stored or "release" not in item.what else None, item.what)
    for item in references.placeholders(house.settings):
        yield Line(item.where, False, item.what)
    for where, name in references.secrets(house.settings):
        if name not in os.environ:
            yield Line(where, False, f"${{{name}}} is not set. Export it before the start")
        elif not os.environ[name].strip():
            yield Line(where, False, f"${{{name}}} is set to nothing. Export its value before the start")
    for item, nothing in references.unreached(house.settings):
        yield Line(item.where, False if nothing else None, item.what)
    if not wrong:
        yield Line("references", True, "every asset, version, suite, owner and folder that is named is there")


def _known(house: House) -> Known:
    from pulse_tui.settings.references import Known  # noqa: PLC0415

    with house.store.read() as tx:
        estate = tx.estate.load()
        versions = {a: {r.version for r in tx.estate.releases(a)} for a in estate.assets}
        for suite in house.settings.suites:
            for asset_id in suite.baselines:
                versions.setdefault(asset_id, set()).update(tx.evals.versions(asset_id, suite.id))
    return Known(set(estate.assets), versions, _rule_owners(house))


def _rule_owners(house: House) -> set[str]:
    try:
        return {r.owner for r in house.policy.rules if r.owner}
    except PulseError:
        return set()


def _step_targets(house: House) -> Iterator[Line]:
    """Each step of the playbooks reads its target back, for what serves; nothing is moved.

    One whose secret is not set is among the references, once.
    """
    from pulse_tui.services.rollback.steps import fill, step_options  # noqa: PLC0415
    from pulse_tui.settings.references import secret_names  # noqa: PLC0415

    parts = house.rollback
    with house.store.read() as tx:
        served = [(d, tx.estate.release(d.asset_id, d.version)) for d in tx.estate.load().deployments]
    for book in parts.playbooks:
        for deployment, release in served:
            if release is None or not book.serves(deployment.asset_id, deployment.environment):
                continue
            where = f"playbook {book.id} for {deployment.asset_id} {deployment.environment.value}"
            for shape in book.steps:
                if shape.asset not in (None, deployment.asset_id):
                    continue  # what a combination moves beside it serves its own release
                if not secret_names(shape.options) <= os.environ.keys():
                    continue
                names = {"asset": deployment.asset_id, "environment": deployment.environment.value}
                try:
                    options = step_options(parts, shape.kind, fill(shape.options, names), shape)
                    module = parts.steps[shape.kind]
                    holds = module.read(options, parts.outside.stepping(min(shape.timeout, PATIENCE_S)))
                    expected = module.value_of(options, release)
                except PulseError as error:
                    yield Line(where, False, f"{shape.kind} cannot read its target: {error}")
                    continue
                except Exception as error:  # a bug of an installed step kind
                    yield Line(where, False, f"the step kind {shape.kind} broke: {type(error).__name__}: {error}")
                    continue
                target = module.target(options)
                if holds == expected:
                    yield Line(where, True, f"{target} holds {holds}")
                else:
                    yield Line(
                        where,
                        False,
                        f"{target} holds {holds or 'nothing'}, but {release.version} serves by the registry"
                        + (f" (there {expected})" if expected != release.version else "")
                        + ": pulse-tui rollback list shows runs that stopped; else correct the target or the estate",
                    )


def _metrics(house: House) -> Iterator[Line]:
    """Each metric of a suite is in its newest result; a misspelt one is named with the nearest that is."""
    from pulse_tui.domain.metrics import Made, made_of  # noqa: PLC0415

    with house.store.read() as tx:
        for suite in house.settings.suites:
            runs = [r for a in suite.baselines for _, r in tx.evals.runs(a, suite.id, 1)]
            if not runs:
                continue
            newest = max(runs, key=lambda r: r.at)
            there = {f"{s.task} {s.metric}" for s in newest.scores}
            for task in suite.tasks:
                named = f"{task.name} {task.metric}"
                if named not in there and made_of(task.metric) is Made.SCORES:
                    detail = f"the newest run {newest.id} has no {named} {nearest(named, there)}".rstrip()
                    yield Line(f"suite {suite.id}", False if task.must_pass else None, detail)


def _before(house: House) -> Iterator[Line]:
    """What an earlier configuration declared, where this one states no assets: it stands until one does."""
    if house.settings.states_assets:
        return
    with contextlib.suppress(PulseError), house.store.read() as tx:
        claims = tx.inventory.claims_by(ESTATE)
        standing = sorted({c.subject for c in claims if c.field == "owner_team"})
        if standing:
            named = ", ".join(standing[:3]) + (" ..." if len(standing) > 3 else "")
            detail = f"{len(standing)} declared by an earlier configuration stand: {named}"
            yield Line("estate", None, f"{detail}; state them here, or end them with assets: []")


def _reviews(house: House) -> Iterator[Line]:
    """Rules whose review should have taken place: nobody has asked for a while whether they still fit."""
    late = [r for r in house.reviews if r.due < house.clock().date()]
    if late:
        names = ", ".join(r.words for r in late[:3])
        yield Line("policy review", None, f"{len(late)} overdue: {names}; review them and set a new date")


def _undecided(house: House) -> Iterator[Line]:
    """Rules that could not decide lately: what they watch for may be there."""
    from pulse_tui.cli.status import undecided  # noqa: PLC0415

    for line in undecided(house):
        rule, _, why = line.partition(": ")
        yield Line(rule.replace(" x", " was indeterminate x"), None, why)


def _migrations(house: House) -> Iterator[Line]:
    """Models that nothing should use any more by now: their vendors shut them down soon, or did."""
    from pulse_tui.enrich.vendors.tasks import task_words  # noqa: PLC0415
    from pulse_tui.services.vendors.tasks import overdue_migrations  # noqa: PLC0415

    now = house.clock()
    with house.store.read() as tx:
        late = overdue_migrations(tx, now)
    for task in late:
        yield Line(f"migration of {task.asset_id}", False, task_words(task, now))


def _notes(house: House) -> Iterator[Line]:
    """Notes of vendors of which no rule is sure what they are about: what they announce may have alerted nobody."""
    from pulse_tui.services.vendors.corrections import queue_words  # noqa: PLC0415

    with house.store.read() as tx:
        words = queue_words(tx)
    if words:
        yield Line("notes to review", None, words)


def _policy(house: House) -> str:
    from pulse_tui.policy.check import run_tests  # noqa: PLC0415

    results = run_tests(house.policy)
    failed = [r.name for r in results if not r.ok]
    if failed:
        raise PulseError(f"{len(failed)} of its own tests fail: {', '.join(failed[:3])}", todo="pulse-tui policy test")
    return f"{len(house.policy.rules)} rules, {len(results)} of their tests pass, digest {house.policy.digest[:12]}"


def _database(house: House) -> str:
    from pulse_tui.cli.status import refused_words  # noqa: PLC0415

    with house.store.read() as tx:
        count = tx.signals.count()
        refused = tx.signals.refused()
    more = f", {refused_words(refused)}" if refused else ""
    return f"{house.store.shown}, schema {house.store.schema}, {count} signals{more}"


def _private(house: House) -> Iterator[Line]:
    """The database, its side files and copies, and the sessions: who else can read them."""
    from pulse_tui.storage.engine import SIDE_FILES  # noqa: PLC0415

    files = sorted(state_dir().glob("session-*.json"))
    if house.store.is_sqlite:
        path = Path(house.store.shown)
        files += [
            path,
            *(path.with_name(path.name + end) for end in SIDE_FILES),
            *path.parent.glob(f"{path.name}.*.bak"),
        ]
    for file in files:
        with contextlib.suppress(OSError):
            mode = stat.S_IMODE(file.stat().st_mode)
            if mode & (stat.S_IRWXO | stat.S_IRWXG):
                whom = "everybody" if mode & stat.S_IRWXO else "its group"
                todo = f"chmod go-rwx {file}"
                wrong = False if mode & stat.S_IRWXO else None
                yield Line(
                    "private files", wrong, f"{file} (mode {mode:04o}) is open to {whom}; for nobody else: {todo}"
                )


def _pages(house: House) -> Iterator[Line]:
    """Whether every page of the SQLite file is whole: a damaged one may be read by nobody for weeks."""
    try:
        checked = house.store.check(PAGES_S)
    except PulseError as error:
        yield Line("database pages", False, str(error))
        return
    if checked is None:
        return
    if checked.problem:
        yield Line("database pages", False, f"damaged: {checked.problem}. {house.store.restore}")
    elif not checked.complete:
        more = "pulse-tui db backup checks all of them"
        yield Line("database pages", None, f"whole as far as {PAGES_S:g} s allowed; {more}")
    else:
        yield Line("database pages", True, f"whole, checked in {checked.seconds:.1f} s")


def _operators(house: House) -> Iterator[Line]:
    settings = house.settings
    operators, needed, identity = settings.operators, settings.approvals.production, settings.identity
    able = identity.able({o.name: o for o in operators}, Environment.PRODUCTION)
    yield Line(
        "operators",
        len(able) >= needed if settings.playbooks else None,
        f"{len(able)} may approve in production ({', '.join(able) or 'nobody'}), {needed} are needed",
    )
    if operators:
        yield from _identity(house, identity)
    me = operator_name()
    known = me in {o.name for o in operators}
    yield Line(
        "you",
        known or None,
        f"{me}" + ("" if known else _STRANGER if operators else _ANYBODY),
    )


_STRANGER: Final = ": not in the operators' file, may read but not act; $PULSE_OPERATOR names another"
_ANYBODY: Final = (
    ": no operators are configured, so whoever has this account acts under any name; add operators with keys"
)


def _identity(house: House, identity: Identity) -> Iterator[Line]:
    """What an approval in production proves, and whether this account could sign one now."""
    if identity.by_name:
        what = "no operator has a public key: approvals in production are not signed, and nothing proves who gave them"
        yield Line("identity", False if house.settings.playbooks else None, f"{what}; pulse-tui help approvals")
        return
    signed = identity.must_sign(Environment.PRODUCTION)
    keys = sum(len(o.signers) for o in house.settings.operators)
    what = "are signed" if signed else "count without a signature (approvals: unsigned)"
    yield Line(
        "identity", signed, f"approvals in production {what}; {keys} public keys, {len(identity.revoked)} revoked"
    )
    me = operator_name()
    mine = next((o for o in house.settings.operators if o.name == me), None)
    if signed and mine is not None and Environment.PRODUCTION in mine.environments:
        from pulse_tui.services.rollback.votes import pen_of  # noqa: PLC0415
        from pulse_tui.signing import Agent  # noqa: PLC0415

        found = pen_of(mine, me, identity, Agent(), Environment.PRODUCTION, house.clock())
        yield Line(
            "your key", True if found.key is not None else None, f"an approval of {me} in production: {found.words}"
        )


def _rollback_targets(house: House) -> Iterator[Line]:
    """Every production deployment needs a release to go back to and a playbook that gets there."""
    from pulse_tui.services.registry.known_good import rollback_target  # noqa: PLC0415

    with house.store.read() as tx:
        deployments = [d for d in tx.estate.load().deployments if d.environment.value == "production"]
        stuck = [
            d.asset_id for d in deployments if rollback_target(tx, d.asset_id, d.environment, d.version).release is None
        ]
    books = house.settings.playbooks
    bare = [d.asset_id for d in deployments if not any(b.serves(d.asset_id, d.environment) for b in books)]
    if deployments:
        yield Line(
            "rollback target",
            None if stuck else True,
            f"{len(deployments) - len(stuck)} of {len(deployments)} production deployments have a known-good release"
            + (f"; not: {', '.join(stuck[:5])}" if stuck else ""),
        )
        yield Line(
            "playbooks",
            None if bare else True,
            f"{len(deployments) - len(bare)} of {len(deployments)} production deployments have a playbook"
            + (f"; not: {', '.join(bare[:5])}" if bare else ""),
        )
    if deployments:
        yield from _drilled(house)


def _drilled(house: House) -> Iterator[Line]:
    """Each production asset: the drill that its rollback rests on, or what is missing."""
    from pulse_tui.services.rollback.capacity import ready  # noqa: PLC0415
    from pulse_tui.services.rollback.rehearse import hindrance  # noqa: PLC0415

    rows = ready(house.rollback, Environment.PRODUCTION)
    missing = [r for r in rows if not r.drilled.ok]
    whole = sum(r.whole for r in rows)
    yield Line(
        "rollback drilled",
        None if missing else True,
        f"{len(rows) - len(missing)} of {len(rows)} production assets; {whole} have a whole certificate",
    )
    for row in (missing + [r for r in rows if r.drilled.ok])[:DRILLS]:
        why = "" if row.drilled.ok else hindrance(house.rollback, row.asset, Environment.PRODUCTION)
        detail = f"{row.drilled.detail}. It cannot be drilled: {why}" if why else row.drilled.detail
        yield Line(f"drill {row.asset}", True if row.drilled.ok else None, detail)
    if len(rows) > DRILLS:
        yield Line("drills", None, f"{len(rows) - DRILLS} more: pulse-tui status --json names each under rollback")


def _authorisations(house: House) -> Iterator[Line]:
    """Which production deployments roll back by themselves, and what of that waits, is void or ends soon."""
    from pulse_tui.services.rollback.authorise import listed  # noqa: PLC0415

    with house.store.read() as tx:
        serving = sorted(d.asset_id for d in tx.estate.load().deployments if d.environment.value == "production")
    rows = listed(house.rollback)
    covered = {row.asset for row in rows if row.state == "valid" and row.environment == "production"}
    bare = [asset for asset in serving if asset not in covered]
    if serving:
        yield Line(
            "pre-authorised",
            None if bare else True,
            f"{len(serving) - len(bare)} of {len(serving)} production deployments have a pre-authorised rollback"
            + (f"; not: {', '.join(bare[:5])}" if bare else ""),
        )
    latest = {(r.asset, r.environment, r.trigger): r for r in reversed(rows)}
    for row in latest.values():
        if row.needs_somebody or row.state in ("void", "expired"):
            yield Line(f"pre-authorisation {row.hash[:12]}", None, row.headline)


def _rollback_runs(house: House) -> Iterator[Line]:
    """Runs that stopped short of their end, and plans that wait for somebody."""
    board = house.store.board(house.settings.name, None, house.clock())
    for run in board.runs:
        yield Line("rollback run", False if run.stopped else None, f"{run.headline} -> {run.todo or 'wait for it'}")
    for plan in board.plans:
        yield Line("rollback plan", None, f"{plan.headline} -> {plan.todo or 'end that run first'}")
    for name in board.header.paused:
        yield Line("rollout", None, f"{name} is paused; pulse-tui muted says why, since when and what ends it")
    if not board.runs and not board.plans:
        yield Line("rollback runs", True, "none stopped half-way, no plan waits")


def _messages(house: House) -> Iterator[Line]:
    """Messages that reached nobody: they failed, or nobody sends them."""
    now = house.clock()
    with house.store.read() as tx:
        waiting = undelivered(tx.plumbing.deliveries(MESSAGES), now)
    for route in sorted({d.route for d in waiting}):
        there = [d for d in waiting if d.route == route]
        last = there[0]
        why = last.error or f"due since {iso(last.due)} and nobody sends it: no collector runs"
        tried = f"tried {last.attempts} times, {last.state.value}"
        yield Line(f"messages to {route}", False, f"{len(there)} not delivered; the newest: {why} ({tried})")
    if not waiting:
        yield Line("messages", True, "none waits, none was lost")


def _sources(house: House, named: Collection[str]) -> Iterator[Line]:
    """How each was last read; without the reason where it is ``named`` above already, for what it is now."""
    from pulse_tui.domain.health import Health  # noqa: PLC0415

    now = house.clock()
    with house.store.read() as tx:
        known = tx.plumbing.sources()
    for source in house.judging.sources.values():
        status = known.get(source.id)
        if status is None or status.last_attempt_at is None:
            yield Line(f"source {source.id}", None, f"{source.kind}, never read: pulse-tui refresh {source.id}")
            continue
        health = status.health(now)
        again = f" (read {iso(status.last_attempt_at)}; again: pulse-tui refresh {source.id})"
        why = "" if f"source {source.id}" in named else f": {status.reason}"
        good = f"last good {status.last_good_at:%Y-%m-%d %H:%M}" if status.last_good_at else "never good"
        yield Line(
            f"source {source.id}",
            {Health.GOOD: True, Health.FAILING: False}.get(health),
            f"{source.kind}, {health.value}, {good}" + (f"{why}{again}" if status.reason else ""),
        )


def _advisories(house: House) -> Iterator[Line]:
    """Each advisory feed with its age, and each ecosystem of the estate that nobody covers."""
    from pulse_tui.services.advisories.ledger import ledger  # noqa: PLC0415

    found = ledger(house.store, house.clock())
    for feed in found.feeds:
        told = f"answered {from_us(feed.read_us):%Y-%m-%d %H:%M}, of {from_us(feed.at_us):%Y-%m-%d}: {feed.covers}"
        stale = f"; stale: {feed.why}" if feed.stale else ""
        yield Line(f"advisories {feed.source}", not feed.stale, f"{told}{stale}")
    lists = {feed.covers for feed in found.feeds}
    if lists and "KEV" not in lists:
        what = "no KEV list was read: nobody knows which vulnerabilities are exploited, priorities come from the rest"
        yield Line("advisories KEV", None, f"{what}; add a source of kind kev")
    if lists and "EPSS" not in lists:
        what = "no EPSS list was read: how likely an exploitation is, is unknown"
        yield Line("advisories EPSS", None, f"{what}; add a source of kind epss")
    for ecosystem in found.uncovered:
        row = next((r for r in found.ecosystems if r.about == ecosystem), None)
        count = f"{row.not_audited:,} not audited" if row is not None else "not audited"
        yield Line(f"advisories of {ecosystem}", None, f"nobody covers it, {count}: {cure(ecosystem)}")


def _suites(house: House) -> Iterator[Line]:
    """Whether the content of each is there and is what was frozen, and whether its command can be started."""
    from pulse_tui.services.suites.content import MISSING, State  # noqa: PLC0415
    from pulse_tui.services.suites.rows import statuses  # noqa: PLC0415

    for seen in statuses(house.judging, []):
        wrong = seen.state is State.CHANGED or seen.found == MISSING
        good = False if wrong else True if seen.state is State.UNCHANGED else None
        yield Line(f"suite {seen.suite}", good, seen.why)
        command = house.judging.suites[seen.suite].command
        if command:
            program = command[0] if os.sep not in command[0] else str(house.base / command[0])
            found = shutil.which(program)
            yield Line(f"suite {seen.suite}'s command", found is not None, found or f"{command[0]!r} was not found")


def _hooks(house: House) -> Iterator[Line]:
    """Whether webhooks make polls immediate, and of which sources."""
    parts, shape = house.judging, house.settings.hooks
    able = [s for s in parts.sources.values() if hasattr(parts.source_kinds[s.kind], "hint")]
    trusted = [s.id for s in able if _filled(getattr(s.options, "webhook_secret", None))]
    if shape is None:
        could = f"; {', '.join(s.id for s in able)} could send them: hooks: {{listen: 127.0.0.1:8765}}" if able else ""
        yield Line("hooks", None, f"no webhooks are taken in, sources are polled{could}")
        return
    bare = [s.id for s in able if s.id not in trusted]
    everywhere = shape.host in ("0.0.0.0", "::")  # noqa: S104  said, not done
    yield Line(
        "hooks",
        True if trusted and is_here(shape.host) and not everywhere else None,
        f"a tower or agent listens on {shape.listen}, POST /hooks/<source>; "
        + (f"hints from {', '.join(trusted)}" if trusted else "no source has a webhook_secret")
        + (f"; without a webhook_secret: {', '.join(bare)}" if trusted and bare else "")
        + (
            f"; {'every network of this machine' if everywhere else 'the network'} reaches it in the clear: listen on "
            "127.0.0.1 behind a proxy with TLS"
            if everywhere or not is_here(shape.host)
            else ""
        ),
    )


def _filled(secret: str | None) -> bool:
    """Whether a secret is configured and its variables hold something."""
    from pulse_tui.settings.references import secret_names  # noqa: PLC0415

    return bool(secret) and all(os.environ.get(name, "").strip() for name in secret_names(secret))


def _log(house: House) -> Iterator[Line]:
    from pulse_tui.services.rollback.recorded import verified  # noqa: PLC0415
    from pulse_tui.signing import Agent  # noqa: PLC0415

    places = house.settings.approvals.anchors
    try:
        anchors = house.anchors()
        none = "none are kept: whoever owns the database can write the log again; approvals: {anchors: [syslog, FILE]}"
        kept = f"{', '.join(places)}; {len(anchors)} read back" if places else none
        yield Line("audit anchors", True if places else None, kept)
    except ConfigError as error:
        yield Line("audit anchors", False, str(error))
        anchors = []
    with house.store.read() as tx:
        newest = tx.signals.recent(1)
        log = verified(tx, anchors, Agent())
    wrong = log.wrong
    more = f"; and {len(wrong) - 1} more: pulse-tui audit verify" if wrong[1:] else ""
    yield Line(
        "audit log",
        not wrong,
        wrong[0] + more if wrong else f"{log.lines} lines, whole, append-only, and the records agree with it",
    )
    ahead = newest[0].observed_at - house.clock() if newest else timedelta(0)
    yield Line(
        "clock",
        ahead < LATE_CLOCK,
        f"{house.clock():%Y-%m-%d %H:%M:%S} UTC"
        + (f", {ahead} behind the newest signal" if ahead >= LATE_CLOCK else ""),
    )
