"""Hostile CSV for `zhtm stream`: a valid stream, spoilt in one line, in its header or as a whole."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from hostile import streams as s
from hostile import texts
from hostile.case import ACCEPT, REFUSE, Case, Codes, random_of
from hostile.csvs import Table, no_table


def stream_csv_case(seed: int, number: int) -> Case:
    """A hostile stream of CSV."""
    rng = random_of(seed, "stream-csv", number)
    stream = s.random_stream(rng, False, _cell)
    how = rng.random()
    if how < 0.1:
        note, content, expected = _whole(rng, stream)
    elif how < 0.2:
        note, content, expected = _headed(rng, stream)
    else:
        note, expected = "valid", None
        if how < 0.92:
            _, spoil = rng.choices(_SPOILERS, weights=[weight for weight, _ in _SPOILERS])[0]
            note = spoil(rng, stream, s.chosen(rng, stream))
        content = _content(rng, stream, _header(stream))
    return s.stream_case(rng, "stream-csv", number, note, content, stream, expected)


def _cell(content: str | int | float) -> str:
    text = str(content)
    return '"' + text.replace('"', '""') + '"' if "," in text or '"' in text else text


def _header(stream: s.Stream) -> list[str]:
    return ["timestamp", "host", "value"] if stream.keyed else ["timestamp", "value"]


def _lines(stream: s.Stream) -> list[bytes]:
    lines = []
    for row in stream.rows:
        cells = [row.stamp, row.key, row.value] if stream.keyed else [row.stamp, row.value]
        lines.append(row.line if row.line is not None else ",".join(cells).encode("utf-8", "surrogatepass"))
    return lines


def _content(rng: Random, stream: s.Stream, header: list[str]) -> bytes:
    mark = b"\xef\xbb\xbf" if rng.random() < 0.1 else b""
    lines = _lines(stream)
    if stream.rows[-1].fate == s.GOOD and rng.random() < 0.03:  # the end is not there yet
        lines[-1] = lines[-1][: rng.randrange(1, 10)]
        stream.rows[-1].fate = s.BAD
    return mark + s.joined(rng, [",".join(header).encode("utf-8"), *lines])


Made = tuple[str, bytes, tuple[Codes, int, int]]


def _whole(rng: Random, stream: s.Stream) -> Made:
    """Something else than a table; what is not CSV has no header, which no option can skip."""
    table = Table([[row.stamp, row.value] for row in stream.rows])
    if stream.keyed:
        table.header = _header(stream)
        table.rows = [[row.stamp, row.key, row.value] for row in stream.rows]
    note, content = no_table(rng, table)
    codes, least, most = REFUSE, 0, 0
    if note == "only the header":
        if stream.keyed:
            content = b"timestamp,host,value\n"
        codes = ACCEPT
    elif note in ("two BOMs", "one record") or "--interval" in stream.argv:
        codes, most = ACCEPT | REFUSE, len(table.rows)
    elif note in ("bad UTF-8", "NULs after the end"):
        stream.rows.append(s.Row("", "", "", "", 0, s.BAD))
        codes, least, most = stream.expected()
    return note, content, (codes, least, most)


def _headed(rng: Random, stream: s.Stream) -> Made:
    header = _header(stream)
    note, changed = rng.choice([
        ("a column twice", [*header, header[-1]]), ("a column less", header[:-1]), ("empty names", [""] * len(header)),
        ("names in capitals", [name.upper() if name != "host" else name for name in header]),
        ("control character", ["timestamp", *header[1:-1], texts.ESCAPE]), ("semicolons", [";".join(header)]),
        ("unknown names", [f"x{number}" for number, _ in enumerate(header)]),
        ("stray quote", ['"timestamp', *header[1:]]),
        ("a long name", ["t" * 10**5, *header[1:]]), ("two others", ["a", *header[1:-1], "b", "c"]),
        ("a column too long", [*header, "x" * s.LONGEST]), ("NUL", [*header[:-1], "value\0"]),
        ("columns in another order", header[::-1]),
    ])  # fmt: skip
    content = _content(rng, stream, changed)
    codes, least, most = stream.expected()
    if note == "columns in another order":
        stream.rows = [s.Row("", "", "", "", 0, s.DOUBTFUL)] * len(stream.rows)
        codes, least, most = stream.expected()
    elif "--interval" in stream.argv:  # so that there may be only one column, of any name
        codes, least, most = ACCEPT | REFUSE, 0, len(stream.rows)
    elif note not in ("names in capitals", "a long name", "control character"):
        codes, least, most = REFUSE, 0, 0
    return f"header: {note}", content, (codes, least, most)


def _value(rng: Random, stream: s.Stream, row: s.Row) -> str:
    fate, choices = rng.choice([
        (s.BAD, s.NUMBERS_BAD), (s.BAD, s.NUMBERS_BAD), (s.MISSING, ("", " ", "nan", "NaN", "NAN", "null", "\t")),
        (s.GOOD, ("1e149", "-1e150", "5e-324", "0", "-0.0", "+1", " 1 ", "1e-400", ".5", "1.", "0" * 5000, "1" * 120)),
        (s.DOUBTFUL, texts.NUMBERS_MAY),
    ])  # fmt: skip
    row.value, row.fate = rng.choice(choices), fate
    return f"value {row.value[:40]!r}"


def _time(rng: Random, stream: s.Stream, row: s.Row) -> str:
    fate, choices = rng.choice([(s.BAD, s.TIMES_BAD), (s.BAD, s.TIMES_BAD), (s.DOUBTFUL, texts.TIMES_MAY)])
    row.stamp = rng.choice(
        [*choices, *(["1e9", "0", "-1", "1396310400", "2026-01-01T00:00Z"] if fate != s.BAD else [])]
    )
    row.fate = fate if "--time-format" not in stream.argv else s.DOUBTFUL
    return f"timestamp {row.stamp[:40]!r}"


def _key(rng: Random, stream: s.Stream, row: s.Row) -> str:
    if not stream.keyed:
        return _value(rng, stream, row)
    row.key, row.fate = rng.choice(s.KEYS_BAD), s.BAD
    return f"key {row.key[:40]!r}"


def _fields(rng: Random, stream: s.Stream, row: s.Row) -> str:
    cells = [row.stamp, row.key, row.value] if stream.keyed else [row.stamp, row.value]
    note, line = rng.choice([
        ("one field more", [*cells, "9"]), ("an empty field more", [*cells, ""]), ("one field less", cells[:-1]),
        ("many fields", cells * 5000), ("header in the middle", [*_header(stream)]), ("tabs", ["\t".join(cells)]),
        ("semicolons", [";".join(cells)]), ("comment", ["# comment"]), ("JSON", ['{"timestamp": 1', '"value": 1}']),
        ("only commas", ["", "", "", "", ""]), ("spaces before", ["x" + cells[0], *cells[1:]]),
    ])  # fmt: skip
    row.is_line(",".join(line), s.BAD)
    return note


def _quote(rng: Random, stream: s.Stream, row: s.Row) -> str:
    text = rng.choice(['"{}', '"{}"x', '"{}\n', '"{}\\"', '"', '"""', 'a"b"c,"', '"a""'])
    row.is_line(text.format(row.stamp), s.BAD)
    if "\n" in text:
        row.is_line(text.format(row.stamp), s.DOUBTFUL)
    return f"stray quote {text!r}"


_SPOILERS: list[tuple[int, Callable[[Random, s.Stream, s.Row], str]]] = [
    *s.COMMON, (12, _value), (10, _time), (4, _key), (6, _fields), (5, _quote),
]  # fmt: skip
