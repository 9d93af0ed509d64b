"""A real MLflow registry: the pinned version under uvicorn, an empty SQLite file, a free loopback port.

``shared()`` boots one per test process and keeps it until the process ends. Name every test file that
uses it with "mlflow" in it (see ``scheduling``) and mark it with ``MARKS``, so that one worker has it. The
server reads its standard input and ends when the other end closes: it never outlives the tests, even killed ones.
"""

from __future__ import annotations

import atexit
import base64
import contextlib
import functools
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.servers.ports import free_port

_BOOT_LIMIT_S = 180.0
_RUN = """
import os, sys, threading
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
import uvicorn
uvicorn.run("mlflow.server.fastapi_app:app", host="127.0.0.1", port=int(sys.argv[1]), workers=1, log_level="warning")
"""

_EVENTS = (
    ("MODEL_VERSION_ALIAS", "CREATED"),
    ("MODEL_VERSION_ALIAS", "DELETED"),
    ("MODEL_VERSION", "CREATED"),
    ("MODEL_VERSION_TAG", "SET"),
)

#: What a test module of the registry says: ``pytestmark = MARKS``.
MARKS = [pytest.mark.mlflow, pytest.mark.xdist_group("mlflow")]


class MlflowServer:
    """A running registry: ``url``, ``boot_s`` and the writes that tests need."""

    def __init__(self) -> None:
        started = time.monotonic()
        self._home = Path(tempfile.mkdtemp(prefix="pulse-mlflow-"))
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        database = f"sqlite:///{self._home / 'registry.db'}"
        environment = {
            **os.environ,
            "_MLFLOW_SERVER_FILE_STORE": database,
            "_MLFLOW_SERVER_REGISTRY_STORE": database,
            "_MLFLOW_SERVER_ARTIFACT_ROOT": str(self._home / "artifacts"),
            "_MLFLOW_SERVER_SERVE_ARTIFACTS": "false",
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
            # Webhooks to loopback, and a webhook is known from the moment it is made.
            "MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS": "true",
            "MLFLOW_WEBHOOK_ALLOWED_SCHEMES": "http,https",
            "MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY": base64.urlsafe_b64encode(os.urandom(32)).decode(),
            "MLFLOW_WEBHOOK_CACHE_TTL": "0",
        }
        self._log = (self._home / "log").open("wb")
        self._process = subprocess.Popen(
            [sys.executable, "-c", _RUN, str(port)],
            env=environment,
            cwd=self._home,
            stdin=subprocess.PIPE,
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )
        try:
            self._wait(started)
        except BaseException:
            self.stop()
            raise
        self.boot_s = time.monotonic() - started
        self.client = httpx.Client(base_url=f"{self.url}/api/2.0/mlflow", timeout=60, trust_env=False)

    def _wait(self, started: float) -> None:
        while time.monotonic() - started < _BOOT_LIMIT_S:
            if self._process.poll() is not None:
                break
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(f"{self.url}/health", timeout=5.0, trust_env=False).status_code == 200:
                    return
            time.sleep(0.05)
        told = (self._home / "log").read_text(errors="replace")[-3000:]
        raise RuntimeError(f"the MLflow server did not start:\n{told}")

    def stop(self) -> None:
        """End the process and remove its files. Stopping twice changes nothing."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(timeout=60)
        self._log.close()
        shutil.rmtree(self._home, ignore_errors=True)

    def call(self, method: str, path: str, **body: Any) -> Any:
        """One request of the REST API; the decoded answer. Raises on any other status than 200."""
        kind = {"params": body} if method == "GET" else {"json": body}
        answer = self.client.request(method, path, **kind)  # type: ignore[arg-type]
        if answer.status_code != 200:
            raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json()

    def model(self, name: str, tags: dict[str, str] | None = None) -> None:
        """Create a registered model."""
        self.call("POST", "/registered-models/create", name=name, tags=_tags(tags))

    def version(self, name: str, tags: dict[str, str] | None = None) -> str:
        """Create a version; returns the registry's number."""
        told = self.call("POST", "/model-versions/create", name=name, source=f"s3://models/{name}/x", tags=_tags(tags))
        return str(told["model_version"]["version"])

    def alias(self, name: str, alias: str, version: str) -> None:
        """Point an alias at a version."""
        self.call("POST", "/registered-models/alias", name=name, alias=alias, version=version)

    def tag(self, name: str, version: str, key: str, value: str) -> None:
        """Set a tag of a version."""
        self.call("POST", "/model-versions/set-tag", name=name, version=version, key=key, value=value)

    def webhook(self, name: str, url: str, secret: str) -> str:
        """Have aliases, versions and tags told to ``url``, signed with ``secret``; returns the webhook's id."""
        events = [{"entity": entity, "action": action} for entity, action in _EVENTS]
        told = self.call("POST", "/webhooks", name=name, url=url, secret=secret, events=events)
        return str(told["webhook"]["webhook_id"])

    def delete_webhook(self, webhook_id: str) -> None:
        """Tell it no more."""
        self.call("DELETE", f"/webhooks/{webhook_id}")

    def delete_version(self, name: str, version: str) -> None:
        """Delete a version; the registry silently drops its aliases."""
        self.call("DELETE", "/model-versions/delete", name=name, version=version)


@functools.cache
def shared() -> MlflowServer:
    """The registry of this test process, booted on first use and stopped when the process ends."""
    server = MlflowServer()
    atexit.register(server.stop)
    return server


@pytest.fixture(scope="session", name="mlflow_server")
def mlflow_server_fixture() -> MlflowServer:
    """``from tests.servers.mlflow_server import mlflow_server_fixture`` in a conftest brings it in."""
    return shared()


def _tags(tags: dict[str, str] | None) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in (tags or {}).items()]
