"""Words of somebody in danger: hurt, in a fire, or about to hurt themselves. Only a person may answer those."""

import re

_SELF_HARM_ZH = re.compile(
    r"想死(?![你妳您我他她])|不想(?:再)?活|活不下去|自杀|自残|轻生|寻死|割腕|想跳楼|活着(?:真|也|都)?没(?:有)?(?:什么)?(?:意思|意义)|"
    r"(?:结束|了结)(?:我|自己)?的?(?:生命|自己)"
)
_SELF_HARM_EN = re.compile(
    r"\b(?:(?:want|wanna|going|ready|rather)\s+(?:to\s+)?die|(?:kill|hurt|harm|cut)(?:ing)?\s+myself|suicid(?:e(?!\s+squad)|al)|"
    r"self[- ]?harm|end(?:ing)?\s+(?:it\s+all|my\s+(?:own\s+)?life)|tak(?:e|ing)\s+my\s+(?:own\s+)?life|"
    r"(?:do\s*n['’]?t|do\s+not)\s+want\s+to\s+(?:live|be\s+alive)|no\s+reason\s+to\s+live|better\s+off\s+dead)\b",
    re.IGNORECASE,
)
_HARM_ZH = re.compile(
    r"爆炸|炸了|炸伤|着火|起火|自燃|失火|火灾|冒烟|烧起来|漏电|触电|受伤|流血|烫伤|烧伤|割伤|电伤|中毒|窒息|昏迷|晕倒|骨折|"
    r"煤气泄漏"
)
_CALL_ZH = re.compile(
    r"救命|(?:叫|喊|要|打)(?:个|一?辆)?(?:救护车|警察)|(?:我要|已经?|帮我?|快|请|去)报警(?!器|功能|声|灯)|(?:打|拨)(?:110|119|120)"
)
# What a product is called or promises, and what is only feared: 防爆炸, 爆炸盐, 会着火吗, 烫伤膏.
_BEFORE_ZH = re.compile(
    r"(?:防|抗|阻|避免|预防|以免|会不会|会|不|是否|能不能|容易|怕|担心|治疗?|为了)(?:止|有|发生|被|再|触电|漏电|爆炸|着火|起火|烫伤|和|、)*$"
)
_AFTER_ZH = re.compile(
    r"^(?:报警|险|保险|盐|糖|头|贴|膏|药|喷雾|灯|器|性|物|点|风险|危险|隐患|保护|模型|玩具|效果|鸡|面|的?(?:概率|可能)|电影)"
)
_HARM_EN = re.compile(
    r"^\s*(?:fire|explosion)\s*!|\b(?:(?:caught|catching|set|on)\s+fire(?!\s*(?:tv|stick|tablet|hd|sale))|burst\s+into\s+flames|in\s+flames|"
    r"start(?:ed|ing)\s+a\s+fire|there(?:['’]s|\s+is|\s+was)\s+(?:a\s+|an\s+)?(?:fire(?!\s*(?:tv|stick|tablet|sale|pit|door))|"
    r"smoke(?!\s+(?:detector|alarm))|gas\s+leak|explosion)|smoke\s+(?:is\s+)?com(?:es|ing)\s+out|blew\s+up|blown\s+up|"
    r"exploded(?!\s+view)|explod(?:ing|es)\s+in\s+my|(?:an|the)\s+explosion(?![- ]?(?:proof|resistant|risk|protection))|"
    r"electrocuted|electric\s+shock\s+from|call(?:ing)?\s+(?:the\s+)?(?:police|fire\s+(?:brigade|department)|911|999|112)|"
    r"(?:need|call)\s+(?:an?\s+)?(?:ambulance|doctor)|(?:i|he|she|child|kid|son|daughter|baby|wife|husband|someone|somebody|people|hand|"
    r"face|finger|leg|eyes?)(?:['’]m|['’]s|['’]ve|\s+(?:am|is|are|was|were|got|has|have))(?:\s+(?:been|now|badly|seriously|all))*\s+"
    r"(?:hurt|injured|burn(?:ed|t)|bleeding|poisoned|shocked\s+by|unconscious)|(?:got|was|were|been)\s+(?:badly\s+|seriously\s+)?injured|"
    r"(?:caused|suffered|have|got)\s+(?:an?\s+|me\s+an?\s+)?(?:\w+\s+)?injur(?:y|ies)|(?:burn(?:ed|t)|injured|hurt)\s+(?:me|my\s+(?:\w+))|"
    r"can(?:['’]?t|not)\s+breathe|(?:this\s+is|it['’]?s|have)\s+an\s+emergency(?!\s+(?:kit|light|lamp|contact|blanket|charger|radio|exit|release))|"
    r"help\s+me[,!. ]+i['’]?m\s+(?:hurt|dying))\b",
    re.IGNORECASE,
)
_ASKED_EN = re.compile(
    r"\b(?:can|could|will|would|does|may|might|is\s+it\s+safe|proof|prevents?|avoid)\b[^.!?]{0,30}$", re.I
)


def is_urgent(text: str) -> bool:
    """Say whether the words tell of danger to somebody, not of a product that guards against it."""
    if _SELF_HARM_ZH.search(text) or _SELF_HARM_EN.search(text) or _CALL_ZH.search(text):
        return True
    for hit in _HARM_ZH.finditer(text):
        feared = _BEFORE_ZH.search(text[: hit.start()]) and not text[hit.end() :].startswith("了")
        if not feared and not _AFTER_ZH.match(text[hit.end() :]):
            return True
    return any(not _ASKED_EN.search(text[: hit.start()]) for hit in _HARM_EN.finditer(text))
