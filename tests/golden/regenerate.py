"""Run the presets over the whole of NAB, print the changes, and write the new figures to presets.json.

    python tests/golden/regenerate.py [NAB_ROOT] [--check]

With --check nothing is written. A figure that moves by more than the tolerance belongs in CHANGELOG.md.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from zhtm_detector.detectors.names import choose_detectors
from zhtm_detector.nab.benchmark import Benchmark
from zhtm_detector.nab.choose_corpus import choose_corpus

TABLE = Path(__file__).with_name("presets.json")
SHARED = Path(__file__).parent.parent.parent.parent / "shared" / "nab"


def read_table() -> dict[str, Any]:
    """Keys `seed`, `tolerance` and `scores`: final scores by preset and profile."""
    table: dict[str, Any] = json.loads(TABLE.read_text(encoding="utf-8"))
    return table


def preset_scores(nab_root: Path, results: Path, preset: str, seed: int, workers: int = 2) -> dict[str, float]:
    """Final scores of a preset by profile, from all four steps."""
    chosen = choose_corpus(nab_root)
    if not chosen.is_nab:
        raise ValueError(chosen.notice)
    benchmark = Benchmark(chosen, results)
    name = f"zhtm-{preset}"
    failed = [row.error for row in benchmark.detect(choose_detectors(name), seed, workers) if row.error]
    if failed:
        raise ValueError(f"{len(failed)} files failed; the first: {failed[0]}")
    benchmark.optimize([name])
    benchmark.score([name])
    return benchmark.normalize([name])[name]


def main() -> int:
    """Return 1 if a figure moved by more than the tolerance."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("nab_root", type=Path, nargs="?", default=Path(os.environ.get("NAB_ROOT", SHARED)))
    parser.add_argument("--check", action="store_true", help="write nothing")
    arguments = parser.parse_args()
    table = read_table()
    outside = 0
    for preset, recorded in table["scores"].items():
        with TemporaryDirectory() as folder:
            scores = preset_scores(arguments.nab_root, Path(folder), preset, table["seed"])
        for profile, score in scores.items():
            change = score - recorded.get(profile, float("nan"))
            leaves = not abs(change) <= table["tolerance"]
            outside += leaves
            mark = "  <- outside the tolerance" if leaves else ""
            sys.stdout.write(f"{preset:8} {profile:20} {score:8.4f} {change:+8.4f}{mark}\n")
            recorded[profile] = round(score, 4)
    if not arguments.check:
        TABLE.write_text(json.dumps(table, indent=4) + "\n", encoding="utf-8")
    return int(outside > 0)


if __name__ == "__main__":  # workers are spawned: they import this file
    sys.exit(main())
