"""A question as search reads it: what it says, how else that is called, what was meant where it is misspelt."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

import rjieba

from zhiyin.data.index import LexicalIndex
from zhiyin.language.fold import HAN, fold
from zhiyin.language.sounds import Soundalikes, read_pinyin, sound
from zhiyin.language.tokens import BIGRAM, CODE, NUMBER, STOP_WORDS, kind_of, stem, tokenize
from zhiyin.service.knowledge.lexicon import Words

How = Literal["said", "synonym", "sound"]

_WEIGHTS = {"word": 1.0, "bigram": 0.5, "number": 1.0, "code": 2.0}
_STOP = 0.25
_SYNONYM = 0.6
_SAME_SOUND = 0.5  # shares a character and sounds the same: a slip of the input method
_NEAR_SOUND = 0.2
_SPELLING = 0.6
_PINYIN = 0.7
_MOST_SYNONYMS = 24
_LATIN_WORD = re.compile(r"[a-z]{2,}")
_LATIN_RUN = re.compile(r"[a-z]+(?:[ '][a-z]+)*")
_HAN_RUN = re.compile(f"[{HAN}]{{2,}}")
_GRAMMAR = frozenset("的了是我你您在他她它们有吗呢吧啊这那要想怎么能会不没就都也还很把被让给对从几个多少")
_SEPARATOR = re.compile(r"[-_/.]")


@dataclass(frozen=True, slots=True)
class Term:
    """One token that the question has, or would have in other words."""

    token: str
    weight: float  # before its idf
    how: How = "said"
    instead_of: tuple[str, ...] = ()  # tokens of the question that it may stand for


@dataclass(frozen=True, slots=True)
class Question:
    """What lexical search looks for."""

    terms: tuple[Term, ...]
    meant: str  # with mended words; the text itself when nothing was mended
    variants: tuple[str, ...] = ()  # the same with a synonym in place
    codes: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    weighted: dict[str, float] = field(default_factory=dict)


class Reader:
    """Reads questions against the words that an account's passages have."""

    def __init__(self, index: LexicalIndex) -> None:
        self._index = index
        self._alike = Soundalikes()
        self._learnt = 0

    def learn(self) -> None:
        """Take the vocabulary's new words over; cheap when there are none."""
        if self._index.vocabulary_size() == self._learnt:
            return
        self._learnt = self._index.vocabulary_size()
        self._alike.add(
            token.removeprefix(BIGRAM) for token in self._index.vocabulary() if token[0] not in (NUMBER, CODE)
        )

    def read(self, text: str, words: Words) -> Question:
        """Read a question."""
        folded = fold(text)
        terms: dict[str, Term] = {}
        for token in dict.fromkeys(words.tokens(text)):
            terms[token] = Term(token, _weight(token))
        said = list(terms)
        variants = self._add_synonyms(folded, words, terms)
        meant = self._mend(folded, terms)
        return Question(
            terms=tuple(terms.values()),
            meant=text if meant == folded else meant,
            variants=tuple(variants[:2]),
            codes=tuple(t for t in said if kind_of(t) == "code" and self._asks_code(folded, t)),
            numbers=tuple(t for t in said if kind_of(t) == "number" and t[-1].isdigit() and t != "#1"),
            weighted={term.token: term.weight for term in terms.values()},
        )

    def _asks_code(self, folded: str, token: str) -> bool:
        """Say whether a code is one that must be found: known here, or written without a space."""
        return self._index.frequency(token) > 0 or token.removeprefix(CODE) in _SEPARATOR.sub("", folded).split()

    def _known(self, token: str) -> bool:
        return self._index.frequency(token) > 0

    def _add_synonyms(self, folded: str, words: Words, terms: dict[str, Term]) -> list[str]:
        variants: list[str] = []
        for term, others in words.synonyms(folded):
            own = tuple(tokenize(term))
            for other in others[:_MOST_SYNONYMS]:
                tokens = dict.fromkeys([*tokenize(other), *([fold(other)] if self._known(fold(other)) else ())])
                for token in tokens:
                    if token not in terms:
                        terms[token] = Term(token, _SYNONYM * _weight(token), "synonym", own)
                variants.append(words.replace(folded, term, fold(other)))
        return variants

    def _mend(self, folded: str, terms: dict[str, Term]) -> str:
        meant = folded
        for run in _HAN_RUN.findall(folded):
            meant = self._mend_han(run, meant, terms)
        for found in _LATIN_RUN.finditer(folded):
            meant = self._mend_latin(found.group(), meant, terms)
        return meant

    def _mend_han(self, run: str, meant: str, terms: dict[str, Term]) -> str:
        mended = -1
        for i in _loose_pairs(run):
            pair = run[i : i + 2]
            if self._known(BIGRAM + pair) or i <= mended:
                continue
            heard = sound(pair)
            for other in self._words_like(heard)[:3] if heard else ():
                slip = any(a == b for a, b in zip(pair, other, strict=True))
                self._add_sound(terms, other, _SAME_SOUND if slip else _NEAR_SOUND, (BIGRAM + pair, pair, *pair))
                if slip and i > mended:
                    meant, mended = meant.replace(pair, other), i
        return meant

    def _mend_latin(self, run: str, meant: str, terms: dict[str, Term]) -> str:
        letters = [word for word in run.replace("'", " ").split() if word]
        unknown = [word for word in letters if not self._known(stem(word)) and word not in STOP_WORDS]
        if not unknown:
            return meant
        read = [read_pinyin(word) for word in letters]
        if all(read) and sum(map(len, read)) > 1 and len(unknown) * 2 >= len(letters):
            spelt = self._mend_pinyin([syllable for word in read for syllable in word], letters, terms)
            if spelt:
                return meant.replace(run, spelt)
        for word in unknown:
            syllables = read_pinyin(word)
            if len(syllables) > 1 and (spelt := self._mend_pinyin(list(syllables), [word], terms)):
                meant = meant.replace(word, spelt)
            elif len(word) >= 4:
                for other in self._alike.like_spelling(stem(word)):
                    self._add_sound(terms, other, _SPELLING, (stem(word),))
        return meant

    def _mend_pinyin(self, syllables: list[str], letters: list[str], terms: dict[str, Term]) -> str:
        """Write syllables as the words that sound so, the longest first; "" when none is known here."""
        written: list[str] = []
        instead = tuple(stem(word) for word in letters)
        found, start = False, 0
        while start < len(syllables):
            for end in range(min(len(syllables), start + 4), start + 1, -1):
                heard = tuple(syllables[start:end])
                words = self._words_like(heard) if all(heard) else []
                exact = [word for word in words if sound(word) == heard] or (words if end - start > 2 else [])
                if exact:
                    best = max(exact, key=lambda w: (self._index.frequency(w), self._index.frequency(BIGRAM + w)))
                    for word in exact[:3]:
                        self._add_sound(terms, word, _PINYIN if word == best else _NEAR_SOUND, instead)
                    written.append(best)
                    found, start = True, end
                    break
            else:
                start += 1
        return "".join(written) if found else ""

    def _words_like(self, heard: tuple[str, ...]) -> list[str]:
        """Return what sounds so and is a word, not merely two characters that stand side by side somewhere."""
        return [word for word in self._alike.like_sound(heard) if self._known(word) or rjieba.has_word(word)]

    def _add_sound(self, terms: dict[str, Term], word: str, weight: float, instead_of: tuple[str, ...]) -> None:
        for token in (word, BIGRAM + word):
            if token not in terms and self._known(token):
                terms[token] = Term(token, weight * _weight(token), "sound", instead_of)


def _loose_pairs(run: str) -> Iterator[int]:
    """Yield where two characters stand side by side that no known word holds: 退 and 或 in 退或政策.

    A slip of the input method leaves such pairs; where two words meet, as in 特斯拉是, nothing is misspelt.
    """
    pieces = rjieba.cut(run)
    place = 0
    for piece, following in zip(pieces, [*pieces[1:], ""], strict=True):
        if (len(piece) == 2 and not rjieba.has_word(piece)) or (
            len(piece) == len(following) == 1 and not (piece in _GRAMMAR or following in _GRAMMAR)
        ):
            yield place
        place += len(piece)


def _weight(token: str) -> float:
    return _STOP if token in STOP_WORDS else _WEIGHTS[kind_of(token)]
