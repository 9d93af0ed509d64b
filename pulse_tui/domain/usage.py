"""What an asset is declared to use of a hosted model: its peaks, what it pays, and how much it uses."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

Amount = Annotated[float, Meta(ge=0)]


class Usage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Every number is optional: what is not declared is not known."""

    rpm: Amount | None = None
    """Requests a minute at the peak."""
    tpm: Amount | None = None
    """Tokens a minute at the peak."""
    rpd: Amount | None = None
    tpd: Amount | None = None
    input_price: Amount | None = None
    """US dollars for a million input tokens, as it is paid."""
    output_price: Amount | None = None
    monthly_input_tokens: Amount | None = None
    monthly_output_tokens: Amount | None = None
