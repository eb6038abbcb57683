"""Minds outside: what a language model, an embedder and a reranker must be able to do."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Line:
    """One message of a prompt."""

    role: Literal["system", "user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a language model is asked, with its bounds."""

    lines: tuple[Line, ...]
    max_tokens: int = 600
    temperature: float = 0.0


class LanguageModel(Protocol):
    """Completes a prompt, piece by piece.

    Leaving the iteration early ends the request. Every wait inside is bounded.

    Raises (from the iteration):
        Unavailable: down, rate-limited, or its circuit is open; TimedOut when it was too slow.
    """

    @property
    def name(self) -> str: ...

    def complete(self, prompt: Prompt) -> AsyncIterator[str]: ...


class Embedder(Protocol):
    """Turns texts into unit vectors whose dot product says how alike their meanings are.

    Shapes: n texts → (n, dims) float32, every row of length 1. An index stores `name` and `dims` and refuses others.
    """

    @property
    def name(self) -> str: ...

    @property
    def dims(self) -> int: ...

    async def embed(self, texts: Sequence[str]) -> Vectors: ...


class Reranker(Protocol):
    """Judges how probably each passage answers the query: one number 0–1 a passage, in their order."""

    @property
    def name(self) -> str: ...

    async def judge(self, query: str, passages: Sequence[str]) -> Sequence[float]: ...
