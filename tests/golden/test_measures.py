"""The measures give TSB-AD's figures: those of thirteen small seeded files.

They were written by ``python tests/oracle_tsb_ad.py --tsb-ad FOLDER --write`` with TheDatumOrg/TSB-AD at 8763009,
scikit-learn 1.9.1 and NumPy 2.4.6; the same script compares them on whole corpora.
"""

from __future__ import annotations

import json

import pytest
from measure_cases import Case, cases
from oracle_tsb_ad import GOLDEN, ours


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_equal_to_tsb_ad(case: Case) -> None:
    expected = json.loads(GOLDEN.read_text(encoding="utf-8"))[case.name]
    assert ours(case) == pytest.approx(expected, abs=1e-9, rel=0)


def test_every_case_is_there() -> None:
    assert list(json.loads(GOLDEN.read_text(encoding="utf-8"))) == [case.name for case in cases()]
