"""The evidence for a preset as one Markdown page: each table under a line that explains it."""

from __future__ import annotations

from dataclasses import fields

from zhtm_detector.common.versions import package_version
from zhtm_detector.evaluation.bootstrap import DRAWS, LEVEL
from zhtm_detector.evaluation.folds import FOLDS, SHUFFLES
from zhtm_detector.evaluation.validation import Validation, ValidationPlan
from zhtm_detector.htm.params import DEFAULT_PRESET
from zhtm_detector.nab.choose_corpus import ChosenCorpus

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
    "seeds": (
        "Seeds",
        "A seed fixes every random choice of the model, such as its initial synapses. The spread over seeds is the "
        "part of a score that is chance.",
    ),
    "causal": (
        "Causal variant",
        "Causal: the model uses nothing but the records so far. Otherwise it is also told the lowest and the highest "
        "value of the whole file in advance, as NAB allows.",
    ),
    "ablation": (
        "Ablation",
        "Ablation: the same model with one part removed. The difference shows what that part adds.",
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
}


def evidence_page(found: Validation, chosen: ChosenCorpus) -> str:
    """Write the page, from its title to the last table; the same scores give the same text.

    Parameters
    ----------
    found : Validation
    chosen : ChosenCorpus
        The corpus that was scored.
    """
    plan = found.plan
    files = len(chosen.corpus) - len(found.errors)
    corpus = "NAB v1.1" if chosen.is_nab else chosen.corpus.root.name
    seeds = [f"seed {plan.seed}"]
    if "seeds" in plan.sections:
        seeds.append(f"{plan.seeds} seeds in the section Seeds")
    if "ablation" in plan.sections:
        seeds.append(f"{plan.ablation_seeds} in the ablation")
    lines = [
        f"# Evidence for the preset {plan.name}",
        f"How far the scores of the preset {plan.name} can be trusted. Corpus: {corpus}, {files} files; "
        f"{', '.join(seeds)}. Written by zhtm-detector {package_version()}, `{command_of(plan)}`.",
        *([chosen.notice] if chosen.notice else []),
    ]
    for section, table in found.tables.items():
        heading, about = _SECTIONS[section]
        lines += [f"## {heading}", about, table.markdown()]
    return "\n\n".join(lines)


def command_of(plan: ValidationPlan) -> str:
    """Return the command that writes the page; options with their default values are left out.

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
        if value != field.default:
            option = "only" if field.name == "sections" else field.name.replace("_", "-")
            words.append(f"--{option} {value if isinstance(value, int) else ','.join(value)}")
    return " ".join([*words, "--markdown"])
