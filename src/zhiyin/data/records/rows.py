"""Passages and documents as rows, and what both engines say alike."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from pydantic_core import from_json, to_json
from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from zhiyin.conversation.ids import AccountId, DocumentId, PassageId
from zhiyin.data.privacy.sealed import from_us
from zhiyin.data.records import Document, Passage
from zhiyin.errors import CorruptLog, Invalid
from zhiyin.extend.models import Vectors

_STORED = np.dtype("<f2")  # half the room of float32; cosines move by less than 0.001

DOCUMENT = "account, id, name, title, sha256, updated_us, url, metadata"
PASSAGE = "account, id, document, kind, language, title, text, question, alternatives, url, metadata, sha256"
CONTENT = (
    "place", "kind", "language", "title", "text", "question", "alternatives", "url", "metadata", "sha256", "vectors",
)  # fmt: skip
"""Columns that make a passage changed when they differ."""


def insert(connection: AsyncConnection, table: Table) -> Any:
    """Return an insert with `on_conflict_*`, which both engines spell alike but SQLAlchemy keeps apart."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


def to_text(value: object) -> str:
    """Return JSON."""
    return to_json(value).decode()


def vectors_to_bytes(vectors: Vectors, dims: int) -> bytes:
    """Return the rows of `vectors`, shape (k, dims), as they are stored.

    Raises:
        Invalid: the shape is another, or a number is not finite.
    """
    if vectors.ndim != 2 or vectors.shape[1] != dims or not vectors.shape[0]:
        raise Invalid(f"a passage's vectors have shape {vectors.shape}; want (k, {dims}) with k ≥ 1")
    stored = vectors.astype(_STORED)
    if not np.isfinite(stored).all():
        raise Invalid("a passage's vectors hold numbers that are not finite; want unit vectors")
    return stored.tobytes()


def vectors_from_bytes(stored: Sequence[bytes], dims: int) -> list[Vectors]:
    """Return each passage's vectors, shape (k, dims), float32; they share one block of memory."""
    counts = [len(blob) // (dims * _STORED.itemsize) for blob in stored]
    flat = np.frombuffer(b"".join(stored), _STORED)
    if flat.size != sum(counts) * dims:
        raise CorruptLog(f"stored vectors are not rows of {dims} numbers; ingest the documents again")
    block = flat.reshape(-1, dims).astype(np.float32)
    ends = np.cumsum(counts).tolist()
    return [block[end - count : end] for count, end in zip(counts, ends, strict=True)]


def content(passage: Passage, vectors: bytes, place: int) -> tuple[Any, ...]:
    """Return the passage's values of the columns `CONTENT`."""
    return (
        place,
        passage.kind,
        passage.language,
        to_text(passage.title),
        passage.text,
        passage.question,
        to_text(passage.similar),
        passage.url,
        to_text(dict(passage.metadata)),
        passage.sha256,
        vectors,
    )


def passage_from(row: Sequence[Any]) -> Passage:
    """Return the passage of a row of the columns `PASSAGE`."""
    account, id, document, kind, language, title, text, question, alternatives, url, metadata, sha256 = row[:12]
    return Passage(
        PassageId(id),
        AccountId(account),
        DocumentId(document),
        kind,
        language,
        tuple(from_json(title)),
        text,
        question,
        tuple(from_json(alternatives)) if alternatives != "[]" else (),
        url,
        from_json(metadata),
        sha256,
    )


def document_from(row: Sequence[Any]) -> Document:
    """Return the document of a row of the columns `DOCUMENT`."""
    account, id, name, title, sha256, updated_us, url, metadata = row
    return Document(
        DocumentId(id), AccountId(account), name, title, sha256, from_us(updated_us), url, from_json(metadata)
    )
