"""Every table there is: who imports ``metadata`` from here has the whole schema."""

from pulse_tui.storage.advisories import tables as advisories
from pulse_tui.storage.alerts import tables as alerts
from pulse_tui.storage.components import tables as components
from pulse_tui.storage.evals import tables as evals
from pulse_tui.storage.plumbing import tables as plumbing
from pulse_tui.storage.registry import tables as registry
from pulse_tui.storage.rollback import tables as rollback
from pulse_tui.storage.service import tables as service
from pulse_tui.storage.signals import tables as signals
from pulse_tui.storage.sql.columns import metadata
from pulse_tui.storage.vendors import tables as vendors

__all__ = [
    "advisories",
    "alerts",
    "components",
    "evals",
    "metadata",
    "plumbing",
    "registry",
    "rollback",
    "service",
    "signals",
    "vendors",
]
