"""Hostile data files: a valid one, written in one of its valid ways, and then spoilt in one place."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from hostile import texts
from hostile.case import ACCEPT, ROW, Case, Codes, random_of
from hostile.sandbox import OPTIONS, WINDOWS

_FORMATS = {
    "NAB": lambda moment: moment.strftime("%Y-%m-%d %H:%M:%S"),
    "ISO": lambda moment: moment.isoformat(),
    "UTC": lambda moment: moment.isoformat() + "Z",
    "offset": lambda moment: moment.isoformat(" ") + "+05:30",
    "microseconds": lambda moment: moment.isoformat(" ", "microseconds"),
}
NUMBERS: dict[str, Callable[[Random], str]] = {
    "float": lambda rng: repr(round(rng.gauss(50, 20), 3)),
    "int": lambda rng: str(rng.randrange(-1000, 1000)),
    "exponent": lambda rng: f"{rng.gauss(0, 1):.3e}",
    "tiny": lambda rng: repr(rng.random() * 1e-200),
    "huge": lambda rng: repr(rng.random() * 1e149),
    "constant": lambda rng: "7",
}
SCORED_OR_ROW = ACCEPT | ROW  # never a refusal of all: there is a good file beside it


@dataclass
class Table:
    """A data file before it is written."""

    rows: list[list[str]]
    header: list[str] = field(default_factory=lambda: ["timestamp", "value"])
    end: str = "\n"
    encoding: str = "utf-8"
    quoted: bool = False

    def text(self) -> str:
        quote = '"{}"'.format if self.quoted else str
        return "".join(",".join(map(quote, row)) + self.end for row in [self.header, *self.rows])

    def content(self) -> bytes:
        return self.text().encode(self.encoding)


Spoilt = tuple[bytes, Codes, str]
_SPOILERS: list[tuple[int, Callable[[Random, Table], Spoilt]]] = []


def _spoiler(weight: int) -> Callable[[Callable[[Random, Table], Spoilt]], Callable[[Random, Table], Spoilt]]:
    def add(function: Callable[[Random, Table], Spoilt]) -> Callable[[Random, Table], Spoilt]:
        _SPOILERS.append((weight, function))
        return function

    return add


def csv_case(seed: int, number: int) -> Case:
    """A corpus with one hostile data file beside a good one."""
    rng = random_of(seed, "csv", number)
    content, codes, note = random_csv(rng)
    labels = {**WINDOWS, "one/other.csv": []}
    files = {"corpus/data/one/other.csv": content}
    if rng.random() < 0.1:
        raw = rng.choice(texts.FILE_NAMES + texts.FILE_NAMES_UNLABELLED)
        note, codes, content = f"file name {raw!r}", SCORED_OR_ROW, _valid(rng).content()
        files = {f"corpus/data/one/{os.fsdecode(raw)}": content}
        if raw in texts.FILE_NAMES:
            labels[f"one/{os.fsdecode(raw)}"] = []
    files["corpus/labels/combined_windows.json"] = json.dumps(labels).encode()
    verb = rng.choice([["run", "--no-report"], ["detect"]])
    argv = [*verb, *OPTIONS, "--detectors", "null", "--workers", "1", "--results", "results/new"]
    kept = "results/new/other-null/one/other-null_good.csv"
    return Case("csv", number, note, argv, codes, files, kept=(kept,))


def random_csv(rng: Random) -> Spoilt:
    """A data file, most likely spoilt, with the right exit codes of a run and what is wrong."""
    table = _valid(rng)
    _, spoil = rng.choices(_SPOILERS, weights=[weight for weight, _ in _SPOILERS])[0]
    return spoil(rng, table)


def _valid(rng: Random) -> Table:
    moment = datetime(2014, 4, 1) + timedelta(minutes=5 * rng.randrange(10**5))
    step = timedelta(minutes=rng.choice([1, 5, 60]))
    written = _FORMATS[rng.choice([*["NAB"] * 4, *_FORMATS])]
    number = NUMBERS[rng.choice(["float"] * 4 + list(NUMBERS))]
    rows = [[written(moment + index * step), number(rng)] for index in range(rng.choice([2, 3, 20, 60]))]
    end = rng.choice(["\n", "\n", "\r\n"])
    return Table(rows, end=end, encoding=rng.choice(["utf-8"] * 4 + ["utf-8-sig"]), quoted=rng.random() < 0.15)


def _replace(rng: Random, table: Table, column: int, choices: Sequence[str]) -> str:
    """Put one of these texts into one field, or all of a column; returns where, and which."""
    text = rng.choice(choices)
    written = text.replace('"', '""') if table.quoted else text
    which = rng.choice(["first", "middle", "last", "all"])
    chosen = {"first": [0], "middle": [len(table.rows) // 2], "last": [-1], "all": range(len(table.rows))}[which]
    for index in chosen:
        table.rows[index][column] = written
    return f"{which}: {text[:40]!r}"


@_spoiler(12)
def _nothing(rng: Random, table: Table) -> Spoilt:
    return table.content(), ACCEPT, "valid"


@_spoiler(5)
def _in_another_order(rng: Random, table: Table) -> Spoilt:
    if rng.random() < 0.5:
        rng.shuffle(table.rows)
    else:
        table.rows.insert(1, list(table.rows[0]))
    return table.content(), ACCEPT, "timestamps repeated or backward"


@_spoiler(22)
def _time(rng: Random, table: Table) -> Spoilt:
    where = _replace(rng, table, 0, texts.TIMES_BAD)
    return table.content(), ROW, f"timestamp {where}"


@_spoiler(6)
def _doubtful_time(rng: Random, table: Table) -> Spoilt:
    where = _replace(rng, table, 0, texts.TIMES_MAY)
    return table.content(), SCORED_OR_ROW, f"doubtful timestamp {where}"


@_spoiler(4)
def _zones(rng: Random, table: Table) -> Spoilt:
    index = rng.randrange(len(table.rows))
    moment = table.rows[index][0][:19]
    zoned = table.rows[1 - bool(index)][0][-6:] in ("+05:30",) or table.rows[1 - bool(index)][0].endswith("Z")
    table.rows[index][0] = moment if zoned and rng.random() < 0.5 else f"{moment}+02:00"
    return table.content(), ROW, "several time zones"


@_spoiler(22)
def _number(rng: Random, table: Table) -> Spoilt:
    where = _replace(rng, table, 1, texts.NUMBERS_BAD)
    return table.content(), ROW, f"value {where}"


@_spoiler(6)
def _doubtful_number(rng: Random, table: Table) -> Spoilt:
    where = _replace(rng, table, 1, texts.NUMBERS_MAY)
    return table.content(), SCORED_OR_ROW, f"doubtful value {where}"


@_spoiler(8)
def _fields(rng: Random, table: Table) -> Spoilt:
    row = table.rows[rng.randrange(len(table.rows))]
    note, fields = rng.choice([
        ("one field more", [*row, "9"]),
        ("an empty field more", [*row, ""]),
        ("one field less", row[:1]),
        ("fields swapped", row[::-1]),
        ("many fields", row * 5000),
        ("comment", ["# " + row[0], row[1]]),
        ("header in the middle", list(table.header)),
        ("other delimiter", ["\t".join(row)]),
    ])  # fmt: skip
    row[:] = fields
    return table.content(), ROW, note


@_spoiler(8)
def _header(rng: Random, table: Table) -> Spoilt:
    table.header = rng.choice([
        ["value", "timestamp"], ["timestamp", "timestamp"], ["value", "value"], ["Timestamp", "Value"], ["timestamp"],
        ["timestamp", "value", "value"], ["", ""], ["timestamp", " value"], ["time", "value"], list(table.rows[0]),
        ["timestamp", "value\x00"], ["timestamp" * 10**5, "value"], ["timestamp;value"], [texts.ESCAPE, "value"],
    ])  # fmt: skip
    return table.content(), ROW, f"header {','.join(table.header)[:40]!r}"


def no_table(rng: Random, table: Table) -> tuple[str, bytes]:
    """What is there instead of a table, and its name."""
    good = table.content()
    return rng.choice([
        ("empty file", b""), ("one newline", b"\n"), ("NUL bytes", bytes(1000)),
        ("NULs after the end", good + bytes(9)),
        ("random bytes", rng.randbytes(3000)), ("gzip", gzip.compress(good, mtime=0)),
        ("UTF-16", table.text().encode("utf-16")),
        ("UTF-32", table.text().encode("utf-32")), ("EBCDIC", table.text().encode("cp500", errors="replace")),
        ("HTML", b"<!doctype html>"),
        ("only the header", b"timestamp,value\n"), ("one record", b"".join(good.splitlines(keepends=True)[:2])),
        ("no header", b"".join(good.splitlines(keepends=True)[1:])), ("JSON", b'{"timestamp": []}'),
        ("two BOMs", b"\xef\xbb\xbf\xef\xbb\xbf" + good), ("bad UTF-8", good + b"2016-01-01 00:00:00,\xff\xfe\n"),
    ])  # fmt: skip


@_spoiler(8)
def _whole_file(rng: Random, table: Table) -> Spoilt:
    note, content = no_table(rng, table)
    return content, ROW, note


@_spoiler(4)
def _huge(rng: Random, table: Table) -> Spoilt:
    size = rng.choice([10**5, 2 * 10**5, 10**6])
    index = rng.randrange(len(table.rows))
    column = rng.randrange(2)
    letter = rng.choice(["x", "1", "0", " ", '""', "e", "-", ".", "é"])
    table.rows[index][column] = letter * size
    if letter == " ":  # read as an empty field, or stripped
        return table.content(), ROW, f"field of {size} blanks"
    codes = SCORED_OR_ROW if (column, letter) == (1, "0") else ROW
    return table.content(), codes, f"{'timestamp' if column == 0 else 'value'} of {size} {letter!r}"


@_spoiler(4)
def _quote(rng: Random, table: Table) -> Spoilt:
    row = table.rows[rng.randrange(len(table.rows))]
    column = rng.randrange(2)
    row[column] = rng.choice(['"{}', '{}"', '"{}"x', '"{}\n', '""{}"', "'{}'", '"{}\\"']).format(row[column])
    if rng.random() < 0.3:
        table.rows += [list(each) for each in table.rows] * 300
    return table.content(), ROW, "stray quote"


@_spoiler(4)
def _lines(rng: Random, table: Table) -> Spoilt:
    lines = table.content().splitlines()
    note, content = rng.choice([
        ("no newline at the end", b"\n".join(lines)), ("only CR", b"\r".join(lines) + b"\r"),
        ("mixed line ends", b"".join(line + rng.choice([b"\n", b"\r\n", b"\r"]) for line in lines)),
        ("blank lines", b"\n\n".join(lines) + b"\n" * rng.choice([1, 10**5])), ("LF CR", b"\n\r".join(lines) + b"\n"),
        ("blanks before lines", b"\n  ".join(lines) + b"\n"), ("comma at each end", b",\n".join(lines) + b",\n"),
    ])  # fmt: skip
    return content, SCORED_OR_ROW, note


@_spoiler(5)
def _noise(rng: Random, table: Table) -> Spoilt:
    content = bytearray(table.content())
    if rng.random() < 0.4:
        return bytes(content[: rng.randrange(len(content))]), SCORED_OR_ROW, "truncated"
    for _ in range(rng.choice([1, 3, 30])):
        content[rng.randrange(len(content))] = rng.randrange(256)
    return bytes(content), SCORED_OR_ROW, "bytes changed"
