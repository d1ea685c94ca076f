"""Options of the command line with values that must be refused and values that are right, verb by verb."""

from __future__ import annotations

import os

from hostile import texts
from hostile.sandbox import OPTIONS

NULL = [*OPTIONS, "--detectors", "null"]
_WORKERS = ["--workers", "1"]
_FAST = ["--nab-root", "corpus", "--preset", "column"]

# Valid command lines, to spoil one option each; all are quick.
VALID: dict[str, list[str]] = {
    "run": ["run", *NULL, *_WORKERS, "--no-report"],
    "detect": ["detect", *NULL, *_WORKERS],
    "optimize": ["optimize", *NULL],
    "score": ["score", *NULL],
    "normalize": ["normalize", *NULL],
    "report": ["report", *NULL],
    "plot": ["plot", "one/good.csv", *NULL],
    "compare": ["compare", "results", "--nab-root", "corpus"],
    "tune thresholds": ["tune", "thresholds", *NULL],
    "tune params": ["tune", "params", "--show-space"],
    "list": ["list"],
    "predict": ["predict", "corpus/data/one/good.csv", "--preset", "column", "--steps", "1"],
    "record": ["record", "one/good.csv", *_FAST, "--output", "results/t.npz"],
    "view": ["view", "one/good.csv", *_FAST, "--export", "results/x.html"],  # which serves nothing
}
CALLS = ["bench", "--only", "calls", "--nab-root", "corpus", "--results", "results/calls", "--repeat", "1"]
NO_TEXT = os.fsdecode(b"no-\xff-utf8")
LONG = "a" * 300
PATHS = (
    *("nowhere", "corpus/data/one/good.csv", "/dev/null", "/dev/null/x", "nowhere\nfile", texts.ESCAPE, LONG),
    *(NO_TEXT, "x" * 5000, "/proc/self/mem", "<b>x</b>", "[red]x", ":smile:", "~nobody"),
)
NAMES = (
    *("foo", "", ",", "../x", "a\nb", texts.ESCAPE, "<b>", "%s", "[/i]", os.fsdecode(b"\xff"), "x" * 5000, "null;x"),
)
_INTS = (
    *("-1", "abc", "1.5", "NaN", "inf", "1e3", "0x10", "9" * 400, "-" + "9" * 400, "", " ", "1,2", "½", "--", "true"),
)
_FLOATS = ("abc", "", "nan", "inf", "-inf", "1,5", "0x1", "½", "1e", texts.ESCAPE)
_PRESETS = (NAMES[0], *NAMES[2:])
_DETECTORS = (*NAMES, "zhtm-nope", "zhtm-", "null,foo", "Null", "x.json", "../x.json", ".json")
_CLASSES = (
    *("a:", ":b", "json:JSONEncoder", "nowhere.py:A", "corpus/data/one/good.csv:A", "json:dumps?", "json:x?a"),
    *("a_b=json:JSONEncoder", "zhtm=json:JSONEncoder", f"{texts.ESCAPE}:x", "/dev/null.py:A", "json:no.such", "a b:c"),
)
_SCHEDULERS = ("x", "", "tcp://", "http://a:1", "tcp://a:b", "tcp://[::1", "tcp://a:1/x", "tcp://:1", texts.ESCAPE)
_NO_FILES = ("corpus", "/dev/null/x", LONG)
_RECORDS = (
    *("", "5", "x:y", "-1:5", "5:5", "9:3", "0:61", "1:2:3", "::", "0.5:3", "½:3", "٣:5", "1_0:20", "9" * 30 + ":"),
    *(texts.ESCAPE, "a\nb", NO_TEXT, "0x1:5", " : : ", "1;5", "1:" + "9" * 5000),
)
_STEPS = (
    *(
        "",
        ",",
        "0",
        "-1",
        "2,1",
        "1,2,1,0",
        "1001",
        "1.5",
        "x",
        "nan",
        "1;5",
        "½",
        "0x1",
        "9" * 400,
        texts.ESCAPE,
        NO_TEXT,
    ),
    *(",".join(map(str, range(1, 18))), "1,,x", "a\nb", "1000"),  # the last leaves no record to count
)
_BAD_PRESETS = ("x.json", "/dev/null", "zhtm.json", "presets/zhtm")
_PAGES = (*("x", "x.pdf", "corpus", "/dev/null/x.html", f"{LONG}.html", ".html", "corpus/data/one/good.csv/x.html"),)
_WEIGHTS = (
    *("", "tp", "tp=", "tp=1", "tp=1,fp=1", "tp=1,fp=1,fn=x", "tp=-1,fp=1,fn=1", "tp=nan,fp=1,fn=1"),
    *("tp=inf,fp=1,fn=1", "tp=1,tp=1,fp=1,fn=1", "tp=0,fp=0,fn=0", "xx=1,tp=1,fp=1,fn=1", "tp=1_0,fp=1,fn=1"),
    *("tp=1e400,fp=1,fn=1", "tp=١,fp=1,fn=1", texts.ESCAPE, "tp==1,fp=1,fn=1"),
)
_SPACES = ("foo", "columns.9", "..", "anomaly.", texts.ESCAPE, "a" * 5000, "columns.-1", "columns.0.0", "\n")
# Ranges and values of a parameter; the last are of other parameters.
_REFRACTORY = ("", "1..", "2..1", "nan..1", "0..inf", "a,b", "9" * 400, "[" * 10**5, "1_0,2", "-1..1")
FIELDS = ("nope", "", "Value", texts.ESCAPE, "a\nb", "x" * 5000, NO_TEXT)
TIME_FORMATS = ("", "x", "%", "%Q", "%Y", "%d.%m.%Y", texts.ESCAPE, NO_TEXT, "(", "%Y%Y", "%z", "\\", "%" * 999)
_PARAMS = (
    *(f"anomaly.refractory={values}" for values in _REFRACTORY),
    *("", "x", "=", "x=1", "description=1..2", "anomaly.likelihood=NaN", f"{texts.ESCAPE}=1", "anomaly.history=0..0"),
)

# Option, values that are refused, values that are right, verbs.
TABLE: list[tuple[str, tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = [
    ("--nab-root", PATHS, ("corpus", "./corpus/", "corpus/../corpus"), ("run", "detect", "optimize", "score", "plot")),
    ("--nab-root", PATHS, ("corpus",), ("compare", "report")),
    ("--files", (*NAMES[1:], "[", "nothing*", "**/nope"), ("*", "**", "*/*", "*.csv", "?*"), ("detect", "optimize")),
    ("--detectors", _DETECTORS, ("null,null", " null ", "null,"), ("run", "detect", "optimize", "score", "normalize")),
    ("--detectors", (NAMES[0], *NAMES[3:]), ("null",), ("report", "plot")),
    ("--detectors", NAMES, (), ("compare",)),
    ("--overlay", NAMES[3:], ("random",), ("report", "plot")),
    ("--seed", (*_INTS, str(2**32)), ("0", "42", str(2**32 - 1)), ("run", "detect")),
    ("--workers", (*_INTS, "0"), ("1",), ("run", "detect")),
    ("--results", ("corpus/data/one/good.csv", "/dev/null", "/dev/null/x", LONG), ("./results/",), ("run", "detect")),
    ("--results", PATHS, ("results", "results/"), ("optimize", "score", "normalize")),
    ("--thresholds", ("corpus", "/dev/null/x", LONG), ("results/thresholds.json",), ("run", "score")),
    ("--profiles", PATHS, (), ("run", "optimize", "score", "normalize", "tune thresholds")),
    (
        "--preset",
        (*_PRESETS, "x.json", "/dev/null", "zhtm.json", "presets/zhtm"),
        ("zhtm", "classic"),
        ("run", "detect"),
    ),
    ("--preset", (*_PRESETS, "corpus/labels/combined_windows.json"), ("column",), ("tune params",)),
    ("--scheduler", _SCHEDULERS, (), ("run", "detect")),
    ("--threshold", _FLOATS, ("0.5", "1", "0"), ("plot",)),
    ("--window", (*_INTS, "0", "2", "99"), ("1",), ("plot",)),
    ("--profile", NAMES, ("standard",), ("plot",)),
    ("--output", _PAGES, ("results/x.html",), ("plot", "report")),
    ("--weights", _WEIGHTS, ("tp=1,fp=0.3,fn=1", "tp=1, fp=1, fn=1", "tp=1,fp=0,fn=0,tn=0"), ("tune thresholds",)),
    ("--curves", ("corpus", "/dev/null/x", LONG), ("results/c.csv",), ("tune thresholds",)),
    ("--space", _SPACES, ("anomaly.refractory",), ("tune params",)),
    ("--param", _PARAMS, ("anomaly.refractory=0.1..0.4", "anomaly.refractory=0.1,0.2"), ("tune params",)),
    ("--trials", (*_INTS, "0"), ("1",), ("tune params",)),
    ("--batch", (*_INTS, "0"), ("1",), ("tune params",)),
    ("--holdout", (*_FLOATS, "1", "-0.1"), ("0.5",), ("tune params",)),
    ("--against", NAMES, (), ("compare",)),
    ("--detectors", _CLASSES, (), ("run", "detect")),
    ("--timeout", (*_FLOATS, "0", "-1"), ("60",), ("run", "detect")),
    ("--nab-root", PATHS, ("corpus", "./corpus/"), ("record", "view")),
    ("--preset", (*_PRESETS, *_BAD_PRESETS), ("column",), ("predict", "record", "view")),
    ("--seed", (*_INTS, str(2**32)), ("0", str(2**32 - 1)), ("predict", "record", "view")),
    ("--records", _RECORDS, (":", "0:60", "5:", ":7", " 59:60 "), ("record",)),
    ("--output", (*_NO_FILES, "corpus/labels/combined_windows.json"), ("results/deep/t.npz",), ("record",)),
    ("--output", (*_NO_FILES, "corpus/data/one/good.csv"), ("results/deep/x", "results/x"), ("predict",)),
    ("--steps", _STEPS, ("1", "1,2", " 3 , 5 ", "50"), ("predict",)),
    ("--timestamp", (*FIELDS, "value"), ("timestamp",), ("predict",)),
    ("--value", (*FIELDS, "timestamp,value"), ("value",), ("predict",)),
    ("--time-format", TIME_FORMATS, ("%Y-%m-%d %H:%M:%S",), ("predict",)),
    ("--bad", ("", "x", "drop", texts.ESCAPE), ("error", "skip"), ("predict",)),
    ("--probation", (*_INTS, "0", "60", str(2**24)), ("1", "59"), ("predict",)),
    ("--port", (*_INTS, "65536"), ("0", "65535"), ("view",)),
    ("--export", (*_PAGES, *_NO_FILES), ("results/deep/x.html",), ("view",)),
]
