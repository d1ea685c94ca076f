"""The best parameters as a preset file."""

from __future__ import annotations

import json
from pathlib import Path

from zhtm_detector.common.config import config_path
from zhtm_detector.common.errors import InputError
from zhtm_detector.common.files import write_text
from zhtm_detector.detectors.names import check_preset_name
from zhtm_detector.htm.params import ModelParams, preset_names


def preset_target(name: str, folder: Path = Path()) -> Path:
    """Return the path of a new preset: beside the others in a checkout, else in the folder itself.

    Raises
    ------
    InputError
        When the name is malformed or taken.
    """
    check_preset_name(name, "--save-preset")
    presets = folder / "nab_config" / "presets"
    path = (presets if presets.is_dir() else folder) / f"{name}.json"
    if name in preset_names() or path.exists():
        raise InputError(f"--save-preset {name!r}: expected a new name, but there is {path if path.exists() else name}")
    return path


def save_preset(path: Path, params: ModelParams, description: str) -> str:
    """Write a preset and return what `--preset` takes to load it.

    Raises
    ------
    InputError
        When it cannot be written, or the file exists by now.
    """
    if path.exists():
        raise InputError(f"preset {path}: expected a new file, but there is one")
    content = {**params.model_dump(mode="json"), "description": description, "alert": None}
    write_text(path, json.dumps(content, indent=2, allow_nan=False) + "\n")
    return path.stem if path.resolve().parent == (config_path() / "presets").resolve() else str(path)
