"""OSV on loopback: the API with its pages and its dumps with their lists, from records that the test gives."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

from tests.servers.loopback import Loopback, Reply, Request

Record = dict[str, Any]


class OsvApi:
    """Answers as api.osv.dev and the bucket of dumps do; ``records`` may be changed between rounds."""

    def __init__(self, server: Loopback, *records: Record) -> None:
        self.server = server
        self.records: dict[str, Record] = {}
        self.unknown: set[str] = set()
        """Ecosystems that the API refuses."""
        self.page = 1_000
        self.failing: dict[str, Reply] = {}
        """Answers to single records instead of the records."""
        server.on("POST", "/v1/querybatch", self._batch)
        self.put(*records)

    def put(self, *records: Record) -> None:
        """Add or change records."""
        for record in records:
            self.records[record["id"]] = record
            self.server.on("GET", f"/v1/vulns/{record['id']}", self._one)

    def drop(self, ident: str) -> None:
        """It is no longer of any package; the record itself is still there."""
        self.records[ident] = {**self.records[ident], "withdrawn": "2026-11-20T00:00:00Z"}

    def dump(self, ecosystem: str, **more: Any) -> None:
        """Serve the dump of an ecosystem as it is now."""
        mine = {i: r for i, r in self.records.items() if ecosystem in _packages(r)}
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for ident, record in mine.items():
                archive.writestr(f"{ident}.json", json.dumps(record))
        rows = sorted(((r["modified"], i) for i, r in mine.items()), reverse=True)
        text = "".join(f"{at},{ident}\n" for at, ident in rows).encode()
        self.server.on("GET", f"/{ecosystem}/all.zip", Reply(body=packed.getvalue()))
        self.server.on("GET", f"/{ecosystem}/modified_id.csv", Reply(body=text, **more))
        for ident, record in mine.items():
            self.server.on("GET", f"/{ecosystem}/{ident}.json", Reply.json(record))

    def fetched(self) -> list[str]:
        """The ids of the single records that were asked for, in order."""
        return sorted(
            r.path.rpartition("/")[2].removesuffix(".json")
            for r in self.server.log
            if r.method == "GET" and not r.path.endswith((".csv", ".zip"))
        )

    def _one(self, request: Request) -> Reply:
        ident = request.path.rpartition("/")[2]
        return self.failing.get(ident) or Reply.json(self.records[ident])

    def _batch(self, request: Request) -> Reply:
        named: dict[tuple[str, str], list[dict[str, str]]] = {}
        for ident, one in sorted(self.records.items()):
            if "withdrawn" not in one:
                for ecosystem, names in _packages(one).items():
                    for name in names:
                        named.setdefault((ecosystem, name), []).append({"id": ident, "modified": one["modified"]})
        results = []
        for query in request.json()["queries"]:
            package = query["package"]
            if package["ecosystem"] in self.unknown:
                return Reply.json({"code": 3, "message": "Invalid ecosystem."}, status=400)
            found = named.get((package["ecosystem"], package["name"]), [])
            start = int(query.get("page_token") or 0)
            result: dict[str, Any] = {"vulns": found[start : start + self.page]} if found else {}
            if start + self.page < len(found):
                result["next_page_token"] = str(start + self.page)
            results.append(result)
        return Reply.json({"results": results})


def _packages(record: Record) -> Mapping[str, list[str]]:
    out: dict[str, list[str]] = {}
    for affected in record["affected"]:
        out.setdefault(affected["package"]["ecosystem"], []).append(affected["package"]["name"])
    return out


def record(ident: str, name: str = "vllm", ecosystem: str = "PyPI", modified: str = "2026-11-01T00:00:00Z") -> Record:
    """A record of one package, all versions before 1.2."""
    spans = [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.2"}]}]
    return {
        "id": ident,
        "modified": modified,
        "summary": f"{ident} of {name}",
        "affected": [{"package": {"ecosystem": ecosystem, "name": name}, "ranges": spans}],
    }
