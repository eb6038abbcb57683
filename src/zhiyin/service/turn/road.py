"""The road as channels see it: say something, follow what comes of it."""

from collections.abc import AsyncGenerator, Callable, Sequence
from datetime import datetime, timedelta

from zhiyin.conversation.catalogue import say as text_of
from zhiyin.conversation.facts import (
    CustomerSaid,
    Delivered,
    Ended,
    Event,
    Fact,
    HandedOver,
    Rated,
    Replied,
    ReturnedToBot,
    Taken,
)
from zhiyin.conversation.ids import AccountId, ContactId, ConversationId, InboxId, MessageId, PersonId, new_id
from zhiyin.conversation.state import Conversation
from zhiyin.data.events import Accepted, EventLog, Whisper
from zhiyin.errors import Conflict, Invalid, NotFound
from zhiyin.service.perceive import perceive
from zhiyin.service.turn.worker import Worker

_RACES = 8
"""How often an append that lost a race is decided again before the caller is told."""


class ConversationRoad:
    """Takes what people say, and lets the worker answer."""

    def __init__(
        self,
        events: EventLog,
        worker: Worker,
        *,
        clock: Callable[[], datetime],
        max_chars: int = 4000,
        person_lease_s: float = 900,
    ) -> None:
        self._events = events
        self._worker = worker
        self._clock = clock
        self._max_chars = max_chars
        self._person_lease = timedelta(seconds=person_lease_s)

    async def open(
        self, account: AccountId, *, inbox: InboxId, contact: ContactId, channel: str, authenticated: bool
    ) -> Conversation:
        """Begin a conversation."""
        return await self._events.open(
            account, inbox=inbox, contact=contact, channel=channel, authenticated=authenticated
        )

    async def say(self, account: AccountId, id: ConversationId, *, message: str, text: str) -> Accepted:
        """Accept the customer's words once per `message`; durable on return, answered by a turn soon after.

        Raises:
            Invalid: the text is empty or longer than `max_chars`, or the message id is.
            NotFound: no such conversation in this account.
        """
        if not 0 < len(message) <= 128:
            raise Invalid("a message needs an id of 1 to 128 characters, made by the sender and kept on retries")
        if len(text) > self._max_chars:
            raise Invalid(f"the text has {len(text)} characters; at most {self._max_chars} are read")
        words = perceive(text)
        if not words.strip():
            raise Invalid("the text is empty; send at least one visible character")
        accepted = await self._events.accept(
            account,
            id,
            CustomerSaid(MessageId(message), words),
            worker=self._worker.name if self._worker.taking else None,
            lease_s=self._worker.pace.lease_s,
        )
        if not accepted.again:
            self._worker.heard(account, id)
            if accepted.leased:
                self._worker.began(account, id)
        return accepted

    async def ask_for_person(self, account: AccountId, id: ConversationId) -> Conversation:
        """Hand over to the queue at the customer's wish; a second wish changes nothing."""

        def decide(here: Conversation) -> list[Fact]:
            if here.owner != "bot":
                return []
            language = here.language or "zh"
            reply = Replied(
                f"{id}:{new_id()}", text_of("turn.handed_over", language), "bot", language, (), outcome="handed_over"
            )
            return [reply, Delivered(reply.key, via=here.channel), HandedOver("the customer asked", by="customer")]

        return await self._change(account, id, decide)

    async def return_to_bot(self, account: AccountId, id: ConversationId, *, by: str) -> Conversation:
        """Give the conversation back to the bot, which knows nothing of what was said before."""
        return await self._change(
            account, id, lambda here: [ReturnedToBot(by)] if here.owner in ("queue", "person") else []
        )

    async def answer_as(self, account: AccountId, id: ConversationId, *, person: PersonId, text: str) -> Conversation:
        """Say something as a person, taking the conversation if nobody else holds it.

        Raises Conflict when another person holds it.
        """
        words = perceive(text)
        if not words.strip():
            raise Invalid("the text is empty; write something")

        def decide(here: Conversation) -> list[Fact]:
            now = self._clock()
            held = (
                here.owner == "person"
                and here.person != person
                and (here.lease_until is None or now <= here.lease_until)
            )
            if held:
                raise Conflict(f"conversation {id} is held by another person until {here.lease_until}")
            reply = Replied(f"{id}:{new_id()}", words, f"person:{person}", here.language or "zh", here.unanswered)
            return [Taken(person, now + self._person_lease), reply, Delivered(reply.key, via=here.channel)]

        return await self._change(account, id, decide)

    async def rate(
        self,
        account: AccountId,
        id: ConversationId,
        *,
        key: str,
        helpful: bool,
        reasons: Sequence[str] = (),
        comment: str = "",
    ) -> None:
        """Record what the customer thought of a reply; a later judgement replaces it.

        Raises:
            NotFound: no reply of this conversation has that key.
        """
        rated = Rated(key, helpful, tuple(reason[:64] for reason in reasons[:8]), perceive(comment[:1000]))

        def decide(here: Conversation) -> list[Fact]:
            if all(reply.key != key for reply in here.replies):
                raise NotFound(f"conversation {id} has no reply {key!r}")
            return [] if rated in here.ratings else [rated]

        await self._change(account, id, decide)

    async def end(self, account: AccountId, id: ConversationId, *, by: str) -> Conversation:
        """Close the conversation; the customer's next message opens it again."""
        return await self._change(account, id, lambda here: [] if here.owner == "nobody" else [Ended(by)])

    async def load(self, account: AccountId, id: ConversationId) -> Conversation:
        """Return the state now."""
        return await self._events.load(account, id)

    async def read(self, account: AccountId, id: ConversationId, *, after: int = -1, limit: int = 1000) -> list[Event]:
        """Return events numbered above `after`."""
        return await self._events.read(account, id, after=after, limit=limit)

    def follow(
        self, account: AccountId, id: ConversationId, *, after: int = -1
    ) -> AsyncGenerator[Event | Whisper, None]:
        """Yield past events above `after`, then everything new."""
        return self._events.follow(account, id, after=after)

    async def conversations(
        self, account: AccountId, *, contact: ContactId | None = None, limit: int = 50
    ) -> list[Conversation]:
        """Return an account's conversations, or one contact's, the latest active first."""
        return await self._events.list_open(account, contact=contact, limit=limit)

    async def _change(
        self, account: AccountId, id: ConversationId, decide: Callable[[Conversation], list[Fact]]
    ) -> Conversation:
        for attempt in range(_RACES):
            here = await self._events.load(account, id)
            facts = decide(here)
            if not facts:
                return here
            try:
                return await self._events.append(account, id, facts, after=here.length)
            except Conflict:
                if attempt == _RACES - 1:
                    raise
        return here
