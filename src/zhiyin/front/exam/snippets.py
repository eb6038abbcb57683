"""Conversations about hotels and restaurants (dstc11_faq): is knowledge asked for, of which house, and what answers?

The house is tracked through the dialogue: the ones named in the last turn that names any. All that is known of
them, FAQs and sentences of reviews, is judged; then a line through the judge's log-odds, a few signals and the product
of both vectors, dimension by dimension, says what is selected. It belongs to this exam, not to the product: it is
trained on this set's own developer half, each fifth of the conversations by the other four, and the judge that it
listens to is the fold's that has not seen the conversation. The threshold is the best one of the same half.
"""

import gzip
import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from zhiyin.extend import Embedder
from zhiyin.front.exam import datasets
from zhiyin.front.exam.boosting import draw
from zhiyin.front.exam.datasets import rows
from zhiyin.front.exam.lessons import FOLDS, SNIPPETS, fold_of
from zhiyin.front.exam.report import Row
from zhiyin.front.exam.retrieval import search_over
from zhiyin.service.knowledge.candidates import Asked, Judge, Judged

_JUDGED_FROM = 0.4  # by the judge alone
_SELECTED_FROM = 0.35
_SELECTING_RIDGE = 100.0
_SELECTING_STEPS = 6
_SCALE = 20.0  # brings the products of unit vectors to the size of the other numbers
_COMMON = frozenset(
    """
    the a and of in at hotel restaurant guest house guesthouse bed breakfast bar cafe lodge inn city centre
    cambridge
    """.split()  # noqa: SIM905 - a list of words reads better so
)
_WORD = re.compile(r"[a-z0-9]+")
_SEEKING_RIDGE = 20.0


@dataclass(frozen=True, slots=True)
class Dialogue:
    """A conversation up to the customer's last words; `knowledge` is what answers them, empty if nothing is asked."""

    lines: tuple[str, ...]
    seeks: bool
    knowledge: frozenset[str]

    @property
    def group(self) -> str:
        """Return what keeps the turns of one conversation together."""
        return self.lines[0]


class Houses:
    """The names by which hotels and restaurants may be called."""

    def __init__(self, names: Mapping[str, str]) -> None:
        """Take each house's name by its id."""
        self._full = {id: " ".join(_WORD.findall(name.lower().replace("'", ""))) for id, name in names.items()}
        self._short = {id: " ".join(w for w in name.split() if w not in _COMMON) for id, name in self._full.items()}

    def tracked(self, lines: Sequence[str]) -> set[str]:
        """Return the ids of the houses named last."""
        for line in reversed(lines):
            if named := self.named(line):
                return named
        return set()

    def named(self, line: str) -> set[str]:
        """Return the ids of the houses that a line names, each by the longest name that fits there."""
        text = " " + " ".join(_WORD.findall(line.lower().replace("'", ""))) + " "
        whole = {id: name for id, name in self._full.items() if f" {name} " in text}
        # "pizza express" is not meant where "pizza express fen ditton" is said
        fitting = {
            i for i, name in whole.items() if not any(name != o and f" {name} " in f" {o} " for o in whole.values())
        }
        for name in whole.values():
            text = text.replace(f" {name} ", " | ")
        return fitting | {
            id
            for id, name in self._short.items()
            if len(name) > 2 and id not in whole and f" {name} " in text and not (fitting and " " not in name)
        }


def dialogues(folder: Path) -> list[Dialogue]:
    """Read the conversations. Raises NotFound."""
    found = []
    for row in rows(folder, "dstc11_faq/val_a.jsonl.gz"):
        places = row.get("knowledge") or []
        ids = frozenset(
            ":".join(str(p[k]) for k in ("domain", "entity_id", "doc_type", "doc_id", "sent_id") if k in p)
            for p in places
        )
        found.append(Dialogue(tuple(line["text"] for line in row["log"]), bool(row["target"]), ids))
    return found


def houses(folder: Path) -> Houses:
    """Read the names of all hotels and restaurants."""
    with gzip.open(folder / "dstc11_faq" / "knowledge.json.gz", "rt", encoding="utf-8") as stream:
        knowledge = json.load(stream)
    return Houses({f"{domain}:{id}": about["name"] for domain, of in knowledge.items() for id, about in of.items()})


async def snippets(embedder: Embedder, data: Path, judge_of: Callable[[str], Judge]) -> list[Row]:
    """Hold this part of the exam; `judge_of` a conversation's first line gives the judge that has not seen it."""
    base = datasets.dstc11_faq(data)
    searcher = await search_over(base, embedder)
    names, talks = houses(data), dialogues(data)
    tracked = 0
    seeking = [talk for talk in talks if talk.seeks]
    seen: list[_Seen] = []
    for place, talk in enumerate(seeking):
        ids = names.tracked(talk.lines)
        tracked += ids == {":".join(id.split(":")[:2]) for id in talk.knowledge}
        for house in sorted(ids)[:4]:
            found = await searcher.find(
                talk.lines[-1], language="en", where={"group": house}, pool=SNIPPETS, most=SNIPPETS
            )
            judged = await judge_of(talk.group).judge(found.asked, found.candidates)
            seen += [_seen(place, talk, found.asked, one) for one in judged]
    alone = _figures("judge", seeking, seen, np.array([s.odds for s in seen], dtype=np.float32), _JUDGED_FROM)
    odds = _by_line(seen, [fold_of(talk.group) for talk in seeking])
    return [
        Row("dstc11_faq", "house tracked", "names", tracked / max(1, len(seeking)), len(seeking)),
        *alone,
        *_figures("line on judge and vectors", seeking, seen, odds, _SELECTED_FROM),
        *await _seeking(embedder, talks),
    ]


@dataclass(frozen=True, slots=True)
class _Seen:
    """One thing known of a house, for one conversation. Shapes: numbers (dims + signals,)."""

    talk: int
    id: str
    right: bool
    odds: float
    numbers: npt.NDArray[np.float32]


def _seen(place: int, talk: Dialogue, asked: Asked, judged: Judged) -> _Seen:
    candidate, signals = judged.candidate, judged.candidate.signals
    faq = candidate.passage.question is not None
    part = candidate.vectors[1] if faq else candidate.vectors[-1]
    chance = min(max(judged.answers, 1e-4), 1 - 1e-4)
    odds = math.log(chance / (1 - chance))
    few = (odds, signals.cosine, signals.cosine_window, signals.cosine_question, signals.bm25_share, signals.coverage)
    numbers = np.r_[asked.vector * part * _SCALE, few, float(faq)].astype(np.float32)
    id = str(candidate.passage.id)
    return _Seen(place, id, id in talk.knowledge, odds, numbers)


def _by_line(seen: Sequence[_Seen], folds: Sequence[int]) -> npt.NDArray[np.float32]:
    """Return the log-odds of each by a line that was drawn without its conversation's fold."""
    rows = np.array([s.numbers for s in seen], dtype=np.float32)
    truth = np.array([s.right for s in seen], dtype=np.float32)
    fold = np.array([folds[s.talk] for s in seen])
    odds = np.array([s.odds for s in seen], dtype=np.float32)
    for number in range(FOLDS):
        mine, others = fold == number, fold != number
        if mine.any() and truth[others].any():
            weights, constant = draw(rows[others], truth[others], ridge=_SELECTING_RIDGE, steps=_SELECTING_STEPS)
            odds[mine] = rows[mine] @ weights + constant
    return odds


def _figures(
    system: str, talks: Sequence[Dialogue], seen: Sequence[_Seen], odds: npt.NDArray[np.float32], threshold: float
) -> list[Row]:
    chosen: list[set[str]] = [set() for _ in talks]
    best: dict[int, tuple[float, str]] = {}
    for one, value in zip(seen, odds, strict=True):
        if value >= math.log(threshold / (1 - threshold)):
            chosen[one.talk].add(one.id)
        best[one.talk] = max(best.get(one.talk, (-math.inf, "")), (float(value), one.id))
    for place, (_, id) in best.items():
        chosen[place] = chosen[place] or {id}
    right = sum(len(ids & talk.knowledge) for ids, talk in zip(chosen, talks, strict=True))
    exact = sum(ids == talk.knowledge for ids, talk in zip(chosen, talks, strict=True))
    selected, wanted = sum(map(len, chosen)), sum(len(talk.knowledge) for talk in talks)
    precision, recall = right / max(1, selected), right / max(1, wanted)
    n = len(talks)
    return [
        Row("dstc11_faq", "snippet precision", system, precision, n),
        Row("dstc11_faq", "snippet recall", system, recall, n),
        Row("dstc11_faq", "snippet F1", system, 2 * precision * recall / max(1e-9, precision + recall), n),
        Row("dstc11_faq", "snippets exactly right", system, exact / max(1, n), n),
    ]


async def _seeking(embedder: Embedder, talks: Sequence[Dialogue]) -> list[Row]:
    """Tell turns that seek knowledge from the rest by a line through the last turns' vectors, fold against folds."""
    vectors = await embedder.embed([talk.lines[-1] for talk in talks])
    truth = np.array([talk.seeks for talk in talks], dtype=np.float32)
    folds = np.array([fold_of(talk.group) for talk in talks])
    said = np.zeros(len(talks), dtype=bool)
    for number in range(FOLDS):
        weights, constant = draw(vectors[folds != number], truth[folds != number], ridge=_SEEKING_RIDGE)
        said[folds == number] = vectors[folds == number] @ weights + constant > 0
    hits = float((said & (truth > 0)).sum())
    precision, recall = hits / max(1, said.sum()), hits / max(1.0, truth.sum())
    return [
        Row("dstc11_faq", "knowledge-seeking precision", "line on vectors", precision, len(talks)),
        Row("dstc11_faq", "knowledge-seeking recall", "line on vectors", recall, len(talks)),
        Row(
            "dstc11_faq",
            "knowledge-seeking F1",
            "line on vectors",
            2 * precision * recall / (precision + recall),
            len(talks),
        ),
    ]
