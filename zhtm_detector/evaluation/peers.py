"""The board of today's detectors: other libraries' beside ours, on one corpus after the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.tables import Cell, Column, DataTable
from zhtm_detector.common.text import shown
from zhtm_detector.common.versions import package_version
from zhtm_detector.common.workers import Workers
from zhtm_detector.detectors.foreign.calibration import CAPACITY
from zhtm_detector.detectors.foreign.peers import PEERS
from zhtm_detector.detectors.names import DetectorChoice, choose_detectors
from zhtm_detector.evaluation.best_scores import best_scores, score_at
from zhtm_detector.evaluation.folds import cross_validate
from zhtm_detector.evaluation.peers_costs import FAILED, UNFINISHED, Costs, version_of
from zhtm_detector.nab.benchmark import Benchmark
from zhtm_detector.nab.result_files import read_scores
from zhtm_detector.nab.scoreboard import PROFILES, profile_title

OURS = "zhtm,zhtm-causal,zhtm-column,zhtm-classic,windowedGaussian,null"
LIMIT = 1200.0  # seconds of processor time for a corpus
_PATIENCE = 4  # times as long a single file may take on the clock, on a busy machine


@dataclass(frozen=True)
class Entry:
    """A detector on one corpus; without scores if it did not finish."""

    name: str
    library: str
    note: str
    records: int = 0
    cpu_seconds: float = 0.0
    peak_mib: float = 0.0
    error: str = ""
    scores: Mapping[str, float] | None = None  # by profile
    cross_validated: Mapping[str, float] | None = None
    threshold: float | None = None  # the best one of the standard profile
    carried: float | None = None  # the standard score at the threshold that is best on the first corpus

    def to_json(self) -> dict[str, Any]:
        """Return the content for JSON."""
        return dict(vars(self))


def peers_named(names: Sequence[str]) -> list[str]:
    """Check names of peers; InputError for another one, and where its library is missing."""
    for name in names:
        if name not in PEERS:
            raise InputError(f"peer {shown(name)}: unknown; expected one of {', '.join(PEERS)}")
        library = PEERS[name].library
        if not version_of(library):
            raise InputError(
                f"peer {name}: expected the package {library}, got none; pip install 'zhtm-detector[peers]'"
            )
    return list(names)


def choices_of(names: Sequence[str], ours: str, limit: float) -> list[DetectorChoice]:
    """Return ours, then the peers; InputError if there are none, or ours have a peer's name."""
    own = choose_detectors(ours) if ours else []
    if taken := [choice.name for choice in own if choice.name in PEERS]:
        raise InputError(f"detector {taken[0]}: expected another name than that of a peer")
    if not own and not names:
        raise InputError(f"peers and detectors: expected at least one of {', '.join(PEERS)}, got none")
    return [*own, *(choose_detectors(f"{name}={PEERS[name].spec}", timeout=_PATIENCE * limit)[0] for name in names)]


def board(
    benchmark: Benchmark,
    choices: Sequence[DetectorChoice],
    seed: int,
    workers: Workers,
    limit: float,
    kept: Costs,
    first: Sequence[Entry] = (),
    on_records: Callable[[int], None] | None = None,
) -> list[Entry]:
    """Run the detectors that have no results yet, and score all of them; the best first.

    What a detector cost is kept beside the results, so that a run that was interrupted goes on. `first` is the board
    of another corpus, whose thresholds are tried on this one. Files that cannot be read are left out.
    """
    thresholds = {entry.name: entry.threshold for entry in first}
    entries = []
    for choice in choices:
        peer = PEERS.get(choice.name)
        own = choice.foreign.module if choice.foreign else "zhtm-detector"
        about = (choice.name, peer.library if peer else own, peer.note if peer else "")
        cost = kept.of(choice, about[1])
        if cost is None:
            cost = _run(benchmark, choice, seed, workers, limit, on_records)
            kept.keep(choice, about[1], cost)
        entry = Entry(*about, cost["records"], cost["cpu_seconds"], cost["peak_mib"], cost["error"])
        entries.append(entry if entry.error else _scored(benchmark, entry, thresholds.get(choice.name)))
    return sorted(entries, key=lambda entry: -entry.scores["standard"] if entry.scores else 1e9)


def board_table(name: str, entries: Sequence[Entry], profiles: Sequence[str]) -> DataTable:
    """Return the board of one corpus."""
    columns = [Column("detector", "detector"), Column("library", "library"), Column("setting", "setting")]
    columns += [Column(profile, profile_title(profile)) for profile in profiles]
    carried = any(entry.carried is not None for entry in entries)
    if carried:
        columns += [Column("carried", f"{profile_title('standard')}, threshold of the first corpus")]
    columns += [Column("cross_validated", f"{profile_title('standard')}, cross-validated")]
    columns += [Column("records_per_cpu_second", "records per CPU-second", 0), Column("peak_mib", "MiB", 0)]
    rows: list[list[Cell]] = []
    for entry in entries:
        scores: list[Cell] = [entry.scores[profile] if entry.scores else None for profile in profiles]
        held_out = entry.cross_validated["standard"] if entry.cross_validated else None
        rate = entry.records / entry.cpu_seconds if entry.cpu_seconds else None
        if carried:
            scores.append(entry.carried)
        what = entry.error if entry.error.startswith(UNFINISHED) else "failed" if entry.error else entry.note
        rows.append([entry.name, entry.library, what, *scores, held_out, rate, entry.peak_mib or None])
    return DataTable(f"Peers on {name}", columns, rows)


def failures(entries: Sequence[Entry]) -> list[str]:
    """Return a line for each detector that failed."""
    return [f"{entry.name}: {entry.error}" for entry in entries if entry.error.startswith(FAILED)]


def _run(
    benchmark: Benchmark,
    choice: DetectorChoice,
    seed: int,
    workers: Workers,
    limit: float,
    on_records: Callable[[int], None] | None,
) -> dict[str, Any]:
    """Run one detector until its time is up; return what it cost."""
    cost: dict[str, Any] = {"records": 0, "cpu_seconds": 0.0, "peak_mib": 0.0, "error": ""}
    done = 0
    with closing(benchmark.detections([choice], seed, workers, on_records)) as detections:
        for detection in detections:
            if detection.relative_path in benchmark.errors:
                continue  # its data cannot be read, by no detector
            if detection.error:
                late = "(--timeout)" in detection.error
                what = f"{detection.relative_path} took more than {_PATIENCE * limit:g} s" if late else detection.error
                return cost | {"error": (UNFINISHED if late else FAILED) + what}
            done += 1
            cost["records"] += detection.records
            cost["cpu_seconds"] += detection.cpu_seconds
            cost["peak_mib"] = max(cost["peak_mib"], detection.peak_mib)
            if cost["cpu_seconds"] > limit and done < len(benchmark.labelled):
                files = len(benchmark.labelled)
                return cost | {"error": f"{UNFINISHED}{done} of {files} files in {limit:g} s of CPU"}
    return cost


def _scored(benchmark: Benchmark, entry: Entry, elsewhere: float | None) -> Entry:
    corpus = benchmark.labelled
    records = {path: benchmark.chosen.corpus.load(path).data for path in corpus}
    scores = read_scores(benchmark.results, benchmark.label_of(entry.name), records, benchmark.warnings)
    best = best_scores(scores, corpus, benchmark.profiles)
    found = cross_validate(best.ranking, corpus, benchmark.profiles) if len(corpus) > 1 else {}
    held_out = {profile: one.mean for profile, one in found.items()}
    standard = next(profile for profile in benchmark.profiles if profile.name == PROFILES[0])
    return replace(
        entry,
        scores=best.scores,
        cross_validated=held_out,
        threshold=best.thresholds[standard.name],
        carried=None if elsewhere is None else score_at(best.ranking, corpus, standard, elsewhere),
    )


def board_page(
    tables: Sequence[DataTable], corpora: Sequence[str], only: str | None, picture: Path | None = None
) -> str:
    """Return the boards as one Markdown page, with the picture if there is one.

    Parameters
    ----------
    tables : sequence of DataTable
    corpora : sequence of str
        The further corpora, as in the option.
    only : str, optional
        The peers that were chosen, as in the option.
    picture : Path, optional
    """
    names = [name + "=ROOT" * bool(root) for name, _, root in (text.partition("=") for text in corpora)]
    options = f" --only {only}" if only else ""
    options += "".join(f" --corpus {name}" for name in names)
    options += f" --output {picture.name}" if picture else ""
    lines = [
        "# Today's detectors",
        "",
        f"Printed by `zhtm peers{options} --markdown` with zhtm-detector {package_version()}: streaming detectors of "
        "other libraries beside ours, on one seed. None is tuned: each runs at its library's defaults, or with the one "
        "setting that the table names. They see one value at a time. Their scores, of any size, become numbers in "
        f"[0, 1] as their place among the {CAPACITY:,} before (conformal anomaly detection; "
        "`detectors/foreign/calibration.py`); KNN-CAD does that itself. Detectors that have to be fitted are fitted to "
        "the probationary period, where they score 0.",
        "",
        "Scores are at the thresholds that are best on the corpus, as on NAB's scoreboard. cross-validated: the "
        "standard profile with thresholds chosen on other files. threshold of the first corpus: the standard score at "
        "the threshold that is best there, which is what a user has whose own data have no labels. MiB: peak of the "
        "process that holds the detector; ours also reads and writes files. A detector that needs more than its limit "
        "of processor time did not finish.",
    ]
    if picture is not None:
        lines += ["", f"![Scores of every detector on every corpus]({picture.name})"]
    for table in tables:
        lines += ["", table.markdown()]
    return "\n".join(lines)
