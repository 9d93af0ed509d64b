"""``pulse-tui db``: bring the schema up to date, take copies and put them back, prune, give space back."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping

from pulse_tui.cli.output import emit, opened
from pulse_tui.domain.errors import Refused, StorageError, WrongUse
from pulse_tui.domain.pruned import Kept
from pulse_tui.process import operator_name
from pulse_tui.wiring import House

_OPTIONS = {
    "to": ("backup",),
    "keep": ("backup",),
    "path": ("restore", "list"),
    "dry_run": ("prune", "compact"),
    "of": ("prune",),
}
"""Which action takes which option."""
_SPELT = {"path": "path", "dry_run": "--dry-run", "of": "--class"}


def arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """What is to be done with the database."""
    parser.add_argument(
        "action",
        choices=list(_ACTIONS),
        help="bring the schema up to date / take a copy while everybody works / list the copies / put one back while nobody does / take away what is older than its class is kept / give free space back to the disk",
    )
    parser.add_argument("path", nargs="?", help="restore: the backup; list: a folder of them")
    parser.add_argument(
        "--to", metavar="PATH", help="backup: a folder, or a file that is not there yet (beside the database)"
    )
    parser.add_argument(
        "--keep", metavar="N", type=int, help="backup: of the backups in that folder only the newest N stay"
    )
    parser.add_argument(
        "--dry-run", action="store_true", default=None, help="prune, compact: say what would go, and change nothing"
    )
    parser.add_argument("--class", dest="of", choices=[kind.value for kind in Kept], help="prune: only this class")
    parser.epilog = "pulse-tui help database says what a backup holds, and what to check after a restore."


def run(options: argparse.Namespace, _name: str) -> int:
    """0 when it was done."""
    for name, actions in _OPTIONS.items():
        if getattr(options, name) is not None and options.action not in actions:
            raise WrongUse(f"db {options.action} takes no {_SPELT.get(name, '--' + name)}", todo="pulse-tui db --help")
    if options.keep is not None and options.keep < 1:
        raise WrongUse(f"--keep {options.keep} would keep no backup at all", todo="Keep 1 or more")
    with opened(options) as house:
        if options.action == "upgrade":  # a database of no use here is that as for every other command
            return _upgrade(options, house)
        try:
            return _ACTIONS[options.action](options, house)
        except (
            StorageError
        ) as error:  # a full disk, a damaged backup: the answer is no, and nothing is wrong with the command
            raise Refused(str(error)) from error


def _backup(options: argparse.Namespace, house: House) -> int:
    from pulse_tui.cli.db_copies import backup  # noqa: PLC0415

    return backup(options, house)


def _list(options: argparse.Namespace, house: House) -> int:
    from pulse_tui.cli.db_copies import listed  # noqa: PLC0415

    return listed(options, house)


def _restore(options: argparse.Namespace, house: House) -> int:
    from pulse_tui.cli.db_restore import restore  # noqa: PLC0415

    return restore(options, house)


def _prune(options: argparse.Namespace, house: House) -> int:
    from pulse_tui.cli.db_prune import prune_all  # noqa: PLC0415

    return prune_all(options, house)


def _compact(options: argparse.Namespace, house: House) -> int:
    from pulse_tui.cli.db_compact import compact  # noqa: PLC0415

    return compact(options, house)


def _upgrade(options: argparse.Namespace, house: House) -> int:
    """Opening upgrades; triggers that are gone are made again, which the log records."""
    store = house.store
    done = f"database {store.shown} is at schema {store.schema}"
    with store.read() as tx:
        weakened = tx.log.weakened()
    if weakened:
        with store.write() as tx:
            tx.log.protect()
            tx.log.append(house.clock(), operator_name(), "log.protected", "database", {"was": weakened[0]})
        done += f"; its triggers were made again ({weakened[0]})"
    emit(options, {"done": done}, [done])
    return 0


_ACTIONS: Mapping[str, Callable[[argparse.Namespace, House], int]] = {
    "upgrade": _upgrade,
    "backup": _backup,
    "list": _list,
    "restore": _restore,
    "prune": _prune,
    "compact": _compact,
}
