"""XML by the standard library, behind a guard: a DOCTYPE is refused, so that no entity is ever defined, expanded or fetched."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from xml.parsers import expat

from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.text import clean


class _HasDoctype(Exception):
    pass


def xml_root(name: str, data: bytes, most: int) -> ET.Element:
    """The root element. Raises SourceError for broken XML, a DOCTYPE, and over ``most`` beginnings and ends of elements."""

    def refuse_doctype(*_: object) -> None:
        raise _HasDoctype

    guard = expat.ParserCreate()
    guard.StartDoctypeDeclHandler = refuse_doctype
    if data.count(b"<") > most:
        raise SourceError(f"{name} has over {most:,} elements", todo="Split it")
    try:
        guard.Parse(data, True)
        return ET.fromstring(data)  # noqa: S314  guarded above
    except _HasDoctype:
        raise SourceError(f"{name} has a DOCTYPE, which is refused", todo="Write it without one") from None
    except (expat.ExpatError, ET.ParseError) as error:
        line, column = getattr(error, "lineno", 0) or 0, getattr(error, "offset", 0) or 0
        what = expat.ErrorString(getattr(error, "code", 0)) or "broken"
        raise SourceError(f"{name}:{line}:{column + 1}: {what}", todo="Write it again, whole") from None
    except (ValueError, LookupError, RecursionError) as error:
        raise SourceError(f"{name} cannot be read as XML: {clean(str(error), 120)}") from None
