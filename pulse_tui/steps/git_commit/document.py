"""The one value of a file in a repository: a field of a JSON or YAML document, or all of a plain text."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple

from pulse_tui.steps._shared import json_text
from pulse_tui.steps.git_commit import yaml_text

_DOT = re.compile(r"(?<!\\)\.")


class Format(StrEnum):
    """How the file is read."""

    YAML = "yaml"
    JSON = "json"
    TEXT = "text"


class Where(NamedTuple):
    """What of a file holds the value."""

    format: Format
    path: tuple[str, ...]

    @classmethod
    def of(cls, file: str, field: str | None, format_: Format | None) -> Where:
        """By the options; the format by the file's name when it is not given. Raises ValueError."""
        if field is None:
            if format_ not in (None, Format.TEXT):
                raise ValueError("name the field of the document")
            return cls(Format.TEXT, ())
        names = tuple(part.replace("\\.", ".") for part in _DOT.split(field))
        if not all(names):
            raise ValueError(f"{field!r} has an empty name between its dots")
        ending = file.rpartition(".")[2].lower()
        known = {"yaml": Format.YAML, "yml": Format.YAML, "json": Format.JSON}
        chosen = format_ or known.get(ending)
        if chosen in (None, Format.TEXT):
            raise ValueError("a field stands in a .yaml, .yml or .json file; name its format, or leave 'field' out")
        return cls(chosen, names)

    def value(self, text: str) -> str:
        """The value. Raises ValueError for a file that cannot be read with certainty, KeyError when nothing is there."""
        if self.format is Format.YAML:
            return yaml_text.value_at(text, self.path)
        if self.format is Format.JSON:
            return json_text.shown(json_text.place(text, self.path), text)
        value = text.strip()
        if "\n" in value or "\r" in value:
            raise ValueError("it has more than one line")
        return value

    def with_value(self, text: str, value: str) -> str:
        """The text with the value, all else as it was. Raises as :meth:`value`."""
        if self.format is Format.YAML:
            return yaml_text.replaced(text, self.path, value)
        if self.format is Format.JSON:
            return json_text.replaced(text, self.path, value)
        old = self.value(text)
        return text.replace(old, value, 1) if old else f"{value}\n"
