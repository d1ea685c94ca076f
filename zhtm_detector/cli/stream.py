"""The verb `stream`: a user's own records in, scores and alerts out, a line each."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from contextlib import ExitStack, nullcontext, suppress
from enum import Enum
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zhtm_detector.cli import options as opt
from zhtm_detector.common.errors import InputError

if TYPE_CHECKING:
    from zhtm_detector.streams.pipeline import Pipeline
    from zhtm_detector.streams.state.checkpoint import Checkpoint


class Kind(Enum):
    """Format of lines."""

    CSV = "csv"
    JSON_LINES = "jsonl"


class Missing(Enum):
    """What becomes of missing values."""

    SKIP = "skip"
    HOLD = "hold"
    ERROR = "error"


class Bad(Enum):
    """What becomes of lines that are no records."""

    ERROR = "error"
    SKIP = "skip"


class Drop(Enum):
    """What becomes of records that have no place."""

    ERROR = "error"
    DROP = "drop"


def stream(
    file: Annotated[str, typer.Argument(help="A file; - or nothing: standard input.")] = "-",
    form: Annotated[
        Kind | None,
        typer.Option("--format", help="Format of the input. Default: JSON lines if it begins with {, else CSV."),
    ] = None,
    follow: Annotated[
        bool, typer.Option("--follow", help="Wait for more at the end of the file, as tail -F; Ctrl-C ends.")
    ] = False,
    timestamp: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Field of the timestamp. Default: timestamp, time or ts, or the only one."),
    ] = None,
    value: Annotated[
        str | None, typer.Option(metavar="NAME", help="Field of the value. Default: value, or the only one.")
    ] = None,
    fields: Annotated[
        str | None,
        typer.Option(metavar="A,B,C", help="Several metrics of a record: a model each, and one vote per record."),
    ] = None,
    key: Annotated[
        str | None, typer.Option(metavar="NAME", help="Field that names the series: a model and a threshold each.")
    ] = None,
    time_format: Annotated[
        str | None,
        typer.Option(
            metavar="FORMAT",
            help="Of timestamps, as in '%m/%d/%y %H:%M' (Python's strptime). Default: ISO 8601, or numbers since 1970: "
            "seconds below 1e11, milliseconds below 1e14, microseconds below 1e17, else nanoseconds.",
        ),
    ] = None,
    timezone: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Zone whose wall clock counts, as Europe/Zurich. Default: that of the timestamps; UTC for numbers.",
        ),
    ] = None,
    interval: Annotated[
        str | None,
        typer.Option(
            metavar="DURATION",
            help="Time between records, as 30s, 5min or 1h, for records without a timestamp, gaps and --probation. "
            "Default: the median of the first 20 of each series.",
        ),
    ] = None,
    start: Annotated[
        str, typer.Option(metavar="TIME", help="Time of the first record, where records have no timestamp.")
    ] = "1970-01-01",
    output: Annotated[Path | None, typer.Option(help="File to write to. Default: standard output.")] = None,
    output_format: Annotated[Kind, typer.Option(help="Format of the output.")] = Kind.CSV,
    explain: Annotated[bool, typer.Option("--explain", help="Add a column with the reason of each alert.")] = False,
    preset: opt.Preset = None,
    seed: opt.Seed = 42,
    minimum: Annotated[
        float | None, typer.Option(help="Lowest value to expect. Default: the causal variant, which needs no range.")
    ] = None,
    maximum: Annotated[float | None, typer.Option(help="Highest value to expect.")] = None,
    probation: Annotated[
        str | None,
        typer.Option(
            metavar="N|DURATION",
            help="How long each series is learned before it can alert, in records or as 3d. Default: two days, from "
            "288 to 5,000 records. Unless in records, the first 20 records score 0 while the interval is measured.",
        ),
    ] = None,
    threshold: Annotated[
        float | None, typer.Option(help="Scores of at least this are alerts. Default: the preset's.")
    ] = None,
    target_rate: Annotated[
        str | None, typer.Option(metavar="RATE", help="Alerts wanted of each series, as 2/day; the threshold adapts.")
    ] = None,
    missing: Annotated[
        Missing,
        typer.Option(help="An empty or NaN value: skip it, hold the one before, or end. The line stays, unscored."),
    ] = Missing.SKIP,
    gap: Annotated[float, typer.Option(min=0.0, help="Intervals without a value that are no gap yet.")] = 3.0,
    gap_alert: Annotated[
        str | None,
        typer.Option(metavar="DURATION", help="Alert at the first record after so long without a value, as 2d."),
    ] = None,
    late: Annotated[
        Drop, typer.Option(help="A record earlier than the last one of its series: end, or drop and count it.")
    ] = Drop.ERROR,
    bad: Annotated[Bad, typer.Option(help="A line that is no record: end, or skip and count it.")] = Bad.ERROR,
    state: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Keep the state here, and go on from it: killed at any moment, the same command loses no line and "
            "doubles none in its output file.",
        ),
    ] = None,
    save_records: Annotated[int, typer.Option(min=1, help="Save the state after so many records,")] = 20_000,
    save_seconds: Annotated[float, typer.Option(min=0.0, help="or so many seconds, whichever comes first.")] = 30.0,
    input_again: Annotated[
        bool,
        typer.Option(
            "--input-again",
            help="With --state, a pipe begins again at its start: skip what was scored before. Default: it goes on.",
        ),
    ] = False,
    other_code: Annotated[
        bool,
        typer.Option(
            "--other-code", help="Go on from a state of another version of this program or of numpy, as after updates."
        ),
    ] = False,
    idle: Annotated[
        str | None,
        typer.Option(
            metavar="DURATION",
            help="With --key: a series without a record for so long, while others have some, waits on disk.",
        ),
    ] = None,
    shard: Annotated[
        str | None,
        typer.Option(metavar="I/N", help="With --key: only the Ith of N shards of the keys, as 2/8; a hash decides."),
    ] = None,
    scheduler: opt.Scheduler = None,
    shards: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=1024,
            help="With --scheduler and --key: parts of the keys, for its workers to share. Default: one per worker.",
        ),
    ] = None,
    max_keys: Annotated[int, typer.Option(min=1, help="Most series, because each takes memory.")] = 10_000,
    new_keys: Annotated[
        Drop, typer.Option(help="A record of one series too many: end, or drop and count it.")
    ] = Drop.ERROR,
) -> None:
    """Score CSV or JSON lines of your own, as they come.

    One line out for each record that comes in.

    Results come at once where the input is live. A summary follows on standard error.

    Example: zhtm stream metric.csv --target-rate 2/day
    """
    from zhtm_detector.cli import console
    from zhtm_detector.cli.stopping import Stopped, Stopping
    from zhtm_detector.cli.stream_options import (
        identity_of,
        limits_of,
        names_of,
        probation_of,
        shard_of_option,
        start_of,
        threshold_of,
    )
    from zhtm_detector.cli.stream_output import summary, written_to
    from zhtm_detector.cli.worker_options import actors_of
    from zhtm_detector.streams.detector import StreamDetector
    from zhtm_detector.streams.input.clock import Clock, parse_duration
    from zhtm_detector.streams.input.csv_source import CsvSource
    from zhtm_detector.streams.input.json_source import JsonSource
    from zhtm_detector.streams.input.lines import Descriptor, Followed, Lines
    from zhtm_detector.streams.input.source import RecordSource
    from zhtm_detector.streams.pipeline import Pipeline
    from zhtm_detector.streams.record import Fields
    from zhtm_detector.streams.settings import Settings
    from zhtm_detector.streams.shards import Shard, ShardedDetector
    from zhtm_detector.streams.sink import Sink
    from zhtm_detector.streams.state.checkpoint import Checkpoint
    from zhtm_detector.streams.state.series_file import Shelf
    from zhtm_detector.streams.state.state_folder import StateFolder

    console.show_warnings()
    names = names_of(timestamp, value, fields, key, interval is not None)
    clock = Clock(time_format, timezone)
    limits = limits_of(minimum, maximum)
    _, _, params = opt.read_preset(preset)
    if limits is None:
        params = params.model_copy(update={"causal": True})
    settings = Settings(
        params=params,
        fields=names.values or ("value",),
        threshold=threshold_of(threshold, target_rate, params),
        limits=limits,
        seed=seed,
        probation=probation_of(probation),
        interval=None if interval is None else parse_duration(interval, "--interval"),
        start=start_of(start),
        missing=missing.value,
        gap=gap,
        gap_alert=None if gap_alert is None else parse_duration(gap_alert, "--gap-alert"),
        drops_late=late is Drop.DROP,
        drops_new_keys=new_keys is Drop.DROP,
        max_keys=max_keys,
        explains=explain,
        shard=None if shard is None else shard_of_option(shard),
        idle=None if idle is None else parse_duration(idle, "--idle"),
    )
    if key is None and (idle or shard or scheduler):
        raise InputError("--idle, --shard and --scheduler: expected --key, which names the series")
    if scheduler is None and shards is not None:
        raise InputError("--shards: expected --scheduler, whose workers share them")
    if scheduler is not None and idle is not None:
        raise InputError("--scheduler: expected no --idle beside it, because series stay in the memory of its workers")
    path = None if file == "-" else Path(file)
    if follow and path is None:
        raise InputError("--follow: expected a file, got standard input, which is followed anyway")
    if state is None and (input_again or other_code):
        raise InputError("--input-again and --other-code: expected --state, which knows what was before")
    source = Stopping(Followed(path) if follow and path else Descriptor(path, again=input_again))

    def make_source(kind: str) -> RecordSource:
        make = CsvSource if kind == "csv" else JsonSource
        return make(source.name, names, clock, skips_bad=bad is Bad.SKIP)

    with ExitStack() as stack:
        checkpoint = shelf = None
        if state is not None or idle is not None:
            folder = stack.enter_context(StateFolder(state or stack.enter_context(TemporaryDirectory())))
            shelf = Shelf(folder, settings)
        if state is not None:
            identity = identity_of(names, settings, {"--time-format": time_format, "--timezone": timezone})
            identity |= {"--probation": probation, "--threshold": threshold, "--target-rate": target_rate}
            identity |= {"--output-format": output_format.value}
            checkpoint = Checkpoint(folder, identity, save_records, save_seconds, other_code)
        detector = StreamDetector(settings, source.name, clock, shelf)
        if scheduler is not None:
            workers = stack.enter_context(actors_of(scheduler, shards, Shard, settings, source.name, clock))
            detector = ShardedDetector(workers, settings, source.name, clock, shelf)
        stack.enter_context(source)
        opened = stack.enter_context(written_to(output, path))

        def make_sink(fields: Fields, written: int | None) -> Sink:
            sink = Sink(opened, fields, output_format.value, explain or gap_alert is not None, written)
            if checkpoint is not None:
                checkpoint.begin(sink.written)
            return sink

        # Every batch waits for the slowest worker: fewer, larger ones.
        lines = Lines(source) if scheduler is None else Lines(source, block=2**20)
        pipeline = Pipeline(lines, detector, make_source, make_sink, form and form.value)
        if checkpoint is not None:
            checkpoint.restore(pipeline)
        begin = perf_counter()
        stack.callback(gc.unfreeze)
        with suppress(Stopped):
            _run(pipeline, console.waiting, checkpoint)
        if checkpoint is not None:
            checkpoint.save(pipeline)
        console.note(summary(pipeline, perf_counter() - begin))
    if source.code is not None:
        raise typer.Exit(source.code)


def _run(pipeline: Pipeline, waiting: Callable[[str], Any], checkpoint: Checkpoint | None) -> None:
    """Run to the end, with a line of progress if only the messages go to a terminal."""
    shows = sys.stderr.isatty() and not sys.stdout.isatty()
    gc.freeze()  # modules and models are no garbage: to look at them again and again takes a fifth of the time
    with waiting("reading") if shows else nullcontext() as status:
        for _ in pipeline.run():
            if checkpoint is not None:
                checkpoint.save_if_due(pipeline)
            if status is not None:
                counts = pipeline.detector.counts
                status.update(f"{counts.records:,} records, {counts.alerts:,} alerts")
