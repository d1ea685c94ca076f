"""Hostile options of `zhtm stream` on a good stream: each refused, right, or one of two that exclude each other."""

from __future__ import annotations

from random import Random

from hostile import texts
from hostile.case import ACCEPT, REFUSE, Case, random_of
from hostile.options import FIELDS, LONG, NO_TEXT, TIME_FORMATS
from hostile.result_lines import Results

_COUNT = 30  # records
_IN = "inputs/in.csv"
_BASE = ["stream", _IN, "--preset", "column", "--key", "host"]
_ODD = ("", "x", "nan", texts.ESCAPE, "9" * 400, "½", "--", "-1", NO_TEXT, "a\nb", "x" * 5000)
_INTS = (*_ODD, "1.5", "1e3", "inf", "0x10")
_COUNTS = tuple(text for text in _INTS if text != "9" * 400)  # which is as good as none
_FLOATS = ("", "x", texts.ESCAPE, "½", "1,5", "0x1", "nan", "--")
_DURATIONS = (
    *_ODD,
    "0s",
    "1",
    "s",
    "1y",
    "1e3s",
    "-1h",
    "1 h 5min",
    "٣d",
    "inf",
    "999999999w",
    "1h\n",
    "1/2h",
    "0.0000001s",
)
_NAMES = (*FIELDS, "value,host")

# Option; values that are refused; values that are right.
_TABLE: list[tuple[str, tuple[str, ...], tuple[str, ...]]] = [
    ("--probation", (*_DURATIONS[1:3], "-1", "99999999999", "20000000", "1y", "٣", "1e3"),
     ("0", "1", "10", "1h", "0.5d")),
    ("--interval", _DURATIONS, ("1s", "1h", "5min", "0.001s", " 2 d ", "1w")),
    ("--gap-alert", _DURATIONS, ("1s", "1h", "2d", "99w")),
    ("--idle", _DURATIONS, ("1s", "1h", "2d", "99w")),
    ("--target-rate", (*_ODD, "1/", "/day", "0/day", "nan/day", "1/year", "1/1000", "1e400/day", "1/day/day",
     "1e20/hour"),
     ("2/day", "0.5/week", "1e3/hour", " 1 / day ", "1e-9/week")),
    ("--threshold", (*_FLOATS, "2", "-0.1", "inf", "1e400"), ("0", "1", "0.5", "1e-400")),
    ("--time-format", TIME_FORMATS, ("%Y-%m-%d %H:%M:%S",)),
    ("--timezone", ("Mars", "", "/etc/passwd", "../UTC", "Europe", texts.ESCAPE, LONG, NO_TEXT, "UTC\n", "+01:00", "."),
     ("UTC", "Europe/Zurich", "America/New_York", "Asia/Kathmandu", "Etc/GMT+5")),
    ("--shard", (*_ODD, "0/2", "3/2", "1/", "/2", "1/2/3", "-1/2", "1/9999999", "½/2", "1 / 2"),
     ("1/1", "1/2", "2/2", "7/999999")),
    ("--fields", (*_NAMES, ",", ",,", "timestamp,value", "host", "value,other,nope"),
     ("value,other", "other", "value,value", " value , other ")),
    ("--value", _NAMES, ("value", "other")),
    ("--timestamp", (*_NAMES, "host"), ("timestamp",)),
    ("--key", (*_NAMES, "timestamp,value"), ("host",)),
    ("--start", ("", "x", "soon", "2026-13-01", "9" * 30, texts.ESCAPE, NO_TEXT),
     ("2026-01-01", "0", "1e9", "2026-01-01T00:00Z")),
    ("--format", ("", "x", "CSV,", "xml", texts.ESCAPE), ("csv",)),
    ("--output-format", ("", "x", "xml", texts.ESCAPE), ("csv", "jsonl")),
    ("--missing", ("", "x", "drop", texts.ESCAPE), ("skip", "hold", "error")),
    ("--late", ("", "x", "skip", texts.ESCAPE), ("error", "drop")),
    ("--bad", ("", "x", "drop", texts.ESCAPE), ("error", "skip")),
    ("--new-keys", ("", "x", "skip", texts.ESCAPE), ("error", "drop")),
    ("--gap", (*_FLOATS, "-1", "-inf"), ("0", "0.5", "3", "1e9")),
    ("--max-keys", (*_COUNTS, "0", "1"), ("3", "10000", "9" * 30)),
    ("--seed", _INTS, ("0", "42", "7")),
    ("--preset", ("nope", texts.ESCAPE, "../zhtm", "nowhere.json", "corpus", LONG, NO_TEXT), ("column",)),
    ("--save-records", (*_COUNTS, "0"), ("1", "1000000")),
    ("--save-seconds", (*_FLOATS, "-1"), ("0", "0.5", "1e9")),
    ("--output", ("nowhere/out.txt", "corpus", "/dev/full", "/dev/null/x", _IN, f"./{_IN}", LONG, "", "/dev/full"),
     ("out.txt", "results/out.txt", "/dev/null")),
    ("--state", ("corpus/data/one/good.csv", "/dev/null", "/dev/null/x", _IN, "/proc/nowhere", LONG),
     ("state", "results/state/deep")),
]  # fmt: skip
_PAIRS = (
    (("--minimum", "1"), REFUSE), (("--maximum", "1"), REFUSE), (("--minimum", "2", "--maximum", "1"), REFUSE),
    (("--minimum", "nan", "--maximum", "1"), REFUSE), (("--minimum", "0", "--maximum", "nan"), REFUSE),
    (("--minimum", "-inf", "--maximum", "inf"), REFUSE), (("--minimum", "-1e151", "--maximum", "0"), REFUSE),
    (("--minimum", "x", "--maximum", "0"), REFUSE), (("--minimum", "0", "--maximum", "9" * 400), REFUSE),
    (("--minimum", "0", "--maximum", "100"), ACCEPT), (("--minimum", "-1e150", "--maximum", "1e150"), ACCEPT),
    (("--minimum", "5", "--maximum", "5"), ACCEPT), (("--minimum", "0", "--maximum", "5e-324"), ACCEPT),
    (("--threshold", "0.5", "--target-rate", "1/day"), REFUSE), (("--value", "value", "--fields", "value"), REFUSE),
    (("--input-again",), REFUSE), (("--state", "state", "--input-again"), ACCEPT), (("surplus",), REFUSE),
    (("--nope",), REFUSE), (("--interval", "5min", "--probation", "3d"), ACCEPT), (("--explain", "--explain"), ACCEPT),
    (("--interval", "0.000001s", "--probation", "1w"), REFUSE), (("--interval", "1w", "--gap", "0"), ACCEPT),
    (("--fields", "value,other", "--missing", "hold"), ACCEPT), (("--format", "jsonl"), REFUSE),
    (("--probation", "1w", "--interval", "400d"), ACCEPT), (("--output", "out.txt", "--state", "out.txt"), REFUSE),
    (("--time-format", "%Y-%m-%d %H:%M:%S", "--timezone", "Europe/Zurich"), ACCEPT), (("--help",), ACCEPT),
    (("--timestamp", "timestamp", "--value", "value", "--start", "9999-01-01", "--interval", "52w"), ACCEPT),
)  # fmt: skip
_EXCLUSIVE = ("--threshold", "--target-rate", "--value", "--fields")
_LENIENT = ("--bad", "--new-keys", "--late", "--shard")  # with them there may be nothing that an option spoils


def stream_options_case(seed: int, number: int) -> Case:
    """Some options that are right, and in most cases one that is not."""
    rng = random_of(seed, "stream-options", number)
    codes, argv, note = ACCEPT, [], []
    spoilt = rng.random()
    left = list(_TABLE)
    if spoilt < 0.7:
        option, bad, _ = rng.choice(_TABLE)
        argv += _given(rng, option, rng.choice(bad))
        codes = REFUSE
        left = [each for each in left if each[0] not in (option, *_LENIENT) and not {each[0], option} <= {*_EXCLUSIVE}]
    elif spoilt < 0.85:
        pair, codes = rng.choice(_PAIRS)
        argv += pair
        left = []
    note = argv[:2]
    for option, _, good in rng.sample(left, min(len(left), rng.choice([0, 1, 2, 4]))):
        if not (option in _EXCLUSIVE and any(text.partition("=")[0] in _EXCLUSIVE for text in argv)):
            argv += _given(rng, option, rng.choice(good))
    argv = [text.replace("\x00", "") for text in argv]
    outputs = ("out.txt", "state", "results")
    return Case(
        "stream-options", number, " ".join(note)[:60], [*_BASE, *argv], codes, {_IN: _content()}, outputs,
        untouched=False, results=_results(argv),
    )  # fmt: skip


def _given(rng: Random, option: str, value: str) -> list[str]:
    return [f"{option}={value}"] if rng.random() < 0.5 or value.startswith("-") else [option, value]


def _results(argv: list[str]) -> Results | None:
    """What must be written; which columns is up to the options."""
    if "--help" in argv:
        return None
    given = " ".join(argv).replace("=", " ")
    file = next((name for name in ("results/out.txt", "out.txt", "/dev/null") if f"--output {name}" in given), "")
    return Results((), 0, _COUNT, "jsonl" if "--output-format jsonl" in given else "csv", file)


def _content() -> bytes:
    rows = [f"2026-01-01 {row // 2:02}:{row % 2 * 30:02}:00,h{row % 3},{row * 7 % 13}.5,{row}" for row in range(_COUNT)]
    return "\n".join(["timestamp,host,value,other", *rows, ""]).encode()
