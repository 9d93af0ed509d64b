"""From the approving key, pressed in a real terminal, to the first effect at a loopback target.

``python -m tests.bench rollback``: one rollback an asset, each approved by keyboard in one running tower; by name, and
signed by OpenSSH's agent.
"""

from __future__ import annotations

import statistics
import tempfile
import threading
import time
from pathlib import Path

import pyte

from pulse_tui.demo.world import LoopbackServer, World
from tests.bench.terminal import PYTHON, Program
from tests.fakes.agents import OPENSSH, openssh

CONFIG = """
name: bench
database: sqlite:///pulse.db
operators: [{{name: ana, key: "{key}"}}]
approvals: {approvals}
playbooks:
  - id: bench
    environments: [canary]
    steps:
      - {{kind: webhook, read_url: "{url}/deployments/{{asset}}/{{environment}}", write_url: "{url}/deployments/{{asset}}/{{environment}}"}}
estate:
  assets:
"""
ASSET = """    - id: {name}
      asset_type: service
      owner_team: bench
      environments: {{canary: {{version: 2.0.0}}}}
      releases:
        - {{version: 1.0.0, digest: "sha256:1", state: promoted}}
        - {{version: 2.0.0, digest: "sha256:2", state: promoted, rollback_to: 1.0.0}}
"""


class TimedWorld(World):
    """A world whose target notes when each write came."""

    def __init__(self) -> None:
        super().__init__()
        self.times: dict[str, float] = {}
        self.wrote = threading.Event()

    def write_target(self, target: str, body: dict[str, object], key: str, epoch: int) -> tuple[int, object]:
        """As the demo's target, with the time of arrival."""
        self.times.setdefault(target, time.perf_counter())
        self.wrote.set()
        return super().write_target(target, body, key, epoch)


class Screen:
    """The program's screen as it stands."""

    def __init__(self, program: Program) -> None:
        self._program, self._seen = program, 0
        self._screen = pyte.Screen(*program.size)
        self._stream = pyte.ByteStream(self._screen)

    def wait(self, text: str, most: float = 10.0) -> None:
        """Until ``text`` can be read. Raises TimeoutError with the screen."""
        end = time.perf_counter() + most
        while time.perf_counter() < end:
            self._program.pump(0.02)
            for chunk in self._program.chunks[self._seen :]:
                self._stream.feed(chunk.data.replace(b"\x1b[?2026$p", b"").replace(b"\x1b[?2048$p", b""))
            self._seen = len(self._program.chunks)
            if any(text in line for line in self._screen.display):
                return
        raise TimeoutError(f"{text!r} is not on the screen:\n" + "\n".join(self._screen.display))


def main(count: int = 25) -> None:
    _measured(count, "by name", "ana-laptop", "{canary: 1}", {})
    if OPENSSH:
        with tempfile.TemporaryDirectory() as keys, openssh(Path(keys)) as (path, lines):
            line, signed = lines["ed25519"].strip(), "{canary: 1, production: 1, replica: 1, unsigned: []}"
            _measured(count, "signed", line, signed, {"SSH_AUTH_SOCK": path})


def _measured(count: int, how: str, key: str, approvals: str, more: dict[str, str]) -> None:
    world = TimedWorld()
    server = LoopbackServer(world)
    names = [f"bot-{i:02d}" for i in range(count)]
    world.targets = {f"{name}/canary": "2.0.0" for name in names}
    with tempfile.TemporaryDirectory() as folder:
        text = CONFIG.format(url=server.url, key=key, approvals=approvals) + "".join(
            ASSET.format(name=name) for name in names
        )
        (Path(folder) / "pulse.yaml").write_text(text)
        env = {"XDG_STATE_HOME": folder, "PULSE_OPERATOR": "ana", **more}
        program = Program([PYTHON, "-m", "pulse_tui", "--config", folder], env)
        screen = Screen(program)
        screen.wait("bot-00")
        program.run(2.0)
        times = [one(program, screen, world, name) for name in names]
        program.close()
    server.close()
    times.sort()
    p95 = times[min(len(times) - 1, int(len(times) * 0.95))]
    print(
        f"approving key -> first effect, {count} rollbacks {how:8} p50 {statistics.median(times):4.0f} ms  p95 {p95:4.0f} ms"
    )


def one(program: Program, screen: Screen, world: TimedWorld, name: str) -> float:
    """Milliseconds from ctrl-y to the target's first write, for one asset."""
    send = program.send
    for key in (b"1", b"/"):
        send(key)
        program.run(0.5)
    send(b"\x15" + name.encode() + b"\r")
    program.run(0.3)
    send(b"p")
    screen.wait("Rollback plan")
    screen.wait("[a] approve")
    screen.wait("prior state")
    send(b"a")
    screen.wait("Enter never confirms")
    program.run(0.4)
    send(name.encode())
    screen.wait("the name is right")
    world.wrote.clear()
    pressed = time.perf_counter()
    send(b"\x19")
    world.wrote.wait(10.0)  # reading the screen here would compete with the target for this process
    screen.wait("verified")
    send(b"\x1b")
    program.run(0.4)
    send(b"\x1b")
    program.run(0.4)
    return (world.times[f"{name}/canary"] - pressed) * 1e3


if __name__ == "__main__":
    main()
