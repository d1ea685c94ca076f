"""Options that several verbs share, and how their values are read. Light: every call of the command line loads it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from zhtm_detector.htm.params import ModelParams

RESULTS = Path("results")
DETECTORS = "zhtm,null"

NabRoot = Annotated[
    Path | None,
    typer.Option(
        help="NAB root: a folder with data/ and labels/combined_windows.json. Default: $NAB_ROOT, else the corpus that "
        "`zhtm fetch` downloaded, else the sample corpus."
    ),
]
Preset = Annotated[
    str | None,
    typer.Option(
        help="Preset, the parameters that zhtm runs with: a name (see `zhtm list presets`) or a .json file. "
        "Default: zhtm."
    ),
]
Detectors = Annotated[
    str,
    typer.Option(
        help="Comma-separated detectors (see `zhtm list detectors`): zhtm, zhtm-PRESET, either with -causal at the "
        "end, baselines, or preset files (tried/less.json is zhtm-less); or all. Detectors of others: module:Class or "
        "path/to/file.py:Class, with arguments as in module:Class?window=50&seed=1; NAME= before it names it."
    ),
]
Timeout = Annotated[
    float, typer.Option(min=0.001, max=10**7, help="Seconds that a detector of others may take for one file.")
]
DetectorsWithResults = Annotated[
    str, typer.Option("--detectors", help="Comma-separated detectors that have results, whoever made them; or all.")
]
ScoredDetectors = Annotated[str, typer.Option(help="Comma-separated detectors that have results.")]
Files = Annotated[
    str | None,
    typer.Option(metavar="GLOB", help="Use only the data files whose relative path matches, as in 'realKnownCause/*'."),
]
Causal = Annotated[
    bool,
    typer.Option(
        "--causal",
        help="Run the causal variant of each model: it uses no range of the whole file; names end in -causal.",
    ),
]
SAME_BYTES = "the same seed gives the same bytes."
Seed = Annotated[int, typer.Option(min=0, max=2**32 - 1, help=f"Random seed: {SAME_BYTES}")]
Workers = Annotated[int | None, typer.Option(min=1, max=1024, help="Number of processes. Default: one per core.")]
Scheduler = Annotated[
    str | None,
    typer.Option(metavar="ADDRESS", help="Run on the Dask cluster at tcp://HOST:PORT instead of in processes here."),
]
Results = Annotated[Path, typer.Option(help="Results folder, in NAB's layout.")]
Thresholds = Annotated[
    Path | None, typer.Option(help="Thresholds file. Default: thresholds.json in the results folder.")
]
Profiles = Annotated[
    Path | None,
    typer.Option(
        help="Application profiles, which weigh hits, misses and false alarms, as a file in NAB's format. "
        "Default: NAB's three."
    ),
]
Explain = Annotated[
    bool,
    typer.Option(
        "--explain",
        help="Say at each detection of our model why it is one: the model runs again, with the same preset and seed.",
    ),
]
Measures = Annotated[
    bool,
    typer.Option(
        "--measures",
        help="Show measures beside NAB's: precision, recall and F1 of records and of ranges, AUC-PR and VUS-PR.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]
Markdown = Annotated[bool, typer.Option("--markdown", help="Print Markdown tables.")]
Csv = Annotated[bool, typer.Option("--csv", help="Print the first table as CSV, with unrounded numbers.")]


def split(text: str) -> tuple[str, ...]:
    """Split a comma-separated list and drop repeated parts."""
    return tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


def split_names(text: str, option: str) -> tuple[str, ...]:
    """Split as `split` a list of names that become file names; raises as `check_name`."""
    from zhtm_detector.common.names import check_name

    return tuple(check_name(name, option) for name in split(text))


def read_preset(preset: str | None) -> tuple[str, str, ModelParams]:
    """Read the preset that `--preset` names.

    Returns
    -------
    given : str
        The name or file, as given or by default.
    title : str
        The name for readers: that of a file without its ending.
    params : ModelParams

    Raises
    ------
    InputError
        As `load_preset`.
    """
    from zhtm_detector.htm.params import DEFAULT_PRESET, load_preset, preset_title

    given = preset or DEFAULT_PRESET
    return given, preset_title(given), load_preset(given)
