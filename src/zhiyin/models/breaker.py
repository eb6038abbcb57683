"""When to leave a failing service alone: a circuit breaker as a pure state machine.

closed ──`failures` in a row──▶ open ──`rest_s` later──▶ half open ──success──▶ closed
                             ▲                          │ (one call at a time)
                             └────────── failure ───────┘
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from zhiyin.errors import Unavailable


@dataclass(frozen=True, slots=True)
class Circuit:
    """What is known of the service: failures in a row, and until when it is left alone."""

    failures: int = 0
    open_until: float | None = None
    trying: bool = False  # half open: one call is out to see whether the service is back


def admit(circuit: Circuit, *, now: float) -> Circuit | None:
    """Return the circuit with one more call let through, or None when the call must not be made."""
    if circuit.open_until is None:
        return circuit
    if now < circuit.open_until or circuit.trying:
        return None
    return replace(circuit, trying=True)


def failed(circuit: Circuit, *, now: float, after: int, rest_s: float, asked_s: float = 0.0) -> Circuit:
    """Return the circuit after a failure; `asked_s` is how long the service itself asked to be left alone."""
    failures = circuit.failures + 1
    if failures < after and not circuit.trying and asked_s <= 0:
        return Circuit(failures, circuit.open_until)
    return Circuit(failures, now + max(rest_s if failures >= after or circuit.trying else 0.0, asked_s))


class Breaker:
    """Holds one circuit and a clock; every admitted call must end in exactly one of `succeeded`, `failed`, `left`."""

    def __init__(
        self,
        what: str,
        *,
        after: int = 5,
        rest_s: float = 20.0,
        asked_at_most_s: float = 60.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._what, self._after, self._rest_s, self._asked_at_most_s = what, after, rest_s, asked_at_most_s
        self._clock = clock
        self.circuit = Circuit()

    def admit(self) -> None:
        """Let a call through.

        Raises:
            Unavailable: the circuit is open, or half open with a call already out.
        """
        admitted = admit(self.circuit, now=self._clock())
        if admitted is None:
            raise Unavailable(f"{self._what} failed {self.circuit.failures} times in a row and is left alone for now")
        self.circuit = admitted

    def succeeded(self) -> None:
        """Close the circuit."""
        self.circuit = Circuit()

    def failed(self, *, asked_s: float = 0.0) -> None:
        """Count a failure, and leave the service alone for as long as it asked, within reason."""
        self.circuit = failed(
            self.circuit,
            now=self._clock(),
            after=self._after,
            rest_s=self._rest_s,
            asked_s=min(asked_s, self._asked_at_most_s),
        )

    def left(self) -> None:
        """Forget a call whose caller went away before anything was known."""
        self.circuit = replace(self.circuit, trying=False)
