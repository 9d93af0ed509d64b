"""A quieter Linux driver."""

from __future__ import annotations

from textual.driver import Driver


def quiet_driver(stock: type[Driver]) -> type[Driver]:
    """The stock driver for now."""
    return stock
