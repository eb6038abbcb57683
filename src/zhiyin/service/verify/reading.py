"""A text read once for checking: its clauses with their words, amounts, names, codes and marks of yes and no."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import rjieba

from zhiyin.language.fold import simplify
from zhiyin.language.names import Name, names
from zhiyin.language.polarity import Mark, conditions, marks
from zhiyin.language.quantities import CODE, Quantity, codes, quantities
from zhiyin.language.sentences import sentence_spans
from zhiyin.language.tokens import STOP_WORDS, stem

_CLAUSE = re.compile(
    r"[;；:：]|[,，](?!\d{3}(?!\d))|(?<=[\u4e00-\u9fff])[—-]{2}|\s(?:but|while|whereas|otherwise)\s|"
    r"但是?(?=[\u4e00-\u9fff])|否则"
)
_FINE = re.compile(r"[;；:：、()（）]|[,，](?!\d{3}(?!\d))|\s(?:and|or|but|while)\s|[和及与或](?=[\u4e00-\u9fffA-Z\d])")
_EN_WORD = re.compile(r"[A-Za-zÀ-ɏ]+(?:['’][a-z]+)?")
_HAN_RUN = re.compile(r"[\u3400-\u9fff]+")
_LIGHT_ZH = frozenset(
    [
        "的",
        "了",
        "是",
        "在",
        "和",
        "与",
        "或",
        "及",
        "等",
        "其",
        "此",
        "该",
        "这",
        "那",
        "您",
        "你",
        "我",
        "我们",
        "他",
        "她",
        "它",
        "也",
        "都",
        "就",
        "还",
        "又",
        "并",
        "而",
        "但",
        "且",
        "则",
        "把",
        "被",
        "让",
        "给",
        "对",
        "从",
        "到",
        "于",
        "以",
        "为",
        "由",
        "自",
        "向",
        "将",
        "会",
        "要",
        "请",
        "即",
        "即可",
        "可",
        "可以",
        "能",
        "能够",
        "需",
        "需要",
        "须",
        "必须",
        "有",
        "无",
        "不",
        "未",
        "没",
        "没有",
        "个",
        "一个",
        "一",
        "之",
        "后",
        "前",
        "内",
        "外",
        "中",
        "上",
        "下",
        "时",
        "起",
        "至",
        "年",
        "月",
        "日",
        "天",
        "号",
        "的话",
        "如果",
        "如",
        "若",
        "则",
        "因",
        "因为",
        "所以",
        "按",
        "按照",
        "根据",
        "通过",
        "进行",
        "相关",
        "以及",
        "同时",
        "另外",
        "此外",
        "目前",
        "一般",
        "通常",
        "大约",
        "约",
        "左右",
        "只",
        "仅",
        "仅限",
        "只能",
        "才",
        "再",
        "已",
        "已经",
        "均",
        "各",
        "每",
        "哪",
        "什么",
        "怎么",
        "吗",
        "呢",
        "吧",
        "啊",
        "得",
        "着",
        "过",
        "最",
        "更",
        "很",
        "非常",
        "了解",
        "方面",
        "情况",
        "方式",
        "情形",
        "一样",
        "范围",
        "前提",
        "内容",
        "信息",
        "部分",
        "之内",
        "之后",
        "以内",
        "以后",
        "时间",
        "时候",
        "不然",
        "否则",
        "顾客",
        "您好",
        "客户",
        "用户",
        "买家",
        "消费者",
        "大家",
        "商品",
        "产品",
        "物品",
        "东西",
        "购买",
        "办理",
        "操作",
        "申请",
        "使用",
        "享受",
        "享",
        "支持",
        "提供",
        "接受",
        "收取",
        "元",
        "小时",
        "分钟",
        "工作日",
        "个月",
    ]
)
_LIGHT_EN = STOP_WORDS | frozenset(
    [
        "ca",
        "wo",
        "don",
        "doesn",
        "isn",
        "aren",
        "wasn",
        "weren",
        "won",
        "hasn",
        "haven",
        "hadn",
        "didn",
        "couldn",
        "shouldn",
        "wouldn",
        "needn",
        "s",
        "t",
        "re",
        "ll",
        "ve",
        "d",
        "m",
        "will",
        "would",
        "shall",
        "should",
        "may",
        "might",
        "must",
        "can",
        "could",
        "take",
        "takes",
        "within",
        "day",
        "days",
        "hour",
        "hours",
        "month",
        "months",
        "year",
        "years",
        "minute",
        "minutes",
        "working",
        "business",
        "customer",
        "customers",
        "buyer",
        "buyers",
        "item",
        "items",
        "product",
        "products",
        "order",
        "orders",
        "one",
        "once",
        "only",
        "also",
        "per",
        "each",
        "every",
        "any",
        "all",
        "both",
        "please",
        "note",
        "via",
        "using",
        "use",
        "used",
        "get",
        "gets",
        "make",
        "made",
        "available",
        "possible",
        "able",
        "need",
        "needs",
        "free",
        "charge",
        "yes",
        "sure",
        "currently",
        "however",
        "therefore",
        "time",
        "times",
    ]
)


@dataclass(frozen=True, slots=True)
class Word:
    """One content word; `key` is what is compared."""

    key: str
    start: int
    end: int
    denied: bool = False


@dataclass(frozen=True, slots=True)
class Clause:
    """A stretch of text that says one thing."""

    start: int
    end: int
    sentence: int
    keys: frozenset[str]
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """A text and everything in it that can be held against another."""

    text: str
    han: bool
    sentences: tuple[tuple[int, int], ...]
    clauses: tuple[Clause, ...]
    words: tuple[Word, ...]
    quantities: tuple[Quantity, ...]
    names: tuple[Name, ...]
    codes: tuple[str, ...]
    marks: tuple[Mark, ...]
    limits: tuple[tuple[int, int, str], ...]
    borders: tuple[int, ...]  # fine borders: where what a number belongs to changes

    @property
    def keys(self) -> frozenset[str]:
        return frozenset(word.key for word in self.words)


def prepare(text: str) -> str:
    """Return the spelling in which texts are read: width and variants folded, case kept."""
    return simplify(unicodedata.normalize("NFKC", text).replace("“", '"').replace("”", '"').replace("’", "'"))


@lru_cache(maxsize=2048)
def read(text: str) -> Reading:
    """Read a text that `prepare` returned."""
    sentences = tuple(sentence_spans(text))
    amounts = tuple(quantities(text))
    spoken = marks(text)
    words = _words(text, amounts, spoken)
    clauses: list[Clause] = []
    for number, (begin, finish) in enumerate(sentences):
        cuts = [m.end() for m in _CLAUSE.finditer(text, begin, finish)]
        for start, end in zip([begin, *cuts], [*cuts, finish], strict=True):
            keys = frozenset(w.key for w in words if start <= w.start < end)
            inside = tuple(m for m in spoken if start <= m.start < end)
            if keys or inside or any(start <= q.start < end for q in amounts):
                clauses.append(Clause(start, end, number, keys, inside))
    return Reading(
        text=text,
        han=2 * sum(len(run) for run in _HAN_RUN.findall(text)) > sum(c.isascii() and c.isalpha() for c in text),
        sentences=sentences,
        clauses=tuple(clauses),
        words=words,
        quantities=amounts,
        names=names(text),
        codes=tuple(codes(text)),
        marks=spoken,
        limits=tuple(conditions(text)),
        borders=tuple(m.start() for m in _FINE.finditer(text)),
    )


def _words(text: str, amounts: tuple[Quantity, ...], spoken: tuple[Mark, ...]) -> tuple[Word, ...]:
    numeric = [(q.start, q.end) for q in amounts] + [m.span() for m in CODE.finditer(text)]
    denials = [m.end for m in spoken if m.concept == "not"]
    found: list[Word] = []
    plain = list(text)
    for a, b in numeric:  # an amount, and the 内 or 后 that goes with it, would be cut together with the next word
        b += text[b : b + 1] in ("内", "后", "前", "起")
        plain[a:b] = " " * (b - a)
    for run in _HAN_RUN.finditer("".join(plain)):
        place = run.start()
        for piece in rjieba.cut(run.group()):
            start, end = place, place + len(piece)
            place = end
            if piece in _LIGHT_ZH:
                continue
            found.append(Word(piece, start, end, any(0 <= start - d <= 4 for d in denials)))
    for match in _EN_WORD.finditer(text):
        start, end = match.span()
        word = match.group().lower().removesuffix("'s").removesuffix("n't").strip("'")
        if word in _LIGHT_EN or len(word) < 2 or any(a < end and start < b for a, b in numeric):
            continue
        found.append(Word(stem(word), start, end, any(0 <= start - d <= 18 for d in denials)))
    found.sort(key=lambda w: w.start)
    return tuple(found)


def told_words(*readings: Reading) -> list[str]:
    """Return the words of texts, and neighbours of two, as they are written: what a name may be a translation of."""
    found: list[str] = []
    for reading in readings:
        spans: list[tuple[int, int]] = [m.span() for m in _EN_WORD.finditer(reading.text)]
        for run in _HAN_RUN.finditer(reading.text):
            place = run.start()
            for piece in rjieba.cut(run.group()):
                spans.append((place, place + len(piece)))
                place += len(piece)
        spans.sort()
        found += [reading.text[a:b] for a, b in spans if b - a > 1]
        found += [reading.text[a:d] for (a, b), (c, d) in pairwise(spans) if c - b <= 1]
    return list(dict.fromkeys(found))
