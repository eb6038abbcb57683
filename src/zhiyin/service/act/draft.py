"""A model's stream → sentences with what each leans on. Whatever comes, the work and the result are bounded."""

import re
import unicodedata
from collections.abc import Iterator

from zhiyin.conversation.facts import Sentence
from zhiyin.language.sentences import sentence_spans

LONGEST_DRAFT = 6000  # characters read from a model, whatever it goes on to say
LONGEST_SENTENCE = 600
MOST_SENTENCES = 12
_MOST_MARKERS = 8

_MARK = (
    r"[\[【〔［](?:\^|citation:?\s*|来源:?\s*|source:?\s*|passage\s*)?\s*\d{1,3}(?:\s*[,，、;-]\s*\^?\d{1,"
    r"3})*\s*[\]】〕］]"
)
_MARKS = re.compile(_MARK, re.IGNORECASE)
_AT_HEAD = re.compile(rf"(?:\s*{_MARK})+[。.!！?？]?", re.IGNORECASE)
_OPEN_MARK = re.compile(r"\s*[\[【〔［][^\]】〕］\n]{0,24}$")
_NUMBERS = re.compile(r"(\d{1,3})(?:\s*-\s*(\d{1,3}))?")
_FENCE = re.compile(r"^\s*(?:```|~~~)")
_LEAD = re.compile(r"^\s*(?:#{1,6}\s+|>\s*|[-*+•·]\s+|\d{1,2}[.)、]\s*(?=\D)|[(（]\d{1,2}[)）]\s*)+")
_STRONG = re.compile(r"\*\*|__|`+")
_EMPHASIS = re.compile(r"(?<![\w*])\*(?!\s)([^*\n]+?)(?<!\s)\*(?![\w*])")
_LINK = re.compile(r"!?\[([^\]\n]{0,200})\]\((?:[^)\s]{0,400})\)")
_TAG = re.compile(r"</?[A-Za-z][^<>\n]{0,100}>")
_THINK = re.compile(r"<think>.*?(?:</think>|$)", re.DOTALL | re.IGNORECASE)
NO_ANSWER = "NO_ANSWER"
"""What a model is told to write when the passages do not answer."""


class DraftReader:
    """Takes pieces of a model's text and gives back each sentence as soon as it and its markers are complete.

    A sentence without a marker takes that of the next one in the same paragraph, or else that of the one before:
    models often cite once for several. The gate checks each against what it is then said to lean on.
    """

    def __init__(self) -> None:
        self._buffer = ""
        self._read = 0
        self._said = 0
        self._waiting: list[str] = []
        self._last: tuple[int, ...] = ()

    @property
    def full(self) -> bool:
        """Whether enough was read: what follows is not wanted."""
        return self._read >= LONGEST_DRAFT or self._said >= MOST_SENTENCES

    def feed(self, piece: str) -> list[Sentence]:
        """Take one more piece and return what it completed."""
        if self.full:
            return []
        piece = piece[: LONGEST_DRAFT - self._read]
        self._read += len(piece)
        self._buffer += piece
        return self._limited(self._complete())

    def finish(self) -> list[Sentence]:
        """Return what is left when the stream has ended."""
        if self._said >= MOST_SENTENCES:
            return []
        rest, self._buffer = _THINK.sub("", self._buffer), ""
        return self._limited([*self._paragraph(rest), *self._release(self._last)])

    def _limited(self, sentences: list[Sentence]) -> list[Sentence]:
        kept = sentences[: max(0, MOST_SENTENCES - self._said)]
        self._said += len(kept)
        return kept

    def _complete(self) -> list[Sentence]:
        if "<think>" in self._buffer.lower():
            if "</think>" not in self._buffer.lower():
                return []
            self._buffer = _THINK.sub("", self._buffer)
        done: list[Sentence] = []
        while "\n" in self._buffer:
            line, self._buffer = self._buffer.split("\n", 1)
            done += self._paragraph(line)
            done += self._release(self._last)
            self._last = ()
        spans = sentence_spans(self._buffer)
        # The last sentence may still grow, and the one before it may still get a marker.
        while len(spans) > 1:
            start, end = spans[0]
            marks = _AT_HEAD.match(self._buffer, end)
            if marks:
                end = marks.end()
            rest = self._buffer[end:]
            if not rest.strip() or _OPEN_MARK.fullmatch(rest):
                break
            done += self._sentence(self._buffer[start:end])
            self._buffer = rest
            spans = sentence_spans(self._buffer)
        if len(self._buffer) > LONGEST_SENTENCE * 2:
            done += self._sentence(self._buffer[:LONGEST_SENTENCE])
            self._buffer = self._buffer[LONGEST_SENTENCE:]
        return done

    def _paragraph(self, text: str) -> list[Sentence]:
        if _FENCE.match(text):
            return []
        done: list[Sentence] = []
        text = text.strip()
        while text:
            spans = sentence_spans(text)
            end = spans[0][1] if spans else len(text)
            while marks := _AT_HEAD.match(text, end):
                end = marks.end()
            done += self._sentence(text[:end])
            text = text[end:].strip()
        return done

    def _sentence(self, raw: str) -> list[Sentence]:
        if _FENCE.match(raw):
            return []
        leans_on = tuple(dict.fromkeys(self._markers(raw)))
        text = plain(raw)
        if not text:
            if leans_on and self._waiting:  # a marker that stood alone belongs to what came before it
                return self._release(leans_on)
            return []
        if leans_on:
            done = self._release(leans_on)
            self._last = leans_on
            return [*done, Sentence(text, leans_on)]
        self._waiting.append(text)
        return self._release(self._last) if len(self._waiting) > 3 else []

    def _release(self, leans_on: tuple[int, ...]) -> list[Sentence]:
        done = [Sentence(text, leans_on) for text in self._waiting]
        self._waiting.clear()
        return done

    def _markers(self, raw: str) -> Iterator[int]:
        for mark in list(_MARKS.finditer(unicodedata.normalize("NFKC", raw)))[:_MOST_MARKERS]:
            for first, last in _NUMBERS.findall(mark.group()):
                for number in range(int(first), min(int(last or first), int(first) + 4) + 1):
                    yield number - 1  # a number that no passage has stays: the gate says so


def plain(raw: str) -> str:
    """Take markers and markup off a sentence."""
    text = _LINK.sub(r"\1", raw)
    text = _MARKS.sub("", text)
    text = _TAG.sub("", text)
    text = _EMPHASIS.sub(r"\1", _STRONG.sub("", _LEAD.sub("", text)))
    text = "".join(c for c in text if c.isprintable() or c == " ")
    text = re.sub(r"\s+([。，、；：！？,.;:!?])", r"\1", re.sub(r"[ \t]{2,}", " ", text))
    text = re.sub(r"([。！？])[.。]+$", r"\1", text).strip(" \t-*_|")
    return text[:LONGEST_SENTENCE] if any(c.isalnum() for c in text) and text.strip(".。 ") != NO_ANSWER else ""
