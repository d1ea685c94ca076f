"""Hostile places of `zhtm corpus make`: where files come from, where the corpus goes, and options."""

from __future__ import annotations

from os.path import normpath
from random import Random

from tiny import data_text, timestamps, wave

from hostile import texts
from hostile.case import ACCEPT, REFUSE, Case, Codes, random_of
from hostile.options import LONG, PATHS

_GOOD = data_text(wave(60)).encode()
_FILES = {
    "inputs/plant/a.csv": _GOOD,
    "inputs/plant/boiler/b.csv": _GOOD,
    "inputs/other/a.csv": _GOOD,
    "inputs/other/A.csv": _GOOD,
    "inputs/twin/boiler/B.csv": _GOOD,
    "inputs/empty/notes.txt": b"x\n",
    "inputs/hidden/.a.csv": _GOOD,
    "inputs/folder/x.csv/y.csv": _GOOD,
    "inputs/clash/one/x.csv": _GOOD,
    "inputs/clash2/one/x.csv/y.csv": _GOOD,
    "inputs/TSV/a.tsv": _GOOD,
    "full/kept.txt": b"mine\n",
    "l.csv": f"file,timestamp\na.csv,{timestamps(60)[40]}\n".encode(),
    "y.csv": f"file,timestamp\ny.csv,{timestamps(60)[40]}\n".encode(),
}
_PLANT = ["--from", "inputs/plant"]
_LABELS = ["--labels", "l.csv"]
_NO_FOLDERS = (
    *("full", "l.csv", "inputs/plant", "inputs/plant/a.csv", "inputs/plant/a.csv/x", "/dev/null", "/dev/null/x", "."),
    *("", "..", "corpus", LONG, "/proc/x", "/proc/self", f"mine/{LONG}/x", "l.csv/../mine/\x00"),
)
_FOLDERS = ("mine", "./mine", "mine/", "mine/deep/er", "mine/é 1", "mine/[x]", "mine/-x", "full/../mine")
_NO_SOURCES: tuple[tuple[str, ...], ...] = (
    *((path,) for path in PATHS if path != "corpus/data/one/good.csv"),
    *(("inputs/empty",), ("inputs/hidden",), ("inputs/TSV",), ("inputs/TSV/a.tsv",), ("",), ("inputs/*.csv",)),
    *(("inputs/plant/**/*.txt",), ("[",), ("[!",), ("**/.*",), ("***",), ("inputs/plant/a.csv/*",), ("\x00*",)),
    *(("/dev/nul*",), ("inputs/other",), ("inputs/plant/boiler", "inputs/twin/boiler"), ("inputs/plant", "inputs/TSV")),
    *(("inputs/plant", "inputs/twin"), ("inputs/clash", "inputs/clash2"), ("inputs/hidden/.a.csv",)),
)
_SOURCES: tuple[tuple[str, ...], ...] = (
    *(("inputs/plant",), ("inputs/plant/",), ("inputs/plant/a.csv",), ("inputs/plant/*.csv",), ("inputs/pl?nt/*",)),
    *(("inputs/plant", "inputs/plant"), ("inputs/plant", "inputs/plant/a.csv"), ("inputs/plant/**/*.csv",)),
)
_CATEGORIES = (*texts.NAMES_BAD, "é", "a b", "-x", "con", "NUL.csv", "a" * 101, "x.", "$(id)", "[/i]", "%s")
_NO_OPTIONS: tuple[tuple[str, ...], ...] = (
    *(("--windows", text) for text in ("", "NAB", "wide", texts.ESCAPE, "as_given")),
    *((), ("--labels", "l.csv", "--label-column", "x"), ("--labels", "nowhere.csv")),
    ("--labels", "nowhere.json"),
    *(("--labels", path) for path in PATHS),
    *(("--labels", "inputs"), ("--labels", ""), ("--labels", "l.csv", "--json", "--csv")),
    ("--labels", "l.csv", "--nope"),
    *(("--labels", "l.csv", "--timestamp-column", "x"), ("--labels", "l.csv", "--value-column", "timestamp")),
    ("--labels", "l.csv", "surplus"),
)  # fmt: skip


def make_places_case(seed: int, number: int) -> Case:
    """One place or option of a good command spoilt."""
    rng = random_of(seed, "make-places", number)
    folder, codes, options, note = _chosen(rng)
    argv = ["corpus", "make", folder, *options]
    then = [
        "run",
        "--nab-root",
        folder,
        "--detectors",
        "null",
        "--workers",
        "1",
        "--no-report",
        "--results",
        "results/x",
    ]
    outputs = (normpath(folder),) if codes & ACCEPT else ()
    return Case(
        "make-places", number, note, argv, codes, _FILES, outputs=outputs, intact=tuple(_FILES), then=tuple(then)
    )


def _chosen(rng: Random) -> tuple[str, Codes, list[str], str]:
    how = rng.random()
    if how < 0.3:
        folder = rng.choice(_NO_FOLDERS)
        return folder, REFUSE, [*_PLANT, *_LABELS], f"folder {folder[:40]!r}"
    if how < 0.4:
        folder = rng.choice(_FOLDERS)
        return folder, ACCEPT, [*_PLANT, *_LABELS], f"folder {folder!r}"
    if how < 0.7:
        bad = rng.random() < 0.85
        places = rng.choice(_NO_SOURCES if bad else _SOURCES)
        options = [text for place in places for text in ("--from", place)]
        codes = REFUSE if bad else ACCEPT
        return "mine", codes, [*options, *_LABELS], f"--from {' '.join(places)[:40]!r}"
    if how < 0.75:
        return "mine", ACCEPT, ["--from", "inputs/folder", "--labels", "y.csv"], "a folder that ends in .csv"
    if how < 0.8:
        folder = rng.choice(["inputs/plant/mine", "inputs/plant/boiler/mine"])
        return folder, REFUSE, [*_PLANT, *_LABELS], "within the input"
    if how < 0.9:
        name = rng.choice(_CATEGORIES)
        return "mine", REFUSE, [*_PLANT, *_LABELS, "--category", name], f"category {name[:40]!r}"
    if how < 0.93:
        name = rng.choice(["boiler", "a.b", "x" * 100, "a.csv", "data", "labels"])
        codes = ACCEPT
        return "mine", codes, [*_PLANT, *_LABELS, "--category", name], f"category {name[:40]!r}"
    more = rng.choice(_NO_OPTIONS)
    return "mine", REFUSE, [*_PLANT, *more], " ".join(more)[:60]
