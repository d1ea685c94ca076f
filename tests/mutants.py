"""Mutation testing: 61 small defects in scoring, kernels and encoders, each of which the suite should notice.

``python tests/mutants.py [--only PATTERN]`` applies each mutant to a copy of the project in a temporary
folder, runs the tests that belong to the file, and prints a table. `test_mutants.py` checks that the list is not stale.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

PROJECT = Path(__file__).parent.parent
COPIED = ("zhtm_detector", "tests", "nab_config", "pyproject.toml")
PACKAGE = "zhtm_detector"
SECONDS = 600  # a mutant that takes longer is counted as killed: an endless loop


class Mutant(NamedTuple):
    """A defect: `old`, which occurs once in the file, becomes `new`."""

    file: str  # below zhtm_detector/
    old: str
    new: str
    breaks: str


SCORING = "nab/scoring.py"
SUMS = "nab/scoring_kernel.py"
OUTCOMES = "nab/outcomes.py"
COSTS = "nab/costs.py"
MEMORY = "htm/kernels/temporal_memory.py"
POOLER = "htm/kernels/spatial_pooler.py"
TOPOLOGY = "htm/kernels/topology.py"
CONTEXT = "htm/kernels/context_memory.py"
COLUMNS = "htm/kernels/columns.py"
BLOCKS = "htm/kernels/blocks.py"
LIKELIHOOD = "htm/kernels/likelihood.py"
NEAREST = "htm/kernels/nearest.py"
ROWS = "htm/kernels/rows.py"
RECORD = "htm/kernels/record.py"
VOTE = "htm/kernels/vote.py"
KEY = "htm/kernels/cache_key.py"
CHECKS = "htm/kernels/checks.py"
CLASSIFIER = "htm/kernels/classifier.py"
SEGMENT_RULES = "htm/kernels/segment_rules.py"
CAPTURE = "htm/kernels/capture.py"
CAPTURE_CHANGES = "htm/kernels/capture_changes.py"
REPLAY = "htm/kernels/replay.py"
ADAPTIVE = "htm/encoders/adaptive.py"
DELTA = "htm/encoders/delta.py"
DOCUMENT = "htm/encoders/document.py"
FOREIGN = "detectors/foreign/child.py"
CALIBRATION = "detectors/foreign/calibration.py"
CAPTURED_VIEWS = "htm/kernels/capture_views.py"
CATEGORY = "htm/encoders/category.py"
DATE_PARTS = "htm/encoders/date_parts.py"


OF_SCORING = ("nab/test_scoring.py", "nab/test_outcomes.py", "nab/test_costs.py", "nab/test_scoring_twin.py")
OF_POOLER = ("htm/test_spatial_pooler.py", "htm/test_spatial_pooler_twin.py")
# The tests that belong to a file, the likeliest to fail first.
TESTS = {
    SCORING: OF_SCORING,
    SUMS: OF_SCORING,
    OUTCOMES: OF_SCORING,
    COSTS: OF_SCORING,
    MEMORY: ("htm/test_temporal_memory.py", "htm/test_temporal_memory_twin.py"),
    POOLER: OF_POOLER,
    TOPOLOGY: OF_POOLER,
    CONTEXT: ("htm/test_context_memory.py", "htm/test_context_memory_twin.py"),
    COLUMNS: ("htm/test_columns.py", "htm/test_columns_twin.py"),
    BLOCKS: ("htm/test_novelty.py", "htm/test_novelty_twin.py"),
    LIKELIHOOD: ("htm/test_likelihood.py", "htm/test_likelihood_twin.py"),
    NEAREST: ("htm/test_novelty.py", "detectors/test_baselines.py", "htm/test_novelty_twin.py"),
    VOTE: ("htm/test_vote.py", "htm/test_novelty_twin.py"),
    ROWS: ("htm/encoders/test_encoder_properties.py", "htm/test_row_table.py"),
    RECORD: ("htm/test_single_record.py",),
    KEY: ("htm/test_single_record.py",),
    CHECKS: ("htm/test_checks.py",),
    CLASSIFIER: ("htm/predicting/test_classifier.py",),
    **dict.fromkeys((SEGMENT_RULES, CAPTURE, CAPTURE_CHANGES, REPLAY), ("htm/recording/test_trace.py",)),
    **dict.fromkeys((ADAPTIVE, DELTA), ("htm/encoders/test_numbers_within.py", "htm/encoders/test_checklist.py")),
    DOCUMENT: ("htm/encoders/test_symbols.py", "htm/encoders/test_checklist.py"),
    **dict.fromkeys((FOREIGN, CALIBRATION), ("detectors/test_foreign.py",)),
    CAPTURED_VIEWS: ("htm/recording/test_trace.py",),
    CATEGORY: ("htm/encoders/test_symbols.py",),
    DATE_PARTS: ("htm/encoders/test_date_days.py",),
}

MUTANTS = [
    Mutant(SCORING, "position > 3.0", "position >= 3.0", "the sigmoid at 3.0 itself"),
    Mutant(SCORING, "step / float(width - 1)", "step / float(width)", "positions past a window"),
    Mutant(
        SCORING,
        "spans[number + 1][0] if number + 1 < len(spans) else length",
        "length",
        "a window's slope runs on past the next window",
    ),
    Mutant(
        SCORING, 'np.argsort(-joined, kind="stable")', 'np.argsort(joined, kind="stable")[::-1]', "ties in the ranking"
    ),
    Mutant(SCORING, "window + window_total, -1", "window, -1", "windows of several files are one"),
    Mutant(SCORING, 'side="right"', 'side="left"', "a score equal to the threshold"),
    Mutant(SUMS, "while record < ends[row]", "while record + 1 < ends[row]", "the last record of each threshold"),
    Mutant(SUMS, "best = np.full(window_count, -fn_weight)", "best = np.zeros(window_count)", "cost of missed windows"),
    Mutant(
        SUMS,
        "            if weighted[record] > best[window]:\n                best[window] = weighted[record]",
        "            best[window] = weighted[record]",
        "the last detection in a window counts, not the best",
    ),
    Mutant(OUTCOMES, "file) >= finite(", "file) > finite(", "a score equal to the threshold"),
    Mutant(OUTCOMES, "int(hits[0])", "int(hits[-1])", "first detection in a window"),
    Mutant(OUTCOMES, "max(last - first, 1)", "(last - first + 1)", "position at the right edge"),
    Mutant(COSTS, "(profile.fn if counts else 0.0)", "profile.fn", "windows in the probationary period cost fn"),
    Mutant(COSTS, "float(file.position_scores[record]) / MAXIMUM", "float(file.position_scores[record])", "late cost"),
    Mutant(
        MEMORY,
        "m.uses.chain[at].last < m.uses.chain[victim].last",
        "m.uses.chain[at].last > m.uses.chain[victim].last",
        "the most recently used segment is evicted",
    ),
    Mutant(MEMORY, "| (new < least)", "| (new <= np.float32(0.0))", "NuPIC's epsilon: synapses that fell to 0"),
    Mutant(MEMORY, "cells[synapse] < cells[weakest]", "cells[synapse] > cells[weakest]", "ties of weakest synapses"),
    Mutant(MEMORY, "if overlap > best_overlap", "if overlap >= best_overlap", "ties of matching segments"),
    Mutant(
        MEMORY,
        "for word in range(first, first + words):\n            m.active_bits[np.uint32(word)] = 0",
        "m.active_bits[np.uint32(m.touched[i])] = 0",
        "bits that a removal moved to another word stay",
    ),
    Mutant(MEMORY, "counts.highest + columns > capacity", "counts.highest + columns > capacity + 1", "growth one late"),
    Mutant(
        MEMORY,
        "    _move_bit(m.connected_bits, first | last, first | slot)\n",
        "",
        "connected bits of the synapse that fills a gap",
    ),
    Mutant(POOLER, "return 0, high, low + extent, extent", "return 0, high, 0, 0", "wrapping at the left border"),
    Mutant(
        POOLER,
        "for begin in range(0, bits.size, 252):\n        end = min(begin + 252, bits.size)",
        "for begin in range(0, bits.size, 256):\n        end = min(begin + 256, bits.size)",
        "bytes overflow with 256 connected active inputs",
    ),
    Mutant(
        POOLER,
        "overlaps[c] >= settings.stimulus_threshold",
        "overlaps[c] > settings.stimulus_threshold",
        "an overlap equal to the stimulus threshold",
    ),
    Mutant(POOLER, "above = int(highest) + 1", "above = int(highest)", "ties at the highest overlap"),
    Mutant(
        POOLER,
        "count_at_least(keys, max(start, c + 1), stop, key + 1)",
        "count_at_least(keys, max(start, c + 1), stop, key)",
        "ties under local inhibition",
    ),
    Mutant(
        POOLER,
        "        state.saturated[column] = 0\n",
        "",
        "a weak column that was saturated once is never raised again",
    ),
    Mutant(TOPOLOGY, "(wanted + 1) // 2", "wanted // 2", "share of connected synapses in odd pools"),
    Mutant(TOPOLOGY, "np.floor(potential_fraction * size + 0.5)", "np.floor(potential_fraction * size)", "rounding"),
    Mutant(
        CONTEXT,
        "segment = int(m.segments[owner, r.segments_per_minicolumn - 1])",
        "segment = int(m.segments[owner, 0])",
        "the most recently matched segment is evicted",
    ),
    Mutant(
        CONTEXT,
        "        m.counts[0].hand = (segment + 1) % m.owner.size\n        robbed",
        "        robbed",
        "the hand of the clock does not move on",
    ),
    Mutant(
        CONTEXT,
        "matched * best_count > best_matched * synapses",
        "matched * best_count >= best_matched * synapses",
        "ties of the best segment",
    ),
    Mutant(CONTEXT, "permanence[at] > decrement", "permanence[at] >= decrement", "a synapse at 0 stays"),
    Mutant(COLUMNS, "1.0 / (samples[k] + r.prior_blocks)", "1.0 / samples[k]", "weight of the prior deviation"),
    Mutant(COLUMNS, "if g.blocks[scale] > 0:  # the first", "if g.blocks[scale] >= 0:  # the first", "first block"),
    Mutant(
        COLUMNS, "number += 1 + math.floor(", "number += math.floor(", "rows with and without the time share a number"
    ),
    Mutant(BLOCKS, "min(apart, 1.0 - apart)", "apart", "distance of times around midnight"),
    Mutant(
        BLOCKS,
        "        used[place] = block\n        return novelty",
        "        return novelty",
        "the first stored pattern is evicted, not the least recently matched one",
    ),
    Mutant(BLOCKS, "max(high - low, 1e-9 * span)", "max(high - low, 1e-3 * span)", "shape of a nearly flat pattern"),
    Mutant(
        LIKELIHOOD,
        "max(0, r.learning_period - max(0, s.records - length))",
        "max(0, r.learning_period)",
        "records of the learning period leave the history",
    ),
    Mutant(LIKELIHOOD, " and s.last_tail <= 1.0 - 0.99999", "", "the first of a run of extremes"),
    Mutant(
        NEAREST,
        "    counts[1] = (counts[1] + 1) % ordered.size\n",
        "",
        "the oldest value is evicted once, then the newest",
    ),
    Mutant(
        NEAREST,
        "distance = min(distance, 0.5 * value - 0.5 * ordered[at - 1])",
        "distance = 0.5 * value - 0.5 * ordered[at - 1]",
        "the neighbour above",
    ),
    Mutant(ROWS, "weekday >= SATURDAY", "weekday > SATURDAY", "Saturday"),
    Mutant(ROWS, "day_of_year * rule.season // 366", "day_of_year * rule.season // 365", "last day of a leap year"),
    Mutant(RECORD, "b.raw[0] /= max(1, rules.predicting.sum())", "pass", "mean over several groups of columns"),
    Mutant(RECORD, "        b.evidence[0, 0] *= rules.prediction_weight\n", "", "weight of the prediction error"),
    Mutant(VOTE, "records[counts[0]] < now - period", "records[counts[0]] <= now - period", "refractory period"),
    Mutant(VOTE, "min(n + 1, length)", "length", "mean of the first errors"),
    Mutant(CHECKS, "active[i] >= below", "active[i] > below", "the first number that is too large"),
    Mutant(CHECKS, "active[i] <= active[i - 1]", "active[i] < active[i - 1]", "a number twice"),
    Mutant(KEY, ' + b"\\0" + file.read_bytes()', "", "machine code of an old callee is used"),
    Mutant(
        CLASSIFIER, "max(bucket - r.softness, 0)", "max(bucket - r.softness, 1)", "what the lowest bucket is taught"
    ),
    Mutant(
        SEGMENT_RULES,
        "permanences[i] < permanences[weakest]",
        "permanences[i] <= permanences[weakest]",
        "which synapse goes",
    ),
    Mutant(
        CAPTURED_VIEWS,
        "v.evidence[scale, kind, w] if spoke",
        "v.novelty[scale, kind, w] if spoke",
        "evidence of blocks",
    ),
    Mutant(CAPTURE, "scratch.overlaps[columns[i]]", "scratch.overlaps[i]", "overlaps of other columns"),
    Mutant(CAPTURE_CHANGES, "    sort(links, count - first)\n", "", "the order of new synapses"),
    Mutant(REPLAY, "owner < s.owner[other]", "owner > s.owner[other]", "ties of best segments, replayed"),
    Mutant(ADAPTIVE, "number + self.padding * (number - low)", "number", "room beyond the range"),
    Mutant(DELTA, "twin._last = self._last[:-1]", "twin._last = self._last", "the encoder before the last value"),
    Mutant(DOCUMENT, "token if self.case_sensitive else token.casefold()", "token", "tokens in capitals"),
    Mutant(FOREIGN, "    random.seed(seed)\n", "", "a detector that draws from Python's generator"),
    Mutant(CALIBRATION, "(below + upto) / (2 *", "(upto + upto) / (2 *", "equal scores count half"),
    Mutant(CAPTURE, "        b.counts[5] += 1\n", "", "segments that were compared at an earlier record"),
    Mutant(CAPTURE_CHANGES, "links[i - first] = place", "links[i] = place", "synapses that a segment grew"),
    Mutant(CATEGORY, "{type(category).__name__} {category}", "{category}", "1 and its text"),
    Mutant(DATE_PARTS, "range(1, self._reach + 1)", "range(1, self._reach)", "the last day after a holiday"),
]


def mutated(mutant: Mutant, project: Path) -> tuple[str, str]:
    """Return the text of a mutant's file without and with the defect."""
    text = (project / PACKAGE / mutant.file).read_text(encoding="utf-8")
    if text.count(mutant.old) != 1:
        raise ValueError(f"{mutant.file}: expected {mutant.old!r} once, got it {text.count(mutant.old)} times")
    return text, text.replace(mutant.old, mutant.new)


def run_tests(project: Path, tests: Iterable[str]) -> str | None:
    """Run tests until the first one fails, kernels as plain Python; return what failed, or None."""
    options = ("-x", "-q", "-rfE", "-n", "0", "-p", "no:cacheprovider", "--hypothesis-seed=0")
    command = [
        sys.executable,
        "-m",
        "pytest",
        *options,
        "--hypothesis-profile=no-shrinking",
        *(f"tests/{t}" for t in tests),
    ]
    environment = os.environ | {"NUMBA_DISABLE_JIT": "1"}
    try:
        done = subprocess.run(
            command, cwd=project, env=environment, timeout=SECONDS, capture_output=True, text=True, check=False
        )
    except subprocess.TimeoutExpired:
        return "the time limit"
    found = re.search(r"^(?:FAILED|ERROR) tests/(.+?)(?: - |$)", done.stdout, re.MULTILINE)
    if found is None and done.returncode != 0:
        raise RuntimeError(f"pytest ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return found[1] if found else None


def try_mutant(mutant: Mutant, project: Path) -> str | None:
    """Run the tests that belong to a mutant in a copy of the project; return what killed it, or None."""
    path = project / PACKAGE / mutant.file
    text, spoiled = mutated(mutant, project)
    path.write_text(spoiled, encoding="utf-8")
    try:
        return run_tests(project, TESTS[mutant.file])
    finally:
        path.write_text(text, encoding="utf-8")


def copy_project(folder: Path) -> None:
    for name in COPIED:
        if (PROJECT / name).is_dir():
            shutil.copytree(PROJECT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(PROJECT / name, folder / name)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", metavar="PATTERN", help="regular expression of files or words")
    only = parser.parse_args().only
    chosen = [mutant for mutant in MUTANTS if re.search(only, f"{mutant.file} {mutant.breaks}")]
    killers = []
    with tempfile.TemporaryDirectory() as temporary:
        project = Path(temporary)
        copy_project(project)
        sys.stdout.write("| file | what it breaks | killed by |\n|---|---|---|\n")
        for mutant in chosen:
            killer = try_mutant(mutant, project)
            sys.stdout.write(f"| {mutant.file} | {mutant.breaks} | {killer or '**survived**'} |\n")
            sys.stdout.flush()
            killers += [killer] if killer else []
        # A test that fails without a mutant as well has killed nothing.
        if failed := run_tests(project, sorted({killer for killer in killers if "::" in killer})):
            sys.exit(f"without any mutant: {failed} fails")
    sys.stdout.write(f"\n{len(killers)} of {len(chosen)} killed\n")


if __name__ == "__main__":
    main()
