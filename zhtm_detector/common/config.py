"""Location of the shipped configuration: in the wheel, or in the checkout that runs."""

from __future__ import annotations

from importlib import resources
from pathlib import Path


def config_path() -> Path:
    """Folder of the shipped configuration (`nab_config/` in the checkout, `zhtm_detector.config` in the wheel)."""
    checkout = Path(__file__).parents[2] / "nab_config"
    if checkout.is_dir():
        return checkout
    return Path(str(resources.files("zhtm_detector.config")))
