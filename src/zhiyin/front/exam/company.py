"""A pack's own exam: its knowledge as the product would hold it, and the questions that its authors wrote."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from zhiyin.conversation.facts import Language
from zhiyin.conversation.ids import AccountId, DocumentId, PassageId
from zhiyin.data.index.bm25 import Bm25
from zhiyin.data.index.vectors import MemoryVectors
from zhiyin.data.records import Document, Passage
from zhiyin.extend.models import Embedder
from zhiyin.extend.pack import Pack
from zhiyin.front.exam.shelf import Shelf
from zhiyin.service.knowledge import Source
from zhiyin.service.knowledge.ingest import PassageDraft, prepare
from zhiyin.service.knowledge.search import Searcher
from zhiyin.service.knowledge.vectors import to_embed


@dataclass(frozen=True, slots=True)
class Company:
    """A pack's knowledge ready to be searched, and what each passage is called in its exam."""

    searcher: Searcher
    references: Mapping[PassageId, frozenset[str]]


async def company(
    pack: Pack, embedder: Embedder, *, keep: Callable[[PassageDraft], PassageDraft | None] = lambda draft: draft
) -> Company:
    """Read a pack's articles and words; `keep` may change or drop a passage."""
    account, shelf = AccountId("exam"), Shelf()
    named: dict[PassageId, frozenset[str]] = {}
    for path in sorted(p for p in pack.articles.rglob("*") if p.is_file()):
        name = str(path.relative_to(pack.articles))
        prepared = prepare(Source(name, path.read_bytes()))
        drafts = [kept for draft in prepared.passages if (kept := keep(draft)) is not None]
        texts = [to_embed(_passage(draft, account, name, n)) for n, draft in enumerate(drafts)]
        rows = await embedder.embed([line for lines in texts for line in lines])
        pairs, start = [], 0
        for number, (draft, lines) in enumerate(zip(drafts, texts, strict=True)):
            passage = _passage(draft, account, name, number)
            named[passage.id] = references(path, passage)
            pairs.append((passage, rows[start : start + len(lines)]))
            start += len(lines)
        document = Document(DocumentId(name), account, name, prepared.title, "", datetime(2026, 1, 1, tzinfo=UTC))
        await shelf.put(account, document, pairs, embedder=embedder.name)
    await shelf.put_lexicon(account, words=_lines(pack.dictionary), synonyms=_synonyms(pack.synonyms))
    searcher = Searcher(
        account, knowledge=shelf, embedder=embedder, lexical=Bm25(), meaning=MemoryVectors(dims=embedder.dims)
    )
    return Company(searcher, named)


@dataclass(frozen=True, slots=True)
class Question:
    """A question of a company's exam."""

    text: str
    language: Language
    kind: str  # "paraphrase", "unanswerable" …
    split: str
    expect: frozenset[str]
    facts: tuple[str, ...]


def questions(pack: Pack) -> list[Question]:
    """Read a pack's exam; empty when it has none."""
    if pack.exam is None or not pack.exam.is_file():
        return []
    rows = [json.loads(line) for line in pack.exam.read_text("utf-8").splitlines() if line.strip()]
    return [
        Question(r["question"], r["lang"], r["class"], r["split"], frozenset(r["expect"]), tuple(r["facts"]))
        for r in rows
    ]


def _passage(draft: PassageDraft, account: AccountId, document: str, number: int) -> Passage:
    return draft.passage(id=PassageId(f"{document}:{number}"), account=account, document=DocumentId(document))


def references(path: Path, passage: Passage) -> frozenset[str]:
    """Return what the exam may call a passage: faq:<id>, policy:<file>#<heading>."""
    faq = passage.metadata.get("faq")
    return frozenset([f"faq:{faq}"] if faq else [f"policy:{path.stem}#{heading}" for heading in passage.title])


def _lines(path: Path | None) -> list[str]:
    if path is None:
        return []
    return [line.strip() for line in path.read_text("utf-8").splitlines() if line.strip() and not line.startswith("#")]


def _synonyms(path: Path | None) -> dict[str, Sequence[str]]:
    pairs = [line.split("\t", 1) for line in _lines(path) if "\t" in line]
    return {term.strip(): [other.strip() for other in others.split("|") if other.strip()] for term, others in pairs}
