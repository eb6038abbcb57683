"""A passage before it has an id."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from zhiyin.conversation.facts import Language
from zhiyin.conversation.ids import AccountId, DocumentId, PassageId
from zhiyin.data.records import Passage


@dataclass(frozen=True, slots=True)
class PassageDraft:
    """What `Passage` says, but for whose it is. `sha256` covers every field, so equal hashes need no new vector."""

    kind: Literal["faq", "text", "table"]
    language: Language
    title: tuple[str, ...]
    text: str
    question: str | None = None
    similar: tuple[str, ...] = ()
    url: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)

    @property
    def sha256(self) -> str:
        """Hash all that search reads and returns; the same in every process and version."""
        fields = (self.kind, self.language, self.title, self.question, self.similar, self.text, self.url)
        said = json.dumps([fields, sorted(self.metadata.items())], ensure_ascii=False)
        return hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()

    @property
    def words(self) -> str:
        """The fingerprint of its question and text."""
        return fingerprint(self.question, self.text)

    def passage(self, *, id: PassageId, account: AccountId, document: DocumentId) -> Passage:
        """Return the passage that it becomes under this id, in this document."""
        return Passage(
            id=id,
            account=account,
            document=document,
            kind=self.kind,
            language=self.language,
            title=self.title,
            text=self.text,
            question=self.question,
            similar=self.similar,
            url=self.url,
            metadata=self.metadata,
            sha256=self.sha256,
        )


def fingerprint(question: str | None, text: str) -> str:
    """Hash what a passage says, whatever its title, case and spaces: equal in two documents, it is a duplicate."""
    said = re.sub(r"\s+", "", f"{question or ''}\x00{text}").casefold()
    return hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()


def twins(documents: Iterable[tuple[str, Iterable[tuple[str | None, str]]]]) -> list[tuple[str, str, str]]:
    """Find what several documents say in the same words.

    Args:
        documents: each with its name and the (question, text) of its passages.

    Returns:
        (earlier document, later document, first words of the passage), in the order in which they were met.
    """
    first: dict[str, str] = {}
    found: list[tuple[str, str, str]] = []
    for name, passages in documents:
        for question, text in passages:
            mark = fingerprint(question, text)
            earlier = first.setdefault(mark, name)
            if earlier != name:
                found.append((earlier, name, (question or text)[:60]))
    return found
