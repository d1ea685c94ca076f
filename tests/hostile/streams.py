"""A user's stream before it is written: rows with what must become of each, options, and the exit code that follows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from hostile import texts
from hostile.case import ACCEPT, REFUSE, Case, Codes
from hostile.csvs import NUMBERS
from hostile.result_lines import Results

GOOD, MISSING, BAD, BLANK, DOUBTFUL = "good", "missing", "bad", "blank", "doubtful"

JUDGED = ("score", "alert", "silenced", "out_of_range", "gap")
FAST = ["--preset", "column"]
ZONE = ZoneInfo("Europe/Zurich")
CHANGES = (datetime(2026, 10, 24, 22, tzinfo=UTC), datetime(2026, 3, 29, tzinfo=UTC))  # of summer time
LONGEST = 2**20  # bytes of a line

_MISSING = ("", " ", "nan", "NaN", "null")
# A stream takes numbers as times.
TIMES_BAD = tuple(text for text in texts.TIMES_BAD if text not in ("1396310400", "1396310400.5", "1e9", "0", "-1"))
NUMBERS_BAD = tuple(text for text in texts.NUMBERS_BAD if text not in _MISSING)
KEYS = (
    "h0",
    "a b",
    "ä",
    "名",
    "<b>",
    "=1+1",
    "-x",
    "0",
    "k" * 200,
    "'",
    "a;b",
    "nan",
    "😀",
    "h,1",
    'h"2',
    "[/i]",
    "../x",
)
KEYS_BAD = ("", "k" * 201, texts.ESCAPE, "a\u2028b", "a\x85b", "\x7f")


def _local(instant: datetime) -> datetime:
    return instant.astimezone(ZONE).replace(tzinfo=None)


def _microseconds(moment: datetime) -> int:
    return (moment.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


# As JSON: texts, or numbers since 1970.
TIMES: dict[str, Callable[[datetime], str | int | float]] = {
    "NAB": lambda moment: moment.strftime("%Y-%m-%d %H:%M:%S"),
    "ISO": lambda moment: moment.replace(tzinfo=None).isoformat(),
    "UTC": lambda moment: moment.replace(tzinfo=None).isoformat() + "Z",
    "offset": lambda moment: (moment + timedelta(minutes=330)).replace(tzinfo=None).isoformat(" ") + "+05:30",
    "seconds": lambda moment: _microseconds(moment) // 10**6,
    "floats": lambda moment: _microseconds(moment) / 10**6,
    "milliseconds": lambda moment: _microseconds(moment) // 1000,
    "microseconds": _microseconds,
    "nanoseconds": lambda moment: 1000 * _microseconds(moment),
    "%m/%d/%y %H:%M": lambda moment: moment.strftime("%m/%d/%y %H:%M"),
    "%d.%m.%Y %H-%M-%S": lambda moment: moment.strftime("%d.%m.%Y %H-%M-%S"),
    "summer time": lambda moment: _local(moment).isoformat(" "),
}


@dataclass
class Row:
    """One line: the content of its fields as they are written, or all of it, and what must become of it."""

    stamp: str
    key: str
    value: str
    series: str
    instant: int
    fate: str = GOOD
    line: bytes | None = None

    def is_line(self, line: str | bytes, fate: str) -> None:
        self.line, self.fate = line.encode("utf-8", "surrogatepass") if isinstance(line, str) else line, fate


@dataclass
class Stream:
    """Rows, and the options to read them with."""

    rows: list[Row]
    keyed: bool
    json: bool
    argv: list[str]
    drops: dict[str, bool] = field(default_factory=dict)  # bad, late, new-keys
    missing: str = "skip"
    max_keys: int = 10_000

    def expected(self) -> tuple[Codes, int, int]:
        """The right exit codes, and from how many to how many records have results."""
        last: dict[str, int] = {}
        count = 0
        for row in self.rows:
            if row.fate == BLANK:
                continue
            if row.fate == DOUBTFUL:
                return ACCEPT | REFUSE, count, len(self.rows)
            if row.fate == BAD:
                if self.drops["bad"]:
                    continue
                return REFUSE, count, count
            dropped = None
            if row.series not in last and len(last) >= self.max_keys:
                dropped = self.drops["new-keys"]
            elif row.instant < last.get(row.series, row.instant):
                dropped = self.drops["late"]
            if dropped is False or (dropped is None and row.fate == MISSING and self.missing == "error"):
                return REFUSE, count, count
            if dropped is None:
                last[row.series] = row.instant
                count += 1
        # Without one object there are no fields, so that all was skipped for nothing.
        return (ACCEPT | REFUSE if self.json and not count else ACCEPT), count, count


def random_stream(rng: Random, as_json: bool, cell: Callable[[str | int | float], str]) -> Stream:
    """Valid rows and options; `cell` writes the content of a field."""
    style = rng.choice(["NAB"] * 4 + list(TIMES))
    begin = rng.choice([datetime(2014, 4, 1, tzinfo=UTC) + timedelta(minutes=5 * rng.randrange(10**5)), *CHANGES])
    step = timedelta(minutes=rng.choice([1, 5, 60]))
    keys = rng.sample(KEYS, rng.choice([1, 2, 4])) if rng.random() < 0.5 else []
    number = NUMBERS[rng.choice(["float"] * 3 + list(NUMBERS))]
    zoned = style == "summer time" and rng.random() < 0.5
    rows = []
    for index in range(rng.choice([1, 3, 12, 24, 24, 60])):
        moment = begin + index * step
        key = keys[index % len(keys)] if keys else ""
        instant = _microseconds(_local(moment)) if style == "summer time" and not zoned else _microseconds(moment)
        value = number(rng)
        rows.append(Row(cell(TIMES[style](moment)), cell(key), value, key, instant))
    stream = Stream(rows, bool(keys), as_json, list(FAST))
    if "%" in style:
        stream.argv += ["--time-format", style]
    if zoned:
        stream.argv += ["--timezone", "Europe/Zurich"]
    _add_options(rng, stream)
    return stream


def _add_options(rng: Random, stream: Stream) -> None:
    add = stream.argv.extend
    if stream.keyed:
        add(["--key", "host"])
        if rng.random() < 0.3:
            stream.max_keys = rng.randrange(1, 4)
            add(["--max-keys", str(stream.max_keys)])
        if rng.random() < 0.2:
            add(["--idle", rng.choice(["1min", "1h"])])
    for name, drop in (("bad", "skip"), ("late", "drop"), ("new-keys", "drop")):
        stream.drops[name] = rng.random() < 0.35
        if stream.drops[name]:
            add([f"--{name}", drop])
    stream.missing = rng.choice(["skip", "skip", "hold", "error"])
    if stream.missing != "skip" or rng.random() < 0.2:
        add(["--missing", stream.missing])
    add(rng.choice([[], [], ["--probation", "10"], ["--probation", "0"], ["--interval", "5min"]]))
    add(rng.choice([[], [], ["--threshold", "0.3"], ["--target-rate", "2/hour"]]))
    add(rng.choice([[], [], [], ["--minimum", "-1000", "--maximum", "1000"], ["--minimum", "7", "--maximum", "7"]]))


# Spoilers of one row; each returns a note.


def late(rng: Random, stream: Stream, row: Row) -> str:
    """Give a row the time of another one, or all of them times without order."""
    other = rng.choice(stream.rows)
    row.stamp, row.instant = other.stamp, other.instant
    if rng.random() < 0.2:
        rng.shuffle(stream.rows)
        row = stream.rows[0]
    if "--timezone" in stream.argv:  # an hour that comes twice is taken for the later one where that is in order
        row.fate = DOUBTFUL
    return "times late, equal or without order"


def blank(rng: Random, stream: Stream, row: Row) -> str:
    place = stream.rows.index(row)
    lines = [Row("", "", "", "", 0) for _ in range(rng.choice([1, 3, 10**4]))]
    for line in lines:
        line.is_line(rng.choice(["", " ", "\t", "\r", "\u3000"]), BLANK)
    stream.rows[place:place] = lines
    return "blank lines"


def binary(rng: Random, stream: Stream, row: Row) -> str:
    line = rng.choice([b"\0", bytes(5000), b"\xff\xfe", b"\xed\xa0\x80", b"\xc0\xaf", b"2016-01-01,\x80", b"\x89PNG\r"])
    row.is_line(line, BAD)
    return f"bytes {line[:10]!r}"


def too_long(rng: Random, stream: Stream, row: Row) -> str:
    size = LONGEST + rng.choice([1, 2**18, 2**20])
    row.is_line(rng.choice([b"x", b",", b'"', b"1", b" ", b"{", b"\0", b"\xff"]) * size, BAD)
    return f"a line of {size} bytes"


def many_keys(rng: Random, stream: Stream, row: Row) -> str:
    """Hundreds of series, of which few are wanted."""
    if not stream.keyed:
        return late(rng, stream, row)
    name = row.series
    if not (name.isascii() and name.isalnum() and len(name) < 9):
        return late(rng, stream, row)
    for number in range(300):
        key = f"{name}{number}"
        stream.rows.append(Row(row.stamp, row.key.replace(name, key), row.value, key, row.instant))
    if stream.max_keys > 3:
        stream.max_keys = 3
        stream.argv += ["--max-keys", "3"]
    return "hundreds of keys"


COMMON = ((6, late), (3, blank), (5, binary), (2, too_long), (3, many_keys))


def chosen(rng: Random, stream: Stream) -> Row:
    """A row to spoil: the first, the last or any."""
    return stream.rows[rng.choice([0, -1, rng.randrange(len(stream.rows)), rng.randrange(len(stream.rows))])]


def is_first(stream: Stream, row: Row) -> bool:
    """Whether it is the first record, from which the fields are chosen."""
    return row is next(each for each in stream.rows if each.fate != BLANK)


def stream_case(
    rng: Random,
    kind: str,
    number: int,
    note: str,
    content: bytes,
    stream: Stream,
    expected: tuple[Codes, int, int] | None = None,
) -> Case:
    """The command that reads a stream, from a file, standard input or a pipe, and what it must write."""
    codes, least, most = expected or stream.expected()
    argv = ["stream"]
    form, reasons, file = "csv", False, ""
    given = rng.random()
    name = rng.choice(["inputs/in.csv", "inputs/in", "inputs/in.jsonl"])
    stdin = name if given < 0.2 else f"|{name}" if given < 0.4 else ""
    argv += rng.choice([[], ["-"]]) if stdin else [name]
    if rng.random() < 0.2:
        form = "jsonl"
        argv += ["--output-format", form]
    if rng.random() < 0.3:
        reasons = True
        argv += rng.choice([["--explain"], ["--gap-alert", "1d"]])
    if rng.random() < 0.4:
        file = "out.txt"
        argv += ["--output", file]
    if rng.random() < 0.15:
        argv += ["--state", "state"]
        argv += rng.choice([[], ["--save-records", "1"], ["--save-seconds", "0"]])
    columns = ("timestamp", *(["key"] if stream.keyed else []), "value", *JUDGED, *(["reason"] if reasons else []))
    results = Results(columns, least, most, form, file)
    return Case(
        kind,
        number,
        note,
        [*argv, *stream.argv],
        codes,
        {name: content},
        ("out.txt", "state"),
        untouched=False,
        results=results,
        stdin=stdin,
    )


def joined(rng: Random, lines: Iterable[bytes]) -> bytes:
    """Lines with their ends; the last one may lack it."""
    end = rng.choice([b"\n", b"\n", b"\r\n"])
    content = end.join(lines)
    return content if rng.random() < 0.2 else content + end
