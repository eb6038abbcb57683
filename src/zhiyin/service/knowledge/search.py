"""One account's search in this process: follows the knowledge, finds candidates by words and by meaning."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar, TypeVarTuple

import anyio.to_thread
import numpy as np
import numpy.typing as npt

from zhiyin.conversation.facts import Language
from zhiyin.conversation.ids import AccountId, PassageId
from zhiyin.data.index import Hit, LexicalIndex, VectorIndex
from zhiyin.data.records import Changes, Knowledge, Lexicon, Passage
from zhiyin.extend.models import Embedder, Vectors
from zhiyin.language.fold import guess_language
from zhiyin.language.tokens import tokenize
from zhiyin.service.knowledge.candidates import Asked, Candidate, Signals
from zhiyin.service.knowledge.lexicon import Words
from zhiyin.service.knowledge.question import Question, Reader
from zhiyin.service.knowledge.vectors import near

T = TypeVar("T")
Ts = TypeVarTuple("Ts")
Floats = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]

POOL = 50  # of each channel
MOST_CANDIDATES = 40

_COSINE = 0.4  # of a point of cosine against one of `bm25_share`, see `fuse`
_BEND = 1.5
_CODE = 0.5
_NUMBER = 0.1
_OFF_LOOP = 20_000  # passages from which a search is too long for the event loop
_COUNTED = 5_000
_QUICK = 50  # changed passages that are taken over on the event loop


@dataclass(frozen=True, slots=True)
class Found:
    """A question with its candidates, best fused first; `cut` are those of the pool that did not get so far."""

    asked: Asked
    question: Question
    candidates: tuple[Candidate, ...]
    cut: tuple[Candidate, ...]  # empty unless asked for
    twins: Mapping[PassageId, PassageId]  # a passage left out → the same in the asker's language


@dataclass(frozen=True, slots=True)
class _Lists:
    lexical: Sequence[Hit]
    meaning: Sequence[Hit]


@dataclass(frozen=True, slots=True)
class _Words:
    """What a question's words are worth in some passages. Shapes: has (tokens, passages), the others (passages,)."""

    tokens: tuple[str, ...]
    has: Bools
    bm25: Floats
    share: Floats
    covered: Floats
    by_synonym: Floats
    by_sound: Floats
    said: Mapping[str, float]  # token → worth
    total: float

    def share_of(self, wanted: Sequence[str]) -> Floats:
        if not wanted:
            return np.ones(self.has.shape[1], np.float32)
        return np.asarray(self.has[[self.tokens.index(token) for token in wanted]].mean(axis=0), np.float32)


class Searcher:
    """Holds an account's passages and indexes, and keeps up with its revisions.

    The first use loads everything; later ones ask for the revision, which is one cheap query, and take over only
    what changed.
    """

    def __init__(
        self,
        account: AccountId,
        *,
        knowledge: Knowledge,
        embedder: Embedder,
        lexical: LexicalIndex,
        meaning: VectorIndex,
    ) -> None:
        self._account, self._knowledge, self._embedder = account, knowledge, embedder
        self._lexical, self._meaning = lexical, meaning
        self._passages: dict[PassageId, Passage] = {}
        self._twins: dict[str, dict[Language, PassageId]] = {}
        self._titles: dict[PassageId, frozenset[str]] = {}
        self._words = Words()
        self._reader = Reader(lexical)
        self._revision = 0
        self._lock = asyncio.Lock()

    def __len__(self) -> int:
        return len(self._passages)

    def passage(self, id: PassageId) -> Passage | None:
        """Return a passage as search knows it."""
        return self._passages.get(id)

    def passages(self) -> Iterable[Passage]:
        """Return all passages as search knows them."""
        return self._passages.values()

    def holds(self, token: str, id: PassageId) -> bool:
        """Say whether a passage has a token."""
        return bool(self._lexical.impacts([token], [id])[0, 0] > 0)

    async def refresh(self) -> None:
        """Take over what changed since the last search, in this process or another."""
        if await self._knowledge.revision(self._account) == self._revision:
            return
        async with self._lock:
            if await self._knowledge.revision(self._account) == self._revision:
                return
            lexicon = await self._knowledge.lexicon(self._account)
            changes = await self._knowledge.changes(self._account, since=self._revision)
            if len(changes.upserted) > _QUICK or lexicon.version != self._words.version:
                await anyio.to_thread.run_sync(self._take_over, changes, lexicon)
            else:
                self._take_over(changes, lexicon)
            await self._take_over_vectors(changes)
            self._revision = changes.revision

    async def find(
        self,
        text: str,
        *,
        language: Language | None = None,
        where: Mapping[str, str] | None = None,
        also: PassageId | None = None,
        pool: int = POOL,
        most: int = MOST_CANDIDATES,
        deep: bool = False,
    ) -> Found:
        """Return the passages that may answer, with their signals, best fused first.

        Args:
            where: metadata that a passage must have.
            also: a passage that is measured wherever it stands; with `deep` it is in `candidates` or in `cut`.
            pool: how many passages each channel may propose.
            most: how many candidates to return.
            deep: measure also those that are cut, for exams and explanations.
        """
        await self.refresh()
        tongue = language or guess_language(text)
        async with self._lock:
            question = await self._off_loop(self._reader.read, text, self._words)
        texts = list(dict.fromkeys((question.meant, *question.variants)))
        vectors = await self._embedder.embed(texts)
        among = self._among(where) if where else None
        async with self._lock:
            words = await self._off_loop(self._by_words, question, pool, among)
            meanings = [await self._meaning.search(vector, limit=pool, among=among) for vector in vectors]
            lists = _Lists(words, _best_of(meanings, pool))
            ids = list(dict.fromkeys(hit.passage for hit in (*lists.lexical, *lists.meaning)))
            twins = self._swap_twins(ids, tongue) if among is None else {}
            ids = [*dict.fromkeys(twins.get(id, id) for id in ids if id in self._passages)]
            if also is not None and also in self._passages and also not in ids:
                ids.append(also)
            rows = await self._meaning.vectors(ids)
            asked = Asked(
                text=text,
                language=tongue,
                vector=vectors[0],
                meant=question.meant,
                weights={t.token: t.weight * self._lexical.idf(t.token) for t in question.terms},
                codes=(*question.codes, *question.numbers),
            )
            keep = None if deep else most
            ranked = await self._off_loop(self._measure, asked, question, vectors, ids, rows, lists, keep)
        return Found(asked, question, tuple(ranked[:most]), tuple(ranked[most:]), twins)

    async def places(self, found: Found, id: PassageId) -> tuple[int, int]:
        """Return a passage's exact place by words and by meaning among the first thousands, 0 when it is beyond."""
        async with self._lock:
            words = await self._off_loop(self._by_words, found.question, _COUNTED, None)
            meaning = await self._meaning.search(found.asked.vector, limit=_COUNTED)
        return _place(words, id), _place(meaning, id)

    async def _off_loop(self, work: Callable[[*Ts], T], *args: *Ts) -> T:
        if len(self._passages) >= _OFF_LOOP:
            return await anyio.to_thread.run_sync(work, *args)
        return work(*args)

    def _by_words(self, question: Question, pool: int, among: frozenset[PassageId] | None) -> list[Hit]:
        return self._lexical.search(question.weighted, limit=pool, among=among)

    def _among(self, where: Mapping[str, str]) -> frozenset[PassageId]:
        wanted = where.items()
        return frozenset(id for id, passage in self._passages.items() if wanted <= passage.metadata.items())

    def _swap_twins(self, ids: Sequence[PassageId], language: Language) -> dict[PassageId, PassageId]:
        twins = {}
        for id in ids:
            passage = self._passages.get(id)
            if passage is None or passage.language == language or (key := _twin_key(passage)) is None:
                continue
            twin = self._twins.get(key, {}).get(language)
            if twin is not None and twin in self._passages:
                twins[id] = twin
        return twins

    def _measure(
        self,
        asked: Asked,
        question: Question,
        vectors: Vectors,
        ids: Sequence[PassageId],
        rows: Sequence[Vectors],
        lists: _Lists,
        most: int | None,
    ) -> list[Candidate]:
        """Return the passages with their signals, best fused first; only the first `most` of them."""
        if not ids:
            return []
        passages = [self._passages[id] for id in ids]
        words = self._read_words(question, ids)
        meaning = near(vectors, passages, rows)
        cosine = meaning.cosine
        codes, numbers = words.share_of(question.codes), words.share_of(question.numbers)
        fused = fuse(
            words.share,
            cosine,
            codes if question.codes else numbers if question.numbers else None,
            _CODE if question.codes else _NUMBER,
        )
        order = np.argsort(-fused, kind="stable")
        in_words = {hit.passage: rank for rank, hit in enumerate(lists.lexical, start=1)}
        listed = {hit.passage for hit in lists.meaning}
        by_meaning = [i for i in np.argsort(-cosine, kind="stable") if ids[i] in listed]
        in_meaning = {ids[i]: rank for rank, i in enumerate(by_meaning, start=1)}
        fused_below = np.append(fused[order][1:], 0.0)
        words_falling, meaning_falling = np.sort(words.bm25), np.sort(cosine)
        best_words = float(words_falling[-1]) or 1.0
        out = []
        for rank, i in enumerate(order[:most]):
            passage = passages[i]
            signals = Signals(
                bm25=float(words.bm25[i]),
                bm25_rank=in_words.get(passage.id, 0),
                bm25_share=float(words.share[i]),
                cosine_text=float(meaning.text[i]),
                cosine_question=float(meaning.question[i]),
                cosine_window=float(meaning.window[i]),
                cosine_windows=meaning.three_windows(i),
                cosine=float(cosine[i]),
                cosine_rank=in_meaning.get(passage.id, 0),
                fused=float(fused[i]),
                fused_rank=rank + 1,
                code_match=float(codes[i]),
                number_match=float(numbers[i]),
                codes_asked=len(question.codes),
                numbers_asked=len(question.numbers),
                coverage=float(words.covered[i]),
                title_coverage=self._title_coverage(passage, words),
                sound_match=float(words.by_sound[i]),
                synonym_match=float(words.by_synonym[i]),
                same_language=passage.language == asked.language,
                margin=float(fused[i] - fused_below[rank]),
                bm25_margin=(float(words.bm25[i]) - _below(words_falling, words.bm25[i])) / best_words,
                cosine_margin=float(cosine[i]) - _below(meaning_falling, cosine[i]),
            )
            out.append(Candidate(passage, rows[i], signals))
        return out

    def _read_words(self, question: Question, ids: Sequence[PassageId]) -> "_Words":
        tokens = tuple(term.token for term in question.terms)
        impacts = self._lexical.impacts(tokens, ids)
        weights = np.array([term.weight for term in question.terms], np.float32)
        worth = weights * np.array([self._lexical.idf(token) for token in tokens], np.float32)
        said = np.array([term.how == "said" for term in question.terms], bool)
        bm25 = weights @ impacts if tokens else np.zeros(len(ids), np.float32)
        total = float(worth[said].sum()) if tokens else 0.0
        share = np.minimum(1.0, bm25 / (total * self._lexical.ceiling or 1.0))
        covered, by_synonym, by_sound = _cover(question, impacts > 0, worth, total or 1.0)
        heard = {t: float(w) for t, w, s in zip(tokens, worth, said, strict=True) if s}
        return _Words(tokens, impacts > 0, bm25, share, covered, by_synonym, by_sound, heard, total or 1.0)

    def _title_coverage(self, passage: Passage, words: "_Words") -> float:
        title = self._titles.get(passage.id)
        if title is None:
            heading = "\n".join((*passage.title, passage.question or "", *passage.similar))
            title = self._titles[passage.id] = frozenset(tokenize(heading))
        return sum(worth for token, worth in words.said.items() if token in title) / words.total

    def _take_over(self, changes: Changes, lexicon: Lexicon) -> None:
        words = Words(lexicon) if lexicon.version != self._words.version else self._words
        for id in changes.deleted:
            self._forget(id)
        fresh = {passage.id for passage, _ in changes.upserted}
        if changed := words.dictionary ^ self._words.dictionary:
            for id, passage in self._passages.items():
                if id not in fresh and words.holds(passage.searched(), changed):
                    self._lexical.upsert(id, words.tokens(passage.searched()))
        for passage, _ in changes.upserted:
            self._forget(passage.id, and_index=False)
            self._passages[passage.id] = passage
            if key := _twin_key(passage):
                self._twins.setdefault(key, {})[passage.language] = passage.id
            self._lexical.upsert(passage.id, words.tokens(passage.searched()))
        self._words = words
        self._reader.learn()

    def _forget(self, id: PassageId, *, and_index: bool = True) -> None:
        self._titles.pop(id, None)
        passage = self._passages.pop(id, None)
        if passage is not None and (key := _twin_key(passage)):
            pair = self._twins.get(key, {})
            if pair.get(passage.language) == id:
                del pair[passage.language]
        if and_index:
            self._lexical.delete(id)

    async def _take_over_vectors(self, changes: Changes) -> None:
        known = await self._meaning.revision()
        if known >= changes.revision:
            return
        if known != self._revision:  # the index was kept by somebody else, up to there
            changes = await self._knowledge.changes(self._account, since=known)
        for id in changes.deleted:
            await self._meaning.delete(id)
        for count, (passage, vectors) in enumerate(changes.upserted):
            await self._meaning.upsert(passage.id, vectors)
            if count % 500 == 499:
                await asyncio.sleep(0)  # others have questions too
        await self._meaning.reached(changes.revision)


def fuse(share: Floats, cosine: Floats, exact: Floats | None, weight: float) -> Floats:
    """Weigh what words, meaning and codes say of passages into one number each, 0–1.

    Of `bm25_share` bent by the power of 1.5, so that a few shared words are worth little and most of them much, and
    of the cosine. It needs no word about languages: a passage in another one has only its meaning to go by, one in the
    asker's own has its words besides. On every data set it orders better than reciprocal ranks (k = 60), which put a
    lucky second place of the weaker channel beside a sure first of the stronger.

    Args:
        exact: the share of the question's codes (or numbers) that each passage has; None when it has none.
        weight: what `exact` weighs.
    """
    fused = share**_BEND + _COSINE * np.maximum(cosine, 0.0)
    if exact is None:
        return np.asarray(fused / (1 + _COSINE), np.float32)
    return np.asarray((fused + weight * exact) / (1 + _COSINE + weight), np.float32)


def _twin_key(passage: Passage) -> str | None:
    """Return what a passage and its translation have in common, if anything says so."""
    return passage.metadata.get("twin") or passage.metadata.get("faq")


def _best_of(lists: Sequence[Sequence[Hit]], limit: int) -> list[Hit]:
    best: dict[PassageId, float] = {}
    for hits in lists:
        for hit in hits:
            best[hit.passage] = max(hit.score, best.get(hit.passage, -1.0))
    return [Hit(id, score) for id, score in sorted(best.items(), key=lambda pair: -pair[1])][:limit]


def _cover(question: Question, has: Bools, worth: Floats, total: float) -> tuple[Floats, Floats, Floats]:
    """Return by passage the shares of what was said that it has in any way, through a synonym only, by sound only."""
    shares = {how: np.zeros(has.shape[1], np.float32) for how in ("said", "synonym", "sound")}
    others: dict[str, list[int]] = {}
    for i, term in enumerate(question.terms):
        for token in term.instead_of:
            others.setdefault(token, []).append(i)
    for i, term in enumerate(question.terms):
        if term.how != "said":
            continue
        shares["said"] += worth[i] * has[i]
        if instead := others.get(term.token):
            lacking = ~has[i]
            for other in instead:
                shares[question.terms[other].how] += worth[i] * (has[other] & lacking)
                lacking = lacking & ~has[other]
    found = (shares["said"] + shares["synonym"] + shares["sound"]) / total
    return found, shares["synonym"] / total, shares["sound"] / total


def _place(hits: Sequence[Hit], id: PassageId) -> int:
    return next((rank for rank, hit in enumerate(hits, start=1) if hit.passage == id), 0)


def _below(rising: Floats, value: float) -> float:
    place = int(np.searchsorted(rising, value))
    return float(rising[place - 1]) if place else 0.0
