"""Names that become file names or columns."""

from __future__ import annotations

import pytest

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.names import check_name, check_names

HOSTILE = (
    *("../../../../escaped", "/", "/etc/x", "a/b", "a\\b", "", ".", "..", ".hidden", "a\n", "\n", "a\x00", "a\x1b[31m"),
    *(
        "-rf",
        "--results",
        "$HOME",
        "a b",
        " a",
        "a ",
        "a.",
        "a,b",
        'a"b',
        "a'b",
        "<a href=x>",
        "a;b",
        "a|b",
        "a:b",
        "*",
    ),
    *("CON", "nul", "Aux", "com1", "LPT9.txt", "prn.", "x" * 101, "x" * 100_000, "ä", "١", "\udcff", "a\u202eb", "_a"),
)


@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: ascii(name)[:20])
def test_hostile_names(name: str) -> None:
    with pytest.raises(InputError) as raised:
        check_name(name, "--study")
    message = str(raised.value)
    assert message.startswith("--study: expected a name ")
    assert message.isprintable() and len(message) < 250


@pytest.mark.parametrize(
    "name",
    ["zhtm", "reward_low_FP_rate", "zhtm-causal", "partial-zhtm-less", "7", "v1.2", "null", "console", "x" * 100],
)
def test_good_names(name: str) -> None:
    assert check_name(name, "x") == name


def test_fewer_signs() -> None:
    assert check_name("a-b", "x", signs="-") == "a-b"
    for name in ("a_b", "a.b", "x" * 61):
        with pytest.raises(InputError, match="of letters, digits and hyphens, at most 60, that begins"):
            check_name(name, "x", signs="-", longest=60)


def test_files_side_by_side_differ_in_more_than_case() -> None:
    check_names(["night", "day"], "x")
    with pytest.raises(InputError, match="x: expected names that differ in more than case, got night and Night"):
        check_names(["night", "Night"], "x")
