"""The database, who can read it, whether its pages are whole, and its log."""

from __future__ import annotations

import contextlib
import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from pulse_tui.cli.doctor.lines import Line
from pulse_tui.domain.errors import ConfigError, PulseError
from pulse_tui.domain.pruned import Kept
from pulse_tui.domain.text import many
from pulse_tui.wiring import House, state_dir

PAGES_S = 5.0
"""How long the pages of an SQLite file are checked: about 2 GB."""


def database(house: House) -> str:
    """Where it is and what it holds; raises PulseError when it cannot be read."""
    from pulse_tui.cli.status import refused_words  # noqa: PLC0415

    with house.store.read() as tx:
        count = tx.signals.count()
        refused = tx.signals.refused()
        pruned = tx.pruned.all().get(Kept.SIGNALS)
    gone = f", {pruned.words()}" if pruned is not None else ""
    more = f", {refused_words(refused)}" if refused else ""
    return f"{house.store.shown}, schema {house.store.schema}, {count} signals{gone}{more}"


def recording(house: House) -> Iterator[Line]:
    """Whether what the board was can be replayed, and from when on."""
    from pulse_tui.services.past.retention import standing  # noqa: PLC0415

    shape = house.settings.recording
    yield Line("recording", *standing(house.store, shape.kept if shape is not None else None, house.clock()))


def private(house: House) -> Iterator[Line]:
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


def disk(house: House) -> Iterator[Line]:
    """How much room the disk of an SQLite file has left."""
    room = house.store.room()
    if room is not None:
        words = room.words() or f"{room.free // 2**20:,} MB free"
        yield Line(
            "disk",
            not room.scarce,
            words + ("; free space there: once it is full nothing can be written, only read" if room.scarce else ""),
        )


def pages(house: House) -> Iterator[Line]:
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


def members(house: House) -> Iterator[Line]:
    """Who collects, and whether they agree; whether this host's clock is the database's."""
    from pulse_tui.cli.members import NOBODY, members_of  # noqa: PLC0415
    from pulse_tui.domain.member import SKEW_S  # noqa: PLC0415

    view = members_of(house)
    there = [row for row in view.members if row.state == "there"]
    for sentence in view.wrong:
        yield Line("members", None if sentence == NOBODY else False, sentence)
    if not view.wrong and there:
        agents = sum(row.kind == "agent" for row in there)
        counts = f"{many(agents, 'agent')} and {many(len(there) - agents, 'tower')}"
        yield Line("members", True, f"{counts} collect, with one configuration")
    ahead = house.shared.ahead_s if house.shared is not None else 0.0
    if abs(ahead) > SKEW_S:
        off = f"this host's is {abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} the database's, which counts"
        yield Line("clock", None, f"{off}; set it: logs and certificates of this host go by its own")


LATE_CLOCK = timedelta(minutes=2)


def log(house: House) -> Iterator[Line]:
    """Whether the audit log is whole and kept elsewhere too; whether the clock is right."""
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
    for line in log.restored[:1]:
        yield Line("restored", None, line + (f"; and {len(log.restored) - 1} times before" if log.restored[1:] else ""))
    ahead = newest[0].observed_at - house.clock() if newest else timedelta(0)
    yield Line(
        "clock",
        ahead < LATE_CLOCK,
        f"{house.clock():%Y-%m-%d %H:%M:%S} UTC"
        + (f", {ahead} behind the newest signal" if ahead >= LATE_CLOCK else ""),
    )
