"""The library of all accounts: takes documents in, finds what answers, and says why."""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import anyio.to_thread
import numpy as np

from zhiyin.conversation.facts import FoundPassage, Language, PassagesFound
from zhiyin.conversation.ids import AccountId, DocumentId, PassageId, new_id
from zhiyin.data.index import VectorIndex
from zhiyin.data.index.bm25 import Bm25
from zhiyin.data.index.vectors import MemoryVectors
from zhiyin.data.records import Document, Knowledge, Lexicon, Passage
from zhiyin.errors import Refused, Unavailable
from zhiyin.extend.models import Embedder, Reranker, Vectors
from zhiyin.service.knowledge import Explanation, Ingested, Source
from zhiyin.service.knowledge.candidates import Judge, Judged
from zhiyin.service.knowledge.explain import explain
from zhiyin.service.knowledge.ingest import Limits, PassageDraft, Prepared, fingerprint, prepare_apart
from zhiyin.service.knowledge.judge import LearnedJudge, WithReranker
from zhiyin.service.knowledge.search import Found, Searcher
from zhiyin.service.knowledge.vectors import to_embed

_BATCH = 64  # texts embedded in one call, so that questions come in between
_MOST_ACCOUNTS = 256


class Library:
    """The `Searching` of the product. One serves all accounts; each account's indexes are made at its first search.

    Args:
        knowledge: the store.
        embedder: makes the vectors of passages and questions; the store refuses those of another one.
        judge: says how probably a candidate answers; the one that comes with the package when None.
        reranker: a cross-encoder outside that the judge asks about the best few.
        meaning: makes an account's vector index; one in this process when None.
        limits: what a source may cost.
        most_accounts: accounts whose indexes are kept in memory; the one unused longest goes first.
    """

    def __init__(
        self,
        knowledge: Knowledge,
        embedder: Embedder,
        *,
        judge: Judge | None = None,
        reranker: Reranker | None = None,
        meaning: Callable[[AccountId], VectorIndex] | None = None,
        limits: Limits | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        most_accounts: int = _MOST_ACCOUNTS,
    ) -> None:
        self._knowledge, self._embedder = knowledge, embedder
        own: Judge = judge or LearnedJudge()
        self._judge: Judge = WithReranker(own, reranker) if reranker else own
        self._meaning = meaning or (lambda _: MemoryVectors(dims=embedder.dims))
        self._limits, self._clock, self._most_accounts = limits, clock, most_accounts
        self._searchers: OrderedDict[AccountId, Searcher] = OrderedDict()
        self._ingesting: dict[AccountId, asyncio.Lock] = {}

    async def load(self, account: AccountId) -> Searcher:
        """Make an account's indexes now, so that nobody's first question waits, and return what searches them."""
        searcher = self._searcher(account)
        await searcher.refresh()
        return searcher

    async def find(
        self,
        account: AccountId,
        query: str,
        *,
        language: Language | None = None,
        limit: int = 8,
        where: Mapping[str, str] | None = None,
    ) -> PassagesFound:
        """Return the passages that most probably answer, best first; what two documents say alike comes once."""
        found = await self._searcher(account).find(query, language=language, where=where)
        judged, _ = await self._judged(found)
        return PassagesFound(query, tuple(_found(j) for j in judged[:limit]))

    async def explain(
        self, account: AccountId, query: str, passage: PassageId, *, language: Language | None = None, limit: int = 8
    ) -> Explanation:
        """Say why a passage is or is not among the first `limit` for a query. Raises NotFound."""
        await self._knowledge.passage(account, passage)
        searcher = self._searcher(account)
        found = await searcher.find(query, language=language, also=passage, deep=True)
        judged, doubles = await self._judged(found)
        return await explain(searcher, found, passage, judged=judged, doubles=doubles, limit=limit)

    async def ingest(self, account: AccountId, sources: Sequence[Source]) -> AsyncIterator[Ingested]:
        """Take sources one by one, telling how each fared; a bad one never stops the rest."""
        lock = self._ingesting.setdefault(account, asyncio.Lock())
        for source in sources:
            async with lock:
                yield await self._take(account, source)

    async def documents(self, account: AccountId) -> list[Document]:
        """Return the account's documents."""
        return await self._knowledge.documents(account)

    async def document(self, account: AccountId, id: DocumentId) -> Document:
        """Return one document. Raises NotFound."""
        return await self._knowledge.document(account, id)

    async def passages(self, account: AccountId, document: DocumentId) -> list[Passage]:
        """Return a document's passages. Raises NotFound."""
        await self._knowledge.document(account, document)
        return await self._knowledge.passages(account, document)

    async def forget(self, account: AccountId, document: DocumentId) -> None:
        """Delete a document: in this process at once, in others at their next search. Raises NotFound."""
        await self._knowledge.delete(account, document)
        if account in self._searchers:
            await self._searchers[account].refresh()

    async def lexicon(self, account: AccountId) -> Lexicon:
        """Return the account's words."""
        return await self._knowledge.lexicon(account)

    async def put_lexicon(
        self, account: AccountId, *, words: Sequence[str], synonyms: Mapping[str, Sequence[str]]
    ) -> Lexicon:
        """Change the account's words; the next search, in any process, uses them."""
        return await self._knowledge.put_lexicon(account, words=words, synonyms=synonyms)

    def _searcher(self, account: AccountId) -> Searcher:
        if account not in self._searchers:
            self._searchers[account] = Searcher(
                account,
                knowledge=self._knowledge,
                embedder=self._embedder,
                lexical=Bm25(),
                meaning=self._meaning(account),
            )
            while len(self._searchers) > self._most_accounts:
                self._searchers.popitem(last=False)
        self._searchers.move_to_end(account)
        return self._searchers[account]

    async def _judged(self, found: Found) -> tuple[list[Judged], dict[PassageId, PassageId]]:
        """Return what the judge says, best first, without doubles, and of which passage each double is one."""
        first: dict[str, PassageId] = {}
        doubles: dict[PassageId, PassageId] = {}
        once = []
        for judged in await self._judge.judge(found.asked, found.candidates):
            passage = judged.candidate.passage
            earlier = first.setdefault(fingerprint(passage.question, passage.text), passage.id)
            if earlier == passage.id:
                once.append(judged)
            else:
                doubles[passage.id] = earlier
        return once, doubles

    async def _take(self, account: AccountId, source: Source) -> Ingested:
        try:
            return await self._put(account, source)
        except Refused as refused:
            return Ingested(source.name, "refused", problem=str(refused))
        except Unavailable as down:
            return Ingested(source.name, "refused", problem=f"{source.name} can be taken later: {down}")

    async def _put(self, account: AccountId, source: Source) -> Ingested:
        sha256 = await anyio.to_thread.run_sync(_sha256, source)
        known = await self._knowledge.document_named(account, source.name)
        if known is not None and known.sha256 == sha256:
            kept = await self._knowledge.passages(account, known.id)
            return Ingested(source.name, "unchanged", passages=len(kept), document=known.id)
        prepared = await prepare_apart(source, limits=self._limits)
        drafts = [_with_metadata(draft, prepared, source) for draft in prepared.passages]
        document = Document(
            id=known.id if known else DocumentId(new_id()),
            account=account,
            name=source.name,
            title=prepared.title,
            sha256=sha256,
            updated=self._clock(),
            url=prepared.url,
            metadata={**prepared.metadata, **source.metadata},
        )
        pairs, embedded = await self._embed(document, drafts, known is not None)
        await self._knowledge.put(account, document, pairs, embedder=self._embedder.name)
        return Ingested(
            source.name,
            "changed" if known else "added",
            passages=len(pairs),
            embedded=embedded,
            notes=prepared.notes,
            document=document.id,
        )

    async def _embed(
        self, document: Document, drafts: Sequence[PassageDraft], again: bool
    ) -> tuple[list[tuple[Passage, Vectors]], int]:
        """Give drafts their ids and vectors; those that have not changed keep both."""
        ids: dict[str, PassageId] = {}
        vectors: dict[str, Vectors] = {}
        if again:
            ids = {p.sha256: p.id for p in await self._knowledge.passages(document.account, document.id)}
            vectors = dict(await self._knowledge.vectors_by_sha256(document.account, document.id))
        passages = [
            draft.passage(
                id=ids.get(draft.sha256) or PassageId(new_id()), account=document.account, document=document.id
            )
            for draft in drafts
        ]
        texts = {p.sha256: to_embed(p) for p in passages}
        fresh = [sha for sha, lines in texts.items() if sha not in vectors or len(vectors[sha]) != len(lines)]
        lines = [line for sha in fresh for line in texts[sha]]
        rows = [row for i in range(0, len(lines), _BATCH) for row in await self._embedder.embed(lines[i : i + _BATCH])]
        start = 0
        for sha in fresh:
            vectors[sha] = np.stack(rows[start : start + len(texts[sha])])
            start += len(texts[sha])
        return [(p, vectors[p.sha256]) for p in passages], len(fresh)


def _found(judged: Judged) -> FoundPassage:
    passage = judged.candidate.passage
    return FoundPassage(
        id=passage.id,
        document=passage.document,
        title=" › ".join(passage.title),
        text=passage.text,
        language=passage.language,
        answers=judged.answers,
        question=passage.question,
        url=passage.url,
        highlights=judged.highlights,
    )


def _with_metadata(draft: PassageDraft, prepared: Prepared, source: Source) -> PassageDraft:
    metadata = {**prepared.metadata, **draft.metadata, **source.metadata}
    return replace(draft, metadata=metadata) if metadata != dict(draft.metadata) else draft


def _sha256(source: Source) -> str:
    """Hash a source with what the operator says of it: another label is a change too."""
    told = hashlib.sha256(source.content)
    if source.metadata or source.url:
        told.update(repr((sorted(source.metadata.items()), source.url)).encode("utf-8", "replace"))
    return told.hexdigest()
