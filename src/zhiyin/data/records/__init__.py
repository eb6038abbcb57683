"""Ordinary rows: accounts, inboxes, contacts, keys of the API, and the knowledge that operators own.

Every method names its account first; rows of another account are simply not there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from zhiyin.conversation.facts import Language
from zhiyin.conversation.ids import AccountId, ContactId, DocumentId, InboxId, PassageId
from zhiyin.extend.models import Vectors


@dataclass(frozen=True, slots=True)
class Account:
    """A tenant."""

    id: AccountId
    name: str


@dataclass(frozen=True, slots=True)
class Inbox:
    """One door of an account: a website with its widget, or an API client."""

    id: InboxId
    account: AccountId
    name: str
    website_token: str  # public: names the inbox in the widget's script line
    language: Language = "zh"
    origins: tuple[str, ...] = ()  # exact origins that may embed the widget; empty: the server's own only
    secrets: tuple[str, ...] = field(default=(), repr=False)  # sign identities; the newest first, two while rotating
    greetings: Mapping[Language, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Contact:
    """A customer as one account knows them."""

    id: ContactId
    account: AccountId
    external: str | None = None  # the account's own id for them, proven by a signature
    name: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A key of the REST API; only the SHA-256 of it is kept."""

    id: str
    account: AccountId
    name: str
    role: Literal["admin", "agent", "api"]


@dataclass(frozen=True, slots=True)
class Document:
    """A source that an operator gave: a file, a page, a table."""

    id: DocumentId
    account: AccountId
    name: str  # path or address as the operator knows it; unique within the account
    title: str
    sha256: str  # of the bytes it was read from
    updated: datetime
    url: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Passage:
    """The unit of search and citation."""

    id: PassageId
    account: AccountId
    document: DocumentId
    kind: Literal["faq", "text", "table"]
    language: Language
    title: tuple[str, ...]  # title path, outermost first
    text: str  # what may be quoted: of an FAQ pair its answer
    question: str | None = None
    similar: tuple[str, ...] = ()  # other ways to ask the question
    url: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    sha256: str = ""  # of all that search reads; the same hash needs no new vector

    def searched(self) -> str:
        """Join all that search reads of it."""
        return "\n".join((*self.title, *([self.question] if self.question else []), *self.similar, self.text))


@dataclass(frozen=True, slots=True)
class Lexicon:
    """An account's own words. `version` grows with every change."""

    version: int = 0
    words: tuple[str, ...] = ()
    synonyms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Changes:
    """What happened to an account's passages after `since`, up to `revision`."""

    revision: int
    upserted: tuple[tuple[Passage, Vectors], ...]  # shape of each: (k, dims): one row for the text, one a question
    deleted: tuple[PassageId, ...]


class Knowledge(Protocol):
    """The account's documents, passages and words, with a revision that grows with every change."""

    async def put(
        self, account: AccountId, document: Document, passages: Sequence[tuple[Passage, Vectors]], *, embedder: str
    ) -> int:
        """Replace a document and its passages, and return the new revision. Unchanged passages keep their ids.

        Raises Invalid when the account's vectors come from another embedder.
        """
        ...

    async def delete(self, account: AccountId, document: DocumentId) -> int:
        """Delete a document with its text, vectors and caches, and return the new revision. Raises NotFound."""
        ...

    async def documents(self, account: AccountId) -> list[Document]: ...

    async def document(self, account: AccountId, id: DocumentId) -> Document: ...

    async def document_named(self, account: AccountId, name: str) -> Document | None: ...

    async def passages(self, account: AccountId, document: DocumentId) -> list[Passage]: ...

    async def passage(self, account: AccountId, id: PassageId) -> Passage: ...

    async def vectors_by_sha256(self, account: AccountId, document: DocumentId) -> dict[str, Vectors]:
        """Return the vectors that a re-ingest may keep, by the hash of what they were made from."""
        ...

    async def changes(self, account: AccountId, *, since: int) -> Changes:
        """Return what a searcher that knows revision `since` must take over; 0 for everything."""
        ...

    async def revision(self, account: AccountId) -> int:
        """Return the number of the account's last change, lexicon included. One cheap query."""
        ...

    async def lexicon(self, account: AccountId) -> Lexicon: ...

    async def put_lexicon(
        self, account: AccountId, *, words: Sequence[str], synonyms: Mapping[str, Sequence[str]]
    ) -> Lexicon: ...


class Directory(Protocol):
    """Accounts, inboxes, contacts and API keys."""

    async def ensure_account(self, account: Account) -> Account: ...

    async def accounts(self) -> list[Account]: ...

    async def account(self, id: AccountId) -> Account: ...

    async def put_inbox(self, inbox: Inbox) -> Inbox: ...

    async def inboxes(self, account: AccountId) -> list[Inbox]: ...

    async def inbox(self, account: AccountId, id: InboxId) -> Inbox: ...

    async def inbox_by_token(self, website_token: str) -> Inbox:
        """Find the inbox that a widget names. Raises NotFound. The only look-up that crosses accounts, with `token`."""
        ...

    async def new_contact(self, account: AccountId, *, name: str = "") -> Contact:
        """Make an anonymous visitor."""
        ...

    async def known_contact(
        self, account: AccountId, *, external: str, name: str = "", attributes: Mapping[str, str] | None = None
    ) -> Contact:
        """Find or make the contact whom the account calls `external`."""
        ...

    async def contact(self, account: AccountId, id: ContactId) -> Contact: ...

    async def new_token(
        self, account: AccountId, *, name: str, role: Literal["admin", "agent", "api"]
    ) -> tuple[ApiToken, str]:
        """Make an API key; the second value is the only time it is seen in clear."""
        ...

    async def token(self, clear: str) -> ApiToken:
        """Find whose key this is. Raises NotFound."""
        ...

    async def tokens(self, account: AccountId) -> list[ApiToken]: ...

    async def revoke_token(self, account: AccountId, id: str) -> None: ...
