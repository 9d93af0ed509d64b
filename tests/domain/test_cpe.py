"""CPE names as the specification writes and compares them; versions that follow no standard."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulse_tui.domain.cpe import ANY, BadCpe, covers, formatted, parse_cpe, plain, product_name
from pulse_tui.domain.natural import natural, same_text, split_update


def test_escapes_belong_to_their_field_and_not_to_the_key() -> None:
    name = parse_cpe(r"cpe:2.3:a:Foo\\bar:big\$money\:2010:1.0\.2:*:*:*:special:ipod_touch:80gb:*")
    assert (name.product, name.version) == (r"big\$money\:2010", r"1.0\.2")
    assert name.key == r"foo\bar:big$money:2010"
    assert (plain(name.version), name.sw_edition, name.other) == ("1.0.2", "special", ANY)


def test_a_uri_of_version_2_2_is_the_same_name() -> None:
    assert parse_cpe("cpe:/o:redhat:enterprise_linux:9::baseos").edition == "baseos"
    packed = parse_cpe("cpe:/a:hp:insight%21:7.4.0.1602:-:~-~online~win2003~x64~")
    assert (packed.product, packed.update, packed.edition) == (r"insight\!", "-", "-")
    assert (packed.sw_edition, packed.target_sw, packed.target_hw) == ("online", "win2003", "x64")
    assert parse_cpe("cpe:/a:foo:bar:1.%02").version == r"1\.*"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "begins neither"),
        ("nvidia driver", "begins neither"),
        ("cpe:2.3:a:b:c", "3 fields"),
        ("cpe:2.3:a:b:c:1:*:*:*:*:*:*:*:*", "12 fields"),
        ("cpe:2.3:x:b:c:1:*:*:*:*:*:*:*", "part is 'x'"),
        ("cpe:2.3:a::c:1:*:*:*:*:*:*:*", "vendor is empty"),
        ("cpe:2.3:a:*:c:1:*:*:*:*:*:*:*", "no vendor"),
        ("cpe:2.3:a:b:-:1:*:*:*:*:*:*:*", "no product"),
        ("cpe:2.3:a:b:c:1*2:*:*:*:*:*:*:*", "wildcard in the middle"),
        ("cpe:2.3:a:b:c:1:*:*:*:*:*:*:\\", "escapes nothing"),
        ("cpe:/a:b:c:1:2:3:4:5", "8 fields"),
        ("cpe:2.3:a:b:" + "c" * 3_000, "characters"),
    ],
)
def test_what_is_no_name_is_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(BadCpe, match=why):
        parse_cpe(text)


@given(st.text(max_size=60))
def test_any_text_is_a_name_or_is_refused(text: str) -> None:
    for whole in (text, f"cpe:2.3:{text}", f"cpe:/a:{text}", f"cpe:2.3:a:v:{text}:1:*:*:*:*:*:*:*"):
        try:
            assert parse_cpe(whole).product
        except BadCpe:
            continue


@given(st.from_regex(r"[ -~]{1,30}", fullmatch=True), st.from_regex(r"[0-9][0-9a-z.]{0,8}", fullmatch=True))
def test_a_name_that_is_written_is_read_back(name: str, version: str) -> None:
    found = parse_cpe(formatted("a", "v", name, version))
    assert plain(found.product) == name.lower().replace(" ", "_")
    assert plain(found.version) == version


# The cases of CPE Name Matching 2.3 (NISTIR 7696), table 6-2, that can come up: the second is what is installed.
@pytest.mark.parametrize(
    ("asked", "there", "holds"),
    [
        ("*", "*", True),
        ("*", "-", True),
        ("*", "1.0", True),
        ("-", "-", True),
        ("-", "1.0", False),
        ("-", "*", None),
        ("1.0", "-", False),
        ("1.0", "*", None),
        ("1.0", "1.0", True),
        (r"1\.0", "1.0", True),
        ("1.0", "1.1", False),
        ("1.*", "1.5", True),
        ("1.*", "2.5", False),
        ("*soft", "micro_soft", True),
        ("1.?", "1.5", True),
        ("1.?", "1.55", False),
        ("1.??", "1.5", True),
        (r"1\*", "15", False),
        (r"1\*", r"1\*", True),
    ],
)
def test_a_field_is_compared_as_the_specification_says(asked: str, there: str, holds: bool | None) -> None:
    assert covers(asked, there) is holds


def test_a_products_name_is_the_same_with_other_marks_and_blanks() -> None:
    assert product_name("NVIDIA® GPU  Display-Driver (TM)") == product_name("nvidia gpu display driver")
    assert product_name("\x1b[31mAcme\x1b[0m Box") == "acme box"
    assert product_name("***") == ""


ORDERED = [
    "1.0-dev1",
    "1.0-alpha",
    "1.0-beta.2",
    "1.0b3",
    "1.0rc1",
    "1.0",
    "1.0.2",
    "1.0.2a",
    "1.0.2k",
    "1.0.2zg",
    "1.0.2.1",
    "1.1",
    "1.1-sp1",
    "1.1-sp2",
    "1.1.1",
    "1.10",
    "2.0(3)m7",
    "2.0(4)m1",
    "9.2",
    "22.7r1.1",
    "22.7r2",
    "22.7r2.3",
    "535.54.03",
    "535.129.03",
    "535.183.01",
    "550.54",
]


def test_versions_stand_in_their_natural_order() -> None:
    keys = [natural(v) for v in ORDERED]
    assert None not in keys
    assert keys == sorted(keys, key=lambda k: k or ())
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize(
    ("one", "other"), [("1.0", "1"), ("v1.2", "1.2"), ("1.2+cu118", "1.2"), ("01.02", "1.2"), ("R81.20", "81.20")]
)
def test_these_are_one_version(one: str, other: str) -> None:
    assert natural(one) == natural(other) is not None


@pytest.mark.parametrize("text", ["", "latest", "unknown", "deadbeef1", "3f2a9c81d", "sp1", "١.٢", "1" * 400, "-", "*"])
def test_what_has_no_place_in_an_order_is_no_version(text: str) -> None:
    assert natural(text) is None


def test_a_version_carries_its_update() -> None:
    assert split_update("3.0.0-rc1") == ("3.0.0", "rc1")
    assert split_update("9.2 SP1") == ("9.2", "sp1")
    assert split_update("535.129.03") == ("535.129.03", "")
    assert same_text("sp_1", "SP1")
    assert not same_text("sp1", "sp2")
