"""The group `zhtm tune`: its verbs are `thresholds` and `params`."""

from __future__ import annotations

import typer

from zhtm_detector.cli.tune_params import params
from zhtm_detector.cli.tune_thresholds import thresholds

tune = typer.Typer(help="Choose thresholds, or search for better parameters.")


@tune.callback(invoke_without_command=True)
def need_verb(context: typer.Context) -> None:
    """Print the help of a group if no verb follows."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit(2)


tune.command()(thresholds)
tune.command()(params)
