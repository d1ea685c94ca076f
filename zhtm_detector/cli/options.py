"""Options that several verbs share; light, for every verb of the command line loads it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

RESULTS = Path("results")

NabRoot = Annotated[
    Path | None,
    typer.Option(
        help="Folder with data/ and labels/combined_windows.json. "
        "Default: $NAB_ROOT, else what `zhtm fetch` downloaded, else the sample corpus."
    ),
]
Preset = Annotated[str | None, typer.Option(help="Parameters of the detector zhtm: a preset's name or a .json file.")]
Detectors = Annotated[
    str,
    typer.Option(
        help="Comma-separated: zhtm, zhtm-PRESET, either with -causal, null, random, valueRange, "
        "nearestValue, nearestValueRefractory, windowedGaussian; or all."
    ),
]
Files = Annotated[str | None, typer.Option(metavar="GLOB", help="Only data files whose relative path matches.")]
Causal = Annotated[
    bool, typer.Option("--causal", help="Models use only what a stream has shown; their names end in -causal.")
]
Seed = Annotated[int, typer.Option(min=0, max=2**32 - 1, help="The same seed gives the same bytes.")]
Workers = Annotated[int | None, typer.Option(min=1, help="Processes. Default: one per core.")]
Scheduler = Annotated[
    str | None,
    typer.Option(metavar="ADDRESS", help="Instead of processes here: a Dask cluster, by its tcp://host:port."),
]
Results = Annotated[Path, typer.Option(help="Results folder, in NAB's layout.")]
Thresholds = Annotated[Path | None, typer.Option(help="Thresholds file. Default: thresholds.json in the results.")]
Profiles = Annotated[Path | None, typer.Option(help="Application profiles in NAB's format. Default: NAB's three.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON on standard output instead of tables.")]
Markdown = Annotated[bool, typer.Option("--markdown", help="Print Markdown tables.")]
