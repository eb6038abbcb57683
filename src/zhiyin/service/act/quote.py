"""An answer without a model: the FAQ's own answer, or the sentences of a document that answer, word for word."""

from collections.abc import Iterator, Sequence

from zhiyin.conversation.facts import FoundPassage, Language, Sentence
from zhiyin.language.sentences import sentence_spans
from zhiyin.language.tokens import STOP_WORDS, kind_of, tokenize

_MOST = 4  # sentences in an answer
_MOST_PROSE = 3  # of a document, whose neighbours say more than was asked
_NEARLY = 0.12  # a second passage may be this much less probable than the first
_SAME_LANGUAGE = 0.1  # and one in the customer's language may be this much less probable than one that is not


def quote(
    query: str, passages: Sequence[FoundPassage], *, language: Language, answer_from: float, skip: frozenset[str]
) -> Iterator[Sentence]:
    """Yield the sentences that answer, best passage first; none of `skip` (folded texts that were withheld before)."""
    order = _order(passages, language)
    if not order:
        return
    first = order[0]
    said = 0
    used: set[str] = set()
    for place in order[:4]:
        passage = passages[place]
        if place != first and not _adds(query, passage, [passages[first]], answer_from=answer_from):
            continue
        for text in chosen(passage):
            key = "".join(tokenize(text))
            if said < _MOST and key not in used and text not in skip:
                yield Sentence(text, (place,))
                used.add(key)
                said += 1
        if said and place != first:
            return
        if not said:
            first = order[min(order.index(place) + 1, len(order) - 1)]


def chosen(passage: FoundPassage) -> list[str]:
    """Return the sentences of one passage that are quoted, in their order in the text."""
    spans = sentence_spans(passage.text)
    if passage.question is None and passage.highlights:
        picked: list[tuple[int, int]] = []
        for start, end in passage.highlights[:_MOST_PROSE]:
            if 0 <= start < end <= len(passage.text):
                inside = [s for s in spans if s[0] < end and s[1] > start]
                picked += [s for s in inside if s not in picked]
        spans = sorted(picked[:_MOST_PROSE]) or spans[:2]
    elif passage.question is None:
        spans = spans[:2]
    return [passage.text[start:end] for start, end in spans[:_MOST]]


def best_place(passages: Sequence[FoundPassage], language: Language) -> int | None:
    """Return which passage an answer starts from: the most probable, its own language first when it is close."""
    order = _order(passages, language)
    return order[0] if order else None


def _order(passages: Sequence[FoundPassage], language: Language) -> list[int]:
    return sorted(
        range(len(passages)),
        key=lambda i: (-(passages[i].answers + (_SAME_LANGUAGE if passages[i].language == language else 0.0)), i),
    )


def _adds(query: str, passage: FoundPassage, before: Sequence[FoundPassage], *, answer_from: float) -> bool:
    """Say whether a passage answers a part of the question that those before it do not even mention."""
    if passage.answers < answer_from or passage.answers < before[0].answers - _NEARLY:
        return False
    if passage.language != before[0].language or passage.document == before[0].document:
        return False
    asked = _content(query)
    known = set().union(*(_content(f"{p.title} {p.question or ''} {p.text}") for p in before))
    own = _content(f"{passage.question or passage.title} {passage.text}")
    return len((asked - known) & own) >= 1 and _overlap(_content(passage.text), _content(before[0].text)) < 0.6


def _content(text: str) -> set[str]:
    return {token for token in tokenize(text) if kind_of(token) != "bigram" and token not in STOP_WORDS}


def _overlap(one: set[str], two: set[str]) -> float:
    return len(one & two) / max(1, min(len(one), len(two)))
