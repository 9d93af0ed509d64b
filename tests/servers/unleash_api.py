"""A stand-in for the admin API of Unleash on loopback: flags, environments, strategies; it is no Unleash.

It behaves as Unleash 7.5 did when it was asked: variants are sorted by name, weights of variable variants are what the
fixed ones leave, a patch whose test fails is a 500 that says so, and an archived flag is gone while its environment can
still be read and patched. What goes wrong
with the next change is scripted by :meth:`UnleashApi.fault`. ``unleash_server`` starts a real one.
"""

from __future__ import annotations

import copy
import threading
from typing import Any
from urllib.parse import quote

from tests.servers.loopback import Loopback, Reply, Request

TOKEN = "*:*.unleash-test"


def variant(name: str, weight: int, kind: str = "variable") -> dict[str, Any]:
    """One variant of a strategy, as the API spells it."""
    return {"name": name, "weight": weight, "weightType": kind, "stickiness": "default"}


class UnleashApi:
    """Flags behind a :class:`Loopback`."""

    def __init__(self, server: Loopback) -> None:
        self.server = server
        self.changed: list[dict[str, Any]] = []
        """Every strategy as a patch left it."""
        self._flags: dict[str, dict[str, Any]] = {}
        self._faults: list[str] = []
        self._lock = threading.RLock()
        self._made = 0

    @property
    def url(self) -> str:
        """The server's address."""
        return self.server.url

    def flag(self, name: str, environment: str = "production") -> str:
        """A flag without strategies; it is off. Returns its name."""
        self._flags[name] = {"archived": False, "enabled": False, "strategies": []}
        path = f"/api/admin/projects/default/features/{quote(name)}"
        place = f"{path}/environments/{environment}"
        self.server.on("GET", path, lambda r: self._guarded(r, name, archived=True))
        self.server.on("GET", place, lambda r: self._guarded(r, name))
        for switch in ("on", "off"):
            self.server.on("POST", f"{place}/{switch}", lambda r: self._switch(r, name))
        return name

    def strategy(self, flag: str, title: str, *variants: dict[str, Any], rollout: str = "100") -> str:
        """A strategy of the flag; returns its id."""
        self._made += 1
        ident = f"strategy-{self._made}"
        parameters = {"groupId": flag, "rollout": rollout, "stickiness": "default"}
        made = {"id": ident, "title": title, "disabled": False, "parameters": parameters, "variants": _fixed(variants)}
        self._flags[flag]["strategies"].append(made)
        path = f"/api/admin/projects/default/features/{quote(flag)}/environments/production/strategies/{ident}"
        self.server.on("PATCH", path, lambda r: self._patch(r, made))
        return ident

    def archive(self, flag: str) -> None:
        """Archive it."""
        self._flags[flag]["archived"] = True

    def switch(self, flag: str, state: str) -> None:
        """Turn it on or off."""
        self._flags[flag]["enabled"] = state == "on"

    def first(self, flag: str) -> dict[str, Any]:
        """The first strategy as it is now."""
        with self._lock:
            return copy.deepcopy(self._flags[flag]["strategies"][0])

    def reset(self, flag: str, *variants: dict[str, Any]) -> None:
        """Somebody else gives the first strategy other weights."""
        with self._lock:
            self._flags[flag]["strategies"][0]["variants"] = _fixed(variants)

    def fault(self, *what: str) -> None:
        """What the next changes meet: ``race``, ``ignored``, ``lost``, ``landed``, or a status code."""
        self._faults += what

    def _due(self) -> str:
        return self._faults.pop(0) if self._faults else ""

    def _guarded(self, request: Request, name: str, *, archived: bool = False) -> Reply:
        """``archived``: what is archived is not found here."""
        if request.headers.get("authorization") != TOKEN:
            return _error(401, "You must log in to use Unleash.")
        with self._lock:
            found = self._flags[name]
            if archived and found["archived"]:
                return _error(404, f"Could not find feature flag with name {name}")
            return Reply.json({"name": name, **found})

    def _switch(self, request: Request, name: str) -> Reply:
        if request.headers.get("authorization") != TOKEN:
            return _error(401, "You must log in to use Unleash.")
        what = self._due()
        if what.isdigit():
            return _error(int(what), "not now")
        if what not in ("lost", "ignored"):
            self.switch(name, request.path.rpartition("/")[2])
        return Reply(drop=what in ("lost", "landed"))

    def _patch(self, request: Request, made: dict[str, Any]) -> Reply:
        with self._lock:
            what = self._due()
            if what.isdigit():
                return _error(int(what), "not now")
            if what in ("lost", "ignored"):
                return Reply(drop=True) if what == "lost" else Reply.json(made)
            if what == "race":
                made["parameters"]["rollout"] = "7"
                made["variants"] = _fixed([variant("stranger", 1000)])
            after = copy.deepcopy(made)
            for operation in request.json():
                *way, last = operation["path"].split("/")[1:]
                place = after
                for part in way:
                    place = place[part]
                if operation["op"] == "test" and place.get(last) != operation["value"]:
                    return _error(500, f"Test operation failed\nname: TEST_OPERATION_FAILED\ntree: {after}")
                if operation["op"] == "replace":
                    place[last] = operation["value"]
            after["variants"] = _fixed(after["variants"])
            made.update(after)
            self.changed.append(copy.deepcopy(after))
            return Reply(drop=True) if what == "landed" else Reply.json(made)


def _fixed(variants: Any) -> list[dict[str, Any]]:
    """By name; the variable ones share what the fixed ones leave."""
    out = [dict(v) for v in sorted(variants, key=lambda v: v["name"])]
    free = [v for v in out if v["weightType"] == "variable"]
    left = 1000 - sum(v["weight"] for v in out if v["weightType"] == "fix")
    for number, one in enumerate(free):
        one["weight"] = left // len(free) + (number < left % len(free))
    return out


def _error(status: int, message: str) -> Reply:
    return Reply.json({"name": "Error", "message": message}, status=status)
