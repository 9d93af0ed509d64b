"""What a signature costs: asking the agent, verifying, and a whole vote with its transaction.

``python -m tests.bench signing``: OpenSSH's own agent with a key of each kind it makes; no security key is at hand, so that the
time of a touch is not in it.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from pulse_tui.domain.sshsig import armored, open_armored, read_key, signed_data
from pulse_tui.signing import Agent, wrong
from tests.fakes.agents import OPENSSH, openssh

KINDS = ("ed25519", "ecdsa:256", "rsa:3072")
MESSAGE = b"x" * 500
NAMESPACE = "pulse-approve@v1"


def main(rounds: int = 200) -> None:
    if not OPENSSH:
        print("signing: OpenSSH is not installed")
        return
    with tempfile.TemporaryDirectory() as folder, openssh(Path(folder), KINDS) as (path, lines):
        agent = Agent(lambda: path)
        print(f"list the agent's keys          {_words(_times(agent.held, rounds))}")
        for kind, line in lines.items():
            key = read_key(line)
            data = signed_data(NAMESPACE, MESSAGE)
            signature = open_armored(armored(key, NAMESPACE, agent.sign(key, data)))
            print(f"{kind:10} sign by the agent   {_words(_times(partial(agent.sign, key, data), rounds))}")
            check = wrong.__wrapped__  # every time anew
            assert not check(signature, MESSAGE)
            print(f"{kind:10} verify              {_words(_times(partial(check, signature, MESSAGE), rounds))}")


def _times(call: Callable[[], object], rounds: int) -> list[float]:
    found = []
    for _ in range(rounds):
        began = time.perf_counter()
        call()
        found.append((time.perf_counter() - began) * 1e3)
    return sorted(found)


def _words(times: list[float]) -> str:
    return f"p50 {statistics.median(times):6.2f} ms  p95 {times[int(len(times) * 0.95)]:6.2f} ms"


if __name__ == "__main__":
    main()
