"""Yes and no in Chinese and English: what is allowed, needed, free, included, before or after, and what is denied.

    可以退 · can be returned → allow +        不支持 · cannot · is not accepted → allow -
    无需 · need not → need -                  买家承担运费 · the buyer pays → payer "customer"

Both languages give the same marks, so a sentence can be held against a passage in the other one.
"""

import re
from bisect import bisect_left
from dataclasses import dataclass
from functools import lru_cache

_I = re.IGNORECASE


@dataclass(frozen=True, slots=True)
class Mark:
    """One word of yes or no: `sign` is +1 or -1 on the scale `concept`; "not" is a denial of whatever follows."""

    concept: str
    sign: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Scale:
    """A pair of opposites and the words for both ends."""

    concept: str
    plus: re.Pattern[str]
    minus: re.Pattern[str]


def _words(zh: str, en: str) -> re.Pattern[str]:
    return re.compile("|".join(part for part in (zh, rf"\b(?:{en})\b" if en else "") if part), _I)


_SCALES: tuple[Scale, ...] = (
    Scale(
        "allow",
        _words(
            r"可以|可(?=[\u4e00-\u9fff])(?!能|爱|见|惜|靠|怜|观|口|谓|持|否)|(?<![功性智技节职才本])能(?![力量源耗效级够级])"
            r"|能够|支持|接受|允许|受理|提供|有权|享有?受?|适用|得以",
            r"can|could|may|be able to|is able to|are able to|allowed?|allows|permitted|permits|accepts?|accepted|"
            r"supports?|supported|available|possible|eligible|entitled|offers?|applies|apply to",
        ),
        _words(
            r"不可以|不可(?!或缺|思议|避)|不能(?!不)|不支持|不接受|不允许|不予|不再?提供|无法|不得(?!不)|禁止|"
            r"谢绝|拒绝(?:办理|受理)|不受理|不享受?有?|不适用|无权|不再(?=支持|提供|接受|受理)|严禁|概不",
            r"cannot|can not|can't|can no longer|no (?:\w+ ){1,2}can|couldn't|could not|unable to|not able to|impossible|forbidden|prohibited|"
            r"prohibits?|banned|disallowed|inapplicable|unavailable|ineligible",
        ),
    ),
    Scale(
        "need",
        _words(
            r"必须|(?<!无)(?<!不)须(?!知)|(?<!无)(?<!不)需要?(?!求)|应当|应该|务必|(?<![觉获取值懂记显使晓])得先|"
            r"要求",
            r"must|needs? to|have to|has to|had to|requires?|required|should|obliged|obligatory|mandatory",
        ),
        _words(
            r"无需|无须|不需要?|不必|不用(?!于)|毋须|免于|用不着",
            r"need not|needn't|no need|not required|not need|not necessary|unnecessary|without having to|don't "
            r"have to|do not have to|does not have to|optional|need never",
        ),
    ),
    Scale(
        "free",
        _words(
            r"免费|包邮|免运费|免邮|免收|不收(?:费|取|运费)?|无需付费|不扣|不计运费|免息|免(?=[¥￥\d])",
            r"free of charge|for free|free(?! to)|at no (?:extra )?(?:cost|charge)|nothing is (?:deducted|"
            r"charged)|nothing (?:to pay|from)|no (?:extra )?(?:charge|fee|cost)s?|without (?:extra )?(?:charge|fee|"
            r"cost|deduction)s?|waives?|waived|no deduction|interest-free",
        ),
        _words(
            r"收费|付费|另收|要收|(?<![不免回签])收取?(?=[¥\d]|商品)",
            r"charged|for a fee|at a charge|surcharge|payable",
        ),
    ),
    Scale(
        "include",
        _words(
            r"(?<!不)(?<!除)包含|(?<!不)包括|(?<![不仅])含(?!义|量|糊)|附(?:带|送|赠|有)?(?=[一\d有赠送带充贺试礼])|"
            r"内含|内附",
            r"including|includes?|included|contains?|comes with|comprises?|holds",
        ),
        _words(
            r"不含|不包含|不包括|除外|不附|不计入|除了?[^，,。;；]{1,24}(?:之?外|以外)(?![还也另]|，?还)",
            r"comes? without|supplied without|excluding|excludes?|excluded|not included|except(?:ing)?(?: "
            r"for)?|exceptions?(?: of)?|apart from|unless",
        ),
    ),
    Scale(
        "opened",
        _words(
            r"(?<!未)(?<!没)(?<!不)拆(?:封|开)(?!的?(?:前|之前))|已拆|开封|打开包装|拆过",
            r"opened|opening|unsealed|unwrapped|broken seal",
        ),
        _words(
            r"未拆封?开?|没(?:有)?拆|未开封|原封|没打开",
            r"unopened|sealed|unbroken|(?:not|never|n't) (?:been |yet )*(?:opened|unsealed)|factory-sealed|"
            r"(?:did not|didn't|have not|haven't) open",
        ),
    ),
    Scale(
        "activated",
        _words(r"(?<!未)(?<!没)(?<!没有)(?<!不)激活", r"activated?"),
        _words(
            r"未激活|没(?:有)?激活",
            r"(?:not|never|n't) (?:been |yet |have )*activated?|unactivated|inactivated",
        ),
    ),
    Scale(
        "used",
        _words(r"(?<!未)使用过|穿过|已使用", r"used|worn"),
        _words(
            r"未使用|没用过|未穿", r"unused|unworn|(?:not|never) (?:been )?(?:used|worn)|(?:not|n't) activate or use"
        ),
    ),
    Scale(
        "linked",
        _words(r"已经?绑定|(?<!未)绑定的", r"(?:already |been )?added (?:cards?|to an account)|linked"),
        _words(r"未绑定|没绑定|还没绑定", r"not (?:yet )?(?:been )?added|unlinked|not (?:yet )?linked"),
    ),
    Scale(
        "faulty",
        _words(
            r"(?<!非)(?<!无)质量(?:问题|原因|故障)|(?<!非)(?<!无)故障|瑕疵|有问题", r"faulty|defective|defects?|faults?"
        ),
        _words(r"非质量(?:问题|原因)?|无质量问题|完好", r"not faulty|non-faulty|intact|no faults?"),
    ),
    Scale(
        "order",
        _words(
            r"(?<![最以])(?:之|以)?后(?!台|面|者|备|续|腿|果|悔|代)", r"after|afterwards?|later|following|once|since"
        ),
        _words(
            r"(?<![目提])(?:之|以)?前(?!台|面|者|往|提|景|途|身|辈|\d)(?:夕)?",
            r"before|prior to|until|by the time|earlier|preceding|previous",
        ),
    ),
    Scale(
        "amount",
        _words(
            r"增(?:加|长|多|至|强)|上(?:升|涨|调)|提(?:高|升)|扩大|变[多大高快]",
            r"increas\w+|rises?|rose|raised?|grow\w*|grew|gains?|higher|more(?! or less)(?: than)?|larger|"
            r"greater|bigger|faster|longer|expand\w*",
        ),
        _words(
            r"减(?:少|小|低|弱)|下(?:降|跌|调|滑)|降(?:低|至)|缩小|变[少小低慢]",
            r"decreas\w+|falls?|fell|lower(?:ed|s)?|reduc\w+|declin\w+|drop(?:s|ped)?|fewer|less(?: than)?|"
            r"smaller|slower|shorter|shrink\w*",
        ),
    ),
    Scale(
        "most",
        _words(
            r"最(?:多|高|大|长|迟|晚|快)|至多|上限|不超过|不多于|不高于|不大于",
            r"at most|up to|no more than|not more than|maximum|not exceed\w*|no later than|largest|highest|"
            r"longest|biggest|greatest|most",
        ),
        _words(
            r"最(?:少|低|小|短|早|慢)|至少|起码|下限|不少于|不低于|不小于|起订",
            r"at least|no less than|not less than|minimum|smallest|lowest|shortest|least|starts? at|or more|"
            r"or above",
        ),
    ),
    Scale(
        "whole",
        _words(
            r"全额|全部|所有|整单|全数|一律|任何|任意|都(?=[可能不要须会])|各种",
            r"full(?:y)?|in full|all|every|any|entire(?:ly)?|whole|completely|both",
        ),
        _words(r"部分|一部分|有些|某些|个别", r"part(?:ial|ially|ly)?|some|a few|certain"),
    ),
    Scale(
        "same",
        _words(r"相同|同一|同样|同型号|同款|一样(?!不)|一致|统一", r"(?:the )?same|identical|equal"),
        _words(r"不同|不一样|差异", r"different|differ\w*"),
    ),
    Scale(
        "automatic",
        _words(r"自动|自助|系统立即", r"automatic(?:ally)?|by itself|by yourself"),
        _words(r"手动|人工(?!客服|智能)", r"manual(?:ly)?|by hand"),
    ),
    Scale(
        "payer",
        _words(
            r"(?:买家|顾客|客户|您|你|用户|自己|自行|消费者|会员)(?:自己|自行)?(?:来)?(?:承担|支付|负担|出|"
            r"付|自理|自负)|买方承担",
            r"(?:buyers?|customers?|you|purchaser)\b(?: must| will| have to| need to| should)? (?:pays?|bears?|"
            r"covers?)|paid by (?:the )?(?:buyer|customer|you)|at (?:the buyer's|your|the customer's) (?:own "
            r")?(?:expense|cost)",
        ),
        _words(
            r"(?:我们|本店|商家|卖家|平台|公司|我方|青禾)(?:来)?(?:承担|支付|负担|出|付)",
            r"(?:we|the (?:shop|seller|company|store)|qinghe)\b(?: will)? (?:pays?|bears?|covers?)|paid by "
            r"(?:us|the (?:shop|seller|company))|at our (?:own )?(?:expense|cost)|on us",
        ),
    ),
    Scale(
        "valid",
        _words(r"(?<!无)(?<!失)有效(?!期)|生效|成功(?!率)", r"valid|in force|succe\w+"),
        _words(r"无效|失效|过期|失败|不成功", r"invalid|void|expired?|expires?|lapses?|fail(?:s|ed|ure)?"),
    ),
    Scale(
        "open",
        _words(
            r"营业(?!执照)|开放(?!时间)|上班", r"(?:is|are|stays?) open|open (?:from|at|on|daily|every|until|between)"
        ),
        _words(r"休息|关门|停业|闭店|歇业", r"closed on|(?:is|are) closed|shut"),
    ),
    Scale(
        "first",
        _words(
            r"首先|首次|第一(?!季|期)|最初|最早|首[个位名届家]", r"first(?:ly)?|initial(?:ly)?|earliest|original(?:ly)?"
        ),
        _words(r"最后|最终|末次|最晚|最近", r"last(?:ly)?|final(?:ly)?|latest|eventual(?:ly)?"),
    ),
    Scale("side", _words(r"东部?(?!西)|南方", ""), _words(r"西部?(?=[部方边侧海岸])|北方", "")),
    Scale(
        "win",
        _words(r"击败|战胜|获胜|赢得?|胜利", r"won|win(?:s|ning)?|defeat(?:s|ed)? |beat|victory"),
        _words(r"输给|败给|战败|落败|失利", r"lost|lose[sr]?|defeated by|loss"),
    ),
    Scale(
        "like",
        _words(r"赞成|支持者|同意|承认|接纳", r"agree[sd]?|approv\w+|supporters?|admitt?\w*"),
        _words(r"反对|否认|不同意|否定", r"disagree[sd]?|oppos\w+|reject\w*|den(?:y|ies|ied)"),
    ),
)

_NOT_NEGATION = re.compile(
    r"不(?:仅|但|同|粘|变|良|懈|善|列颠|影响|征税|就是|断|过(?![\u4e00-\u9fff]?超)|久|少|错|论|管|"
    r"止|妨|如|然|满|够|到(?=[一二两三\d])|足|限|超过?|多于|低于"
    r"|少于|高于|大于|小于|晚于|迟于|早于|一|及|得不|过是|只)|是不是|除非|非常|非洲|未来|未必|未成年|"
    r"未满|无理由|非人为|未完成|没收|没问题|没事"
    r"|别(?:的|人|墅|名|称|处)|特别|个别|分别|区别|类别|级别|性别|差别|识别|告别|南非|是非|并非不|非政府|非营利"
    r"|\bnot only\b|\bno matter\b|\bno doubt\b|\bno\.\s*\d|\bnot just\b|\bno later than\b|\bno more "
    r"than\b|\bno less than\b"
    r"|\bnot less than\b|\bnot more than\b|\bnot exceed\w*|\bno[- ]reason\b|\bwithout (?:a |any )?reason\b|"
    r"\bno minimum\b"
    r"|\bnon-?(?:profit|fiction|governmental|stick)\b|\bnot caused by\b|\bunlimited\b",
    _I,
)
_NEGATION = re.compile(
    r"不|未|没有?|非(?=[\u4e00-\u9fff])|别(?=[\u4e00-\u9fff])|勿|从未|绝不|并非"
    r"|\b(?:not|no|never|none|nobody|nothing|neither|hardly|cannot|instead of|rather than|no longer)\b|"
    r"n't\b|\bnon-(?=\w)"
    r"|\bun(?!lock|plug|tax|subs|inst|wrap|do|der|it|iqu|ion|ivers|iform|til|less|cle|i\b|anim|ique)(?=[a-z]{4,})"
    r"|\b(?:irrevocabl|illegal|illegitim|incomplet|incapab|ineffectiv|infinit)(?=\w)",
    _I,
)
_GAP = re.compile(
    r"(?:再|会|被|得|要|是|全|都)?"
    r"|\s*(?:(?:be|been|being|yet|to|any|currently|longer|always|generally|necessarily|an?|the|is|"
    r"are|it|also|then)\s+)*",
    _I,
)


@lru_cache(maxsize=4096)
def marks(text: str) -> tuple[Mark, ...]:
    """Return the marks of yes and no in `text`, in order. A negation in front of a scale's word turns it round."""
    found: list[Mark] = []
    taken = bytearray(len(text))
    for match in _AT_MOST.finditer(text):  # "cannot use more than 5" allows five
        found.append(Mark("most", 1, match.start(), match.end()))
        taken[match.start() : match.end()] = b"\1" * (match.end() - match.start())
    for scale in _SCALES:
        own = bytearray(len(text))
        for sign, pattern in ((-1, scale.minus), (1, scale.plus)):
            for match in pattern.finditer(text):
                start, end = match.span()
                if own.find(1, start, end) >= 0 or (scale.concept not in _SHARED and taken.find(1, start, end) >= 0):
                    continue
                found.append(Mark(scale.concept, sign, start, end))
                own[start:end] = b"\1" * (end - start)
                if scale.concept in _HOLDS:
                    taken[start:end] = b"\1" * (end - start)
    for match in _NOT_NEGATION.finditer(text):
        taken[match.start() : match.end()] = b"\1" * (match.end() - match.start())
    for mark in found:
        if mark.sign < 0:
            taken[mark.start : mark.end] = b"\1" * (mark.end - mark.start)
    order = sorted((m.start, place) for place, m in enumerate(found) if m.concept in _FLIPS and m.sign > 0)
    for match in _NEGATION.finditer(text):
        start, end = match.span()
        if taken.find(1, start, end) < 0 and not _flip(found, order, text, end):
            found.append(Mark("not", -1, start, end))
    found.sort(key=lambda m: (m.start, m.concept))
    return tuple(found)


_AT_MOST = re.compile(
    r"不[能可得](?=超过|多于|高于|大于)|\b(?:can't|cannot|can not|may not|must not)(?= (?:\w+ ){0,3}(?:more|longer|later) than\b)",
    _I,
)
_HOLDS = frozenset({"allow", "need", "free", "include"})
_SHARED = frozenset({"opened", "activated", "used", "linked", "faulty", "payer", "most"})
_FLIPS = frozenset(
    {"allow", "need", "free", "include", "opened", "activated", "used", "linked", "faulty", "valid", "open", "like"}
)
_DENIES = frozenset({"not", "allow", "need", "include", "opened", "activated", "used", "linked"})


def _flip(found: list[Mark], order: list[tuple[int, int]], text: str, end: int) -> bool:
    """Turn round the nearest scale word that a negation ending at `end` reaches; say whether there was one.

    `order` has the starts of the words that can be turned, in order, with their places in `found`.
    """
    for at in range(bisect_left(order, (end, 0)), len(order)):
        start, place = order[at]
        if start > end + 30:
            return False
        mark = found[place]
        if mark.sign > 0 and _GAP.fullmatch(text, end, start):
            found[place] = Mark(mark.concept, -1, mark.start, mark.end)
            return True
    return False


def denials(text: str, start: int, end: int, *, known: frozenset[tuple[str, int]] = frozenset()) -> int:
    """Count how often `text` says no between two places: a sentence and its faithful translation say it as often.

    Marks whose (concept, sign) is `known` from the question need not be said again and do not count.
    """
    count, last = 0, -9
    for mark in marks(text):
        if mark.sign < 0 and mark.concept in _DENIES and (mark.concept, -1) not in known and start <= mark.start < end:
            count += mark.start - last > 2  # 不退不换 is one no
            last = mark.start
    return count


_CONDITION = re.compile(
    r"未拆封?|已?拆封的?|未激活|已激活|未绑定|已绑定|未开封|仅限?(?!仅)|只(?:限|有|能|接受|在|适用|"
    r"开)|(?<!不)限(?=[\u4e00-\u9fff])(?!额|制|时|量|期)|首次|首单|满\s*[¥￥]\s*[\d,]+|除外|除[^，,"
    r"。;；]{1,20}外|须|必须|如果|只要|的话|一次|工作日|不超过|以内|以上|非质量|质量问题|以后付款|"
    r"全新"
    r"|\b(?:unopened|opened|unless|except(?:ing)?|excluding|excluded|only|if|provided|as long as|at "
    r"least|at most|up to|once|first|working days?|business days?|subject to|faulty|unused|activated|"
    r"in advance|with tags|while|must)\b",
    _I,
)


def conditions(text: str) -> list[tuple[int, int, str]]:
    """Return where and how `text` limits what it says: only, unless, unopened, 满¥99, 除外 …"""
    return [(m.start(), m.end(), m.group().lower()) for m in _CONDITION.finditer(text)]
