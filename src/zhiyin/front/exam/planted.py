"""Planted lies: a true sentence, changed in one place so that it is not true any more."""

import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from zhiyin.conversation.facts import Language
from zhiyin.language.names import names
from zhiyin.language.quantities import CODE, Quantity, quantities

Kind = Literal["number", "other_number", "date", "negation", "name", "other_question", "wrong_passage", "condition"]

_DIGITS = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")
_DATES = ("date", "weekday", "time")
_FLIPS_ZH: tuple[tuple[str, str], ...] = (
    ("不可以", "可以"),
    ("不能", "可以"),
    ("不支持", "支持"),
    ("无法", "可以"),
    ("不得", "可以"),
    ("不需要", "需要"),
    ("无需", "需要"),
    ("不接受", "接受"),
    ("不含", "包含"),
    ("不退", "退"),
    ("不收", "要收"),
    ("不适用", "适用"),
    ("不予", "可以"),
    ("没有", "有"),
    ("未拆封", "已拆封"),
    ("未激活", "已激活"),
    ("可以", "不可以"),
    ("支持", "不支持"),
    ("接受", "不接受"),
    ("必须", "不必"),
    ("须", "无须"),
    ("需要", "不需要"),
    ("免费", "收费"),
    ("包邮", "不包邮"),
    ("最多", "最少"),
    ("不超过", "超过"),
    ("以内", "以后"),
    ("之前", "之后"),
    ("之后", "之前"),
    ("自动", "手动"),
    ("买家承担", "我们承担"),
    ("由我们承担", "由买家承担"),
    ("能", "不能"),
    ("是", "不是"),
    ("有", "没有"),
    ("会", "不会"),
    ("为", "不为"),
    ("在", "不在"),
    ("内", "后"),
)
_FLIPS_EN: tuple[tuple[str, str], ...] = (
    (r"\bcannot\b", "can"),
    (r"\bcan't\b", "can"),
    (r"\bis not\b", "is"),
    (r"\bare not\b", "are"),
    (r"\bdo not\b", "do"),
    (r"\bdoes not\b", "does indeed"),
    (r"\bneed not\b", "must"),
    (r"\bwas not\b", "was"),
    (r"\bdid not\b", "did indeed"),
    (r"\bnot included\b", "included"),
    (r"\bexcluded\b", "included"),
    (r"\bunopened\b", "opened"),
    (r"\bno active\b", "active"),
    (r"\bno keep-warm\b", "a keep-warm"),
    (r"\bcan\b", "cannot"),
    (r"\bmust\b", "need not"),
    (r"\bmay\b", "may not"),
    (r"\bis free\b", "is charged"),
    (r"\bfree of charge\b", "for a fee"),
    (r"\bat most\b", "at least"),
    (r"\bup to\b", "at least"),
    (r"\bwithin\b", "after"),
    (r"\bbefore\b", "after"),
    (r"\bafter\b", "before"),
    (r"\bthe buyer pays\b", "we pay"),
    (r"\bWe pay\b", "The buyer pays"),
    (r"\bare\b", "are not"),
    (r"\bis\b", "is not"),
    (r"\bwas\b", "was not"),
    (r"\bwere\b", "were not"),
    (r"\bhas\b", "has not"),
    (r"\bhave\b", "have not"),
    (r"\bhad\b", "had not"),
    (r"\bwill\b", "will not"),
    (r"\bgives\b", "does not give"),
)
_CONDITIONS_ZH = (
    r"未拆封的",
    r"已拆封但未激活、未使用的",
    r"，?[^，。；]{2,16}除外",
    r"仅限[^，。；]{1,8}",
    r"，限[^，。；]{2,14}",
    r"未绑定的",
    r"满¥[\d,]+",
)
_CONDITIONS_EN = (
    r"\bUnopened ",
    r"(?<=, )unless [^,;.]+[,;]?",
    r", except [^,;.]+",
    r" unless [^,;.]+",
    r", [a-z ]+ excluded",
    r"Opened but not activated and unused ",
    r" if unopened",
    r", mainland only",
)
_NAMES: dict[Language, tuple[str, ...]] = {
    "zh": (
        "深圳",
        "华强集团",
        "王建国",
        "索尼",
        "哈尔滨",
        "腾达公司",
        "李晓梅",
        "内罗毕",
        "安德森",
        "松下",
        "飞利浦",
        "昆明",
    ),
    "en": (
        "Shenzhen",
        "Sony",
        "Nairobi",
        "Anderson",
        "Panasonic",
        "Philips",
        "Kunming",
        "Marlowe",
        "Vandelay",
        "Kowalski",
        "Toronto",
        "Bosch",
    ),
}


@dataclass(frozen=True, slots=True)
class Planted:
    """A lie and how it was made."""

    kind: Kind
    text: str
    change: str


Maker = Callable[[str, str, Language, random.Random], str | None]
"""Takes a true sentence and its passage, and returns the sentence made false, or None where there is nothing to change."""


@dataclass(frozen=True, slots=True)
class Way:
    """A way of lying: who makes which kind of lie."""

    name: str
    makers: Mapping[Kind, Maker]


def plant(
    text: str, passage: str, language: Language, rng: random.Random, *, kinds: Sequence[Kind], way: Way | None = None
) -> list[Planted]:
    """Return the lies that can be made of a true sentence, one a kind; the passage's own facts are never made."""
    lies: list[Planted] = []
    for kind in kinds:
        maker = (way or USUAL).makers.get(kind)
        made = maker(text, passage, language, rng) if maker else None
        if made and made != text:
            lies.append(Planted(kind, made, f"{text} → {made}"))
    return lies


def _number(text: str, passage: str, language: Language, rng: random.Random) -> str | None:
    told = [q for q in quantities(text) if q.kind not in _DATES and not q.weak and _DIGITS.search(text, q.start, q.end)]
    if not told:
        return None
    chosen = rng.choice(told)
    known = {m.group().replace(",", "") for m in _DIGITS.finditer(passage)}
    return _replace_figure(text, chosen, known, quantities(passage), rng)


def _replace_figure(
    text: str, chosen: Quantity, known: set[str], real: Sequence[Quantity], rng: random.Random
) -> str | None:
    figures = list(_DIGITS.finditer(text, chosen.start, chosen.end))
    figure = rng.choice(figures)
    value = float(figure.group().replace(",", ""))
    for _ in range(20):
        new = rng.choice(
            (
                value * 2,
                value + rng.randint(1, 9),
                max(1, value - rng.randint(1, 5)),
                value * 10,
                value * 0.5 if value >= 4 else value + 3,
            )
        )
        said = f"{int(new):,}" if "," in figure.group() else f"{new:.1f}" if "." in figure.group() else str(int(new))
        changed = text[: figure.start()] + said + text[figure.end() :]
        fresh = [q for q in quantities(changed) if q.start <= figure.start() < q.end]
        if (
            said.replace(",", "") not in known
            and new != value
            and fresh
            and not any(q.agrees(o) for q in fresh for o in real)
        ):
            return changed
    return None


def _other_number(text: str, passage: str, language: Language, rng: random.Random) -> str | None:
    """Put another amount of the same passage in the place of the true one."""
    told = [q for q in quantities(text) if q.kind not in _DATES and not q.weak and q.low == q.high]
    rivals = [
        (mine, other)
        for mine in told
        for other in quantities(passage)
        if other.kind == mine.kind
        and other.unit == mine.unit
        and not other.agrees(mine)
        and other.low == other.high
        and not other.weak
    ]
    if not rivals:
        return None
    mine, other = rng.choice(rivals)
    return text[: mine.start] + passage[other.start : other.end] + text[mine.end :]


def _date(text: str, passage: str, language: Language, rng: random.Random) -> str | None:
    told = [q for q in quantities(text) if q.kind in _DATES]
    if not told:
        return None
    real = [q for q in quantities(passage) if q.kind in _DATES]
    for _ in range(20):
        chosen = rng.choice(told)
        changed = _shift(text, chosen, language, rng)
        if changed and not all(any(q.agrees(o) for o in real) for q in quantities(changed) if q.kind in _DATES):
            return changed
    return None


def _shift(text: str, chosen: Quantity, language: Language, rng: random.Random) -> str | None:
    span = text[chosen.start : chosen.end]
    if chosen.kind == "weekday":
        return (
            text.replace("周一", "周三", 1)
            if "周一" in span
            else text.replace("Monday", "Thursday", 1)
            if "Monday" in span
            else None
        )
    figures = list(_DIGITS.finditer(text, chosen.start, chosen.end))
    if not figures:
        return None
    figure = rng.choice(figures)
    value = int(float(figure.group().replace(",", "")))
    top = 2100 if value > 31 else 23 if chosen.kind == "time" else 12 if value <= 12 else 28
    new = value + rng.choice((-3, -2, -1, 1, 2, 3))
    if not 1 <= new <= top:
        return None
    said = str(new).zfill(len(figure.group())) if figure.group().startswith("0") else str(new)
    return text[: figure.start()] + said + text[figure.end() :]


def _negation(text: str, passage: str, language: Language, rng: random.Random) -> str | None:
    if language == "zh":
        for before, after in _FLIPS_ZH:
            places = [m.start() for m in re.finditer(before, text) if not _inside_word(text, m.start(), before)]
            if places:
                place = rng.choice(places)
                return text[:place] + after + text[place + len(before) :]
        return None
    for pattern, after in _FLIPS_EN:
        found = list(re.finditer(pattern, text, re.IGNORECASE))
        if found:
            match = rng.choice(found)
            said = after.capitalize() if match.group()[0].isupper() else after
            return text[: match.start()] + said + text[match.end() :]
    return None


def _inside_word(text: str, place: int, word: str) -> bool:
    around = text[max(0, place - 1) : place + len(word) + 1]
    if word in ("是", "有", "会", "为", "在", "能", "内", "须"):
        return bool(
            re.search(
                r"不是|只有|所有|有效|会员|因为|作为|认为|成为|称为|以为|现在|存在|正在|在线|功能|性能|智能|只能|"
                r"可能|能力|能量|内地|内衣|内胆|国内|内容|室内|室內|内部|境内|必须|社会|机会|具有|拥有|有关|有限|"
                r"没有|还是|总是|于是|就是|而是|但是|学会|协会|大会|会议|教会|年内|市内|区内|之内|内战|不会|不在|"
                r"不为|不能|名为|改为|分为|视为|有时|是否|会话|议会|工会|董事会|委员会|运动会|奥运会|晚会|为了|"
                r"为什|为何|为止|内阁|内蒙|州内|海内|体内|内陆",
                around + text[place + len(word) + 1 : place + len(word) + 2],
            )
        )
    return False


def _name(text: str, passage: str, language: Language, rng: random.Random) -> str | None:
    spots = [(n.start, n.end) for n in names(text) if not CODE.fullmatch(n.text)]
    product = list(CODE.finditer(text))
    if product and (not spots or rng.random() < 0.5):
        match = rng.choice(product)
        said = match.group()
        digits = [i for i, c in enumerate(said) if c.isdigit()]
        if "@" in said or not digits:
            return None
        for _ in range(20):
            place = rng.choice(digits)
            changed = said[:place] + rng.choice("0123456789") + said[place + 1 :]
            if changed not in passage and changed != said:
                return text[: match.start()] + changed + text[match.end() :]
        return None
    if not spots:
        return None
    start, end = rng.choice(spots)
    new = rng.choice([name for name in _NAMES[language] if name.lower() not in passage.lower()])
    return text[:start] + new + text[end:]


def _condition(text: str, passage: str, language: Language, rng: random.Random) -> str | None:
    patterns = [p for p in (_CONDITIONS_ZH if language == "zh" else _CONDITIONS_EN) if re.search(p, text)]
    if not patterns:
        return None
    changed = re.sub(rng.choice(patterns), "", text, count=1).strip("，, ")
    return changed[:1].upper() + changed[1:] if len(changed) > 6 else None


USUAL = Way(
    "usual",
    {
        "number": _number,
        "other_number": _other_number,
        "date": _date,
        "negation": _negation,
        "name": _name,
        "condition": _condition,
    },
)
"""The lies that the gate was made with."""
