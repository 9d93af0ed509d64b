"""Signing a request in the form of Standard Webhooks: HMAC-SHA256 over id, time and body."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from datetime import datetime

from pulse_tui.domain.errors import TargetError

SECRET = re.compile(r"\$\{[A-Za-z_][A-Za-z0-9_]*\}")
"""What an option that must be a secret looks like: nothing but the name of a variable."""
_PREFIX = "whsec_"
_BYTES = range(24, 65)


def signature(secret: str, message: str, now: datetime, body: bytes) -> dict[str, str]:
    """The three headers that sign ``body``; ``message`` is its id, the same for every attempt. Raises TargetError."""
    stamp = str(int(now.timestamp()))
    signed = b".".join((message.encode(), stamp.encode(), body))
    mac = hmac.digest(_key(secret), signed, hashlib.sha256)
    return {
        "webhook-id": message,
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{base64.b64encode(mac).decode()}",
    }


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.strip().removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.strip().startswith(_PREFIX) or len(key) not in _BYTES:
        what = "signing_secret is no secret of Standard Webhooks, and nothing was sent"
        raise TargetError(what, ambiguous=False, todo="It is whsec_ and base64 of 24 to 64 bytes")
    return key
