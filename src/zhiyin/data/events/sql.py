"""The event log over SQLite or PostgreSQL: `SqlEventLog` is an `EventLog`."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from datetime import UTC, datetime

from zhiyin.conversation.facts import CustomerSaid, Event, Fact, Opened
from zhiyin.conversation.ids import AccountId, ContactId, ConversationId, InboxId, new_id
from zhiyin.conversation.state import Conversation
from zhiyin.data.database import Database
from zhiyin.data.events import Accepted, Due, Whisper
from zhiyin.data.events.audience import Audience, Look
from zhiyin.data.events.gate import Clock, Lease, Memory, Place, SaidBefore, Written, compose
from zhiyin.data.events.ledger import Folding, Ledger
from zhiyin.data.events.postgres_ledger import PostgresLedger
from zhiyin.data.events.sqlite_ledger import SqliteLedger
from zhiyin.data.news import MOST_BYTES, Note, written
from zhiyin.data.privacy.sealed import from_us, message_mark, to_us
from zhiyin.data.privacy.sealing import Sealing

_PAGE = 500
_MOST_READ = 10_000


def _now() -> datetime:
    return datetime.now(UTC)


class SqlEventLog:
    """An append-only log per conversation, in whichever store `database` is.

    Other processes hear of events at once on PostgreSQL, within about 0.25 s on SQLite; whispers cross processes on
    PostgreSQL alone.
    """

    def __init__(
        self,
        database: Database,
        *,
        sealing: Sealing | None = None,
        clock: Clock = _now,
        remember: int = 1024,
    ) -> None:
        """Take the store, the keys of its contacts, and how many folded states to keep at hand."""
        self._clock = clock
        self._database = database
        self._news = database.news
        self._audience = Audience()
        self._maybe_due = asyncio.Event()
        self._me = new_id()
        self._keyring = (sealing or Sealing(database)).keyring
        self._memory = Memory(most=remember)
        folding = Folding(self._memory, self._keyring)
        engine = SqliteLedger if database.name == "sqlite" else PostgresLedger
        self._ledger: Ledger = engine(database, folding, on_written=self._tell)
        database.news.listen(self)

    async def open(
        self, account: AccountId, *, inbox: InboxId, contact: ContactId, channel: str, authenticated: bool = False
    ) -> Conversation:
        """Begin a conversation: its event 0 is `Opened`. The contact gets a key if they have none."""
        opened = Opened(inbox, contact, channel, authenticated)
        composed = compose([opened], clock=self._clock, cause=None)
        return (await self._ledger.open((account, ConversationId(new_id())), contact, composed)).state

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

        The turn is leased to `worker` in the same transaction, if one is named and nobody else holds it.

        Raises:
            NotFound: no such conversation in this account, or its contact was forgotten.
        """
        outcome = await self._ledger.append(
            (account, id),
            compose([said], clock=self._clock, cause=None),
            after=None,
            message=message_mark(said.message),
            lease=None if worker is None else self._lease(worker, lease_s),
        )
        if isinstance(outcome, SaidBefore):
            return Accepted(outcome.number, again=True)
        return Accepted(outcome.events[0].number, again=False, leased=outcome.leased)

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
            Conflict: somebody wrote first, the owner state machine refuses a fact, or a message was accepted before.
            NotFound: no such conversation in this account, or its contact was forgotten.
        """
        composed = compose(facts, clock=self._clock, cause=cause)
        outcome = await self._ledger.append((account, id), composed, after=after)
        assert isinstance(outcome, Written)  # only a message makes the other outcome
        return outcome.state

    async def load(self, account: AccountId, id: ConversationId) -> Conversation:
        """Return the state now. Raises NotFound."""
        return await self._ledger.load((account, id))

    async def read(self, account: AccountId, id: ConversationId, *, after: int = -1, limit: int = 1000) -> list[Event]:
        """Return events numbered above `after`, in order, 10,000 at most; of a forgotten contact their outlines.

        Raises NotFound.
        """
        return await self._ledger.read((account, id), after=max(after, -1), limit=max(0, min(limit, _MOST_READ)))

    async def follow(
        self, account: AccountId, id: ConversationId, *, after: int = -1
    ) -> AsyncGenerator[Event | Whisper, None]:
        """Yield the events above `after`, then each new one as it is written, and whispers in between.

        Nothing is lost or doubled. Raises NotFound from the first step.
        """
        self._news.start()
        place, last = (account, id), max(after, -1)
        follower = self._audience.join(place)
        try:
            while True:
                for item in await follower.next():
                    if isinstance(item, Whisper):
                        yield item
                    elif isinstance(item, Event) and item.number <= last + 1:
                        if item.number > last:
                            last = item.number
                            yield item
                    else:
                        until = item.until if isinstance(item, Look) else item.number + 1
                        async for event in self._pages(place, after=last, until=until):
                            last = event.number
                            yield event
        finally:
            self._audience.leave(place, follower)

    async def _pages(self, place: Place, *, after: int, until: int | None) -> AsyncIterator[Event]:
        full = True
        while full:
            limit = _PAGE if until is None else min(_PAGE, until - 1 - after)
            page = await self._ledger.read(place, after=after, limit=limit) if limit > 0 else []
            for event in page:
                yield event
            full = len(page) == _PAGE
            after = page[-1].number if page else after

    async def whisper(self, account: AccountId, id: ConversationId, whisper: Whisper) -> None:
        """Tell those who follow right now. What is too long for a note reaches this process alone, deltas in pieces."""
        self._audience.tell((account, id), [whisper])
        self._news.post(_notes(self._me, (account, id), whisper))

    async def list_open(
        self, account: AccountId, *, contact: ContactId | None = None, limit: int = 50
    ) -> list[Conversation]:
        """Return conversations, the latest active first; ended ones too, since a new message opens them again."""
        return await self._ledger.latest(account, contact, limit=max(0, min(limit, _PAGE)))

    async def take_due(self, *, worker: str, lease_s: float, limit: int = 16) -> list[Due]:
        """Lease conversations that have a turn or a sending due and no living lease, the longest waiting first."""
        lease = self._lease(worker, lease_s)
        places = await self._ledger.take_due(lease, limit=limit)
        return [Due(account, id, from_us(lease.until_us)) for account, id in places]

    async def take(self, account: AccountId, id: ConversationId, *, worker: str, lease_s: float) -> bool:
        """Lease one conversation's work, or make the worker's own lease longer.

        Returns False when nothing is due or another worker holds it. Raises NotFound.
        """
        return await self._ledger.take((account, id), self._lease(worker, lease_s))

    async def settle(self, account: AccountId, id: ConversationId, *, worker: str, seen: int) -> bool:
        """Give the lease back; the work is done if no event numbered `seen` or above asks for more.

        Returns whether nothing is due now. A worker whose lease went to another changes nothing. Raises NotFound.
        """
        done = await self._ledger.settle((account, id), worker, seen=seen)
        if not done:
            self._maybe_due.set()
            self._news.post([["due"]])
        return done

    async def defer(self, account: AccountId, id: ConversationId, *, worker: str, wait_s: float) -> None:
        """Give the lease back undone; nobody takes it before `wait_s` seconds have passed, or a new message came.

        Raises NotFound.
        """
        await self._ledger.defer((account, id), worker, due_us=self._lease(worker, wait_s).until_us)
        if wait_s <= 0:
            self._maybe_due.set()
            self._news.post([["due"]])

    async def wait_due(self, *, at_most_s: float) -> None:
        """Return when new work may be due, or after `at_most_s` seconds."""
        self._news.start()
        try:
            await asyncio.wait_for(self._maybe_due.wait(), at_most_s)
        except TimeoutError:
            return
        self._maybe_due.clear()

    def hear(self, note: Note) -> None:
        """Take a note from this or another process."""
        match note:
            case ["events", str(sender), str(account), str(id), int(length), bool(due)] if sender != self._me:
                self._audience.send_back((AccountId(account), ConversationId(id)), length=length)
                if due:
                    self._maybe_due.set()
            case ["whisper", str(sender), str(account), str(id), str(kind), str(text), str(author)] if (
                sender != self._me
            ):
                self._audience.tell((AccountId(account), ConversationId(id)), [Whisper(kind, text, author)])
            case ["due"]:
                self._maybe_due.set()
            case ["forgotten", str(account), str(contact)]:
                for key in self._memory.forget(AccountId(account), ContactId(contact)):
                    self._keyring.forget(AccountId(account), key)

    def missed(self) -> None:
        """Look at the log: notes may have been lost."""
        self._audience.send_all_back()
        self._maybe_due.set()

    async def waiting(self) -> tuple[int, int]:
        """Count, over all accounts, the conversations that have a turn due, and those that wait for a person."""
        ((due,),) = await self._database.fetch("SELECT count(*) FROM conversations WHERE needed IS NOT NULL")
        ((queue,),) = await self._database.fetch("SELECT count(*) FROM conversations WHERE owner = 'queue'")
        return due, queue

    async def ready(self) -> None:
        """Wait until this process hears the others; calling it is needed only to be sure of it."""
        await self._news.started()

    @property
    def followers(self) -> int:
        """How many follow conversations in this process."""
        return len(self._audience)

    async def close(self) -> None:
        """Stop hearing of what others write."""
        self._news.stop_telling(self)

    def _tell(self, done: Written) -> None:
        self._audience.tell(done.place, done.events)
        due = done.needed >= 0 and not done.leased
        if due:
            self._maybe_due.set()
        self._news.post([["events", self._me, *done.place, done.state.length, due]])

    def _lease(self, worker: str, for_s: float) -> Lease:
        now_us = to_us(self._clock())
        return Lease(worker, now_us, now_us + round(for_s * 1_000_000))


def _notes(sender: str, place: Place, whisper: Whisper) -> list[Note]:
    """Return the whisper as notes that fit: a delta in pieces if need be, anything else whole or not at all."""
    head = ["whisper", sender, *place, whisper.kind]
    room = MOST_BYTES - len(written([*head, "", whisper.author]).encode())
    if len(written([whisper.text]).encode()) <= room:
        return [[*head, whisper.text, whisper.author]]
    if whisper.kind != "delta" or room < 64:
        return []
    step = room // 6  # a character takes six bytes at most, escaped
    return [[*head, whisper.text[i : i + step], whisper.author] for i in range(0, len(whisper.text), step)]
