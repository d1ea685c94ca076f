"""The verb `record` of the `zhtm` command: a run of one file, with all that the model thought."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from zhtm_detector.cli import options as opt
from zhtm_detector.cli.options import Json, NabRoot
from zhtm_detector.common.errors import InputError
from zhtm_detector.common.text import shown

if TYPE_CHECKING:
    from zhtm_detector.detectors.data_file import DataFile

_RANGE = re.compile(r"([0-9]{0,16}):([0-9]{0,16})")


def record(
    file: Annotated[
        str,
        typer.Argument(
            help="A data file's relative path in the corpus, or a part of it that no other file has; or the path of a "
            "CSV file with timestamp,value."
        ),
    ],
    records: Annotated[
        str,
        typer.Option(
            metavar="A:B", help="Record the records from number A up to B, without B; the model runs from the start."
        ),
    ] = ":",
    output: Annotated[Path | None, typer.Option(help="The trace. Default: FILE.trace.npz in this folder.")] = None,
    nab_root: NabRoot = None,
    preset: opt.Preset = None,
    causal: opt.Causal = False,
    seed: opt.Seed = 42,
    json: Json = False,
) -> None:
    """Record what the model thought at every record of a file.

    Scores are those of zhtm run with the same preset and seed.

    Example: zhtm record nyc_taxi --records 0:2000
    """
    from zhtm_detector.cli import console
    from zhtm_detector.common.files import check_file
    from zhtm_detector.detectors.record_file import record_file

    _, title, params = opt.read_preset(preset)
    if causal:
        params = params.model_copy(update={"causal": True})
    data_file, source = read_file(file, nab_root)
    first, last = _parse_range(records, data_file.length)
    path = output or Path(f"{Path(data_file.relative_path).stem}.trace.npz")
    check_file(path, "--output", [source])
    if path.suffix != ".npz":
        raise InputError(f"--output {shown(str(path))}: expected a name that ends in .npz")
    with console.counting("records", last) as count:
        record_file(data_file, params, seed, path, first, last, on_progress=count)
    size = path.stat().st_size
    if json:
        console.print_json(
            {
                "trace": str(path),
                "file": data_file.relative_path,
                "preset": title,
                "records": [first, last],
                "bytes": size,
            }
        )
    else:
        console.say(f"Trace: {path} ({last - first:,} records, {size / 2**20:.1f} MiB)")


def read_file(file: str, nab_root: Path | None) -> tuple[DataFile, Path]:
    """Read a data file: one of the corpus, by a part of its name, or any other one by its path; and say where it is."""
    from zhtm_detector.detectors.data_file import read_data_file
    from zhtm_detector.nab.choose_corpus import choose_corpus
    from zhtm_detector.pages.report.file_picture import find_file

    if Path(file).is_file():
        return read_data_file(Path(file), Path(file).name), Path(file)
    corpus = choose_corpus(nab_root).corpus
    found = find_file(corpus.paths, file)
    return corpus.load(found), corpus.root / "data" / found


def _parse_range(text: str, length: int) -> tuple[int, int]:
    match = _RANGE.fullmatch(text.strip())
    first, last = (int(match[1] or 0), int(match[2] or length)) if match else (1, 0)
    if not first < last <= length:
        raise InputError(f"--records: expected A:B with 0 <= A < B <= {length}, got {text}")
    return first, last
