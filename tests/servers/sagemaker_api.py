"""A stand-in for the SageMaker API on loopback: endpoints, their configurations and models; it is no SageMaker.

It speaks the published JSON protocol, refuses what is not signed with its key, and updates slowly: an endpoint is
``Updating``, with the old configuration and the pending one, for as many questions as ``slow`` says. What goes wrong
with the next update is scripted by :meth:`SageMakerApi.fault`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from pulse_tui.steps._shared.sigv4 import Keys, signed
from tests.collectors.contexts import NOW
from tests.servers.loopback import Loopback, Reply, Request

KEYS = Keys("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "eu-west-1", "sagemaker")


class SageMakerApi:
    """One endpoint ``bot`` with one variant behind a :class:`Loopback`; ``updates`` are what it took."""

    def __init__(self, server: Loopback, *, slow: int = 0, clock: Callable[[], datetime] = lambda: NOW) -> None:
        self.server = server
        self.config = "bot-2"
        self.weight = 1.0
        self.status = "InService"
        self.reason = ""
        self.pending = ""
        self.configs = {"bot-1": "model-1", "bot-2": "model-2"}
        self.models = {"model-1", "model-2"}
        self.updates: list[dict[str, Any]] = []
        self.rolls_back = False
        self._slow = slow
        self._clock = clock
        self._left = 0
        self._faults: list[str] = []
        self._lock = threading.Lock()
        server.on("POST", "/", self._asked)

    def fault(self, *what: str) -> None:
        """What the next updates meet: ``throttled``, ``ignored``, ``lost``, ``landed``, or a status code."""
        self._faults += what

    def _asked(self, request: Request) -> Reply:
        given = {k: request.headers[k] for k in ("content-type", "x-amz-target")}
        token = request.headers.get("x-amz-security-token", "")
        at = datetime.strptime(request.headers["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        # The host that was asked, as a service behind a load balancer compares it.
        right = signed(
            "POST", f"http://{request.headers['host']}/", given, request.body, KEYS._replace(session_token=token), at
        )
        timely = abs(self._clock() - at) <= timedelta(minutes=5)
        if not timely or request.headers.get("authorization") != right["Authorization"]:
            return _error("InvalidSignatureException", "The request signature we calculated does not match", 403)
        action = request.headers["x-amz-target"].removeprefix("SageMaker.")
        with self._lock:
            return getattr(self, f"_{action}")(request.json())  # type: ignore[no-any-return]

    def _DescribeEndpoint(self, body: dict[str, Any]) -> Reply:  # noqa: N802  as the API spells it
        if body["EndpointName"] != "bot":
            return _error("ValidationException", f'Could not find endpoint "{body["EndpointName"]}".')
        if self.pending and self._left == 0:
            self.config = self.config if self.rolls_back else self.pending
            self.pending, self.status = "", "InService"
        self._left = max(0, self._left - 1)
        variant = {"VariantName": "main", "CurrentWeight": self.weight}
        found: dict[str, Any] = {
            "EndpointName": "bot",
            "EndpointConfigName": self.config,
            "EndpointStatus": self.status,
        }
        if self.pending:
            found["PendingDeploymentSummary"] = {"EndpointConfigName": self.pending}
        if self.reason:
            found["FailureReason"] = self.reason
        return Reply.json({**found, "ProductionVariants": [variant]})

    def _DescribeEndpointConfig(self, body: dict[str, Any]) -> Reply:  # noqa: N802
        name = body["EndpointConfigName"]
        if name not in self.configs:
            return _error("ValidationException", f'Could not find endpoint configuration "{name}".')
        variants = [{"VariantName": "main", "ModelName": self.configs[name]}]
        return Reply.json({"EndpointConfigName": name, "ProductionVariants": variants})

    def _DescribeModel(self, body: dict[str, Any]) -> Reply:  # noqa: N802
        name = body["ModelName"]
        there = name in self.models
        return (
            Reply.json({"ModelName": name})
            if there
            else _error("ValidationException", f'Could not find model "{name}".')
        )

    def _UpdateEndpoint(self, body: dict[str, Any]) -> Reply:  # noqa: N802
        if self.status != "InService":
            return _error("ValidationException", "Cannot update in-progress endpoint")
        if body["EndpointConfigName"] not in self.configs:
            return _error("ValidationException", "Could not find endpoint configuration")

        def apply() -> None:
            self.pending, self.status, self._left = body["EndpointConfigName"], "Updating", self._slow

        return self._changed(body, apply)

    def _UpdateEndpointWeightsAndCapacities(self, body: dict[str, Any]) -> Reply:  # noqa: N802
        def apply() -> None:
            self.weight = body["DesiredWeightsAndCapacities"][0]["DesiredWeight"]

        return self._changed(body, apply)

    def _changed(self, body: dict[str, Any], apply: Any) -> Reply:
        what = self._faults.pop(0) if self._faults else ""
        if what == "throttled":
            return _error("ThrottlingException", "Rate exceeded")
        if what.isdigit():
            return Reply(int(what), b"<html>")
        if what not in ("lost", "ignored"):
            self.updates.append(body)
            apply()
        return Reply(drop=True) if what in ("lost", "landed") else Reply.json({"EndpointArn": "arn:aws:sagemaker"})


def _error(kind: str, message: str, status: int = 400) -> Reply:
    return Reply.json({"__type": f"com.amazon.coral#{kind}", "message": message}, status=status)
