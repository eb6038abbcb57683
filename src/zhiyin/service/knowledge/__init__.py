"""Question → passages with sources: ingest, search, explain, and the account's own words.

This is the room's door; `app` builds `Library` in `zhiyin.service.knowledge.library`.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from zhiyin.conversation.facts import FoundPassage, Language, PassagesFound
from zhiyin.conversation.ids import AccountId, DocumentId, PassageId
from zhiyin.data.records import Document, Lexicon, Passage


@dataclass(frozen=True, slots=True)
class Source:
    """Something to ingest. `name` is how the operator knows it and stays the same when it is ingested again."""

    name: str
    content: bytes = field(repr=False)
    media_type: str | None = None  # as somebody claimed; the content decides
    url: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ingested:
    """How one source fared; `problem` is one clear sentence naming it, for the operator."""

    name: str
    outcome: Literal["added", "changed", "unchanged", "refused"]
    passages: int = 0
    embedded: int = 0  # passages that needed a new vector
    problem: str | None = None
    notes: tuple[str, ...] = ()  # what was left out of a source that was taken, for the operator
    document: DocumentId | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a passage was or was not returned for a query, stage by stage, in words and numbers."""

    passage: PassageId
    returned: bool
    rank: int | None
    answers: float  # probability that it answers
    stages: tuple[tuple[str, str], ...]  # (stage, what happened there), in the order of the road
    matched: tuple[str, ...]  # the query's tokens that it has
    missed: tuple[str, ...]  # the query's tokens that it lacks
    signals: Mapping[str, float] = field(default_factory=dict)


class Searching(Protocol):
    """What the rest of the product asks of an account's knowledge."""

    async def find(
        self,
        account: AccountId,
        query: str,
        *,
        language: Language | None = None,
        limit: int = 8,
        where: Mapping[str, str] | None = None,
    ) -> PassagesFound:
        """Return the passages that most probably answer, best first; `where` keeps those whose metadata equals it."""
        ...

    async def explain(
        self, account: AccountId, query: str, passage: PassageId, *, language: Language | None = None
    ) -> Explanation: ...

    def ingest(self, account: AccountId, sources: Sequence[Source]) -> AsyncIterator[Ingested]:
        """Take sources one by one, telling how each fared; a bad one never stops the rest."""
        ...

    async def documents(self, account: AccountId) -> list[Document]: ...

    async def document(self, account: AccountId, id: DocumentId) -> Document: ...

    async def passages(self, account: AccountId, document: DocumentId) -> list[Passage]: ...

    async def forget(self, account: AccountId, document: DocumentId) -> None:
        """Delete a document: text, vectors and caches, in this process at once and in others at their next search."""
        ...

    async def lexicon(self, account: AccountId) -> Lexicon: ...

    async def put_lexicon(
        self, account: AccountId, *, words: Sequence[str], synonyms: Mapping[str, Sequence[str]]
    ) -> Lexicon:
        """Change the account's words; the next search uses them, without a restart or a new ingest."""
        ...


__all__ = ["Explanation", "FoundPassage", "Ingested", "Searching", "Source"]
