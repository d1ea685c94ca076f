"""The sample corpus: the committed files are what the script writes, and the labels follow NAB's rules."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from itertools import pairwise
from math import floor
from pathlib import Path

import pytest

from zhtm_detector.common.config import config_path
from zhtm_detector.common.errors import InputError
from zhtm_detector.nab.sample_corpus import RECIPES, _windows, generate, main, write

COMMITTED = config_path() / "sample_corpus"
LABELS: dict[str, list[list[str]]] = json.loads((COMMITTED / "labels" / "combined_windows.json").read_text())
NAMES = sorted(LABELS)


def files_under(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def records(name: str) -> tuple[list[str], list[float]]:
    header, *lines = (COMMITTED / "data" / name).read_text().splitlines()
    assert header == "timestamp,value"
    pairs = [line.split(",") for line in lines]
    return [pair[0] for pair in pairs], [float(pair[1]) for pair in pairs]


def test_the_script_writes_the_committed_bytes(tmp_path: Path) -> None:
    main(["--output", str(tmp_path)])
    assert files_under(tmp_path) == files_under(COMMITTED)


def test_seed() -> None:
    assert generate(7) == generate(7)
    changed = {name for name, text in generate(7).items() if text != generate(8)[name]}
    assert changed == {f"data/{name}" for name in RECIPES} - {"data/sampleNoAnomaly/constant.csv"}
    with pytest.raises(ValueError, match="seed"):
        generate(-1)


def test_extent() -> None:
    assert len(NAMES) >= 12
    assert len({name.split("/")[0] for name in NAMES}) >= 2
    assert set(NAMES) == {path.relative_to(COMMITTED / "data").as_posix() for path in COMMITTED.rglob("*.csv")}
    assert sum(not LABELS[name] for name in NAMES) == 3
    assert sum(map(len, files_under(COMMITTED).values())) < 1_500_000
    assert list(LABELS) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_file(name: str) -> None:
    timestamps, values = records(name)
    assert 2000 <= len(values) <= 4000
    times = [datetime.strptime(text, "%Y-%m-%d %H:%M:%S") for text in timestamps]
    steps = [after - before for before, after in pairwise(times)]
    assert min(steps) > timedelta(0)
    assert (len(set(steps)) > 1) == (name == "sampleMachines/gaps_in_time.csv")
    assert (len(set(values)) == 1) == (name == "sampleNoAnomaly/constant.csv")


@pytest.mark.parametrize("name", NAMES)
def test_windows_follow_nabs_rules(name: str) -> None:
    timestamps, _ = records(name)
    windows = LABELS[name]
    last = floor(0.15 * len(timestamps)) - 1
    for start_text, end_text in windows:
        assert start_text.endswith(".000000")
        assert end_text.endswith(".000000")
        start, end = (timestamps.index(text.removesuffix(".000000")) for text in (start_text, end_text))
        assert timestamps.count(timestamps[start]) == timestamps.count(timestamps[end]) == 1
        assert last < start < end
        assert abs((end - start) - 0.1 * len(timestamps) / len(windows)) <= 2
        last = end


def test_anomalies_are_where_the_labels_say() -> None:
    def inside(name: str, number: int = 0) -> tuple[list[float], list[float]]:
        timestamps, values = records(name)
        start, end = (timestamps.index(text.removesuffix(".000000")) for text in LABELS[name][number])
        return values[start : end + 1], values[:start] + values[end + 1 :]

    window, rest = inside("sampleMachines/spikes.csv")
    assert max(window) > max(rest) + 10
    window, rest = inside("sampleMachines/gaps_in_time.csv")
    assert min(window) < min(rest) - 3
    window, _ = inside("sampleMachines/stuck_sensor.csv")
    assert max(window.count(value) for value in window) >= 108
    window, _ = inside("sampleDemand/missing_day.csv")
    assert max(window[len(window) // 2 - 20 : len(window) // 2 + 20]) < 120
    window, _ = inside("sampleDemand/long_tailed_counts.csv", 1)
    assert window.count(0.0) >= 24


@pytest.mark.parametrize("centre", [100, 299 + 99, 1950])
def test_a_window_out_of_bounds_is_refused(centre: int) -> None:
    with pytest.raises(ValueError, match="window"):
        _windows(2000, [centre])


def test_windows() -> None:
    assert _windows(2000, []) == []
    assert _windows(2000, [400]) == [(300, 500)]
    assert _windows(2000, [1001, 900]) == [(850, 950), (951, 1051)]
    with pytest.raises(ValueError, match="window"):
        _windows(2000, [900, 1000])


def test_unwritable(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(InputError, match="cannot be written"):
        write(tmp_path / "file")
    with pytest.raises(SystemExit) as stop:
        main(["--output", str(tmp_path / "file")])
    assert stop.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1
