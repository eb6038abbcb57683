"""A checked draft becomes the reply that the customer reads."""

from collections.abc import Sequence
from typing import Final, Literal

from zhiyin.conversation.catalogue import say
from zhiyin.conversation.facts import Citation, Replied, Sentence, Step
from zhiyin.conversation.ids import new_id
from zhiyin.conversation.state import Conversation

Outcome = Literal["answered", "clarified", "offered_person", "handed_over", "courtesy"]
_OUTCOMES: Final[dict[Step, Outcome]] = {
    "answer": "answered",
    "clarify": "clarified",
    "offer_person": "offered_person",
    "hand_over": "handed_over",
}
_SNIPPET = 240


def compose(conversation: Conversation, *, answers: tuple[int, ...], choices: tuple[str, ...] = ()) -> Replied:
    """Join the verified sentences and number their citations in order of first use; `choices` can be tapped.

    When nothing may be said, say that honestly and offer a person: the customer always gets a reply.
    """
    turn = conversation.turn
    language = turn.understood.language if turn.understood else conversation.language or "zh"
    key = f"{conversation.id}:{new_id()}"
    sentences = turn.verified.sentences if turn.verified else ()
    if not sentences or turn.decided is None:
        return Replied(key, say("turn.failed", language), "bot", language, answers, outcome="offered_person")
    return Replied(
        key=key,
        text=join(sentences),
        author="bot",
        language=language,
        answers=answers,
        sentences=tuple(sentence.text for sentence in sentences),
        citations=_cite(conversation, sentences),
        quick_replies=choices,
        outcome=_OUTCOMES.get(turn.decided.step, "courtesy"),
    )


def join(sentences: Sequence[Sentence]) -> str:
    """Set sentences side by side as their language does: a space after Latin ones, none after Chinese ones."""
    text = ""
    for sentence in sentences:
        gap = "" if not text or text.endswith(("\n", "。", "！", "？", "；", "：", "”", "）")) else " "
        text += gap + sentence.text
    return text


def _cite(conversation: Conversation, sentences: tuple[Sentence, ...]) -> tuple[Citation, ...]:
    found = conversation.turn.found.passages if conversation.turn.found else ()
    numbers: dict[int, int] = {}
    citations = []
    for place, sentence in enumerate(sentences):
        for leaned in sentence.leans_on:
            passage = found[leaned]
            citations.append(
                Citation(
                    index=numbers.setdefault(leaned, len(numbers) + 1),
                    sentence=place,
                    passage=passage.id,
                    document=passage.document,
                    title=passage.question or passage.title,
                    snippet=passage.text[:_SNIPPET],
                    url=passage.url,
                )
            )
    return tuple(citations)
