"""Every variable, written wrongly in every way that a type check can find: all are refused with their place."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from pulse_tui.enrich.variables import VARIABLES
from tests.policy.build import refused

WRONG_TYPE = {
    "string": ["{0} > 1", "{0} && true", "{0} in ['a'] == 1", "{0}.size() == 'a'"],
    "double": ["{0} > 1", "{0} == 'a'", "{0} || false", "{0} in ['a']"],
    "int": ["{0} > 1.5", "{0} == 'a'", "!{0}", "{0}.startsWith('a')"],
    "bool": ["{0} > 1", "{0} == 'true'", "{0} + 1 > 2", "{0}.contains('a')"],
    "list<string>": ["{0} == 'a'", "1 in {0}", "{0} && true", "{0}.exists(a, a > 1)"],
}
NOT_BOOLEAN = {
    "string": "{0} + 'a'",
    "double": "{0} * 2.0",
    "int": "{0} - 1",
    "bool": "[{0}]",
    "list<string>": "{0}.size()",
}


def bad() -> Iterator[tuple[str, str, str]]:
    """(variable, condition, what its message holds)."""
    for name, variable in VARIABLES.items():
        test = {"string": "{0} == ''", "bool": "{0}", "list<string>": "'a' in {0}"}.get(variable.type, "{0} == {0}")
        yield name, test.format(name[:-1] + "xq"), "there is no variable"
        yield name, test.format(name.replace(".", ".x_")), "there is no variable"
        for shape in WRONG_TYPE[variable.type]:
            yield name, shape.format(name), ""
        yield name, NOT_BOOLEAN[variable.type].format(name), "a condition must be true or false"
        if variable.type != "bool":
            yield name, name, "a condition must be true or false"


BAD = list(bad())


def test_there_are_many_of_them() -> None:
    assert len(BAD) > 600


@pytest.mark.parametrize("kind", sorted(WRONG_TYPE))
def test_every_unknown_name_wrong_type_and_condition_that_is_none_is_refused_with_its_place(kind: str) -> None:
    loaded = []
    for name, condition, message in BAD:
        variable = VARIABLES[name]
        if variable.type != kind:
            continue
        on = sorted(variable.signal_types)[0]
        text = (
            "rules:\n  - id: bad\n    owner: x\n    review: 2027-05-01\n    priority: P2\n"
            f"    on: [{on}]\n    all:\n    - |\n      {condition}\n"
        )
        # Behind a literal block the place is the line of the expression.
        said = refused(text).splitlines()
        place = re.match(r"policy\.yaml:9:(\d+): ", said[0])
        if (
            place is None
            or message not in said[0]
            or said[2].index("^") != said[1].index(condition) + int(place[1]) - 1
        ):
            loaded.append((condition, said))
    assert loaded == []


def test_a_name_that_is_nearly_right_names_the_right_one() -> None:
    missed = []
    for name in VARIABLES:
        text = f"rules:\n  - id: bad\n    owner: x\n    review: 2027-05-01\n    priority: P2\n    on: [cve]\n    all: ['{name}q == 1']\n"
        if f"did you mean '{name}'?" not in refused(text):
            missed.append(name)
    assert missed == []
