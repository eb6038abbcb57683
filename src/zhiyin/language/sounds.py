"""How words sound and what they were meant to be: homophones, typed pinyin, southern accents, misspelt English."""

from collections.abc import Iterable
from functools import cache, lru_cache

from pypinyin import Style, lazy_pinyin, pinyin_dict
from rapidfuzz import process
from rapidfuzz.distance import OSA

_INITIALS = ("zh", "ch", "sh")
_LONGEST_RUN = 60
_MOST_CHARACTERS = 4


@lru_cache(maxsize=1 << 15)
def syllable(character: str) -> str:
    """Return how one Chinese character is commonly read, without its tone; "" for others."""
    read = lazy_pinyin(character, style=Style.NORMAL, errors="ignore")
    return read[0].replace("ü", "v") if read else ""


@lru_cache(maxsize=1 << 12)
def blur(heard: str) -> str:
    """Make alike what many speakers do not tell apart: z/zh, c/ch, s/sh, n/l at the front, n/ng at the end."""
    for initial in _INITIALS:
        if heard.startswith(initial):
            heard = initial[0] + heard[2:]
            break
    if heard.startswith("n"):
        heard = "l" + heard[1:]
    return heard.removesuffix("g") if heard.endswith("ng") else heard


def sound(han: str) -> tuple[str, ...]:
    """Return the syllables of a Chinese word, character by character; () when it holds anything else."""
    heard = tuple(map(syllable, han))
    return heard if all(heard) else ()


@cache
def _syllables() -> frozenset[str]:
    common = (chr(point) for point in range(0x4E00, 0x9FA6) if point in pinyin_dict.pinyin_dict)
    return frozenset(
        s for s in map(syllable, common) if s.isascii() and s.isalpha() and s not in ("n", "ng", "m", "hm")
    )


def read_pinyin(letters: str) -> tuple[str, ...]:
    """Cut Latin letters into syllables, the fewest that cover all of them; () when they are no pinyin."""
    if not letters.isascii() or not letters.isalpha() or len(letters) > _LONGEST_RUN:
        return ()
    known, n = _syllables(), len(letters)
    best: list[tuple[str, ...] | None] = [(), *([None] * n)]
    for end in range(1, n + 1):
        for start in range(max(0, end - 6), end):
            before, piece = best[start], letters[start:end]
            if before is not None and piece in known and (best[end] is None or len(before) + 1 < len(best[end] or ())):
                best[end] = (*before, piece)
    return best[n] or ()


class Soundalikes:
    """The words of a vocabulary by their sound, and by their spelling."""

    def __init__(self) -> None:
        self._by_sound: dict[tuple[str, ...], list[str]] = {}
        self._latin: dict[int, list[str]] = {}
        self._known: set[str] = set()

    def add(self, words: Iterable[str]) -> None:
        """Take words: Chinese ones of two to four characters, and Latin ones."""
        for word in words:
            if word in self._known:
                continue
            self._known.add(word)
            if word.isascii():
                if len(word) >= 4 and word.isalpha():
                    self._latin.setdefault(len(word), []).append(word)
            elif 2 <= len(word) <= _MOST_CHARACTERS and (heard := sound(word)):
                self._by_sound.setdefault(tuple(map(blur, heard)), []).append(word)

    def like_sound(self, heard: tuple[str, ...]) -> list[str]:
        """Return the words that sound so, those with the very same syllables first."""
        words = self._by_sound.get(tuple(map(blur, heard)), [])
        return sorted(words, key=lambda word: sound(word) != heard)

    def like_spelling(self, word: str, *, limit: int = 3) -> list[str]:
        """Return the Latin words that differ by one slip of the pen, or two in a long word; the nearest first."""
        slips = 1 if len(word) < 7 else 2
        near = [
            (distance, other)
            for length in range(len(word) - slips, len(word) + slips + 1)
            for other, distance, _ in process.extract(
                word, self._latin.get(length, ()), scorer=OSA.distance, score_cutoff=slips, limit=limit
            )
        ]
        return [other for _, other in sorted(near, key=lambda pair: (pair[0], pair[1][:1] != word[:1], pair[1]))][
            :limit
        ]
