"""One life of ``pulse-tui agent``: from a configuration to the next one, or to its end."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from pulse_tui.cli.following import FOLLOW_S, follow
from pulse_tui.domain.errors import ConfigError, Problem, PulseError
from pulse_tui.domain.happening import Happening, Level
from pulse_tui.domain.text import many
from pulse_tui.domain.vitals import Limits, status_line
from pulse_tui.rounds.lanes import RUNS
from pulse_tui.rounds.suites import rounds_of
from pulse_tui.rounds.vitals import Vitals
from pulse_tui.rounds.work import Rounds
from pulse_tui.scheduling import Scheduler, ThreadRunner
from pulse_tui.service.log import Log, in_journal
from pulse_tui.service.notify import Supervisor
from pulse_tui.settings.service import LogForm, ServiceShape
from pulse_tui.wiring import House, now

if TYPE_CHECKING:
    import socket

    from pulse_tui.enrich.learning.openmetrics import Family
    from pulse_tui.hooks.receiver import Receiver, Served
    from pulse_tui.rounds.exposed import Exposed

BEAT_S = 1.0
"""Between two looks at itself."""
ENDS = (signal.SIGTERM, signal.SIGINT)
_PROOF = "service.proof"
"""What an agent writes to see that it can."""
_SCARCE = "the disk of the database gets full: once it is, nothing can be stored"
"""For a probe: without a name or a path."""


class Around(NamedTuple):
    """What stands around the agent."""

    log: Log
    supervisor: Supervisor
    limits: Limits = Limits()
    handed: Mapping[str, socket.socket] = {}
    """Sockets that the process before this one listened on, by address."""
    session: bool = False
    """Whether it was started in a terminal, with which it ends."""


def has_work(house: House) -> bool:
    """Whether the configuration has anything that an agent would do; asked without its database."""
    settings = house.settings
    return any(s.enabled for s in settings.sources) or any(s.command for s in settings.suites) or bool(settings.hooks)


def sentences(error: PulseError) -> Iterator[Happening]:
    """A line of the log for each problem."""
    if isinstance(error, ConfigError):
        for problem in error.problems:
            yield Happening(str(problem), "configuration_problem", Level.ERROR, where=problem.where)
    else:
        yield Happening(str(error), "not_started", Level.ERROR)


def form_of(options: argparse.Namespace, shape: ServiceShape | None) -> LogForm:
    """As the command line has it, else the configuration."""
    if options.json:
        return LogForm.JSON
    given = getattr(options, "log_format", None)
    return LogForm(given) if given else shape.log if shape is not None else LogForm.TEXT


def log_of(options: argparse.Namespace, shape: ServiceShape, house: House | None = None) -> Log:
    """The log on standard output."""
    from pulse_tui.environment import redact  # noqa: PLC0415

    level = getattr(options, "log_level", None)
    clock = house.clock if house is not None else now
    journal = in_journal(os.environ)
    return Log(clock, redact, form=form_of(options, shape), level=Level(level or shape.level), journal=journal)


def has_terminal() -> bool:
    """Whether the process belongs to a terminal that is still there."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC))
    except OSError:
        return False
    return True


def at_once(number: int, _frame: object = None) -> NoReturn:
    """A second signal: whoever sends it does not want to wait. What was leased lapses, or is seen to belong to nobody."""
    os._exit(128 + number)


class _Reports:
    """The agent, as what follows the configuration sees it."""

    def __init__(self, agent: _Agent) -> None:
        self._agent = agent

    @property
    def at_rest(self) -> bool:
        return self._agent.at_rest

    def report(self, text: str, *, bad: bool = False) -> None:
        if bad:
            self._agent.vitals.degraded = "the configuration changed and is not valid: the old one stays (see the log)"
        event = "configuration_invalid" if bad else "configuration"
        self._agent.log(Happening(text, event, Level.ERROR if bad else Level.INFO))


class _Agent:
    """One life of the agent: from a configuration to the next one, or to its end."""

    def __init__(self, house: House, rounds: Rounds, options: argparse.Namespace, around: Around) -> None:
        self.log = around.log
        self.vitals = Vitals(around.limits, around.log)
        self._house, self._rounds, self._options, self._around = house, rounds, options, around
        self._supervisor = around.supervisor
        self._started = time.monotonic()
        self._bound = dict(around.handed)
        self._receivers: dict[str, Receiver] = {}
        """What listens beside the hooks, by address."""
        self._hooks: dict[str, Receiver] = {}
        self._stop = asyncio.Event()
        self._changed = False
        self._reloading: asyncio.Task[None] | None = None
        self._works = has_work(house)
        self._logged: Sequence[Problem] = ()
        self._line = ""
        self._exposed = self._expose()

    # ------------------------------------------------------------------ its life

    async def live(self, follow_s: float) -> dict[str, socket.socket] | None:
        """Until a signal (None), or until a changed configuration is to be taken up: the sockets for who does."""
        house = self._house
        self._signals()
        self.vitals.watch(self._read, self._write)
        scheduler = Scheduler(
            lambda: rounds_of(house),
            lambda: ThreadRunner(
                self.vitals.round(self._rounds.round), self.vitals.housekeeping(self._rounds.housekeeping)
            ),
            hooks=self._listener,
        )
        count = len(house.judging.sources)
        self.log(Happening(f"collecting {many(count, 'source')}", "started"))
        if not rounds_of(house):
            self.vitals.begin()
        await scheduler.start(self.log)
        for name, receiver in self._beside():
            self._receivers[name] = receiver
            await receiver.start(self.log)
        tasks = [asyncio.create_task(self._beat()), asyncio.create_task(self._begun(scheduler))]
        if house.config is not None:
            following = follow(_Reports(self), house.changed, self._check, self._apply, follow_s)
            tasks.append(asyncio.create_task(following))
        await self._stop.wait()
        if not self._changed:
            self.vitals.stopping = True
            self._supervisor.stopping("stopping")
            self.log(Happening("stopping", "stopping"))
        for task in [*tasks, *filter(None, [self._reloading])]:
            task.cancel()
        self.vitals.leave()
        sockets = self._handed() if self._changed else {}
        await asyncio.gather(scheduler.stop(), *(receiver.stop() for receiver in self._receivers.values()))
        if self._exposed is not None:
            self._exposed.close()
        if cancelled := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(cancelled, timeout=0.2)
        self._supervisor.alive()
        return sockets if self._changed else None

    def _signals(self) -> None:
        loop = asyncio.get_running_loop()

        def end(number: int) -> None:
            if self._stop.is_set() and not self._changed:
                at_once(number)
            self._changed = False
            self._stop.set()

        def hang_up() -> None:
            if self._around.session and not has_terminal():
                end(signal.SIGHUP)  # its terminal is gone: a dropped session is no wish for another configuration
            elif self._reloading is None or self._reloading.done():
                self._reloading = asyncio.create_task(self._reload())

        for number in ENDS:
            loop.add_signal_handler(number, partial(end, number))
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup: it survives the session
            loop.add_signal_handler(signal.SIGHUP, hang_up)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGHUP})

    async def _begun(self, scheduler: Scheduler) -> None:
        """The supervisor is answered once everything goes on."""
        await scheduler.opened()
        self.vitals.listening = True
        while self._bound:  # of an address at which nothing listens any more
            self._bound.popitem()[1].close()
        while not ((seen := self.vitals.seen()).answered and seen.begun):
            await asyncio.sleep(0.05)
        self._line = self._status()
        self._supervisor.ready(self._line)
        self.log(Happening(self._line, "ready", Level.DEBUG))

    async def _beat(self) -> None:
        """It looks at itself, and says that it lives in so far as it does."""
        loop, fed, warned = asyncio.get_running_loop(), float("-inf"), list[str]()
        every = (self._supervisor.watchdog_s or 0.0) / 2
        pause = min(BEAT_S, every / 2) if every else BEAT_S
        while True:
            before = loop.time()
            await asyncio.sleep(pause)
            self.vitals.lag = max(0.0, loop.time() - before - pause)
            self.vitals.disk = _SCARCE if self._rounds.scarce else ""
            stuck = self.vitals.stuck()
            for reason in stuck:
                if reason.partition(" for ")[0] not in warned:
                    warned.append(reason.partition(" for ")[0])
                    self.log(Happening(f"stuck: {reason}", "stuck", Level.ERROR))
            if not stuck:
                warned.clear()
                if every and loop.time() - fed + pause > every:
                    fed = loop.time()
                    self._supervisor.alive()
            if self.vitals.degraded and self._house.config is not None and self._house.changed() is None:
                self.vitals.degraded = ""
                self.log(Happening("the configuration is again as it was read", "configuration"))
            if self.vitals.listening and (line := self._status()) != self._line:
                self._line = line
                self._supervisor.status(line)

    # ------------------------------------------------------------------ its configuration

    @property
    def at_rest(self) -> bool:
        """Whether nothing is under way that must come to its end first: meanwhile it would answer nobody."""
        return self._rounds.lanes.wait(0.0, RUNS)

    async def _reload(self) -> None:
        """SIGHUP: read it again, and take it up when it is valid and another one."""
        self._supervisor.reloading("reading the configuration again")
        self.log(Happening("the configuration is read again", "reload"))
        try:
            await asyncio.to_thread(self._check)
        except ConfigError as error:
            text = f"the configuration is not valid; the old one stays: {error.problems[0]}"
            _Reports(self).report(text, bad=True)
        except Exception as error:  # shown; the old one goes on
            _Reports(self).report(f"the configuration was not read again: {error}", bad=True)
        else:
            if self._house.config is not None and self._house.changed() is not None:
                if not self.at_rest:
                    words = "the configuration changed; it is applied when the rollback under way has ended"
                    self.log(Happening(words, "configuration"))
                while not self.at_rest:
                    await asyncio.sleep(BEAT_S / 2)
                self._apply()
                return  # who takes its place says that it is ready
            self.vitals.degraded = ""
            self.log(Happening("the configuration is as it was: nothing to apply", "configuration"))
        self._line = self._status()
        self._supervisor.ready(self._line)

    def _check(self) -> None:
        """Raise ConfigError where it cannot be taken up; every problem stands in the log then."""
        try:
            self._fit(House(self._house.config, database=self._options.database, read_only=True))
        except PulseError as error:
            wrong = error if isinstance(error, ConfigError) else ConfigError([Problem("configuration", str(error))])
            if wrong.problems != self._logged:
                self._logged = wrong.problems
                for sentence in sentences(wrong):
                    self.log(sentence)
            raise wrong from None

    def _fit(self, later: House) -> None:
        """Raise PulseError where this cannot be what the process goes on with."""
        _ = later.written_policy
        if self._works and not has_work(later):
            raise ConfigError([Problem(str(later.config), "has no source any more", "stop the agent instead")])
        if later.database != self._house.database:
            self._openable()

    def _openable(self) -> None:
        """A database that is another one is opened before the old one is left."""
        another = House(self._house.config, database=self._options.database)
        try:
            with another.store.read():
                pass
        finally:
            another.close()

    def _apply(self) -> None:
        if self._stop.is_set():
            return  # it was asked to end while the configuration was being read
        self._changed = True
        self._supervisor.reloading("taking up a changed configuration")
        self.log(Happening("the configuration was changed and is applied", "configuration_applied"))
        self._stop.set()

    # ------------------------------------------------------------------ its parts

    def _read(self) -> None:
        with self._house.store.read() as tx:
            tx.plumbing.get_value(_PROOF)

    def _write(self) -> None:
        with self._house.store.write(quiet=True) as tx:
            tx.plumbing.put_value(_PROOF, self._house.clock().isoformat())

    def _status(self) -> str:
        tally = self.vitals.tally()
        return status_line(self.vitals.readiness(), len(self._house.judging.sources), tally.failing)

    def _expose(self) -> Exposed | None:
        if self._house.settings.service.listen is None:
            return None
        from pulse_tui.rounds.exposed import Exposed, measures_of  # noqa: PLC0415  only where somebody asks

        return Exposed(lambda: measures_of(self._house), self._own)

    def _own(self) -> Iterator[Family]:
        from pulse_tui.rounds.exposed import own_of  # noqa: PLC0415  as above

        pushed = {name: count for r in self._hooks.values() for name, count in r.counts().items()}
        return own_of(self.vitals, self.log, pushed, self._started)

    def _listener(self) -> Receiver | None:
        """The hooks, with the probes where they have the same address. In a thread."""
        receiver, shape = self._house.hooks(), self._house.settings.hooks
        if receiver is None or shape is None:
            return None
        if shape.listen == self._house.settings.service.listen:
            receiver.also(self._probes())
        self._adopt(shape.listen, receiver)
        self._hooks[shape.listen] = receiver
        return receiver

    def _beside(self) -> Iterator[tuple[str, Receiver]]:
        """What else listens."""
        settings = self._house.settings
        if (admission := self._house.admission()) is not None and settings.admission is not None:
            self._adopt(settings.admission.listen, admission)
            yield settings.admission.listen, admission
        service = settings.service
        if service.listen is not None and (settings.hooks is None or settings.hooks.listen != service.listen):
            from pulse_tui.hooks.receiver import Receiver  # noqa: PLC0415  h11

            receiver = Receiver("service", service.host, service.port, self._probes())
            self._adopt(service.listen, receiver)
            yield service.listen, receiver

    def _probes(self) -> list[Served]:
        from pulse_tui.hooks.probes import probes  # noqa: PLC0415  h11

        assert self._exposed is not None
        return probes(self.vitals.stuck, self.vitals.readiness, self._exposed.text)

    def _adopt(self, address: str, receiver: Receiver) -> None:
        bound = self._bound.pop(address, None)
        if bound is not None:
            receiver.adopt(bound)

    def _handed(self) -> dict[str, socket.socket]:
        every = {**self._hooks, **self._receivers}
        return {address: each for address, r in every.items() if (each := r.handed()) is not None}


async def serve(
    house: House,
    rounds: Rounds,
    options: argparse.Namespace,
    follow_s: float = FOLLOW_S,
    around: Around | None = None,
) -> dict[str, socket.socket] | None:
    """Collect until a signal (None), or until the configuration was changed to a valid one (sockets to go on with)."""
    log = log_of(options, house.settings.service, house) if around is None else around.log
    agent = _Agent(house, rounds, options, around or Around(log, Supervisor({})))
    return await agent.live(follow_s)
