"""What can happen in a conversation: a closed union of frozen facts, in the past tense.

A fact is stored forever, so a field may be added with a default but never renamed or given a new meaning;
`wire` upgrades older forms. Scores are probabilities 0–1 and their names say of what.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from zhiyin.conversation.ids import (
    AccountId,
    ContactId,
    ConversationId,
    DocumentId,
    InboxId,
    MessageId,
    PassageId,
    PersonId,
)

Language = Literal["zh", "en"]
"""The two first languages. Text in any other is answered in the inbox's default."""

Intent = Literal["question", "greeting", "thanks", "goodbye", "person", "feedback", "other"]
Step = Literal["answer", "clarify", "offer_person", "hand_over", "greet", "thank", "part", "silence"]
Fault = Literal[
    "no_citation",  # the sentence names no passage, or one that was not retrieved in this turn
    "number",  # an amount, count, code or percentage that the passage does not have
    "date",  # a date or time that the passage does not have
    "name",  # a name or product that the passage does not have
    "negation",  # the passage says the opposite
    "meaning",  # the passage is about something else
    "off_question",  # true, but not an answer to what was asked
    "unreadable",  # the draft could not be parsed
]


@dataclass(frozen=True, slots=True)
class FoundPassage:
    """A passage as it was when it was found; the log keeps the text that the answer leaned on."""

    id: PassageId
    document: DocumentId
    title: str  # title path, " › " between its parts
    text: str  # what may be quoted: of an FAQ pair its answer
    language: Language
    answers: float  # probability that the passage answers the query
    question: str | None = None  # of an FAQ pair
    url: str | None = None
    highlights: tuple[tuple[int, int], ...] = ()  # [start, end) in `text` of the sentences that answer, best first


@dataclass(frozen=True, slots=True)
class Citation:
    """Sentence `sentence` of a reply leans on passage `passage`; `index` is the number on its chip."""

    index: int  # 1, 2 … in order of first use
    sentence: int  # 0-based place of the sentence in the reply
    passage: PassageId
    document: DocumentId
    title: str
    snippet: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Sentence:
    """One statement of a draft with the places, in `PassagesFound.passages`, of what it leans on."""

    text: str
    leans_on: tuple[int, ...] = ()
    courtesy: bool = False  # a greeting, an offer or a question: claims nothing, needs no source


@dataclass(frozen=True, slots=True)
class Opened:
    """A contact came to an inbox."""

    inbox: InboxId
    contact: ContactId
    channel: str
    authenticated: bool = False
    language: Language | None = None


@dataclass(frozen=True, slots=True)
class CustomerSaid:
    """The customer's words, accepted once under the id that the customer's side gave them."""

    message: MessageId
    text: str


@dataclass(frozen=True, slots=True)
class Understood:
    """What the words asked for."""

    intent: Intent
    language: Language
    query: str  # standalone: makes sense without the conversation


@dataclass(frozen=True, slots=True)
class PassagesFound:
    """What the knowledge base had on it, best first."""

    query: str
    passages: tuple[FoundPassage, ...]


@dataclass(frozen=True, slots=True)
class Decided:
    """The next step and why it was taken."""

    step: Step
    reason: str


@dataclass(frozen=True, slots=True)
class Drafted:
    """An answer that nobody has seen yet."""

    sentences: tuple[Sentence, ...]
    by: str  # "extractive" or the model's name
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class Verified:
    """The sentences of the last draft that may be said."""

    sentences: tuple[Sentence, ...]
    grounded: float  # probability that every kept sentence is supported


@dataclass(frozen=True, slots=True)
class Withheld:
    """A sentence that was not said, and why."""

    text: str
    fault: Fault
    detail: str


@dataclass(frozen=True, slots=True)
class ModelFailed:
    """A model outside did not help; the turn went on without it."""

    model: str
    what: str


@dataclass(frozen=True, slots=True)
class Replied:
    """What was said to the customer. `key` makes sending it twice harmless."""

    key: str
    text: str
    author: str  # "bot" or "person:<id>"
    language: Language
    answers: tuple[int, ...]  # numbers of the CustomerSaid events it answers
    sentences: tuple[str, ...] = ()  # `text` in the pieces that citations point at; empty: it has none
    citations: tuple[Citation, ...] = ()
    quick_replies: tuple[str, ...] = ()
    outcome: Literal["answered", "clarified", "offered_person", "handed_over", "courtesy"] = "answered"


@dataclass(frozen=True, slots=True)
class Delivered:
    """The channel took the reply."""

    key: str
    via: str


@dataclass(frozen=True, slots=True)
class Rated:
    """The customer judged a reply."""

    key: str
    helpful: bool
    reasons: tuple[str, ...] = ()
    comment: str = ""


@dataclass(frozen=True, slots=True)
class HandedOver:
    """The conversation waits for a person; the bot may not speak."""

    reason: str
    by: str  # "customer", "bot" or "person:<id>"


@dataclass(frozen=True, slots=True)
class Taken:
    """A person took the conversation and alone may speak until `until`."""

    person: PersonId
    until: datetime


@dataclass(frozen=True, slots=True)
class ReturnedToBot:
    """A person gave it back; what was said before is no longer the bot's context."""

    by: str


@dataclass(frozen=True, slots=True)
class Ended:
    """The conversation is over; a new message from the customer begins again with the bot."""

    by: str
    reason: str = ""


Fact = (
    Opened
    | CustomerSaid
    | Understood
    | PassagesFound
    | Decided
    | Drafted
    | Verified
    | Withheld
    | ModelFailed
    | Replied
    | Delivered
    | Rated
    | HandedOver
    | Taken
    | ReturnedToBot
    | Ended
)


@dataclass(frozen=True, slots=True)
class Event:
    """One fact, with its place in the log."""

    account: AccountId
    conversation: ConversationId
    number: int  # 0, 1, 2 … without gaps
    at: datetime  # aware, UTC
    cause: int | None  # number of the event this one answers
    fact: Fact = field(repr=False)
