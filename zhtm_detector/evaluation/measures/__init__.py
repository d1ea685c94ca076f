"""Measures beside NAB's score, for those who do not trust its windows: of points, of ranges, and without a threshold.

All are functions of anomaly scores, shape (n,), and labelled ranges [first, last] of records, both ends included.
Ranges that touch or overlap are one. `corpus.py` takes them over a corpus, `tables.py` shows them.

| | measure | source |
|---|---|---|
| `points.py` | precision, recall and F1 of records at a threshold | |
| `points.py` | AUC-PR, as average precision | Davis and Goadrich, ICML 2006 |
| `range_wise.py` | precision, recall and F1 of ranges at a threshold | Tatbul et al., NeurIPS 2018 |
| `volume.py` | VUS-PR, the volume under the precision-recall surface | Paparrizos et al., VLDB 2022 |
| `period.py` | the sliding window that VUS-PR is widened by | TSB-AD's `find_length` |

The definitions are those of TSB-AD (TheDatumOrg/TSB-AD at 8763009, folder TSB_AD/evaluation), to whose figures
`tests/oracle_tsb_ad.py` compares ours. Edge cases:

- No labelled record: there is nothing to find. Recall, F1, AUC-PR and VUS-PR are NaN, and means leave the file out.
- All records labelled: one range; AUC-PR and VUS-PR are 1. TSB-AD's ranges come from changes of the label: it sees
  none, and fails.
- All records detected: one range. TSB-AD sees none here either: its range-wise precision is 0 then.
- Nothing detected: precision is 0, and F1 with it.
- Ties: records of one score are detected together. Constant scores have one threshold, and an AUC-PR that is the share
  of labelled records.
- Scores that are NaN or infinite are refused, and so are ranges outside of the records.

Packages that were looked at, and why the functions are our own: `prts` 1.0.0.3 (the last release of 2021, NumPy below
2; range-wise only), `vus` 0.0.6 (wants tensorflow, tsfresh, stumpy and more), `TSB-AD` 1.5 (wants torch, transformers
and NumPy below 2), `tsadmetrics` 1.0.16 (GPL), `aeon` 1.6 (well kept, BSD, but wants a numba below 0.64, scikit-learn
and SciPy), scikit-learn's `average_precision_score` (well kept, but an extra here, for ten lines). And TSB-AD's VUS-PR
of 20,000 records with a window of 100 takes 0.85 s, ours 0.01 s.
"""

from zhtm_detector.evaluation.measures.period import sliding_window
from zhtm_detector.evaluation.measures.points import PointCounts, average_precision, point_counts
from zhtm_detector.evaluation.measures.range_wise import RangeRates, range_rates
from zhtm_detector.evaluation.measures.volume import vus_pr

__all__ = [
    "PointCounts",
    "RangeRates",
    "average_precision",
    "point_counts",
    "range_rates",
    "sliding_window",
    "vus_pr",
]
