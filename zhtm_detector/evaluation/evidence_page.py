"""The evidence for a preset as one Markdown page: each table under a line that explains it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

from zhtm_detector.common.versions import package_version
from zhtm_detector.evaluation.bootstrap import DRAWS, LEVEL
from zhtm_detector.evaluation.folds import FOLDS, SHUFFLES
from zhtm_detector.evaluation.validation import NamedCorpus, Validation
from zhtm_detector.evaluation.validation_plan import SAMPLE, ValidationPlan
from zhtm_detector.htm.params import DEFAULT_PRESET

# Section to its heading, and to what a newcomer needs to read the table.
_SECTIONS = {
    "scoreboard": (
        "Scoreboard",
        "The final scores as NAB's scoreboard states them, on a scale from 0 (no detection) to 100 (perfect). Each "
        "profile weighs missed windows and false positives differently. Its threshold is the best one on the files "
        "that are scored, labels included; cross-validated thresholds, below, measure what that is worth.",
    ),
    "folds": (
        "Cross-validated thresholds",
        f"Cross-validated: the files are dealt to {FOLDS} folds, and each fold is scored at the threshold that is best "
        f"on the other folds. mean and sd (standard deviation) are over {SHUFFLES} random deals; cost is what the "
        "scoreboard figure loses this way.",
    ),
    "thresholds": (
        "Recommended thresholds",
        "What a preset recommends as its threshold on a stream of your own, and what cross-validation over files "
        "chooses, for each preset and its causal variant.",
    ),
    "seeds": (
        "Seeds",
        "A seed fixes every random choice of the model, such as its initial synapses. The spread over seeds is the "
        "part of a score that is chance.",
    ),
    "presets": (
        "Presets, baselines and corpora",
        "Several presets on each corpus, and the baselines. scoreboard: at the threshold that is best on that corpus. "
        "cross-validated: with thresholds chosen on other files. Both are means over seeds, and sd their standard "
        "deviations; a baseline runs once.",
    ),
    "transfer": (
        "Thresholds on other corpora",
        "The threshold that is best on the first corpus, applied to another one. lost is what that costs against the "
        "best threshold there, which nobody knows in advance.",
    ),
    "drift": (
        "Learning past the probation",
        "Synthetic streams whose regime changes for good, long after the probation. A model that learns on raises "
        "alarms at the change, and falls silent once the new regime is the usual one. Alarms have stopped once as many "
        "records are silent as there are probationary ones.",
    ),
    "rates": (
        "A wanted rate of alerts",
        "The threshold that follows a stream (`--target-rate`), on causal variants. The long streams are a year each: "
        "stationary, drifting, and one with a month of noise that grows without end.",
    ),
    "causal": (
        "Causal variant",
        "Causal: the model uses nothing but the records so far. Otherwise it is also told the lowest and the highest "
        "value of the whole file in advance, as NAB allows.",
    ),
    "ablation": (
        "Ablation",
        "Ablation: the same model with one part removed or replaced. The difference shows what that part adds.",
    ),
    "context": (
        "What context decides",
        "Context: what the temporal memories have seen before a record. The table holds the windows that are caught "
        "only with it, or only by the same columns without it.",
    ),
    "baselines": (
        "Baselines",
        "Baselines: detectors that are a few lines of code and model nothing. A model is worth what it adds to them.",
    ),
    "bootstrap": (
        "Differences to published detectors",
        f"Bootstrap interval: the difference is computed {DRAWS} times, each time on as many files drawn at random "
        f"with replacement, and {100 * LEVEL:.0f}% of the results lie from low to high. If 0 lies between them, the "
        "choice of files alone may explain the difference. above is the share of draws in which ours is better.",
    ),
    "windows": (
        "Windows and false positives",
        "A window, the labelled surroundings of an anomaly, is caught if any record in it is detected at the "
        "scoreboard's threshold. FP: a false positive, a detected record outside of all windows; FP cost is what they "
        "take from the score before it is normalized.",
    ),
    "ledger": (
        "Configurations looked at",
        "The best of many configurations is good by chance as well. So each one whose score a sweep or a search has "
        "shown is in a ledger, results/ledger.jsonl; here it counts once per corpus.",
    ),
}


def evidence_page(found: Validation, corpora: Sequence[NamedCorpus], notice: str = "") -> str:
    """Write the page, from its title to the last table; the same scores give the same text.

    Parameters
    ----------
    found : Validation
    corpora : sequence of NamedCorpus
        Those that were scored.
    notice : str
        Warning for readers, if the scores are not NAB's.
    """
    plan = found.plan
    counts = []
    for corpus in corpora:
        files = len(corpus.labelled) - len(found.errors.get(corpus.name, ()))
        counts.append(f"{corpus.name}, {files} files")
    seeds = [f"seed {plan.seed}"]
    if {"seeds", "presets", "transfer"} & set(plan.sections):
        seeds.append(f"{plan.seeds} seeds in the tables over seeds")
    if "ablation" in plan.sections:
        seeds.append(f"{plan.ablation_seeds} in the ablation")
    lines = [
        f"# Evidence for the preset {plan.name}",
        f"How far the scores of the preset {plan.name} can be trusted. "
        f"{'Corpus' if len(counts) == 1 else 'Corpora'}: {'; '.join(counts)}; "
        f"{', '.join(seeds)}. Written by zhtm-detector {package_version()}, `{command_of(plan)}`.",
        *([notice] if notice else []),
    ]
    for section, table in found.tables.items():
        heading, about = _SECTIONS[section]
        lines += [f"## {heading}", about, table.markdown()]
    return "\n\n".join(lines)


def command_of(plan: ValidationPlan) -> str:
    """Return the command that writes the page; options with default values, and where a corpus is, are left out.

    Examples
    --------
    >>> from zhtm_detector.htm.params import load_preset
    >>> command_of(ValidationPlan("seed", load_preset("seed"), ("folds", "seeds"), ablation_seeds=3))
    'zhtm validate --preset seed --only folds,seeds --ablation-seeds 3 --markdown'
    """
    words = ["zhtm validate"]
    if plan.name != DEFAULT_PRESET:
        words.append(f"--preset {plan.name}")
    for field in fields(plan)[2:]:
        value = getattr(plan, field.name)
        if field.name == "corpora":
            words += [f"--corpus {name}" if name == SAMPLE else f"--corpus {name}=ROOT" for name in value]
        elif value != field.default:
            option = "only" if field.name == "sections" else field.name.replace("_", "-")
            words.append(f"--{option} {value if isinstance(value, int) else ','.join(value) or repr('')}")
    return " ".join([*words, "--markdown"])
