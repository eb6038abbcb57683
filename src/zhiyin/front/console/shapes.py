"""What the staff API takes and gives, as its OpenAPI document describes it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from zhiyin.conversation.facts import Language
from zhiyin.conversation.state import Owner


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("must be one line of printable characters")
    return text


def _origin(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.netloc or text != f"{parts.scheme}://{parts.netloc}":
        raise ValueError("must be an exact origin such as https://shop.example")
    return text


def _web_address(text: str) -> str:
    parts = urlsplit(_printable(text))
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ValueError("must be an http or https address; it is shown to customers and never fetched")
    return text


Line = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(_printable)]
Origin = Annotated[str, StringConstraints(max_length=300), AfterValidator(_origin)]
WebAddress = Annotated[str, StringConstraints(max_length=2000), AfterValidator(_web_address)]
Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.:-]{1,128}$")]
Metadata = Annotated[dict[Line, Line], Field(max_length=32)]
Greetings = dict[Language, Annotated[list[Annotated[str, StringConstraints(max_length=1000)]], Field(max_length=8)]]


class Shape(BaseModel):
    """Reads from our own objects; refuses fields that it does not know."""

    model_config = ConfigDict(from_attributes=True, extra="forbid")


class Page(Shape):
    """Where a page of a list stands in the whole."""

    total: int
    limit: int
    offset: int


class InboxShape(Shape):
    """An inbox. Its secrets are never shown; `secrets` says how many are active."""

    id: str
    name: str
    website_token: str
    language: Language
    origins: list[str]
    greetings: dict[Language, list[str]]
    secrets: int


class InboxMade(InboxShape):
    """An inbox with the secret that was just made for it: the only time it is shown."""

    secret: str | None = None


class Inboxes(Shape):
    """An account's inboxes."""

    inboxes: list[InboxShape]


class InboxAsked(Shape):
    """A new inbox."""

    name: Line
    language: Language = "zh"
    origins: list[Origin] = Field(default_factory=list, max_length=50)
    greetings: Greetings = Field(default_factory=dict)


class InboxChange(Shape):
    """What to change of an inbox; what is left out stays.

    `rotate_secret` makes a new shared secret, `public_key` adds an Ed25519 key in PEM form; the newest two are active.
    """

    name: Line | None = None
    language: Language | None = None
    origins: list[Origin] | None = Field(None, max_length=50)
    greetings: Greetings | None = None
    rotate_secret: bool = False
    public_key: str | None = Field(None, max_length=1000)


class ContactShape(Shape):
    """A customer."""

    id: str
    external: str | None
    name: str
    attributes: Mapping[str, str]


class ConversationAsked(Shape):
    """A new conversation of an API inbox, of a known contact, a user that the account names, or a new visitor."""

    inbox: Id
    contact: Id | None = None
    identifier: Line | None = None
    name: Annotated[str, StringConstraints(max_length=200), AfterValidator(_printable)] = ""


class MessageShape(Shape):
    """One thing said."""

    number: int
    author: str
    text: str
    at: datetime


class ConversationShape(Shape):
    """Where a conversation stands."""

    id: str
    inbox: str | None
    contact: str | None
    channel: str
    authenticated: bool
    language: Language | None
    owner: Owner
    person: str | None
    lease_until: datetime | None
    length: int
    unhelped: int
    last_at: datetime | None


class Conversations(Shape):
    """A page of conversations, the latest active first; `more` says whether another page follows."""

    conversations: list[ConversationShape]
    limit: int
    offset: int
    more: bool


class Messages(Shape):
    """What was said in a conversation, a page of it."""

    messages: list[MessageShape]
    next_after: int


class Saying(Shape):
    """A customer's message, with the id that makes a retry harmless."""

    id: str | None = Field(None, min_length=1, max_length=128)
    text: str


class Replying(Shape):
    """What a person says to the customer."""

    text: str = Field(max_length=20_000)


class Turning(Shape):
    """Who has the conversation from now on: the bot again, or nobody."""

    owner: Literal["bot", "nobody"]


class AcceptedShape(Shape):
    """Where the message stands in the log."""

    id: str
    number: int
    again: bool


class EventShape(Shape):
    """One fact of a conversation with its place in the log: also what was found, decided and withheld, and why."""

    number: int
    at: datetime
    cause: int | None
    kind: str
    version: int
    fact: dict[str, Any]


class Events(Shape):
    """A page of a conversation's log."""

    events: list[EventShape]
    next_after: int


class DocumentShape(Shape):
    """A source of knowledge."""

    id: str
    name: str
    title: str
    sha256: str
    updated: datetime
    url: str | None
    metadata: Mapping[str, str]


class Documents(Page):
    """A page of documents."""

    documents: list[DocumentShape]


class DocumentAsked(Shape):
    """A document given as text. `name` stays the same when it is given again; `url` is shown, never fetched."""

    name: Line
    text: str
    url: WebAddress | None = None
    media_type: Annotated[str, StringConstraints(max_length=100)] | None = None
    metadata: Metadata = Field(default_factory=dict)


class IngestedShape(Shape):
    """How one source fared."""

    name: str
    outcome: Literal["added", "changed", "unchanged", "refused"]
    passages: int
    embedded: int
    problem: str | None
    document: str | None


class IngestedAll(Shape):
    """How each source fared, in order."""

    results: list[IngestedShape]


class PassageShape(Shape):
    """A passage of a document."""

    id: str
    document: str
    kind: Literal["faq", "text", "table"]
    language: Language
    title: list[str]
    text: str
    question: str | None
    similar: list[str]
    url: str | None
    metadata: Mapping[str, str]


class Passages(Page):
    """A page of a document's passages, in their order."""

    passages: list[PassageShape]


class ExplanationShape(Shape):
    """Why a passage was or was not returned."""

    passage: str
    returned: bool
    rank: int | None
    answers: float
    stages: list[tuple[str, str]]
    matched: list[str]
    missed: list[str]
    signals: Mapping[str, float]


class FoundShape(Shape):
    """A passage that was found; `answers` is the probability that it answers."""

    id: str
    document: str
    title: str
    text: str
    language: Language
    answers: float
    question: str | None
    url: str | None
    highlights: list[tuple[int, int]]
    why: ExplanationShape | None = None


class Found(Shape):
    """What a search found, best first."""

    query: str
    passages: list[FoundShape]


class LexiconShape(Shape):
    """An account's own words."""

    version: int
    words: list[str]
    synonyms: Mapping[str, list[str]]


class LexiconAsked(Shape):
    """The words to use from now on, all of them."""

    words: list[Annotated[str, StringConstraints(min_length=1, max_length=64), AfterValidator(_printable)]] = Field(
        max_length=20_000
    )
    synonyms: Annotated[dict[Line, Annotated[list[Line], Field(min_length=1, max_length=32)]], Field(max_length=20_000)]


class TokenShape(Shape):
    """An API token, without its secret part."""

    id: str
    name: str
    role: Literal["admin", "agent", "api"]


class TokenMade(TokenShape):
    """A new API token; `token` is shown this once."""

    token: str


class Tokens(Shape):
    """An account's API tokens."""

    tokens: list[TokenShape]


class TokenAsked(Shape):
    """A new API token."""

    name: Line
    role: Literal["admin", "agent", "api"]
