"""All kinds of inputs, and how many of each the large version throws."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from hostile.case import Case
from hostile.classes import classes_case
from hostile.commands import commands_case
from hostile.csvs import csv_case
from hostile.labels import labels_case
from hostile.others import others_case
from hostile.own_corpora import make_labels_case
from hostile.own_files import make_data_case
from hostile.own_places import make_places_case
from hostile.peers_kinds import peers_case
from hostile.presets import presets_case
from hostile.ranges import ranges_case
from hostile.recordings import own_case, trace_case
from hostile.saved import saved_case
from hostile.scores import scores_case, totals_case
from hostile.settings import final_case, profiles_case, thresholds_case
from hostile.stream_csvs import stream_csv_case
from hostile.stream_jsons import stream_jsonl_case
from hostile.stream_options import stream_options_case

MAKERS: dict[str, Callable[[int, int], Case]] = {
    "csv": csv_case,
    "labels": labels_case,
    "presets": presets_case,
    "thresholds": thresholds_case,
    "profiles": profiles_case,
    "final": final_case,
    "scores": scores_case,
    "totals": totals_case,
    "commands": commands_case,
    "stream-csv": stream_csv_case,
    "stream-jsonl": stream_jsonl_case,
    "stream-options": stream_options_case,
    "saved": saved_case,
    "own": own_case,
    "trace": trace_case,
    "make-labels": make_labels_case,
    "make-data": make_data_case,
    "make-places": make_places_case,
    "ranges": ranges_case,
    "others": others_case,
    "peers": peers_case,
    "classes": classes_case,
}
LARGE = {
    **{"csv": 2000, "labels": 1000, "presets": 3000, "thresholds": 1300, "profiles": 1300, "final": 900},
    **{"scores": 1200, "totals": 300, "commands": 500},
    **{"stream-csv": 3500, "stream-jsonl": 3000, "stream-options": 1500, "saved": 2100},
    **{"own": 1500, "trace": 1500},
    **{
        "make-labels": 1500,
        "make-data": 1000,
        "make-places": 800,
        "ranges": 800,
        "others": 1200,
        "peers": 1200,
        "classes": 600,
    },
}
GROUPS = {
    "results": ("thresholds", "profiles", "final", "scores", "totals"),
    "make": ("make-labels", "make-data", "make-places"),
}
STREAMS = ("stream-csv", "stream-jsonl", "stream-options", "saved", "own", "trace")
REAL = ("commands",)  # each in a process of its own


def cases(kind: str, seed: int, count: int, first: int = 0) -> Iterator[Case]:
    """Inputs by their numbers."""
    return (MAKERS[kind](seed, number) for number in range(first, first + count))
