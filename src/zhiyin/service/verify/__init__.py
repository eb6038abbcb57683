"""A drafted sentence → may it be said? `Gate` is the door: each claim is held against the passages it cites."""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from zhiyin.conversation.facts import Fault, FoundPassage, Sentence, Withheld
from zhiyin.conversation.state import Conversation
from zhiyin.extend.models import Embedder, Vectors
from zhiyin.language.sentences import sentence_spans
from zhiyin.service.verify.amounts import (
    Wrong,
    misplaced_amount,
    missing_amount,
    repeated_amount,
    turned_bound,
    unlike_bound,
)
from zhiyin.service.verify.aside import dropped_condition, off_question
from zhiyin.service.verify.meaning import Source, align, likeness, nearest_sentences, supported
from zhiyin.service.verify.names_codes import strange_names, unknown_name
from zhiyin.service.verify.opposites import one_voice, opposite, roles_swapped, said_no, unbalanced
from zhiyin.service.verify.reading import Reading, prepare, read, told_words

_QUOTED = 0.995  # a passage's own sentence: what remains is that the passage itself is misread
_REMEMBERED = 512  # passages
_WORDS_REMEMBERED = 16384
_WORDS_COMPARED = 300


@dataclass(frozen=True, slots=True)
class Kept:
    """The sentence may be said; `grounded` is the probability that its passages support it."""

    sentence: Sentence
    grounded: float


@dataclass(frozen=True, slots=True)
class Held:
    """The sentence may not be said."""

    withheld: Withheld


Verdict = Kept | Held


class Gate:
    """Checks sentences one by one against the passages of the running turn. Safe to share between conversations.

    `keep_from` is the probability of support from which a sentence without a fault is kept.

    Raises (from `check`):
        Unavailable: the embedder did not answer.
    """

    def __init__(self, embedder: Embedder, *, keep_from: float = 0.45) -> None:
        self._embedder = embedder
        self._keep_from = keep_from
        self._sources: OrderedDict[tuple[str, str, str], Source] = OrderedDict()
        self._words: dict[str, Vectors] = {}
        self._reading = asyncio.Lock()

    async def check(self, sentence: Sentence, conversation: Conversation) -> Verdict:
        """Say whether the sentence may be said in the running turn, and if not, why."""
        if sentence.courtesy:
            return Kept(sentence, 1.0)
        passages = conversation.turn.found.passages if conversation.turn.found else ()
        if not any(c.isalnum() for c in sentence.text):
            return _held(sentence, "unreadable", "there are no words in it")
        if not sentence.leans_on:
            return _held(sentence, "no_citation", "it names no passage")
        wild = [place for place in sentence.leans_on if not 0 <= place < len(passages)]
        if wild:
            return _held(sentence, "no_citation", f"passage {wild[0] + 1} was not found in this turn")
        understood = conversation.turn.understood
        query = understood.query if understood else conversation.asked()
        cited = [passages[place] for place in dict.fromkeys(sentence.leans_on)]
        return await self._judge(sentence, cited, passages, query)

    async def _judge(
        self, sentence: Sentence, cited: Sequence[FoundPassage], found: Sequence[FoundPassage], query: str
    ) -> Verdict:
        text = prepare(sentence.text)
        quoted = is_quote(text, cited)
        best = max(found, key=lambda passage: passage.answers)
        if quoted and best in cited:
            return Kept(sentence, _QUOTED)
        sources = await self._prepared(cited)
        asked = read(prepare(query))
        if best not in cited:
            rivals = [p for p in found if p in cited or p is best or p.answers > 0.5 * best.answers][:6]
            ready = await self._prepared(rivals)
            row = (await self._embedder.embed([query]))[0]
            wrong = off_question(
                asked, row, list(zip(cited, sources, strict=True)), list(zip(rivals, ready, strict=True))
            )
            if wrong:
                return _held(sentence, wrong.fault, wrong.detail)
        if quoted:
            return Kept(sentence, _QUOTED)
        claim = read(text)
        wrong = _fault_in_words(claim, sources)
        if wrong:
            return _held(sentence, wrong.fault, wrong.detail)
        rows = await self._embedder.embed([text, *(text[c.start : c.end] for c in claim.clauses)])
        rests_on = align(claim, rows[1:], sources)
        readings = [source.reading for source in sources]
        near, cosine = nearest_sentences(rows[0], sources)
        said = said_no(claim, asked, readings, near)
        balanced = said[0] == said[1]
        wrong = (
            opposite(claim, rests_on, balanced=balanced)
            or turned_bound(claim, rests_on, balanced=balanced)
            or unbalanced(claim, said, readings, [s.around for s in sources], near, cosine)
            or one_voice(claim, readings, rests_on)
            or dropped_condition(claim, asked, rests_on)
            or await self._strange(claim, sources)
        )
        if wrong:
            return _held(sentence, wrong.fault, wrong.detail)
        like = likeness(claim, rows[0], rows[1:], sources)
        grounded = supported(like)
        if grounded < self._keep_from:
            return _held(sentence, "meaning", f"support has probability {grounded:.2f} < {self._keep_from:.2f}")
        return Kept(sentence, grounded)

    async def _strange(self, claim: Reading, sources: Sequence[Source]) -> Wrong | None:
        """Find a name in another language that means nothing the passage has."""
        strange = strange_names(claim, [s.reading for s in sources], [s.around for s in sources])
        if not strange:
            return None
        known = list(dict.fromkeys(word for s in sources for word in told_words(s.reading, s.around)))[:_WORDS_COMPARED]
        new = [word for word in (*strange, *known) if word not in self._words]
        if new:
            self._words.update(zip(new, await self._embedder.embed(new), strict=True))
        theirs = np.stack([self._words[word] for word in known]) if known else np.zeros((1, self._embedder.dims))
        unlike = next(
            (word for word, least in strange.items() if float(np.max(theirs @ self._words[word])) < least), None
        )
        while len(self._words) > _WORDS_REMEMBERED:
            self._words.pop(next(iter(self._words)))
        return Wrong("name", f"{unlike!r} is not in the passage, nor anything that means it") if unlike else None

    async def _prepared(self, passages: Sequence[FoundPassage]) -> list[Source]:
        keys = [(p.text, p.title, p.question or "") for p in passages]
        missing = [key for key in dict.fromkeys(keys) if key not in self._sources]
        if missing:
            async with self._reading:
                for key in missing:
                    self._sources[key] = await self._source(*key)
        result = []
        for key in keys:
            source = self._sources.get(key) or await self._source(*key)
            self._sources[key] = source
            self._sources.move_to_end(key)
            result.append(source)
        while len(self._sources) > _REMEMBERED:
            self._sources.popitem(last=False)
        return result

    async def _source(self, text: str, title: str, question: str) -> Source:
        reading = read(prepare(text))
        around = read(prepare(f"{title}\n{question}" if question else title))
        body = reading.text
        texts = [body[a:b] for a, b in reading.sentences] + [body[c.start : c.end] for c in reading.clauses]
        rows = await self._embedder.embed([*texts, question or title or body[:200]])
        count = len(reading.sentences)
        return Source(reading, around, rows[:count], rows[count:-1], rows[-1:])


def grounded(kept: Sequence[Kept]) -> float:
    """Return the probability that every one of several kept sentences is supported."""
    return float(np.prod([k.grounded for k in kept])) if kept else 0.0


def is_quote(text: str, cited: Sequence[FoundPassage]) -> bool:
    """Say whether a prepared text is, sentence by sentence, what one of the passages says in full."""
    mine = [_bare(text[a:b]) for a, b in sentence_spans(text)]
    for passage in cited:
        whole = prepare(passage.text)
        theirs = {_bare(whole[a:b]) for a, b in sentence_spans(whole)}
        if mine and all(sentence in theirs for sentence in mine):
            return True
    return False


def _bare(sentence: str) -> str:
    return "".join(sentence.split()).rstrip("。.!！;；")


def _fault_in_words(claim: Reading, sources: Sequence[Source]) -> Wrong | None:
    readings = [source.reading for source in sources]
    around = [source.around for source in sources]
    return (
        missing_amount(claim, readings, around)
        or unknown_name(claim, readings, around)
        or misplaced_amount(claim, readings)
        or repeated_amount(claim, readings)
        or unlike_bound(claim, readings)
        or roles_swapped(claim, readings)
    )


def _held(sentence: Sentence, fault: Fault, detail: str) -> Held:
    return Held(Withheld(sentence.text, fault, detail))


__all__ = ["Gate", "Held", "Kept", "Vectors", "Verdict", "grounded", "is_quote"]
