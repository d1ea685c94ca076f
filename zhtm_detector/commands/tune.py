"""The verbs of `zhtm tune`."""

from __future__ import annotations

import typer

from zhtm_detector.commands.tune_params import params

tune = typer.Typer(
    help="Search for better settings: parameters by Optuna.",
    no_args_is_help=True,
)
tune.command()(params)
