"""Knowledge that is kept nowhere: what exams and tests search, without a store beneath."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from zhiyin.conversation.ids import AccountId, DocumentId, PassageId
from zhiyin.data.records import Changes, Document, Lexicon, Passage
from zhiyin.errors import Invalid, NotFound
from zhiyin.extend.models import Vectors


class Shelf:
    """A `Knowledge` in memory, of one process; accounts are apart as in any other."""

    def __init__(self) -> None:
        self._documents: dict[tuple[AccountId, DocumentId], Document] = {}
        self._passages: dict[tuple[AccountId, PassageId], tuple[Passage, Vectors]] = {}
        self._changed: dict[tuple[AccountId, PassageId], int] = {}  # also of what is deleted by now
        self._lexicons: dict[AccountId, Lexicon] = {}
        self._revisions: dict[AccountId, int] = {}
        self._embedders: dict[AccountId, str] = {}

    async def put(
        self, account: AccountId, document: Document, passages: Sequence[tuple[Passage, Vectors]], *, embedder: str
    ) -> int:
        """Replace a document and its passages."""
        if self._embedders.setdefault(account, embedder) != embedder:
            raise Invalid(f"the vectors of {account} come from {self._embedders[account]}, these from {embedder}")
        revision = self._step(account)
        kept = {passage.id for passage, _ in passages}
        for old in await self._of(account, document.id):
            if old not in kept:
                self._drop(account, old, revision)
        self._documents[account, document.id] = document
        for passage, vectors in passages:
            key = (account, passage.id)
            if self._passages.get(key, (None,))[0] != passage:
                self._passages[key] = (passage, vectors)
                self._changed[key] = revision
        return revision

    async def delete(self, account: AccountId, document: DocumentId) -> int:
        """Delete a document and its passages. Raises NotFound."""
        await self.document(account, document)
        revision = self._step(account)
        for id in await self._of(account, document):
            self._drop(account, id, revision)
        del self._documents[account, document]
        return revision

    async def documents(self, account: AccountId) -> list[Document]:
        """Return the account's documents."""
        return [document for (owner, _), document in self._documents.items() if owner == account]

    async def document(self, account: AccountId, id: DocumentId) -> Document:
        """Return one document. Raises NotFound."""
        if (found := self._documents.get((account, id))) is None:
            raise NotFound(f"no document {id}")
        return found

    async def document_named(self, account: AccountId, name: str) -> Document | None:
        """Return the document of that name, if there is one."""
        return next((d for d in await self.documents(account) if d.name == name), None)

    async def passages(self, account: AccountId, document: DocumentId) -> list[Passage]:
        """Return a document's passages."""
        return [self._passages[account, id][0] for id in await self._of(account, document)]

    async def passage(self, account: AccountId, id: PassageId) -> Passage:
        """Return one passage. Raises NotFound."""
        if (found := self._passages.get((account, id))) is None:
            raise NotFound(f"no passage {id}")
        return found[0]

    async def vectors_by_sha256(self, account: AccountId, document: DocumentId) -> dict[str, Vectors]:
        """Return what a document's passages have for vectors."""
        held = [self._passages[account, id] for id in await self._of(account, document)]
        return {passage.sha256: vectors for passage, vectors in held}

    async def changes(self, account: AccountId, *, since: int) -> Changes:
        """Return what happened after a revision."""
        touched = [id for (owner, id), at in self._changed.items() if owner == account and at > since]
        return Changes(
            self._revisions.get(account, 0),
            tuple(self._passages[account, id] for id in touched if (account, id) in self._passages),
            tuple(id for id in touched if (account, id) not in self._passages),
        )

    async def revision(self, account: AccountId) -> int:
        """Return the number of the last change."""
        return self._revisions.get(account, 0)

    async def lexicon(self, account: AccountId) -> Lexicon:
        """Return the account's words."""
        return self._lexicons.get(account, Lexicon())

    async def put_lexicon(
        self, account: AccountId, *, words: Sequence[str], synonyms: Mapping[str, Sequence[str]]
    ) -> Lexicon:
        """Replace the account's words."""
        self._step(account)
        version = (await self.lexicon(account)).version + 1
        self._lexicons[account] = replace(
            Lexicon(version), words=tuple(words), synonyms={term: tuple(others) for term, others in synonyms.items()}
        )
        return self._lexicons[account]

    async def _of(self, account: AccountId, document: DocumentId) -> list[PassageId]:
        return [id for (owner, id), (p, _) in self._passages.items() if owner == account and p.document == document]

    def _drop(self, account: AccountId, id: PassageId, revision: int) -> None:
        self._passages.pop((account, id), None)
        self._changed[account, id] = revision

    def _step(self, account: AccountId) -> int:
        self._revisions[account] = self._revisions.get(account, 0) + 1
        return self._revisions[account]
