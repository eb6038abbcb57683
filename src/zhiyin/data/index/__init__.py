"""The lexical and the vector index behind one door each. Both live in one account and hold only passage ids."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from zhiyin.conversation.ids import PassageId
from zhiyin.extend.models import Vectors


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage and the index's own raw score (BM25, or cosine)."""

    passage: PassageId
    score: float


class LexicalIndex(Protocol):
    """BM25 over tokens that the caller made."""

    def upsert(self, passage: PassageId, tokens: Sequence[str]) -> None: ...

    def delete(self, passage: PassageId) -> None: ...

    def search(
        self, weighted: dict[str, float], *, limit: int, among: frozenset[PassageId] | None = None
    ) -> list[Hit]: ...

    def __len__(self) -> int: ...


class VectorIndex(Protocol):
    """Nearest unit vectors by cosine. A passage may have several vectors; its best one counts."""

    async def upsert(self, passage: PassageId, vectors: Vectors) -> None: ...

    async def delete(self, passage: PassageId) -> None: ...

    async def search(self, vector: Vectors, *, limit: int, among: frozenset[PassageId] | None = None) -> list[Hit]: ...
