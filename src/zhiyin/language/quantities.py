"""Amounts, counts, dates and times read out of Chinese and English, in one form that can be compared.

七天 = 7天 = seven days = 7-day        ¥1,299 = 1299元 = CNY 1,299       八折 = 20% off
1.5小时 = 90分钟 = an hour and a half   11月11日 = Nov 11 = 11/11          下午4点 = 16:00 = 4 pm
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from zhiyin.language.numerals import NUMBER, parse_number
from zhiyin.language.units import (
    COUNTER_EN,
    COUNTER_ZH,
    COUNTERS,
    CURRENCIES,
    MONEY_AFTER,
    MONEY_BEFORE,
    MONTH,
    MONTHS,
    UNIT,
    UNITS,
    WEEKDAYS,
    WEEKDAYS_EN,
    Kind,
)

Bound = Literal["", "at_most", "at_least", "under", "over", "after", "before"]


@dataclass(frozen=True, slots=True)
class Quantity:
    """One amount; a range has `low` < `high`."""

    kind: Kind
    low: float
    high: float
    unit: str
    start: int
    end: int
    bound: Bound = ""
    weak: bool = False  # "a", "一个": hardly a number

    def agrees(self, other: "Quantity") -> bool:
        """Say whether both name the same amount, whatever the words."""
        if self.kind == "date" or other.kind == "date":
            if self.kind == other.kind:
                return _same_date(self.unit, other.unit)
            date, plain = (self, other) if self.kind == "date" else (other, self)
            return plain.kind == "number" and date.unit.startswith(f"{plain.low:.0f}-")
        if not (_close(self.low, other.low) and _close(self.high, other.high)):
            return self._spoken_as(other) or other._spoken_as(self)
        if self.kind == other.kind:
            return self.unit == other.unit or self.kind in ("count", "number") or not (self.unit and other.unit)
        loose = {self.kind, other.kind}
        if loose == {"count", "months"}:  # 12期 are 12 months of instalments
            return "instalment" in (self.unit, other.unit)
        return "number" in loose or loose in ({"percent", "off"}, {"count", "times"})

    def _spoken_as(self, other: "Quantity") -> bool:
        """Compare across kinds that say the same thing in different numbers: 2 years ago is no 24 count."""
        if self.kind == "duration" and other.kind == "months":  # 365 days and a year, never 30 days and a month
            return other.low % 12 == 0 and _close(self.low, other.low / 12 * 365) and self.low == self.high
        return False


def quantities(text: str) -> list[Quantity]:
    """Return the amounts in `text` in order, each once; what stands inside a code or an address is left alone."""
    return list(_quantities(text))


@lru_cache(maxsize=2048)
def _quantities(text: str) -> tuple[Quantity, ...]:
    taken = bytearray(len(text))
    for code in CODE.finditer(text):
        taken[code.start() : code.end()] = b"\1" * (code.end() - code.start())
    chinese, month = not text.isascii(), _ANY_MONTH.search(text) is not None
    found: list[Quantity] = []
    for pattern, read in _READERS:
        if (read is _read_date_en and not month) or (read in _CHINESE_ONLY and not chinese):
            continue
        for match in pattern.finditer(text):
            start, end = match.span()
            if start == end or any(taken[start:end]):
                continue
            read_ones = list(read(match))
            if read_ones:
                taken[start:end] = b"\1" * (end - start)
                found.extend(read_ones)
    found.sort(key=lambda q: (q.start, q.low))
    return tuple(_bounded(quantity, text) for quantity in found)


CODE = re.compile(
    r"[A-Za-z0-9_.+-]{1,64}@[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)+"  # e-mail
    r"|https?://[^\s，。；、）)]+|www\.[^\s，。；、）)]+"
    r"|(?<![A-Za-z0-9-])(?=[A-Za-z0-9/-]*\d)[A-Za-z]{1,12}\d*(?:[-/][A-Za-z0-9]+)+(?![A-Za-z0-9-])"  # PPR-9087
    r"|(?<![A-Za-z0-9-])(?:[A-Z]+[A-Za-z]*|[a-z]{1,3})\d+[A-Za-z0-9]*(?![A-Za-z0-9-])"  # E07, QH50OFF, IPX5
    r"|(?<![A-Za-z0-9.,/-])\d+/\d+[A-Za-z]+(?![A-Za-z0-9-])"  # 170/92A
    r"|(?<![\d.,-])(?:\+\d{1,3}[- ])?(?:\d{3,4}-){1,3}\d{3,8}(?![\d-])"  # 400-555-0617
    r"|(?<![\d.,])1[3-9]\d{9}(?!\d)"
    r"|(?<![A-Za-z0-9.,-])\d{1,3}[A-Z]{1,3}\d+[A-Za-z0-9]*"
)
"""Codes, numbers to dial and addresses: compared letter by letter, never as amounts."""


def codes(text: str) -> list[str]:
    """Return the codes, telephone numbers and addresses in `text`, folded to upper case."""
    return [
        match.group().strip(".").upper() for match in CODE.finditer(text) if not _MEASURE_ONLY.fullmatch(match.group())
    ]


_MEASURE_ONLY = re.compile(r"\d+(?:gb|tb|mb|w|v|kg|g|ml|l|cm|mm|km|h|d|k|m|x)", re.IGNORECASE)

_N = NUMBER
_RANGE = r"\s*(?:-|–|—|~|～|至|到|to|through)\s*"


def _q(kind: Kind, low: float, high: float, unit: str, match: re.Match[str], *, weak: bool = False) -> Quantity:
    return Quantity(kind, min(low, high), max(low, high), unit, match.start(), match.end(), weak=weak)


def _date(match: re.Match[str], year: str | None, month: str | None, day: str | None) -> Quantity:
    y = str(int(parse_number(year) or 0)) if year else "*"
    if len(y) == 2 and year and year.isdigit():
        y = ("20" if int(y) < 70 else "19") + y
    m = (
        (str(MONTHS[month.lower()]) if month.lower() in MONTHS else str(int(parse_number(month) or 0)))
        if month
        else "*"
    )
    d = str(int(parse_number(day) or 0)) if day else "*"
    return _q("date", 0, 0, f"{y}-{m}-{d}", match)


def _read_date_zh(match: re.Match[str]) -> Iterator[Quantity]:
    year, month, day = match["year"], match["month"], match["day"]
    if not month and not ((year and len(year) in (2, 4)) or match["day"]):
        return
    if (month and not 1 <= (parse_number(month) or 0) <= 12) or (day and not 1 <= (parse_number(day) or 0) <= 31):
        return
    yield _date(match, year, month, day)
    if match["day2"]:
        yield _date(match, match["year2"] or year, match["month2"] or month, match["day2"])


def _read_year(match: re.Match[str]) -> Iterator[Quantity]:
    yield _date(match, match["year"], None, None)


def _read_date_en(match: re.Match[str]) -> Iterator[Quantity]:
    groups = match.groupdict()
    month, year = groups.get("month") or groups.get("monthb"), groups.get("year") or groups.get("yearb")
    month2 = groups.get("month2") or month
    yield _date(match, year, groups.get("month") or month2, groups.get("day"))
    if groups.get("day2"):
        yield _date(match, year, month2, groups["day2"])


def _read_date_iso(match: re.Match[str]) -> Iterator[Quantity]:
    if 1 <= int(match["month"]) <= 12 and 1 <= int(match["day"]) <= 31:
        yield _date(match, match["year"], match["month"], match["day"])


def _read_weekday(match: re.Match[str]) -> Iterator[Quantity]:
    for said in (match["one"], match["two"]):
        if said:
            value = WEEKDAYS.get(said[-1])
            if value is None:
                value = next(i for i, name in enumerate(WEEKDAYS_EN, 1) if name.startswith(said.lower()[:3]))
            yield _q("weekday", value, value, "", match)


def _minutes(hour: str, minute: str | None, half: str | None) -> float | None:
    h = parse_number(hour)
    m = 30.0 if minute == "半" else 15.0 if minute == "一刻" else parse_number(minute) if minute else 0.0
    if h is None or m is None or h > 24 or m > 59:
        return None
    word = (half or "").lower().replace(".", "").strip()
    if word in ("pm", "下午", "晚上", "傍晚", "晚", "中午") and h < 12 and not (word == "中午" and h >= 10):
        h += 12
    if word in ("am", "凌晨") and h == 12:
        h = 0
    return h * 60 + m


def _read_time(match: re.Match[str]) -> Iterator[Quantity]:
    groups = match.groupdict()
    value = _minutes(match["hour"], groups.get("minute"), groups.get("half") or groups.get("halfb"))
    if value is not None:
        yield _q("time", value, value, "", match)


def _read_clock_word(match: re.Match[str]) -> Iterator[Quantity]:
    value = 720 if match.group().lower() in ("noon", "正午", "中午12点") else 1440
    yield _q("time", value, value, "", match)


def _read_money(match: re.Match[str]) -> Iterator[Quantity]:
    sign = (match["prefix"] or match["suffix"] or "").strip().lower()
    low = parse_number(match["low"])
    if low is None:
        return
    high = parse_number(match["high"]) if match["high"] else low
    cents = match.groupdict().get("cents")
    if cents and high is not None and low == high:
        low = high = low + (parse_number(cents) or 0) / 10
    yield _q("money", low, low if high is None else high, CURRENCIES.get(sign, sign.upper()), match)


def _read_off_zh(match: re.Match[str]) -> Iterator[Quantity]:
    if match["half"]:
        yield _q("off", 50, 50, "", match)
        return
    digits = match["n"]
    value = parse_number(digits)
    if value is None or (not digits.isascii() and len(digits) == 2 and "十" not in digits and "." not in digits):
        pair = [parse_number(c) for c in digits]  # 八五折
        value = None if None in pair else float("".join(str(int(c or 0)) for c in pair))
    if value is not None and 0 < value < 100:
        off = 100 - (value if value >= 10 else value * 10)
        yield _q("off", round(off, 6), round(off, 6), "", match)


def _read_percent(match: re.Match[str]) -> Iterator[Quantity]:
    low = parse_number(match["low"] or match["low2"] or "")
    if low is None:
        return
    high = parse_number(match["high"]) if match["high"] else low
    reduced = bool(match["off"])
    yield _q("off" if reduced else "percent", low, low if high is None else high, "", match)


def _read_fraction(match: re.Match[str]) -> Iterator[Quantity]:
    over, under = parse_number(match["over"]), parse_number(match["under"])
    if over is not None and under:
        yield _q("percent", round(100 * over / under, 4), round(100 * over / under, 4), "", match)


def _read_ten_percents(match: re.Match[str]) -> Iterator[Quantity]:
    value = parse_number(match["n"])
    if value is not None and value <= 10:
        yield _q("percent", value * 10, value * 10, "", match)


def _read_unit(match: re.Match[str]) -> Iterator[Quantity]:
    low = parse_number(match["low"])
    if low is None:
        return
    high = parse_number(match["high"]) if match["high"] else low
    kind, unit, scale = UNITS.get(match["unit"]) or UNITS[match["unit"].lower()]
    if match["half"]:
        low += 0.5
        high = low
    high = low if high is None else high
    if match.string[match.start() - 1 : match.start()] == "第" and match["unit"] in ("天", "日"):
        return  # 第二天 is the next day
    weak = match["unit"] == "年" and match["low"] == "一"  # 一年 is as often "a year"
    yield _q(kind, low * scale, high * scale, unit, match, weak=weak)


def _scaled(match: re.Match[str], value: float, unit: str) -> Quantity:
    kind, _, scale = UNITS["个月" if unit == "月" else unit.lower()]
    return _q(kind, value * scale, value * scale, "", match)


def _read_half(match: re.Match[str]) -> Iterator[Quantity]:
    yield _scaled(match, 0.5, match["unit"] or match["unit_en"])


def _read_a(match: re.Match[str]) -> Iterator[Quantity]:
    kind, unit, scale = UNITS[match["unit"].lower()]
    yield _q(kind, scale, scale, unit, match)


def _read_count(match: re.Match[str]) -> Iterator[Quantity]:
    low = parse_number(match["low"])
    if low is None or match["low"] in ("零", "〇") or match.group() == "十分":
        return
    high = parse_number(match["high"]) if match["high"] else low
    said = (match["unit"] or "").strip().lower()
    unit = COUNTERS.get(said, said)
    ones = {"一", "one", "a", "an"}
    weak = match.group() in ("两种", "两者", "两个", "四种", "三种", "第一次", "第二次") or (
        low == 1 and match["low"].lower() in ones and unit not in ("time", "instalment", "year_old", "size")
    )
    high = low if high is None else high
    yield _q("times" if said == "times" and not float(low).is_integer() else "count", low, high, unit, match, weak=weak)


def _read_adverb(match: re.Match[str]) -> Iterator[Quantity]:
    said = match["word"].lower()
    value = {"once": 1, "twice": 2, "thrice": 3}[said]
    yield _q("count", value, value, "time", match, weak=said == "once" and not match["sure"])


def _read_decade(match: re.Match[str]) -> Iterator[Quantity]:
    value = (int(match["century"]) - 1) * 100 + int(match["decade"])
    yield _q("number", value, value, "", match)


def _read_number(match: re.Match[str]) -> Iterator[Quantity]:
    said = match["low"]
    low = parse_number(said)
    if low is None or said in ("零", "〇") or (not said.isascii() and not _PLAIN_HAN.search(said)):
        return  # 一样, 万一, 十分: words, not numbers
    high = parse_number(match["high"]) if match["high"] else low
    weak = low == 1 and match["low"].lower() == "one"
    yield _q("number", low, low if high is None else high, "", match, weak=weak)


_PLAIN_HAN = re.compile(r"\d|[一二三四五六七八九两][十百千万亿]|十[一二三四五六七八九]|[零一二三四五六七八九]{3}")
_D = r"(?:\d{1,2}|[一二三四五六七八九十]{1,3})"
_I = re.IGNORECASE
_ANY_MONTH = re.compile(r"\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)", _I)
_CHINESE_ONLY = (_read_date_zh, _read_year, _read_fraction, _read_ten_percents, _read_decade)
_READERS: list[tuple[re.Pattern[str], Callable[[re.Match[str]], Iterator[Quantity]]]] = [
    (re.compile(r"(?<!\d)(?P<year>(?:19|20)\d\d)[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})(?!\d)"), _read_date_iso),
    (
        re.compile(
            rf"(?:(?P<year>\d{{2,4}}|[零〇一二三四五六七八九]{{4}})\s*年\s*)?(?P<month>{_D})\s*月\s*(?:(?P<day>{_D})\s*[日号號"
            rf"](?![称码線线])"
            rf"(?:\s*[至到\-~～—–]\s*(?:(?P<year2>\d{{4}})\s*年\s*)?(?:(?P<month2>{_D})\s*月\s*)?(?P<day2>{_D})\s*[日号號])?|"
            rf"(?![内後后]))"
        ),
        _read_date_zh,
    ),
    (
        re.compile(r"(?P<year>(?<!\d)(?:1\d|20)\d\d|[一二][零〇九八七六五四三二一]{3})\s*年(?![来內内前后後以])"),
        _read_year,
    ),
    (
        re.compile(
            rf"(?P<day>\d{{1,2}})(?:st|nd|rd|th)?{_RANGE}(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?(?:\s+of)?\s+"
            rf"{MONTH.format('month')},?(?:\s+(?P<year>\d{{4}}))?\b",
            _I,
        ),
        _read_date_en,
    ),
    (
        re.compile(
            rf"(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:\s+of)?\s+{MONTH.format('month')}"
            rf"(?:{_RANGE}(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?\s+{MONTH.format('month2')})?,?(?:\s+(?P<year>\d{{4}}))?\b",
            _I,
        ),
        _read_date_en,
    ),
    (
        re.compile(
            rf"\b{MONTH.format('month')}\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?![\d:])"
            rf"(?:{_RANGE}(?:{MONTH.format('month2')}\s+)?(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?(?!\d))?(?:,?\s+(?P<year>(?:1\d|"
            rf"20)\d\d))?\b",
            _I,
        ),
        _read_date_en,
    ),
    (re.compile(rf"\b{MONTH.format('month')},?\s+(?:of\s+)?(?P<year>(?:1\d|20)\d\d)\b", _I), _read_date_en),
    (
        re.compile(r"(?<![\d/.])(?P<year>)(?P<month>1[0-2]|0?[1-9])/(?P<day>3[01]|[12]\d|0?[1-9])(?![\d/%])"),
        lambda match: iter([_date(match, None, match["month"], match["day"])]),
    ),
    (
        re.compile(
            r"(?:周|星期|礼拜|週)(?P<one>[一二三四五六日天])(?:\s*[至到\-~～]\s*(?:周|星期|礼拜|週)?(?P<two>[一二三四五六日天"
            r"]))?"
        ),
        _read_weekday,
    ),
    (
        re.compile(
            r"\b(?P<one>(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day)s?(?:\s*(?:-|–|to|through)\s*(?P<two>(?:Mon|"
            r"Tues|Wednes|Thurs|Fri|Satur|Sun)day)s?)?\b",
            _I,
        ),
        _read_weekday,
    ),
    (
        re.compile(
            r"(?:(?P<half>上午|下午|晚上|早上|凌晨|中午|傍晚|晚|早)\s*)?(?<![\d:])(?P<hour>[01]?\d|2[0-4])[:：](?P<minute>[0"
            r"-5]\d)(?![\d:])"
            r"(?:\s*(?P<halfb>a\.?m\b\.?|p\.?m\b\.?))?",
            _I,
        ),
        _read_time,
    ),
    (
        re.compile(r"(?<![\d:.])(?P<hour>1[0-2]|0?[1-9])\s*(?:o'clock\s*)?(?P<half>a\.?m\b\.?|p\.?m\b\.?)", _I),
        _read_time,
    ),
    (
        re.compile(
            r"(?:(?P<half>上午|下午|晚上|早上|凌晨|中午|傍晚|晚|早)\s*|(?<![\d:.一二三四五六七八九十]))"
            r"(?P<hour>[01]?\d|2[0-4]|[一二三四五六七八九十两]{1,3})"
            r"\s*[点點时時](?:(?P<minute>半|一刻|[0-5]?\d|[二三四五]?十[一二三四五六七八九]?)\s*分?)?(?P<sure>钟|"
            r"整)?"
            r"(?(half)|(?(minute)|(?(sure)|(?=[至到前后之以~，。,.；;）)\-]|$))))"
        ),
        _read_time,
    ),
    (re.compile(r"\b(?:noon|midnight)\b|正午|午夜", _I), _read_clock_word),
    (
        re.compile(
            r"(?P<half>半价|对折|half price|half-price|half off)|(?P<n>\d{1,2}(?:\.\d)?|[一二三四五六七八九](?:点?[一二三四五"
            r"六七八九])?)\s*折",
            _I,
        ),
        _read_off_zh,
    ),
    (
        re.compile(
            rf"(?:百分之(?P<low2>{_N})|(?P<low>{_N})\s*[%％]?(?:{_RANGE}(?P<high>{_N}))?\s*(?:[%％]|percent\b|"
            rf"per cent\b|个百分点))"
            r"(?P<off>\s*(?:off\b|discount\b|reduction\b|的?折扣|的?优惠))?",
            _I,
        ),
        _read_percent,
    ),
    (re.compile(rf"(?P<under>{_N})分之(?P<over>{_N})"), _read_fraction),
    (
        re.compile(
            r"(?<![一二三四五六七八九十\d])(?P<n>[一二三四五六七八九]|\d(?:\.\d)?)成(?![为了功立员长就年交本分都])"
        ),
        _read_ten_percents,
    ),
    (
        re.compile(
            rf"(?P<prefix>{MONEY_BEFORE})\s*(?P<low>{_N})(?:{_RANGE}{MONEY_BEFORE}?\s*(?P<high>{_N}))?(?P<suffix>)", _I
        ),
        _read_money,
    ),
    (
        re.compile(
            rf"(?P<low>{_N})(?:{_RANGE}(?P<high>{_N}))?\s*(?P<suffix>{MONEY_AFTER})(?P<prefix>)(?:(?P<cents>[一二三四五六七八"
            rf"九\d])[角毛])?",
            _I,
        ),
        _read_money,
    ),
    (re.compile(rf"(?P<low>{_N})(?:{_RANGE}(?P<high>{_N}))?\s*(?P<unit>周岁|岁)"), _read_count),
    (
        re.compile(rf"(?P<low>{_N})\s*(?P<half>个半)(?:{_RANGE}(?P<high>{_N}))?(?P<unit>小时|月|钟头|星期)"),
        _read_unit,
    ),
    (
        re.compile(r"\b(?:an?|one)\s+(?P<unit>hour|day|year|month|week)\s+and\s+a\s+half\b", _I),
        lambda match: iter([_scaled(match, 1.5, match["unit"])]),
    ),
    (
        re.compile(
            r"半(?:个)?(?P<unit>小时|天|年|月|公斤|斤|升|钟头)"
            r"|(?:\b(?:an?|one)\s+)?half(?:\s+an?|-an)?[\s-]+(?P<unit_en>hour|day|year|month|litre|kilo)\b",
            _I,
        ),
        _read_half,
    ),
    (
        re.compile(
            rf"(?P<low>{_N})(?:\s*{UNIT.replace('?P<unit>', '?:')})?(?:{_RANGE}(?P<high>{_N}))?[\s-]*(?:个|"
            rf"個)?(?:more |additional |full |consecutive |further )?{UNIT}(?P<half>半)?(?!分之|代)",
        ),
        _read_unit,
    ),
    (
        re.compile(rf"(?:第)?(?P<low>{_N})(?:{_RANGE}(?P<high>{_N}))?\s*(?P<unit>{COUNTER_ZH})(?![A-Za-z])"),
        _read_count,
    ),
    (
        re.compile(
            rf"(?P<low>{_N})(?:{_RANGE}(?P<high>{_N}))?(?:\s+|-)(?:more |further |additional |different |free "
            rf")?(?P<unit>{COUNTER_EN})\b",
            _I,
        ),
        _read_count,
    ),
    (
        re.compile(
            r"(?<!at )\b(?P<word>once|twice|thrice)\b(?P<sure>\s+(?:(?:an?|each|every)\s+(?:day|week|month|"
            r"year)|per|only)\b)?",
            _I,
        ),
        _read_adverb,
    ),
    (re.compile(r"(?:(?<=within )|(?<=before )|(?<=after ))an? (?P<unit>hour|day|week|month|year)\b", _I), _read_a),
    (re.compile(r"(?P<century>\d\d)\s*世[纪紀]\s*(?P<decade>\d0)\s*年代"), _read_decade),
    (re.compile(rf"(?P<low>{_N})(?:{_RANGE}(?P<high>{_N}))?(?:st|nd|rd|th)?"), _read_number),
]


def _close(one: float, two: float) -> bool:
    return abs(one - two) <= 1e-6 * max(1.0, abs(one), abs(two))


def _same_date(one: str, two: str) -> bool:
    pairs = list(zip(one.split("-"), two.split("-"), strict=True))
    shared = [(a, b) for a, b in pairs if a != "*" and b != "*"]
    return bool(shared) and all(a == b for a, b in shared)


_BEFORE_AT_MOST = re.compile(
    r"(?:不超过|不超過|最多|最高|最长|至多|不多于|上限(?:为|是)?|不大于|以内的?|近|过去|within|(?:in "
    r"the )?(?:last|past)|at most|up to|(?:no|not|never|n't|cannot)\b(?: \w+){0,2} (?:more|longer|later) than|maximum(?: of)?|max\.?|limited "
    r"to|no later than|not exceed(?:ing)?|until|by)[\s约的為为：:]*$",
    _I,
)
_BEFORE_UNDER = re.compile(
    r"(?:不满|不足|低于|少于|未满|小于|不到|under|less than|below|fewer than|lower than)[\s约的]*$", _I
)
_BEFORE_AT_LEAST = re.compile(
    r"(?:满|滿|至少|最少|最低|不少于|不低于|达到?|起码|at least|from|minimum(?: of)?|no less than|"
    r"starting at)[\s约的]*$",
    _I,
)
_BEFORE_OVER = re.compile(
    r"(?<!不)(?:超过|超過|超出|高于|多于|大于|逾|more than|over|above|exceed(?:s|ing)?|heavier than|"
    r"longer than)[\s约的]*$",
    _I,
)
_BEFORE_AFTER = re.compile(r"(?:\bafter|过了|since)\s*$", _I)
_BEFORE_BEFORE = re.compile(r"(?:\bbefore|截至|截止)\s*$", _I)
_AFTER_AT_MOST = re.compile(r"\s*(?:的?时间)?(?:之?内|以内|以下|以里|或以下|or less|or fewer|at most|max)", _I)
_AFTER_AT_LEAST = re.compile(r"\s*(?:以上|及以上|起|或以上|or more|or above|and above|and up|at least|minimum)", _I)
_AFTER_AFTER = re.compile(r"\s*(?:之?后|以后|過後|过后|later|after)(?!天)", _I)
_AFTER_BEFORE = re.compile(r"\s*(?:之?前|以前|before|prior|ahead)", _I)


def _bounded(quantity: Quantity, text: str) -> Quantity:
    before, after = text[max(0, quantity.start - 28) : quantity.start], text[quantity.end : quantity.end + 10]
    bound: Bound = ""
    for pattern, name in (
        (_BEFORE_AT_MOST, "at_most"),
        (_BEFORE_UNDER, "under"),
        (_BEFORE_AT_LEAST, "at_least"),
        (_BEFORE_OVER, "over"),
        (_BEFORE_AFTER, "after"),
        (_BEFORE_BEFORE, "before"),
    ):
        if pattern.search(before):
            bound = name  # type: ignore[assignment]
            break
    else:
        for pattern, name in (
            (_AFTER_AT_MOST, "at_most"),
            (_AFTER_AT_LEAST, "at_least"),
            (_AFTER_AFTER, "after"),
            (_AFTER_BEFORE, "before"),
        ):
            if pattern.match(after):
                bound = name  # type: ignore[assignment]
                break
    if not bound:
        return quantity
    return Quantity(
        quantity.kind, quantity.low, quantity.high, quantity.unit, quantity.start, quantity.end, bound, quantity.weak
    )
