"""Numbers in notes: rate limits and prices, and how they compare with what is declared."""

from __future__ import annotations

import pytest

from pulse_tui.domain.usage import Usage
from pulse_tui.enrich.vendors.limits import Measure, Quantity, against_limits, against_prices, fields, limits, prices

RPM, TPM, RPD, IN, OUT = Measure.RPM, Measure.TPM, Measure.RPD, Measure.INPUT, Measure.OUTPUT


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("We reduced the limit of gpt-4.1 from 1,000 to 500 RPM.", [Quantity(RPM, 500, 1000)]),
        ("The limit is now 500 requests per minute (was 1,000).", [Quantity(RPM, 500, 1000)]),
        ("raised from 450k tokens per minute to 900k tokens per minute", [Quantity(TPM, 900_000, 450_000)]),
        ("RPM: 500, TPM: 30k", [Quantity(RPM, 500), Quantity(TPM, 30_000)]),
        ("2 million tokens per minute", [Quantity(TPM, 2_000_000)]),
        ("10 requests per second", [Quantity(RPM, 600)]),
        ("1,500 requests/day", [Quantity(RPD, 1500)]),
        ("We've raised rate limits across the API.", []),
        ("released on 2026-06-02 for 4 regions", []),
    ],
)
def test_limits_are_read_with_their_unit_and_what_they_were(text: str, expected: list[Quantity]) -> None:
    assert list(limits(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the standard price ($2 / $10 per MTok)", [Quantity(IN, 2), Quantity(OUT, 10)]),
        ("input tokens from $2.50 to $2.00 per 1M", [Quantity(IN, 2, 2.5)]),
        ("$0.40 per 1M input tokens and $1.60 per 1M output tokens", [Quantity(IN, 0.4), Quantity(OUT, 1.6)]),
        ("costs $3 per million input tokens (previously $2)", [Quantity(IN, 3, 2)]),
        ("$0.002 per 1K prompt tokens", [Quantity(IN, 2)]),
        ("billed at $0.70 per second", []),
        ("$20 a month", []),
    ],
)
def test_prices_are_read_for_a_million_tokens(text: str, expected: list[Quantity]) -> None:
    assert list(prices(text)) == expected


def test_the_change_of_a_catalogue_is_read_from_its_words() -> None:
    assert fields("input 3, output 12", "input 2, output 12") == (Quantity(IN, 3, 2),)
    assert fields("rpm 500", None) == (Quantity(RPM, 500),)


def test_a_peak_is_a_share_of_the_new_limit_and_one_that_is_not_declared_is_unknown() -> None:
    found = against_limits(limits("500 RPM (was 1,000) and 200,000 TPM"), Usage(rpm=410))
    assert found.share == pytest.approx(0.82)
    assert found.unknown
    assert (
        found.lines[0] == "your peak is 82 % of the new limit (500 requests a minute, it was 1,000 requests a minute)"
    )
    assert "no peak of tokens a minute is declared" in found.lines[1]
    assert against_limits(limits("500 RPM"), None).share is None


def test_a_price_is_compared_with_what_is_paid_and_with_the_monthly_amount() -> None:
    usage = Usage(input_price=2.0, monthly_input_tokens=2.5e9)
    found = against_prices(prices("$2.5 per 1M input tokens and $8 per 1M output tokens"), usage)
    assert found.lines[0] == "1M input tokens: $2 -> $2.5 (+25 %), about $1,250 more a month"
    assert "not declared" in found.lines[1]
