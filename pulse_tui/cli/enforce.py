"""``pulse-tui enforce``: what holds are enforced where deploys happen, and what the destinations answer."""

from __future__ import annotations

import argparse
from datetime import timedelta

from pulse_tui.cli.output import emit, opened
from pulse_tui.domain.enforcement import Enforcement
from pulse_tui.domain.errors import PulseError, WrongUse
from pulse_tui.domain.words import Environment
from pulse_tui.process import holder_name
from pulse_tui.wiring import House

_ABOUT = """list        every hold at every destination: asked, stands, DIFFERS, lifted, FAILED; what is wrong comes first
check       ask for what stands and is not asked for, answer deploys that wait for the gate, and read back what stands there
again KEY   ask once more for what differs or failed
forget KEY  somebody saw to it there: it is no longer asked for
Exits with 1 when something is not there as it was asked for."""


def arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """An action, and a key as list prints it."""
    parser.epilog = _ABOUT
    parser.add_argument("action", choices=["list", "check", "again", "forget"])
    parser.add_argument("key", nargs="?", default="", help="again, forget: as list prints it")


def run(options: argparse.Namespace, _name: str) -> int:
    """0 when everything is as it was asked for."""
    if bool(options.key) != (options.action in ("again", "forget")):
        takes = "takes no key" if options.key else "needs a key"
        raise WrongUse(f"enforce {options.action} {takes}", todo="See pulse-tui enforce list")
    with opened(options, read_only=options.action == "list") as house:
        if options.action in ("again", "forget"):
            return _act(options, house)
        words = _check(house) if options.action == "check" else []
        found = _listed(house)
        none = "no hold is enforced elsewhere"
        if not _routes(house):
            none += ": add a route such as {kind: github_deployments}, see pulse-tui help enforcement"
    lines = [f"{e.scope} at {e.route} ({e.key}): {e.words}" for e in found] or [none]
    emit(options, {"enforced": found, "did": words}, [*words, *lines])
    return 1 if any(e.wrong for e in found) or any(w.startswith("NOT READ") for w in words) else 0


def _act(options: argparse.Namespace, house: House) -> int:
    from pulse_tui.services.promotion.enforce import again, forget  # noqa: PLC0415

    house.sync()
    desk = house.desk()
    parts = desk.acting(f"enforce {options.action}", options.key, Environment.PRODUCTION)
    verb = again if options.action == "again" else forget
    done = verb(parts.judging, options.key, desk.operator, house.clock())
    emit(options, {"done": done}, [done])
    return 0


def _check(house: House) -> list[str]:
    from pulse_tui.services.alerts.deliver import deliver  # noqa: PLC0415
    from pulse_tui.services.promotion.enforce import enforcing, push, read_back  # noqa: PLC0415
    from pulse_tui.services.promotion.waiting import answer_waiting  # noqa: PLC0415

    house.sync()
    parts = house.judging
    words: list[str] = []
    push(parts, house.clock())
    try:
        words += [
            f"{a.route}: {a.what} {a.state or 'left waiting'}: {a.why}"
            for a in answer_waiting(house.rollback, house.clock())
        ]
    except PulseError as error:
        words.append(f"NOT READ: {error}")
    for route in enforcing(parts.routes):
        deliver(parts, holder_name(), route.id)
    push(parts, house.clock())
    read_back(parts, house.clock(), every=timedelta(0))
    return words


def _listed(house: House) -> list[Enforcement]:
    from pulse_tui.services.promotion.enforce import listing  # noqa: PLC0415

    with house.store.read() as tx:
        return listing(tx, house.clock())


def _routes(house: House) -> bool:
    from pulse_tui.domain.notice import Use  # noqa: PLC0415

    return any(Use.ENFORCE in getattr(r.options, "USES", ()) for r in house.settings.routes)
