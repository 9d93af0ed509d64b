"""Kills a tower that takes signals in and delivers them: ``python -m tests.faults.delivering FOLDER URL COUNT KILLS SEED``.

A driver without threads that forks a process for each life. A life takes signals in, a few at a time, while the lane of
the route sends; it reports what it has accepted after each commit, and is killed by SIGKILL at a random moment. The next life
goes on with what was not reported. Prints ``{"accepted", "kills", "keys": {signal: key}, "left"}``.
"""

from __future__ import annotations

import json
import os
import random
import select
import signal
import sys
import time
import traceback
from pathlib import Path

import pulse_tui.web.wire  # noqa: F401  imported once, and not by every life
from pulse_tui.domain.advice import Advice
from pulse_tui.domain.delivery import DeliveryState
from pulse_tui.process import holder_name
from pulse_tui.services.alerts.deliver import empty
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.signals.ingest import ingest
from pulse_tui.wiring import now
from tests.bench.delivery import awake, breach, tower
from tests.fakes.house import default_policy

ASSETS = 10
MOST = 25
"""Signals of one transaction."""


def advised(parts: JudgeParts) -> JudgeParts:
    """What a message advises is not what is tested, and is most of the time that opening an alert takes."""
    return parts._replace(advise=lambda _tx, _parts, _alert, _signal, _now: Advice(("read it",)))


def live(folder: Path, url: str, first: int, count: int, pipe: int, chance: random.Random) -> None:
    """Take in what is left; each line of the pipe is how many have been accepted."""
    with tower(folder, url, ASSETS) as made:
        parts = advised(made)
        lanes = awake(parts)
        lanes.begin("hook", lambda: [str(empty("hook", parts, holder_name()))])  # what the life before left
        while first < count:
            until = min(count, first + chance.randint(1, MOST))
            ingest([breach(n, now(), ASSETS) for n in range(first, until)], [], parts, now())
            os.write(pipe, b"%d\n" % until)
            first = until
        lanes.wait(60)


def life(folder: Path, url: str, first: int, count: int, strikes: int | None, chance: random.Random) -> int:
    """One process; returns how many are accepted. ``strikes``: it is killed some moments after so many."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            live(folder, url, first, count, writing, random.Random(first))
        except BaseException:  # whatever it is: the driver's own code must not go on in the child
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(0)
    os.close(writing)
    accepted, rest = first, b""
    struck = False
    while True:
        if strikes is not None and accepted >= strikes and not struck:
            time.sleep(chance.random() * 0.03)
            os.kill(child, signal.SIGKILL)
            struck = True
        if select.select([reading], [], [], 0.05)[0]:
            if not (piece := os.read(reading, 4096)):
                break
            *lines, rest = (rest + piece).split(b"\n")
            accepted = int(lines[-1]) if lines else accepted
    os.waitpid(child, 0)
    os.close(reading)
    return accepted


def main(folder: Path, url: str, count: int, kills: int, seed: int) -> None:
    """Every life, and what is in the outbox at the end."""
    default_policy()  # read once, and not by every life
    chance, accepted, killed = random.Random(seed), 0, 0
    marks = sorted(chance.randint(1, count - 1) for _ in range(kills))
    for mark in marks:
        accepted = life(folder, url, accepted, count, max(mark, accepted), chance)
        killed += 1
    accepted = life(folder, url, accepted, count, None, chance)
    with tower(folder, url, ASSETS) as parts:
        empty("hook", parts, holder_name())
        with parts.store.read() as tx:
            found = tx.plumbing.deliveries(count * 2)
    keys: dict[str, list[str]] = {}
    for one in found:
        keys.setdefault(one.payload["signal"], []).append(one.key)
    left = [one.key for one in found if one.state is not DeliveryState.SENT]
    print(json.dumps({"accepted": accepted, "kills": killed, "keys": keys, "left": left}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], *(int(a) for a in sys.argv[3:6]))
