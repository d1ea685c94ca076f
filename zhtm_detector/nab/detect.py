"""NAB's first step, file by file: its outcome for the caller, and warnings about the data."""

from __future__ import annotations

from dataclasses import dataclass, field

from zhtm_detector.detectors.data_file import DataFile


@dataclass(frozen=True)
class Detection:
    """One detector over one data file; `error` is empty if its results file is written."""

    detector: str  # its name in the results
    relative_path: str
    records: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_mib: float = 0.0
    error: str = ""
    warnings: list[str] = field(default_factory=list)


def data_warnings(data_file: DataFile) -> list[str]:
    """Warn about timestamps that do not ascend, and about a file with a single value."""
    warnings = []
    if data_file.repeated or data_file.backward:
        warnings.append(
            f"{data_file.relative_path}: {data_file.repeated} repeated timestamps and {data_file.backward} steps "
            "backwards; records are taken in file order"
        )
    if data_file.data["value"].nunique() == 1:
        warnings.append(f"{data_file.relative_path}: all values are the same; there is nothing to detect in them")
    return warnings
