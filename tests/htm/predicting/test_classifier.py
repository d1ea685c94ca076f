"""The SDR classifier: its rules one at a time, and equal to its slow twin."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from naive.classifier import SlowClassifier

from zhtm_detector.common.errors import InputError
from zhtm_detector.htm.predicting import SDRClassifier
from zhtm_detector.htm.sdr import SDR

ONE, OTHER = SDR.of([0, 1], size=6), SDR.of([4, 5], size=6)


def test_it_knows_nothing_at_first() -> None:
    assert SDRClassifier(6, 4).infer(ONE).tolist() == [0.25] * 4


def test_the_bucket_that_came_becomes_likelier_for_these_bits_more_than_for_others() -> None:
    classifier = SDRClassifier(6, 4)
    classifier.learn(ONE, 2)
    after, others = classifier.infer(ONE), classifier.infer(OTHER)
    assert after[2] > others[2] > 0.25
    assert after[0] == after[1] == after[3] < 0.25


def test_a_soft_one_teaches_the_neighbours_too() -> None:
    classifier = SDRClassifier(6, 5, softness=1)
    classifier.learn(ONE, 1)
    said = classifier.infer(ONE)
    assert said[1] > said[0] == said[2] > said[3] == said[4]


def test_rates_fall_with_the_errors_a_bit_has_met_unless_decay_is_0() -> None:
    for decay, falls in ((0.3, True), (0.0, False)):
        classifier = SDRClassifier(6, 2, rate=0.1, decay=decay)
        steps = []
        for bucket in (0, 1):  # nearly the same error, the other way round
            before = classifier.infer(ONE)[bucket]
            classifier.learn(ONE, bucket)
            steps.append(classifier.infer(ONE)[bucket] - before)
        assert bool(steps[1] < 0.9 * steps[0]) is falls


def test_of_some_buckets_given_that_it_is_one_of_them() -> None:
    classifier = SDRClassifier(6, 5)
    for bucket in (0, 2, 2, 3):
        classifier.learn(ONE, bucket)
    whole = classifier.infer(ONE)
    some = classifier.infer_checked(np.array([0, 1]), 1, 3)
    assert some == pytest.approx(whole[1:4] / whole[1:4].sum())


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.integers(2, 7),
    st.sampled_from([0.0, 0.5, 6.0, 200.0]),
    st.sampled_from([0.0, 0.3, 0.5]),
    st.integers(0, 1),
)
def test_it_equals_its_slow_twin(seed: int, buckets: int, rate: float, decay: float, softness: int) -> None:
    rng = np.random.default_rng(seed)
    fast = SDRClassifier(12, buckets, rate, decay, softness)
    slow = SlowClassifier(12, buckets, rate, decay, softness)
    for _ in range(25):
        bits = np.flatnonzero(rng.random(12) < 0.3)
        first = int(rng.integers(buckets - 1))
        count = int(rng.integers(1, buckets - first + 1))
        said = fast.infer_checked(bits, first, count)
        assert said.tolist() == slow.infer(bits.tolist(), first, count)
        assert said.sum() == pytest.approx(1.0)
        bucket = int(rng.integers(buckets))
        fast.learn_checked(bits, bucket)
        slow.learn(bits.tolist(), bucket)


def test_a_saved_one_goes_on_as_before(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    classifier = SDRClassifier(40, 5, softness=1)

    def go_on(one: SDRClassifier, seed: int) -> list[float]:
        rng = np.random.default_rng(seed)
        said: list[float] = []
        for _ in range(20):
            sdr = SDR.of(rng.permutation(40)[:4], size=40)
            said += one.infer(sdr).tolist()
            one.learn(sdr, int(rng.integers(5)))
        return said

    go_on(classifier, int(rng.integers(100)))
    classifier.save(tmp_path / "one")
    loaded = SDRClassifier.load(tmp_path / "one")
    assert go_on(loaded, 7) == go_on(classifier, 7)


@pytest.mark.parametrize(
    ("name", "spoiled"),
    [
        ("bits", np.array([1, 1])),
        ("bits", np.array([1, 6])),
        ("weights", np.full((2, 4), np.nan, dtype=np.float32)),
        ("errors", np.zeros(2)),
        ("bias", np.zeros(3)),
    ],
)
def test_arrays_that_no_classifier_has_are_refused(name: str, spoiled: np.ndarray) -> None:
    classifier = SDRClassifier(6, 4)
    classifier.learn(ONE, 2)
    arrays = classifier.state_arrays() | {name: spoiled}
    with pytest.raises(InputError, match=f"^here: {name}: expected"):
        SDRClassifier.from_content(classifier.settings(), arrays, "here")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: SDRClassifier(0, 4), "size: expected"),
        (lambda: SDRClassifier(6, 1), "buckets: expected"),
        (lambda: SDRClassifier(2**20, 2**10), "buckets: expected"),
        (lambda: SDRClassifier(6, 4, rate=float("nan")), "rate: expected"),
        (lambda: SDRClassifier(6, 4, decay=2.0), "decay: expected"),
        (lambda: SDRClassifier(6, 4, softness=4), "softness: expected"),
        (lambda: SDRClassifier(6, 4).infer(SDR.of([1], size=7)), "sdr: expected an SDR of 6 bits, got one of 7"),
        (lambda: SDRClassifier(6, 4).infer([1]), "sdr: expected an SDR of 6 bits, got "),  # type: ignore[arg-type]
        (lambda: SDRClassifier(6, 4).learn(ONE, 4), "bucket: expected"),
    ],
)
def test_bad_input_is_refused(call: object, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}"):
        call()  # type: ignore[operator]
