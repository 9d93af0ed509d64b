"""JSON documents of tools decoded into shapes: fields that a shape does not name are skipped without being built."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from pulse_tui.collectors._shared import plain as _plain
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.text import clean

_T = TypeVar("_T")


def typed(name: str, data: bytes, decoder: msgspec.json.Decoder[_T], what: str) -> _T:
    """The document. NaN, Infinity and lone surrogates, which are not JSON but are written, are read in a slower way.

    Raises SourceError with line and column for what is broken or cut off, or with the place whose type is wrong; ``what``
    is what it should have been.
    """
    try:
        try:
            return decoder.decode(data.removeprefix(b"\xef\xbb\xbf"))
        except msgspec.ValidationError:
            raise
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return msgspec.convert(_plain.document(name, data), decoder.type)
    except msgspec.ValidationError as error:
        raise SourceError(
            f"{name} is not a valid {what}: {clean(str(error), 200)}", todo="Give the file as it was written"
        ) from None
    except UnicodeEncodeError:
        raise SourceError(f"{name} has half a character (a lone surrogate) in a text", todo="Write it again") from None
    except RecursionError:
        raise SourceError(f"{name} is nested too deeply to be read") from None
