"""Whose run a result file is: asset and version from options, texts in the file, or the folder's name."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

from pulse_tui.domain.errors import Nameless, SourceError
from pulse_tui.domain.text import clean

#: ``asset@version``, as a whole folder name or model name, or as a part of it.
PATTERN = r"(?P<asset>[\w.-]+)@(?P<version>[\w.+-]+)"


def compiled(pattern: str) -> re.Pattern[str]:
    """Raises SourceError when it is no regular expression."""
    try:
        return re.compile(pattern)
    except re.error as error:
        raise SourceError(f"the pattern {pattern!r} is no regular expression: {error}", todo="Correct it") from None


def whose(name: str, asset: str | None, version: str | None, pattern: str, texts: Iterable[str]) -> tuple[str, str]:
    """(asset id, version). ``texts`` are searched in turn, then the file's folder. Raises Nameless when unknown."""
    search = compiled(pattern)
    folder = name.replace("\\", "/").rpartition("/")[0].rpartition("/")[2]
    for text in (*texts, folder):
        if asset and version:
            break
        if match := search.search(text[:2_000]):
            groups = match.groupdict()
            asset = asset or groups.get("asset")
            version = version or groups.get("version")
    if not asset or not version:
        missing = " and ".join(word for word, known in (("asset", asset), ("version", version)) if not known)
        raise Nameless(
            f"{name} does not say its {missing}",
            todo="Set 'asset' and 'version', or keep it in a folder named asset@version",
        )
    return clean(asset, 300), clean(version, 300)


def run_id(kind: str, name: str, data: bytes, *of: str) -> str:
    """The same for the same file of the same release: its kind and a hash over its name (without folders) and content.

    ``of`` says whose run it is (asset, version, suite): two releases may give the same file.
    """
    base = name.replace("\\", "/").rpartition("/")[2]
    told = "\0".join((base, *of)).encode("utf-8", "replace")
    digest = hashlib.sha256(told + b"\0" + data).hexdigest()
    return f"{kind}:{digest[:20]}"
