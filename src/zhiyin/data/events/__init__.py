"""The conversation log and what waits because of it: append, read, follow. Nothing else writes history.

In one transaction an append writes its events, takes the client's message id, and leaves the work that
follows (`Due`): a turn for a `CustomerSaid`, a sending for a `Replied`. A crash at any moment therefore
loses nothing that was acknowledged; work is done at least once, and keys make a second time harmless.
"""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from zhiyin.conversation.facts import CustomerSaid, Event, Fact
from zhiyin.conversation.ids import AccountId, ContactId, ConversationId, InboxId
from zhiyin.conversation.state import Conversation


@dataclass(frozen=True, slots=True)
class Accepted:
    """Where a customer's message stands in the log; `again` says that it had been accepted before."""

    number: int
    again: bool
    leased: bool = False  # the named worker holds the turn


@dataclass(frozen=True, slots=True)
class Due:
    """A conversation with work to do, leased to one worker until `until`."""

    account: AccountId
    conversation: ConversationId
    until: datetime


@dataclass(frozen=True, slots=True)
class Whisper:
    """Something live that is no event: a piece of a reply being written, a status, somebody typing.

    It reaches those who follow right now and is kept nowhere.
    """

    kind: str  # "status", "delta", "withdrawn", "typing"
    text: str = ""
    author: str = "bot"


class EventLog(Protocol):
    """An append-only log per conversation, scoped to its account: another account's ids are simply not there."""

    async def open(
        self, account: AccountId, *, inbox: InboxId, contact: ContactId, channel: str, authenticated: bool = False
    ) -> Conversation:
        """Begin a conversation: its event 0 is `Opened`."""
        ...

    async def accept(
        self,
        account: AccountId,
        id: ConversationId,
        said: CustomerSaid,
        *,
        worker: str | None = None,
        lease_s: float = 10.0,
    ) -> Accepted:
        """Append a customer's message wherever the log now ends, once per `said.message`, and make a turn due.

        Durable when it returns. The turn is leased to `worker` in the same transaction, if one is named and nobody
        else holds it. Raises NotFound for an unknown conversation.
        """
        ...

    async def append(
        self,
        account: AccountId,
        id: ConversationId,
        facts: Sequence[Fact],
        *,
        after: int,
        cause: int | None = None,
    ) -> Conversation:
        """Append facts if the log has exactly `after` events, all or none, and return the state after them.

        When they leave no work to do, the due mark goes in the same transaction, with its lease.

        Raises:
            Conflict: somebody wrote first, or the owner state machine refuses a fact (`refuse_unlawful`).
            NotFound: no such conversation in this account.
        """
        ...

    async def load(self, account: AccountId, id: ConversationId) -> Conversation:
        """Return the state now. Raises NotFound."""
        ...

    async def read(self, account: AccountId, id: ConversationId, *, after: int = -1, limit: int = 1000) -> list[Event]:
        """Return events numbered above `after`, in order. Raises NotFound."""
        ...

    def follow(
        self, account: AccountId, id: ConversationId, *, after: int = -1
    ) -> AsyncGenerator[Event | Whisper, None]:
        """Yield the events above `after`, then each new one as it is written, and whispers in between.

        Nothing is lost or doubled between the past and the live part. Ends only when the caller leaves.
        """
        ...

    async def whisper(self, account: AccountId, id: ConversationId, whisper: Whisper) -> None:
        """Tell those who follow right now."""
        ...

    async def list_open(
        self, account: AccountId, *, contact: ContactId | None = None, limit: int = 50
    ) -> list[Conversation]:
        """Return conversations, the latest active first."""
        ...

    async def take_due(self, *, worker: str, lease_s: float, limit: int = 16) -> list[Due]:
        """Lease conversations that have a turn or a sending due, across accounts; for the worker loop only."""
        ...

    async def take(self, account: AccountId, id: ConversationId, *, worker: str, lease_s: float) -> bool:
        """Lease one conversation's work if nobody else holds it."""
        ...

    async def settle(self, account: AccountId, id: ConversationId, *, worker: str, seen: int) -> bool:
        """Give the lease back; the work is done if the log still has `seen` events. Returns whether it was."""
        ...

    async def defer(self, account: AccountId, id: ConversationId, *, worker: str, wait_s: float) -> None:
        """Give the lease back undone; nobody takes it before `wait_s` seconds have passed."""
        ...

    async def wait_due(self, *, at_most_s: float) -> None:
        """Return when new work may be due, or after `at_most_s` seconds."""
        ...
