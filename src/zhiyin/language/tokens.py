"""What lexical search counts: words, Han bigrams, numbers and codes, each a string that shows its class.

    退货  refund      words: rjieba's search mode, or a light English stem
    ~退货             two Han characters side by side: finds what segmentation cut differently
    #7  #7天          a number, and a number with its unit; 三码 is 3码, 1,299.00 is 1299
    =ppr9087          a code without its separators: PPR-9087, ppr9087 and ＰＰＲ ９０８７ are one

A code is taken at its greatest length: `iPhone 15 Pro` gives =iphone15pro and not =iphone15, so that one model
is never taken for another; its parts (iphone, #15, pro) are there too, for those who ask for less.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Literal

import rjieba
import snowballstemmer

from zhiyin.language.fold import HAN, fold
from zhiyin.language.numerals import parse_number

Kind = Literal["word", "bigram", "number", "code"]

BIGRAM, NUMBER, CODE = "~", "#", "="
_KINDS: dict[str, Kind] = {BIGRAM: "bigram", NUMBER: "number", CODE: "code"}

_CHUNK = re.compile(rf"[{HAN}]+|[^\W_{HAN}]+(?:['\-_/.,:+&][^\W_{HAN}]+)*")
_FIRST_HAN = re.compile(f"[{HAN}]")
_PIECE = re.compile(r"\d+|[^\W\d_]+")
_AMOUNT = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?")
_FIGURES = re.compile(r"\d[\d,]*(?:\.\d+)?")
_SEPARATOR = re.compile(r"[-_/.]")
_RANGE = re.compile(r"\d[\d.,:]*-\d[\d.,:]*")
_HAN_NUMERAL = re.compile(r"[〇零一二两三四五六七八九十百千万亿]+")
_UNITS = frozenset("天日月年周号元块角分秒时码寸米克斤升折倍层楼位人条张款台双套岁次期件级档代折成")
_SUFFIX_LIST = "pro max plus mini ultra lite air se fe xl promax note gb tb mah"
_SUFFIXES = frozenset(_SUFFIX_LIST.split())
_LONGEST_CODE = 40
_FIGURE_LIST = "two three four five six seven eight nine ten eleven twelve"
_ENGLISH_FIGURES = {word: str(value) for value, word in enumerate(_FIGURE_LIST.split(), start=2)} | {
    "fifteen": "15",
    "twenty": "20",
    "thirty": "30",
    "sixty": "60",
    "ninety": "90",
}

_STOP_LIST = """
的 了 是 我 你 您 在 和 与 或 吗 呢 吧 啊 呀 哦 嘛 有 没有 这 那 这个 那个 一个 什么 怎么 怎样 如何 为什么 哪 哪个
哪些 哪里 多少 几 谁 可以 能 能不能 可不可以 会 要 想 请 请问 帮 帮我 把 被 让 给 对 从 到 于 以 为 而 就 都 也 还
还是 又 再 很 太 更 最 及 等 之 其 该 此 某 上 下 中 里 后 前 时 时候 我们 你们 他们 他 她 它 我要 我想 一下 怎么办
怎么样 麻烦
a an the is are was were be been being am do does did doing have has had having i me my mine you your yours we our us
he him his she her it its they them their this that these those what which who whom whose when where why how and or
but if then so than as of at by within for with about to from in on off out into over under again can could may might
must shall should will would not no nor just also there here any some such please hi hello hey thank thanks want wanted
need know tell let get
"""
STOP_WORDS = frozenset(_STOP_LIST.split())
"""Words that say little; where they come as they are, search counts them for a quarter."""


def kind_of(token: str) -> Kind:
    """Say to which class a token belongs."""
    return _KINDS.get(token[0], "word")


def tokenize(text: str) -> list[str]:
    """Cut any text, a passage's or a question's, into tokens in their order; doubles are kept."""
    return list(_tokens(fold(text)))


@lru_cache(maxsize=1 << 16)
def stem(word: str) -> str:
    """Cut an English word to what its forms share (Snowball); other words come back as they are."""
    if len(word) < 4 or not word.isascii():
        return word
    return str(_STEMMER.stemWord(word))


_STEMMER = snowballstemmer.stemmer("english")


def _tokens(folded: str) -> Iterator[str]:
    code = ""  # what may still grow: the last word, number or code, if only a space follows it
    firm = False  # whether `code` holds letters and figures already
    end = -1
    for match in _CHUNK.finditer(folded):
        chunk, start = match.group(), match.start()
        joins = code and start - end <= 1 and folded[end:start] in ("", " ", "-")
        if _FIRST_HAN.match(chunk):
            if firm:
                yield CODE + code
            if joins and not firm and chunk[0] in _UNITS and code[0].isdigit():
                yield NUMBER + code + chunk[0]
            code, firm = "", False
            yield from _han(chunk)
            end = match.end()
            continue
        yield from _parts(chunk)
        form, mixed = _joined(chunk)
        if joins and form and len(code) + len(form) <= _LONGEST_CODE and _may_follow(code, firm, form, mixed):
            code, firm = code + (stem(form) if code[-1].isdigit() else form), True
        else:
            if firm:
                yield CODE + code
            code, firm = form, mixed
        end = match.end()
    if firm:
        yield CODE + code


def _may_follow(code: str, firm: bool, form: str, mixed: bool) -> bool:
    if firm:
        return form in _SUFFIXES
    if mixed:
        return False
    return code[-1].isdigit() != form[0].isdigit() and code not in STOP_WORDS and form not in STOP_WORDS


def _joined(chunk: str) -> tuple[str, bool]:
    """Return the chunk without separators and whether it is a code by itself; "" when nothing may join it."""
    pieces = _PIECE.findall(chunk)
    figures = sum(piece.isdigit() for piece in pieces)
    if not figures:
        return (pieces[0], False) if len(pieces) == 1 else ("", False)
    if figures < len(pieces):
        if pieces[-2:-1] and pieces[-2].isdigit():
            pieces[-1] = stem(pieces[-1])  # 7days is 7day
        return "".join(pieces)[:_LONGEST_CODE], True
    if _AMOUNT.fullmatch(chunk):
        return _plain(chunk), False
    joined = "".join(pieces)
    return (joined, True) if len(joined) >= 5 and not _RANGE.fullmatch(chunk) else ("", False)


def _parts(chunk: str) -> Iterator[str]:
    if _AMOUNT.fullmatch(chunk):
        yield NUMBER + _plain(chunk)
        return
    pieces = _PIECE.findall(chunk)
    if not any(piece.isdigit() for piece in pieces):
        if "'" in chunk:
            chunk = chunk.removesuffix("'s").replace("'", "")
            pieces = _PIECE.findall(chunk)
        for piece in pieces:
            if len(piece) > 1 or len(pieces) == 1:
                yield stem(piece)
            if piece in _ENGLISH_FIGURES:
                yield NUMBER + _ENGLISH_FIGURES[piece]
        if len(pieces) == 2 and "-" in chunk:
            yield stem("".join(pieces))  # e-mail is email
        return
    segments = _SEPARATOR.split(chunk)
    if len(segments) > 1:
        for segment in segments:  # QH-AF45 is called AF45 too
            if not segment.isdigit() and any(map(str.isdigit, segment)):
                yield CODE + segment
    for amount in _FIGURES.findall(chunk) if all(p.isdigit() for p in pieces) else pieces:
        if amount[0].isdigit():
            yield NUMBER + _plain(amount)
        elif len(amount) > 1:
            yield stem(amount)


def _plain(amount: str) -> str:
    whole, _, part = amount.replace(",", "").partition(".")
    part = part.rstrip("0")
    return (whole.lstrip("0") or "0") + (f".{part}" if part else "")


def _han(run: str) -> Iterator[str]:
    yield from rjieba.cut_for_search(run)
    for i in range(len(run) - 1):
        yield BIGRAM + run[i : i + 2]
    for numeral in _HAN_NUMERAL.finditer(run):
        unit = run[numeral.end() : numeral.end() + 1]
        text = numeral.group()
        if unit in _UNITS if len(text) == 1 else (unit or len(text) > 2):
            if (value := parse_number(text)) is None:
                continue
            yield f"{NUMBER}{value:.15g}"
            if unit in _UNITS:
                yield f"{NUMBER}{value:.15g}{unit}"
