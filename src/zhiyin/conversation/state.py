"""What we know of a conversation: a pure fold over its events.

The owner state machine (who may speak):

    bot ──HandedOver──▶ queue ──Taken──▶ person ──ReturnedToBot──▶ bot
     ▲                                     │
     └── CustomerSaid ── nobody ◀── Ended ─┴─ (also from bot and queue)
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, assert_never

from zhiyin.conversation.facts import (
    CustomerSaid,
    Decided,
    Delivered,
    Drafted,
    Ended,
    Event,
    HandedOver,
    Language,
    ModelFailed,
    Opened,
    PassagesFound,
    Rated,
    Replied,
    ReturnedToBot,
    Taken,
    Understood,
    Verified,
    Withheld,
)
from zhiyin.conversation.ids import AccountId, ContactId, ConversationId, InboxId, PersonId
from zhiyin.errors import Conflict, CorruptLog

Owner = Literal["bot", "queue", "person", "nobody"]


@dataclass(frozen=True, slots=True)
class Message:
    """One thing said, by either side, as a transcript shows it."""

    number: int
    author: str  # "customer", "bot" or "person:<id>"
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class TurnSoFar:
    """What the running turn has found out; emptied when the next one begins."""

    understood: Understood | None = None
    found: PassagesFound | None = None
    decided: Decided | None = None
    drafts: tuple[Drafted, ...] = ()
    verified: Verified | None = None
    withheld: tuple[Withheld, ...] = ()
    models_failed: tuple[ModelFailed, ...] = ()


@dataclass(frozen=True, slots=True)
class Conversation:
    """The state of a conversation after its first `length` events."""

    account: AccountId
    id: ConversationId
    length: int = 0
    inbox: InboxId | None = None
    contact: ContactId | None = None
    channel: str = ""
    authenticated: bool = False
    language: Language | None = None
    owner: Owner = "nobody"
    person: PersonId | None = None
    lease_until: datetime | None = None
    messages: tuple[Message, ...] = ()
    unanswered: tuple[int, ...] = ()  # numbers of CustomerSaid events that no reply has answered
    context_from: int = 0  # the bot reads nothing before this event
    turn: TurnSoFar = TurnSoFar()
    replies: tuple[Replied, ...] = ()
    undelivered: tuple[str, ...] = ()  # keys of replies that no channel has taken yet
    unhelped: int = 0  # turns in a row that ended without an answer
    ratings: tuple[Rated, ...] = ()

    def asked(self) -> str:
        """Join the customer's unanswered words: a burst is read as one message."""
        waiting = set(self.unanswered)
        return "\n".join(m.text for m in self.messages if m.number in waiting)

    def may_speak(self, author: str, *, now: datetime) -> bool:
        """Say whether `author` ("bot" or "person:<id>") holds the right to speak at `now`."""
        if author == "bot":
            return self.owner == "bot"
        held = self.lease_until is None or now <= self.lease_until
        return self.owner == "person" and author == f"person:{self.person}" and held


def apply(conversation: Conversation, event: Event) -> Conversation:
    """Return the state after one more event.

    Raises:
        CorruptLog: the event is of another conversation or leaves a gap.
    """
    if event.account != conversation.account or event.conversation != conversation.id:
        raise CorruptLog(f"event {event.number} belongs to another conversation than {conversation.id}")
    if event.number != conversation.length:
        raise CorruptLog(f"{conversation.id} has {conversation.length} events, the next is numbered {event.number}")
    now = replace(conversation, length=event.number + 1)
    fact, turn = event.fact, conversation.turn
    match fact:
        case Opened():
            return replace(
                now,
                inbox=fact.inbox,
                contact=fact.contact,
                channel=fact.channel,
                authenticated=fact.authenticated,
                language=fact.language,
                owner="bot",
            )
        case CustomerSaid():
            again = conversation.owner == "nobody"
            return replace(
                now,
                owner="bot" if again else conversation.owner,
                context_from=event.number if again else conversation.context_from,
                unhelped=0 if again else conversation.unhelped,
                messages=(*conversation.messages, Message(event.number, "customer", fact.text, event.at)),
                unanswered=(*conversation.unanswered, event.number),
                turn=TurnSoFar(),
            )
        case Understood():
            return replace(now, language=fact.language, turn=TurnSoFar(understood=fact))
        case PassagesFound():
            return replace(now, turn=replace(turn, found=fact))
        case Decided():
            return replace(now, turn=replace(turn, decided=fact))
        case Drafted():
            return replace(now, turn=replace(turn, drafts=(*turn.drafts, fact), verified=None))
        case Verified():
            return replace(now, turn=replace(turn, verified=fact))
        case Withheld():
            return replace(now, turn=replace(turn, withheld=(*turn.withheld, fact)))
        case ModelFailed():
            return replace(now, turn=replace(turn, models_failed=(*turn.models_failed, fact)))
        case Replied():
            answered = set(fact.answers)
            helped = fact.outcome in ("answered", "courtesy")
            return replace(
                now,
                messages=(*conversation.messages, Message(event.number, fact.author, fact.text, event.at)),
                unanswered=tuple(n for n in conversation.unanswered if n not in answered),
                replies=(*conversation.replies, fact),
                undelivered=(*conversation.undelivered, fact.key),
                unhelped=0 if helped else conversation.unhelped + 1,
            )
        case Delivered():
            return replace(now, undelivered=tuple(k for k in conversation.undelivered if k != fact.key))
        case Rated():
            return replace(now, ratings=(*(r for r in conversation.ratings if r.key != fact.key), fact))
        case HandedOver():
            return replace(now, owner="queue", person=None, lease_until=None)
        case Taken():
            return replace(now, owner="person", person=fact.person, lease_until=fact.until)
        case ReturnedToBot():
            return replace(
                now, owner="bot", person=None, lease_until=None, context_from=event.number, unanswered=(), unhelped=0
            )
        case Ended():
            return replace(now, owner="nobody", person=None, lease_until=None, unanswered=(), turn=TurnSoFar())
        case _:
            assert_never(fact)


def replay(account: AccountId, id: ConversationId, events: Iterable[Event]) -> Conversation:
    """Fold a log from its beginning."""
    conversation = Conversation(account, id)
    for event in events:
        conversation = apply(conversation, event)
    return conversation


_MAY_FOLLOW: dict[type, tuple[Owner, ...]] = {
    HandedOver: ("bot", "person"),
    Taken: ("bot", "queue", "person"),
    ReturnedToBot: ("queue", "person"),
    Ended: ("bot", "queue", "person"),
}


def refuse_unlawful(conversation: Conversation, event: Event) -> None:
    """Check that `event` may be appended to the state it meets: the gate every append passes.

    Raises:
        Conflict: somebody without the right to speak replied, or the owner may not change that way.
    """
    fact = event.fact
    if isinstance(fact, Opened) and conversation.length:
        raise Conflict(f"conversation {conversation.id} is already open")
    if not isinstance(fact, Opened) and not conversation.length:
        raise Conflict(f"conversation {conversation.id} is not open yet")
    if isinstance(fact, Replied) and not conversation.may_speak(fact.author, now=event.at):
        raise Conflict(f"{fact.author} may not speak in {conversation.id}: its owner is {conversation.owner}")
    lawful = _MAY_FOLLOW.get(type(fact))
    if lawful is not None and conversation.owner not in lawful:
        raise Conflict(f"{type(fact).__name__} cannot follow while the owner is {conversation.owner}")
