"""What every append passes before it is written, whichever engine writes it."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from zhiyin.conversation.facts import CustomerSaid, Event, Fact, Replied
from zhiyin.conversation.ids import AccountId, ContactId, ConversationId
from zhiyin.conversation.state import Conversation, apply, refuse_unlawful
from zhiyin.data.privacy.sealed import Row, seal

Place = tuple[AccountId, ConversationId]
Clock = Callable[[], datetime]

NOTHING_DUE = -1
DUE_AS_BEFORE = -2


@dataclass(frozen=True, slots=True)
class Written:
    """Events that passed the gate, as rows, and the state after them."""

    events: tuple[Event, ...]
    rows: tuple[Row, ...]
    state: Conversation
    needed: int  # number of the last event that asks for work, NOTHING_DUE or DUE_AS_BEFORE
    leased: bool = False  # the work was leased to who asked, in the same transaction

    @property
    def place(self) -> Place:
        """The conversation it belongs to."""
        return self.state.account, self.state.id


@dataclass(frozen=True, slots=True)
class Lease:
    """Who wants the work, from when until when."""

    worker: str
    now_us: int
    until_us: int


@dataclass(frozen=True, slots=True)
class SaidBefore:
    """The message was accepted before, as event `number`."""

    number: int


Compose = Callable[[Conversation, AESGCM], Written]


def compose(facts: Sequence[Fact], *, clock: Clock, cause: int | None) -> Compose:
    """Return what turns a state and a key into checked rows. It may run on another thread.

    Raises (when run):
        Conflict: the owner state machine refuses a fact.
    """

    def run(state: Conversation, cipher: AESGCM) -> Written:
        at = clock().astimezone(UTC)
        events, rows, needed = [], [], DUE_AS_BEFORE
        for fact in facts:
            event = Event(state.account, state.id, state.length, at, cause, fact)
            refuse_unlawful(state, event)
            state = apply(state, event)
            if isinstance(fact, Replied) or (isinstance(fact, CustomerSaid) and state.owner == "bot"):
                needed = event.number
            events.append(event)
            rows.append(seal(event, cipher))
        if not asks_for_work(state):
            needed = NOTHING_DUE
        return Written(tuple(events), tuple(rows), state, needed)

    return run


def asks_for_work(state: Conversation) -> bool:
    """Say whether a turn or a sending is due: the bot owes an answer, or a reply has not left."""
    return bool(state.undelivered) or (state.owner == "bot" and bool(state.unanswered))


class Memory:
    """The states folded lately, with the key that opened them; whoever uses one checks its length against the log."""

    def __init__(self, *, most: int) -> None:
        self._most = most
        self._states: OrderedDict[Place, tuple[Conversation, str]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, place: Place) -> tuple[Conversation, str] | None:
        """Return the state and its key's id."""
        with self._lock:
            found = self._states.get(place)
            if found is not None:
                self._states.move_to_end(place)
            return found

    def keep(self, state: Conversation, key: str) -> None:
        """Remember a state, unless a later one is here already."""
        place = (state.account, state.id)
        with self._lock:
            here = self._states.get(place)
            if here is not None and here[0].length > state.length:
                return
            self._states[place] = (state, key)
            self._states.move_to_end(place)
            if len(self._states) > self._most:
                self._states.popitem(last=False)

    def forget(self, account: AccountId, contact: ContactId) -> list[str]:
        """Drop a contact's states and return the ids of their keys."""
        with self._lock:
            places = [p for p, (s, _) in self._states.items() if p[0] == account and s.contact == contact]
            return [self._states.pop(place)[1] for place in places]

    def drop(self, place: Place) -> None:
        """Drop one state."""
        with self._lock:
            self._states.pop(place, None)

    def clear(self) -> None:
        """Drop all: something that was kept was never committed."""
        with self._lock:
            self._states.clear()
