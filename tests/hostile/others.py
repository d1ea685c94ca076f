"""Hostile results of a detector that others ran: every command that reads them, whoever made them."""

from __future__ import annotations

from random import Random

from tiny import timestamps, wave

from hostile import texts
from hostile.case import ACCEPT, MAY, REFUSE, Case, Codes, random_of
from hostile.sandbox import OPTIONS, RECORDS, WINDOWS

_PROFILES = ("standard", "reward_low_FP_rate", "reward_low_FN_rate")
# What reads the scores of all files, of some of them, or none.
_SCORES = {
    "optimize": ["optimize"],
    "score": ["score"],
    "measures": ["score", "--measures"],
    "validate": ["validate", "--only", "scoreboard,folds,thresholds,windows"],
    "tune": ["tune", "thresholds"],
    "compare windows": ["compare", "--windows"],
    "compare measures": ["compare", "--measures"],
}
_OTHERS = {"normalize": ["normalize"], "report": ["report"], "plot": ["plot", "one/good.csv"]}
_NEED_THRESHOLDS = ("score", "measures", "report", "plot")


def others_case(seed: int, number: int) -> Case:
    """Results of `mine`, of which one file, or what belongs to them, is hostile."""
    rng = random_of(seed, "others", number)
    how = rng.random()
    if how < 0.15:
        return _odd_name(rng, number)
    if how < 0.3:
        return _thresholds(rng, number)
    files = files_of("mine")
    path = "results/other-mine/one/other-mine_other.csv"
    note, codes = _spoil(rng, files, path)
    verb = rng.choices([*_SCORES, *_OTHERS], [3] * len(_SCORES) + [1] * len(_OTHERS))[0]
    if verb in ("normalize", "plot"):  # it looks at the totals, or at another file
        codes = ACCEPT
    elif verb == "report" and codes == REFUSE:
        codes = MAY
    argv = [*({**_SCORES, **_OTHERS}[verb]), *OPTIONS, "--detectors", "mine"]
    return Case("others", number, f"{verb}: {note}", argv, codes, files, untouched=verb not in ("score", "measures"))


def files_of(name: str) -> dict[str, bytes]:
    """Good results, thresholds and totals."""
    files = {}
    for seed, (path, records) in enumerate(RECORDS.items()):
        category, _, file = path.partition("/")
        spans = [(first[:19], last[:19]) for first, last in WINDOWS[path]]
        rows = [
            f"{time},{value!r},{0.9 if place % 20 == 11 else 0.25},{int(any(a <= time <= b for a, b in spans))}"
            for place, (time, value) in enumerate(
                zip(timestamps(records), wave(records, seed=seed).tolist(), strict=True)
            )
        ]
        content = "\n".join(["timestamp,value,anomaly_score,label", *rows, ""]).encode()
        files[f"results/other-{name}/{category}/other-{name}_{file}"] = content
    for profile in _PROFILES:
        totals = [f"other-{name},{profile},{path},0.5,-1.0,0,50,0,1,60" for path in RECORDS]
        head = "Detector,Profile,File,Threshold,Score,TP,TN,FP,FN,Total_Count"
        end = "Totals,,,,-3.0,0,150,0,3,160"
        files[f"results/other-{name}/other-{name}_{profile}_scores.csv"] = "\n".join([head, *totals, end, ""]).encode()
    files["results/thresholds.json"] = _thresholds_of(name)
    return files


def _thresholds_of(name: str) -> bytes:
    entries = ", ".join(f'"{profile}": {{"score": -2.5, "threshold": 0.5}}' for profile in _PROFILES)
    return f'{{"other-{name}": {{{entries}}}}}'.encode()


def _spoil(rng: Random, files: dict[str, bytes], path: str) -> tuple[str, Codes]:
    """Spoil one of the results files; return what is wrong and the right exit codes of what reads it."""
    lines = files[path].decode().splitlines()
    rows = [line.split(",") for line in lines]
    place = rng.choice([1, 30, len(rows) - 1])
    how = rng.random()
    codes = REFUSE
    if how < 0.05:
        note, codes = "valid", ACCEPT
    elif how < 0.35:
        text = rng.choice((*texts.NUMBERS_BAD, "1.0001", "-0.1", "7", "1e149"))
        rows[place][2], note = text, f"score {text[:40]!r}"
    elif how < 0.5:
        text = rng.choice((*texts.TIMES_BAD, "2014-04-01 00:00:00", "2015-03-01 00:00:01", "1677-01-01", "9999-12-31"))
        rows[place][0], note = text, f"timestamp {text[:40]!r}"
    elif how < 0.65:
        text = rng.choice((*texts.NUMBERS_BAD, "1e9", "-7", "0"))
        rows[place][1], note = text, f"value {text[:40]!r}"
    elif how < 0.9:
        note, codes, rows = rng.choice([
            ("a row less", REFUSE, rows[:-1]), ("a row more", REFUSE, [*rows, rows[-1]]),
            ("a row twice for another", REFUSE, [*rows[:10], rows[9], *rows[11:]]), ("header only", REFUSE, rows[:1]),
            ("two rows swapped", MAY, [*rows[:10], rows[11], rows[10], *rows[12:]]),
            ("shuffled", MAY, [rows[0], *rng.sample(rows[1:], len(rows) - 1)]),
            ("rows backward", MAY, [rows[0], *rows[:0:-1]]), ("no header", REFUSE, rows[1:]),
            ("another hour", REFUSE, [rows[0], *([row[0].replace("2015", "2016"), *row[1:]] for row in rows[1:])]),
            ("in UTC", MAY, [rows[0], *([f"{row[0]}+00:00", *row[1:]] for row in rows[1:])]),
            ("only scores", ACCEPT, [row[2:3] for row in rows]),
            ("another header", REFUSE, [["time", "value", "score", "label"], *rows[1:]]),
            ("more columns", ACCEPT, [[*row, "x" if n == 0 else "1"] for n, row in enumerate(rows)]),
            ("a field more", REFUSE, [*rows[:5], [*rows[5], "1"], *rows[6:]]),
            ("a column twice", REFUSE, [[*row, row[2]] for row in rows]),
            ("integers", ACCEPT, [rows[0], *([*row[:2], str(n % 2), *row[3:]] for n, row in enumerate(rows[1:]))]),
            ("one score for all", ACCEPT, [rows[0], *([*row[:2], "1", *row[3:]] for row in rows[1:])]),
        ])  # fmt: skip
    else:
        good = files[path]
        note, content = rng.choice([
            ("missing", None), ("empty", b""), ("NULs", bytes(300)), ("random bytes", rng.randbytes(999)),
            ("UTF-16", good.decode().encode("utf-16")), ("bad UTF-8", good + b"\xff,\xff,\xff,\xff\n"),
            ("truncated", good[:500]), ("JSON", b"{}"), ("semicolons", good.replace(b",", b";")),
        ])  # fmt: skip
        if content is None:
            del files[path]
        else:
            files[path] = content
        return note, REFUSE
    files[path] = "".join(",".join(row) + "\n" for row in rows).encode()
    return note, codes


def _thresholds(rng: Random, number: int) -> Case:
    """Thresholds that are not there, or not of this detector."""
    files = files_of("mine")
    verb = rng.choice(list(_NEED_THRESHOLDS))
    note, content = rng.choice([
        ("missing", None), ("of another detector", _thresholds_of("theirs")), ("empty object", b"{}"),
        ("without the prefix", _thresholds_of("mine").replace(b"other-", b"")), ("no profile", b'{"other-mine": {}}'),
        ("one profile", b'{"other-mine": {"standard": {"threshold": 0.5}}}'),
        ("another case", _thresholds_of("mine").replace(b"mine", b"Mine")),
    ])  # fmt: skip
    del files["results/thresholds.json"]
    if content is not None:
        files["results/thresholds.json"] = content
    else:
        files["results/thresholds.json"] = _thresholds_of("null")
    argv = [*({**_SCORES, **_OTHERS}[verb]), *OPTIONS, "--detectors", "mine"]
    return Case("others", number, f"{verb}: thresholds {note}", argv, REFUSE, files)


def _odd_name(rng: Random, number: int) -> Case:
    """Good results of a detector with an odd name, chosen by it or by `all`."""
    good = rng.random() < 0.2
    names = ("mine", "Theirs-2.0", "x_y", "numenta", "zhtm", "windowedGaussian") if good else _FOLDER_NAMES
    name = rng.choice(names)
    verb = rng.choice([*_SCORES, *_OTHERS])
    given = name if good or rng.random() < 0.6 else "all"
    argv = [*({**_SCORES, **_OTHERS}[verb]), *OPTIONS, "--detectors", given]
    codes = ACCEPT if good else MAY
    then = ("optimize", *OPTIONS, "--detectors", "null") if verb == "optimize" else ()
    return Case("others", number, f"{verb}: {name[:40]!r} as {given[:9]!r}", argv, codes, files_of(name), then=then)


_FOLDER_NAMES = tuple(
    name
    for name in (*texts.NAMES_BAD, *texts.NAMES_MAY)
    if "/" not in name and "\x00" not in name and 0 < len(name) < 99
)
