"""An account's own words at work: dictionary words as tokens of their own, synonyms as other ways to say it."""

import re
from collections.abc import Iterable, Iterator

from zhiyin.data.records import Lexicon
from zhiyin.language.fold import fold
from zhiyin.language.tokens import tokenize

_SHORTEST = 2


class Words:
    """A lexicon ready for use. Terms are compared folded; Latin ones only as whole words."""

    def __init__(self, lexicon: Lexicon = Lexicon()) -> None:
        self.version = lexicon.version
        self._dictionary = _Terms(fold(word).strip() for word in lexicon.words)
        groups: dict[str, set[str]] = {}
        for term, others in lexicon.synonyms.items():
            for one, another in ((t, o) for o in others for t in (term,)):
                # what is as good as the other holds in both directions
                groups.setdefault(fold(one).strip(), set()).add(another.strip())
                groups.setdefault(fold(another).strip(), set()).add(one.strip())
        self._others = {
            term: tuple(sorted(o for o in others if o and fold(o) != term)) for term, others in groups.items()
        }
        self._synonyms = _Terms(self._others)

    @property
    def dictionary(self) -> frozenset[str]:
        """The folded dictionary words."""
        return self._dictionary.terms

    def tokens(self, text: str) -> list[str]:
        """Tokenise a text; a dictionary word in it that segmentation would cut is a token too."""
        tokens = tokenize(text)
        if self._dictionary.terms:
            known = set(tokens)
            tokens += [word for word in self._dictionary.find(fold(text)) if word not in known]
        return tokens

    def holds(self, text: str, words: "frozenset[str]") -> bool:
        """Say whether a text has any of these folded words: then its tokens change with them."""
        folded = fold(text)
        return any(word in folded for word in words)

    def synonyms(self, text: str) -> list[tuple[str, tuple[str, ...]]]:
        """Return the terms of the synonym list that a text has, each with the other ways to say it."""
        return [(term, self._others[term]) for term in dict.fromkeys(self._synonyms.find(fold(text)))]

    def replace(self, text: str, term: str, other: str) -> str:
        """Say a folded text with another word for a term."""
        return fold(text).replace(term, other)


class _Terms:
    """Many terms, found in a text in one pass."""

    def __init__(self, terms: Iterable[str]) -> None:
        self.terms = frozenset(term for term in terms if len(term) >= _SHORTEST)
        self._by_head: dict[str, list[str]] = {}
        for term in sorted(self.terms, key=len, reverse=True):
            self._by_head.setdefault(term[:_SHORTEST], []).append(term)

    def find(self, folded: str) -> Iterator[str]:
        if not self.terms:
            return
        for start in range(len(folded) - 1):
            for term in self._by_head.get(folded[start : start + _SHORTEST], ()):
                if folded.startswith(term, start) and _stands_alone(folded, start, start + len(term)):
                    yield term


_LATIN = re.compile(r"[a-z0-9]")


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Say that neither edge cuts a Latin word in two."""
    return not (
        (start > 0 and _LATIN.match(text[start]) and _LATIN.match(text[start - 1]))
        or (end < len(text) and _LATIN.match(text[end - 1]) and _LATIN.match(text[end]))
    )
