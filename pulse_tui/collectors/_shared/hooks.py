"""The secret of a source's webhooks."""

from __future__ import annotations

from pulse_tui.domain.errors import ConfigError, Refused
from pulse_tui.ports import CollectContext


def webhook_secret(named: str | None, context: CollectContext) -> bytes:
    """What webhooks are verified with. Raises Refused when it is unset or empty: anybody can sign with nothing."""
    if not named:
        raise Refused(
            f"source {context.source} takes no webhooks: it has no webhook_secret",
            todo="Set it, here and at the webhook",
        )
    try:
        secret = context.secret(named)
    except ConfigError:
        todo = "Set the variable that it names"
        raise Refused(f"the webhook_secret of {context.source} cannot be read", todo=todo) from None
    if not secret.strip():
        todo = "Set the variable that it names to the secret of the webhook"
        raise Refused(f"the webhook_secret of {context.source} is empty: anybody could have signed it", todo=todo)
    return secret.encode()
