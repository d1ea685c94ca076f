"""The verb `list` of the `zhtm` command: what the options can name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from zhtm_detector.cli.options import Csv, Json, Markdown
from zhtm_detector.cli.show import choose_format, show
from zhtm_detector.common.errors import InputError
from zhtm_detector.common.text import shown

if TYPE_CHECKING:
    from zhtm_detector.common.tables import DataTable


def catalogue(
    kind: Annotated[
        str | None, typer.Argument(help="presets, detectors, peers, profiles or encoders. Default: all five.")
    ] = None,
    json: Json = False,
    markdown: Markdown = False,
    csv: Csv = False,
) -> None:
    """List the presets, detectors, peers, profiles and encoders.

    Example: zhtm list presets
    """
    form = choose_format(json, markdown, csv)
    if kind is not None and kind not in _KINDS:
        raise InputError(f"list {shown(kind)}: unknown; expected one of {', '.join(_KINDS)}")
    found = {name: list(entries()) for name, entries in _KINDS.items() if kind in (None, name)}
    tables = [_table(name.capitalize(), ("name", "description"), entries) for name, entries in found.items()]
    together = [(name, *entry) for name, entries in found.items() for entry in entries]
    content = {name: table.records() for name, table in zip(found, tables, strict=True)}
    show(form, tables, content, main=_table("All", ("kind", "name", "description"), together))


def _presets() -> Iterable[tuple[str, str]]:
    from zhtm_detector.htm.params import load_preset, preset_names

    for name in preset_names():
        params = load_preset(name)
        causal = params.model_copy(update={"causal": True})
        yield name, f"{params.description}; alerts at {params.alert_threshold}, causal at {causal.alert_threshold}"


def _detectors() -> Iterable[tuple[str, str]]:
    from zhtm_detector.detectors.baselines import BASELINES
    from zhtm_detector.detectors.foreign.spec import registered
    from zhtm_detector.detectors.names import choose_detectors
    from zhtm_detector.htm.params import DEFAULT_PRESET

    for choice in choose_detectors("all"):
        if choice.params is None:
            yield choice.name, _summary(BASELINES[choice.name])
        else:
            preset = choice.name.removeprefix("zhtm").removesuffix("-causal").removeprefix("-") or DEFAULT_PRESET
            causal = ", causal: it uses no range of the whole file" if choice.params.causal else ""
            yield choice.name, f"The model with the preset {preset}{causal}"
    for name, place in registered().items():
        yield name, f"Of an installed package: {place}{_flaw(name)}"


def _flaw(name: str) -> str:
    """Return why a registered detector cannot be asked for; empty if it can."""
    from zhtm_detector.detectors.names import choose_detectors

    try:
        choices = choose_detectors(name)
    except InputError as error:
        return f"; cannot be used: {error}"
    if all(choice.foreign for choice in choices):
        return ""
    return f"; cannot be used by this name, which is another detector's: expected NAME={name}"


def _peers() -> Iterable[tuple[str, str]]:
    from zhtm_detector.detectors.foreign.peers import PEERS

    for name, peer in PEERS.items():
        yield name, f"Of {peer.library}, {peer.note}: {peer.spec}"


def _profiles() -> Iterable[tuple[str, str]]:
    from zhtm_detector.nab.result_files import read_profiles

    for profile in read_profiles():
        weights = f"A hit weighs {profile.tp:g}, a miss {profile.fn:g}, a false alarm {profile.fp:g}"
        yield profile.name, weights


def _encoders() -> Iterable[tuple[str, str]]:
    from zhtm_detector.htm.encoders import known_encoders

    for name, encoder in sorted(known_encoders().items()):
        yield name, _summary(encoder)


_KINDS: dict[str, Callable[[], Iterable[tuple[str, str]]]] = {
    "presets": _presets,
    "detectors": _detectors,
    "peers": _peers,
    "profiles": _profiles,
    "encoders": _encoders,
}


def _summary(described: type) -> str:
    """Return the first paragraph of a docstring as one line without its final stop."""
    return " ".join((described.__doc__ or "").partition("\n\n")[0].split()).removesuffix(".")


def _table(title: str, keys: Iterable[str], rows: Iterable[tuple[str, ...]]) -> DataTable:
    from zhtm_detector.common.tables import Column, DataTable

    return DataTable(title, [Column(key, key) for key in keys], list(rows))
