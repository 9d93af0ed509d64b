"""A real Prometheus (the one on PATH) that scrapes a small exporter of the test every second, both on loopback.

The server's keeper reads its standard input and ends it when the other end closes, or after two minutes: it never
outlives the tests, even killed ones.
"""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from tests.servers.loopback import Loopback, Reply, Request
from tests.servers.ports import free_port

_BOOT_LIMIT_S = 180.0
_KEEP = """
import subprocess, sys, threading
child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)
threading.Thread(target=lambda: (sys.stdin.read(), child.terminate()), daemon=True).start()
try:
    child.wait(timeout=120)
except subprocess.TimeoutExpired:
    child.kill()
"""
_BUCKETS = (0.1, 0.25, 0.5, 0.8, 1.0, 2.5, 5.0)


def binary() -> str | None:
    """The prometheus on PATH."""
    return shutil.which("prometheus")


class Exporter:
    """A service's metrics: each time they are read, ``requests`` more were served, in ``latency_s`` each."""

    def __init__(self) -> None:
        self.latency_s = 0.05
        self.failing = 0
        """Of the requests."""
        self.requests = 100
        self.reads = 0
        self._buckets = dict.fromkeys((*_BUCKETS, float("inf")), 0)
        self._seconds = 0.0
        self._codes = {"200": 0, "500": 0}
        self._server = Loopback()
        self._server.on("GET", "/metrics", self._metrics)
        self.address = self._server.url.removeprefix("http://")

    def __enter__(self) -> Self:
        self._server.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()

    def _metrics(self, _request: Request) -> Reply:
        self.reads += 1
        for bound in self._buckets:
            self._buckets[bound] += self.requests if self.latency_s <= bound else 0
        self._seconds += self.requests * self.latency_s
        failed = min(self.failing, self.requests)
        self._codes["500"] += failed
        self._codes["200"] += self.requests - failed
        name = "http_request_duration_seconds"
        lines = [f"# TYPE {name} histogram"]
        for bound, count in self._buckets.items():
            le = "+Inf" if bound == float("inf") else f"{bound:g}"
            lines.append(f'{name}_bucket{{le="{le}"}} {count}')
        lines += [f"{name}_sum {self._seconds}", f"{name}_count {self._buckets[float('inf')]}"]
        lines.append("# TYPE http_requests_total counter")
        lines += [f'http_requests_total{{code="{code}"}} {count}' for code, count in self._codes.items()]
        return Reply(body="\n".join([*lines, ""]).encode(), headers={"Content-Type": "text/plain; version=0.0.4"})


class PrometheusServer:
    """A running Prometheus; ``url`` is its root, ``boot_s`` how long it took to be ready."""

    def __init__(self, target: str) -> None:
        """``target`` is the exporter's host and port."""
        program = binary()
        assert program is not None
        started = time.monotonic()
        self._home = Path(tempfile.mkdtemp(prefix="pulse-prometheus-"))
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        config = self._home / "prometheus.yml"
        config.write_text(
            "global: {scrape_interval: 1s, scrape_timeout: 1s}\n"
            f'scrape_configs: [{{job_name: bot, static_configs: [{{targets: ["{target}"]}}]}}]\n'
        )
        self._log = (self._home / "log").open("wb")
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-c", _KEEP, program, f"--config.file={config}"),
                *(f"--storage.tsdb.path={self._home / 'data'}", f"--web.listen-address=127.0.0.1:{port}"),
            ],
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

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _wait(self, started: float) -> None:
        while time.monotonic() - started < _BOOT_LIMIT_S:
            if self._process.poll() is not None:
                break
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(f"{self.url}/-/ready", timeout=2.0, trust_env=False).status_code == 200:
                    return
            time.sleep(0.05)
        told = (self._home / "log").read_text(errors="replace")[-3000:]
        raise RuntimeError(f"Prometheus did not start:\n{told}")

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
