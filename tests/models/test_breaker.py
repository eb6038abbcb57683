"""The circuit breaker as a state machine, with a clock that only moves when told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhiyin.errors import Unavailable
from zhiyin.models.breaker import Breaker


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def breaker(clock: Clock, *, after: int = 3) -> Breaker:
    return Breaker("the model", after=after, rest_s=20.0, clock=clock)


def fail(circuit: Breaker, times: int) -> None:
    for _ in range(times):
        circuit.admit()
        circuit.failed()


def test_opens_after_failures_in_a_row_and_not_before() -> None:
    clock = Clock()
    circuit = breaker(clock)
    fail(circuit, 2)
    circuit.admit()
    circuit.succeeded()
    fail(circuit, 3)
    with pytest.raises(Unavailable, match="the model failed 3 times"):
        circuit.admit()


def test_lets_one_call_try_after_the_rest_and_closes_when_it_succeeds() -> None:
    clock = Clock()
    circuit = breaker(clock)
    fail(circuit, 3)
    clock.now += 19.9
    with pytest.raises(Unavailable):
        circuit.admit()
    clock.now += 0.2
    circuit.admit()
    with pytest.raises(Unavailable):
        circuit.admit()
    circuit.succeeded()
    circuit.admit()
    circuit.admit()


def test_opens_again_when_the_try_fails() -> None:
    clock = Clock()
    circuit = breaker(clock)
    fail(circuit, 3)
    clock.now += 21
    fail(circuit, 1)
    clock.now += 19
    with pytest.raises(Unavailable):
        circuit.admit()
    clock.now += 2
    circuit.admit()


def test_a_try_whose_caller_left_makes_room_for_another() -> None:
    clock = Clock()
    circuit = breaker(clock)
    fail(circuit, 3)
    clock.now += 21
    circuit.admit()
    circuit.left()
    circuit.admit()


def test_leaves_the_service_alone_as_long_as_it_asked_within_reason() -> None:
    clock = Clock()
    circuit = breaker(clock)
    circuit.admit()
    circuit.failed(asked_s=5.0)
    with pytest.raises(Unavailable):
        circuit.admit()
    clock.now += 5.1
    circuit.admit()
    circuit.failed(asked_s=10_000.0)
    clock.now += 60.1
    circuit.admit()


@given(st.lists(st.sampled_from(["ok", "fail", "leave", "wait"]), max_size=60))
def test_is_never_shut_for_good(deeds: list[str]) -> None:
    clock = Clock()
    circuit = breaker(clock)
    for deed in deeds:
        if deed == "wait":
            clock.now += 7
            continue
        try:
            circuit.admit()
        except Unavailable:
            continue
        {"ok": circuit.succeeded, "fail": circuit.failed, "leave": circuit.left}[deed]()
    clock.now += 61
    circuit.admit()
    circuit.succeeded()
    circuit.admit()
