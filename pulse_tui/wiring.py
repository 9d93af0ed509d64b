"""The only file that knows every room: settings -> parts. The only clock is here."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from pulse_tui.domain import cron
from pulse_tui.domain.errors import ConfigError, Problem, PulseError, Refused

# The rest is imported where it is used: this file is read before the tower's first frame.
if TYPE_CHECKING:
    from pulse_tui.domain.audit import Anchor
    from pulse_tui.domain.rollback import Rules
    from pulse_tui.domain.scope import Scope
    from pulse_tui.domain.views.board import Board, Review
    from pulse_tui.hooks.admission import Admission
    from pulse_tui.hooks.receiver import Receiver
    from pulse_tui.policy.judge import Policy
    from pulse_tui.ports import Http
    from pulse_tui.services.desk import ServiceDesk
    from pulse_tui.services.parts import JudgeParts, Outside, RollbackParts
    from pulse_tui.settings.document import Node
    from pulse_tui.settings.shapes import Settings
    from pulse_tui.storage.store import SqlStore
    from pulse_tui.web import Web


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


class SharedClock:
    """The time that all towers and agents of a database go by: PostgreSQL's, carried on by a clock that nobody sets; this
    host's own where the database has none.

    An answer of the database is a little old when it arrives, never early: of several the one that is furthest on is right.
    """

    def __init__(self, own: Callable[[], datetime] = now, ticks: Callable[[], float] | None = None) -> None:
        """Until the first answer it is ``own``."""
        self._own, self._ticks = own, ticks or steady
        self._known: tuple[datetime, float] | None = None

    def __call__(self) -> datetime:
        if (known := self._known) is None:
            return self._own()
        at, then = known
        return at + timedelta(seconds=self._ticks() - then)

    def take(self, theirs: datetime) -> None:
        """The database's clock shows this just now."""
        then = self._ticks()
        behind = 0.0 if self._known is None else (self() - theirs).total_seconds()
        if not 0.0 < behind < _SET_BACK_S:
            self._known = (theirs, then)

    @property
    def ahead_s(self) -> float:
        """How far this host's own clock is ahead of the database's; 0 where that has none."""
        return 0.0 if self._known is None else (self._own() - self()).total_seconds()


_SET_BACK_S = 0.25
"""Less than this is how long an answer took; more is a clock that was set back, or drifted."""
HERE = "./config of the working directory"
"""How a configuration was found that nobody named."""


_WEIGHED_S = 2.0
"""How long a start may take to see what a new policy would have done; `policy replay` takes what it needs."""


def find_config(given: str | None) -> Path | None:
    """``--config``, ``$PULSE_CONFIG``, the user's configuration folder, then ``./config``; None when there is none."""
    return found_config(given)[0]


def found_config(given: str | None) -> tuple[Path | None, str]:
    """The configuration, and how it was found: whoever stands in a strange folder uses their own one all the same."""
    if given is not None:
        return Path(given).expanduser(), "--config"
    named = os.environ.get("PULSE_CONFIG")
    if named:
        return Path(named).expanduser(), "$PULSE_CONFIG"
    for candidate, how in ((_xdg("XDG_CONFIG_HOME", ".config"), "your own"), (Path("config"), HERE)):
        try:
            there = (candidate / "pulse.yaml").is_file()
        except OSError:  # it may not be read, which whoever reads it reports
            there = True
        if there:
            return candidate, how
    return None, "none found"


def state_dir() -> Path:
    """Where the embedded database and the session live (XDG state directory)."""
    return _xdg("XDG_STATE_HOME", ".local/state")


def config_dir() -> Path:
    """Where the operator's own files are (XDG configuration directory)."""
    return _xdg("XDG_CONFIG_HOME", ".config")


def _xdg(variable: str, fallback: str) -> Path:
    base = os.environ.get(variable)
    return (Path(base) if base else Path.home() / fallback) / "pulse-tui"


def bundled(name: str) -> Path:
    """A folder that ships with the package: ``config`` or ``fixtures``."""
    here = Path(__file__).parent
    packed = here / f"_{name}"
    return packed if packed.is_dir() else here.parent / name


def steady() -> float:
    """Seconds on the clock that no operator and no time server sets; it goes on while the machine sleeps, where it can."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


def outside(http: Http, base: Path, clock: Callable[[], datetime], ticks: Callable[[], float] | None = None) -> Outside:
    """The world of this process: its files, programs and secrets, with relative paths from ``base`` on.

    ``ticks`` goes with ``clock``: without one, time passes as the clock shows it.
    """
    from pulse_tui.environment import redact, secret  # noqa: PLC0415
    from pulse_tui.files import DiskFiles  # noqa: PLC0415
    from pulse_tui.running import SystemProcesses  # noqa: PLC0415
    from pulse_tui.services.parts import Outside  # noqa: PLC0415

    return Outside(
        http=http,
        base=base,
        secret=secret,
        redact=redact,
        files=DiskFiles(clock),
        processes=SystemProcesses(redact),
        clock=clock,
        ticks=ticks or (lambda: clock().timestamp()),
    )


@cache
def _shipped() -> tuple[Node | None, list[Problem]]:
    """The default policy as it is written: read once, which takes 75 ms."""
    from pulse_tui.settings.document import read  # noqa: PLC0415

    return read(bundled("config") / "policy.yaml", "default policy")


def _reviews_of(node: Node | None) -> list[list[str]]:
    """Id, owner and day of review of each rule, as they are written."""
    rules = node.get("rules") if node is not None else None
    every = rules.elements() if rules is not None else ()
    return [[str(r.plain()) if (r := rule.get(key)) else "" for key in ("id", "owner", "review")] for rule in every]


@cache
def _shipped_reviews() -> list[list[str]]:
    """Those of the default policy, kept from one process to the next."""
    import json  # noqa: PLC0415

    from pulse_tui.settings.sound import Sound, stamp  # noqa: PLC0415

    kept, key = Sound(state_dir() / "shipped-policy"), repr(stamp(bundled("config") / "policy.yaml")).replace(" ", "")
    with contextlib.suppress(ValueError, TypeError):
        return [[str(text) for text in each] for each in json.loads(kept.found(key) or "")]
    found = _reviews_of(_shipped()[0])
    kept.keep(key, json.dumps(found))
    return found


@lru_cache(8)
def _shipped_policy(routes: tuple[str, ...]) -> Policy:
    """The default policy for a configuration with these routes: a process that takes up a changed one has it already."""
    node, problems = _shipped()
    return _policy(node, list(problems), routes)


def _policy(node: Node | None, problems: list[Problem], routes: tuple[str, ...] | None) -> Policy:
    from pulse_tui.enrich.variables import VARIABLES  # noqa: PLC0415
    from pulse_tui.kinds import Kinds  # noqa: PLC0415
    from pulse_tui.policy.load import load_policy  # noqa: PLC0415

    policy = None
    if node is not None:
        policy = load_policy(
            node, action_kinds=list(Kinds("actions")), problems=problems, variables=VARIABLES, route_ids=routes
        )
    if problems or policy is None:
        raise ConfigError(problems or [Problem("policy", "is empty")])
    return policy


class House:
    """One opened configuration. Parts are made when they are first asked for."""

    def __init__(
        self,
        config: Path | None,
        *,
        database: str | None = None,
        read_only: bool = False,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        """Read the configuration. Raises ConfigError with everything that is wrong with it."""
        self.config = config
        self.read_only = read_only
        self.clock = clock = clock if clock is not None else SharedClock()
        stamp = _stamp(config)  # before it is read: what changes meanwhile is a change
        self.settings = read_settings(config, clock())
        self._read = (stamp, tuple(self.settings.beside.items()))
        self._database = database
        self._later: House | None = None

    @property
    def base(self) -> Path:
        """Where relative paths start."""
        return Path(self.settings.base)

    @property
    def shared(self) -> SharedClock | None:
        """The clock of whoever shares the database; None where the house was given another."""
        return self.clock if isinstance(self.clock, SharedClock) else None

    @cached_property
    def works_with(self) -> dict[str, Any]:
        """What this process works with, as members of a database state it: version, schema, configuration."""
        from pulse_tui import __version__  # noqa: PLC0415
        from pulse_tui.settings.load import digest, section_digests  # noqa: PLC0415
        from pulse_tui.storage.version import HEAD  # noqa: PLC0415

        sections = section_digests(self.settings)
        written: Any = self._read[0]  # the stamps of its files as they were when it was read
        return {
            "version": __version__,
            "schema": HEAD,
            "config": digest(sections)[:16],
            "sections": {key: found[:12] for key, found in sections.items()},
            "config_at": max((datetime.fromtimestamp(s[1] // 10**9, UTC) for _, s in written), default=None),
            "sources": sum(s.enabled for s in self.settings.sources),
        }

    @property
    def outdated(self) -> bool:
        """Whether a file of the configuration is another one now than when this process read it."""
        return self._now_there() != self._read

    def _now_there(self) -> object:
        """What distinguishes the files of the configuration as they are now, those of operators' keys included."""
        return _stamp(self.config), tuple((path, _file_stamp(path)) for path in self.settings.beside)

    def changed(self) -> object | None:
        """What distinguishes the files as they are now; None while they are as this process read them."""
        there = self._now_there()
        if there != self._read:
            return there
        return self._waited() or None

    def current(self) -> House:
        """This house, or one of the configuration as it is now, over the same database.

        Raises Refused while that is not valid, or means another database or nobody who may act: a process that began under
        other rules is not the one to find out whether that is meant.
        """
        if self.changed() is None:
            return self
        if (later := self._later) is not None and later.changed() is None:
            return later
        changed = "the configuration changed, and nothing is done under the one that was read"
        try:
            later = House(self.config, database=self._database, read_only=self.read_only, clock=self.clock)
            _ = later.written_policy
        except ConfigError as error:
            problems = [str(problem) for problem in error.problems[:3]]
            raise Refused(f"{changed}; the new one is not valid", problems, todo="pulse-tui doctor") from None
        if later.database != self.database:
            raise Refused(f"{changed}; the new one names another database", todo="Leave, and start again")
        if self.settings.operators and not later.settings.operators:
            raise Refused(f"{changed}; the new one names no operator", todo="If that is meant: leave, and start again")
        later.__dict__.update(store=self.store, web=self.web)  # opened once; this house closes them
        self._later = later
        return later

    def acting(self) -> RollbackParts:
        """Parts for one action: of the configuration as it is now, and refused if it changes before the action is written.

        Raises Refused as :meth:`current` does.
        """
        house = self.current()

        def unchanged() -> None:
            if house.outdated:
                raise Refused("the configuration changed just now: nothing was done", todo="Try again")

        store, parts = self.store.acting(unchanged), house.rollback
        return parts._replace(store=store, judging=parts.judging._replace(store=store))

    @cached_property
    def database(self) -> str:
        """The database URL."""
        return database_url(self._database, self.settings.database)

    @cached_property
    def store(self) -> SqlStore:
        """The opened database, its schema current."""
        from pulse_tui.environment import secret_url  # noqa: PLC0415
        from pulse_tui.process import is_dead, origin  # noqa: PLC0415
        from pulse_tui.services.alerts.people import people_header  # noqa: PLC0415
        from pulse_tui.settings.references import routes_of, unpaged  # noqa: PLC0415
        from pulse_tui.storage.store import SqlStore  # noqa: PLC0415  SQLAlchemy after the first frame

        return SqlStore(
            secret_url(self.database),
            self.base,
            read_only=self.read_only,
            dead=is_dead,
            rules=self.rules,
            paged=lambda owner: not unpaged(routes_of(self.settings), owner, self.settings.oncall),
            people=lambda tx, at: people_header(tx, self.settings.oncall, at),
            reviews=lambda: self.reviews,
            scopes=lambda: self.scopes,
            origin=origin(),
            on_time=self.shared.take if self.shared is not None else lambda _at: None,
        )

    @cached_property
    def scopes(self) -> dict[str, Scope]:
        """On what each source reports, where its options say so."""
        from pulse_tui.settings.scopes import scope_of  # noqa: PLC0415

        return {s.id: scope for s in self.settings.sources if (scope := scope_of(s.options)) is not None}

    @cached_property
    def reviews(self) -> tuple[Review, ...]:
        """When each rule of the policy is to be reviewed, as its file says; read without the engine of the rules."""
        from pulse_tui.domain.views.board import Review  # noqa: PLC0415

        found = []
        for name, owner, due in _reviews_of(self.settings.policy) if self.settings.policy else _shipped_reviews():
            with contextlib.suppress(ValueError):  # a date that is none is a problem of the policy
                found.append(Review(name, owner, date.fromisoformat(due)))
        return tuple(found)

    def rules(self) -> Rules:
        """The digests of what a plan is made under today; of a policy that cannot be read, none that any plan has."""
        from pulse_tui.domain.rollback import Rules  # noqa: PLC0415

        try:
            policy = self.policy.digest
        except ConfigError:
            policy = ""
        return Rules(policy, self.settings.playbooks_digest, self.settings.operators_digest)

    @cached_property
    def web(self) -> Web:
        """The HTTP client."""
        from pulse_tui.environment import redact  # noqa: PLC0415
        from pulse_tui.web import Web  # noqa: PLC0415  httpx after the first frame

        return Web(clock=self.clock, redact=redact)

    @cached_property
    def policy(self) -> Policy:
        """The policy in force: the written one, or the former one while that waits for a second person.

        Raises ConfigError with every problem of the written one.
        """
        return self.former_policy or self.written_policy

    @cached_property
    def written_policy(self) -> Policy:
        """The configured policy, else the default one. Raises ConfigError with every problem."""
        routes = tuple(r.id for r in self.settings.routes)
        written = self.settings.policy
        return _shipped_policy(routes) if written is None else _policy(written, [], routes)

    def check_policy(self) -> None:
        """Raises ConfigError as :attr:`policy` does. One that was found valid before, by this program, is not compiled again."""
        from pulse_tui.services.conditions.in_force import instead  # noqa: PLC0415
        from pulse_tui.settings.sound import Sound, key_of  # noqa: PLC0415

        written = self.settings.policy
        if written is None or "policy" in self.__dict__:
            _ = self.policy
            return
        sound, key = Sound(state_dir() / "sound-policies"), key_of(written, sorted(r.id for r in self.settings.routes))
        if (digest := sound.found(key)) is not None:
            with contextlib.suppress(PulseError), self.store.read() as tx:
                if instead(tx, digest) is None:
                    return
        _ = self.policy
        sound.keep(key, self.written_policy.digest)

    @cached_property
    def former_policy(self) -> Policy | None:
        """What is in force instead of the written policy; None when that is in force itself.

        One that this version of the program cannot load any more is none: then the written one judges.
        """
        from pulse_tui.services.conditions.in_force import instead  # noqa: PLC0415

        written = self.written_policy
        if self.config is None:
            return None
        try:
            with self.store.read() as tx:
                version = instead(tx, written.digest)
            return self.restored_policy(version.text) if version is not None else None
        except PulseError:  # a database that cannot be read is reported by whoever needs more of it
            return None

    def restored_policy(self, text: str) -> Policy:
        """A policy as it was kept. Raises ConfigError."""
        from pulse_tui.policy.kept import restored  # noqa: PLC0415

        try:
            return _policy(restored(text, "the former policy"), [], None)
        except ValueError as error:
            raise ConfigError([Problem("the former policy", f"cannot be read: {error}")]) from None

    def read_policy(self, path: Path) -> Policy:
        """The policy of another file, or of a folder's files: what stands under ``policy``. Raises ConfigError."""
        from pulse_tui.settings.document import read  # noqa: PLC0415
        from pulse_tui.settings.peek import files_of  # noqa: PLC0415

        problems: list[Problem] = []
        for file in files_of(path):
            node, wrong = read(file)
            problems += wrong
            if node is not None and (node.get("policy") is not None or node.get("rules") is not None):
                return _policy(node, problems, tuple(r.id for r in self.settings.routes))
        raise ConfigError(problems or [Problem(str(path), "has no policy section")])

    def _waited(self) -> str:
        """The digest of the policy in force now, where this process judges by a former one and somebody approved the new."""
        from pulse_tui.services.conditions.in_force import in_force  # noqa: PLC0415

        former: Policy | None = self.__dict__.get("former_policy")
        if former is None:
            return ""
        try:
            with self.store.read() as tx:
                now = in_force(tx)
        except PulseError:
            return ""
        return now.digest if now is not None and now.digest != former.digest else ""

    def anchors(self) -> list[Anchor]:
        """Heads of the audit log that were kept outside of the database, in the files that the configuration names."""
        from pulse_tui.anchors import Anchors, anchors_in  # noqa: PLC0415

        kept = Anchors(self.settings.approvals.anchors, self.base)
        return [anchor for path in kept.files if path.exists() for anchor in anchors_in(path)]

    @cached_property
    def judging(self) -> JudgeParts:
        """What it takes to take signals in and respond."""
        policy = self.policy
        return self._judging(policy, self.written_policy if self.former_policy is not None else None)

    @cached_property
    def advising(self) -> JudgeParts:
        """What it takes to say what to do about an alert; the policy is loaded where that depends on it."""
        return self._judging(cast("Policy", _AskedLater(lambda: self.policy)), None)

    def _judging(self, policy: Policy, proposed: Policy | None) -> JudgeParts:
        from pulse_tui.anchors import Anchors  # noqa: PLC0415
        from pulse_tui.kinds import Kinds  # noqa: PLC0415
        from pulse_tui.ports import Route  # noqa: PLC0415
        from pulse_tui.process import give_up, host, is_dead  # noqa: PLC0415
        from pulse_tui.services.alerts.advice import advise  # noqa: PLC0415
        from pulse_tui.services.alerts.incidents.correlate import correlate  # noqa: PLC0415
        from pulse_tui.services.alerts.incidents.weigh import weigh  # noqa: PLC0415
        from pulse_tui.services.conditions.reassess import reassess  # noqa: PLC0415
        from pulse_tui.services.evals.verdicts import verdicts  # noqa: PLC0415
        from pulse_tui.services.parts import JudgeParts  # noqa: PLC0415
        from pulse_tui.services.record import signals_of  # noqa: PLC0415

        settings = self.settings
        return JudgeParts(
            store=self.store,
            policy=policy,
            proposed=proposed,
            actions=Kinds("actions"),
            routes=[
                Route(id=r.id, kind=r.kind, owners=r.owner_teams, options=r.options, wanted=r.uses)
                for r in settings.routes
            ],
            oncall=settings.oncall,
            suites={s.id: s for s in settings.suites},
            source_kinds=Kinds("collectors"),
            sources={s.id: s for s in settings.sources if s.enabled},
            outside=outside(self.web, self.base, self.clock, steady if self.shared is not None else None)._replace(
                dead=is_dead,
                give_up=give_up,
                cron=cron.next_fire,
                frozen=_Frozen(self.config) if self.config is not None else None,
                here=host(),
                anchor=Anchors(settings.approvals.anchors, self.base).write,
            ),
            clock=self.clock,
            record=signals_of,
            reassess=reassess,
            advise=advise,
            verdicts=verdicts,
            correlate=correlate,
            weigh=weigh,
            changes=settings.changes,
            links=settings.links,
            maintenance=settings.maintenance,
            senders={s.id: s for s in settings.hooks.senders} if settings.hooks is not None else {},
            precedence=settings.precedence,
            written=settings.versions,
        )

    @cached_property
    def rollback(self) -> RollbackParts:
        """What it takes to plan, approve and run."""
        from pulse_tui.kinds import Kinds  # noqa: PLC0415
        from pulse_tui.services.parts import RollbackParts  # noqa: PLC0415
        from pulse_tui.signing import Agent  # noqa: PLC0415

        settings = self.settings
        return RollbackParts(
            store=self.store,
            steps=Kinds("steps"),
            playbooks=settings.playbooks,
            operators={o.name: o for o in settings.operators},
            approvals=settings.approvals,
            policy_digest=self.policy.digest,
            playbooks_digest=settings.playbooks_digest,
            operators_digest=settings.operators_digest,
            outside=self.judging.outside,
            clock=self.clock,
            sleep=time.sleep,
            judging=self.judging,
            identity=settings.identity,
            signing=Agent(),
            governance=settings.governance,
            estate_name=settings.name,
        )

    def sync(self) -> None:
        """Put the configured estate and the list of sources into the database."""
        from pulse_tui.process import operator_name  # noqa: PLC0415
        from pulse_tui.services.conditions.policy_change import take_policy  # noqa: PLC0415
        from pulse_tui.services.registry.estate import sync_estate  # noqa: PLC0415
        from pulse_tui.services.registry.removed import forget  # noqa: PLC0415
        from pulse_tui.services.signals.sources import keep_sources  # noqa: PLC0415

        if self.read_only:
            return
        sync_estate(self.settings.estate, self.judging, self.clock(), stated=self.settings.states_assets)
        if self.config is not None:
            keep_sources(self.judging.sources, self.judging, self.clock(), forget, elsewhere=self._others_read_others())
            take_policy(self.judging, self.clock(), operator_name(), self._effect)

    def _others_read_others(self) -> bool:
        """Whether a living process of another configuration shares the database."""
        from pulse_tui.domain.member import Member, MemberKind, reads_others  # noqa: PLC0415
        from pulse_tui.process import holder_name, host, is_dead  # noqa: PLC0415

        with self.store.read() as tx:
            members = [m for m in tx.members.all() if m.id != holder_name() and not is_dead(m.id)]
        if not members:  # a digest of a large configuration takes a while
            return False
        now, kind = self.clock(), MemberKind.AGENT
        mine = Member(id=holder_name(), kind=kind, host=host(), started_at=now, seen_at=now, **self.works_with)
        return reads_others(members, mine, now)

    def _effect(self, former: str) -> str:
        """What the written policy would have done over the last days, against a former one, in words."""
        from pulse_tui.services.conditions.policy_replay import BACK, replay  # noqa: PLC0415

        try:
            present = self.restored_policy(former)
        except ConfigError:
            return "not known: this version of the program cannot load the former policy"
        now, end = self.clock(), time.monotonic() + _WEIGHED_S
        with self.store.read() as tx:
            found = replay(
                tx, present, self.written_policy, now - BACK, now, ends=lambda: time.monotonic() > end, listed=0
            )
        return found.words()

    def hooks(self) -> Receiver | None:
        """The receiver of what is sent here; None when the configuration has no ``hooks`` section."""
        shape = self.settings.hooks
        if shape is None:
            return None
        from pulse_tui.hooks.hints import Hints  # noqa: PLC0415  h11 after the first frame
        from pulse_tui.hooks.receiver import Receiver  # noqa: PLC0415  h11 after the first frame
        from pulse_tui.services.signals.hint import Replays, take_hint  # noqa: PLC0415

        parts, seen = self.judging, Replays()
        hints = Hints(lambda source, request: take_hint(source, request, parts, seen))
        receiver = Receiver("hooks", shape.host, shape.port, [hints.served])
        if shape.senders and not self.read_only:
            from pulse_tui.domain.happening import Happening, Level  # noqa: PLC0415
            from pulse_tui.hooks.pushes import Pushes  # noqa: PLC0415  only where somebody sends
            from pulse_tui.services.signals.pushes import Senders  # noqa: PLC0415

            senders = Senders(shape, parts)
            pushes = Pushes(senders)
            receiver.also([pushes.served])
            receiver.counts = pushes.counts
            receiver.ends.append(pushes.close)
            receiver.notes = [
                Happening(f"hooks: nothing of {one.sender} is taken: {one.why}", "sender_unusable", Level.ERROR)
                for one in senders.unusable
            ]
        return receiver

    def admission(self) -> Admission | None:
        """What answers Kubernetes; None when the configuration has no ``admission`` section."""
        shape = self.settings.admission
        if shape is None:
            return None
        from pulse_tui.hooks.admission import Admission, Ruled  # noqa: PLC0415  h11 after the first frame
        from pulse_tui.policy.admission import read_review  # noqa: PLC0415
        from pulse_tui.services.promotion.admission import Recent, admit, failed  # noqa: PLC0415

        def late(body: bytes, why: str) -> Ruled:
            review = read_review(body)
            return Ruled(*failed(review.uid, review.what, why, shape))

        recent = Recent()
        files = (self.base / shape.cert, self.base / shape.key) if shape.cert else None
        return Admission(
            shape.host, shape.port, lambda body: Ruled(*admit(body, self.rollback, shape, recent)), late, files
        )

    def desk(self, operator: str | None = None) -> ServiceDesk:
        """The tower's side of the house."""
        from pulse_tui.process import holder_name, operator_name  # noqa: PLC0415
        from pulse_tui.services.desk import ServiceDesk  # noqa: PLC0415

        return ServiceDesk(
            self.rollback,
            current=self.acting,
            estate_name=self.settings.name,
            operator=operator or operator_name(),
            holder=holder_name(),
            acknowledge_for=self.settings.acknowledge_for,
            read_only=self.read_only,
        )

    def close(self) -> None:
        """Give back what was opened."""
        opened: Any = self.__dict__
        if "web" in opened:
            self.web.close()
        if "store" in opened:
            self.store.close()


class _AskedLater:
    """Stands for something that is made when anything of it is asked for."""

    def __init__(self, make: Callable[[], object]) -> None:
        self._make = make

    def __getattr__(self, name: str) -> Any:
        return getattr(self._make(), name)


class _Frozen:
    """What suites are frozen as, read again when a file changed: somebody freezes while a tower is open."""

    def __init__(self, config: Path) -> None:
        self._config = config
        self._seen: object = None
        self._digests: dict[str, str] = {}

    def __call__(self) -> dict[str, str]:
        from pulse_tui.settings.load import suite_digests  # noqa: PLC0415

        if (seen := _stamp(self._config)) != self._seen:
            digests = suite_digests(self._config)
            if digests is not None:
                self._digests, self._seen = digests, seen
        return self._digests


def read_settings(config: Path | None, at: datetime | None = None) -> Settings:
    """The configuration as it is now. Raises ConfigError with everything that is wrong with it; ``at``: see :func:`load`."""
    from pulse_tui.kinds import formats_beside, options_of  # noqa: PLC0415
    from pulse_tui.settings.load import load  # noqa: PLC0415
    from pulse_tui.settings.shapes import Settings  # noqa: PLC0415
    from pulse_tui.settings.suites import SuiteChecks  # noqa: PLC0415

    if config is None:
        return Settings(base=str(Path.cwd()))
    return load(config, options_of, SuiteChecks(formats=formats_beside, cron=cron.problem, expression=_flaw), at)


def _flaw(expression: str) -> str | None:
    """What is wrong with an expression over the facts of policy; the engine is loaded for the first one."""
    from pulse_tui.services.signals.silenced import Matcher  # noqa: PLC0415

    flaws = Matcher(expression).flaws
    return f"{flaws[0].what} at {flaws[0].column}" + (f" ({flaws[0].hint})" if flaws[0].hint else "") if flaws else None


def _stamp(config: Path | None) -> object:
    """What distinguishes the files of the configuration as they are now; one that is added counts, one that is gone too."""
    if config is None:
        return ()
    from pulse_tui.settings.peek import files_of  # noqa: PLC0415

    return tuple((str(file), there) for file in files_of(config) if (there := _file_stamp(file)))


def _file_stamp(file: str | Path) -> tuple[int, ...]:
    """Nothing of one that is not there."""
    from pulse_tui.settings.operators import stamp  # noqa: PLC0415

    try:
        return stamp(Path(file).stat())
    except OSError:
        return ()


def database_url(given: str | None, configured: str | None) -> str:
    """``--database``, the configuration's, else the embedded database in the user's state directory.

    A relative file in ``--database`` starts where the user stands, one in the configuration beside it.
    """
    if given is not None and given.startswith("sqlite:///"):
        given = f"sqlite:///{Path.cwd() / Path(given.removeprefix('sqlite:///')).expanduser()}"
    return given or configured or f"sqlite:///{state_dir() / 'pulse.db'}"


def quick_board(config: Path | None, database: str | None) -> Board | None:
    """The first screen of an SQLite estate without opening the house; None when that is not possible."""
    from pulse_tui.settings.peek import peek  # noqa: PLC0415
    from pulse_tui.storage.board.panes import quick_board as read  # noqa: PLC0415

    name, configured = peek(config) if config is not None else ("pulse", None)
    url = database_url(database, configured)
    if not url.startswith("sqlite:///") or "${" in url:
        return None
    path = Path(url.removeprefix("sqlite:///")).expanduser()
    base = (config if config.is_dir() else config.parent) if config is not None else Path.cwd()
    return read(path if path.is_absolute() else base / path, name, now())
