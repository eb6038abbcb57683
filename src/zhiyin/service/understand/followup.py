"""A question that leans on the one before it → a question that stands alone. Rules only; no model is asked."""

import re

import rjieba

from zhiyin.language.quantities import CODE, codes

_CUE_ZH = re.compile(r"^(?:那么?|还有|然后|另外那?|换成|如果是?|要是|假如|或者|以及)[,，\s]*")
_TAIL_ZH = re.compile(r"(?:又|也)?(?:呢|如何|怎么样|怎样|咋样|行吗|可以吗|一样吗|也一样吗|也是吗)?[？?。!！~～\s]*$")
_CUE_EN = re.compile(
    r"^(?:(?:and|but|or|so|then|ok(?:ay)?|also)[,\s]+)*(?:(?:what|how)\s+about|what\s+if|and|or|same\s+for|"
    r"even|also)\b[,\s]*(?:for|if|with|on|to|in)?\b\s*",
    re.IGNORECASE,
)
_CUE_EN_STRONG = re.compile(r"^(?:(?:and|but|or|so|then|ok(?:ay)?)[,\s]+)*(?:what|how)\s+about\b", re.IGNORECASE)
_ANAPHOR_ZH = re.compile(
    r"(?:^|[^其])(?:它们?|这种|那种|这款|那款|这类|上面|上述|前者|后者|刚才|同样)|(?:这个|那个)(?![月周星订商优活问产"
    r"])|(?:这样|那样)"
)
_ANAPHOR_EN = re.compile(
    r"\b(?:it|its|they|them|those|these|ones?|the\s+same|that\s+one|this\s+one|former|latter)\b|\b(?:that|"
    r"this)(?=\s*(?:\?|$|take|cost|work|mean|apply|include|cover|too))",
    re.IGNORECASE,
)
_BARE_ZH = re.compile(
    r"(?:那|大概|一般|具体|总共|一共|最多|最少|最长|最快|需要|要|得|会|是|能|可以|还|又|都)*"
    r"(?:多久|多长时间|多少钱?|几天|几个月|几次|几个|几点|什么时候|何时|为什么|为啥|怎么[弄办做样操作申请用]*|"
    r"如何|哪里|哪儿|在哪|谁|哪个|哪些|什么|收费|要钱|免费|可以|能|行)?"
    r"(?:才?(?:能|会)?(?:到账?|好|行|完成|处理|有效|开始|结束|送到|收到|发货|操作|申请|办理))?(?:吗|"
    r"呢|啊|呀|么|嘛)?[？?]*"
)
_BARE_EN = re.compile(
    r"(?:and\s+|but\s+|so\s+|then\s+)?(?:how\s+(?:long|much|many|often|soon|so|come|do\s+i\s+do\s+that)|"
    r"when|where|why(?:\s+not)?|who|which(?:\s+ones?)?|what\s+else|for\s+how\s+long|at\s+what\s+cost|"
    r"is\s+(?:that|it)\s+(?:free|possible)|until\s+when|really|since\s+when)\s*\??",
    re.IGNORECASE,
)
_LINK = r"(?P<link>\b(?:to|from|in|for|with|by|via|at|on))"
_NAME = r"(?P<name>[A-Z][\w'-]*(?:\s+[A-Z][\w'-]*)*)"
_TO_NAME = re.compile(rf"(?:{_LINK}|(?i:\babout|^and|^or))\s+{_NAME}$")
_AT_NAME = re.compile(rf"{_LINK}\s+{_NAME}")
_STOP_EN = frozenset(
    [
        "a",
        "an",
        "the",
        "is",
        "are",
        "was",
        "were",
        "be",
        "do",
        "does",
        "did",
        "can",
        "could",
        "may",
        "will",
        "would",
        "should",
        "i",
        "you",
        "we",
        "they",
        "it",
        "my",
        "your",
        "our",
        "me",
        "us",
        "to",
        "of",
        "in",
        "on",
        "at",
        "for",
        "by",
        "with",
        "from",
        "and",
        "or",
        "not",
        "how",
        "long",
        "many",
        "much",
        "what",
        "when",
        "where",
        "which",
        "who",
        "why",
        "if",
        "any",
        "there",
        "have",
        "has",
        "had",
        "about",
        "this",
        "that",
        "days",
        "get",
    ]
)
_WORD_EN = re.compile(r"[A-Za-z][A-Za-z0-9'-]*|\d[\w.-]*")
_HAN = re.compile(r"[\u3400-\u9fff]")


def leans(text: str) -> bool:
    """Say whether a question is too elliptic to be understood alone."""
    text = text.strip()
    if _HAN.search(text):
        if _BARE_ZH.fullmatch(text):
            return True
        core = _core_zh(text)
        if len(text) > 24:
            return False
        if _CUE_ZH.match(text) and (text.rstrip("？?。 ").endswith("呢") or len(core) <= 8):
            return True
        if text.rstrip("？?。 ").endswith("呢") and len(core) <= 8 and not _asks_zh(core):
            return True
        return bool(_ANAPHOR_ZH.search(text)) and len(text) <= 20
    words = _WORD_EN.findall(text)
    if _BARE_EN.fullmatch(text):
        return True
    if len(words) > 14:
        return False
    if _CUE_EN_STRONG.match(text):
        return True
    if _CUE_EN.match(text) and len(words) <= 8:
        return True
    if _ANAPHOR_EN.search(text):
        told = [w for w in words if w.lower() not in _STOP_EN and not _ANAPHOR_EN.fullmatch(w)]
        return len(told) <= 2
    return len(words) <= 3 and not any(w.lower() not in _STOP_EN for w in words)


def replaces(text: str) -> bool:
    """Say whether a leaning question puts another thing in the place of the last (微信呢), rather than asks more of it."""
    text = text.strip()
    if _HAN.search(text):
        core = _core_zh(text)
        return not (_BARE_ZH.fullmatch(text) or _asks_zh(core) or _ANAPHOR_ZH.search(core))
    return not _BARE_EN.fullmatch(text) and bool(_CUE_EN.match(text))


def complete(text: str, before: str) -> str:
    """Return `text` as a question of its own, taking what it leaves out from `before`.

    "那黑叶会员呢？" after "金叶会员有几张特快券？" is "黑叶会员有几张特快券？": where the fragment and the earlier question
    share a word, the fragment takes its place; otherwise it is put in front.
    """
    if not before or not leans(text):
        return text
    return (_complete_zh if _HAN.search(text) else _complete_en)(text.strip(), before.strip())


def _core_zh(text: str) -> str:
    return _TAIL_ZH.sub("", _CUE_ZH.sub("", text.strip())).strip()


def _asks_zh(core: str) -> bool:
    return bool(re.search(r"多久|多少|几|什么|怎么|如何|哪|吗|为什么|能不能|可不可以", core))


def _complete_zh(text: str, before: str) -> str:
    core = _core_zh(text)
    if not core or _BARE_ZH.fullmatch(text):
        return f"{before.rstrip('？?。 ')}，{text}"
    if _asks_zh(core) or _ANAPHOR_ZH.search(core):
        return f"{before.rstrip('？?。 ')}，{core}"
    fragment = [t for t in rjieba.cut(re.sub(r"(?:了|过)?的$|^(?:对于?|对|给|用|是)", "", core) or core) if t.strip()]
    earlier = list(rjieba.cut(before))
    if not fragment:
        return f"{core}，{before}"
    swapped = _swap_code(core, before)
    if swapped:
        return swapped
    place = next((i for i, token in enumerate(earlier) if token == fragment[-1] and len(token) > 1), None)
    if place is None:
        return _swap_place(core, before) or f"{core}，{before}"
    start = place
    for _ in range(len(fragment) - 1):  # the words in front that say which one: 金叶 in 金叶会员
        if start and len(earlier[start - 1]) > 1 and _HAN.match(earlier[start - 1]):
            start -= 1
    while start and earlier[start - 1] in ("未", "没", "没有", "已", "已经", "不"):
        start -= 1
    mine = "".join(fragment)
    return "".join([*earlier[:start], mine, *earlier[place + 1 :]])


def _swap_code(fragment: str, before: str) -> str | None:
    """Put the one code of the fragment in the place of the one code that was asked about."""
    mine, earlier = codes(fragment), list(CODE.finditer(before))
    if len(mine) != 1 or len(earlier) != 1:
        return None
    found = CODE.search(fragment)
    return before[: earlier[0].start()] + found.group() + before[earlier[0].end() :] if found else None


def _swap_place(core: str, before: str) -> str | None:
    """Put a place or a name where one of the same sort stood: 西藏 for 新疆."""
    mine = rjieba.tag(core)
    if len(mine) != 1 or mine[0][1] not in ("ns", "nz", "nt"):
        return None
    same = [word for word, tag in rjieba.tag(before) if tag == mine[0][1] and word != core]
    return before.replace(same[0], core, 1) if len(same) == 1 else None


def _swap_model(fragment: str, before: str) -> str | None:
    """Put iPhone 15 Pro where iPhone 15 stood, and the other way round."""
    mine = [w for w in _WORD_EN.findall(fragment) if w.lower() not in _STOP_EN]
    if not mine or not mine[0][0].isalpha():
        return None
    for first in _WORD_EN.finditer(before):
        if first.group().lower() != mine[0].lower() or not any(c.isupper() for c in first.group()):
            continue
        end = first.end()
        for word in _WORD_EN.finditer(before, end):
            if word.start() > end + 1 or not (word.group()[0].isdigit() or word.group()[0].isupper()):
                break
            end = word.end()
        return before[: first.start()] + " ".join(mine) + before[end:]
    return None


def _swap_name(text: str, before: str) -> str | None:
    """Put a name where the one name stood after the same little word: to Germany for to Japan."""
    mine = _TO_NAME.search(text.strip(" ?.!"))
    earlier = list(_AT_NAME.finditer(before))
    if not mine or len(earlier) != 1 or (mine["link"] and mine["link"].lower() != earlier[0]["link"].lower()):
        return None
    return before[: earlier[0].start("name")] + mine["name"] + before[earlier[0].end("name") :]


def _complete_en(text: str, before: str) -> str:
    fragment = _CUE_EN.sub("", text).strip(" ?.!")
    if _BARE_EN.fullmatch(text) or not fragment:
        return f"{before.rstrip('?. ')}, {text}"
    swapped = _swap_code(fragment, before) or _swap_model(fragment, before) or _swap_name(text, before)
    if swapped:
        return swapped
    words = [m.group() for m in _WORD_EN.finditer(fragment)]
    told = [w for w in words if w.lower() not in _STOP_EN and not _ANAPHOR_EN.fullmatch(w)]
    if told and len(told) <= 3:
        for word in told:
            stem = _bare_en(word)
            for match in _WORD_EN.finditer(before):
                if _bare_en(match.group()) == stem and match.group().lower() != word.lower():
                    return before[: match.start()] + word + before[match.end() :]
    shared = next((m for m in _WORD_EN.finditer(before) if told and m.group().lower() == told[-1].lower()), None)
    if shared and len(told) > 1:
        ahead = list(_WORD_EN.finditer(before[: shared.start()]))[-(len(told) - 1) :]
        while ahead and ahead[0].group().lower() in _STOP_EN:
            ahead.pop(0)
        start = ahead[0].start() if ahead else shared.start()
        return before[:start] + " ".join(told) + before[shared.end() :]
    return f"{fragment}: {before}"


def _bare_en(word: str) -> str:
    word = word.lower()
    for prefix in ("un", "non-", "in"):
        if word.startswith(prefix) and len(word) > len(prefix) + 4:
            word = word[len(prefix) :]
            break
    return re.sub(r"(?:s|es)$", "", word)
