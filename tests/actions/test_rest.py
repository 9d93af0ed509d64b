from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from email.utils import format_datetime

import pytest

from pulse_tui.actions._shared.rest import ANSWER_CAP, LONGEST_WAIT_S, call, fit, reason, retry_after
from pulse_tui.domain.errors import TargetError
from pulse_tui.ports import SendContext
from tests.enrich.build import NOW
from tests.servers.loopback import Loopback, Reply


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback() as running:
        yield running


@pytest.mark.parametrize(
    ("status", "permanent", "limited", "ambiguous"),
    [
        (302, True, False, False),
        (400, True, False, False),
        (404, True, False, False),
        (408, False, False, False),
        (425, False, False, False),
        (429, False, True, False),
        (500, False, False, True),
        (503, False, False, True),
    ],
)
def test_what_a_repeat_cannot_change_is_final_and_everything_else_is_tried_again(
    server: Loopback, nowhere: SendContext, status: int, permanent: bool, limited: bool, ambiguous: bool
) -> None:
    server.on("POST", "/x", Reply(status, headers={"Location": "/elsewhere"}))
    with pytest.raises(TargetError) as caught:
        call(nowhere, "POST", server.url + "/x", json={"a": 1})
    error = caught.value
    assert (error.permanent, error.limited, error.ambiguous) == (permanent, limited, ambiguous)
    assert error.todo
    assert len(server.log) == 1


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ({"retry-after": "30"}, 30.0),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": format_datetime(NOW + timedelta(seconds=90), usegmt=True)}, 90.0),
        ({"retry-after": format_datetime(NOW - timedelta(days=1), usegmt=True)}, 0.0),
        ({"retry-after": format_datetime(NOW + timedelta(days=365), usegmt=True)}, LONGEST_WAIT_S),
        ({"retry-after": "9" * 400}, LONGEST_WAIT_S),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "Tue, 99 Foo 2026"}, None),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(NOW.timestamp()) + 12)}, 12.0),
        ({"ratelimit-remaining": "0", "ratelimit-reset": "7"}, 7.0),
        ({"x-ratelimit-remaining": "3", "x-ratelimit-reset": "7"}, None),
        ({}, None),
    ],
)
def test_a_pause_is_obeyed_as_seconds_or_a_date_and_never_for_longer_than_an_hour(
    header: dict[str, str], seconds: float | None
) -> None:
    found = retry_after(header, NOW)
    assert found == pytest.approx(seconds, abs=1) if seconds is not None else found is None


def test_the_pause_comes_with_the_error(server: Loopback, nowhere: SendContext) -> None:
    server.on("POST", "/x", Reply(429, headers={"Retry-After": "17"}))
    with pytest.raises(TargetError) as caught:
        call(nowhere, "POST", server.url + "/x", json={})
    assert caught.value.retry_after_s == 17.0


def test_a_success_whose_body_breaks_off_has_arrived_unless_the_body_decides(
    server: Loopback, nowhere: SendContext
) -> None:
    server.on("POST", "/x", Reply(202, b"x" * 100, cut_at=10))
    assert not call(nowhere, "POST", server.url + "/x", json={}).whole
    with pytest.raises(TargetError) as caught:
        call(nowhere, "POST", server.url + "/x", json={}, needs_body=True)
    assert caught.value.ambiguous
    assert not caught.value.permanent


def test_a_huge_answer_to_what_was_taken_is_not_read_and_is_a_success(server: Loopback, nowhere: SendContext) -> None:
    server.on("POST", "/x", Reply(200, b"x" * (ANSWER_CAP + 1)))
    assert call(nowhere, "POST", server.url + "/x", json={}).status == 200


def test_no_error_shows_a_secret_of_the_address(server: Loopback, nowhere: SendContext) -> None:
    server.on("POST", "/s3cret/x", Reply(400, b"no"))
    with pytest.raises(TargetError) as caught:
        call(nowhere, "POST", server.url + "/${TOKEN}/x", json={})
    assert "s3cret" not in str(caught.value)
    url = server.url
    server.close()
    with pytest.raises(TargetError) as gone:
        call(nowhere, "POST", url + "/${TOKEN}/x", json={}, timeout_s=1)
    assert "s3cret" not in str(gone.value)
    assert "${TOKEN}" in gone.value.what


def test_texts_of_a_body_are_locked_before_they_leave(server: Loopback, nowhere: SendContext) -> None:
    server.on("POST", "/x", Reply(200))
    call(nowhere, "POST", server.url + "/x", json={"title": "\x1b[31mred\x07\u202e"})
    assert server.log[0].json() == {"title": "red"}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            b'{"message": "Validation Failed", "errors": [{"message": "title is missing"}]}',
            "Validation Failed; title is missing",
        ),
        (b'{"errorMessages": ["no project X"], "errors": {"priority": "unknown"}}', "priority: unknown; no project X"),
        (
            b'{"error": {"message": "User Not Authenticated", "detail": "see token"}}',
            "User Not Authenticated; see token",
        ),
        (b'{"ok": "no", "odd": "member"}', "ok: no; odd: member"),
        (b"<html>\x1b[31mnginx</html>", "<html>nginx</html>"),
        (b"", ""),
    ],
)
def test_what_an_error_says_is_one_line_whoever_words_it(body: bytes, said: str) -> None:
    assert reason(body) == said


def test_an_answer_that_is_no_json_is_ambiguous_and_says_what_it_was(server: Loopback, nowhere: SendContext) -> None:
    server.on("POST", "/x", Reply(200, b"<html>log in"))
    with pytest.raises(TargetError, match="<html>log in") as caught:
        call(nowhere, "POST", server.url + "/x", json={}).json()
    assert caught.value.ambiguous


def test_a_text_that_is_cut_says_so() -> None:
    assert fit("short", 10) == "short"
    assert fit("x" * 50, 20).endswith("… (cut)")
    assert len(fit("x" * 50, 20)) <= 20
