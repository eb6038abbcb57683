"""Names of people, places, products and makers, and whether a name in Chinese is that name in English.

杭州 is Hangzhou by its sound, 微信支付 is WeChat Pay by a list. What neither tells (特斯拉 is Tesla) is left to meaning.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

import rjieba
from pypinyin import lazy_pinyin

from zhiyin.language.quantities import CODE, quantities

_LATIN = re.compile(r"[A-Z][A-Za-zÀ-ɏ]*(?:['’.&-][A-Za-zÀ-ɏ]+)*|[a-z]+[A-Z][A-Za-z]*")
_LATIN_IN_HAN = re.compile(r"[A-Za-zÀ-ɏ]{2,}(?:['’.&-][A-Za-zÀ-ɏ]+)*")
_HAN_RUN = re.compile(r"[\u3400-\u9fff·•]+")
_QUOTED = re.compile(r"[“「『《‘\"]([^”」』》’\"]{1,24})[”」』》’\"]")
_START = re.compile(r"(?:^|[.!?:;。！？：；\n]\s*|[\"“']\s*)$")
_TAGS = frozenset({"nr", "ns", "nt", "nz", "nrt", "nrfg"})
_PLAIN_TAGGED = frozenset(
    [
        "东西",
        "客服",
        "热线",
        "小时",
        "分钟",
        "工作日",
        "微信",
        "那么",
        "全额",
        "高于",
        "明白",
        "和平",
        "新品",
        "温和",
        "包邮",
        "顺丰",
        "亲",
        "尾款",
        "全新",
        "明显",
        "高达",
        "周一",
        "周二",
        "周三",
        "周四",
        "周五",
        "周六",
        "周日",
        "平常",
        "方可",
        "双方",
        "安全",
        "时",
        "应",
        "东",
        "西",
        "南",
        "北",
        "中",
        "贝",
        "常",
        "高",
        "黄",
        "白",
        "红",
        "金",
        "银",
        "普通",
        "通常",
        "安心",
        "平安",
        "易",
        "真",
        "全",
        "有限",
        "若",
        "阿",
        "小",
        "大",
        "老",
        "满",
        "安排",
        "成功",
        "金额",
        "明确",
        "秋",
        "春",
        "夏",
        "冬",
        "宽限",
        "单独",
        "连续",
        "严禁",
        "华",
        "和",
        "由",
        "于",
        "从",
        "经",
        "费",
        "查",
        "都",
        "别",
        "曾",
        "曾经",
        "万",
        "能",
        "任",
        "任何",
        "何",
        "关于",
        "单",
        "尚",
        "应当",
        "宜",
        "方",
        "时候",
    ]
)
_ENGLISH_PLAIN = frozenset(
    [
        "My",
        "Orders",
        "Order",
        "Two",
        "One",
        "First",
        "I",
        "The",
        "A",
        "An",
        "In",
        "On",
        "At",
        "If",
        "It",
        "Its",
        "This",
        "That",
        "These",
        "Those",
        "There",
        "Their",
        "They",
        "We",
        "Our",
        "You",
        "Your",
        "He",
        "She",
        "His",
        "Her",
        "For",
        "From",
        "To",
        "With",
        "And",
        "Or",
        "But",
        "No",
        "Not",
        "As",
        "By",
        "Of",
        "When",
        "While",
        "After",
        "Before",
        "Since",
        "Until",
        "During",
        "Each",
        "Every",
        "All",
        "Any",
        "Some",
        "Both",
        "Once",
        "Only",
        "Also",
        "Please",
        "Yes",
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
        "Saturday",
        "Sunday",
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
        "AM",
        "PM",
        "OK",
        "ID",
        "Mr",
        "Mrs",
        "Ms",
        "Dr",
        "SMS",
        "FAQ",
        "App",
        "URL",
        "CNY",
        "RMB",
        "USD",
        "EUR",
        "VAT",
        "Free",
        "Note",
        "How",
        "What",
        "Which",
        "Who",
        "Where",
        "Why",
        "Can",
        "Do",
        "Does",
        "Is",
        "Are",
        "Was",
        "Were",
        "Will",
        "Would",
    ]
)
_SAME: dict[str, tuple[str, ...]] = {
    "road": ("路",),
    "street": ("街",),
    "district": ("区",),
    "province": ("省",),
    "city": ("市", "城"),
    "county": ("县", "郡"),
    "river": ("河", "江"),
    "university": ("大学",),
    "mountain": ("山",),
    "mountains": ("山",),
    "king": ("王",),
    "queen": ("王后", "女王"),
    "president": ("总统", "主席", "校长"),
    "war": ("战争", "大战", "之战"),
    "bridge": ("桥",),
    "museum": ("博物馆",),
    "park": ("公园",),
    "island": ("岛",),
    "islands": ("岛", "群岛"),
    "lake": ("湖",),
    "station": ("站", "台"),
    "company": ("公司",),
    "army": ("军",),
    "north": ("北",),
    "south": ("南",),
    "east": ("东",),
    "west": ("西",),
    "northern": ("北",),
    "southern": ("南",),
    "eastern": ("东",),
    "western": ("西",),
    "central": ("中",),
    "new": ("新", "纽"),
    "great": ("大",),
    "empire": ("帝国",),
    "dynasty": ("朝", "代"),
    "state": ("州", "国"),
    "states": ("州", "国"),
    "united": ("联合", "合众", "美国", "英国"),
    "republic": ("共和国",),
    "union": ("联盟", "联邦", "工会", "联合会"),
    "house": ("院", "宫", "楼", "屋"),
    "hall": ("厅", "馆", "堂"),
    "school": ("学校", "学院", "中学", "校"),
    "college": ("学院", "大学"),
    "institute": ("研究所", "学院", "协会"),
    "court": ("法院", "法庭"),
    "council": ("议会", "委员会", "理事会"),
    "party": ("党",),
    "act": ("法",),
    "treaty": ("条约",),
    "centre": ("中心",),
    "center": ("中心",),
    "museums": ("博物馆",),
    "international": ("国际",),
    "national": ("国家", "全国", "国"),
    "world": ("世界",),
    "ocean": ("洋",),
    "sea": ("海",),
    "century": ("世纪",),
    "saint": ("圣",),
    "st": ("圣",),
    "sir": ("爵士",),
    "lord": ("勋爵", "爵"),
    "pope": ("教皇", "教宗"),
    "emperor": ("皇帝", "帝"),
    "prince": ("王子", "亲王"),
    "dr": ("博士", "医生"),
    "professor": ("教授",),
    "minister": ("部长", "大臣"),
    "parliament": ("议会",),
    "tibet": ("西藏",),
    "inner mongolia": ("内蒙古",),
    "mongolia": ("蒙古",),
    "hong kong": ("香港", "港澳"),
    "macau": ("澳门", "港澳"),
    "macao": ("澳门",),
    "taiwan": ("台湾", "港澳台"),
    "china": ("中国", "内地", "国内"),
    "chinese": ("中国", "中文", "汉"),
    "mainland": ("内地", "大陆"),
    "us": ("美国",),
    "usa": ("美国",),
    "united states": ("美国",),
    "america": ("美国", "美洲"),
    "american": ("美国", "美洲"),
    "uk": ("英国",),
    "britain": ("英国",),
    "british": ("英国",),
    "england": ("英格兰", "英国"),
    "english": ("英国", "英语", "英文"),
    "eu": ("欧盟",),
    "europe": ("欧洲",),
    "european": ("欧洲", "欧盟"),
    "canada": ("加拿大",),
    "australia": ("澳大利亚",),
    "new zealand": ("新西兰",),
    "japan": ("日本",),
    "japanese": ("日本", "日语"),
    "south korea": ("韩国",),
    "korea": ("韩国", "朝鲜"),
    "singapore": ("新加坡",),
    "malaysia": ("马来西亚",),
    "thailand": ("泰国",),
    "france": ("法国",),
    "french": ("法国", "法语"),
    "germany": ("德国",),
    "german": ("德国", "德语"),
    "russia": ("俄罗斯", "俄国"),
    "russian": ("俄罗斯", "俄国", "俄语"),
    "soviet": ("苏联",),
    "poland": ("波兰",),
    "italy": ("意大利",),
    "italian": ("意大利",),
    "spain": ("西班牙",),
    "india": ("印度",),
    "greece": ("希腊",),
    "greek": ("希腊",),
    "rome": ("罗马",),
    "roman": ("罗马",),
    "egypt": ("埃及",),
    "london": ("伦敦",),
    "paris": ("巴黎",),
    "new york": ("纽约",),
    "california": ("加利福尼亚", "加州"),
    "africa": ("非洲",),
    "asia": ("亚洲",),
    "xinjiang": ("新疆",),
    "wechat": ("微信",),
    "wechat pay": ("微信支付", "微信"),
    "alipay": ("支付宝",),
    "unionpay": ("银联",),
    "huabei": ("花呗",),
    "icbc": ("工商银行", "工行"),
    "china merchants bank": ("招商银行", "招行"),
    "sf express": ("顺丰",),
    "sf": ("顺丰",),
    "zto": ("中通",),
    "ems": ("EMS",),
    "huawei": ("华为",),
    "apple": ("苹果", "iPhone"),
    "xiaomi": ("小米",),
    "black leaf": ("黑叶",),
    "gold leaf": ("金叶",),
    "silver leaf": ("银叶",),
    "black": ("黑",),
    "gold": ("金",),
    "silver": ("银",),
    "spring festival": ("春节",),
    "chinese new year": ("春节",),
    "national day": ("国庆",),
    "double 11": ("双11", "双十一"),
    "bluetooth": ("蓝牙",),
    "da hong pao": ("大红袍",),
    "longjing": ("龙井",),
    "pu'er": ("普洱",),
    "christian": ("基督",),
    "christians": ("基督",),
    "catholic": ("天主教",),
    "islam": ("伊斯兰",),
    "muslim": ("穆斯林", "伊斯兰"),
    "muslims": ("穆斯林", "伊斯兰"),
    "jewish": ("犹太",),
    "jews": ("犹太",),
    "church": ("教会", "教堂"),
    "bible": ("圣经",),
    "god": ("上帝", "神"),
    "pacific": ("太平洋",),
    "atlantic": ("大西洋",),
    "earth": ("地球",),
    "super bowl": ("超级碗",),
    "nfl": ("NFL", "橄榄球"),
    "world war": ("世界大战", "二战", "一战"),
    "natural titanium": ("原色钛",),
    "blue titanium": ("蓝色钛",),
    "qingming": ("清明",),
}


@dataclass(frozen=True, slots=True)
class Name:
    """A name as it stands in a text."""

    text: str
    start: int
    end: int


def _may_be(word: str, tag: str) -> bool:
    """Say whether a tag is to be believed: for words that it does not know the tagger sees people everywhere."""
    if rjieba.has_word(word) or tag != "nr":
        return True
    return 2 <= len(word) <= 3 and word[0] in _SURNAMES and not _NO_GIVEN_NAME.search(word[1:])


_SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭"
    "陆汪范廖石金韦贾夏傅邹熊孟秦阎薛侯雷龙段郝孔邵史毛顾赖武康贺严尹钱施牛洪龚"
)
_NO_GIVEN_NAME = re.compile(
    "[的为加须在了是有和与或及等不可以要会能把被从到于内外上下前后起止每各自由按卡费单退货包装码款]"
)


@lru_cache(maxsize=4096)
def names(text: str) -> tuple[Name, ...]:
    """Return the names in `text`: Latin words written as names, Chinese ones by their part of speech, quoted titles.

    Codes and amounts are not names. A capital at the head of a sentence counts only inside a longer name.
    """
    hidden = [m.span() for m in CODE.finditer(text)] + [(q.start, q.end) for q in quantities(text)]
    letters = sum(c.isascii() and c.isalpha() for c in text)
    han = 2 * sum(len(run) for run in _HAN_RUN.findall(text)) > letters
    found: list[Name] = []
    for match in (_LATIN_IN_HAN if han else _LATIN).finditer(text):
        start, end = match.span()
        word = match.group()
        if any(a < end and start < b for a, b in hidden) or (text[start - 1 : start].isdigit() if start else False):
            continue
        if word in _ENGLISH_PLAIN or (han and len(word) < 3 and not word.isupper()):
            continue
        if not han and _START.search(text[max(0, start - 4) : start]):
            following = text[end : end + 2]
            if not (following[:1] == " " and following[1:].isupper()) and word[1:].islower():
                continue
        found.append(Name(word, start, end))
    if han:
        for run in _HAN_RUN.finditer(text):
            place = run.start()
            for word, tag in rjieba.tag(run.group()):
                start, end = place, place + len(word)
                place = end
                if tag not in _TAGS or len(word) < 2 or word in _PLAIN_TAGGED or not _may_be(word, tag):
                    continue
                if not any(a < end and start < b for a, b in hidden):
                    found.append(Name(word, start, end))
    return tuple(sorted(found, key=lambda name: name.start))


def known_as(name: str, text: str) -> bool:
    """Say whether `text` (in either language) has the name `name`, as it is written or as the other language says it."""
    lowered, inside = name.lower(), text.lower()
    if _has_word(lowered, inside):
        return True
    if _HAN_RUN.search(name):
        return _han_in_latin(name, text)
    for said in _SAME.get(lowered, ()):
        if said in text:
            return True
    for phrase, forms in _SAME.items():
        if " " in phrase and lowered in phrase.split() and any(form in text for form in forms):
            return True
    if not _HAN_RUN.search(text):
        return False
    return _sounds_in(lowered, text)


def _has_word(word: str, text: str) -> bool:
    if not word.isascii():
        return word in text
    stem = word.removesuffix("'s").removesuffix("’s").rstrip(".")
    if len(stem) > 4 and stem.endswith("s"):
        stem = stem[:-1]
    return bool(stem) and re.search(rf"(?<![a-z0-9]){re.escape(stem)}", text) is not None


def _han_in_latin(name: str, text: str) -> bool:
    forms, words = _latin(text)
    if any(form in name or name in form for form in forms):
        return True
    sound = "".join(lazy_pinyin(name))
    return any(sound.startswith(word) or word.startswith(sound) for word in words if min(len(word), len(sound)) > 3)


@lru_cache(maxsize=1024)
def _latin(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return how Chinese calls what an English text names, and the text's words."""
    lowered = text.lower()
    forms = [form for phrase, forms in _SAME.items() if _has_word(phrase, lowered) for form in forms if len(form) > 1]
    return tuple(forms), tuple(dict.fromkeys(re.findall(r"[a-zà-ɏ']{3,}", lowered)))


def _sounds_in(name: str, text: str) -> bool:
    packed = re.sub(r"[^a-z]", "", name)
    if len(packed) < 2:
        return False
    for run in _HAN_RUN.findall(text):
        syllables = _pinyin(run)
        for start in range(len(syllables)):
            sound = ""
            for syllable in syllables[start : start + 8]:
                sound += syllable
                if sound == packed:
                    return True
                if len(sound) > len(packed) + 12:
                    break
    return False


@lru_cache(maxsize=2048)
def _pinyin(run: str) -> tuple[str, ...]:
    return tuple(lazy_pinyin(run))
