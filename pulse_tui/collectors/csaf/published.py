"""Where vendors publish: provider metadata, ROLIE feeds, change lists, repositories of documents; from their own hosts alone."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import urljoin, urlsplit

from pulse_tui.collectors._shared.fields import moment
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.source import Cursor
from pulse_tui.domain.text import address
from pulse_tui.ports import Http

_GITHUB = re.compile(r"github:([\w.-]+/[\w.-]+)")
_PER_CVE = re.compile(r"(?:^|/)CVE-[0-9]+-[0-9]+\.json$")


class Entry(NamedTuple):
    """A document that an index lists."""

    updated: str
    url: str


class _Elsewhere(SourceError):
    """An address on a host that is not the vendor's."""

    status = 0


class Reader:
    """Indexes and documents of one vendor, from its own hosts alone."""

    def __init__(self, http: Http, url: str, headers: Mapping[str, str]) -> None:
        self._http, self._url, self._headers = http, url, headers
        found = _GITHUB.fullmatch(url)
        self._repository = found[1] if found is not None else ""
        self._root = f"https://api.github.com/repos/{self._repository}" if found is not None else url
        self._hosts = (*_domain(self._root), "githubusercontent.com") if found is not None else _domain(url)

    def json(self, url: str) -> Any:
        """Any JSON. Raises SourceError for another host than the vendor's."""
        self._own(url)
        headers = self._headers if urlsplit(url).netloc == urlsplit(self._root).netloc else {}
        return self._http.get_json(url, None, headers, named_by=self._root if url != self._root else None)

    def text(self, url: str) -> str:
        """An index that is no JSON."""
        self._own(url)
        return self._http.fetch(url, Cursor(), self._headers).body.decode("utf-8", "replace")

    def _own(self, url: str) -> None:
        if not any(host in self._hosts for host in _domain(url)):
            what = f"{address(self._url)} leads to {address(url)}, which is not its own"
            raise _Elsewhere(what, todo="If that is right, give the address that it leads to as url")

    def entries(self) -> tuple[list[Entry], bool]:
        """The documents, and whether the index says when each changed: then in that order."""
        if self._repository:
            return self._tree(), False
        path = urlsplit(self._url).path
        if path.endswith(".csv"):
            return self._changes(self._url), True
        if path.endswith(".txt"):
            return self._listed(self._url), False
        top = self.json(self._url)
        if not isinstance(top, dict):
            raise SourceError(f"{address(self._url)} is no index of CSAF documents", todo="Give provider-metadata.json")
        if "document" in top:
            return [Entry(_when(_released(top)), self._url)], True
        if "feed" in top:
            return self._rolie(top, self._url), True
        if "distributions" in top:
            return sorted(e for d in _chosen(top["distributions"]) for e in self._distribution(d)), True
        raise SourceError(f"{address(self._url)} is no index of CSAF documents", todo="Give provider-metadata.json")

    def _distribution(self, item: Mapping[str, Any]) -> Iterator[Entry]:
        if isinstance(directory := item.get("directory_url"), str):
            yield from self._changes(f"{directory.rstrip('/')}/changes.csv")
            return
        feeds = (item.get("rolie") or {}).get("feeds") if isinstance(item.get("rolie") or {}, dict) else None
        for feed in feeds or ():
            if isinstance(feed, dict) and str(feed.get("tlp_label", "WHITE")).upper() in (
                "WHITE",
                "CLEAR",
                "UNLABELED",
            ):
                yield from self._rolie(self.json(str(feed.get("url", ""))), str(feed.get("url", "")))

    def _rolie(self, top: Any, base: str) -> list[Entry]:
        feed = top.get("feed") if isinstance(top, dict) else None
        out = []
        for entry in (feed.get("entry") or ()) if isinstance(feed, dict) else ():
            if not isinstance(entry, dict):
                continue
            content = entry.get("content")
            source = content.get("src") if isinstance(content, dict) else None
            links = entry.get("link") or ()
            own = next((li.get("href") for li in links if isinstance(li, dict) and li.get("rel") == "self"), None)
            where = source or own
            if isinstance(where, str) and where:
                out.append(Entry(_when(entry.get("updated")), urljoin(base, where)))
        return sorted(out)

    def _changes(self, url: str) -> list[Entry]:
        rows = csv.reader(io.StringIO(self.text(url)))
        return sorted(
            Entry(_when(row[1]), urljoin(url, row[0])) for row in rows if len(row) > 1 and row[0].endswith(".json")
        )

    def _listed(self, url: str) -> list[Entry]:
        lines = (line.strip() for line in self.text(url).splitlines())
        return [Entry("", urljoin(url, line)) for line in lines if line.endswith(".json")]

    def _tree(self) -> list[Entry]:
        top = self.json(f"{self._root}/git/trees/HEAD?recursive=1")
        items = top.get("tree") if isinstance(top, dict) else None
        raw = f"https://raw.githubusercontent.com/{self._repository}/HEAD/"
        found = [(i.get("path"), i.get("sha")) for i in items or () if isinstance(i, dict) and i.get("type") == "blob"]
        return [
            Entry("", f"{raw}{path}#{sha}")
            for path, sha in found
            if isinstance(path, str) and path.endswith(".json") and not _PER_CVE.search(path)
        ]


def _chosen(distributions: Any) -> list[dict[str, Any]]:
    """Those of advisories, where a vendor has others of its VEX statements beside them."""
    found = [d for d in distributions if isinstance(d, dict)] if isinstance(distributions, list) else []
    plain = [d for d in found if "vex" not in re.split(r"[/\W]+", str(d).lower())]
    return plain or found


def _released(top: Mapping[str, Any]) -> Any:
    tracking = top["document"].get("tracking") if isinstance(top["document"], dict) else None
    return tracking.get("current_release_date") if isinstance(tracking, dict) else None


def _when(text: Any) -> str:
    at = moment(text)
    return at.isoformat() if at is not None else ""


def mark(entry: Entry) -> str:
    """What an entry without a time is remembered by."""
    return hashlib.sha256(entry.url.encode()).hexdigest()[:10]


def _domain(url: str) -> tuple[str, ...]:
    """The host's last two labels; of an address the whole of it."""
    host = urlsplit(url).hostname or ""
    if re.fullmatch(r"[\d.]+|.*:.*|localhost", host):
        return (urlsplit(url).netloc,)
    return (".".join(host.split(".")[-2:]),)
