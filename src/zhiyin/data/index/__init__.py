"""The lexical and the vector index behind one door each. Both live in one account and hold only passage ids."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from zhiyin.conversation.ids import PassageId
from zhiyin.extend.models import Vectors


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage and the index's own raw score (BM25, or cosine)."""

    passage: PassageId
    score: float


class LexicalIndex(Protocol):
    """BM25 over tokens that the caller made. Plain calls: it lives in this process."""

    def upsert(self, passage: PassageId, tokens: Sequence[str]) -> None: ...

    def delete(self, passage: PassageId) -> None: ...

    def search(self, weighted: dict[str, float], *, limit: int, among: frozenset[PassageId] | None = None) -> list[Hit]:
        """Return the best passages, best first; `weighted` says how much each token counts, before its idf."""
        ...

    def impacts(self, tokens: Sequence[str], passages: Sequence[PassageId]) -> npt.NDArray[np.float32]:
        """Return what each token is worth in each passage, its idf included, 0 where it is missing.

        Shapes: (tokens, passages).
        """
        ...

    def idf(self, token: str) -> float: ...

    def frequency(self, token: str) -> int:
        """Count the passages that have the token."""
        ...

    def vocabulary(self) -> Iterator[str]: ...

    def vocabulary_size(self) -> int: ...

    @property
    def ceiling(self) -> float:
        """What `impacts` can reach at most, as a multiple of the idf."""
        ...

    def __len__(self) -> int: ...


class VectorIndex(Protocol):
    """Nearest unit vectors by cosine. A passage may have several vectors; its best one counts."""

    async def upsert(self, passage: PassageId, vectors: Vectors) -> None: ...

    async def delete(self, passage: PassageId) -> None: ...

    async def search(self, vector: Vectors, *, limit: int, among: frozenset[PassageId] | None = None) -> list[Hit]: ...

    async def vectors(self, passages: Sequence[PassageId]) -> list[Vectors]:
        """Return each passage's own rows; none of a passage that is not there."""
        ...

    async def revision(self) -> int:
        """Return the revision of the knowledge that it was told of last; 0 when it keeps nothing between runs."""
        ...

    async def reached(self, revision: int) -> None:
        """Remember that every change up to `revision` is in."""
        ...
