"""Small rules of writing that every format needs."""

import re
import unicodedata
from collections.abc import Sequence

_HAN_SIDE = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\u3000-\u303f\uff00-\uffef“”‘’…—]")
_SPACES = re.compile(r"[ \t\xa0\u2000-\u200b\u3000]+")

# Fonts in PDFs draw a radical and the character that looks like it with one glyph, and text copied out of them holds
# the radical: ⽤ for 用. Unicode's own compatibility mapping knows the Kangxi radicals, but not their supplement.
_RADICALS = "⺁⺇⺒⺓⺝⺟⺠⺪⺫⺬⺮⺶⺻⻁⻄⻅⻆⻉⻊⻋⻑⻓⻔⻘⻙⻚⻛⻜⻝⻢⻣⻤⻥⻦⻧⻨⻩⻫⻬⻭⻮⻯⻰⻳㬵"
_MEANT = "厂几巳幺月母民疋目示竹羊聿虎西见角贝足车長长门青韦页风飞食马骨鬼鱼鸟卤麦黄斉齐歯齿竜龙龟胶"
_LOOKALIKES: dict[int, str] = {
    **{point: unicodedata.normalize("NFKC", chr(point)) for point in (*range(0x2F00, 0x2FD6), *range(0xFB00, 0xFB07))},
    **{ord(radical): letter for radical, letter in zip(_RADICALS, _MEANT, strict=True)},
}


def repaired(text: str) -> str:
    """Replace radicals and ligatures that stand for ordinary letters."""
    return text if text.isascii() else text.translate(_LOOKALIKES)


def joined(lines: Sequence[str]) -> str:
    """Join broken lines: with a space, with nothing next to a Chinese character, without the hyphen of a break."""
    text = ""
    for line in lines:
        line = _SPACES.sub(" ", line).strip()
        if not line:
            continue
        if not text:
            text = line
        elif text[-1] == "-" and len(text) > 1 and text[-2].islower() and line[0].islower():
            text = text[:-1] + line
        elif _HAN_SIDE.match(text[-1]) or _HAN_SIDE.match(line[0]):
            text += line
        else:
            text += " " + line
    return text


def linked(words: str, address: str) -> str:
    """Return a link's words, with its address behind them when it is a full one and says more."""
    if address.startswith(("http://", "https://")) and len(address) <= 300 and address not in words:
        return f"{words} ({address})" if words.strip() else address
    return words
