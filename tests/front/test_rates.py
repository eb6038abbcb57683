"""Allowances."""

import pytest

from tests.front.standing import Clock
from zhiyin.errors import TooMany
from zhiyin.front.channels.rates import Buckets
from zhiyin.front.services import Rate


def test_a_burst_then_one_a_while() -> None:
    clock = Clock()
    buckets = Buckets(Rate(burst=3, per_s=0.5), clock=clock, keys=10)
    for _ in range(3):
        buckets.take("a")
    with pytest.raises(TooMany) as refused:
        buckets.take("a")
    assert refused.value.after_s == pytest.approx(2.0)
    buckets.take("b")
    clock.forward(seconds=1.9)
    with pytest.raises(TooMany):
        buckets.take("a")
    clock.forward(seconds=0.2)
    buckets.take("a")
    clock.forward(hours=1)
    for _ in range(3):
        buckets.take("a")
    with pytest.raises(TooMany):
        buckets.take("a")


def test_a_clock_set_back_gives_and_takes_nothing() -> None:
    clock = Clock()
    buckets = Buckets(Rate(burst=1, per_s=1), clock=clock, keys=10)
    buckets.take("a")
    clock.forward(hours=-1)
    with pytest.raises(TooMany) as refused:
        buckets.take("a")
    assert refused.value.after_s == pytest.approx(1.0)


def test_memory_is_bounded_and_the_longest_unused_is_forgotten() -> None:
    buckets = Buckets(Rate(burst=1, per_s=0.001), clock=Clock(), keys=2)
    for key in "abc":
        buckets.take(key)
    assert len(buckets) == 2
    buckets.take("a")
    for key in "ac":
        with pytest.raises(TooMany):
            buckets.take(key)
