"""Hostile label files of `zhtm corpus make`; what it makes, other commands must take."""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random
from typing import Any

from tiny import data_text, timestamps, wave

from hostile import texts
from hostile.case import ACCEPT, MAY, REFUSE, Case, Codes, random_of
from hostile.trees import VALUES, keys_to, kind_of, node, paths, replaced, shown, spoilt_text, tree_of, written

MOMENT = timestamps(80)
FILES = {
    "inputs/plant/a.csv": data_text(wave(60)).encode(),
    "inputs/plant/boiler/b.csv": data_text(wave(80)).encode(),
    "inputs/plant/boiler/short.csv": data_text(wave(15)).encode(),
}
_ENDS = {"a.csv": [(30, 33), (40, 40)], "boiler/b.csv": [(50, 52), (70, 75)]}
_MINE = ("--nab-root", "mine", "--detectors", "null", "--results", "results/x")
_THEN = (("run", *_MINE, "--workers", "1", "--no-report"), ("compare", *_MINE, "--measures"))
_NAMES = (
    *("x.csv", "A.csv", "a", "../a.csv", "./a.csv", "/a.csv", "plant//a.csv", "a.csv ", " a.csv", "boiler", "*.csv"),
    *("inputs/plant/a.csv", "@ROOT@/a.csv", "a" * 10**5),
)
_GOOD_NAMES = ("a.csv", "plant/a.csv", "b.csv", "boiler/b.csv")

Spoilt = tuple[str, bytes, Codes, str]


def make_labels_case(seed: int, number: int) -> Case:
    """Good data files with a hostile label file, CSV or JSON."""
    rng = random_of(seed, "make-labels", number)
    makers: list[tuple[int, Callable[[Random], Spoilt]]] = [
        *((6, _valid), (25, _rows), (12, _table), (25, _json_text), (20, _json_value), (12, _json_names))
    ]
    _, make = rng.choices(makers, weights=[weight for weight, _ in makers])[0]
    name, content, codes, note = make(rng)
    windows = ["--windows", "as-given"] if rng.random() < 0.3 else []
    files = {**FILES, name: content}
    return made_case("make-labels", number, note, ["--labels", name, *windows], codes, files)


def made_case(
    kind: str,
    number: int,
    note: str,
    options: list[str],
    codes: Codes,
    files: dict[str, bytes],
    source: str = "inputs/plant",
) -> Case:
    argv = ["corpus", "make", "mine", "--from", source, *options]
    return Case(kind, number, note, argv, codes, files, outputs=("mine",), intact=tuple(files), then=_THEN[number % 2])


def csv_text(header: str, rows: list[list[str]], end: str = "\n") -> str:
    return "".join(line + end for line in [header, *map(",".join, rows)])


def _range_rows() -> list[list[str]]:
    return [[name, MOMENT[first], MOMENT[last]] for name, ends in _ENDS.items() for first, last in ends]


def point_rows() -> list[list[str]]:
    return [[name, MOMENT[first]] for name, ends in _ENDS.items() for first, _ in ends]


def _either(rng: Random) -> tuple[str, list[list[str]]]:
    return ("file,start,end", _range_rows()) if rng.random() < 0.6 else ("file,timestamp", point_rows())


def _document() -> dict[str, list[Any]]:
    ends = {name: [[MOMENT[first], MOMENT[last]] for first, last in ends] for name, ends in _ENDS.items()}
    return {**ends, "b.csv": [MOMENT[60], MOMENT[61]]}


def _valid(rng: Random) -> Spoilt:
    if rng.random() < 0.4:
        bom = "\ufeff" if rng.random() < 0.5 else ""
        return "inputs/l.json", (bom + json.dumps(_document())).encode(), ACCEPT, "valid JSON"
    header, rows = _either(rng)
    how = rng.choice(["", "BOM", "CRLF", "twice", "shuffled", "quoted", "overlapping", "blank lines", "1000 times"])
    rows = rows * {"twice": 2, "1000 times": 1000}.get(how, 1)
    if how == "shuffled":
        rng.shuffle(rows)
    if how == "overlapping" and len(rows[0]) == 3:
        rows += [["b.csv", MOMENT[45], MOMENT[72]], ["b.csv", MOMENT[52], MOMENT[53]]]
    if how == "quoted":
        rows = [[f'"{field}"' for field in row] for row in rows]
    text = csv_text(header, rows, {"CRLF": "\r\n", "blank lines": "\n\n"}.get(how, "\n"))
    return "inputs/l.csv", text.encode("utf-8-sig" if how == "BOM" else "utf-8"), ACCEPT, f"valid CSV, {how}"


def _rows(rng: Random) -> Spoilt:
    """One row of a CSV file with something else in it."""
    header, rows = _either(rng)
    index = rng.randrange(len(rows))
    row = rows[index]
    codes, end = REFUSE, MOMENT[59 if row[0] == "a.csv" else 79]
    how = rng.random()
    if how < 0.55:
        bad = rng.random() < 0.7
        text = rng.choice(texts.TIMES_BAD if bad else texts.TIMES_MAY)
        place = rng.randrange(1, len(row))
        row[place] = text.replace("\x00", "")
        note = f"{('point', 'start', 'end')[place - 1 if len(row) == 2 else place]}: {text[:40]!r}"
    elif how < 0.75:
        name = rng.choice([*_NAMES, *texts.NAMES_BAD])
        row[0], note = '"{}"'.format(name.replace('"', '""')), f"file {name[:40]!r}"
    elif how < 0.9:
        note, new = rng.choice([
            ("before the data", ["2015-02-28 23:55:00", row[-1]]), ("after the data", [row[1], end[:-2] + "01"]),
            ("between records", [row[1][:-2] + "01", row[1][:-2] + "02"]), ("another year", ["1999-01-01", row[-1]]),
            ("a zone", [row[1] + "Z", row[-1] + "Z"]), ("one zone", [row[1] + "+02:00", row[-1]]),
            ("reversed", [row[-1], MOMENT[20]]),
        ])  # fmt: skip
        row[1:] = new if len(row) == 3 else [new[1] if note in ("after the data", "reversed") else new[0]]
        if (note == "reversed" and len(row) == 2) or (note == "one zone" and len(row) == 2):
            codes = MAY
    else:
        note, new = rng.choice([
            ("a field more", [*row, "x"]), ("a field less", row[:-1]), ("an open quote", ['"' + row[0], *row[1:]]),
            ("semicolons", [";".join(row)]), ("many fields", row * 1000), ("a comment", ["# x"]),
        ])  # fmt: skip
        rows[index] = new
    return "inputs/l.csv", csv_text(header, rows).encode("utf-8", "surrogatepass"), codes, note


def _table(rng: Random) -> Spoilt:
    """A CSV file that is none, or has another header, or no label that counts."""
    header, rows = _either(rng)
    good = csv_text(header, rows)
    note, content = rng.choice([
        ("empty", b""), ("header only", good.split("\n")[0].encode()), ("no header", good.split("\n", 1)[1].encode()),
        ("UTF-16", good.encode("utf-16")), ("bad UTF-8", good.encode() + b"\xff,\xff\n"),
        ("NULs", bytes(500)), ("random bytes", rng.randbytes(500)), ("two BOMs", b"\xef\xbb\xbf" * 2 + good.encode()),
        ("JSON", json.dumps(_document()).encode()), ("HTML", b"<html>" * 99), ("one line of 1 MB", b"x" * 10**6),
        *((f"header {other}", csv_text(other, rows).encode()) for other in
          ("File,Timestamp", "file,time", "file,start,end,x", "file", "timestamp,file", "file,end,start",
           " file,start,end", texts.ESCAPE, "file;timestamp", "file,start,start", "a" * 10**5)),
        ("probationary only", csv_text("file,timestamp", [["a.csv", MOMENT[2]], ["b.csv", MOMENT[5]]]).encode()),
        ("a short file", csv_text("file,timestamp", [["short.csv", MOMENT[10]]]).encode()),
    ])  # fmt: skip
    return rng.choice(["inputs/l.csv", "inputs/l.txt", "inputs/l"]), content, REFUSE, note


def _json_text(rng: Random) -> Spoilt:
    content, note = spoilt_text(rng, tree_of(_document()))
    return "inputs/l.json", content, REFUSE, note


def _json_value(rng: Random) -> Spoilt:
    tree = tree_of(_document())
    path = rng.choice(list(paths(tree)))
    old, new = node(tree, path), rng.choice([*VALUES, *texts.TIMES_BAD, *texts.TIMES_MAY])
    may = (len(path) == 1 and new == []) or (isinstance(new, str) and new in texts.TIMES_MAY)
    note = f"{kind_of(old)} becomes {shown(new)} at {keys_to(tree, path)}"
    return "inputs/l.json", written(replaced(tree, path, new)).encode(), MAY if may else REFUSE, note


def _json_names(rng: Random) -> Spoilt:
    document = _document()
    name = rng.choice([*_NAMES, *texts.NAMES_BAD, *texts.NAMES_MAY, *_GOOD_NAMES])
    document[name] = [] if rng.random() < 0.3 else [MOMENT[45]]
    return (
        "inputs/l.json",
        json.dumps(document).encode(),
        ACCEPT if name in _GOOD_NAMES else REFUSE,
        f"file {name[:40]!r}",
    )
