"""Whatever arrives becomes words that the rest of the road can trust in form. `perceive` and `mask` are the doors."""

import re
import unicodedata

from zhiyin.language.personal import Masked, mask

LONGEST = 4000
"""A message longer than this many characters is cut; channels refuse longer ones before they get here."""

_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"  # controls, but tab and line feed
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0"
    "\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_LONE_JOINER = re.compile(
    "(?<![\U0001f000-\U0001faff\u2600-\u27bf\ufe0f])\u200d|\u200d(?![\U0001f000-\U0001faff\u2600-\u27bf])"
)
_SPACES = re.compile(r"[ \t\u00a0\u2000-\u200a\u202f\u205f\u3000]+")
_LINES = re.compile(r"\n{3,}")


def perceive(text: str) -> str:
    """Return the words of a message: NFC, no invisible or direction-changing characters, bounded length."""
    text = text[: LONGEST * 4].replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    text = "".join(c for c in text if not "\ud800" <= c <= "\udfff")
    text = unicodedata.normalize("NFC", text)
    text = _LONE_JOINER.sub("", _INVISIBLE.sub("", text))
    text = _shorten_stacks(text)
    text = _LINES.sub("\n\n", "\n".join(_SPACES.sub(" ", line).strip() for line in text.split("\n")))
    # Taking marks away can bring letters together that compose.
    return unicodedata.normalize("NFC", text).strip()[:LONGEST].rstrip()


def _shorten_stacks(text: str) -> str:
    """Keep at most 3 combining marks on one letter: more are a way to deface a page."""
    kept: list[str] = []
    stack = 0
    for character in text:
        stack = stack + 1 if unicodedata.combining(character) else 0
        if stack <= 3:
            kept.append(character)
    return "".join(kept)


__all__ = ["LONGEST", "Masked", "mask", "perceive"]
