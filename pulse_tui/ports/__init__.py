"""Protocols that the services need from the rim, and the shapes that pass through them.

A collector, an action and a step are *modules* that satisfy a protocol below: one file is one
kind, named as the configuration names it. See ``kinds.py`` for how they are found.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from pulse_tui.ports.collecting import (
    CollectContext,
    Collector,
    FileFormat,
    Hint,
    Hinted,
    HookRequest,
    Peek,
    Placing,
    members,
)
from pulse_tui.ports.responding import Action, Case, Route, SendContext, Target
from pulse_tui.ports.running import Ended, Files, Finished, Output, Piece, Processes, Result
from pulse_tui.ports.signing import HeldKey, NoSigning, Signing
from pulse_tui.ports.stepping import Addressed, Probed, Settling, Step, StepContext
from pulse_tui.ports.storing import (
    Advisories,
    BillHead,
    Coverages,
    Covered,
    Covering,
    Dependencies,
    Edge,
    Enforcements,
    EstateStore,
    Evals,
    Exploitations,
    Incidents,
    Inventory,
    Judgements,
    Learning,
    Log,
    Notices,
    Plumbing,
    Policies,
    Reports,
    Rollbacks,
    RunHead,
    Signals,
    Silences,
    Store,
    Taken,
    Transaction,
    Users,
    Vendors,
    Waivers,
    Whereabouts,
)
from pulse_tui.ports.tower import Desk
from pulse_tui.ports.world import Answer, Fetched, Http

Clock = Callable[[], datetime]
"""The present moment, aware, in UTC. Only wiring knows a real one."""

__all__ = [
    "Action",
    "Addressed",
    "Advisories",
    "Answer",
    "BillHead",
    "Case",
    "Clock",
    "CollectContext",
    "Collector",
    "Coverages",
    "Covered",
    "Covering",
    "Dependencies",
    "Desk",
    "Edge",
    "Ended",
    "Enforcements",
    "EstateStore",
    "Evals",
    "Exploitations",
    "Fetched",
    "FileFormat",
    "Files",
    "Finished",
    "HeldKey",
    "Hint",
    "Hinted",
    "HookRequest",
    "Http",
    "Incidents",
    "Inventory",
    "Judgements",
    "Learning",
    "Log",
    "NoSigning",
    "Notices",
    "Output",
    "Peek",
    "Piece",
    "Placing",
    "Plumbing",
    "Policies",
    "Probed",
    "Processes",
    "Reports",
    "Result",
    "Rollbacks",
    "Route",
    "RunHead",
    "SendContext",
    "Settling",
    "Signals",
    "Signing",
    "Silences",
    "Step",
    "StepContext",
    "Store",
    "Taken",
    "Target",
    "Transaction",
    "Users",
    "Vendors",
    "Waivers",
    "Whereabouts",
    "members",
]
