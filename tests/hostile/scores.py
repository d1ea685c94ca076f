"""Hostile results: CSV files of anomaly scores and of totals."""

from __future__ import annotations

import gzip
from random import Random

from tiny import timestamps, wave

from hostile import texts
from hostile.case import ACCEPT, MAY, REFUSE, Case, Codes, random_of
from hostile.sandbox import OPTIONS, RECORDS, WINDOWS

_SCORED = "results/other-null/one/other-null_good.csv"
_NULL = [*OPTIONS, "--detectors", "null"]
_TOTALS = "results/other-null/other-null_standard_scores.csv"
_SCORES_BAD = (*texts.NUMBERS_BAD, "1.0001", "-0.1", "2", "-1", "1e149", "7", "-5e-324", "1.0000000000000002")
_SCORES_MAY = (
    "1",
    "0",
    "1.0",
    "-0.0",
    "5e-324",
    "1e-400",
    " 0.5",
    "0.5 ",
    "+0.5",
    ".5",
    "1.",
    "0.99999999999999999999",
)

Rows = list[list[str]]


def _rows() -> Rows:
    """A results file on one/good.csv, with its header."""
    times, (first, last) = timestamps(RECORDS["one/good.csv"]), WINDOWS["one/good.csv"][0]
    labels = [int(first[:19] <= time <= last[:19]) for time in times]
    values = wave(len(times), seed=0).tolist()  # as in the sandbox
    records = zip(times, values, labels, strict=True)
    return [
        ["timestamp", "value", "anomaly_score", "label"],
        *([time, repr(value), "0.5", str(label)] for time, value, label in records),
    ]


def scores_case(seed: int, number: int) -> Case:
    """A hostile results file, read from the results or by its path."""
    rng = random_of(seed, "scores", number)
    alone = rng.random() < 0.4
    rows = _rows()
    content, codes, note = _spoilt(rng, rows, timed := alone and rng.random() < 0.7, alone)
    if alone:
        rate = "2/day" if timed else "5/1000"
        argv = ["tune", "thresholds", "--target-rate", rate, "--scores", "inputs/s.csv"]
        return Case("scores", number, f"alone: {note}", argv, codes, {"inputs/s.csv": content})
    commands = [["optimize", *_NULL], ["score", *_NULL], ["tune", "thresholds", *_NULL], ["plot", "good", *_NULL]]
    argv = rng.choices([*commands, ["report", *_NULL]], [6, 3, 2, 2, 1])[0]
    # A file of the user's stays as it is if it is refused, but `score` may have written totals before it comes to it.
    return Case("scores", number, note, argv, codes, {_SCORED: content})


def totals_case(seed: int, number: int) -> Case:
    """A hostile file of a profile's totals, which `normalize` reads."""
    rng = random_of(seed, "totals", number)
    lines = [
        ["Detector", "Profile", "File", "Threshold", "Score", "TP", "TN", "FP", "FN", "Total_Count"],
        *(["other-null", "standard", path, "0.5", "-1.0", "0", "50", "0", "1", "60"] for path in RECORDS),
        ["Totals", "", "", "", "-3.0", "0", "150", "0", "3", "160"],
    ]
    how = rng.random()
    codes, note = ACCEPT, "valid"
    content: bytes | None = None
    if how < 0.4:
        text = rng.choice(texts.NUMBERS_BAD)
        lines[-1][4], codes, note = text, MAY if text == "1e151" else REFUSE, f"total {text[:40]!r}"
    elif how < 0.6:
        lines[0][4] = name = rng.choice(["score", "", "Score ", texts.ESCAPE, "Total"])
        codes, note = REFUSE, f"column {name!r}"
    elif how < 0.7:
        lines = lines[: rng.randrange(len(lines) - 1)]
        codes, note = REFUSE, "no totals"
    elif how < 0.95:
        content, note = _file(rng, _csv(lines))
        codes = REFUSE
    return Case(
        "totals", number, note, ["normalize", *_NULL], codes, {_TOTALS: _csv(lines) if content is None else content}
    )


def _spoilt(rng: Random, rows: Rows, timed: bool, alone: bool) -> tuple[bytes, Codes, str]:
    how = rng.random()
    which = rng.choice(["first", "last", "all"])
    chosen = {"first": [1], "last": [-1], "all": range(1, len(rows))}[which]
    if how < 0.05:
        return _csv(rows), ACCEPT, "valid"
    if how < 0.45:
        bad = rng.random() < 0.8
        text = rng.choice(_SCORES_BAD if bad else _SCORES_MAY)
        for index in chosen:
            rows[index][2] = text
        return _csv(rows), REFUSE if bad else MAY, f"score {which}: {text[:40]!r}"
    if how < 0.6:
        bad = rng.random() < 0.8
        text = rng.choice(texts.TIMES_BAD if bad else texts.TIMES_MAY)
        for index in chosen:
            rows[index][0] = text
        return _csv(rows), REFUSE if timed and bad else MAY, f"timestamp {which}: {text[:40]!r}"
    if how < 0.65:
        text = rng.choice((*texts.NUMBERS_BAD, "2", "0.5"))
        for index in chosen:
            rows[index][rng.choice([1, 3])] = text
        return _csv(rows), MAY, f"value or label {which}: {text[:40]!r}"
    if how < 0.75:
        return _header(rng, rows)
    if how < 0.85:
        few = rng.choice([rows[:1], rows[:2], rows[:-1], rows + rows[-1:], rows[:1] + rows[1:] * 100])
        codes = (REFUSE if len(few) < 3 else MAY) if alone else REFUSE
        return _csv(few), codes, f"{len(few) - 1} records"
    if how < 0.9:
        content = bytearray(_csv(rows))
        for _ in range(rng.choice([1, 5, 50])):
            content[rng.randrange(len(content))] = rng.randrange(256)
        return bytes(content), MAY, "bytes changed"
    content, note = _file(rng, _csv(rows))
    return content, REFUSE, note


def _header(rng: Random, rows: Rows) -> tuple[bytes, Codes, str]:
    names, codes = rng.choice([
        (["timestamp", "value", "score", "label"], REFUSE), (["timestamp", "value", "Anomaly_Score", "label"], REFUSE),
        (["", "", "", ""], REFUSE), (["a", "b", "c", "d"], REFUSE), (["timestamp", "value", "anomaly_score "], REFUSE),
        (["timestamp", "anomaly_score", "anomaly_score", "label"], REFUSE),
        (["timestamp", "value", texts.ESCAPE, "x"], REFUSE),
        (["timestamp", "value", "anomaly_score", texts.ESCAPE], MAY),
        (["timestamp", "value", "anomaly_score", "S(t)_x"], MAY),
    ])  # fmt: skip
    rows[0] = names
    return _csv(rows), codes, f"header {','.join(names)[:60]!r}"


def _file(rng: Random, good: bytes) -> tuple[bytes, str]:
    """A file that is no CSV of ours at all."""
    lines = good.splitlines(keepends=True)
    return rng.choice([
        (b"", "empty"), (b"\n\n", "blank"), (bytes(500), "NUL bytes"), (rng.randbytes(2000), "random bytes"),
        (gzip.compress(good, mtime=0), "gzip"), (good.decode().encode("utf-16"), "UTF-16"), (good[:40], "truncated"),
        (lines[0], "only the header"), (b"".join(lines[1:]), "no header"), (b'{"a": 1}', "JSON"),
        (good.replace(b",", b";"), "semicolons"), (good.replace(b"\n", b',"', 1), "unclosed quote"),
        (good + b"\xff\xfe,\xff,\xff,\xff\n", "bad UTF-8"), (b"x" * 10**6, "one line of 1 MB"),
        (good.replace(b",0.5,", b",%s," % (b"1" * 200_000), 1), "field of 200 kB"), (b"<html>" * 100, "HTML"),
    ])  # fmt: skip


def _csv(rows: Rows) -> bytes:
    return "".join(",".join(row) + "\n" for row in rows).encode()
