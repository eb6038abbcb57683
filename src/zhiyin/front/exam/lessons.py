"""What the judge learns from: questions with candidates as search finds them, and which of them answer.

Each question is shown with its answer among the candidates, and some a second time without it, so that the judge
learns to say that nothing answers. Sets that are for measuring only are not here.
"""

import hashlib
import random
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from zhiyin.conversation.facts import Language
from zhiyin.conversation.ids import PassageId
from zhiyin.data.records import Passage
from zhiyin.extend.models import Embedder
from zhiyin.extend.pack import Pack
from zhiyin.front.exam import datasets
from zhiyin.front.exam.company import Company, company, questions
from zhiyin.front.exam.datasets import Ask, Base
from zhiyin.front.exam.retrieval import search_over
from zhiyin.language.fold import fold, guess_language
from zhiyin.service.knowledge.candidates import Asked, Candidate
from zhiyin.service.knowledge.ingest import PassageDraft
from zhiyin.service.knowledge.judge.learned import READ_WHOLE

_STRANGERS = ("clinc150_oos/oos_train.jsonl", "clinc150_oos/oos_val.jsonl")

FILES = (
    "cmrc2018/trial.jsonl.gz",
    "drcd/dev.jsonl.gz",
    "squad2/dev_a.jsonl.gz",
    "xquad_zh_en/xquad_a.jsonl.gz",
    "dstc11_faq/val_a.jsonl.gz",
    "tau2/banking_knowledge/documents.jsonl.gz",
    *_STRANGERS,
)
"""The files that a judge trained here has seen; an exam on one of them must ask the model of another fold."""

_WITHOUT = 0.5  # share of the questions that are also shown without their answer
SNIPPETS = 96
"""So many snippets of an entity are judged; more than any question needs."""

_MOST = 1500  # questions of one set

_PARTS = 8  # of the company's FAQs or similar questions, each taken out once
_GAPS = 0.45  # share of the questions that are asked of a base without their FAQ

_WEIGHTS = {
    "squad2 own": 5.0,
    "shop": 10.0,
    "shop similar": 2.0,
    "shop gap": 2.0,
    "dstc11 faq": 0.7,
    "dstc11 snippets": 0.3,
    "tau2": 0.7,
}


@dataclass(frozen=True, slots=True)
class Lesson:
    """One question with candidates and, for each, whether it answers. `group` is what a fair split must not cut."""

    set: str
    group: str
    asked: Asked = field(repr=False)
    candidates: tuple[Candidate, ...] = field(repr=False)
    answers: tuple[bool, ...]
    kind: str = "asked"  # "asked", "without" its answer, or "unanswerable"
    unclear: tuple[bool, ...] = ()  # candidates that stand beside the others but teach nothing themselves; empty: none

    @property
    def weight(self) -> float:
        """Say how much this lesson counts."""
        return _WEIGHTS.get(self.set, 1.0)

    @property
    def fold(self) -> int:
        """Return which of the folds it belongs to."""
        return fold_of(self.group)


FOLDS = 5


def fold_of(group: str) -> int:
    """Return the fold of an article, entity or FAQ: the model of that number has not seen it."""
    return int.from_bytes(hashlib.sha1(group.encode(), usedforsecurity=False).digest()[:4], "big") % FOLDS


async def lessons(data: Path, pack: Pack | None, embedder: Embedder, *, seed: int) -> AsyncIterator[Lesson]:
    """Yield every lesson.

    Args:
        data: the folder of the third-party sets.
        pack: a company with articles and an exam, of which only the "dev" half is read; None leaves it out.

    Raises:
        NotFound: a data set is not there.
    """
    random_ = random.Random(seed)  # noqa: S311 - reproducible, not secret
    for base in _bases(data):
        async for lesson in _of_base(base, embedder, random_):
            yield lesson
    async for lesson in _of_faqs(datasets.dstc11_faq(data), embedder):
        yield lesson
    async for lesson in _of_snippets(datasets.dstc11_faq(data), embedder):
        yield lesson
    async for lesson in _of_titles(datasets.banking_knowledge(data), embedder):
        yield lesson
    if pack is not None:
        async for lesson in _of_company(pack, embedder):
            yield lesson
        async for lesson in without_their_question(pack, embedder):
            yield lesson
        async for lesson in without_their_faq(pack, embedder, random.Random(seed)):  # noqa: S311 - as above
            yield lesson
        async for lesson in _of_strangers(data, pack, embedder):
            yield lesson


def _bases(data: Path) -> Iterable[Base]:
    yield datasets.cmrc2018(data)
    yield datasets.drcd(data)
    yield datasets.squad2(data)
    pairs: tuple[tuple[Language, Language], ...] = (("zh", "zh"), ("en", "en"), ("zh", "en"), ("en", "zh"))
    for asked, written in pairs:
        yield datasets.xquad(data, asked=asked, written=written)


async def _of_base(base: Base, embedder: Embedder, random_: random.Random) -> AsyncIterator[Lesson]:
    searcher = await search_over(base, embedder)
    asks = list(base.asks)
    if len(asks) > _MOST and base.name != "squad2":
        asks = random_.sample(asks, _MOST)
    for ask in asks:
        own = next(iter(ask.among)) if ask.among and len(ask.among) == 1 else None
        found = await searcher.find(ask.text, language=ask.language, also=PassageId(own) if own else None)
        candidates = found.candidates[:READ_WHOLE]
        there = set(ask.texts)
        # another passage that holds the answer may answer too: nobody has said, so it teaches nothing
        clear = [c for c in candidates if c.passage.id in there or not _holds(c, ask.answers)]
        kind = "asked" if there else "unanswerable"
        yield _lesson(base.name, ask.group, found.asked, clear, there, kind)
        if there and random_.random() < _WITHOUT:
            yield _lesson(
                base.name, ask.group, found.asked, [c for c in clear if c.passage.id not in there], set(), "without"
            )
        if base.name == "squad2":
            alone = [c for c in (*found.candidates, *found.cut) if c.passage.id == own]
            yield _lesson("squad2 own", ask.group, found.asked, alone, there, kind)


async def _of_faqs(base: Base, embedder: Embedder) -> AsyncIterator[Lesson]:
    """Ask a hotel's or restaurant's FAQ what its guests ask."""
    faqs = replace(base, texts=tuple(text for text in base.texts if text.question))
    searcher = await search_over(faqs, embedder)
    for ask in base.asks:
        groups = _entities(ask)
        if len(groups) == 1:
            found = await searcher.find(ask.text, language="en", where={"group": groups.pop()})
            there = {id for id in ask.texts if ":faq:" in id}
            kind = "asked" if there else "unanswerable"
            yield _lesson("dstc11 faq", ask.turns[0], found.asked, found.candidates[:READ_WHOLE], there, kind)


async def _of_snippets(base: Base, embedder: Embedder) -> AsyncIterator[Lesson]:
    """Ask everything that is known of a hotel or restaurant, sentences of reviews among it; several may answer."""
    searcher = await search_over(base, embedder)
    for ask in base.asks:
        groups = _entities(ask)
        if len(groups) == 1:
            found = await searcher.find(
                ask.text, language="en", where={"group": groups.pop()}, pool=SNIPPETS, most=SNIPPETS
            )
            yield _lesson("dstc11 snippets", ask.turns[0], found.asked, found.candidates, ask.texts, "asked")


def _entities(ask: Ask) -> set[str]:
    return {":".join(id.split(":")[:2]) for id in ask.texts}


async def _of_titles(base: Base, embedder: Embedder) -> AsyncIterator[Lesson]:
    """Ask a handbook by the titles of its pages, which are taken off: many differ in one word only."""
    searcher = await search_over(replace(base, texts=tuple(replace(t, title=()) for t in base.texts)), embedder)
    for text in base.texts:
        found = await searcher.find(text.title[0].removeprefix("Internal: "), language="en")
        group = text.id.rsplit("_", 1)[0]
        yield _lesson("tau2", group, found.asked, found.candidates[:READ_WHOLE], {text.id}, "asked")


async def _of_company(pack: Pack, embedder: Embedder) -> AsyncIterator[Lesson]:
    whole = await company(pack, embedder)
    for question in questions(pack):
        if question.split != "dev":
            continue
        found = await whole.searcher.find(question.text, language=guess_language(question.text))
        candidates = found.candidates[:READ_WHOLE]
        there = {c.passage.id for c in candidates if question.expect & whole.references[c.passage.id]}
        clear = [c for c in candidates if c.passage.id in there or not _says(c, question.facts)]
        group = min(question.expect, default=question.text).split("#")[0]
        kind = "asked" if question.expect else "unanswerable"
        yield _lesson("shop", group, found.asked, clear, there, kind)
        if question.expect:
            yield _lesson("shop", group, found.asked, [c for c in clear if c.passage.id not in there], set(), "without")


async def without_their_question(pack: Pack, embedder: Embedder) -> AsyncIterator[Lesson]:
    """Take some of the FAQs' similar questions out and ask them: their FAQ still answers by the others."""
    whole = await company(pack, embedder)
    faqs, references = await _faqs(whole), whole.references
    for part in range(_PARTS):
        rest = await company(pack, embedder, keep=partial(_without_similar, part=part))
        for passage in faqs:
            name = references[passage.id]
            for other in passage.similar[part::_PARTS]:
                found = await rest.searcher.find(other, language=passage.language)
                read = found.candidates[:READ_WHOLE]
                there = {c.passage.id for c in read if name & rest.references[c.passage.id]}
                lesson = _lesson("shop similar", min(name), found.asked, read, there, "asked")
                yield replace(lesson, unclear=_policies(read))


async def without_their_faq(pack: Pack, embedder: Embedder, random_: random.Random) -> AsyncIterator[Lesson]:
    """Take some of the FAQs out, in both languages, and ask their questions: nothing answers."""
    whole = await company(pack, embedder)
    faqs, references = await _faqs(whole), whole.references
    for part in range(_PARTS):
        rest = await company(pack, embedder, keep=partial(_without_faqs, part=part))
        for passage in faqs:
            if _part_of(passage.metadata["faq"]) != part:
                continue
            for other in (passage.question or "", *passage.similar):
                if random_.random() < _GAPS:
                    found = await rest.searcher.find(other, language=passage.language)
                    read = found.candidates[:READ_WHOLE]
                    lesson = _lesson("shop gap", min(references[passage.id]), found.asked, read, (), "unanswerable")
                    yield replace(lesson, unclear=_policies(read))


async def _of_strangers(data: Path, pack: Pack, embedder: Embedder) -> AsyncIterator[Lesson]:
    """Ask the company what assistants of every trade were asked and none of them is for."""
    whole = await company(pack, embedder)
    for name in _STRANGERS:
        for row in datasets.rows(data, name):
            found = await whole.searcher.find(row["text"], language="en")
            yield _lesson("strangers", row["text"], found.asked, found.candidates[:READ_WHOLE], set(), "unanswerable")


async def _faqs(whole: Company) -> list[Passage]:
    await whole.searcher.refresh()
    found = [whole.searcher.passage(id) for id in whole.references]
    return [passage for passage in found if passage is not None and "faq" in passage.metadata]


def _without_similar(draft: PassageDraft, *, part: int) -> PassageDraft:
    return replace(draft, similar=tuple(s for n, s in enumerate(draft.similar) if n % _PARTS != part))


def _without_faqs(draft: PassageDraft, *, part: int) -> PassageDraft | None:
    faq = draft.metadata.get("faq")
    return None if faq is not None and _part_of(faq) == part else draft


def _part_of(faq: str) -> int:
    return int.from_bytes(hashlib.sha256(faq.encode()).digest()[:4], "big") % _PARTS


def _policies(candidates: Sequence[Candidate]) -> tuple[bool, ...]:
    """Tell the policies from the FAQs: they may say what an FAQ says, and nobody has said which of them do."""
    return tuple(c.passage.question is None for c in candidates)


def _lesson(
    set_: str, group: str, asked: Asked, candidates: Sequence[Candidate], there: Iterable[str], kind: str
) -> Lesson:
    right = set(there)
    return Lesson(set_, group, asked, tuple(candidates), tuple(c.passage.id in right for c in candidates), kind)


def _holds(candidate: Candidate, answers: Sequence[str]) -> bool:
    return any(answer in candidate.passage.text for answer in answers)


def _says(candidate: Candidate, facts: Sequence[str]) -> bool:
    text = fold(candidate.passage.text)
    return bool(facts) and all(fold(fact) in text for fact in facts)
