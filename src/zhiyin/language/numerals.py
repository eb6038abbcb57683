"""Numbers as people write them: 1,299 · 1.5万 · 一千二百 · twenty-four · half a dozen."""

import re
import unicodedata

_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "兩": 2, "俩": 2, "半": 0.5}
_TENS = {"十": 10, "百": 100, "千": 1000}
_MYRIADS = {"万": 10_000, "萬": 10_000, "亿": 100_000_000, "億": 100_000_000}
_SMALL = {
    name: number
    for number, name in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
        ]
    )
} | {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}
_SMALL |= {
    name: number
    for number, name in enumerate(
        [
            "fourth",
            "fifth",
            "sixth",
            "seventh",
            "eighth",
            "ninth",
            "tenth",
            "eleventh",
            "twelfth",
            "thirteenth",
            "fourteenth",
            "fifteenth",
            "sixteenth",
            "seventeenth",
            "eighteenth",
            "nineteenth",
            "twentieth",
        ],
        start=4,
    )
}
_LARGE = {"hundred": 100, "thousand": 1000, "million": 1_000_000, "billion": 1_000_000_000, "trillion": 10**12}
_SMALL_WORD = "|".join(sorted(_SMALL, key=len, reverse=True))
_LARGE_WORD = "|".join(_LARGE)

_ARABIC = (
    r"(?<![\d.])(?:\d{1,3}(?:[,，]\d{3})+|\d+)(?:\.\d+)?(?:\s?[十百千万萬亿億]+(?![分])|\s?(?:thousand|"
    r"million|billion|trillion|k)\b)?"
)
_HAN = r"(?<![零〇一二两兩三四五六七八九十百千万萬亿億])[零〇一二两兩三四五六七八九十百千万萬亿億]+(?:点[零〇一二三四五六七八九]+)?"
_WORDS = (
    rf"\b(?:(?:an?\s+)?(?:{_LARGE_WORD})|(?:{_SMALL_WORD}))(?:(?:[\s-]+(?:and\s+)?)(?:{_SMALL_WORD}|"
    rf"{_LARGE_WORD})){{0,7}}\b|\b(?:a\s+)?dozen\b"
)
NUMBER = rf"(?:{_ARABIC}|{_HAN}|(?i:{_WORDS}))"
"""A pattern of one number, without groups."""

_ARABIC_WHOLE = re.compile(
    r"(\d[\d,，]*(?:\.\d+)?)\s?([十百千万萬亿億]*)(thousand|million|billion|trillion|k)?", re.IGNORECASE
)


def parse_number(text: str) -> float | None:
    """Return the value of one written number, or None when it is none."""
    text = unicodedata.normalize("NFKC", text).strip()
    if not text:
        return None
    arabic = _ARABIC_WHOLE.fullmatch(text)
    if arabic:
        if len(arabic[1]) > 40:
            return None
        value = float(arabic[1].replace(",", ""))
        for character in arabic[2]:
            value *= _TENS.get(character) or _MYRIADS[character]
        word = (arabic[3] or "").lower()
        return value * (1000 if word == "k" else _LARGE.get(word, 1))
    if text[0] in _DIGITS or text[0] in _TENS or text[0] in _MYRIADS:
        return _han(text)
    return _words(text)


def _han(text: str) -> float | None:
    whole, _, decimals = text.partition("点")
    if any(c not in _DIGITS for c in decimals) or len(text) > 40:
        return None
    if len(whole) > 1 and all(c in _DIGITS for c in whole):  # read digit by digit: 二〇二六
        return float("".join(str(int(_DIGITS[c])) for c in whole)) if "半" not in whole else None
    total = section = digit = 0.0
    last = 1.0
    for character in whole:
        if character in _DIGITS:
            digit = _DIGITS[character]
        elif character in _TENS:
            last = _TENS[character]
            section += (digit or 1) * last
            digit = 0
        elif character in _MYRIADS:
            last = _MYRIADS[character]
            total = (total + section + digit) * last if last == 1e8 else total + (section + digit) * last
            section = digit = 0
        else:
            return None
    if digit and last >= 100 and whole[-2:-1] and whole[-2] not in "零〇十":  # 一千二 is 1200
        digit *= last / 10
    value = total + section + digit
    if decimals:
        value += float("0." + "".join(str(int(_DIGITS[c])) for c in decimals))
    return value


def _words(text: str) -> float | None:
    total = current = 0.0
    for word in re.split(r"[\s-]+", text.lower()):
        if word in ("and", "a", "an"):
            continue
        if word == "dozen":
            current = (current or 1) * 12
        elif word in _SMALL:
            current += _SMALL[word]
        elif word == "hundred":
            current = (current or 1) * 100
        elif word in _LARGE:
            total += (current or 1) * _LARGE[word]
            current = 0
        else:
            return None
    return total + current
