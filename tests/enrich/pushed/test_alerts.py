"""Alerts of an Alertmanager and of a Grafana: what their labels say, and what each of them ends."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulse_tui.domain.elsewhere import Elsewhere, ListedElsewhere
from pulse_tui.domain.evidence import ServiceEvidence
from pulse_tui.domain.push import Form, Unreadable
from pulse_tui.domain.words import Environment, Severity, SignalType
from pulse_tui.enrich.pushed.alerts import alerts
from pulse_tui.enrich.pushed.records import Span
from pulse_tui.settings.hooks import LabelsShape
from tests.fakes.nouns import NOW
from tests.fakes.pushing import sender

SPAN = Span(NOW, 300.0, 90 * 86_400.0)


def alert(**fields: Any) -> dict[str, Any]:
    """One alert as both write it."""
    return {
        "status": "firing",
        "labels": {"alertname": "ToolErrors", "service": "support-bot", "env": "prod", "severity": "page"},
        "annotations": {"summary": "tool errors above 5 %", "description": "9 % over ten minutes"},
        "startsAt": "2026-11-23T03:00:00.123456000Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "https://prom.acme.example/graph?g0.expr=up",
        "fingerprint": "9f1c5a7730b2d4e6",
        **fields,
    }


def alertmanager(*found: dict[str, Any], **fields: Any) -> bytes:
    return json.dumps(
        {
            "version": "4",
            "groupKey": '{}:{alertname="ToolErrors"}',
            "truncatedAlerts": 0,
            "status": "firing",
            "receiver": "pulse",
            "groupLabels": {"alertname": "ToolErrors"},
            "commonLabels": {},
            "commonAnnotations": {},
            "externalURL": "https://am.acme.example",
            "alerts": list(found),
            **fields,
        }
    ).encode()


def one(value: bytes, form: Form = Form.ALERTMANAGER, **fields: Any) -> Elsewhere:
    (item,) = alerts(value, sender("am", form=form, **fields), SPAN).items
    assert item.problem is None, item.problem
    assert isinstance(item.what, ListedElsewhere)
    (found,) = item.what.incidents
    assert (item.what.source, item.what.whole) == ("am", False)
    return found


def test_labels_say_asset_environment_and_severity() -> None:
    found = one(alertmanager(alert()))
    assert (found.key, found.title, found.open) == ("9f1c5a7730b2d4e6", "tool errors above 5 %", True)
    assert (found.assets, found.environment, found.severity) == (
        ("support-bot",), Environment.PRODUCTION, Severity.CRITICAL,
    )  # fmt: skip
    assert found.began == datetime(2026, 11, 23, 3, 0, 0, 123456, tzinfo=UTC)
    assert found.link == "https://prom.acme.example/graph?g0.expr=up"
    assert found.summary is not None
    assert "9 % over ten minutes" in found.summary
    assert "severity=page" in found.summary


def test_the_configuration_says_which_labels_and_what_their_values_mean() -> None:
    labels = LabelsShape(
        asset=("app",), environment=("stage",), severity=("prio",), assets={"bot": "support-bot"},
        environments={"live": Environment.PRODUCTION}, severities={"1": Severity.CRITICAL},
    )  # fmt: skip
    named = {"app": "bot", "stage": "live", "prio": "1", "severity": "info"}
    found = one(alertmanager(alert(labels=named)), labels=labels)
    assert (found.assets, found.environment, found.severity) == (
        ("support-bot",), Environment.PRODUCTION, Severity.CRITICAL,
    )  # fmt: skip


def test_labels_that_say_nothing_leave_it_open() -> None:
    found = one(alertmanager(alert(labels={"alertname": "Watchdog", "severity": "odd", "env": "mars"}, annotations={})))
    assert (found.assets, found.environment, found.severity, found.title) == ((), None, Severity.MEDIUM, "Watchdog")


def test_an_alert_that_states_value_and_objective_is_the_breach_that_the_configuration_names() -> None:
    labels = LabelsShape(types={"ToolErrors": SignalType.ERROR_RATE_BREACH})
    stated = {"summary": "tool errors", "value": "0.09", "objective": "0.05", "metric": "tool_error_rate"}
    found = one(alertmanager(alert(annotations=stated)), labels=labels)
    assert found.kind is SignalType.ERROR_RATE_BREACH
    assert found.measured == ServiceEvidence(metric="tool_error_rate", value=0.09, objective=0.05)
    for wrong in ({"objective": "0"}, {"value": "NaN"}, {"value": "9 %"}, {"objective": ""}):
        assert one(alertmanager(alert(annotations=stated | wrong)), labels=labels).measured is None
    with pytest.raises(ValueError, match="can be latency_breach or error_rate_breach, not cve"):
        LabelsShape(types={"X": SignalType.CVE})


def test_resolved_is_not_open_under_the_same_key() -> None:
    found = one(alertmanager(alert(status="resolved", endsAt="2026-11-23T03:09:00Z")))
    assert (found.open, found.key) == (False, "9f1c5a7730b2d4e6")


def test_a_grafana_says_its_dashboard_and_values() -> None:
    value = {
        "receiver": "pulse", "status": "firing", "orgId": 1, "version": "1", "state": "alerting", "truncatedAlerts": 0,
        "alerts": [alert(dashboardURL="https://grafana.acme.example/d/1", panelURL="", values={"B": 44.2, "C": 1})],
    }  # fmt: skip
    found = one(json.dumps(value).encode(), Form.GRAFANA)
    assert found.link == "https://grafana.acme.example/d/1"
    assert found.summary is not None
    assert "values: B=44.2, C=1" in found.summary


def test_alerts_that_were_left_out_are_named() -> None:
    push = alerts(alertmanager(alert(), truncatedAlerts=7), sender("am", form=Form.ALERTMANAGER), SPAN)
    assert push.remarks == ("am left 7 alerts of a group out: raise max_alerts there, or group by more labels",)


def test_a_bad_alert_is_refused_and_the_others_are_read() -> None:
    bad = alert()
    del bad["status"]
    push = alerts(alertmanager(alert(), bad, alert(labels=7)), sender("am", form=Form.ALERTMANAGER), SPAN)
    assert [item.problem is None for item in push.items] == [True, False, False]
    assert push.items[1].where == "alert 1"


def test_of_another_assets_alert_is_403_and_what_names_none_is_kept() -> None:
    shape = sender("am", form=Form.ALERTMANAGER, assets=("embed-gateway",))
    push = alerts(alertmanager(alert(), alert(labels={"alertname": "Watchdog"})), shape, SPAN)
    assert [item.status for item in push.items] == [HTTPStatus.FORBIDDEN, HTTPStatus.ACCEPTED]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400), (b"[]", 422), (b"{}", 422), (b'{"alerts": 3}', 422), (b"\xff", 400), (b"[" * 50_000, 422),
        (alertmanager(alert(), version="3"), 422),
    ],
)  # fmt: skip
def test_what_is_none_of_theirs_is_refused_whole(body: bytes, status: int) -> None:
    with pytest.raises(Unreadable) as raised:
        alerts(body, sender("am", form=Form.ALERTMANAGER), SPAN)
    assert raised.value.status == status


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=20),
        lambda v: (
            st.lists(v)
            | st.dictionaries(
                st.sampled_from(["alerts", "labels", "status", "annotations", "startsAt", "fingerprint", "x"]), v
            )
        ),
        max_leaves=30,
    )
)
def test_whatever_comes_ends_in_a_push_or_a_reason(value: Any) -> None:
    try:
        push = alerts(json.dumps(value).encode(), sender("am", form=Form.GRAFANA), SPAN)
    except Unreadable:
        pass
    else:
        assert all((item.what is None) == (item.problem is not None) for item in push.items)
