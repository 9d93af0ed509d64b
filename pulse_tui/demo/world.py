"""The loopback world: a model registry, feeds, hooks and a deployment target that rollbacks really change."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from pulse_tui.demo.tape import Act, Tape

MLFLOW = "/api/2.0/mlflow/"
MAX_BODY = 1 << 20
_NAME = re.compile(r"name\s*=\s*['\"]([^'\"]+)['\"]")


class Write(NamedTuple):
    """A line of the deployment target's own log."""

    target: str
    before: str
    after: str
    key: str
    epoch: int


class World:
    """State behind the server; all access under one lock."""

    def __init__(self) -> None:
        """Empty until a tape is put in."""
        self.lock = threading.Lock()
        self.registry: dict[str, Any] = {"models": [], "versions": []}
        self.targets: dict[str, str] = {}
        self.artifacts: dict[str, str] = {}
        self.writes: list[Write] = []
        self.moved: Callable[[str, str], None] = lambda _target, _version: None
        """Called with (target, version) after the deployment target moved."""
        self.hooks: list[tuple[str, dict[str, Any]]] = []
        self.pages: dict[str, tuple[str, bytes]] = {
            "/feed.xml": ("application/rss+xml", b""),
            "/advisories.jsonl": ("application/x-ndjson", b""),
            "/kev.json": ("application/json", b""),
        }
        self._epochs: dict[str, int] = {}
        self._keys: dict[str, str] = {}

    def load(self, tape: Tape) -> None:
        """The state before the first act."""
        targets = json.loads(tape.text("targets.json"))
        with self.lock:
            self.registry = json.loads(tape.text("registry.json"))
            self.pages["/kev.json"] = ("application/json", tape.text("kev.json").encode())
            self.targets = dict(targets["serving"])
            self.artifacts = dict(targets["artifacts"])

    def play(self, act: Act, tape: Tape) -> None:
        """What an act changes on the served pages: advisories are added, the feed is replaced."""
        with self.lock:
            for _, text in act.files("advisories"):
                kind, body = self.pages["/advisories.jsonl"]
                compact = json.dumps(json.loads(tape.fill(text)))
                self.pages["/advisories.jsonl"] = (kind, body + compact.encode() + b"\n")
            for _, text in act.files("feed"):
                self.pages["/feed.xml"] = ("application/rss+xml", tape.fill(text).encode())

    # ------------------------------------------------------------ the deployment target

    def read_target(self, target: str) -> tuple[int, Any]:
        """What serves there."""
        if target not in self.targets:
            return 404, {"message": f"no such target {target}"}
        return 200, {"target": target, "version": self.targets[target]}

    def write_target(self, target: str, body: dict[str, Any], key: str, epoch: int) -> tuple[int, Any]:
        """Compare-and-set with a fence: an old epoch or another prior value is refused, a repeated key is no second write."""
        if target not in self.targets:
            return 404, {"message": f"no such target {target}"}
        if epoch < self._epochs.get(target, 0):
            return 412, {"message": f"epoch {epoch} is behind {self._epochs[target]}"}
        if self._keys.get(key) == body.get("version") and key:
            return 200, {"version": self.targets[target], "replayed": True}
        if body.get("expected") != self.targets[target]:
            return 409, {"message": f"it holds {self.targets[target]}"}
        before, after = self.targets[target], str(body["version"])
        self.targets[target] = after
        self._epochs[target] = epoch
        self._keys[key] = after
        self.writes.append(Write(target, before, after, key, epoch))
        self.moved(target, after)
        return 200, {"version": after}

    # ------------------------------------------------------------ the registry

    def mlflow(self, method: str, path: str, query: dict[str, str], body: dict[str, Any]) -> tuple[int, Any]:
        """The part of the registry's REST interface that the collector and the step use."""
        models, versions = self.registry["models"], self.registry["versions"]
        wanted = _NAME.search(query.get("filter", ""))
        if path == "registered-models/search":
            return 200, {"registered_models": [m for m in models if wanted is None or m["name"] == wanted[1]]}
        if path == "model-versions/search":
            return 200, {"model_versions": [v for v in versions if wanted is None or v["name"] == wanted[1]]}
        if path == "model-versions/get":
            return self._version(query.get("name", ""), query.get("version", ""))
        if path == "registered-models/alias":
            named = query if method == "GET" else body
            return self._alias(
                method, str(named.get("name", "")), str(named.get("alias", "")), str(named.get("version", ""))
            )
        return 404, {"error_code": "ENDPOINT_NOT_FOUND", "message": path}

    def _version(self, name: str, number: str) -> tuple[int, Any]:
        for version in self.registry["versions"]:
            if version["name"] == name and version["version"] == number:
                return 200, {"model_version": version}
        return 404, {
            "error_code": "RESOURCE_DOES_NOT_EXIST",
            "message": f"Model Version (name={name}, version={number}) not found",
        }

    def _alias(self, method: str, name: str, alias: str, number: str) -> tuple[int, Any]:
        model = next((m for m in self.registry["models"] if m["name"] == name), None)
        if model is None:
            return 404, {
                "error_code": "RESOURCE_DOES_NOT_EXIST",
                "message": f"Registered Model with name={name} not found",
            }
        aliases = {a["alias"]: a["version"] for a in model["aliases"]}
        if method == "GET":
            if alias not in aliases:
                message = f"Registered model alias {alias} not found."
                return 400, {"error_code": "INVALID_PARAMETER_VALUE", "message": message}
            return self._version(name, aliases[alias])
        if method == "POST":
            status, answer = self._version(name, number)
            if status != 200:
                return status, answer
            self.writes.append(Write(f"{name}@{alias}", aliases.get(alias, ""), number, "", 0))
            aliases[alias] = number
        else:
            aliases.pop(alias, None)
        model["aliases"] = [{"alias": a, "version": v} for a, v in aliases.items()]
        return 200, {}


class LoopbackServer:
    """Serves a world on a free port of 127.0.0.1 until it is closed."""

    def __init__(self, world: World) -> None:
        """Listening at once."""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(world))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()


def _handler(world: World) -> Callable[..., BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """One request."""

        protocol_version = "HTTP/1.1"
        # Without this every answer waits for the client's delayed ACK (40 ms).
        disable_nagle_algorithm = True

        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            if length > MAX_BODY:
                self._answer(413, "application/json", b'{"message": "too large"}')
                return
            raw = self.rfile.read(length)
            url = urlsplit(self.path)
            query = {k: v[0] for k, v in parse_qs(url.query).items()}
            with world.lock:
                if url.path in world.pages:
                    self._page(*world.pages[url.path])
                    return
                try:
                    body = json.loads(raw) if raw else {}
                except ValueError:
                    self._answer(400, "application/json", b'{"message": "no JSON"}')
                    return
                status, answer = self._route(url.path, query, body)
            self._answer(status, "application/json", json.dumps(answer).encode())

        def _route(self, path: str, query: dict[str, str], body: dict[str, Any]) -> tuple[int, Any]:
            if path.startswith(MLFLOW):
                return world.mlflow(self.command, path.removeprefix(MLFLOW), query, body)
            if path.startswith("/deployments/"):
                target = path.removeprefix("/deployments/")
                if self.command == "GET":
                    return world.read_target(target)
                epoch = int(self.headers.get("X-Fencing-Epoch") or 0)
                return world.write_target(target, body, self.headers.get("Idempotency-Key") or "", epoch)
            if path.startswith("/artifacts/"):
                digest = world.artifacts.get(path.removeprefix("/artifacts/"))
                return (200, {"digest": digest}) if digest else (404, {"message": "no such artifact"})
            if path.startswith("/hooks/") and self.command == "POST":
                world.hooks.append((path.removeprefix("/hooks/"), body))
                return 202, {"id": f"hook-{len(world.hooks)}"}
            return 404, {"message": f"nothing at {path}"}

        def _page(self, kind: str, body: bytes) -> None:
            etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
            if self.headers.get("If-None-Match") == etag:
                self._answer(304, kind, b"", etag)
            else:
                self._answer(200, kind, body, etag)

        def _answer(self, status: int, kind: str, body: bytes, etag: str = "") -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            if etag:
                self.send_header("ETag", etag)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_PUT = do_POST = do_DELETE = _serve  # noqa: N815  the standard library looks these names up

        def log_message(self, format: str, *args: Any) -> None:
            """The terminal belongs to the tower."""

    return Handler
