"""One vote of several fields."""

from __future__ import annotations

from collections.abc import Iterable


def vote_of(scores: Iterable[float]) -> float:
    """Combine the scores of a record's fields, each in [0, 1], into one; 0 without any field.

    A limited noisy-OR: the doubt, 1 - score, is the product of the fields' doubts, that of the k-th strongest to the
    power of 1/k². A record is never less suspicious than its most suspicious field, whose score alone would be the
    result; others add to it, but however many there are, they count as less than two thirds (pi²/6 - 1) of another
    equal one. A plain noisy-OR would make an alarm of many fields that each are a little unusual, as some always are:
    of ten scores of 0.1 it makes 0.65, this vote 0.15. So a threshold chosen on single metrics keeps its meaning. The
    number of alerts still grows with the number of fields that may cause one; a target rate holds for the vote.

    Source of the weights by rank: R. Yager, "On ordered weighted averaging aggregation operators", IEEE Transactions
    on Systems, Man, and Cybernetics 18 (1988), here of the logarithm of the doubt.

    Examples
    --------
    >>> vote_of([0.5]), round(vote_of([0.1] * 10), 3), round(vote_of([0.9, 0.5, 0.0]), 3)
    (0.5, 0.151, 0.916)
    """
    first, *others = sorted(scores, reverse=True) or [0.0]
    if not others:
        return first
    doubt = 1.0 - first
    for rank, score in enumerate(others, 2):
        doubt *= (1.0 - score) ** (1.0 / (rank * rank))
    return max(first, 1.0 - doubt)  # which rounding may leave below it
