"""The verbs under `zhtm tune`."""

from __future__ import annotations

import typer

from zhtm_detector.commands.tune_thresholds import thresholds

tune = typer.Typer(help="Choose thresholds for a detector that has run.", no_args_is_help=True)
tune.command()(thresholds)
