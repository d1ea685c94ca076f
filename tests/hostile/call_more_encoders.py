"""Calls to the encoders of magnitudes, differences, categories, places, documents, bits, and of days.

All share one driver. It compares with a twin of a few lines where there is one, and otherwise with what all encoders
promise: their size, a look before, the same one by one, rebuilt from settings, and in the state before the last value.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from hostile import encoder_kinds as of
from hostile import place_kinds as at
from hostile.call_encoders import NO_SEQUENCES
from hostile.call_values import NO_WHOLE, pick
from hostile.calls import Call, Driver
from hostile.encoder_kinds import Kind, Rng
from zhtm_detector.htm.encoders import SDRCategoryEncoder
from zhtm_detector.htm.encoders.buckets import BucketEncoder
from zhtm_detector.htm.sdr import SDR

NO_SDR: list[Any] = [None, [1], {1}, "1", np.array([1], dtype=np.uint32), SDR.of([1], 2**20)]


class _Encoder:
    """An encoder, and the same one built from its settings, which takes the values one by one."""

    about: Kind

    def __init__(self, rng: Rng) -> None:
        self.good = self.about.good(rng)
        self.subject = self.about.kind(**self.good)
        self.other = type(self.subject).from_settings(self.subject.settings())
        self.seen: list[Any] = []

    def valid(self, rng: Rng) -> str:
        encoder, other = self.subject, self.other
        values = [self.about.value(rng, encoder) for _ in range(rng.integers(5))]
        looks = encoder.look_many(values).tolist()
        if looks != [encoder.look(value).indices.tolist() for value in values]:
            return f"look_many({values!r})"
        got = encoder.encode_many(pick(rng, [list, tuple])(values)).tolist()
        for value, bits in zip(values, got, strict=True):
            alone = [other.look(value), other.encode(value), other.earlier().look(value)]
            if any(one.indices.tolist() != bits or one.size != encoder.size for one in alone):
                return f"{encoder!r}: {value!r}: {bits} at once, {alone} alone"
            if bits != sorted(set(bits)) or len(bits) != encoder.active_bits or bits[-1] >= encoder.size:
                return f"{encoder!r}: {value!r}: {bits}"
            if self.about.twin and bits != (want := self.about.twin(encoder, self.seen, value)):
                return f"{encoder!r}: {value!r} after {self.seen[-2:]}: {bits} for {want}"
            self.seen.append(value)
        return "" if encoder.to_bytes() == other.to_bytes() else f"{encoder!r}: another state after {values!r}"

    def invalid(self, rng: Rng) -> Call:
        encoder, many = self.subject, pick(rng, NO_SEQUENCES)
        good, bad = self.about.value(rng, encoder), self.about.bad(rng, encoder)
        name = pick(rng, [*self.about.parameters])
        wrong = pick(rng, self.about.parameters[name])
        calls: list[Call] = [
            (f"encode({bad!r})", lambda: encoder.encode(bad)),
            (f"look({bad!r})", lambda: encoder.look(bad)),
            (f"encode_many([{bad!r}])", lambda: encoder.encode_many([good, bad])),
            (f"look_many([{bad!r}])", lambda: encoder.look_many((bad, good))),
            (f"encode_many({many!r})", lambda: encoder.encode_many(many)),
            (f"{name}={wrong!r}", lambda: self.about.kind(**self.good | {name: wrong})),
            (f"{name}={wrong!r}", lambda: self.about.kind(**self.good | {name: wrong})),
        ]
        no_bits, whole = pick(rng, NO_SDR), pick(rng, [2**53 + 1, *NO_WHOLE[1:]])
        if hasattr(encoder, "decode"):
            calls.append((f"decode({no_bits!r})", lambda: encoder.decode(no_bits, *self._more_to_decode)))
        if isinstance(encoder, BucketEncoder):
            bits = SDR.of([0], encoder.size)
            calls += [
                (f"bucket({bad!r})", lambda: encoder.bucket(bad)),
                (f"bucket_values({whole!r})", lambda: encoder.bucket_values(whole)),
                (f"decode(low={bad!r})", lambda: encoder.decode(bits, bad if bad is not None else 1.0)),
            ]
        return pick(rng, calls)

    @property
    def _more_to_decode(self) -> list[Any]:
        return [["a"]] if self.about.kind is SDRCategoryEncoder else []


_KINDS = {
    **{"Log": of.LOG, "Delta": of.DELTA, "Nested": of.NESTED, "Adaptive": of.ADAPTIVE, "Category": of.CATEGORY},
    **{"SDRCategory": of.SDR_CATEGORY, "Document": of.DOCUMENT, "Coordinate": at.COORDINATE},
    **{"Geospatial": at.GEOSPATIAL, "GridCell": at.GRID_CELL, "PassThrough": at.PASS_THROUGH},
    **{"SparsePassThrough": at.SPARSE, "Days": at.DAYS},
}
DRIVERS: list[type[Driver]] = [type(f"Call{name}", (_Encoder,), {"about": about}) for name, about in _KINDS.items()]
