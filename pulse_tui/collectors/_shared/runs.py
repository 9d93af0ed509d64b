"""The release of a result file: asset and version from options, texts in the file, or the folder's name."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Protocol, TypeVar, cast

from pulse_tui.domain.errors import Nameless, ResultOf, SourceError
from pulse_tui.domain.source import Collected
from pulse_tui.domain.text import as_name
from pulse_tui.ports import CollectContext

#: ``asset@version``, as a whole folder name or model name, or as a part of it; tried once a word.
PATTERN = r"(?<![\w.-])(?P<asset>[\w.-]++)@(?P<version>[\w.+-]+)"


def compiled(pattern: str) -> re.Pattern[str]:
    """Raises SourceError when it is not a regular expression."""
    try:
        return re.compile(pattern)
    except re.error as error:
        raise SourceError(f"the pattern {pattern!r} is not a regular expression: {error}", todo="Correct it") from None


def whose(name: str, asset: str | None, version: str | None, pattern: str, texts: Iterable[str]) -> tuple[str, str]:
    """(asset id, version). ``texts`` are searched in turn, then the file's folder. Raises Nameless when unknown."""
    search = compiled(pattern)
    folder = name.replace("\\", "/").rpartition("/")[0].rpartition("/")[2]
    for text in (*texts, folder):
        if asset and version:
            break
        if match := search.search(text[:SEARCHED]):
            groups = match.groupdict()
            asset = asset or groups.get("asset")
            version = version or groups.get("version")
    if not asset or not version:
        missing = " and ".join(word for word, known in (("asset", asset), ("version", version)) if not known)
        raise Nameless(
            f"{name} does not name its {missing}",
            todo="Set 'asset' and 'version', or keep it in a folder named asset@version",
        )
    return as_name(asset), as_name(version)


SEARCHED = 2_000
"""Characters of a text that are searched for the release of a result."""


class _Options(Protocol):
    """What the options of every kind of result have."""

    @property
    def suite(self) -> str: ...
    @property
    def asset(self) -> str | None: ...
    @property
    def version(self) -> str | None: ...
    @property
    def pattern(self) -> str: ...


Parse = TypeVar("Parse", bound=Callable[..., Collected])


def refusing(parse: Parse) -> Parse:
    """A parser whose refusal names the release of the result: as ``parse`` knows it, else from options and folder.

    A refused result is not an absent one: its release must show it.
    """

    @wraps(parse)
    def stated(name: str, data: bytes, options: _Options, context: CollectContext) -> Collected:
        try:
            return parse(name, data, options, context)
        except SourceError as error:
            error.about = tuple(dict.fromkeys((*error.about, *_guessed(name, options, context))))
            raise

    return cast("Parse", stated)


def _guessed(name: str, options: _Options, context: CollectContext) -> tuple[ResultOf, ...]:
    folder = context.folder.name if context.folder is not None else ""
    try:
        asset, version = whose(name, options.asset, options.version, options.pattern, [folder])
    except SourceError:
        return ()
    return (ResultOf(asset, version, options.suite),)


def refused(what: str, asset: str, version: str, suite: str, *, todo: str = "") -> SourceError:
    """A refusal of this release's result."""
    error = SourceError(what, todo=todo)
    error.about = (ResultOf(asset, version, suite),)
    return error


def run_id(kind: str, name: str, data: bytes, *of: str) -> str:
    """The same for the same file of the same release: its kind and a hash over its name (without folders) and content.

    ``of`` gives the run's release (asset, version, suite): two releases may give the same file.
    """
    base = name.replace("\\", "/").rpartition("/")[2]
    stated = "\0".join((base, *of)).encode("utf-8", "replace")
    digest = hashlib.sha256(stated + b"\0" + data).hexdigest()
    return f"{kind}:{digest[:20]}"
