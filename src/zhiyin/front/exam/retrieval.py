"""The retrieval exam: how often the right passage is among the first, by set, language and system."""

import argparse
import asyncio
import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from zhiyin.conversation.ids import AccountId, DocumentId, PassageId
from zhiyin.data.index.bm25 import Bm25
from zhiyin.data.index.vectors import MemoryVectors
from zhiyin.data.records import Document, Passage
from zhiyin.extend.models import Embedder
from zhiyin.front.exam import datasets
from zhiyin.front.exam.datasets import Ask, Base
from zhiyin.front.exam.report import Row, table
from zhiyin.front.exam.shelf import Shelf
from zhiyin.models.use import UseEmbedder
from zhiyin.service.knowledge.candidates import Candidate, Judge, Signals
from zhiyin.service.knowledge.judge import LearnedJudge
from zhiyin.service.knowledge.search import MOST_CANDIDATES, Found, Searcher
from zhiyin.service.knowledge.vectors import to_embed

_ACCOUNT = AccountId("exam")
_DEPTHS = (1, 5, 20)
_SYSTEMS = ("bm25", "vectors", "hybrid", "hybrid+judge")
_MOST_TURNS = 40
_FLAT = 10  # of the reciprocal ranks of turns: 0.43 of tau2's documents at 20; 60 finds 0.38, 0 finds 0.38

Sets: dict[str, Callable[[Path], Base]] = {
    "cmrc2018": datasets.cmrc2018,
    "drcd": datasets.drcd,
    "squad2": datasets.squad2,
    "xquad zh→zh": lambda folder: datasets.xquad(folder, asked="zh", written="zh"),
    "xquad en→en": lambda folder: datasets.xquad(folder, asked="en", written="en"),
    "xquad zh→en": lambda folder: datasets.xquad(folder, asked="zh", written="en"),
    "xquad en→zh": lambda folder: datasets.xquad(folder, asked="en", written="zh"),
    "xquad zh→mixed": lambda folder: datasets.xquad_mixed(folder, asked="zh"),
    "xquad en→mixed": lambda folder: datasets.xquad_mixed(folder, asked="en"),
    "xquad zh→twins": lambda folder: datasets.xquad_twins(folder, asked="zh"),
    "xquad en→twins": lambda folder: datasets.xquad_twins(folder, asked="en"),
    "rgb zh": lambda folder: datasets.rgb(folder, "zh"),
    "rgb en": lambda folder: datasets.rgb(folder, "en"),
    "dstc11_faq": datasets.dstc11_faq,
    "tau2 banking_knowledge": datasets.banking_knowledge,
}
"""Every third-party set that has a base to search, by name."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """The order in which one system puts passages for a question, best first."""

    system: str
    passages: tuple[str, ...]


async def search_over(base: Base, embedder: Embedder) -> Searcher:
    """Make a searcher over a base's texts."""
    shelf = Shelf()
    passages = [_passage(text) for text in base.texts]
    texts = [to_embed(passage) for passage in passages]
    rows = await embedder.embed([line for lines in texts for line in lines])
    pairs, start = [], 0
    for passage, lines in zip(passages, texts, strict=True):
        pairs.append((passage, rows[start : start + len(lines)]))
        start += len(lines)
    document = Document(DocumentId("exam"), _ACCOUNT, base.name, base.name, "", datetime(2026, 1, 1, tzinfo=UTC))
    await shelf.put(_ACCOUNT, document, pairs, embedder=embedder.name)
    return Searcher(
        _ACCOUNT, knowledge=shelf, embedder=embedder, lexical=Bm25(), meaning=MemoryVectors(dims=embedder.dims)
    )


async def rank(searcher: Searcher, ask: Ask, *, judge: Judge | None) -> list[Ranked]:
    """Ask one question and tell how each system orders the passages."""
    if ask.scoped:
        parts = [
            await searcher.find(ask.text, language=ask.language, where={"group": g}, deep=True)
            for g in ask.group.split(" ")
        ]
        found = parts[0] if len(parts) == 1 else _merged(parts)
    else:
        found = await searcher.find(ask.text, language=ask.language, deep=True)
    everything = (*found.candidates, *found.cut)
    orders = [
        Ranked("bm25", _by(everything, lambda c: c.signals.bm25_rank)),
        Ranked("vectors", _by(everything, lambda c: c.signals.cosine_rank)),
        Ranked("hybrid", tuple(c.passage.id for c in everything)),
    ]
    if judge is not None:
        judged = await judge.judge(found.asked, found.candidates)
        tail = tuple(c.passage.id for c in found.cut)
        orders.append(Ranked("hybrid+judge", (*(j.candidate.passage.id for j in judged), *tail)))
    return orders


async def rank_turns(searcher: Searcher, ask: Ask) -> list[Ranked]:
    """Ask what a customer says turn by turn, and merge what each turn found as a conversation would.

    Every turn is searched by itself; a passage counts with the sum of its reciprocal ranks (k = 10) over the turns.
    """
    sums: dict[str, dict[str, float]] = {system: {} for system in ("bm25", "vectors", "hybrid")}
    for turn in ask.turns[:_MOST_TURNS]:
        found = await searcher.find(turn, language=ask.language, deep=True)
        everything = (*found.candidates, *found.cut)
        for system, order in (
            ("bm25", _by(everything, lambda c: c.signals.bm25_rank)),
            ("vectors", _by(everything, lambda c: c.signals.cosine_rank)),
            ("hybrid", tuple(c.passage.id for c in everything)),
        ):
            for place, passage in enumerate(order[:50]):
                sums[system][passage] = sums[system].get(passage, 0.0) + 1 / (_FLAT + 1 + place)
    return [Ranked(system, tuple(sorted(points, key=lambda p: -points[p]))) for system, points in sums.items()]


def score(name: str, asked: Sequence[tuple[Ask, Sequence[Ranked]]]) -> list[Row]:
    """Reckon recall at 1, 5 and 20 and the mean reciprocal rank of the first right passage, by system."""
    rows = []
    for system in _SYSTEMS:
        orders = [(ask, r.passages) for ask, ranked in asked for r in ranked if r.system == system and ask.texts]
        if not orders:
            continue
        for depth in _DEPTHS:
            shares = [_recall(ask, order, depth, whole=name.startswith("tau2")) for ask, order in orders]
            rows.append(Row(name, f"recall@{depth}", system, sum(shares) / len(shares), len(shares)))
        firsts = [next((1 / n for n, p in enumerate(order, 1) if p in ask.texts), 0.0) for ask, order in orders]
        rows.append(Row(name, "MRR", system, sum(firsts) / len(firsts), len(firsts)))
    return rows


async def run(
    embedder: Embedder,
    data: Path,
    *,
    judge: Judge | None = None,
    only: Iterable[str] = (),
    at_most: int | None = None,
) -> list[Row]:
    """Hold the exam on every set whose name contains one of `only`; all when it is empty.

    Args:
        at_most: questions of each set, evenly taken; all when None.

    Raises:
        NotFound: the data are not there.
    """
    wanted = list(only)
    rows: list[Row] = []
    for name, read in Sets.items():
        if not wanted or any(part in name for part in wanted):
            rows += await examine(read(data), embedder, judge=judge, at_most=at_most)
    return rows


async def examine(base: Base, embedder: Embedder, *, judge: Judge | None, at_most: int | None = None) -> list[Row]:
    """Hold the exam on one set."""
    searcher = await search_over(base, embedder)
    asks = [ask for ask in base.asks if ask.texts]
    if at_most is not None and len(asks) > at_most:
        asks = [asks[i * len(asks) // at_most] for i in range(at_most)]
    conversations = base.name.startswith("tau2")
    results = []
    for ask in asks:
        ranked = await rank_turns(searcher, ask) if conversations else await rank(searcher, ask, judge=judge)
        results.append((ask, ranked))
    return score(base.name, results)


async def demo(
    searcher: Searcher,
    questions: Path,
    *,
    names: Mapping[DocumentId, str],
    judge: Judge | None,
    split: str | None = None,
) -> list[Row]:
    """Hold the exam of a pack: its own questions, by language and class, over its own articles.

    Args:
        searcher: of an account that holds the pack's articles.
        questions: the pack's `questions.jsonl`.
        names: of its documents, by id.
        split: only the questions of this part.
    """
    by_class: dict[str, list[tuple[Ask, Sequence[Ranked]]]] = {}
    await searcher.refresh()
    for row in datasets.rows(questions.parent, questions.name):
        if not row["expect"] or (split and row["split"] != split):
            continue
        right = tuple(
            p.id for p in searcher.passages() if any(_is(p, names[p.document], what) for what in row["expect"])
        )
        ask = Ask(row["id"], row["question"], row["lang"], right)
        by_class.setdefault(f"demo {row['class']} {row['lang']}", []).append(
            (ask, await rank(searcher, ask, judge=judge))
        )
    return [row for name in sorted(by_class) for row in score(name, by_class[name])]


def _is(passage: Passage, name: str, what: str) -> bool:
    """Say whether a passage is what an exam expects: `faq:<id>` or `policy:<stem>#<heading>`."""
    kind, _, rest = what.partition(":")
    if kind == "faq":
        return passage.metadata.get("faq") == rest
    stem, _, heading = rest.partition("#")
    return Path(name).stem == stem and "policies" in name and heading in passage.title


def _passage(text: datasets.Text) -> Passage:
    return Passage(
        id=PassageId(text.id),
        account=_ACCOUNT,
        document=DocumentId("exam"),
        kind="faq" if text.question else "text",
        language=text.language,
        title=text.title,
        text=text.text,
        question=text.question,
        metadata={"group": text.group} if text.group else {},
        sha256=hashlib.sha256(text.text.encode()).hexdigest(),
    )


def _merged(parts: Sequence[Found]) -> Found:
    """Put together what was found about several things; ranks of the channels are made anew."""
    candidates = [c for part in parts for c in (*part.candidates, *part.cut)]
    by_words = _order(candidates, lambda s: s.bm25_rank, lambda s: s.bm25)
    by_meaning = _order(candidates, lambda s: s.cosine_rank, lambda s: s.cosine)
    renewed = [
        replace(
            c,
            signals=replace(
                c.signals, bm25_rank=by_words.get(c.passage.id, 0), cosine_rank=by_meaning.get(c.passage.id, 0)
            ),
        )
        for c in sorted(candidates, key=lambda c: -c.signals.fused)
    ]
    return replace(parts[0], candidates=tuple(renewed[:MOST_CANDIDATES]), cut=tuple(renewed[MOST_CANDIDATES:]))


def _order(
    candidates: Sequence[Candidate], rank_of: Callable[[Signals], int], value: Callable[[Signals], float]
) -> dict[str, int]:
    listed = sorted((c for c in candidates if rank_of(c.signals)), key=lambda c: -value(c.signals))
    return {c.passage.id: rank for rank, c in enumerate(listed, start=1)}


def _by(candidates: Sequence[Candidate], place: Callable[[Candidate], int]) -> tuple[str, ...]:
    return tuple(c.passage.id for c in sorted((c for c in candidates if place(c)), key=place))


def _recall(ask: Ask, order: Sequence[str], depth: int, *, whole: bool) -> float:
    """Share of the right passages among the first; where any one of several will do, whether one is there."""
    found = len(set(ask.texts) & set(order[:depth]))
    return found / len(set(ask.texts)) if whole else float(found > 0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--only", nargs="*", default=())
    parser.add_argument("--at-most", type=int)
    parser.add_argument("--no-judge", action="store_true")
    given = parser.parse_args()

    async def _main() -> None:
        embedder = UseEmbedder()
        judge = None if given.no_judge else LearnedJudge()
        print(table(await run(embedder, given.data, judge=judge, only=given.only, at_most=given.at_most)))
        await embedder.aclose()

    asyncio.run(_main())
