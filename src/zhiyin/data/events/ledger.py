"""What an engine does for the log: rows in, rows out, work leased. `sqlite_ledger` and `postgres_ledger` do it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from zhiyin.conversation.facts import Event
from zhiyin.conversation.ids import AccountId, ContactId, ConversationId
from zhiyin.conversation.state import Conversation, apply
from zhiyin.data.events.gate import Compose, Lease, Memory, Place, SaidBefore, Written
from zhiyin.data.privacy.keys import Keyring
from zhiyin.data.privacy.sealed import Row, unseal
from zhiyin.errors import NotFound


@dataclass(frozen=True, slots=True)
class Head:
    """How long a log is and under which key; no secret: its contact was forgotten."""

    length: int
    key: str
    secret: bytes | None


class Ledger(Protocol):
    """Keeps the log's rows. Every write is one transaction, told to other processes with its commit."""

    async def open(self, place: Place, contact: ContactId, composed: Compose) -> Written: ...

    async def append(
        self,
        place: Place,
        composed: Compose,
        *,
        after: int | None,
        message: bytes | None = None,
        lease: Lease | None = None,
    ) -> Written | SaidBefore:
        """Append at `after`, or wherever the log ends; nothing if `message` is there already.

        Work that this makes due is leased if it is free; where no work is left, the lease goes.
        """
        ...

    async def load(self, place: Place) -> Conversation: ...

    async def read(self, place: Place, *, after: int, limit: int) -> list[Event]: ...

    async def latest(self, account: AccountId, contact: ContactId | None, *, limit: int) -> list[Conversation]: ...

    async def take_due(self, lease: Lease, *, limit: int) -> list[Place]: ...

    async def take(self, place: Place, lease: Lease) -> bool: ...

    async def settle(self, place: Place, worker: str, *, seen: int) -> bool: ...

    async def defer(self, place: Place, worker: str, *, due_us: int) -> None: ...


class Folding:
    """What both engines do with rows once they have them."""

    def __init__(self, memory: Memory, keyring: Keyring) -> None:
        self.memory, self.keyring = memory, keyring

    def remembered(self, place: Place, head: Head) -> Conversation:
        """Return the longest state at hand that is no longer than the log: perhaps an empty one."""
        found = self.memory.get(place)
        if found is not None and head.secret is not None and found[1] == head.key and found[0].length <= head.length:
            return found[0]
        return Conversation(*place)

    def fold(self, state: Conversation, head: Head, rows: Sequence[Row]) -> Conversation:
        """Return the state after `rows`, and remember it."""
        if rows:
            for event in self.events((state.account, state.id), head, rows):
                state = apply(state, event)
        if head.secret is None:
            self.memory.drop((state.account, state.id))
        else:
            self.memory.keep(state, head.key)
        return state

    def events(self, place: Place, head: Head, rows: Sequence[Row]) -> list[Event]:
        """Return the rows' events."""
        cipher = None if head.secret is None else self.keyring.cipher(place[0], head.key, head.secret)
        return [unseal(*place, row, cipher) for row in rows]


def not_found(id: ConversationId) -> NotFound:
    """Say that the account has no such conversation."""
    return NotFound(f"no conversation {id} in this account")


def forgotten(id: ConversationId) -> NotFound:
    """Say that nothing more may be written about a forgotten contact."""
    return NotFound(f"the contact of conversation {id} was forgotten; begin another conversation")
