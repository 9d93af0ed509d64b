"""Who is affected when a deployment fails: the endpoints it serves, and the workflows it is a stage of."""

from __future__ import annotations

from pulse_tui.domain.words import Environment
from pulse_tui.ports import Transaction


def reached(tx: Transaction, asset_id: str, environment: Environment | None) -> list[str]:
    """``endpoint chat-api (free, enterprise; production-critical)``, ``stage answer of workflow support``."""
    out = []
    for endpoint in tx.inventory.endpoints(asset_id):
        if environment in (None, endpoint.environment):
            marks = [", ".join(endpoint.segments)] if endpoint.segments else []
            marks += ["production-critical"] if endpoint.production_critical else []
            out.append(f"endpoint {endpoint.id}" + (f" ({'; '.join(marks)})" if marks else ""))
    for workflow in tx.inventory.workflows():
        names = [s.name for s in workflow.stages if s.asset_id == asset_id]
        out += [f"stage {name} of workflow {workflow.id}" for name in names]
    return out
