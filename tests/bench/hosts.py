"""``python -m tests.bench hosts``: what one agent and four agents reach on one PostgreSQL, and what each piece of work costs.

Real processes: agents that read loopback sources which are due all the time (``every: 1s``), and processes that take signals in and
send their messages. Beside each rate stands the processor time of a piece, in the agents and in PostgreSQL: rates are of this machine,
costs carry over. With the costs the last lines say what 1,000 sources and 50 hosts need. PostgreSQL writes without a sync here.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

from pulse_tui.domain.delivery import Delivery
from pulse_tui.services.signals.refresh import refresh
from pulse_tui.wiring import House
from tests.hosts.estate import Hosts, breaches, hosts

WARM_S, LASTS_S = 6.0, 10.0
SOURCES = 120
SIGNALS = 400
FEW = 20
MESSAGES = 800
TICK = os.sysconf("SC_CLK_TCK")


class Cost(NamedTuple):
    """What was done in a time, and the processor time that it took."""

    what: str
    pieces: int
    seconds: float
    agents_s: float
    database_s: float

    @property
    def words(self) -> str:
        """As a line."""
        each = f"{self.agents_s / self.pieces * 1e3:.1f} ms + {self.database_s / self.pieces * 1e3:.1f} ms"
        return f"{self.what}: {self.pieces / self.seconds:.0f}/s; CPU of each {each} (agent + PostgreSQL)"


def cpu_s(pids: Iterable[int]) -> float:
    """Processor seconds so far, children that have ended included."""
    spent = 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        spent += sum(int(n) for n in fields[11:15])
    return spent / TICK


def server_pids(estate: Hosts) -> list[int]:
    """PostgreSQL's processes."""
    folder = parse_qs(urlsplit(estate.database).query)["host"][0]
    master = Path(folder, "postmaster.pid").read_text().splitlines()[0]
    children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
    return [int(master), *map(int, children)]


def measured(what: str, estate: Hosts, pids: list[int], seconds: float, count: Callable[[], int]) -> Cost:
    """What happens in so many seconds."""
    began, first = time.monotonic(), count()
    ours, theirs = cpu_s(pids), cpu_s(server_pids(estate))
    time.sleep(seconds)
    return Cost(
        what, max(count() - first, 1), time.monotonic() - began, cpu_s(pids) - ours, cpu_s(server_pids(estate)) - theirs
    )


def reading(agents: int) -> Cost:
    """Sources that are due all the time."""
    with tempfile.TemporaryDirectory() as folder, hosts(Path(folder), sources=SOURCES, every=1.0) as estate:
        running = [estate.agent(f"host-{n}") for n in range(agents)]
        for each in running:
            each.wait_for("collecting", 120)
        time.sleep(WARM_S)
        what = f"{agents} agent{'s' if agents > 1 else ''}, {SOURCES} sources that are due every second: read"
        return measured(what, estate, [p.pid for p in running], LASTS_S, lambda: len(estate.reads))


def looking() -> Cost:
    """Sources of which another one has just had its turn: the price of a look that comes too early."""
    with tempfile.TemporaryDirectory() as folder, hosts(Path(folder), sources=SOURCES, every=3_600.0) as estate:
        house = estate.house()
        try:
            judging = house.judging
            for source in estate.sources:
                refresh(source, judging, "another:x:1")
            began, ours, theirs = time.monotonic(), cpu_s([os.getpid()]), cpu_s(server_pids(estate))
            looks = 0
            while looks < 20 * len(estate.sources):
                refresh(estate.sources[looks % len(estate.sources)], judging, "me:x:1", due=True)
                looks += 1
            return Cost(
                "a look at a source that another one has just read", looks, time.monotonic() - began,
                cpu_s([os.getpid()]) - ours, cpu_s(server_pids(estate)) - theirs,
            )  # fmt: skip
        finally:
            house.close()


def taking(processes: int) -> Cost:
    """Signals that open alerts, taken in by several processes; without the time in which they start."""
    with tempfile.TemporaryDirectory() as folder, hosts(Path(folder), sources=1, every=3_600.0) as estate:
        share = SIGNALS // processes
        line = [sys.executable, "-m", "tests.bench.hosts", str(estate.folder)]
        theirs = cpu_s(server_pids(estate))
        feeding = [
            subprocess.Popen([*line, str(1 + n * share), str(share)], stdout=subprocess.PIPE) for n in range(processes)
        ]
        found = [tuple(map(float, each.communicate()[0].split())) for each in feeding]
        what = f"{processes} process{'es' if processes > 1 else ''}: signals judged, stored, alerts opened"
        lasted = max(end for _, end, _ in found) - min(begun for begun, _, _ in found)
        spent = sum(cpu for _, _, cpu in found)
        return Cost(what, share * processes, lasted, spent, cpu_s(server_pids(estate)) - theirs)


def sending(agents: int) -> Cost:
    """Messages that wait, for eight destinations."""
    with tempfile.TemporaryDirectory() as folder, hosts(Path(folder), sources=1, every=3_600.0, routes=8) as estate:
        running = [estate.agent(f"host-{n}") for n in range(agents)]
        for each in running:
            each.wait_for("collecting", 120)
        time.sleep(WARM_S)
        ours, theirs, began = cpu_s([p.pid for p in running]), cpu_s(server_pids(estate)), time.monotonic()
        house = estate.house()
        with house.store.write() as tx:
            for n in range(MESSAGES):
                payload = {"title": f"message {n}", "event": "opened"}
                made = Delivery(
                    key=f"m-{n}", kind="notify", route=f"hook-{n % 8}", payload=payload, created_at=house.clock()
                )
                tx.plumbing.enqueue(made)
        house.close()
        taken = estate.receiver.wait(MESSAGES, 120)
        lasted = time.monotonic() - began
        what = f"{agents} agent{'s' if agents > 1 else ''}: {len(taken)} messages ({len({t.key for t in taken})} keys) to 8 destinations"
        spent = cpu_s([p.pid for p in running]) - ours
        return Cost(what, len(taken), lasted, spent, cpu_s(server_pids(estate)) - theirs)


def needs(read: Cost, look: Cost) -> list[str]:
    """1,000 sources every five minutes or every minute, on 50 hosts, from the costs."""
    lines = []
    for every in (300.0, 60.0):
        reads = 1_000 / every
        looks = 49 * reads
        agent = (reads * read.agents_s / read.pieces + looks * look.agents_s / look.pieces) / 50
        server = reads * read.database_s / read.pieces + looks * look.database_s / look.pieces
        lines.append(
            f"1,000 sources every {every / 60:.0f} min, 50 agents: {reads:.1f} reads/s and {looks:.0f} looks/s; "
            f"{agent * 100:.1f} % of a core on each host, {server * 100:.0f} % of a core of PostgreSQL"
        )
    return lines


def main() -> None:
    """Print the numbers."""
    read = {n: reading(n) for n in (1, 4)}
    for cost in read.values():
        print(cost.words)
    look = looking()
    print(look.words)
    for n in (1, 4):
        print(taking(n).words)
    for n in (1, 4):
        print(sending(n).words)
    for line in needs(read[1], look):
        print(line)


def _feed(folder: Path, first: int, count: int) -> None:
    """One process that takes signals in, a few at a time, as several sources bring them."""
    house = House(folder / "config" / "pulse.yaml")
    breaches(house, first, FEW)
    begun, spent = time.time(), time.process_time()
    for begin in range(first + FEW, first + count, FEW):
        breaches(house, begin, min(FEW, first + count - begin))
    print(begun, time.time(), time.process_time() - spent)
    house.close()


if __name__ == "__main__":
    _feed(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
