"""Words → what they ask for: language, intent and a question that stands alone. `Understander` is the door."""

import asyncio

import numpy as np

from zhiyin.conversation.facts import Intent, Language, Understood
from zhiyin.conversation.state import Conversation
from zhiyin.errors import Unavailable
from zhiyin.extend.models import Embedder, Vectors
from zhiyin.service.understand.consent import consent, says_nothing, without_offer
from zhiyin.service.understand.followup import complete, leans, replaces
from zhiyin.service.understand.script import language_of
from zhiyin.service.understand.smalltalk import EXAMPLES, by_rule, declines_person, segments, strongest, without_lead
from zhiyin.service.understand.urgent import is_urgent

_ALIKE_FROM = 0.72  # cosine to an example; below it nothing is small talk by meaning
_AHEAD_BY = 0.08  # and by so much nearer than the nearest question
_SHORT = 40  # characters; longer pieces are questions
_MEMORY = 6  # how many of the customer's earlier messages a follow-up may lean on


class Understander:
    """Reads the customer's unanswered words. Meaning is asked of the embedder only when the rules leave it open."""

    def __init__(self, embedder: Embedder | None = None) -> None:
        self._embedder = embedder
        self._examples: tuple[list[Intent], Vectors] | None = None
        self._learning = asyncio.Lock()

    async def understand(self, conversation: Conversation, *, default: Language) -> Understood:
        """Return what the unanswered messages ask for, read as one.

        `default` is the language of words that show none themselves, when the conversation has none either.
        """
        text = conversation.asked()
        language = language_of(text) or conversation.language or default
        if is_urgent(text):
            return Understood("person", language, text.strip())
        answer = consent(text) if _was_offered_person(conversation) else None
        if answer:
            return Understood("person" if answer == "yes" else "thanks", language, text.strip())
        intent, rest = await self._intent(text)
        if intent != "question":
            return Understood(intent, language, text.strip())
        return Understood(intent, language, self._standalone(conversation, rest))

    async def _intent(self, text: str) -> tuple[Intent, str]:
        """Return the intent, and of a question the words without the small talk around it."""
        pieces = segments(text)
        judged: list[Intent] = []
        asked: list[str] = []
        if not all(by_rule(piece) for piece in pieces):
            unprompted = "other" if says_nothing(text) else without_offer(text)
            if unprompted:
                return unprompted, ""
        for piece in pieces:
            if len(pieces) > 1 and declines_person(piece):
                judged.append("other")
                continue
            intent = by_rule(piece) or await self._by_meaning(piece)
            judged.append(intent)
            if intent == "question":
                asked.append(piece)
        if "person" in judged and all(intent != "question" for intent in judged):
            return "person", ""
        if asked:
            if "person" in judged and judged[-1] == "person":
                return "person", ""  # "包裹破了，转人工": the wish comes after the story
            kept = without_lead(_without(text, [p for p, i in zip(pieces, judged, strict=True) if i != "question"]))
            return "question", kept or text.strip()
        return strongest(judged), ""

    async def _by_meaning(self, piece: str) -> Intent:
        if self._embedder is None or len(piece) > _SHORT or any(c.isdigit() for c in piece):
            return "question"
        try:
            intents, vectors = await self._learned()
            row = (await self._embedder.embed([piece]))[0]
        except Unavailable:
            return "question"
        alike = vectors @ row
        best = int(np.argmax(alike))
        question = max(float(a) for a, intent in zip(alike, intents, strict=True) if intent == "question")
        certain = alike[best] >= _ALIKE_FROM and alike[best] >= question + _AHEAD_BY
        return intents[best] if certain else "question"

    async def _learned(self) -> tuple[list[Intent], Vectors]:
        async with self._learning:
            if self._examples is None:
                assert self._embedder is not None
                pairs = [(intent, text) for intent, texts in EXAMPLES.items() for text in texts]
                rows = await self._embedder.embed([text for _, text in pairs])
                self._examples = [intent for intent, _ in pairs], rows
            return self._examples

    def _standalone(self, conversation: Conversation, asked: str) -> str:
        waiting = set(conversation.unanswered)
        earlier = [
            message.text
            for message in conversation.messages
            if message.author == "customer"
            and message.number >= conversation.context_from
            and message.number not in waiting
        ][-_MEMORY:]
        # The last question that did not lean, and that question with only the newest fragment in it: 支付宝呢, 微信呢
        # asks about 微信 alone, and a bare 多久 after it is about 微信 too.
        base = newest = ""
        for text in earlier:
            question = _question_of(text)
            if not question:
                continue
            if not base or not leans(question):
                base = newest = question
            elif replaces(question):
                newest = complete(question, base)
        whole = ""
        for line in asked.split("\n"):
            line = line.strip()
            if not line:
                continue
            if whole and leans(line):
                whole = complete(line, whole)
            elif not whole:
                whole = complete(line, base if replaces(line) else newest)
            else:
                whole = f"{whole} {line}"
        return whole or asked


def _question_of(text: str) -> str:
    """Return what an earlier message asked, by rule alone, or "" when it was small talk."""
    pieces = segments(text)
    talk = [piece for piece in pieces if by_rule(piece) not in (None, "question") or declines_person(piece)]
    if is_urgent(text) or says_nothing(text) or consent(text):
        return ""
    if len(talk) == len(pieces):
        return ""
    return " ".join(without_lead(_without(text, talk)).split("\n")).strip()


def _was_offered_person(conversation: Conversation) -> bool:
    """Say whether the bot's last words offered a person, in what the bot may still read."""
    said = [m for m in conversation.messages if m.author != "customer" and m.number >= conversation.context_from]
    return bool(said and conversation.replies) and conversation.replies[-1].outcome == "offered_person"


def _without(text: str, pieces: list[str]) -> str:
    for piece in pieces:
        text = text.replace(piece, " ", 1)
    lines = (line.strip(" ,，。.!！;；~～…、") for line in text.split("\n"))
    return "\n".join(line for line in lines if any(c.isalnum() for c in line))


__all__ = ["Understander"]
