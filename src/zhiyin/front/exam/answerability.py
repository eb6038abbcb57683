"""The answerability exam: does the judge know when a passage answers, which one, and when none does?

* squad2: each question with its own passage, as the set means it; answerable or not at `ANSWERABLE`.
* rgb: noise 0.8 as its paper takes it, 1 passage that supports and 4 that do not; then 5 that do not, to be refused.
* dstc11_faq: see `snippets`.
* the company's own exam: unanswerable questions against the rest, at the threshold that ships.

A question that the shipped weights were trained on is put to the model of the fold that has not seen it.
"""

import argparse
import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from zhiyin.conversation.facts import Language
from zhiyin.conversation.ids import PassageId
from zhiyin.extend import Embedder, Pack, find
from zhiyin.front.exam import datasets
from zhiyin.front.exam.company import Question, company, questions
from zhiyin.front.exam.datasets import Ask, rows
from zhiyin.front.exam.lessons import FILES, SNIPPETS, fold_of
from zhiyin.front.exam.report import Row, table
from zhiyin.front.exam.retrieval import search_over
from zhiyin.front.exam.snippets import snippets
from zhiyin.front.exam.train_judge import sha256
from zhiyin.language.fold import fold, guess_language
from zhiyin.models.use import UseEmbedder
from zhiyin.service.knowledge.candidates import Judged
from zhiyin.service.knowledge.judge import ANSWER_FROM, LearnedJudge
from zhiyin.service.knowledge.judge.trees import Forest, shipped

ANSWERABLE = 0.5
"""For a passage judged alone; among several, `ANSWER_FROM` is the threshold that ships."""

_CURVE = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
_NOISE = 4  # passages that do not support, beside one that does: noise 0.8


@dataclass(frozen=True, slots=True)
class Verdict:
    """How sure the judge was of its best passage, whether the question has an answer, and whether that was it."""

    chance: float
    answerable: bool
    right: bool = False


class Judges:
    """Hands out the judge that has not seen a question."""

    def __init__(self, data: Path, forest: Forest | None = None) -> None:
        self._forest = forest or shipped()
        self._taught = {name for name in FILES if (data / name).is_file() and sha256(data / name) in self._forest.seen}

    def of(self, file: str | None, group: str, *, read_whole: int | None = None) -> LearnedJudge:
        """Return the judge for a question of a data file (None: the company's own exam, always taught)."""
        seen = file is None or file in self._taught
        model = fold_of(group) if seen else None
        return LearnedJudge(self._forest, model=model, **({} if read_whole is None else {"read_whole": read_whole}))


async def run(embedder: Embedder, data: Path, *, pack: Pack | None = None, only: Iterable[str] = ()) -> list[Row]:
    """Hold the exam.

    Args:
        only: parts whose name contains one of these; all when empty.

    Raises:
        NotFound: a data set is not there.
    """
    wanted = list(only)
    judges = Judges(data)
    found: list[Row] = []

    def takes(name: str) -> bool:
        return not wanted or any(part in name for part in wanted)

    if takes("squad2"):
        found += _told("squad2", await _squad2(embedder, data, judges), ANSWERABLE)
    languages: tuple[Language, ...] = ("zh", "en")
    for language in languages:
        if takes("rgb"):
            found += await _rgb(embedder, data, judges, language)
    if takes("dstc11"):
        found += await snippets(
            embedder, data, lambda group: judges.of("dstc11_faq/val_a.jsonl.gz", group, read_whole=SNIPPETS)
        )
    if pack is not None and takes("company"):
        found += await _company(embedder, pack, judges)
    return found


async def _squad2(embedder: Embedder, data: Path, judges: Judges) -> list[Verdict]:
    base = datasets.squad2(data)
    searcher = await search_over(base, embedder)
    verdicts = []
    for ask in base.asks:
        own = PassageId(next(iter(ask.among or ())))
        found = await searcher.find(ask.text, language=ask.language, also=own)
        alone = [c for c in (*found.candidates, *found.cut) if c.passage.id == own]
        judged = await judges.of("squad2/dev_a.jsonl.gz", ask.group).judge(found.asked, alone)
        verdicts.append(Verdict(judged[0].answers if judged else 0.0, bool(ask.texts), bool(ask.texts)))
    return verdicts


async def _rgb(embedder: Embedder, data: Path, judges: Judges, language: Language) -> list[Row]:
    base = datasets.rgb(data, language)
    texts = {text.text: PassageId(text.id) for text in base.texts}
    searcher = await search_over(base, embedder)
    by_name = {ask.id: ask for ask in base.asks}
    noisy: list[Verdict] = []
    only_noise: list[Verdict] = []
    clean: list[Verdict] = []
    for name in {"zh": ("zh_refine.jsonl.gz", "zh_fact.jsonl"), "en": ("en_fact.jsonl",)}[language]:
        for row in rows(data, f"rgb/{name}"):
            ask = by_name[f"{name}:{row['id']}"]
            everything = len(base.texts)
            found = await searcher.find(ask.text, language=language, pool=everything, most=everything)
            measured = {c.passage.id: c for c in found.candidates}
            against = [measured[texts[t]] for t in row["negative"][: _NOISE + 1] if texts[t] in measured]
            support = [measured[texts[t]] for t in row["positive"][:1] if texts[t] in measured]
            judge = judges.of("rgb", ask.group)
            if support:
                best = (await judge.judge(found.asked, [*support, *against[:_NOISE]]))[0]
                noisy.append(Verdict(best.answers, True, _contains(best, ask)))
            if against:
                best = (await judge.judge(found.asked, against))[0]
                verdict = Verdict(best.answers, False)
                only_noise.append(verdict)
                if not any(_holds(c.passage.text, ask) for c in against):
                    clean.append(verdict)
    name = f"rgb {language}"
    right = sum(v.right for v in noisy) / max(1, len(noisy))
    kept = sum(v.right and v.chance >= ANSWER_FROM for v in noisy) / max(1, len(noisy))
    out = [
        Row(name, "support cited at noise 0.8", "judge", right, len(noisy)),
        Row(name, f"support cited at noise 0.8, and said (≥ {ANSWER_FROM:g})", "judge", kept, len(noisy)),
        Row(
            name,
            f"refused when nothing supports (< {ANSWER_FROM:g})",
            "judge",
            _below(only_noise, ANSWER_FROM),
            len(only_noise),
        ),
        Row(name, "refused when no passage even holds the answer", "judge", _below(clean, ANSWER_FROM), len(clean)),
    ]
    return out + _curve(name, [*noisy, *only_noise])


async def _company(embedder: Embedder, pack: Pack, judges: Judges) -> list[Row]:
    whole = await company(pack, embedder)
    found: list[Row] = []
    asked = questions(pack)
    for split in sorted({q.split for q in asked}):
        verdicts = []
        kinds: dict[str, list[Verdict]] = {}
        for question in (q for q in asked if q.split == split):
            looked = await whole.searcher.find(question.text, language=guess_language(question.text))
            group = min(question.expect, default=question.text).split("#")[0]
            judge = judges.of(None, group)
            judged = await judge.judge(looked.asked, looked.candidates)
            verdict = _of_company(question, judged, whole.references)
            verdicts.append(verdict)
            kinds.setdefault(question.kind, []).append(verdict)
        name = f"company {split}"
        for kind, some in sorted(kinds.items()):
            if kind != "unanswerable":
                found.append(
                    Row(
                        name, f"right passage first: {kind}", "judge", sum(v.right for v in some) / len(some), len(some)
                    )
                )
        said = [v for v in verdicts if v.chance >= ANSWER_FROM]
        found.append(
            Row(name, "said from the right passage", "judge", sum(v.right for v in said) / max(1, len(said)), len(said))
        )
        found += _told(name, verdicts, ANSWER_FROM)
    return found


def _of_company(
    question: Question, judged: Sequence[Judged], references: Mapping[PassageId, frozenset[str]]
) -> Verdict:
    if not judged:
        return Verdict(0.0, bool(question.expect))
    best = judged[0]
    right = bool(question.expect & references[best.candidate.passage.id])
    return Verdict(best.answers, bool(question.expect), right)


def _told(name: str, verdicts: Sequence[Verdict], threshold: float) -> list[Row]:
    right = sum((v.chance >= threshold) == v.answerable for v in verdicts) / max(1, len(verdicts))
    return [
        Row(name, f"answerable or not, at {threshold:g}", "judge", right, len(verdicts)),
        *_curve(name, verdicts, threshold),
    ]


def _curve(name: str, verdicts: Sequence[Verdict], *also: float) -> list[Row]:
    """Say at several thresholds how much is refused that should be, and how much of what is refused should be."""
    out = []
    for at in sorted({*_CURVE, *also}):
        refused = [v for v in verdicts if v.chance < at]
        should = [v for v in verdicts if not v.answerable]
        good = sum(not v.answerable for v in refused)
        out.append(
            Row(name, f"abstention precision at {at:g}", "judge", good / len(refused) if refused else 1.0, len(refused))
        )
        out.append(Row(name, f"abstention recall at {at:g}", "judge", good / max(1, len(should)), len(should)))
    return out


def _below(verdicts: Sequence[Verdict], threshold: float) -> float:
    return sum(v.chance < threshold for v in verdicts) / max(1, len(verdicts))


def _contains(judged: Judged, ask: Ask) -> bool:
    return _holds(judged.candidate.passage.text, ask)


def _holds(text: str, ask: Ask) -> bool:
    folded = fold(text)
    return any(fold(answer) in folded for answer in ask.answers)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--pack", default="shop", help="the company; empty for none")
    parser.add_argument("--only", nargs="*", default=())
    given = parser.parse_args()

    async def _main() -> None:
        embedder = UseEmbedder()
        try:
            pack = find("packs", given.pack) if given.pack else None
            print(table(await run(embedder, given.data, pack=pack, only=given.only)))
        finally:
            await embedder.aclose()

    asyncio.run(_main())
