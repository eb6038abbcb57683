"""Words of questions and passages, as the judge compares them: stems, names, numbers, and what each may stand for."""

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

import rjieba

from zhiyin.language.fold import HAN, fold
from zhiyin.language.sentences import sentence_spans
from zhiyin.language.tokens import stem

Kind = Literal["word", "name", "number", "grammar"]

_TOKEN = re.compile(rf"[A-Za-z\u00c0-\u024f0-9]+(?:[.,'’\-:/%][A-Za-z\u00c0-\u024f0-9]+)*%?|[{HAN}]+")
_DIGIT = re.compile(r"\d")
_HEAD = 4
_PIECE = re.compile(r"[^\W_]+")


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


_GRAMMAR_EN = _listed(
    """
    a an the of to in on at for and or but if is are was were be been being am do does did done i you he she it we
    they me him them us my your his its our their this that these those there here what which who whom whose when
    where why how with by from as into about than then so such can could will would shall should may might must have
    has had having also any some please tell want need get got one s t m re ve d ll hi hello thanks know let
    """
)
_GRAMMAR_ZH = _listed(
    """
    的 了 吗 呢 吧 啊 是 有 在 和 与 及 或 而 也 都 就 被 把 给 我 你 您 他 她 它 们 我们 你们 他们 自己 这 那 这个
    那个 哪 哪个 哪些 什么 怎么 怎样 如何 多少 几 谁 请问 请 想 要 能 可以 会 到 从 对 于 为 以 之 其 所 并 个 一
    一个 为什么 何 何时 哪里 哪儿 吗 么 么样 怎么样 怎么办 一下 问 应该 是否 有没有 能不能 可不可以 是不是 会不会 还
    又 再 很 因为 所以 但 但是 如果 时 时候 里 中 上 下 位 种 名 年 月 日
    """
)
_BEFORE_THINGS = _listed(
    """
    a an the my your our their his her its this that these those any some of in on at for with from into about by
    """
)
_NAMES_ZH = frozenset(("nr", "ns", "nt", "nz", "nrt", "nrfg"))
_NARROWING = _listed(
    """
    first last only largest smallest most least best worst main major former current modern early late never always
    all both every other another second third same different new original total average whole entire half initial
    final exact 唯一 仅 只 最 首 第一 最后 全部 所有 每 其他 另 同 不同 主要 以前 现在 目前 最初 最终 最大 最小 最高
    最低 最早 最多 最少 总 平均 首次
    """
)
_NEGATIONS = _listed(
    """
    not no never none nothing nobody neither nor without cannot can't don't doesn't didn't won't isn't aren't wasn't
    weren't couldn't shouldn't wouldn't hasn't haven't hadn't unable fail except unless lack 不 没 没有 未 无 非 别
    勿 无法 不能 不会 不可 不可以 不是 不予 不再 不得 从未 并非 并未 除了 除 尚未
    """
)
_IRREGULAR = dict(
    pair.split("=")
    for pair in _listed(
        """
    began=begin begun=begin became=become bought=buy brought=bring built=build came=come chose=choose
    chosen=choose died=die dies=die dying=die fell=fall fought=fight found=find gave=give given=give gone=go went=go
    goes=go grew=grow grown=grow held=hold kept=keep knew=know known=know led=lead left=leave lost=lose made=make
    making=make meant=mean met=meet paid=pay ran=run rose=rise said=say saw=see seen=see sent=send sold=sell
    shown=show spoke=speak spoken=speak spent=spend stood=stand taken=take took=take taught=teach thought=think
    told=tell understood=understand won=win wrote=write written=write men=man women=woman children=child
    people=person feet=foot lay=lie using=use used=use uses=use refunded=refund better=good best=good worse=bad
    worst=bad larger=large largest=large
        """
    )
)


def root(word: str) -> str:
    """Cut an English word to the stem that search uses, irregular forms too."""
    return stem(_IRREGULAR.get(word, word))


def _figure(form: str) -> str:
    """Name a number or a code as search's tokens do: #1299, =ppr9087."""
    if form.rstrip("%").replace(",", "").replace(".", "").isdigit():
        whole, _, part = form.rstrip("%").replace(",", "").partition(".")
        part = part.rstrip("0")
        return f"#{whole.lstrip('0') or '0'}" + (f".{part}" if part else "")
    return "=" + "".join(_PIECE.findall(form))


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a text: its folded form, its stem, and what it is."""

    form: str
    stem: str
    kind: Kind
    start: int
    end: int
    thing: bool = False  # names what is spoken of: a Chinese noun, or an English word after an article or preposition


@dataclass(frozen=True, slots=True)
class Page:
    """A text read once: its sentences, and where each stem stands (sentence, place in the text's words)."""

    spans: tuple[tuple[int, int], ...]
    words: tuple[Word, ...] = field(repr=False)
    sentence_of: tuple[int, ...] = field(repr=False)  # of each word
    places: dict[str, list[int]] = field(repr=False)  # stem → indexes of `words`
    heads: dict[str, list[str]] = field(repr=False)  # first four letters → stems that begin so
    negations: frozenset[int] = frozenset()  # sentences that deny something
    folded: tuple[str, ...] = field(default=(), repr=False)  # each sentence


def read_words(text: str) -> list[Word]:
    """Return the words of a text in order, Chinese ones cut by the dictionary."""
    words: list[Word] = []
    after_article = False
    for found in _TOKEN.finditer(text):
        run, start = found.group(), found.start()
        if not run.isascii() and fold(run[0]) and _is_han(run[0]):
            plain = fold(run)
            same_length = len(plain) == len(run)
            place = start
            for piece, part_of_speech in rjieba.tag(plain):
                end = place + len(piece) if same_length else start + len(run)
                kind: Kind = "word"
                if piece in _GRAMMAR_ZH:
                    kind = "grammar"
                elif _DIGIT.search(piece):
                    kind = "number"
                elif part_of_speech in _NAMES_ZH:
                    kind = "name"
                form = _figure(piece) if kind == "number" else piece
                words.append(Word(piece, form, kind, place, end, kind == "word" and part_of_speech[:1] == "n"))
                place = end if same_length else place
            continue
        form = fold(run)
        end = start + len(run)
        if _DIGIT.search(form):
            words.append(Word(form, _figure(form), "number", start, end))
            continue
        head = form[:-2] if form.endswith("'s") else form
        if head in _GRAMMAR_EN:
            after_article = head in _BEFORE_THINGS
            words.append(Word(form, head, "grammar", start, end))
        else:
            named = run[0].isupper() and not _opens_sentence(text, start)
            words.append(Word(form, root(head), "name" if named else "word", start, end, after_article))
    return words


@lru_cache(maxsize=8192)
def read_page(text: str) -> Page:
    """Read a passage; kept, for the same passages are judged again and again."""
    spans = tuple(sentence_spans(text)) or ((0, len(text)),)
    words = tuple(read_words(text))
    sentence_of: list[int] = []
    places: dict[str, list[int]] = {}
    denying: set[int] = set()
    sentence = 0
    for index, word in enumerate(words):
        while sentence + 1 < len(spans) and word.start >= spans[sentence + 1][0]:
            sentence += 1
        sentence_of.append(sentence)
        places.setdefault(word.stem, []).append(index)
        if word.form in _NEGATIONS or word.form.endswith("n't"):
            denying.add(sentence)
    folded = tuple(fold(text[start:end]) for start, end in spans)
    heads: dict[str, list[str]] = {}
    for form in places:
        if len(form) >= _HEAD and form.isascii():
            heads.setdefault(form[:_HEAD], []).append(form)
    return Page(spans, words, tuple(sentence_of), places, heads, frozenset(denying), folded)


def akin(form: str, page: Page) -> str | None:
    """Find the stem of a page that most likely is of the same family: classification, classify."""
    best, longest = None, 0
    for other in page.heads.get(form[:_HEAD], ()) if len(form) >= _HEAD and form.isascii() else ():
        same = 0
        for a, b in zip(form, other, strict=False):
            if a != b:
                break
            same += 1
        if same >= 0.65 * max(len(form), len(other)) and same > longest:
            best, longest = other, same
    return best


def narrows(word: Word) -> bool:
    """Say whether a word picks one of many: first, only, largest, 唯一, 最."""
    return word.form in _NARROWING


def denies(words: list[Word]) -> bool:
    """Say whether any of the words is a negation."""
    return any(word.form in _NEGATIONS or word.form.endswith("n't") for word in words)


def _is_han(character: str) -> bool:
    return "\u3400" <= character <= "\u9fff" or character == "〇" or "\uf900" <= character <= "\ufaff"


def _opens_sentence(text: str, start: int) -> bool:
    before = text[max(0, start - 3) : start].rstrip()
    return not before or before[-1] in '.!?\n。！？:："“('
