"""The tower's collecting process: JSON lines in, JSON lines out, ends when its input ends."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
import threading
from collections.abc import Mapping
from typing import Any

from pulse_tui.domain.member import MemberKind
from pulse_tui.rounds.requests import Requests
from pulse_tui.rounds.work import Rounds
from pulse_tui.wiring import House, find_config


def arguments(_parser: argparse.ArgumentParser, _name: str) -> None:
    """No options of its own."""


def run(options: argparse.Namespace, _name: str) -> int:
    """Serve requests until the end of input; what is under way then is finished."""
    house = House(find_config(options.config), database=options.database)
    output = threading.Lock()

    def answered(answer: Mapping[str, Any]) -> None:
        with output, contextlib.suppress(OSError):  # the tower is gone: the end of input follows
            print(json.dumps(answer), flush=True)

    requests = Requests(Rounds(house, MemberKind.TOWER), answered)
    try:
        for line in sys.stdin:
            requests.take(json.loads(line))
        requests.finish()
    except SystemExit as stop:  # SIGTERM: threads that wait for a source are not waited for
        requests.cut_off()
        os._exit(stop.code if isinstance(stop.code, int) else 1)
    house.close()
    return 0
