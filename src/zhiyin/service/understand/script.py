"""Which of our two languages a message is in, read off its script."""

import re

from zhiyin.conversation.facts import Language

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_OTHER = re.compile(
    r"[\u3040-\u30ff\uac00-\ud7af\u0400-\u04ff\u0600-\u06ff\u0e00-\u0e7f\u0590-\u05ff\u0900-\u097f\u0370-\u03ff]"
)
_WORD = re.compile(r"(?<![A-Za-z0-9-])[A-Za-z]{2,}(?:'[a-z]+)?(?![A-Za-z0-9-]*\d)")


def language_of(text: str) -> Language | None:
    """Return zh or en, or None when the text shows neither: a code, a picture sign, or another script."""
    han, words, others = len(_HAN.findall(text)), len(_WORD.findall(text)), len(_OTHER.findall(text))
    if others > han + 2 * words:
        return None
    if han and han >= words:  # a Chinese question may hold English names, an English one a Chinese word
        return "zh"
    return "en" if words else "zh" if han else None
