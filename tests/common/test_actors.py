"""Objects on the workers of a cluster: how often they and the scheduler are asked."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace
from typing import Any

import pytest

from zhtm_detector.common.actors import Actors
from zhtm_detector.common.errors import InputError


class Cluster:
    """A client, and objects that answer at once; each question is counted."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.workers = {"tcp://one": 1, "tcp://two": 1}

    def nthreads(self) -> dict[str, int]:
        self.asked["scheduler"] += 1
        return self.workers

    def object(self, number: int) -> Any:
        def double(value: int) -> Any:
            self.asked[f"object {number}"] += 1
            return done(2 * value)

        return done(SimpleNamespace(double=double))


def done(result: Any) -> Any:
    return SimpleNamespace(status="finished", result=lambda timeout: result)


@pytest.fixture
def cluster() -> Cluster:
    return Cluster()


@pytest.fixture
def actors(cluster: Cluster) -> Actors:
    homes = {number: ("tcp://one", "tcp://two")[number % 2] for number in range(8)}
    client: Any = cluster
    return Actors(client, "tcp://s:1", {number: cluster.object(number) for number in homes}, homes)


def test_one_question_to_each(cluster: Cluster, actors: Actors) -> None:
    assert actors.call("double", {number: (number,) for number in range(8)}) == {n: 2 * n for n in range(8)}
    assert cluster.asked == {"scheduler": 1, **{f"object {number}": 1 for number in range(8)}}


def test_a_worker_that_is_lost(cluster: Cluster, actors: Actors) -> None:
    del cluster.workers["tcp://two"]
    assert actors.call("double", {0: (1,), 2: (1,)}) == {0: 2, 2: 2}
    cluster.asked.clear()
    with pytest.raises(InputError, match="tcp://s:1: expected worker tcp://two to last, lost it"):
        actors.call("double", {0: (1,), 1: (1,)})
    assert cluster.asked == {"scheduler": 1}
