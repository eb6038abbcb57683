"""Which texts of a passage become vectors, and which row of its vectors is what.

One vector of a long passage blurs what each sentence says, above all across languages; a vector for each window
(a sentence, or clauses of a long one) beside that of the whole finds it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from zhiyin.data.records import Passage
from zhiyin.extend.models import Vectors
from zhiyin.language.fold import HAN
from zhiyin.language.sentences import sentences

Floats = npt.NDArray[np.float32]

_WIDEST = 40.0  # of a window, in Chinese characters; three Latin letters count as one
_NARROWEST = 8.0
_MOST_WINDOWS = 24
_CLAUSE_END = re.compile(r"(?<=[，；：;])|(?<=[,:])\s")
_HAN_CHARACTER = re.compile(f"[{HAN}]")


@dataclass(frozen=True, slots=True)
class Rows:
    """A passage's vectors by what they were made from.

    Shapes: text (dims,); questions (q, dims), the FAQ's question and then its similar ones; windows (w, dims), w ≥ 1.
    """

    text: Vectors
    questions: Vectors
    windows: Vectors

    @classmethod
    def of(cls, passage: Passage, vectors: Vectors) -> "Rows":
        """Tell the rows apart. A passage of one window has no row of its own for it: its text is the window."""
        asked = 1 + len(_questions(passage))
        windows = vectors[asked:]
        return cls(vectors[0], vectors[1:asked], windows if len(windows) else vectors[:1])


def to_embed(passage: Passage) -> list[str]:
    """Return the texts to embed for a passage, in the order in which `Rows` expects their vectors."""
    heading = " ".join((*passage.title[-2:], *([passage.question] if passage.question else ())))
    parts = windows(passage.text)
    whole = f"{heading}\n{passage.text}" if heading else passage.text
    return [whole, *_questions(passage), *(parts if len(parts) > 1 or heading else ())]


def windows(text: str) -> list[str]:
    """Cut a text into sentences, long ones into clauses; short pieces join the one before them."""
    pieces: list[str] = []
    for sentence in sentences(text):
        if _width(sentence) <= _WIDEST * 1.3:
            pieces.append(sentence)
            continue
        grown = ""
        for clause in _CLAUSE_END.split(sentence):
            if grown and _width(grown) + _width(clause) > _WIDEST:
                pieces.append(grown)
                grown = ""
            grown = f"{grown} {clause}" if grown and grown[-1].isascii() else grown + clause
        if grown:
            pieces.append(grown)
    joined: list[str] = []
    for piece in pieces:
        if joined and _width(piece) < _NARROWEST:
            joined[-1] = f"{joined[-1]} {piece}"
        else:
            joined.append(piece)
    while len(joined) > _MOST_WINDOWS:
        joined = [" ".join(joined[i : i + 2]) for i in range(0, len(joined), 2)]
    return joined


@dataclass(frozen=True, slots=True)
class Near:
    """How near some passages are to a question. Shapes: (passages,), but for `windows` and `first`, see there."""

    text: Floats
    question: Floats  # of the FAQ's nearest question, 0 without one
    window: Floats
    windows: Floats  # (windows of all,)
    first: npt.NDArray[np.int64]  # (passages + 1,): where each passage's windows begin

    @property
    def cosine(self) -> Floats:
        """The mean of the whole's and the best part's: a passage is about it, and says it."""
        return np.asarray((self.text + np.maximum(self.question, self.window)) / 2, np.float32)

    def three_windows(self, place: int) -> float:
        """Return the mean of the three nearest windows of one passage."""
        own = np.sort(self.windows[self.first[place] : self.first[place + 1]])
        return float(own[-3:].mean())


def near(vectors: Vectors, passages: Sequence[Passage], rows: Sequence[Vectors]) -> Near:
    """Measure passages against a question, said in one or several ways of which the nearest counts.

    Shapes: vectors (ways, dims), rows one (k, dims) a passage; k may be 0.
    """
    counts = np.array([len(own) for own in rows], np.int64)
    cosines = (np.concatenate(rows) @ vectors.T).max(axis=1) if counts.sum() else np.zeros(0, np.float32)
    asks = np.array([len(_questions(passage)) for passage in passages], np.int64)
    starts = np.cumsum(counts) - counts
    text, question, window = (np.zeros(len(passages), np.float32) for _ in range(3))
    windows: list[Floats] = []
    for i, (start, count, ask) in enumerate(zip(starts, counts, asks, strict=True)):
        own = cosines[start : start + count]
        if not count:
            windows.append(np.zeros(1, np.float32))
            continue
        text[i] = own[0]
        if ask and count > 1:
            question[i] = own[1 : 1 + ask].max()
        parts = own[1 + ask :] if count > 1 + ask else own[:1]
        window[i] = parts.max()
        windows.append(parts)
    first = np.concatenate([[0], np.cumsum([len(parts) for parts in windows])]).astype(np.int64)
    return Near(text, question, window, np.concatenate(windows) if windows else np.zeros(0, np.float32), first)


def _questions(passage: Passage) -> list[str]:
    return [*([passage.question] if passage.question else ()), *passage.similar]


def _width(text: str) -> float:
    han = len(_HAN_CHARACTER.findall(text))
    return han + (len(text) - han) / 3
