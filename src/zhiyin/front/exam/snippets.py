"""Conversations about hotels and restaurants (dstc11_faq): is knowledge asked for, of which house, and what answers?

The house is tracked through the dialogue: the ones named in the last turn that names any. All that is known of
them, FAQs and sentences of reviews, is judged; what answers with a chance of at least `_SELECTED_FROM`, best out of fold, is selected.
"""

import gzip
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from zhiyin.extend import Embedder
from zhiyin.front.exam import datasets
from zhiyin.front.exam.boosting import draw
from zhiyin.front.exam.datasets import rows
from zhiyin.front.exam.lessons import FOLDS, SNIPPETS, fold_of
from zhiyin.front.exam.report import Row
from zhiyin.front.exam.retrieval import search_over
from zhiyin.service.knowledge.candidates import Judge, Judged

_SELECTED_FROM = 0.4
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
    right = selected = wanted = exact = tracked = 0
    seeking = [talk for talk in talks if talk.seeks]
    for talk in seeking:
        theirs = {":".join(id.split(":")[:2]) for id in talk.knowledge}
        ids = names.tracked(talk.lines)
        tracked += ids == theirs
        chosen: set[str] = set()
        for house in sorted(ids)[:4]:
            found = await searcher.find(
                talk.lines[-1], language="en", where={"group": house}, pool=SNIPPETS, most=SNIPPETS
            )
            everything = found.candidates
            chosen |= _selected(await judge_of(talk.group).judge(found.asked, everything))
        right += len(chosen & talk.knowledge)
        selected += len(chosen)
        wanted += len(talk.knowledge)
        exact += chosen == talk.knowledge
    precision, recall = right / max(1, selected), right / max(1, wanted)
    n = len(seeking)
    f1 = 2 * precision * recall / max(1e-9, precision + recall)
    return [
        Row("dstc11_faq", "house tracked", "names", tracked / n, n),
        Row("dstc11_faq", "snippet precision", "judge", precision, n),
        Row("dstc11_faq", "snippet recall", "judge", recall, n),
        Row("dstc11_faq", "snippet F1", "judge", f1, n),
        Row("dstc11_faq", "snippets exactly right", "judge", exact / n, n),
        *await _seeking(embedder, talks),
    ]


def _selected(judged: Sequence[Judged]) -> set[str]:
    sure = {str(j.candidate.passage.id) for j in judged if j.answers >= _SELECTED_FROM}
    return sure or {str(j.candidate.passage.id) for j in judged[:1]}


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
