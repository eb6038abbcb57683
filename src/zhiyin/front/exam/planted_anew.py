"""Lies made another way than those that the gate was made with: other names, other figures, other flips.

Nothing in the gate may be tuned on these: they tell whether it learnt the generator or the matter.
"""

import random
import re
from collections.abc import Sequence

import rjieba

from zhiyin.conversation.facts import Language
from zhiyin.front.exam.planted import USUAL, Way
from zhiyin.language.names import names
from zhiyin.language.quantities import CODE, Quantity, quantities

_FIGURE = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")
_DATES = ("date", "weekday", "time")
_TRIES = 25
_NAMES: dict[Language, tuple[str, ...]] = {
    "zh": (
        "长沙",
        "海尔",
        "刘志远",
        "西门子",
        "拉萨",
        "万达集团",
        "陈美玲",
        "芝加哥",
        "罗伯特",
        "京东",
        "厦门",
        "QQ钱包",
    ),
    "en": (
        "Boston",
        "Haier",
        "Siemens",
        "Lopez",
        "Melbourne",
        "Amazon",
        "Hartley",
        "Xiamen",
        "Chicago",
        "FedEx",
        "Stripe",
    ),
}
_CODES = ("QH-T88", "PPR-7012", "TEA-0999", "QH-X15", "SAVE20", "CL-ZZ07", "E21", "QH-K330")
_UNITS: dict[Language, tuple[tuple[str, str], ...]] = {
    "zh": (
        ("小时", "天"),
        ("天", "个月"),
        ("个月", "年"),
        ("工作日", "小时"),
        ("分钟", "小时"),
        ("公斤", "克"),
        ("年", "个月"),
    ),
    "en": (
        ("working days", "hours"),
        ("hours", "days"),
        ("days", "months"),
        ("months", "years"),
        ("minutes", "hours"),
        ("kg", "g"),
        ("years", "months"),
    ),
}
_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
_FLIPS_ZH: tuple[tuple[str, str], ...] = (
    ("不能", "能"),
    ("不可以", "可以"),
    ("不支持", "支持"),
    ("不提供", "提供"),
    ("不退", "会退"),
    ("不需要", "必须"),
    ("不含", "含"),
    ("不超过", "超过"),
    ("没有", "有"),
    ("未拆封", "拆封"),
    ("未激活", "激活"),
    ("(?<!不)可以", "没法"),
    ("(?<!不)支持", "谢绝"),
    ("(?<!不)接受", "拒绝"),
    ("(?<!无)须", "不用"),
    ("免费", "有偿"),
    ("包邮", "不免运费"),
    ("自动", "不会自动"),
    ("最多", "至少"),
    ("最低", "最高"),
    ("内", "之后"),
    ("只有", "不只"),
    ("之前", "以后"),
    ("以上", "以下"),
)
_FLIPS_EN: tuple[tuple[str, str], ...] = (
    (r"\bcannot be\b", "can always be"),
    (r"\bcan be\b", "can never be"),
    (r"\bcan\b(?! be| never| always)", "is unable to"),
    (r"\bmust\b", "does not have to"),
    (r"\bonly\b", "not only"),
    (r"\bfree\b", "not free"),
    (r"\bnot\b ", ""),
    (r"\bno\b", "a"),
    (r"\bat most\b", "no fewer than"),
    (r"\bup to\b", "more than"),
    (r"\bwithin\b", "no sooner than"),
    (r"\bautomatically\b", "only on request"),
    (r"\bis\b", "isn't"),
    (r"\bare\b", "aren't"),
    (r"\bcosts\b", "does not cost"),
    (r"\btakes?\b", "never takes"),
    (r"\bafter\b", "before"),
    (r"\bor more\b", "or less"),
)


def _number(text: str, passage: str, language: Language, rng: random.Random) -> str | None:
    told = [q for q in quantities(text) if q.kind not in _DATES and not q.weak and _FIGURE.search(text, q.start, q.end)]
    real = quantities(passage)
    for _ in range(_TRIES if told else 0):
        chosen = rng.choice(told)
        figure = rng.choice(list(_FIGURE.finditer(text, chosen.start, chosen.end)))
        changed = _unit(text, chosen, language) if rng.random() < 0.3 else _figure(text, figure, rng)
        if changed and changed != text and _unheard(changed, chosen, real):
            return changed
    return None


def _figure(text: str, figure: re.Match[str], rng: random.Random) -> str:
    said = figure.group()
    places = [i for i, c in enumerate(said) if c.isdigit()]
    way = rng.randrange(4)
    if way == 0 and len(places) > 1:  # two digits change places
        i = rng.randrange(len(places) - 1)
        a, b = places[i], places[i + 1]
        new = said[:a] + said[b] + said[a + 1 : b] + said[a] + said[b + 1 :]
    elif way == 1:  # one digit is another
        place = rng.choice(places)
        new = said[:place] + rng.choice("123456789") + said[place + 1 :]
    elif way == 2:  # a digit too many
        new = said + rng.choice("05")
    else:
        new = f"{float(said.replace(',', '')) * rng.choice((1.1, 3, 0.9, 1.5)):g}"
    return text[: figure.start()] + new.lstrip("0") + text[figure.end() :]


def _unit(text: str, chosen: Quantity, language: Language) -> str | None:
    span = text[chosen.start : chosen.end]
    for unit, other in _UNITS[language]:
        if unit in span:
            return text[: chosen.start] + span.replace(unit, other, 1) + text[chosen.end :]
    return None


def _unheard(changed: str, chosen: Quantity, real: Sequence[Quantity]) -> bool:
    """Say whether a changed text has an amount there which the passage does not have."""
    there = [q for q in quantities(changed) if q.start <= chosen.end and q.end > chosen.start]
    return bool(there) and not any(q.agrees(o) for q in there for o in real)


def _date(text: str, passage: str, language: Language, rng: random.Random) -> str | None:
    told = [q for q in quantities(text) if q.kind in _DATES]
    real = [q for q in quantities(passage) if q.kind in _DATES]
    for _ in range(_TRIES if told else 0):
        chosen = rng.choice(told)
        span = text[chosen.start : chosen.end]
        figures = list(_FIGURE.finditer(span))
        if month := next((m for m in (*_MONTHS, *_DAYS) if m in span), None):
            new = span.replace(month, rng.choice(_MONTHS if month in _MONTHS else _DAYS))
        elif day := re.search("(?<=周)[一二三四五六日]", span):
            new = span[: day.start()] + rng.choice("一二三四五六日") + span[day.end() :]
        elif figures:
            figure = rng.choice(figures)
            value = int(float(figure.group().replace(",", "")))
            moved = value + rng.choice((-7, -5, -4, 4, 5, 10))
            if not 1 <= moved <= (2100 if value > 60 else 28 if value > 12 else 12):
                continue
            new = span[: figure.start()] + str(moved).zfill(len(figure.group())) + span[figure.end() :]
        else:
            continue
        changed = text[: chosen.start] + new + text[chosen.end :]
        if new != span and not all(any(q.agrees(o) for o in real) for q in quantities(changed) if q.kind in _DATES):
            return changed
    return None


def _negation(text: str, passage: str, language: Language, rng: random.Random) -> str | None:
    flips = _FLIPS_ZH if language == "zh" else _FLIPS_EN
    made = [
        text[: m.start()] + after + text[m.end() :]
        for before, after in flips
        for m in re.finditer(before, text)
        if before != "内" or re.search(r"[\d天时月日年]$", text[: m.start()])
    ]
    if language == "zh":
        made += _denied_verbs(text)
    made = [_capital(other, text) for other in made]
    return rng.choice(made) if made else None


def _denied_verbs(text: str) -> list[str]:
    """Put 不 in front of each verb that stands after a noun."""
    found, place, before = [], 0, ""
    for word, kind in rjieba.tag(text):
        place = text.find(word, place)
        if kind == "v" and len(word) == 2 and before[:1] in ("n", "m", "r") and word not in ("不能", "可以", "没有"):
            found.append(f"{text[:place]}不{text[place:]}")
        place += len(word)
        before = kind
    return found


def _capital(text: str, like: str) -> str:
    return text[:1].upper() + text[1:] if like[:1].isupper() else text


def _name(text: str, passage: str, language: Language, rng: random.Random) -> str | None:
    spots = [(n.start, n.end) for n in names(text) if not CODE.fullmatch(n.text)]
    product = [m.span() for m in CODE.finditer(text) if "@" not in m.group()]
    if not spots and not product:
        return None
    if product and (not spots or rng.random() < 0.5):
        start, end = rng.choice(product)
        choices: Sequence[str] = _CODES
    else:
        start, end = rng.choice(spots)
        choices = _NAMES[language]
    new = rng.choice([one for one in choices if one.lower() not in passage.lower()])
    return text[:start] + new + text[end:]


ANEW = Way("anew", {**USUAL.makers, "number": _number, "date": _date, "negation": _negation, "name": _name})
"""The held-out lies."""
