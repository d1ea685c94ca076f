"""The verb `predict`: what comes next in a stream of your own, and how far off the predictions were."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from zhtm_detector.cli import options as opt
from zhtm_detector.cli.show import choose_format, show
from zhtm_detector.cli.stream import Bad
from zhtm_detector.common.errors import InputError
from zhtm_detector.common.text import shown

if TYPE_CHECKING:
    from zhtm_detector.evaluation.forecasts import Series
    from zhtm_detector.evaluation.prediction_tables import Tallies
    from zhtm_detector.htm.predicting import Distribution


def predict(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="CSV or JSON lines, a stream each.")],
    steps: Annotated[str, typer.Option(metavar="A,B", help="How many records ahead, ascending.")] = "1,5",
    timestamp: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Field of the timestamp. Default: timestamp, time or ts, or the only one."),
    ] = None,
    value: Annotated[
        str | None, typer.Option(metavar="NAME", help="Field of the value. Default: value, or the only one.")
    ] = None,
    time_format: Annotated[
        str | None, typer.Option(metavar="FORMAT", help="Of timestamps, as in '%m/%d/%y %H:%M'. Default: ISO 8601.")
    ] = None,
    bad: Annotated[Bad, typer.Option(help="A line that is no record: end, or skip it.")] = Bad.ERROR,
    preset: opt.Preset = None,
    seed: opt.Seed = 42,
    probation: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=2**24,
            help="Records before predictions count. Default: 15% of the first 5,000 records, as NAB has it.",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(help="Write what is expected after each record of the one FILE: median, mean, ends of 80%."),
    ] = None,
    json: opt.Json = False,
    markdown: opt.Markdown = False,
    csv: opt.Csv = False,
) -> None:
    """Predict what comes next in your own streams.

    Prints how far off the predictions were, beside naive forecasts.

    The causal variant of the preset runs: no prediction uses a value that comes later.

    Example: zhtm predict metric.csv --steps 1,12 --output expected.csv
    """
    from zhtm_detector.cli import console
    from zhtm_detector.common.files import check_file
    from zhtm_detector.evaluation.forecasts import forecast_series
    from zhtm_detector.evaluation.prediction_tables import prediction_table
    from zhtm_detector.htm.model import HTMModel

    form = choose_format(json, markdown, csv)
    if output is not None:
        check_file(output, "--output", files)
    ahead = _steps(steps)
    name, title, params = opt.read_preset(preset)
    params = params.model_copy(update={"causal": True})
    if output is not None and len(files) != 1:
        raise InputError(f"--output: expected one FILE beside it, got {len(files)}")
    series = [_read(path, timestamp, value, time_format, bad is Bad.SKIP) for path in files]
    first = [_first(one, probation, ahead) for one in series]
    found: dict[str, Tallies] = {}
    lines = []
    with console.counting("records", sum(len(one.values) for one in series)) as count:
        for one, start in zip(series, first, strict=True):
            expected: list[dict[int, Distribution]] = []

            def written(_: int, said: dict[int, Distribution], kept: list[dict[int, Distribution]] = expected) -> None:
                count(1)
                if output is not None:
                    kept.append(said)

            model = HTMModel(params, 0.0, 0.0, start, seed, ahead)
            found[one.name] = forecast_series(one, model, start, written)
            if output is not None:
                _write(output, one, expected)
                lines.append(f"Predictions: {output}")
    scored = (
        "The first 15%, at most 750 records, do not count." if probation is None else f"From record {probation} on."
    )
    table = prediction_table(found, title, scored)
    show(form, [table], {"preset": name, "seed": seed, "rows": table.records(), "notes": list(table.notes)}, *lines)


def _steps(text: str) -> tuple[int, ...]:
    """Return the steps of the option."""
    from zhtm_detector.htm.predicting.predictor import checked_steps

    try:
        return checked_steps("--steps", [int(part) if len(part) < 9 else 0 for part in opt.split(text)])
    except ValueError:
        raise InputError(
            f"--steps: expected 1 to 16 numbers from 1 to 1000, ascending, as 1,5, got {shown(text)}"
        ) from None


def _read(path: Path, timestamp: str | None, value: str | None, time_format: str | None, skips_bad: bool) -> Series:
    """Read a file of records."""
    from zhtm_detector.evaluation.forecasts import Series
    from zhtm_detector.streams.input.clock import Clock
    from zhtm_detector.streams.input.read_all import read_all
    from zhtm_detector.streams.record import Names

    names = Names(timestamp, None if value is None else (value,))
    clock, values = read_all(path, names, Clock(time_format), skips_bad)
    return Series(path.name, clock, values)


def _first(series: Series, probation: int | None, steps: tuple[int, ...]) -> int:
    """Return the first record that counts; InputError if there are too few for any."""
    from zhtm_detector.detectors.base import PROBATIONARY_PERCENT, probationary_period

    count = len(series.values)
    first = int(probationary_period(PROBATIONARY_PERCENT, count)) if probation is None else probation
    first = max(first, steps[-1])
    if first >= count:
        raise InputError(f"{series.name}: expected more than {first} records, got {count}")
    return first


def _write(output: Path, series: Series, expected: list[dict[int, Distribution]]) -> None:
    """Write what is expected after each record."""
    import numpy as np
    import pandas as pd

    from zhtm_detector.common.files import write_frame
    from zhtm_detector.evaluation.forecasts import COVERAGE

    columns: dict[str, object] = {
        "timestamp": series.clock.view("datetime64[us]"),
        "value": series.values,
    }
    for step in expected[0]:
        said = np.array([(one[step].median, one[step].mean, *one[step].interval(COVERAGE)) for one in expected])
        for place, key in enumerate(("median", "mean", "low", "high")):
            columns[f"{key}_{step}"] = said[:, place]
    write_frame(output, pd.DataFrame(columns))
