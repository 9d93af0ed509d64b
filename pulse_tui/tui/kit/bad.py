"""What is wrong with the words of a filter."""

from __future__ import annotations


class BadFilter(ValueError):
    """A filter that cannot be understood; the message says which word and what would be."""
