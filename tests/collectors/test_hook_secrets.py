"""A secret that is unset or empty proves nothing: every kind that takes webhooks refuses whatever comes."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

import msgspec
import pytest

from pulse_tui.domain.errors import Refused
from pulse_tui.kinds import Kinds
from pulse_tui.ports import HookRequest
from tests.collectors.contexts import NOW, context

OPTIONS: dict[str, dict[str, Any]] = {
    "github_actions": {"repository": "acme/bot", "workflows": []},
    "gitlab": {"project": "acme/bot"},
    "mlflow": {"url": "http://127.0.0.1:1"},
}
"""What each kind needs beside its secret."""
BODY = b"{}"
STAMP = str(int(NOW.timestamp()))
KINDS = Kinds("collectors")


def signed_with(secret: bytes) -> HookRequest:
    """What each of the senders would have signed with this secret."""
    plain = hmac.new(secret, BODY, hashlib.sha256).hexdigest()
    stamped = hmac.new(secret, b".".join([b"d-1", STAMP.encode(), BODY]), hashlib.sha256).digest()
    headers = {
        "x-github-event": "push",
        "x-github-delivery": "d-1",
        "x-hub-signature-256": f"sha256={plain}",
        "x-gitlab-event": "Push Hook",
        "x-gitlab-token": secret.decode(),
        "x-gitlab-event-uuid": "d-1",
        "x-mlflow-delivery-id": "d-1",
        "x-mlflow-timestamp": STAMP,
        "x-mlflow-signature": "v1," + base64.b64encode(stamped).decode(),
    }
    return HookRequest(headers, BODY)


def test_every_kind_that_takes_webhooks_is_asked() -> None:
    assert {kind for kind in KINDS if hasattr(KINDS[kind], "hint")} == set(OPTIONS)


@pytest.mark.parametrize("kind", OPTIONS)
@pytest.mark.parametrize("secret", [None, "", "${NOWHERE}", "${EMPTY}", "${BLANK}"])
def test_a_secret_that_is_none_refuses_even_what_is_signed_with_it(kind: str, secret: str | None) -> None:
    module: Any = KINDS[kind]
    options = msgspec.convert({**OPTIONS[kind], "webhook_secret": secret}, module.Options)
    for really in (b"", b" "):
        with pytest.raises(Refused, match=r"no webhook_secret|cannot be read|is empty"):
            module.hint(options, signed_with(really), context(secrets={"EMPTY": "", "BLANK": " "}))


@pytest.mark.parametrize("kind", OPTIONS)
def test_a_secret_that_is_one_is_enough(kind: str) -> None:
    module: Any = KINDS[kind]
    options = msgspec.convert({**OPTIONS[kind], "webhook_secret": "${S}"}, module.Options)
    assert module.hint(options, signed_with(b"s3cret"), context(secrets={"S": "s3cret"})).delivery
