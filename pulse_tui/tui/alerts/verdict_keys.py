"""The keys by which an operator says what an alert was worth."""

from __future__ import annotations

from typing import Final

from pulse_tui.tui.kit.keys import bind

VERDICT_KEYS: Final = (
    bind("plus", "verdict_useful", "useful", "verdict: the alert was useful; its state stays as it is", changes=True),
    bind(
        "underscore", "verdict_noise", "noise", "verdict: the alert was noise; its state stays as it is", changes=True
    ),
    bind("equals_sign", "verdict", "verdict", "verdict: useful, noise, duplicate or late, one more key", changes=True),
)
VERDICTS: Final = (
    ("u", "useful", "somebody had to know"),
    ("n", "noise", "nobody had to"),
    ("d", "duplicate", "another alert had it already"),
    ("l", "late", "it was known before it came"),
)
