"""What kind of thing a question asks for, and whether a sentence holds one that the question did not already say."""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Literal

from zhiyin.language.fold import fold

Wanted = Literal["who", "when", "where", "count", "money", "why", "how", "yes_no", "which", "what"]
WANTED: tuple[Wanted, ...] = ("who", "when", "where", "count", "money", "why", "how", "yes_no", "which", "what")

_PATTERNS: tuple[tuple[Wanted, re.Pattern[str]], ...] = (
    ("why", re.compile(r"\bwhy\b|what (?:is the )?reason|what caused|为什么|为何|原因|怎么会")),
    (
        "money",
        re.compile(
            r"how much (?:is|are|does|do|did|will|would|money|to pay|it cost|the)|what(?:'s| is|"
            r" are)? (?:the )?(?:\w+ ){0,3}"
            r"(?:price|cost|fee|charge|rate|amount)|\bprice of|\bcosts?\b|多少钱|价格|费用|运费|收费|几块|"
            r"几元|多少元|什么价"
        ),
    ),
    (
        "count",
        re.compile(
            r"how (?:many|much|long|far|old|tall|big|large|high|deep|often|fast|soon|heavy|wide)|"
            r"what (?:number|percentage|percent|"
            r"fraction|proportion|age|size|population)|多少|几[个位名次天年种岁人台件张小时月分家部首座所条]|"
            r"多久|多长|多大|多高|多远|多重|多快|几"
        ),
    ),
    (
        "when",
        re.compile(
            r"\bwhen\b|what (?:year|date|day|month|time|century|decade|period|era)|which (?:year|date|day|"
            r"month|century|decade)|"
            r"何时|什么时候|什么时间|哪[一]?[年天日月]|几[号日月点]|哪个(?:世纪|月|年代)|时间是|日期"
        ),
    ),
    (
        "where",
        re.compile(
            r"\bwhere\b|(?:what|which) (?:\w+ )?(?:city|country|state|place|location|area|region|town|county|"
            r"province|continent|"
            r"street|river|island|nation)|哪里|哪儿|何地|何处|什么地方|位于|哪[个一座]?(?:国家|城市|省|地区|"
            r"市|县|地方|国|州)"
        ),
    ),
    (
        "who",
        re.compile(
            r"\bwho(?:m|se)?\b|(?:what|which) (?:person|man|woman|king|queen|president|author)|谁|哪[位人]|"
            r"何人|什么人|哪个人"
        ),
    ),
    ("how", re.compile(r"\bhow\b|怎么|如何|怎样|怎么办|方法|步骤")),
    (
        "yes_no",
        re.compile(
            r"^(?:and |but |so |also |hi,? |ok,? )*(?:is|are|was|were|do|does|did|can|could|will|would|should|"
            r"has|have|had|may|am)\b"
            r"|吗|是否|能不能|可不可以|是不是|会不会|有没有|可否|能否|行不行|么[？?]?$"
        ),
    ),
    ("which", re.compile(r"\bwhich\b|哪")),
)
_NUMBER = re.compile(
    r"\d+(?:[.,:]\d+)*%?|[零〇一二两三四五六七八九十百千万亿半]+(?=[^\w]|"
    r"[个位名次天年种岁人台件张小时月分家部首座所条万亿元块倍成])"
)
_NUMBER_WORD = re.compile(
    r"\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty|"
    r"hundreds?|thousands?"
    r"|millions?|billions?|dozen|half|third|quarter|twice|once|several|few|many)\b"
)
_MONEY = re.compile(r"[¥￥$€£]\s*\d|\d[\d,.]*\s*(?:元|块|美元|欧元|yuan|dollars?|rmb|cny|usd|%)|free|免费|包邮|不收")
_DATE = re.compile(
    r"\b(?:1[0-9]|20)\d\d\b|\d+\s*(?:年|月|日|号|点|天|小时|分钟|世纪)|\b(?:january|february|march|april|may|"
    r"june|july|august|september|october"
    r"|november|december|monday|tuesday|wednesday|thursday|friday|saturday|sunday|century|decade|days?|hours?|"
    r"weeks?|months?|years?"
    r"|minutes?|today|tomorrow|yesterday|\d\d?(?:st|nd|rd|th)|\d\d?:\d\d|[ap]m)\b|世纪|时期|年代|今年|去年|春|"
    r"夏|秋|冬|[一二三四五六七八九十]+[月日年]"
)
_NAME_EN = re.compile(
    r"(?<=[\w,;)] )(?:[A-Z][\w'’.-]+)(?: (?:of |the |de |van |von )?[A-Z][\w'’.-]+)*|"
    r"\b[A-Z][\w'’-]+ (?:[A-Z][\w'’.-]+ ?)+"
)
_PLACE = re.compile(
    r"\b(?:in|at|near|from|to|of|across|throughout) (?:the )?(?:[a-z]+ )?[A-Z]\w+|"
    r"[省市县区州国岛镇村路街河山湖海港湾洲城]|\b(?:north|south|east|west)\w*\b"
)
_REASON = re.compile(
    r"\b(?:because|since|due to|as a result|in order|to (?:avoid|prevent|reduce|ensure)|so that|caus\w+|"
    r"reason|therefore|thus|owing)\b|因为|由于|因此|所以|为了|原因|导致|以便|以免|故|使得"
)
_MEANS = re.compile(
    r"\b(?:by|through|via|using|use|with|tap|click|go to|call|contact|please|select|open|then|first)\b|通过|"
    r"请|点击|点|进入|选择|联系|使用|利用|以|用|方式|然后|再|在.{1,12}里"
)


@lru_cache(maxsize=1024)
def wanted(question: str) -> Wanted:
    """Say what kind of thing the question asks for."""
    folded = fold(question).strip()
    for kind, pattern in _PATTERNS:
        if pattern.search(folded):
            return kind
    return "what"


def _fresh(pattern: re.Pattern[str], sentence: str, question: str) -> float:
    return float(sum(1 for found in pattern.finditer(sentence) if found.group().strip().lower() not in question))


_HOLDS: dict[Wanted, Callable[[str, str, str], float]] = {
    "who": lambda raw, _low, q: _fresh(_NAME_EN, raw, q),
    "when": lambda _raw, low, q: _fresh(_DATE, low, q),
    "where": lambda raw, _low, q: _fresh(_PLACE, raw, q),
    "count": lambda _raw, low, q: _fresh(_NUMBER, low, q) + _fresh(_NUMBER_WORD, low, q),
    "money": lambda _raw, low, q: _fresh(_MONEY, low, q),
    "why": lambda _raw, low, q: _fresh(_REASON, low, q),
    "how": lambda _raw, low, q: _fresh(_MEANS, low, q),
}


def holds(kind: Wanted, sentence: str, folded: str, question: str) -> float:
    """Count the things of this kind in a sentence that the (folded) question has not said; -1 where nobody can tell."""
    count = _HOLDS.get(kind)
    return -1.0 if count is None else min(4.0, count(sentence, folded, question))
