"""The gate's exam: over a thousand planted lies and as many true sentences, from the shop's FAQ and from third-party text.

A case is a sentence with its citation, the passages of the turn, and the question. A lie is caught when the gate holds
it back; a true sentence should be kept. Everything is seeded.
"""

import csv
import gzip
import json
import random
import zlib
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from zhiyin.conversation.facts import FoundPassage, Language, PassagesFound, Sentence, Understood
from zhiyin.conversation.ids import AccountId, ConversationId, DocumentId, PassageId
from zhiyin.conversation.state import Conversation, TurnSoFar
from zhiyin.front.exam.planted import USUAL, Kind, Way, plant
from zhiyin.front.exam.report import Row
from zhiyin.language.sentences import sentences
from zhiyin.service.verify import Gate, Held

_WORDED: tuple[Kind, ...] = ("number", "other_number", "date", "negation", "name", "condition")
_ELSEWHERE: tuple[Kind, ...] = ("number", "date", "negation", "name")


@dataclass(frozen=True, slots=True)
class Case:
    """One sentence to be judged."""

    set: str
    kind: str  # of a lie its kind, of a truth "quote", "paraphrase" or "translation"
    true: bool
    language: Language
    query: str
    sentence: Sentence
    passages: tuple[FoundPassage, ...]

    def conversation(self) -> Conversation:
        """Return a conversation that is about to say the sentence."""
        turn = TurnSoFar(
            understood=Understood("question", self.language, self.query), found=PassagesFound(self.query, self.passages)
        )
        return Conversation(AccountId("exam"), ConversationId("exam"), length=1, owner="bot", turn=turn)


@dataclass(frozen=True, slots=True)
class Pair:
    """An FAQ pair of the demo company."""

    id: str
    category: str
    question: str
    answer: str
    language: Language


def read_pairs(articles: Path) -> dict[Language, dict[str, Pair]]:
    """Read the shop's FAQ tables."""
    pairs: dict[Language, dict[str, Pair]] = {"zh": {}, "en": {}}
    languages: tuple[Language, ...] = ("zh", "en")
    for language in languages:
        with (articles / f"faq.{language}.csv").open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                pairs[language][row["id"]] = Pair(row["id"], row["category"], row["question"], row["answer"], language)
    return pairs


def shop_cases(pack: Path, *, seed: int = 7, way: Way = USUAL) -> Iterator[Case]:
    """Yield cases from the shop: quotes, hand-made paraphrases, translations, and lies about each.

    Paraphrases that nobody has tuned the gate on are of the kind "fresh paraphrase", in the set "shop afresh".
    """
    rng = random.Random(seed)  # noqa: S311  an exam, not a secret
    pairs = read_pairs(pack / "articles")
    for language, table in pairs.items():
        other: Language = "en" if language == "zh" else "zh"
        for pair in table.values():
            found = _found(pair, list(table.values()), rng)
            twin = pairs[other].get(pair.id)
            for text in sentences(pair.answer):
                yield Case("shop", "quote", True, language, pair.question, Sentence(text, (0,)), found)
                for lie in plant(text, f"{pair.question} {pair.answer}", language, rng, kinds=_WORDED, way=way):
                    yield Case("shop", lie.kind, False, language, pair.question, Sentence(lie.text, (0,)), found)
            if twin:
                yield from _translated(pair, twin, found, rng, way)
            yield from _misplaced(pair, table, found, rng)
    yield from _paraphrased(pack / "exam" / "paraphrases.jsonl", pairs, rng, way)


def _found(pair: Pair, others: Sequence[Pair], rng: random.Random) -> tuple[FoundPassage, ...]:
    near = [p for p in others if p.category == pair.category and p.id != pair.id]
    rest = rng.sample(near, min(2, len(near)))
    scores = (rng.uniform(0.6, 0.97), rng.uniform(0.05, 0.3), rng.uniform(0.02, 0.15))
    return tuple(_passage(p, answers) for p, answers in zip((pair, *rest), scores, strict=False))


def _passage(pair: Pair, answers: float) -> FoundPassage:
    return FoundPassage(
        PassageId(f"{pair.language}:{pair.id}"),
        DocumentId("faq"),
        f"FAQ › {pair.category}",
        pair.answer,
        pair.language,
        answers,
        question=pair.question,
    )


def _translated(
    pair: Pair, twin: Pair, found: tuple[FoundPassage, ...], rng: random.Random, way: Way
) -> Iterator[Case]:
    """Say what the twin in the other language says, citing this pair; sentences match when both have as many."""
    said = sentences(twin.answer)
    if len(said) != len(sentences(pair.answer)):
        return
    for text in said:
        yield Case("shop", "translation", True, twin.language, twin.question, Sentence(text, (0,)), found)
        for lie in plant(text, f"{twin.question} {twin.answer}", twin.language, rng, kinds=_ELSEWHERE, way=way):
            yield Case("shop across", lie.kind, False, twin.language, twin.question, Sentence(lie.text, (0,)), found)


def _misplaced(
    pair: Pair, table: dict[str, Pair], found: tuple[FoundPassage, ...], rng: random.Random
) -> Iterator[Case]:
    """Answer another question truly: with its own citation, and with that of the passage which would have answered."""
    if len(found) < 2:
        return
    place = rng.randrange(1, len(found))
    text = rng.choice(sentences(found[place].text))
    yield Case("shop", "other_question", False, pair.language, pair.question, Sentence(text, (place,)), found)
    stranger = rng.choice([p for p in table.values() if p.id != pair.id])
    text = rng.choice(sentences(stranger.answer))
    if text not in pair.answer:
        yield Case("shop", "wrong_passage", False, pair.language, pair.question, Sentence(text, (0,)), found)


def _paraphrased(path: Path, pairs: dict[Language, dict[str, Pair]], rng: random.Random, way: Way) -> Iterator[Case]:
    for line in path.read_text("utf-8").splitlines():
        row = json.loads(line)
        language: Language = row["language"]
        table = pairs[row.get("source", language)]
        if not all(id in table for id in row["ids"]):
            continue
        cited = [table[id] for id in row["ids"]]
        passages = (
            *(_passage(p, 0.9 - i / 50) for i, p in enumerate(cited)),
            *_found(cited[0], list(table.values()), rng)[1:],
        )
        leans_on = tuple(range(len(cited)))
        question = pairs[language][row["ids"][0]].question
        fresh = row.get("split") == "test"
        made = "shop afresh" if fresh else "shop by hand"
        kind = ("fresh " if fresh else "") + ("translation" if "source" in row else "paraphrase")
        yield Case(made, kind, True, language, question, Sentence(row["text"], leans_on), passages)
        facts = " ".join(f"{p.question} {p.answer}" for p in cited)
        for lie in plant(row["text"], f"{row['text']} {facts}", language, rng, kinds=_WORDED, way=way):
            if lie.kind != "condition":
                yield Case(made, lie.kind, False, language, question, Sentence(lie.text, leans_on), passages)


def third_party_cases(data: Path, *, seed: int = 7, most: int = 160) -> Iterator[Case]:
    """Yield cases from cmrc2018, drcd, squad2 and xquad_zh_en: the sentence with the answer, and lies about it."""
    rng = random.Random(seed)  # noqa: S311  an exam, not a secret
    plain: tuple[tuple[str, str, Language], ...] = (
        ("cmrc2018", "cmrc2018/trial.jsonl.gz", "zh"),
        ("drcd", "drcd/dev.jsonl.gz", "zh"),
        ("squad2", "squad2/dev_a.jsonl.gz", "en"),
    )
    for name, path, language in plain:
        rows = [r for r in _rows(data / path) if r.get("answers")]
        rng.shuffle(rows)
        yield from _plain_cases(name, rows, language, rng, most)
    rows = list(_rows(data / "xquad_zh_en" / "xquad_a.jsonl.gz"))
    rng.shuffle(rows)
    yield from _cross_cases(rows, rng, most)


def _plain_cases(
    name: str, rows: Sequence[dict[str, str]], language: Language, rng: random.Random, most: int
) -> Iterator[Case]:
    done = 0
    for i, row in enumerate(rows):
        said = [s for s in sentences(row["context"]) if row["answers"][0] in s and 8 <= len(s) <= 260]
        if not said or done >= most:
            continue
        done += 1
        text = said[0]
        other = rows[(i + 1) % len(rows)]
        found = (
            _text_passage(row["context"], row["title"], language, 0.8),
            _text_passage(other["context"], other["title"], language, 0.1),
        )
        yield Case(name, "quote", True, language, row["question"], Sentence(text, (0,)), found)
        for lie in plant(text, row["context"], language, rng, kinds=_ELSEWHERE):
            yield Case(name, lie.kind, False, language, row["question"], Sentence(lie.text, (0,)), found)
        stray = next((s for s in sentences(other["context"]) if len(s) > 12), "")
        if stray and other["context"] != row["context"] and done % 2:
            yield Case(name, "wrong_passage", False, language, row["question"], Sentence(stray, (0,)), found)
            yield Case(name, "other_question", False, language, row["question"], Sentence(stray, (1,)), found)


def _cross_cases(rows: Sequence[dict[str, str]], rng: random.Random, most: int) -> Iterator[Case]:
    ways: tuple[tuple[Language, Language], ...] = (("zh", "en"), ("en", "zh"))
    for language, source in ways:
        done = 0
        for i, row in enumerate(rows):
            mine, theirs = sentences(row[f"context_{language}"]), sentences(row[f"context_{source}"])
            if len(mine) != len(theirs) or done >= most // 2:
                continue
            text = next((s for s in mine if row[f"answer_{language}"] in s and 8 <= len(s) <= 260), None)
            if text is None:
                continue
            done += 1
            other = rows[(i + 7) % len(rows)]
            title = row["title"].replace("_", " ")
            found = (
                _text_passage(row[f"context_{source}"], title, source, 0.8),
                _text_passage(other[f"context_{source}"], other["title"], source, 0.1),
            )
            name = f"xquad_zh_en {language} on {source}"
            yield Case(name, "translation", True, language, row[f"question_{language}"], Sentence(text, (0,)), found)
            for lie in plant(text, f"{row[f'context_{language}']}", language, rng, kinds=_ELSEWHERE):
                yield Case(
                    name, lie.kind, False, language, row[f"question_{language}"], Sentence(lie.text, (0,)), found
                )


def _text_passage(text: str, title: str, language: Language, answers: float) -> FoundPassage:
    return FoundPassage(
        PassageId(f"{title}:{zlib.crc32(text.encode())}"), DocumentId(title), title, text, language, answers
    )


def _rows(path: Path) -> Iterator[dict[str, str]]:
    if not path.exists():
        return
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


Judge = Callable[[Case], Awaitable[str | None]]
"""Returns the fault for which a case was held back, or None when it was kept."""


async def run(judge: Judge, cases: Sequence[Case], *, system: str = "gate") -> list[Row]:
    """Judge the cases; rows come in all, by kind, by language and by set."""
    verdicts = [(case, await judge(case) is not None) for case in cases]
    rows: list[Row] = []
    for true, metric in ((False, "lies caught"), (True, "truths withheld")):
        groups: dict[str, Counter[bool]] = defaultdict(Counter)
        for case, held in verdicts:
            if case.true is true:
                for group in ("all", f"kind {case.kind}", f"language {case.language}", f"set {case.set}"):
                    groups[group][held] += 1
        for group, counts in sorted(groups.items()):
            rows.append(Row(group, metric, system, counts[True] / counts.total(), counts.total()))
    return rows


async def run_gate(gate: Gate, data: Path) -> list[Row]:
    """Ask the gate itself about third-party text: passages are given, so retrieval has no part in it."""

    async def judge(case: Case) -> str | None:
        verdict = await gate.check(case.sentence, case.conversation())
        return verdict.withheld.fault if isinstance(verdict, Held) else None

    cases = list(third_party_cases(data))
    return await run(judge, cases, system="gate, third-party text") if cases else []
