"""Signature Version 4 against the results that AWS published for its test suite and in its examples."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pulse_tui.steps._shared.sigv4 import Keys, signed

SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
SUITE = Keys("AKIDEXAMPLE", SECRET, "us-east-1", "service")
MOMENT = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)
HOST = "https://example.amazonaws.com"
FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("method", "path", "headers", "body", "signature"),
    [
        ("GET", "/", {}, b"", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        ("POST", "/", {}, b"", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
        (
            "GET", "/?Param2=value2&Param1=value1", {}, b"",
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
        ),
        (
            "GET", "/", {"My-Header1": "value2,value2,value1"}, b"",
            "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea",
        ),
        (
            "POST", "/", {"Content-Type": FORM}, b"Param1=value1",
            "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
        ),
    ],
    ids=["get-vanilla", "post-vanilla", "query-order", "header-duplicate", "form-body"],
)  # fmt: skip
def test_the_published_suite_is_signed_as_published(
    method: str, path: str, headers: dict[str, str], body: bytes, signature: str
) -> None:
    sent = signed(method, HOST + path, headers, body, SUITE, MOMENT)
    names = ";".join(sorted(["host", "x-amz-date", *(name.lower() for name in headers)]))
    scope = "AKIDEXAMPLE/20150830/us-east-1/service/aws4_request"
    wanted = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders={names}, Signature={signature}"
    assert sent == {**headers, "X-Amz-Date": "20150830T123600Z", "Authorization": wanted}


def test_the_example_of_the_guide_is_signed_as_there() -> None:
    url = "https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08"
    headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
    sent = signed("GET", url, headers, b"", SUITE._replace(service="iam"), MOMENT)
    assert sent["Authorization"].endswith("5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7")


def test_a_session_token_is_signed_and_the_schemes_own_port_is_no_part_of_the_host() -> None:
    plain = signed("GET", f"{HOST}:443/", {}, b"", SUITE, MOMENT)
    assert plain == signed("GET", f"{HOST}/", {}, b"", SUITE, MOMENT)
    assert plain != signed("GET", f"{HOST}:8443/", {}, b"", SUITE, MOMENT)
    token = signed("GET", f"{HOST}/", {}, b"", SUITE._replace(session_token="t"), MOMENT)
    assert token["X-Amz-Security-Token"] == "t"
    assert "SignedHeaders=host;x-amz-date;x-amz-security-token," in token["Authorization"]
