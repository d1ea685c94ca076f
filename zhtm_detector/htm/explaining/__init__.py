"""Why a record has its score: what each view saw, what it expected, and one sentence for a reader."""

from zhtm_detector.htm.explaining.explanation import Explanation, ViewEvidence
from zhtm_detector.htm.explaining.records import explain_records

__all__ = ["Explanation", "ViewEvidence", "explain_records"]
