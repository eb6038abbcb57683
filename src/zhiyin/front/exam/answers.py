"""Are the demo company's answers right? Its own questions, asked of the whole product without a language model.

answer correct       the reply has every fact that the question's author wrote down
citation precision   of the passages that replies cite, how many the author expected
citation recall      of the questions with an answer, how many replies cite a passage that was expected
abstention           over the class "unanswerable": not answering is right there and wrong elsewhere
"""

import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from zhiyin.conversation.facts import Language, Replied
from zhiyin.conversation.ids import PassageId
from zhiyin.errors import Invalid
from zhiyin.front.exam.report import Row
from zhiyin.language.quantities import quantities

_UNANSWERABLE = "unanswerable"


@dataclass(frozen=True, slots=True)
class Question:
    """One question of a pack's exam."""

    id: str
    language: Language
    kind: str  # paraphrase, identifier, typo, synonym, unanswerable …
    text: str
    expect: frozenset[str]  # references of the passages that answer: "faq:pay-cod"
    facts: tuple[str, ...]  # what a right reply says; "a|b" is either


@dataclass(frozen=True, slots=True)
class Marked:
    """A question with its reply and the references of what the reply cites, one set a citation."""

    question: Question
    reply: Replied
    cited: tuple[frozenset[str], ...]

    @property
    def answered(self) -> bool:
        return self.reply.outcome == "answered"

    @property
    def right(self) -> bool:
        """Whether every fact is in the reply, in any of its written forms."""
        return self.answered and all(has_fact(self.reply.text, fact) for fact in self.question.facts)


def read_questions(path: Path, *, split: str | None = None) -> list[Question]:
    """Read an exam's `questions.jsonl`, all of it or one split ("dev", "test").

    Raises:
        Invalid: a line is not a question; the message names it.
    """
    questions: list[Question] = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            if split is None or row.get("split") == split:
                questions.append(
                    Question(
                        row["id"],
                        row["lang"],
                        row["class"],
                        row["question"],
                        frozenset(row.get("expect") or ()),
                        tuple(row.get("facts") or ()),
                    )
                )
        except (ValueError, KeyError, TypeError) as error:
            raise Invalid(f"{path.name}:{number} is not a question: {type(error).__name__} {error}") from error
    return questions


async def run(
    questions: Sequence[Question],
    ask: Callable[[str, Language], Awaitable[Replied]],
    references: Mapping[PassageId, frozenset[str]],
    *,
    system: str = "extractive",
) -> list[Row]:
    """Ask every question in a conversation of its own and return the figures, by language and by class.

    `references` says under which names the exam knows a passage.
    """
    return figures(await mark(questions, ask, references), system=system)


async def mark(
    questions: Sequence[Question],
    ask: Callable[[str, Language], Awaitable[Replied]],
    references: Mapping[PassageId, frozenset[str]],
) -> list[Marked]:
    """Ask every question and keep each reply with the references of what it cites."""
    marked: list[Marked] = []
    for question in questions:
        reply = await ask(question.text, question.language)
        cited = {citation.passage: None for citation in reply.citations}
        marked.append(Marked(question, reply, tuple(references.get(passage, frozenset()) for passage in cited)))
    return marked


def figures(marked: Sequence[Marked], *, system: str) -> list[Row]:
    """Return the exam's rows for a list of marked replies."""
    groups: dict[str, list[Marked]] = defaultdict(list)
    for one in marked:
        groups["demo"].append(one)
        groups[f"demo {one.question.language}"].append(one)
        if one.question.kind != _UNANSWERABLE:
            groups[f"demo class {one.question.kind}"].append(one)
    return [row for name in sorted(groups) for row in _rows(name, groups[name], system)]


def _rows(name: str, marked: Sequence[Marked], system: str) -> list[Row]:
    can = [one for one in marked if one.question.kind != _UNANSWERABLE]
    cannot = [one for one in marked if one.question.kind == _UNANSWERABLE]
    withheld = [one for one in marked if not one.answered]
    citations = [(one, refs) for one in can if one.answered for refs in one.cited]
    rows = [
        _row(name, "answer correct", system, [one.right for one in can]),
        _row(name, "citation precision", system, [bool(refs & one.question.expect) for one, refs in citations]),
        _row(name, "citation recall", system, [any(refs & one.question.expect for refs in one.cited) for one in can]),
    ]
    if cannot:
        rows += [
            _row(name, "abstention precision", system, [one.question.kind == _UNANSWERABLE for one in withheld]),
            _row(name, "abstention recall", system, [not one.answered for one in cannot]),
        ]
    return [row for row in rows if row.n]


def _row(name: str, metric: str, system: str, hits: Sequence[bool]) -> Row:
    return Row(name, metric, system, sum(hits) / len(hits) if hits else 0.0, len(hits))


def has_fact(reply: str, fact: str) -> bool:
    """Say whether a reply states a fact: as it is written, or as the same amount in another form."""
    folded = _plain(reply)
    for form in fact.split("|"):
        if _plain(form) in folded:
            return True
        amounts = quantities(form)
        if amounts and _only_amounts(form, [(q.start, q.end) for q in amounts]):
            told = quantities(reply)
            if all(any(amount.agrees(other) for other in told) for amount in amounts):
                return True
    return False


def _only_amounts(text: str, spans: Sequence[tuple[int, int]]) -> bool:
    rest = "".join(c for i, c in enumerate(text) if not any(a <= i < b for a, b in spans))
    return not any(c.isalnum() for c in rest)


def _plain(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).casefold()
    return re.sub(r"(?<=\d),(?=\d{3})|\s+", "", text)
