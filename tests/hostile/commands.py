"""Hostile command lines: one option of a valid line spoilt, or a line that is wrong as a whole."""

from __future__ import annotations

import os
from collections.abc import Iterable
from random import Random

from hostile import texts
from hostile.case import ACCEPT, MAY, REFUSE, Case, Codes, random_of
from hostile.options import CALLS, LONG, NAMES, NULL, OPTIONS, PATHS, TABLE, VALID
from hostile.texts import ESCAPE

_NOBODY = "http://127.0.0.1:1/"  # no server there
_SCORES = "results/other-null/one/other-null_good.csv"
_URLS = (
    *("", "x", "file:///etc/", "ftp://127.0.0.1:1/", _NOBODY, "http://", "http://[::1", "//x", "javascript:1"),
    *("http://127.0.0.1:99999/", ESCAPE, "http://a b/", "http://\n/", "data:text/plain,x"),
)
_RATES = (
    *("", "1", "/", "1/", "/day", "0/day", "-1/day", "nan/day", "inf/day", "1e999999999/day", "1/year", "x/day", "1/0"),
    *("1_0/day", "1/day/day", "١/day", ESCAPE, "1e400/day", "9" * 5000 + "/day", "0x1/day"),
)
_VALUES = ("", "NaN", "Infinity", "9" * 400, "[" * 10**5, "true", '"0.1"', "0.1,0.1", r'"\ud800"', "1e999")
_GRIDS = (
    *(f"anomaly.refractory={values}" for values in (*_VALUES, '{"a":1,"a":2}')),
    *("", "x", "=", "a=1", "description=1", "columns.99.weight=1", "columns.x=1", f"{ESCAPE}=1", "anomaly=1", "=1"),
    "anomaly..refractory=1",
)
_VALIDATE = (
    *(("--only", "foo"), ("--only", ""), ("--only", ESCAPE), ("--seeds", "0"), ("--seed", "-1"), ("--against", "foo")),
    *(("--corpus", text) for text in ("x", "=x", "x=nowhere", "../x=corpus", "a\nb=corpus", "corpus=corpus")),
    *(("--presets", "foo"), ("--preset", "foo"), ("--ablation-seeds", "NaN")),
)
_BENCH = (
    *(("--only", "foo"), ("--only", ""), ("--presets", "foo"), ("--presets", ""), ("--repeat", "0"), ("--seed", "-1")),
    *(("--presets", "zhtm,zhtm.json"), ("--output", "corpus"), ("--output", "/dev/null/x"), ("--files", "nope")),
)
_FILE_NAMES = (*texts.NAMES_BAD[1:8], ESCAPE, "a\nb", "a" * 101, "ä")
_FOLDERS = (
    *(("nowhere",), ("results", "nowhere"), ("/dev/null",), ("results", "results"), (ESCAPE,), (os.fsdecode(b"\xff"),)),
)
_SEARCH = ["tune", "params", *OPTIONS, "--trials", "1"]
_RATE = ["tune", "thresholds", "--target-rate"]
_FORMS = ("--json", "--csv", "--markdown")
_TABLES = [verb for verb in VALID if verb not in ("plot", "report", "record", "view")]
_FILES = ("foo", ",", "../x", "", "one", "%s", *(path for path in PATHS if not path.endswith(".csv")))
_CALLS = (
    *(("--presets", "foo"), ("--presets", ""), ("--presets", ESCAPE), ("--presets", "zhtm,zhtm"), ("--repeat", "1001")),
    *(("--results", "/dev/null"), ("--results", "corpus/data/one/good.csv"), ("--results", LONG), ("--keys", "0")),
    *(("--only", "calls,foo"), ("--only", "Calls"), ("--output", "corpus"), ("--seed", "x")),
    *(("--files", "nope"), ("--nab-root", "nowhere"), ("--nab-root", ESCAPE), ("--output", "/dev/null/x"), ("x",)),
    *(("--json", "--csv"), ("--nope",), ("--repeat", "nan"), ("--presets", "x.json")),
)


def _each(begin: list[str], ends: Iterable[str | tuple[str, ...]], end: list[str] | None = None) -> list[list[str]]:
    """A command line for each of the ends."""
    return [[*begin, *([more] if isinstance(more, str) else more), *(end or [])] for more in ends]


_WRONG = [
    *_each([], ("nope", "RUN", "ru", "../run", "a\nb", ESCAPE, os.fsdecode(b"\xff"), "x" * 5000)),
    *(
        line
        for verb in ("run", "list", "fetch", "bench", "compare")
        for line in _each([verb], ("--nope", "-x", "--seed="))
    ),
    *([*VALID[verb], "surplus"] for verb in ("run", "optimize", "plot", "report", "predict", "record", "view")),
    *([*VALID[verb], "--json", "--csv"] for verb in _TABLES),
    *_each(["list"], NAMES),
    *_each(["plot"], (*NAMES[2:], "csv", "corpus", "/dev/null"), NULL),
    *_each(["sweep"], _GRIDS, OPTIONS),
    *_each(["validate", *OPTIONS], _VALIDATE),
    *_each(["bench", "--nab-root", "corpus"], _BENCH),
    *_each(["record"], (*NAMES, "csv", "/dev/null", "corpus"), ["--nab-root", "corpus"]),
    *_each(["predict"], (*PATHS[:4], *PATHS[5:], *NAMES), ["--preset", "column"]),
    *_each(["view"], (PATHS[0], *PATHS[2:], *NAMES), ["--export", "results/x.html", "--nab-root", "corpus"]),
    *_each(["fetch", "nab", "results/nab", "--url"], _URLS),
    *_each(["fetch", "hotgym"], ("/dev/null", "/dev/null/x", "corpus/data/one/good.csv", LONG), ["--url", _NOBODY]),
    *_each(["fetch"], ("results/nab", "", "NAB", LONG)),
    *_each(CALLS, _CALLS),
    *_each(["predict"], (*_FILES, ()), ["--preset", "column"]),
    *_each(["record"], (*_FILES, ()), [*VALID["record"][2:]]),
    *_each(["view"], (*_FILES, ()), [*VALID["view"][2:]]),
    *_each(["view", "inputs/t.npz"], ((), ("--preset", "column")), ["--export", "results/x.html"]),
    ["predict", "corpus/data/one/good.csv", "corpus/data/one/other.csv", "--output", "results/p.csv"],
    *_each(["inside"], PATHS, ["--detectors", "null"]),
    *_each(["compare"], _FOLDERS, ["--nab-root", "corpus"]),
    *_each(_RATE, _RATES, ["--scores", _SCORES]),
    *_each([*_RATE, "1/day", "--scores"], PATHS),
    *_each([*_SEARCH, "--save-preset"], (*_FILE_NAMES, "zhtm", "x.json")),
    *_each([*_SEARCH, "--study"], (*_FILE_NAMES, "-x")),
    *_each([*_SEARCH, "--profile"], NAMES),
]
_LINES: list[tuple[list[str], Codes]] = [
    *((line, REFUSE) for line in _WRONG),
    *(([*VALID[verb], form], ACCEPT) for verb in _TABLES for form in _FORMS),
    *((line, ACCEPT) for line in (["list", "presets"], ["--version"], ["--help"], ["tune", "-h"])),
    *(([*VALID["record"], more], ACCEPT) for more in ("--causal", "--json")),
    (VALID["view"], ACCEPT),
    (["run", "--help", "--nope"], MAY),
]


def commands_case(seed: int, number: int) -> Case:
    """A command line; NULs, which no system passes on, are left out."""
    rng = random_of(seed, "commands", number)
    argv, codes, note = _line(rng) if rng.random() < 0.45 else _option(rng)
    argv = [text.replace("\x00", "") for text in argv]
    return Case("commands", number, note, argv, codes)


def _line(rng: Random) -> tuple[list[str], Codes, str]:
    argv, codes = rng.choice(_LINES)
    return list(argv), codes, " ".join(argv)[:60]


def _option(rng: Random) -> tuple[list[str], Codes, str]:
    option, bad, good, verbs = rng.choice(TABLE)
    verb = rng.choice(verbs)
    refused = not good or rng.random() < 0.85
    value = rng.choice(bad if refused else good)
    given = [f"{option}={value}"] if rng.random() < 0.3 else [option, value]
    return [*VALID[verb], *given], REFUSE if refused else ACCEPT, f"{verb} {option} {value[:40]!r}"
