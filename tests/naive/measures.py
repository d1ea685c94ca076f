"""Range-wise rates and VUS-PR in plain loops, from the papers' formulas: slow twins of `evaluation.measures`.

Tatbul et al., NeurIPS 2018, section 4; Paparrizos et al., PVLDB 15(11), 2022, section 4, with TSB-AD's positive mass.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

Range = tuple[int, int]


def runs(flags: Sequence[bool]) -> list[Range]:
    found = []
    first = None
    for i, flag in enumerate([*flags, False]):
        if flag and first is None:
            first = i
        elif not flag and first is not None:
            found.append((first, i - 1))
            first = None
    return found


def labels_of(ranges: Sequence[Range], n: int) -> list[bool]:
    return [any(first <= i <= last for first, last in ranges) for i in range(n)]


def overlap_reward(span: Range, others: Sequence[Range]) -> float:
    """Equation 6 with flat bias, times the cardinality factor 1 / x."""
    meets = [other for other in others if other[0] <= span[1] and other[1] >= span[0]]
    size = sum(min(span[1], last) - max(span[0], first) + 1 for first, last in meets)
    return size / (span[1] - span[0] + 1) / max(len(meets), 1)


def range_rates(
    scores: Sequence[float], ranges: Sequence[Range], threshold: float, alpha: float
) -> tuple[float, float, float]:
    real = runs(labels_of(ranges, len(scores)))
    predicted = runs([score >= threshold for score in scores])
    recalls = []
    for span in real:
        exists = any(first <= span[1] and last >= span[0] for first, last in predicted)
        recalls.append(alpha * exists + (1 - alpha) * overlap_reward(span, predicted))
    precisions = [overlap_reward(span, real) for span in predicted]
    recall = sum(recalls) / len(recalls) if recalls else math.nan
    precision = sum(precisions) / len(precisions) if precisions else 0.0
    f1 = 0.0 if precision + recall == 0 else 2 * precision * recall / (precision + recall)
    return precision, recall, f1


def widened_labels(spans: Sequence[Range], n: int, width: int) -> list[float]:
    labels = [0.0] * n
    for first, last in spans:
        for i in range(first, last + 1):
            labels[i] += 1.0
        for distance in range(1, width // 2 + 1):
            for i in (first - distance, last + distance):
                if 0 <= i < n:
                    labels[i] += math.sqrt(1 - distance / width)
    return [min(label, 1.0) for label in labels]


def widened_spans(spans: Sequence[Range], n: int, half: int) -> list[Range]:
    merged: list[Range] = []
    for first, last in spans:
        if merged and first - half <= merged[-1][1]:
            merged[-1] = (merged[-1][0], last + half)
        else:
            merged.append((first - half, last + half))
    return [(max(first, 0), min(last, n - 1)) for first, last in merged]


def vus_pr(scores: Sequence[float], ranges: Sequence[Range], window: int, thresholds: int) -> float:
    n = len(scores)
    real = labels_of(ranges, n)
    spans = runs(real)
    if not spans:
        return math.nan
    descending = sorted(scores, reverse=True)
    areas = []
    for width in range(window + 1):
        labels = widened_labels(spans, n, width)
        wide = widened_spans(spans, n, width // 2)
        before = area = 0.0
        for rank in np.linspace(0, n - 1, thresholds):
            detected = [i for i in range(n) if scores[i] >= descending[int(rank)]]
            true_positives = sum(labels[i] for i in detected)
            counted = sum(labels[i] for i in range(n) if real[i] or i in set(detected))  # of the labels that are found
            mass = (sum(real) + counted) / 2
            met = sum(any(first <= i <= last for i in detected) for first, last in wide) / len(wide)
            recall = min(true_positives / mass, 1.0) * met
            area += (recall - before) * true_positives / len(detected)
            before = recall
        areas.append(area)
    return sum(areas) / len(areas)
