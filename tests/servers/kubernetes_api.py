"""A stand-in for a Kubernetes API server on loopback: it speaks the published API of custom objects, and is none.

Objects are read, listed by label and changed by JSON Patch with ``test``; every change raises ``resourceVersion``, one of
the specification ``generation`` too. A controller is played by a function that gets the object before each read. What
goes wrong with the next PATCH is scripted by :meth:`KubernetesApi.fault`.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable
from typing import Any

from tests.servers.loopback import Loopback, Reply, Request

JSON_PATCH = "application/json-patch+json"
Controller = Callable[[dict[str, Any]], None]


class KubernetesApi:
    """Objects behind a :class:`Loopback`; ``refused`` counts patches whose test failed."""

    def __init__(self, server: Loopback, token: str = "") -> None:
        """``token``: the bearer token that is asked for."""
        self.server = server
        self.refused = 0
        self.managers: list[str] = []
        self.patched: list[dict[str, Any]] = []
        """Every object as a patch left it."""
        self._token = token
        self._objects: dict[str, dict[str, Any]] = {}
        self._controllers: dict[str, Controller] = {}
        self._faults: list[str] = []
        self._version = 100
        self._lock = threading.RLock()

    def put(self, path: str, found: dict[str, Any], controller: Controller | None = None) -> None:
        """An object that exists; its collection can be listed."""
        with self._lock:
            self._version += 1
            name = path.rpartition("/")[2]
            meta = {"name": name, "resourceVersion": str(self._version), "generation": 1, "uid": f"uid-{name}"}
            self._objects[path] = {**found, "metadata": {**meta, **found.get("metadata", {})}}
            if controller is not None:
                self._controllers[path] = controller
        self.server.on("GET", path, self._get)
        self.server.on("PATCH", path, self._patch)
        self.server.on("GET", path.rpartition("/")[0], self._list)

    def follow(self, path: str, controller: Controller) -> None:
        """From now on a controller works on it."""
        with self._lock:
            self._controllers[path] = controller

    def collection(self, path: str) -> None:
        """A collection without objects."""
        self.server.on("GET", path, self._list)

    def object(self, path: str) -> dict[str, Any]:
        """The object as it is now."""
        with self._lock:
            return copy.deepcopy(self._objects[path])

    def touch(self, path: str, change: Controller) -> None:
        """Somebody else's hand."""
        with self._lock:
            change(self._objects[path])
            self._bump(self._objects[path])

    def reports(self, path: str, status: dict[str, Any]) -> None:
        """What its controller says of it."""
        self.touch(path, lambda found: found.update(status=status))

    def fault(self, *what: str) -> None:
        """What the next patches meet: ``conflict``, ``ignored``, ``lost``, ``landed``, ``denied``, or a status code."""
        self._faults += what

    def _bump(self, found: dict[str, Any], *, spec: bool = False) -> None:
        self._version += 1
        found["metadata"]["resourceVersion"] = str(self._version)
        if spec:
            found["metadata"]["generation"] += 1

    def _allowed(self, request: Request) -> bool:
        return not self._token or request.headers.get("authorization") == f"Bearer {self._token}"

    def _get(self, request: Request) -> Reply:
        if not self._allowed(request):
            return _status(401, "Unauthorized")
        with self._lock:
            found = self._objects[request.path]
            if controller := self._controllers.get(request.path):
                before = copy.deepcopy(found)
                controller(found)
                if found != before:
                    self._bump(found)
            return Reply.json(found)

    def _list(self, request: Request) -> Reply:
        if not self._allowed(request):
            return _status(401, "Unauthorized")
        wanted = dict(p.split("=", 1) for p in request.query.get("labelSelector", "").split(",") if p)
        with self._lock:
            some = [o for p, o in self._objects.items() if p.rpartition("/")[0] == request.path]
        items = [o for o in some if wanted.items() <= o["metadata"].get("labels", {}).items()]
        return Reply.json({"kind": "List", "items": items})

    def _patch(self, request: Request) -> Reply:
        if not self._allowed(request):
            return _status(401, "Unauthorized")
        if request.headers.get("content-type") != JSON_PATCH:
            return _status(415, "the body of the request was in an unknown format")
        with self._lock:
            what = self._faults.pop(0) if self._faults else ""
            found = self._objects[request.path]
            if what == "conflict":
                self._bump(found)
            if what.isdigit():
                return _status(int(what), "the server is currently unable to handle the request")
            if what in ("lost", "ignored", "denied"):
                return {
                    "lost": Reply(drop=True),
                    "ignored": Reply.json(found),
                    "denied": _status(403, 'admission webhook "policy" denied the request'),
                }[what]
            after = copy.deepcopy(found)
            for operation in request.json():
                if not _applied(after, operation):
                    self.refused += operation["op"] == "test"
                    return _status(422, "the server rejected our request due to an error in our request")
            self._bump(after, spec=after.get("spec") != found.get("spec"))
            self.managers.append(request.query.get("fieldManager", ""))
            self._objects[request.path] = after
            self.patched.append(copy.deepcopy(after))
            return Reply(drop=True) if what == "landed" else Reply.json(after)


def _status(code: int, message: str) -> Reply:
    return Reply.json({"kind": "Status", "status": "Failure", "message": message, "code": code}, status=code)


def _applied(found: Any, operation: dict[str, Any]) -> bool:
    """Apply one operation in place; whether it could be."""
    *way, last = [p.replace("~1", "/").replace("~0", "~") for p in operation["path"].split("/")[1:]]
    for part in way:
        found = found[int(part)] if isinstance(found, list) else found.get(part) if isinstance(found, dict) else None
    if not isinstance(found, list | dict):
        return False
    key: Any = int(last) if isinstance(found, list) else last
    there = key < len(found) if isinstance(found, list) else key in found
    if operation["op"] == "test":
        return bool(there and found[key] == operation["value"])
    if operation["op"] == "remove":
        if there:
            del found[key]
        return there
    if operation["op"] == "replace" and not there:
        return False
    if operation["op"] == "add" and isinstance(found, list):
        found.insert(key, operation["value"])
    else:
        found[key] = operation["value"]
    return True
