"""Alerts of a Prometheus Alertmanager or a Grafana as what another system has open: each ends what it opened itself.

Both send ``alerts`` with labels, annotations, status and a fingerprint. Labels say what an alert is about; one that names no asset
of the estate is kept as a note.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from http import HTTPStatus
from math import isfinite
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from pulse_tui.domain.elsewhere import Elsewhere, ListedElsewhere
from pulse_tui.domain.errors import Problem
from pulse_tui.domain.evidence import ServiceEvidence
from pulse_tui.domain.push import Form, Item, Push, Unreadable
from pulse_tui.domain.signal import NO_TITLE, fingerprint
from pulse_tui.domain.text import clean, clean_block, many, name_problem
from pulse_tui.domain.words import Environment, Severity, SignalType
from pulse_tui.enrich.pushed.bodies import place
from pulse_tui.enrich.pushed.records import Span, untimely
from pulse_tui.settings.hooks import LabelsShape, SenderShape, in_scope

_ENVIRONMENTS = {e.value: e for e in Environment} | {"prod": Environment.PRODUCTION, "prd": Environment.PRODUCTION}
_SEVERITIES = {s.value: s for s in Severity} | {
    "page": Severity.CRITICAL, "error": Severity.HIGH, "major": Severity.HIGH, "warning": Severity.MEDIUM,
    "warn": Severity.MEDIUM, "minor": Severity.LOW, "info": Severity.LOW, "none": Severity.LOW,
}  # fmt: skip
_UNKNOWN = Severity.MEDIUM
"""Of an alert that names no severity, or one that nobody mapped."""
_NEVER = range(1, 1970)
"""Years that say "not yet" (``0001-01-01``)."""

Texts = dict[str, str]


class _Alert(msgspec.Struct):
    status: Annotated[str, Meta(min_length=1, max_length=40)]
    labels: Texts
    annotations: Texts = {}
    startsAt: str | None = None  # noqa: N815  their name
    fingerprint: Annotated[str, Meta(max_length=200)] = ""
    generatorURL: str = ""  # noqa: N815  their name
    dashboardURL: str = ""  # noqa: N815  their name
    values: dict[str, Any] | None = None


class _Body(msgspec.Struct):
    alerts: Annotated[list[msgspec.Raw], Meta(max_length=20_000)]
    version: str = ""
    groupKey: str = ""  # noqa: N815  their name
    externalURL: str = ""  # noqa: N815  their name
    truncatedAlerts: int | None = None  # noqa: N815  their name


_TIME = msgspec.json.Decoder(Annotated[datetime, Meta(tz=True)])
_BODY = msgspec.json.Decoder(_Body)
_ALERT = msgspec.json.Decoder(_Alert)


def alerts(body: bytes, sender: SenderShape, span: Span) -> Push:
    """The alerts of a request. Raises Unreadable for what is none of theirs."""
    try:
        whole = _BODY.decode(body)
    except RecursionError:
        raise Unreadable(HTTPStatus.BAD_REQUEST, "it is nested too deeply to be read") from None
    except msgspec.ValidationError as error:
        raise Unreadable(HTTPStatus.UNPROCESSABLE_ENTITY, clean(str(error), 200)) from None
    except UnicodeDecodeError as error:
        raise Unreadable(HTTPStatus.BAD_REQUEST, "it is no UTF-8", place(body, error.start)) from None
    except msgspec.DecodeError as error:
        raise Unreadable(HTTPStatus.BAD_REQUEST, clean(str(error), 200), f"offset of {len(body)} bytes") from None
    if sender.form is Form.ALERTMANAGER and whole.version not in ("", "4"):
        what = f"version {clean(whole.version, 20)!r} of Alertmanager's webhook is not read, only 4"
        raise Unreadable(HTTPStatus.UNPROCESSABLE_ENTITY, what, "version")
    remarks = []
    if whole.truncatedAlerts:
        cut = many(whole.truncatedAlerts, "alert")
        remarks.append(f"{sender.id} left {cut} of a group out: raise max_alerts there, or group by more labels")
    return Push(
        sender.id, tuple(_item(n, bytes(raw), sender, span) for n, raw in enumerate(whole.alerts)), tuple(remarks)
    )


def _item(index: int, raw: bytes, sender: SenderShape, span: Span) -> Item:
    where, status = f"alert {index}", HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        alert = _ALERT.decode(raw)
    except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return Item(index, where, raw, None, Problem(where, clean(str(error), 200)), status)
    began = _moment(alert.startsAt)
    if began is not None and (problem := untimely("startsAt", began, span._replace(oldest_s=3_660 * 86_400.0))):
        return Item(index, where, raw, None, problem, status, alert.fingerprint)
    key = alert.fingerprint or fingerprint(*(t for pair in sorted(alert.labels.items()) for t in pair))
    if problem_text := name_problem(key, 200):
        return Item(index, where, raw, None, Problem("fingerprint", problem_text), status)
    asset, environment = _asset(alert.labels, sender.labels), _environment(alert.labels, sender.labels)
    if asset is not None and sender.assets and not in_scope(asset, sender.assets):
        problem = Problem(
            "labels", f"{sender.id} may not report on {clean(asset, 80)}", f"it may: {', '.join(sender.assets[:12])}"
        )
        return Item(index, where, raw, None, problem, HTTPStatus.FORBIDDEN, key)
    if asset is not None and sender.environments and environment not in sender.environments:
        named = environment.value if environment is not None else "no environment"
        problem = Problem(
            "labels",
            f"{sender.id} may not report on {named}",
            f"it may: {', '.join(e.value for e in sender.environments)}",
        )
        return Item(index, where, raw, None, problem, HTTPStatus.FORBIDDEN, key)
    name = alert.labels.get("alertname", "")
    link = next((u for u in (alert.dashboardURL, alert.generatorURL) if u.startswith(("http://", "https://"))), None)
    one = Elsewhere(
        key=key,
        title=clean(alert.annotations.get("summary") or name or NO_TITLE, 200),
        status=clean(alert.status, 40),
        open=alert.status != "resolved",
        severity=_severity(alert.labels, sender.labels),
        began=began,
        assets=(asset,) if asset is not None else (),
        environment=environment,
        link=link,
        summary=clean_block("\n".join(_described(alert)), 4_000) or None,
        kind=sender.labels.types.get(name, SignalType.INCIDENT),
        measured=_measured(alert) if name in sender.labels.types else None,
    )
    listed = ListedElsewhere(
        source=sender.id,
        system=sender.id,
        at=span.now,
        incidents=(one,),
        confidence=sender.confidence,
        owner_team=sender.owner_team,
    )
    return Item(index, where, raw, listed, named=key)


def _described(alert: _Alert) -> Iterable[str]:
    """Its description, its labels and its values: what a person at three in the morning looks for."""
    if text := alert.annotations.get("description") or alert.annotations.get("message"):
        yield text
    yield "labels: " + ", ".join(f"{k}={v}" for k, v in sorted(alert.labels.items())[:40])
    if alert.values:
        yield "values: " + ", ".join(f"{k}={v}" for k, v in list(alert.values.items())[:20])
    if runbook := alert.annotations.get("runbook_url"):
        yield f"runbook: {runbook}"


def _measured(alert: _Alert) -> ServiceEvidence | None:
    """What its annotations say was measured; None where they lack a number."""
    numbers = []
    for field in ("value", "objective"):
        try:
            numbers.append(float(alert.annotations.get(field, "")))
        except ValueError:
            return None
    value, objective = numbers
    if not isfinite(value) or not isfinite(objective) or objective <= 0:
        return None
    metric = clean(alert.annotations.get("metric") or alert.labels.get("alertname", ""), 100)
    return ServiceEvidence(
        metric=metric, value=value, objective=objective, unit=clean(alert.annotations.get("unit", ""), 20)
    )


def _first(labels: Mapping[str, str], names: Iterable[str]) -> str:
    return next((labels[name] for name in names if labels.get(name)), "")


def _asset(labels: Mapping[str, str], shape: LabelsShape) -> str | None:
    named = _first(labels, shape.asset)
    named = shape.assets.get(named, named)
    return named if named and not name_problem(named) else None


def _environment(labels: Mapping[str, str], shape: LabelsShape) -> Environment | None:
    named = _first(labels, shape.environment)
    return shape.environments.get(named) or _ENVIRONMENTS.get(named.lower())


def _severity(labels: Mapping[str, str], shape: LabelsShape) -> Severity:
    named = _first(labels, shape.severity)
    return shape.severities.get(named) or _SEVERITIES.get(named.lower(), _UNKNOWN)


def _moment(text: str | None) -> datetime | None:
    """A time with an offset; None for what is none, and for the year that says "not yet"."""
    try:
        found = _TIME.decode(msgspec.json.encode(text))
    except (msgspec.ValidationError, msgspec.DecodeError):
        return None
    return None if found.year in _NEVER else found
