"""One value of the configuration is written by program; every other byte stays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulse_tui.domain.errors import Refused
from pulse_tui.settings.document import parse
from pulse_tui.settings.edit import set_key

DIGEST = "sha256:" + "ab" * 32
LINE = f"digest: {DIGEST}"


def edited(text: str, ident: str = "golden") -> str | None:
    return set_key(text, "pulse.yaml", "suites", ident, "digest", DIGEST)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            "suites:\n  - id: golden   # ours\n    tasks: []\n",
            f"suites:\n  - id: golden   # ours\n    {LINE}\n    tasks: []\n",
            id="after the id",
        ),
        pytest.param(
            "suites:\n- tasks: []\n  id: golden\n", f"suites:\n- tasks: []\n  id: golden\n  {LINE}\n", id="id last"
        ),
        pytest.param("suites:\n- id: golden", f"suites:\n- id: golden\n  {LINE}\n", id="no line end"),
        pytest.param(
            "suites:\r\n  - id: golden\r\n    path: x\r\n",
            f"suites:\r\n  - id: golden\r\n    {LINE}\r\n    path: x\r\n",
            id="line ends of Windows",
        ),
        pytest.param(
            "suites:\n  - id: golden\n    digest: sha256:old  # frozen in May\n    path: x\n",
            f"suites:\n  - id: golden\n    {LINE}  # frozen in May\n    path: x\n",
            id="replaced",
        ),
        pytest.param(
            "suites:\n  - id: golden\n    digest: 'sha256:old' # x\n",
            f"suites:\n  - id: golden\n    digest: '{DIGEST}' # x\n",
            id="in its quotes",
        ),
        pytest.param(
            "suites:\n  - id: golden\n    digest:   # none yet\n    path: x\n",
            f"suites:\n  - id: golden\n    digest: {DIGEST}   # none yet\n    path: x\n",
            id="empty",
        ),
        pytest.param(
            "suites:\n  - id: golden\n    digest: null\n", f"suites:\n  - id: golden\n    {LINE}\n", id="null"
        ),
        pytest.param(
            "suites:\n  - {id: golden, tasks: []}   # flow\n",
            f'suites:\n  - {{id: golden, digest: "{DIGEST}", tasks: []}}   # flow\n',
            id="flow",
        ),
        pytest.param(
            "suites: [{tasks: [], id: golden}, {id: other, digest: a}]",
            f'suites: [{{tasks: [], id: golden, digest: "{DIGEST}"}}, {{id: other, digest: a}}]',
            id="all in a line",
        ),
        pytest.param(
            "suites: [{id: golden, digest: sha256:old}]",
            f'suites: [{{id: golden, digest: "{DIGEST}"}}]',
            id="flow replaced",
        ),
        pytest.param(
            "name: Büro 🗼\nsuites:\n  - id: other\n    digest: x\n  - id: golden\n# end\n",
            f"name: Büro 🗼\nsuites:\n  - id: other\n    digest: x\n  - id: golden\n    {LINE}\n# end\n",
            id="the right one of several, after letters of several bytes",
        ),
        pytest.param(
            "suites:\n  - {id: Büro 🗼, tasks: []}\n  - {note: 🗼, id: golden}\n".replace("note: 🗼, ", "path: 🗼, "),
            f'suites:\n  - {{id: Büro 🗼, tasks: []}}\n  - {{path: 🗼, id: golden, digest: "{DIGEST}"}}\n',
            id="on a line with such letters",
        ),
        pytest.param("\ufeffsuites:\n- id: golden\n", f"\ufeffsuites:\n- id: golden\n  {LINE}\n", id="byte order mark"),
        pytest.param(
            'suites:\n  - "id": "golden"\n    path: x\n',
            f'suites:\n  - "id": "golden"\n    {LINE}\n    path: x\n',
            id="quoted key",
        ),
    ],
)
def test_the_value_is_written_and_nothing_else_moves(before: str, after: str) -> None:
    assert edited(before) == after


def test_the_same_value_again_changes_nothing() -> None:
    text = f"suites:\n  - id: golden\n    {LINE}\n"
    assert edited(text) == text


@pytest.mark.parametrize(
    "text", ["name: x\n", "suites: []\n", "suites:\n  - id: other\n", "suites: {id: golden}\n", ""]
)
def test_an_entry_that_is_elsewhere_is_not_found(text: str) -> None:
    assert edited(text) is None


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("suites:\n  - id: other\n    digest: &d aa\n  - id: golden\n    digest: *d\n", id="alias"),
        pytest.param("suites:\n  - id: golden\n    digest: &d aa\n  - id: other\n    digest: *d\n", id="anchor"),
        pytest.param("suites:\n  - id: golden\n    digest: |\n      aa\n    path: x\n", id="block text"),
    ],
)
def test_a_form_that_cannot_be_edited_alone_is_refused_with_the_line_to_write(text: str) -> None:
    with pytest.raises(Refused, match=rf"pulse.yaml:\d+: golden .* digest: {DIGEST}"):
        edited(text)


names = st.text("abcdefgh-", min_size=1, max_size=8).map(lambda t: f"s{t}")
comments = st.sampled_from(["", "  # why", " # ü 🗼"])


@given(
    st.lists(
        st.tuples(names, comments, st.sampled_from(["block", "flow", "digest"])),
        min_size=1,
        max_size=5,
        unique_by=lambda t: t[0],
    ),
    st.integers(0, 4),
    st.sampled_from(["\n", "\r\n"]),
)
def test_any_of_many_is_edited_and_the_others_are_as_they_were(
    entries: list[tuple[str, str, str]], which: int, line_end: str
) -> None:
    lines = ["# head", "suites:"]
    for name, comment, form in entries:
        if form == "flow":
            lines.append(f"  - {{id: {name}, path: x}}{comment}")
        else:
            lines += [f"  - path: x{comment}", f"    id: {name}{comment}", "    margin: 0.5"]
            lines += ["    digest: old" + comment] if form == "digest" else []
    text = line_end.join(lines) + line_end
    ident = entries[which % len(entries)][0]
    after = edited(text, ident)
    assert after is not None
    (old, _), (new, problems) = parse(text, "f"), parse(after, "f")
    assert old is not None
    assert new is not None
    assert not problems
    meant = old.plain()
    next(e for e in meant["suites"] if e["id"] == ident)["digest"] = DIGEST
    assert new.plain() == meant
    assert edited(after, ident) == after
    kept = [line for line in after.split(line_end) if DIGEST not in line]
    assert set(kept) <= set(text.split(line_end))
