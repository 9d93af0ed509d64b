"""How fast and how quiet the tower is, beside a bare Textual program in the same run.

``python -m tests.bench tower``: prints one line a number; nothing here is a pass or a fail.
"""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.bench.estate import build
from tests.bench.terminal import PYTHON, Program

HELLO = """
from textual.app import App, ComposeResult
from textual.widgets import Static

class Hello(App[None]):
    def compose(self) -> ComposeResult:
        yield Static("hello world")

Hello().run()
"""
DOWN, TAB = b"\x1b[B", b"\t"


def start(command: Sequence[str], env: dict[str, str]) -> tuple[float, float]:
    """(first paint, 95 % of the settled screen) in ms."""
    program = Program(command, env)
    program.settle(0.8, 6.0)
    times = program.first_paint() * 1e3, program.painted(0.95) * 1e3
    program.close()
    return times


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def main(runs: int = 7, idle_s: float = 20.0) -> None:
    with tempfile.TemporaryDirectory() as folder:
        hello_file = Path(folder) / "hello.py"
        hello_file.write_text(HELLO)
        estate = build(Path(folder) / "estate")
        env = {"XDG_STATE_HOME": folder, "PULSE_OPERATOR": "bench"}
        hello = [PYTHON, str(hello_file)]
        tower = [PYTHON, "-m", "pulse_tui", "--config", str(estate)]
        start(tower, env), start(hello, env)  # warm the caches
        pairs = [(start(hello, env), start(tower, env)) for _ in range(runs)]
        base = median([h[0] for h, _ in pairs])
        first, full = median([t[0] for _, t in pairs]), median([t[1] for _, t in pairs])
        print(f"bare Textual program, first paint          {base:7.0f} ms")
        print(
            f"tower, first frame                         {first:7.0f} ms  {median([t[0] / h[0] for h, t in pairs]):.2f} x"
        )
        print(
            f"tower, four panes filled (300 assets, 100k){full:7.0f} ms  {median([t[1] / h[0] for h, t in pairs]):.2f} x"
        )
        keys(tower, env, idle_s)


def keys(tower: Sequence[str], env: dict[str, str], idle_s: float) -> None:
    program = Program(tower, env)
    program.settle(2.0, 10.0)
    program.run(15.0)  # the worker starts, everything late is loaded
    for pane, name in ((b"4", "alerts"), (b"1", "registry")):
        program.press(pane)
        answers = [a for _ in range(30) if (a := program.press(DOWN)) is not None]
        times = sorted(a[0] for a in answers)
        sizes = sorted(a[1] for a in answers)
        print(
            f"cursor key in {name:<9}                    p50 {median(times):4.1f} ms  p95 {times[int(len(times) * 0.95)]:4.1f} ms"
            f"  {median(sizes):.0f} B with what follows it"
        )
    tabs = [a for _ in range(8) if (a := program.press(TAB)) is not None]
    print(
        f"next pane                                  p50 {median([a[0] for a in tabs]):4.1f} ms  {median([a[1] for a in tabs]):.0f} B"
    )
    program.run(2.0)
    cpu, mark = program.cpu(), len(program.chunks)
    program.run(idle_s)
    sent = sum(len(c.data) for c in program.chunks[mark:])
    print(f"idle {idle_s:.0f} s                                  {sent:4d} B  {program.cpu() - cpu:.3f} s CPU")
    workers = ", ".join(f"{mb:.0f} MB" for mb in program.children_mb()) or "none"
    print(f"memory with everything loaded              {program.rss_mb():4.0f} MB (worker processes: {workers})")
    program.close()


if __name__ == "__main__":
    main()
