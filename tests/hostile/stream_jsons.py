"""Hostile JSON lines for `zhtm stream`: a valid stream, spoilt in one line or one field."""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random

from hostile import streams as s
from hostile import texts
from hostile.case import REFUSE, Case, random_of

_VALUES_BAD = (
    *("Infinity", "-Infinity", "1e999", "-1e151", "9" * 400, "-" + "9" * 5000, "true", "false", "[]", "[1]", "{}"),
    *('{"value": 1}', '"x"', '"\\ud800"', '"1e999"', '"inf"', '"1_0"', '"0x1"', '"1,5"', '"\\u0000"', '"\\u0661"'),
)
_VALUES_MISSING = ("null", "NaN", '""', '" "', '"nan"', '"NULL"', '"\\t"')
_VALUES_GOOD = (
    "0",
    "-0",
    "-0.0",
    "1e149",
    "1E+2",
    "5e-324",
    "1e-999",
    '"7"',
    '" 7.5 "',
    '"1e3"',
    "123456789012345678901",
)
_TIMES_BAD = (
    *("null", "true", "[]", "{}", '""', "NaN", "Infinity", "1e999", "9" * 400, "-" + "9" * 30, '"\\ud800"', '"noon"'),
    *('"\\u0000"', '"2014-13-01"', '["2014-04-01"]', '{"$date": 1}'),
)
_KEYS_BAD = (
    *("null", "true", "[]", '["h0"]', "{}", '""', '"\\ud800"', '"\\udc00\\ud800"', '"a\\nb"', '"\\u0000"'),
    *('"\\u001b[31m"', '"\\u2028"', f'"{"k" * 201}"'),
)
_LINES_BAD = (
    *("[]", "[1, 2]", '["timestamp", "value"]', "null", "true", "1", '"x"', "NaN", "{", "}", "{}{}", "{]", '{"a"}'),
    *("{'timestamp': 1}", '{"value": 1,}', "{,}", '{"timestamp": 2026-01-01}', '{"value": 01}', '{"value": .5}'),
    *(
        '{"value": +1}',
        '{"value": 0x1}',
        '{"value": 1}, ',
        "// comment",
        '{"a": "\t"}',
        '{"a": "\\x"}',
        '{"a": "\\u12"}',
    ),
    *("[" * 100_000, '{"a":' * 100_000, "{" * 5000, "timestamp,value", "nul", '{"timestamp": 1'),
)
_OTHERS = (
    *("null", "true", "[1, [2, [3]]]", '{"value": 5, "timestamp": 6}', '"\\ud800"', "NaN", "Infinity", "1e999"),
    *("9" * 400, '"\\u0000\\u001b"', json.dumps("x" * 10**5), "[" * 50 + "]" * 50, '""', "[" + "0," * 9999 + "0]"),
)


def stream_jsonl_case(seed: int, number: int) -> Case:
    """A hostile stream of JSON lines."""
    rng = random_of(seed, "stream-jsonl", number)
    stream = s.random_stream(rng, True, json.dumps)
    note, expected = "valid", None
    if (how := rng.random()) < 0.88:
        _, spoil = rng.choices(_SPOILERS, weights=[weight for weight, _ in _SPOILERS])[0]
        note = spoil(rng, stream, s.chosen(rng, stream))
    elif how < 0.92:
        note, expected = "nothing", (REFUSE, 0, 0)
        for row in stream.rows:
            row.is_line("", s.BLANK)
    lines = [row.line if row.line is not None else _line(rng, stream, row) for row in stream.rows]
    if stream.rows[-1].fate == s.GOOD and rng.random() < 0.05:  # the end is not there yet
        lines[-1] = lines[-1].strip()[: rng.randrange(1, len(lines[-1].strip()))]
        stream.rows[-1].fate = s.BAD
    content = (b"\xef\xbb\xbf" if rng.random() < 0.1 else b"") + s.joined(rng, lines)
    if stream.rows[0].line is not None and expected is None:  # another format, or no fields
        stream.argv += ["--format", "jsonl"]
    return s.stream_case(rng, "stream-jsonl", number, note, content, stream, expected)


def _line(rng: Random, stream: s.Stream, row: s.Row) -> bytes:
    fields = {"timestamp": row.stamp, "value": row.value, **({"host": row.key} if stream.keyed else {})}
    members = [f"{json.dumps(name)}: {cell}" for name, cell in fields.items() if cell]
    if rng.random() < 0.3:
        rng.shuffle(members)
    if rng.random() < 0.03:
        more = rng.choice(_OTHERS)  # in the first line it would be one more field to choose from
        where = "value" if s.is_first(stream, row) else rng.choice(["other", "", "\\u0000", "\\ud800", "Value"])
        members.insert(0, f'"{where}": {more}')  # of a name that comes twice the last one counts
        if where == "value" and row.value == "":
            row.fate = s.DOUBTFUL
    space = rng.choice(["", "", " ", "\t"])
    return f"{space}{{{', '.join(members)}}}{space}".encode("utf-8", "surrogatepass")


def _value(rng: Random, stream: s.Stream, row: s.Row) -> str:
    row.fate, choices = rng.choice([(s.BAD, _VALUES_BAD)] * 2 + [(s.MISSING, _VALUES_MISSING), (s.GOOD, _VALUES_GOOD)])
    row.value = rng.choice(choices)
    return f"value {row.value[:40]}"


def _time(rng: Random, stream: s.Stream, row: s.Row) -> str:
    row.stamp, row.fate = rng.choice(_TIMES_BAD), s.BAD
    if rng.random() < 0.2:
        row.stamp, row.fate = json.dumps(rng.choice(texts.TIMES_MAY)), s.DOUBTFUL
    return f"timestamp {row.stamp[:40]}"


def _key(rng: Random, stream: s.Stream, row: s.Row) -> str:
    if not stream.keyed:
        return _value(rng, stream, row)
    row.key, row.fate = rng.choice(_KEYS_BAD), s.BAD
    if rng.random() < 0.2:
        row.key = rng.choice(["5", "-1.5", "1e300", "9" * 30])
        row.series, row.fate = str(json.loads(row.key)), s.GOOD
    return f"key {row.key[:40]}"


def _gone(rng: Random, stream: s.Stream, row: s.Row) -> str:
    """A field that is not there: the first record decides which there are."""
    first = s.is_first(stream, row)
    if rng.random() < 0.5:
        row.value, row.fate = "", s.DOUBTFUL if first else s.MISSING
        return "no value"
    row.stamp, row.fate = "", s.DOUBTFUL if first else s.BAD
    return "no timestamp"


def _whole_line(rng: Random, stream: s.Stream, row: s.Row) -> str:
    row.is_line(rng.choice(_LINES_BAD), s.BAD)
    assert row.line is not None
    return f"line {row.line[:40]!r}"


def _two(rng: Random, stream: s.Stream, row: s.Row) -> str:
    one = _line(rng, stream, row)
    row.is_line(rng.choice([b"", b" ", b",", b"\r", b"\x1e"]).join([one, one]), s.BAD)
    return "two objects in a line"


def _odd(rng: Random, stream: s.Stream, row: s.Row) -> str:
    """Bytes of a line changed."""
    line = bytearray(_line(rng, stream, row))
    for _ in range(rng.choice([1, 1, 5])):
        line[rng.randrange(len(line))] = rng.choice([*range(1, 10), *range(11, 256)])
    row.is_line(bytes(line), s.DOUBTFUL)
    return "bytes changed"


_SPOILERS: list[tuple[int, Callable[[Random, s.Stream, s.Row], str]]] = [
    *s.COMMON, (10, _value), (6, _time), (4, _key), (4, _gone), (12, _whole_line), (3, _two), (4, _odd),
]  # fmt: skip
