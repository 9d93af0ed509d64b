"""A real Unleash from npm on an empty database of the test PostgreSQL, on a free loopback port.

Nothing is installed here: ``PULSE_TEST_UNLEASH`` names a folder in which somebody ran ``npm install unleash-server@7.5.1``
(8 needs node 22). Without it, or without node, the tests that want it are skipped and say why.
"""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.fakes.databases import postgres
from tests.servers.ports import free_port
from tests.servers.unleash_api import TOKEN

_BOOT_LIMIT_S = 180.0
_ADMIN = "/api/admin/projects/default/features"


def missing() -> str:
    """Why there is no real server; "" when there can be one."""
    folder = os.environ.get("PULSE_TEST_UNLEASH", "")
    if not folder:
        return "PULSE_TEST_UNLEASH names no folder with unleash-server from npm"
    if not _main(Path(folder)).is_file():
        return f"there is no unleash-server under {folder}/node_modules"
    return "" if shutil.which("node") else "there is no node"


def _main(folder: Path) -> Path:
    return folder / "node_modules" / "unleash-server" / "dist" / "server.js"


class UnleashServer:
    """A running Unleash, with the calls that tests need; the same as of :class:`~tests.servers.unleash_api.UnleashApi`."""

    def __init__(self) -> None:
        database = postgres()
        self._name = database.create(empty=True)
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self._home = Path(tempfile.mkdtemp(prefix="pulse-unleash-"))
        environment = {
            **{k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "LANG")},
            "DATABASE_URL": database.named(self._name),
            "DATABASE_SSL": "false",
            "HTTP_HOST": "127.0.0.1",
            "PORT": str(port),
            "INIT_ADMIN_API_TOKENS": TOKEN,
            "CHECK_VERSION": "false",
            "SEND_TELEMETRY": "false",
            "NODE_ENV": "production",
            "TZ": "UTC",
        }
        self._log = (self._home / "log").open("wb")
        main = _main(Path(os.environ["PULSE_TEST_UNLEASH"]))
        self._process = subprocess.Popen(["node", str(main)], env=environment, stdout=self._log, stderr=self._log)
        atexit.register(self.stop)
        self._client = httpx.Client(base_url=self.url, headers={"Authorization": TOKEN}, timeout=60, trust_env=False)
        ends = time.monotonic() + _BOOT_LIMIT_S
        while not self._healthy():
            if time.monotonic() > ends or self._process.poll() is not None:
                said = (self._home / "log").read_text(errors="replace")[-2000:]
                raise RuntimeError(f"Unleash did not start:\n{said}")
            time.sleep(0.1)

    def _healthy(self) -> bool:
        try:
            return self._client.get("/health").status_code == 200
        except httpx.HTTPError:
            return False

    def stop(self) -> None:
        """End the process and remove its files."""
        self._process.terminate()
        self._process.wait(timeout=60)
        self._log.close()
        shutil.rmtree(self._home, ignore_errors=True)

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        answer = self._client.request(method, f"{_ADMIN}{path}", json=body)
        if answer.status_code >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json() if answer.content else None

    def flag(self, name: str) -> str:
        """A flag without strategies; it is off. Returns its name."""
        self._call("POST", "", {"name": name, "type": "release"})
        return name

    def strategy(self, flag: str, title: str, *variants: dict[str, Any], rollout: str = "100") -> str:
        """A strategy of the flag in production; returns its id."""
        parameters = {"rollout": rollout, "stickiness": "default", "groupId": flag}
        body = {"name": "flexibleRollout", "title": title, "parameters": parameters, "variants": list(variants)}
        return str(self._call("POST", f"/{flag}/environments/production/strategies", body)["id"])

    def archive(self, flag: str) -> None:
        """Archive it."""
        self._call("DELETE", f"/{flag}")

    def switch(self, flag: str, state: str) -> None:
        """Turn it on or off."""
        self._call("POST", f"/{flag}/environments/production/{state}", {})


@functools.cache
def shared() -> UnleashServer:
    """The server of this test process. Skips the test when there is none."""
    if why := missing():
        pytest.skip(why)
    return UnleashServer()
