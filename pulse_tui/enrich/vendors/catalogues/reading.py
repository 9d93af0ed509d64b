"""A catalogue from bytes: the shape is recognised by its content, and one bad entry spoils no other."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, Protocol

from pulse_tui.domain.catalogue import Catalogue, CatalogueModel
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.limits import contained, dense
from pulse_tui.domain.packed import unpacked
from pulse_tui.domain.text import clean, looks_like, name_problem, utf8
from pulse_tui.enrich.vendors.catalogues import litellm, model_list, models_dev, openrouter
from pulse_tui.enrich.vendors.catalogues.fields import MODELS, Entry, Twice, Wrong

CAP = 2**26
"""Bytes of a catalogue, unpacked; the largest known have 2 MB."""
_TWICE = "it stands there twice, with different values"
_LONGEST_INTEGER = 18
"""Digits: a longer one is read as a float. Python needs time quadratic in the digits of an integer."""


class Shape(Protocol):
    """A module of this package that reads one shape."""

    def fits(self, document: Any, /) -> bool:
        """Whether the document is of this shape."""

    def entries(self, document: Any, platform: str, /) -> Iterable[Entry]:
        """Its entries, unread; ``platform`` is whose list it is where it does not say so."""

    def model(self, entry: Entry, /) -> CatalogueModel:
        """One entry. Raises Wrong."""


SHAPES: dict[str, Shape] = {
    "models.dev": models_dev,
    "openrouter": openrouter,
    "model_list": model_list,
    "litellm": litellm,
}
"""In the order in which they are tried."""


class Refused(NamedTuple):
    """An entry that cannot be read."""

    key: str
    """``provider/`` for all models of one."""
    why: str


class Read(NamedTuple):
    """A catalogue and what of it was refused."""

    catalogue: Catalogue
    refused: tuple[Refused, ...]

    @property
    def unread(self) -> frozenset[str]:
        """The keys of which nothing is known."""
        return frozenset(r.key for r in self.refused)


def read(name: str, data: bytes, source: str = "", *, platform: str = "", shape: str | None = None) -> Read:
    """The catalogue in a document, plain or in gzip; ``name`` is for messages. ``platform``: whose list of models it is;
    ``shape``: the only one that will do.

    Raises SourceError for what is damaged, of another shape, or lists no model that can be read.
    """
    name, data = unpacked(name, data, CAP)
    with _no_collector():
        return of_document(name, document(name, data), source, platform=platform, shape=shape)


@contextmanager
def _no_collector() -> Iterator[None]:
    """A hundred thousand objects that all stay: looking through them for cycles would be half of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def of_document(name: str, value: Any, source: str = "", *, platform: str = "", shape: str | None = None) -> Read:
    """As :func:`read`, of JSON that was read already, by :func:`document`."""
    found = next((s for s, module in SHAPES.items() if module.fits(value)), None)
    if found is None or shape not in (None, found):
        known = ", ".join(SHAPES) if shape is None else shape
        raise SourceError(f"{name} is JSON, but no catalogue of a known shape ({known})", todo="Check what it is")
    models, refused = _models(name, SHAPES[found], value, platform)
    if not models:
        why = f": {refused[0].key}: {refused[0].why}" if refused else ""
        raise SourceError(f"{name} lists no model that can be read{why}", todo="Fetch it again")
    keys = tuple(r.key for r in refused)
    return Read(Catalogue(source=source, shape=found, models=models, refused=len(refused), unread=keys), refused)


def _models(
    name: str, shape: Shape, document: Any, platform: str
) -> tuple[tuple[CatalogueModel, ...], tuple[Refused, ...]]:
    models: dict[str, CatalogueModel] = {}
    refused: dict[str, str] = {}
    for entry in shape.entries(document, platform):
        problem = name_problem(entry.key) or (_TWICE if entry.twice else "")
        try:
            if not problem:
                models[entry.key] = shape.model(entry)
        except Wrong as error:
            problem = str(error)
        if problem:
            refused[clean(entry.key, 300)] = problem
        if len(models) + len(refused) > MODELS:
            raise SourceError(f"{name} lists over {MODELS:,} models", todo="Check what it is")
    return tuple(models.values()), tuple(Refused(k, why) for k, why in refused.items())


def document(name: str, data: bytes) -> Any:
    """The JSON of a catalogue; keys that stand twice are marked. Raises SourceError."""
    if not data.strip():
        raise SourceError(f"{name} is empty", todo="Fetch it again")
    data = utf8(data).removeprefix(b"\xef\xbb\xbf")
    if what := dense(data):
        raise SourceError(f"{name} is refused: {what}", todo="Check what it is")
    try:
        return json.loads(data, object_pairs_hook=_object, parse_int=_integer)
    except json.JSONDecodeError as error:
        if other := looks_like(data):
            raise SourceError(
                f"{name} is {other}, not JSON", todo="Check the address: it may be a login page"
            ) from None
        cut = error.pos >= len(error.doc.rstrip()) or "Unterminated" in error.msg
        what = "the JSON ends too early" if cut else error.msg
        raise SourceError(f"{name}:{error.lineno}:{error.colno}: {what}", todo="Fetch it again, whole") from None
    except UnicodeDecodeError:
        raise SourceError(f"{name} is not UTF-8", todo="Fetch it again") from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise contained(name, error) from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) == len(pairs):
        return made
    twice = frozenset(key for key, value in pairs if made[key] != value)
    if not twice:
        return made
    marked = Twice(made)
    marked.keys_twice = twice
    return marked


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _LONGEST_INTEGER else float(digits)
