"""A strict reader of OpenMetrics text, from the ABNF of the specification (version 1.0.0): whatever it does not allow is an error."""

from __future__ import annotations

import re
from typing import NamedTuple

_NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
_LABEL = r"[a-zA-Z_][a-zA-Z0-9_]*"
_ESCAPED = r'(?:[^"\\\n]|\\["\\n])*'
_NUMBER = r"[+-]?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|[iI][nN][fF](?:[iI][nN][iI][tT][yY])?)|[nN][aA][nN]"
_SAMPLE = re.compile(
    rf'(?P<name>{_NAME})(?:\{{(?P<labels>(?:{_LABEL}="{_ESCAPED}"(?:,{_LABEL}="{_ESCAPED}")*)?)\}})? '
    rf"(?P<value>{_NUMBER})(?: (?P<time>{_NUMBER}))?"
)
_PAIR = re.compile(rf'({_LABEL})="({_ESCAPED})"')
_DESCRIPTOR = re.compile(rf"# (TYPE|HELP|UNIT) ({_NAME}) (.*)")
_TYPES = {"counter", "gauge", "histogram", "gaugehistogram", "stateset", "info", "summary", "unknown"}
_SUFFIXES = {"counter": ("_total", "_created"), "info": ("_info",), "gauge": ("",), "unknown": ("",), "stateset": ("",)}


class Read(NamedTuple):
    """A metric family as it was read."""

    name: str
    type: str
    unit: str
    help: str
    samples: dict[tuple[str, tuple[tuple[str, str], ...]], float]


def read(text: str) -> dict[str, Read]:
    """Every family. Raises AssertionError with the line that the grammar does not allow."""
    assert text.endswith("# EOF\n"), "it must end with # EOF and one line feed"
    lines = text[:-1].split("\n")
    assert lines.count("# EOF") == 1
    assert "\r" not in text
    found: dict[str, Read] = {}
    current: Read | None = None
    for line in lines[:-1]:
        assert line, "an empty line"
        if line.startswith("#"):
            descriptor = _DESCRIPTOR.fullmatch(line)
            assert descriptor, line
            kind, name, rest = descriptor.groups()
            if current is None or current.name != name:
                assert name not in found, f"{name} is interleaved"
                current = found[name] = Read(name, "unknown", "", "", {})
            assert not current.samples, f"{line}: metadata after samples"
            if kind == "TYPE":
                assert rest in _TYPES, line
                current = found[name] = current._replace(type=rest)
            elif kind == "UNIT":
                assert re.fullmatch(r"[a-zA-Z0-9_:]+", rest), line
                assert name.endswith(f"_{rest}"), f"{name} must end with its unit {rest}"
                current = found[name] = current._replace(unit=rest)
            else:
                assert re.fullmatch(r'(?:[^"\\\n]|\\["\\n])*', rest), line
                current = found[name] = current._replace(help=rest)
            continue
        sample = _SAMPLE.fullmatch(line)
        assert sample, line
        assert current is not None, f"{line}: no family"
        allowed = {current.name + suffix for suffix in _SUFFIXES[current.type]}
        assert sample["name"] in allowed, f"{sample['name']} does not belong to {current.name}"
        labels = tuple(_PAIR.findall(sample["labels"] or ""))
        assert len({k for k, _ in labels}) == len(labels), f"{line}: a label twice"
        key = (sample["name"], tuple(sorted(labels)))
        assert key not in current.samples, f"{line}: given twice"
        assert current.type != "info" or float(sample["value"]) == 1, line
        current.samples[key] = float(sample["value"])
    return found
