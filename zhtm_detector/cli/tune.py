"""The verbs of `zhtm tune`."""

from __future__ import annotations

import typer

from zhtm_detector.cli.tune_params import params
from zhtm_detector.cli.tune_thresholds import thresholds

tune = typer.Typer(
    help="Choose thresholds for a detector that has run, or search for better parameters with Optuna.",
    no_args_is_help=True,
)
tune.command()(thresholds)
tune.command()(params)
