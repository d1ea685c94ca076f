"""`zhtm stream`: what comes in, what goes out, and what is refused."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tiny import FILES, Ran, refused, wave, write_corpus, zhtm_started

Zhtm = Callable[..., Ran]

COUNT = 150
FAST = ("--preset", "column", "--probation", "30", "--threshold", "0.5")


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def stamps(count: int = COUNT) -> list[str]:
    return [f"2026-01-{1 + row // 24:02} {row % 24:02}:00:00" for row in range(count)]


def csv_text(keys: int = 1, count: int = COUNT) -> str:
    """Series in turns."""
    lines = ["timestamp,value,host"]
    series = [wave(count, [(100, 104)], seed) for seed in range(keys)]
    for row, stamp in enumerate(stamps(count)):
        lines += [f"{stamp},{float(values[row])!r},h{seed}" for seed, values in enumerate(series)]
    return "\n".join(lines) + "\n"


@pytest.fixture
def metric(tmp_path: Path) -> Path:
    path = tmp_path / "metric.csv"
    path.write_text(csv_text())
    return path


@pytest.fixture
def scored(zhtm: Zhtm, metric: Path) -> str:
    ran = zhtm("stream", metric, *FAST)
    assert (ran.code, ran.errors) == (0, []), ran.err
    return ran.out


def as_json_lines(text: str) -> str:
    return "".join(json.dumps({**row, "value": float(row["value"])}) + "\n" for row in rows_of(text))


def test_columns_and_summary(zhtm: Zhtm, metric: Path) -> None:
    ran = zhtm("stream", metric, *FAST)
    rows = rows_of(ran.out)
    assert list(rows[0]) == ["timestamp", "value", "score", "alert", "silenced", "out_of_range", "gap"]
    assert [row["timestamp"] for row in rows] == stamps()
    assert [float(row["value"]) for row in rows] == wave(COUNT, [(100, 104)], 0).tolist()
    alerts = [number for number, row in enumerate(rows) if row["alert"] == "1"]
    assert 100 in alerts
    assert all(float(rows[number]["score"]) >= 0.5 for number in alerts)
    (said,) = ran.err.splitlines()
    assert said.startswith(f"note: {COUNT} records, {len(alerts)} alerts, 0 skipped, 0 missing, 0 late, 0 gaps, 1 key,")
    assert said.endswith("; probation 30 records")


def test_scores_are_those_of_run_causal(zhtm: Zhtm, tmp_path: Path) -> None:
    root = write_corpus(tmp_path / "corpus")
    results = tmp_path / "results"
    detect = ("detect", "--nab-root", root, "--results", results, "--workers", "1")
    assert zhtm(*detect, "--preset", "column", "--detectors", "zhtm", "--causal").code == 0
    for relative, (count, _) in FILES.items():
        (expected,) = results.rglob(f"*{Path(relative).stem}.csv")
        ran = zhtm("stream", root / "data" / relative, "--preset", "column", "--probation", str(int(count * 0.15)))
        ours = [row["score"] for row in rows_of(ran.out)]
        assert ours == [row["anomaly_score"] for row in rows_of(expected.read_text())]
        assert len(set(ours)) > 20


def test_standard_input_and_json_lines_score_as_the_file(
    zhtm: Zhtm, metric: Path, scored: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = metric.with_suffix(".jsonl")
    lines.write_text(as_json_lines(metric.read_text()))
    assert zhtm("stream", lines, *FAST).out == scored
    for path in (metric, lines):
        with path.open() as file:
            monkeypatch.setattr(sys, "stdin", file)
            assert zhtm("stream", *FAST).out == scored
    written = json.loads(
        "[" + ",".join(zhtm("stream", metric, *FAST, "--output-format", "jsonl").out.split("\n")[:-1]) + "]"
    )
    assert [{name: str(value) for name, value in row.items()} for row in written] == [
        {**row, "value": str(float(row["value"])) if "." in row["value"] else row["value"]} for row in rows_of(scored)
    ]
    out = metric.with_name("out.csv")
    ran = zhtm("stream", metric, *FAST, "--output", out)
    assert (ran.code, ran.out, out.read_text()) == (0, "", scored)


def test_keys_in_turn_score_as_each_alone(zhtm: Zhtm, tmp_path: Path) -> None:
    path = tmp_path / "many.csv"
    path.write_text(csv_text(keys=3))
    rows = rows_of(zhtm("stream", path, *FAST, "--key", "host").out)
    for key in ("h0", "h1", "h2"):
        text = "".join(line for line in path.read_text().splitlines(True) if line.endswith((f"{key}\n", "host\n")))
        (tmp_path / "one.csv").write_text(text)
        alone = rows_of(zhtm("stream", tmp_path / "one.csv", *FAST, "--key", "host").out)
        assert [row for row in rows if row["key"] == key] == alone


def test_fields_vote(zhtm: Zhtm, tmp_path: Path) -> None:
    path = tmp_path / "fields.csv"
    one, two = wave(COUNT, [(100, 104)], 0), wave(COUNT, (), 1)
    lines = [f"{stamp},{one[row]},{two[row] if row % 7 else 'NaN'}" for row, stamp in enumerate(stamps())]
    path.write_text("\n".join(["ts,cpu,mem", *lines, ""]))
    rows = rows_of(zhtm("stream", path, *FAST, "--fields", "cpu,mem").out)
    alone = rows_of(zhtm("stream", path, *FAST, "--value", "cpu").out)
    assert list(rows[0])[:4] == ["timestamp", "cpu", "mem", "score"]
    assert rows[0]["mem"] == ""
    assert all(float(row["score"]) >= float(one["score"]) for row, one in zip(rows, alone, strict=True))
    assert any(float(row["score"]) > float(one["score"]) for row, one in zip(rows, alone, strict=True))
    refused(
        zhtm("stream", path, *FAST, "--fields", "cpu,score"), "field 'score': not there; expected one of ts, cpu, mem"
    )


def test_times(zhtm: Zhtm, tmp_path: Path) -> None:
    """The gym's form, epochs and no timestamp at all give the scores of ISO times."""
    values = wave(COUNT, [(100, 104)], 0)
    path = tmp_path / "times.csv"

    def scores(times: list[str], *args: str) -> list[str]:
        path.write_text(
            "\n".join(["when,value", *(f"{time},{value}" for time, value in zip(times, values, strict=True)), ""])
        )
        ran = zhtm("stream", path, *FAST, *args)
        assert ran.code == 0, ran.err
        return [row["score"] for row in rows_of(ran.out)]

    expected = scores(stamps())
    gym = [f"1/{1 + row // 24}/26 {row % 24}:00" for row in range(COUNT)]
    assert scores(gym, "--time-format", "%m/%d/%y %H:%M") == expected
    start = 1767225600
    assert scores([str(start + 3600 * row) for row in range(COUNT)]) == expected
    assert scores([str(1000 * (start + 3600 * row)) for row in range(COUNT)]) == expected
    assert scores(["x"] * COUNT, "--interval", "1h", "--start", "2026-01-01") == expected


def test_explained(zhtm: Zhtm, metric: Path, scored: str) -> None:
    rows = rows_of(zhtm("stream", metric, *FAST, "--explain").out)
    assert [{name: row[name] for name in row if name != "reason"} for row in rows] == rows_of(scored)
    assert all(bool(row["reason"]) == (row["alert"] == "1") for row in rows)


def test_target_rate(zhtm: Zhtm, metric: Path) -> None:
    rows = rows_of(zhtm("stream", metric, "--preset", "column", "--probation", "30", "--target-rate", "1/hour").out)
    few = rows_of(zhtm("stream", metric, "--preset", "column", "--probation", "30", "--target-rate", "1/week").out)
    assert sum(row["alert"] == "1" for row in rows) > sum(row["alert"] == "1" for row in few)
    refused(zhtm("stream", metric, "--threshold", "0.5", "--target-rate", "1/day"), "expected at most one of them")


def test_a_probation_of_ones_own(zhtm: Zhtm, metric: Path) -> None:
    assert zhtm("stream", metric, "--preset", "column").err.endswith("; probation 288 records\n")
    assert zhtm("stream", metric, "--preset", "column", "--probation", "2d").err.endswith("; probation 48 records\n")


def with_line(path: Path, number: int, line: str) -> Path:
    lines = path.read_text().splitlines()
    lines[number - 1] = line
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("2026-01-05 02:00:00,high,h0", "line 100: field value: expected a number"),
        ("2026-01-05 02:00:00,inf,h0", "line 100: field value: expected a number"),
        ("2026-01-05 02:00:00,1e200,h0", "line 100: field value: expected a number"),
        ("2026-01-05 02:00:00,1_000,h0", "line 100: field value: expected a number"),
        ("soon,1,h0", "line 100: field timestamp: expected a date and time such as 2014-04-01 00:05:00"),
        ("2026-01-05 02:00:00,1", "line 100: expected 3 fields, as in the header, got 2"),
        ('2026-01-05 02:00:00,"1,h0', "line 100: not CSV"),
        ("2026-01-05 02:00:00,1\0,h0", "line 100: expected text, got binary data"),
        (
            "2025-01-05 02:00:00,1,h0",
            "line 100: expected a time not before that of the record before, 2026-01-05 01:00",
        ),
        ("2026-01-05 02:00:00,1," + "x" * 2**21, "line 100: expected at most 1,048,576 bytes in a line, got more"),
    ],
)
def test_a_bad_record_ends_the_stream_after_all_before_it(
    zhtm: Zhtm, metric: Path, scored: str, line: str, expected: str
) -> None:
    with_line(metric, 100, line)
    ran = zhtm("stream", metric, *FAST)
    assert ran.code == 2
    assert ran.out == "".join(scored.splitlines(True)[:99])
    (said,) = ran.err.splitlines()
    assert f"error: {metric}: {expected}" in said
    assert len(said) < 400
    skipped = zhtm("stream", metric, *FAST, "--bad", "skip", "--late", "drop")
    assert skipped.code == 0
    assert len(skipped.out.splitlines()) == COUNT
    assert "1 skipped" in skipped.err or "1 late" in skipped.err


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "expected CSV with a header or JSON lines, got nothing"),
        (b"\n\r\n \n", "expected CSV with a header or JSON lines, got nothing"),
        (b"\x89PNG\r\n\x1a\n\0", "line 1: byte 1 of the line: expected UTF-8 text"),
        (b"\0" * 5000, "binary data"),
        (b"x" * 2**22, "line 1: expected at most 1,048,576 bytes in a line"),
        (b"a,b,c\n1,2,3\n", "line 1: timestamp: expected --timestamp or --interval, got the fields a, b, c"),
        (b"time,b,c\n1,2,3\n", "line 1: value: expected --value or --fields, got the fields time, b, c"),
        (b"time,value,value\n1,2,3\n", "line 1: fields: expected names that differ"),
        (b'{"time": 1, "value": "x"}\n', "line 1: field value: expected a number"),
        (b'{"time": 1, "value": true}\n', "line 1: field value: expected a number"),
        (b'{"time": 1, "value": 1' + b"0" * 400 + b"}\n", "line 1: field value: expected a number"),
        (b'{"time": 1, "value": 1}\n{"value": 1}\n', "line 2: field time: not there"),
        (b'{"time": 1, "value": 1}\n[1]\n', "line 2: expected a JSON object in each line, got [1]"),
        (b'{"time": 1, "value": 1}\n{"time', "line 2 (the input ends in the middle of this line): not JSON"),
        (b'{"a":' * 100000 + b"1", "not JSON"),
    ],
)
def test_bad_input(zhtm: Zhtm, tmp_path: Path, content: bytes, expected: str) -> None:
    path = tmp_path / "bad"
    path.write_bytes(content)
    ran = zhtm("stream", path, *FAST)
    assert ran.code == 2
    (said,) = ran.err.splitlines()
    assert f"error: {path}: " in said
    assert expected in said


def test_mark_quotes_and_a_last_line_without_end(zhtm: Zhtm, tmp_path: Path) -> None:
    path = tmp_path / "quoted.csv"
    path.write_bytes(b'\xef\xbb\xbf"time","value",key\r\n2026-01-01,"1.5","a,""b"\r\n2026-01-02,,c\r\n2026-01-03,2,c')
    ran = zhtm("stream", path, "--key", "key")  # the interval is being measured: scores are 0
    assert ran.out == (
        "timestamp,key,value,score,alert,silenced,out_of_range,gap\n"
        '2026-01-01,"a,""b",1.5,0.0,0,0,0,0\n2026-01-02,c,,,0,0,0,0\n2026-01-03,c,2,0.0,0,0,0,0\n'
    )
    refused_key = zhtm("stream", path, *FAST, "--key", "key", "--max-keys", "1")
    assert refused_key.errors == [f"error: {path}: line 3, key 'c': expected at most 1 keys (--max-keys), got another"]
    assert (
        "2 of keys too many" in zhtm("stream", path, *FAST, "--key", "key", "--max-keys", "1", "--new-keys", "drop").err
    )


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (["--minimum", "1"], "--minimum and --maximum: expected both or neither"),
        (["--minimum", "2", "--maximum", "1"], "--minimum: expected a number of at most --maximum (1), got 2"),
        (["--minimum", "nan", "--maximum", "1"], "--minimum: expected a number"),
        (["--probation", "soon"], "--probation (records or a duration): expected a duration"),
        (["--probation", "99999999999"], "--probation: expected at most 16777216 records"),
        (["--threshold", "2"], "--threshold: expected a number from 0 to 1, got 2"),
        (["--target-rate", "5"], "expected NUMBER/UNIT"),
        (["--timezone", "Mars"], "--timezone: expected a name"),
        (["--start", "soon"], "--start: expected a date and time"),
        (["--value", "a", "--fields", "b"], "expected at most one of them"),
        (["--fields", ","], "--fields: expected names"),
        (["--value", "b"], "field 'b': not there; expected one of timestamp, value, host"),
        (["--missing", "guess"], "--missing"),
        (["--output", "metric.csv"], "--output metric.csv: expected another file than the input"),
        (["--output", "absent/out.csv"], "--output absent/out.csv: cannot be written"),
        (["--preset", "absent"], "absent"),
    ],
)
def test_bad_options(zhtm: Zhtm, metric: Path, args: list[str], expected: str) -> None:
    before = metric.read_bytes()
    refused(zhtm("stream", metric, *args), expected)
    assert metric.read_bytes() == before


@pytest.mark.parametrize(
    ("content", "args"),
    [
        (b"", []),
        (b"\x89PNG", []),
        (b"time,value\n2026,high\n", []),
        (b"time,value\n2026-01-01,1\n", ["--value", "absent"]),
        (b"time,one,score\n2026-01-01,1,2\n", ["--fields", "one,score"]),
        (b"time,value\n2026-01-01,1\n", ["--target-rate", "1/day"]),
    ],
)
def test_what_is_refused_empties_no_output(zhtm: Zhtm, tmp_path: Path, content: bytes, args: list[str]) -> None:
    source, out, new = tmp_path / "in", tmp_path / "out.csv", tmp_path / "new.csv"
    source.write_bytes(content)
    out.write_bytes(b"of yesterday")
    for path in (out, new):
        refused(zhtm("stream", source, *FAST, *args, "--output", path), "")
    assert out.read_bytes() == b"of yesterday"
    assert not new.exists()


def test_records_of_other_shards_are_counted(zhtm: Zhtm, tmp_path: Path) -> None:
    path = tmp_path / "many.csv"
    path.write_text(csv_text(keys=5))
    said = [zhtm("stream", path, *FAST, "--key", "host", "--shard", f"{shard}/2").err for shard in (1, 2)]
    counts = [tuple(map(int, re.search(r"(\d+) records, .* (\d+) of other shards", each).groups())) for each in said]
    assert counts[0] == counts[1][::-1]
    assert sum(counts[0]) == 5 * COUNT
    assert "of other shards" not in zhtm("stream", path, *FAST, "--key", "host").err


def test_times_end_with_the_year_9999(zhtm: Zhtm, tmp_path: Path) -> None:
    path = tmp_path / "value.csv"
    path.write_text("value\n" + "7\n" * 9)
    ran = zhtm("stream", path, *FAST, "--interval", "52w", "--start", "9996-01-01")
    assert (ran.code, len(ran.out.splitlines())) == (2, 6)
    assert ran.err.startswith(f"error: {path}: line 7: expected a time in the years 1 to 9999, got 2")


def test_follow_wants_a_file(zhtm: Zhtm) -> None:
    refused(zhtm("stream", "--follow"), "--follow: expected a file, got standard input")
    refused(zhtm("stream", "absent.csv"), "absent.csv: not found; expected CSV or JSON lines")


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_follow_until_interrupted(metric: Path, scored: str, tmp_path: Path) -> None:
    lines = metric.read_text().splitlines(keepends=True)
    metric.write_text("".join(lines[:50]) + lines[50][:7])
    process = zhtm_started(tmp_path, "stream", metric, "--follow", *FAST)
    assert process.stdout is not None
    found = [process.stdout.readline() for _ in range(50)]  # flushed as they come
    with metric.open("a") as file:
        file.write(lines[50][7:] + "".join(lines[51:]))
    found += [process.stdout.readline() for _ in range(COUNT - 49)]
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert "".join([*found, out]) == scored
    assert process.returncode == 130
    assert f"note: {COUNT} records" in err.splitlines()[-1]


@pytest.mark.skipif(os.name == "nt", reason="signals")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_live_lines_are_scored_at_once_and_a_signal_ends(
    tmp_path: Path, metric: Path, scored: str, number: int, code: int
) -> None:
    process = zhtm_started(tmp_path, "stream", *FAST, stdin=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    lines, expected = metric.read_text().splitlines(keepends=True), scored.splitlines(keepends=True)
    for line, result in zip(lines[:60], expected[:60], strict=True):
        process.stdin.write(line)
        process.stdin.flush()
        assert process.stdout.readline() == result
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err.splitlines()[-1][:16]) == (code, "note: 59 records")


@pytest.mark.skipif(os.name == "nt", reason="pipes of another kind")
def test_a_reader_that_has_gone(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    path.write_text(csv_text(keys=40))
    process = zhtm_started(tmp_path, "stream", path, "--key", "host", *FAST)
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr is not None
    said = [line for line in process.stderr.read().splitlines() if "compiling" not in line]
    process.stderr.close()
    assert (process.wait(timeout=60), said) == (0, [])
