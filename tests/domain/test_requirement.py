"""What a release may require of another asset's release."""

from __future__ import annotations

import msgspec
import pytest

from pulse_tui.domain.release import Interface
from pulse_tui.domain.requirement import terms


@pytest.mark.parametrize(
    ("text", "version", "interface", "met"),
    [
        (">=3.1.0, <4.0.0", "3.8.1", Interface(), [True, True]),
        (">=3.1.0, <4.0.0", "4.0.0", Interface(), [True, False]),
        ("refund-v9", "refund-v9", Interface(), [True]),
        ("!=refund-v9", "refund-v9", Interface(), [False]),
        (">=3.1.0", "refund-v9", Interface(), [None]),
        ("prompt_format=chatml-2", "9", Interface(prompt_format="chatml-2"), [True]),
        ("prompt_format = chatml-2", "9", Interface(prompt_format="chatml-1"), [False]),
        ("tooling=tools-4", "9", Interface(), [None]),
    ],
)
def test_a_term_is_met_or_not_or_cannot_be_compared(
    text: str, version: str, interface: Interface, met: list[bool | None]
) -> None:
    assert [term.met(version, interface) for term in terms(text)] == met


@pytest.mark.parametrize("text", ["", ">=", ">=refund-v9", "colour=blue", ">=1.0.0,", "a b"])
def test_what_is_no_requirement_is_refused_where_it_is_read(text: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"requires": {"refund-prompt": text}}, Interface)


def test_a_stored_interface_comes_back_as_it_was() -> None:
    written = Interface(schema="v3", requires={"refund-prompt": ">=3.1.0"})
    assert msgspec.json.decode(msgspec.json.encode(written), type=Interface) == written
    assert written.stated() == {"schema": "v3", "requires refund-prompt": ">=3.1.0"}
