"""One spelling for all ways to write the same text: width, case, traditional or simplified, invisible marks."""

import re
import unicodedata
from functools import cache
from typing import Literal

from opencc import OpenCC

HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002fa1f"
_HAN_SPAN = range(0x3400, 0xA000)
_ANY_HAN = re.compile(f"[{HAN}]")
_WORDS = re.compile(r"[A-Za-z]{2,}")
_INVISIBLE = re.compile("[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff]")
_PUNCTUATION = str.maketrans(
    "“”„‟「」『』‘’‚‛´`–—―‐‑‒−。、【】〔〕《》〈〉・·", '""""""""\'\'\'\'\'\'-------.,[][]<><>  '
)


@cache
def _simplifier() -> tuple[OpenCC, frozenset[str]]:
    # Taiwan's words too (軟體 → 软件): a base written on one side of the strait is asked from the other.
    converter = OpenCC("tw2sp")
    written = [chr(point) for point in _HAN_SPAN]
    plain = converter.convert("\n".join(written)).split("\n")
    return converter, frozenset(a for a, b in zip(written, plain, strict=True) if a != b)


def simplify(text: str) -> str:
    """Write traditional characters, and words that only Taiwan uses, as in mainland China."""
    if text.isascii():
        return text
    converter, traditional = _simplifier()
    return text if traditional.isdisjoint(text) else str(converter.convert(text))


def fold(text: str) -> str:
    """Return the spelling under which texts are compared; never shown to anyone.

    Full and half width, ligatures and circled figures become one (NFKC); case, invisible characters, quotation
    marks, dashes and traditional characters too. Positions in the text are not kept.
    """
    if text.isascii():
        return text.lower()
    plain = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).translate(_PUNCTUATION)
    return simplify(plain).casefold()


def has_han(text: str) -> bool:
    """Say whether any character of the text is Chinese."""
    return not text.isascii() and _ANY_HAN.search(text) is not None


def guess_language(text: str) -> Literal["zh", "en"]:
    """Say zh or en by the share of characters: a Chinese sentence may hold several English names."""
    if text.isascii():
        return "en"
    han = len(_ANY_HAN.findall(text))
    return "zh" if han and han * 2 >= len(_WORDS.findall(text)) else "en"
