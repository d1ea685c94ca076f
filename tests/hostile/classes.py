"""Hostile detectors: files of classes for `--detectors`, and the texts that name them.

Each case takes a second or two, because a detector runs in processes of its own.
"""

from __future__ import annotations

from random import Random

from hostile import texts
from hostile.case import ACCEPT, BAD, MAY, REFUSE, ROW, Case, Codes, random_of
from hostile.sandbox import OPTIONS

_PATH = "inputs/own.py"
_CLASS = """
import ctypes, os, random, signal, sys, threading, time, warnings
import numpy as np
import pandas as pd
from nab.detectors.base import AnomalyDetector

class X(AnomalyDetector):
    def __init__(self, *args, step=0.5, **kwargs):
        super().__init__(*args, **kwargs)
        self.step = step
        AT_BIRTH
    def initialize(self):
        self.seen = 0
        AT_START
    HEADERS
    def handleRecord(self, inputData):
        self.seen += 1
        AT_RECORD
        return RETURNED
    RUN
"""
_PLACES = ("AT_BIRTH", "AT_START", "AT_RECORD")

# What ends a detector wherever it stands; the last ones only while it runs, so that loading is no matter of luck.
_ENDS = (
    *('raise ValueError("no")', 'raise KeyError("a\\nb")', "raise SystemExit", "sys.exit(0)", 'sys.exit("bye")'),
    *("os._exit(0)", "os._exit(3)", "os.abort()", "os.kill(os.getpid(), signal.SIGKILL)", "ctypes.string_at(0)"),
    *(
        "raise KeyboardInterrupt",
        "raise GeneratorExit",
        "raise StopIteration",
        "raise MemoryError",
        "1 / 0",
        "undefined",
    ),
    *('raise Exception("\\x1b[31m\\ud800" * 9000)', 'raise type("E", (Exception,), {"__str__": lambda self: 1 / 0})()'),
    *('raise type("E\\x1b" * 500, (BaseException,), {})()', "[0] * 10**12", "import no_such_module", "assert False"),
    *("raise BaseExceptionGroup('x', [ValueError('y')])", 'open("/nowhere/x")', "os.closerange(0, 256); 1 / 0"),
    *("sys.setrecursionlimit(40); f = lambda: f(); f()", "from sys import nothing", "eval('(')", "exec('def')"),
)
_ENDS_RUNNING = ("time.sleep(99)", "signal.pause()", "os.fork(); 1 / 0", "while True: pass")
# What must not matter.
_HARMLESS = (
    *("print('x' * 10**6)", "sys.stdout.close()", "sys.stderr.close()", "os.closerange(1, 2)", "os.closerange(0, 3)"),
    *("np.random.seed(7); random.seed(7)", "warnings.warn('careful')", "os.chdir('/')", "sys.stdout = None"),
    *("os.path.exists(__file__) and os.remove(__file__)", "signal.signal(signal.SIGTERM, signal.SIG_IGN)", "pass"),
    *("threading.Thread(target=time.sleep, args=(60,)).start()", "os.write(1, b'x' * 5000)"),
    *("sys.argv.clear()", "os.environ.clear()", "sys.path.clear()", "signal.signal(signal.SIGCHLD, signal.SIG_IGN)"),
    *("os.fork() or os._exit(0)", "os.fork()", "os.spawnlp(os.P_NOWAIT, 'sleep', 'sleep', '30')"),
)  # fmt: skip
_RETURNED_BAD = (
    *("None", "[]", "()", "{}", "''", "[None]", "[float('nan')]", "[float('inf')]", "['high']", "['0.5']", "[1.5]"),
    *("[-0.1]", "[[0.5]]", "[0.5, 1]", "[0.5] * 10**6", "0.5", "object()", "[1j]", "[object()]", "[{}]", "{0.5}"),
    *("[np.array([0.1, 0.2])]", "(x for x in [0.5])", "[b'0.5']", "X", "NotImplemented", "[1.0000000000000002]"),
)
_RETURNED_GOOD = ("[0.5]", "(self.step,)", "np.array([0.5])", "[np.float32(0.25)]", "[True]", "[0]", "{0: 0.5}", "[1]")
_HEADERS_BAD = (
    *('["label"]', '["a\\x1b"]', '["a\\nb"]', '["a", "a"]', '["anomaly_score"]', '["timestamp"]', "[1]", "[None]"),
    *(
        "None",
        '["a"] * 101',
        '["a", "b"]',
        "5",
        '"ab"',
        '["\\ud800"]',
        '["a,b"]',
        "['a\"b']",
        '["S(t)_standard"]',
        '[""]',
    ),
    *('["value"]',),
)
_HEADERS_GOOD = ('["a"]', '("seen",)', '["raw_score"]', '["ä"]', '["<b>"]', '["a b"]')
_FURTHER = (
    "1",
    "None",
    "'x'",
    "'a,b'",
    "'a\"b'",
    "'a\\nb'",
    "float('nan')",
    "True",
    "[1, 2]",
    "'\\ud800'",
    "'' ",
    "10**400",
)
_RUNS_BAD = (
    *("None", "5", "pd.DataFrame()", "pd.DataFrame({'anomaly_score': []})", "pd.DataFrame({'anomaly_score': [0.5]})"),
    *("self.dataSet.data", "pd.DataFrame({'score': [0.5] * len(self.dataSet.data)})", "[0.5] * len(self.dataSet.data)"),
    *("pd.DataFrame({'anomaly_score': ['x'] * len(self.dataSet.data)})", "1 / 0"),
    *("pd.DataFrame([[0.5, 0.5]] * len(self.dataSet.data), columns=['anomaly_score'] * 2)",),
    *("pd.DataFrame({'anomaly_score': [0.5] * len(self.dataSet.data), ('a', 'b'): 1})",),
)
_RUNS_GOOD = (
    *("pd.DataFrame({'anomaly_score': [0.5] * len(self.dataSet.data)})",),
    *("pd.DataFrame({'anomaly_score': [0.5] * len(self.dataSet.data)}, index=[7] * len(self.dataSet.data))",),
    *("pd.DataFrame({'anomaly_score': pd.array([0.5] * len(self.dataSet.data), dtype='Float64')})",),
)
_FILES_BAD = (
    *(b"", b"def", b"\x00", b"\xff", b"class X:\n    pass\n", b"X = 5\n", b"X = None\n", b"class X(X): pass\n"),
    *(b"1 / 0\n", b"from nab.detectors.base import AnomalyDetector\nclass X(AnomalyDetector): pass\n", b"def X: 5\n"),
    *(b"class X:\n    handleRecord = 5\n", b"# coding: nonsense\nclass X: pass\n", b"x" * 2**20 + b"\n"),
    *(b"def __getattr__(name): raise RuntimeError(name)\n", b"class M(type):\n    def __getattr__(c, n): 1 / 0\n"
      b"class X(metaclass=M): pass\n", b"x" * (2**20 + 1), b"cl\xd0\xb0ss X: pass\n", b"(" * 10**5),
    b"import own\nown.X\n",
)  # fmt: skip
_TEXTS_BAD = (
    *(
        f"{_PATH}:X{query}"
        for query in ("?", "?step", "?=1", "?step=1&step=2", "?step=1&", "?1a=1", "?a b=1", "?&", "??")
    ),
    *(
        f"{_PATH}:{name}"
        for name in ("", "Y", "X.", ".X", "X Y", "X()", "X-", "1X", "__builtins__", "X.Y", "os", texts.ESCAPE)
    ),
    *(f"{name}={_PATH}:X" for name in ("con", "zhtm", "null", "a" * 61, "-a", "a.", "nul.x")),
    *(
        "inputs/none.py:X",
        "inputs:X",
        "inputs/own:X",
        "inputs/own.txt:X",
        "/dev/null.py:X",
        "corpus/data/one/good.csv:X",
    ),
    *(
        "@ROOT@/x.py:X",
        "own:X",
        "this:d",
        "antigravity2:x",
        "json:",
        ":",
        "::",
    ),
    *(f"{_PATH}:X,{_PATH}:X?step=0.5,X={_PATH}:X?step=1", f"{_PATH} :X", "a" * 5000 + ".py:X", f"{_PATH}\n:X"),
)
_TEXTS_ROW = ("sys:exit", "os:_exit", "builtins:print")  # functions, but what they return is no detector
_QUERIES_ROW = (
    "?no=1",
    "?dataSet=1",
    "?probationaryPercent=2",
    "?self=1",
    "?step=x",
    "?step=nan",
    "?step=7",
    "?step=none",
)
_QUERIES_GOOD = ("?step=0.25", "?step=1", "?step=true", "?step=1e-9", "?step=0")


def classes_case(seed: int, number: int) -> Case:
    """A hostile file of a class beside null, whose results must not suffer."""
    rng = random_of(seed, "classes", number)
    how = rng.random()
    if how < 0.3:
        return _case(number, *_named(rng))
    if how < 0.42:
        content = rng.choice(_FILES_BAD)
        return _case(number, f"file {content[:40]!r}", REFUSE, content)
    if how < 0.54:
        good = rng.random() < 0.3
        line = rng.choice(_HARMLESS if good else _ENDS)
        content = _code(end=line)
        if line.startswith(("os.environ", "signal.signal", "sys.path")):
            return _case(number, f"loading: {line[:60]}", MAY, content)
        return _case(number, f"loading: {line[:60]}", ACCEPT if good else REFUSE, content)
    return _case(number, *_running(rng))


def _case(number: int, note: str, codes: Codes, content: bytes, detector: str = f"{_PATH}:X") -> Case:
    argv = ["run", *OPTIONS, "--detectors", f"{detector},null", "--workers", "1", "--no-report"]
    argv += ["--timeout", "2", "--results", "results/new"]
    kept = ("results/new/other-null/one/other-null_good.csv",)
    then = ("optimize", *OPTIONS, "--results", "results/new", "--detectors", "all")
    return Case("classes", number, note, argv, codes, {_PATH: content}, (_PATH,), kept=kept, then=then, theirs=True)


def _code(
    place: str = "", line: str = "", returned: str = "[self.step]", headers: str = "", run: str = "", end: str = ""
) -> bytes:
    code = _CLASS
    for name in _PLACES:
        code = code.replace(name, line if name == place else "pass")
    code = code.replace("RETURNED", returned)
    code = code.replace("HEADERS", f"def getAdditionalHeaders(self): return {headers}" if headers else "")
    code = code.replace("RUN", f"def run(self): return {run}" if run else "")
    return f"{code}\n{end}\n".encode("utf-8", "surrogatepass")


def _named(rng: Random) -> tuple[str, Codes, bytes, str]:
    """A good class and a hostile text that names it."""
    how = rng.random()
    if how < 0.7:
        text = rng.choice(_TEXTS_BAD)
        return f"text {text[:40]!r}", REFUSE, _code(), text
    if how < 0.75:
        text = rng.choice(_TEXTS_ROW)
        return f"text {text}", ROW, _code(), text
    good = how < 0.87
    query = rng.choice(_QUERIES_GOOD if good else _QUERIES_ROW)
    return f"arguments {query}", ACCEPT if good else ROW, _code(), f"{_PATH}:X{query}"


def _running(rng: Random) -> tuple[str, Codes, bytes]:
    """A class that loads, and what it does then."""
    how = rng.random()
    place = rng.choice(_PLACES)
    if how < 0.3:
        line = rng.choice((*_ENDS, *_ENDS_RUNNING))
        return f"{place}: {line[:60]}", ROW, _code(place, line)
    if how < 0.5:
        line = rng.choice(_HARMLESS)
        return f"{place}: {line[:60]}", ACCEPT, _code(place, line)
    good = rng.random() < 0.3
    if how < 0.7:
        returned = rng.choice(_RETURNED_GOOD if good else _RETURNED_BAD)
        return f"returns {returned}", ACCEPT if good else ROW, _code(returned=returned)
    if how < 0.8:
        headers = rng.choice(_HEADERS_GOOD if good else _HEADERS_BAD)
        return f"headers {headers}", ACCEPT if good else BAD, _code(returned="[0.5, 1]", headers=headers)
    if how < 0.9:
        value = rng.choice(_FURTHER)
        return f"a further column of {value}", MAY, _code(returned=f"[0.5, {value}]", headers='["further"]')
    run = rng.choice(_RUNS_GOOD if good else _RUNS_BAD)
    return f"run returns {run[:60]}", ACCEPT if good else ROW, _code(run=run)
