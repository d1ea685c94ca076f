"""JSON that is refused: one line that names the file and the place."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.json_reader import (
    DEEPEST,
    MOST_BYTES,
    as_number,
    as_object,
    json_text,
    parse_json,
    read_json,
    read_own_object,
)

REFUSED = {
    "nothing": (b"", "not JSON (Expecting value: line 1 column 1"),
    "half an object": (b'{"a": [1,\n 2', "not JSON (Expecting ',' delimiter: line 2 column 3"),
    "two of them": (b"{} {}", "not JSON (Extra data: line 1 column 4"),
    "NaN": (b'{"a": {"b": [1, NaN]}}', "a.b.1: expected a number that fits a double, got NaN"),
    "Infinity": (b'{"a": Infinity}', "a: expected a number that fits a double, got Infinity"),
    "-Infinity": (b"[-Infinity]", "0: expected a number that fits a double, got -Infinity"),
    "a large float": (b'{"a": 1e999}', "a: expected a number that fits a double, got 1e999"),
    "400 digits": (b'{"a": ' + b"9" * 400 + b"}", "a: expected a number that fits a double, got 999"),
    "5000 digits": (b"[" + b"9" * 5000 + b"]", "0: expected a number that fits a double, got 999"),
    "a name twice": (b'{"a": {"b": 1, "c": 2, "b": 3}}', 'a: expected each name once, got "b" again'),
    "a name twice at the top": (b'{"a\\n": 1, "a\\n": 1}', 'expected each name once, got "a\\n" again'),
    "half a letter": (b'{"a": ["\\ud800"]}', 'a.0: expected Unicode text, got "\\ud800"'),
    "half a letter in a name": (b'{"a": {"\\udc00": 1}}', 'a: expected Unicode text as a name, got "\\udc00"'),
    "100,000 brackets": (b"[" * 100_000, f"at most {DEEPEST} levels"),
    "100,000 pairs of brackets": (b"[" * 100_000 + b"]" * 100_000, f"at most {DEEPEST} levels"),
    "one level too many": (b"[" * (DEEPEST + 1) + b"1" + b"]" * (DEEPEST + 1), f"at most {DEEPEST} levels"),
    "Latin-1": (b'{"a": "\xe9"}', "byte 7: not JSON; expected UTF-8 text"),
    "UTF-16": ('{"a": 1}'.encode("utf-16"), "byte 0: not JSON; expected UTF-8 text"),
    "a control character": (b'{"a": "\x1b"}', "not JSON (Invalid control character at: line 1 column 8"),
    "too much": (b'"' + b"a" * MOST_BYTES + b'"', f"at most {MOST_BYTES:,} bytes"),
}


@pytest.mark.parametrize(("content", "expected"), REFUSED.values(), ids=REFUSED)
def test_refused(tmp_path: Path, content: bytes, expected: str) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(content)
    with pytest.raises(InputError) as raised:
        read_json(path, "preset")
    message = str(raised.value)
    assert message.startswith(f"preset {path}: ")
    assert expected in message
    assert message.isprintable()
    assert len(message) < len(str(path)) + 200


def test_accepted() -> None:
    deep = "[" * DEEPEST + "]" * DEEPEST
    assert parse_json(deep, "x") is not None
    assert parse_json('\ufeff{"a": [1, -2.5e-3, true, null, "\\ud83d\\ude00"]}'.encode(), "x") == {
        "a": [1, -0.0025, True, None, "\N{GRINNING FACE}"]
    }
    assert parse_json("9" * 300, "x") == int("9" * 300)


def test_the_first_of_two_places_is_named() -> None:
    with pytest.raises(InputError, match=r"^x: a\.1: .*NaN$"):
        parse_json('{"a": [1, NaN, 3], "b": Infinity}', "x")


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.json: not found; expected a JSON file$"):
        read_json(tmp_path / "none.json")
    with pytest.raises(InputError, match="cannot be read"):
        read_json(tmp_path)
    with pytest.raises(InputError, match="cannot be read"):
        read_json(tmp_path / ("x" * 300))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with a name")
def test_a_pipe_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.json")
    with pytest.raises(InputError, match="expected a JSON file, got what is no file"):
        read_json(tmp_path / "x.json")


def test_a_file_of_our_own_may_be_absent(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    assert read_own_object(path) == {}
    path.write_text("[1]")
    with pytest.raises(InputError, match=r"expected a JSON object, got \[1\]; it was left as it is$"):
        read_own_object(path)


@pytest.mark.parametrize("value", [True, False, "1", None, [1], {}])
def test_what_is_no_number(value: object) -> None:
    assert as_number(1, "x") == 1.0
    with pytest.raises(InputError, match=r"^x: expected a number, got "):
        as_number(value, "x")


def test_what_is_no_object() -> None:
    assert as_object({"a": 1}, "x") == {"a": 1}
    with pytest.raises(InputError, match=r"^x: expected an object, got null$"):
        as_object(None, "x")


def test_values_in_messages_are_short_and_in_one_line() -> None:
    nested: list[object] = []
    nested.append(nested)
    for value in (nested, "a\n\x1b" * 100, 10**5000, {1: object()}, "\ud800"):
        text = json_text(value)
        assert text.isprintable() and len(text) <= 60
