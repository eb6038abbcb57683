"""What replacing a document's passages changes: the least that makes the new ones true."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from zhiyin.data.records import Passage
from zhiyin.data.records.rows import CONTENT, content, vectors_to_bytes
from zhiyin.errors import Invalid
from zhiyin.extend.models import Vectors

_SHA256 = 1 + CONTENT.index("sha256")


@dataclass(frozen=True, slots=True)
class Replacement:
    """Ids that go, and rows that come or change."""

    deleted: list[str]
    written: list[tuple[str, tuple[Any, ...]]]  # id, values of the columns `CONTENT`

    @property
    def empty(self) -> bool:
        """Say whether nothing changes."""
        return not self.deleted and not self.written


def plan(before: Sequence[Sequence[Any]], passages: Sequence[tuple[Passage, Vectors]], dims: int) -> Replacement:
    """Compare a document's rows (id, then `CONTENT`) with the passages it shall have.

    A passage keeps its own id where the document has it already, else takes the id of an old one with its hash.

    Raises:
        Invalid: two passages have one id, or vectors have another shape than (k, dims).
    """
    old = {row[0]: tuple(row[1:]) for row in before}
    free = {row[0]: row[_SHA256] for row in before}
    for passage, _ in passages:
        free.pop(passage.id, None)
    by_hash: defaultdict[str, list[str]] = defaultdict(list)
    for id, sha256 in reversed(free.items()):
        if sha256:
            by_hash[sha256].append(id)
    written, kept = [], set[str]()
    for place, (passage, vectors) in enumerate(passages):
        same = by_hash.get(passage.sha256) if passage.id not in old else None
        id = same.pop() if same else passage.id
        if id in kept:
            raise Invalid(f"two passages have the id {id}; want one each")
        kept.add(id)
        values = content(passage, vectors_to_bytes(vectors, dims), place)
        if old.get(id) != values:
            written.append((id, values))
    return Replacement([id for id in old if id not in kept], written)
