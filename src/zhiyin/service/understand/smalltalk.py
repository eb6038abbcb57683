"""What is no question: greetings, thanks, goodbyes, the wish for a person, and complaints about the answer.

Rules decide what is certain; what they leave open is compared with examples by meaning. Whatever is not clearly
small talk is a question.
"""

import re

from zhiyin.conversation.facts import Intent

_I = re.IGNORECASE
_ZH_TAIL = r"[呀啊哈哦喔噢呢吧嘛哟～~ ]*"
_SELF_ZH = r"(?:机器人|人工智能|ai|智能客服|真人|真的人|活人|人类|人工|人|程序|电脑)(?:客服|助手|在?回复)?"
_SELF_EN = (
    r"(?:an?\s+|the\s+)?(?:(?:real|live|actual|automated|computer)\s+)?(?:human(?:\s+being)?|person|people|real|(?:ro|chat\s*)?bot|ai|"
    r"machine|computer|program|automated|chatgpt|gpt|llm)(?:\s+(?:bot|assistant|agent|model))?"
)
_RULES: tuple[tuple[Intent, re.Pattern[str]], ...] = (
    (
        "greeting",  # which says what we are
        re.compile(
            rf"(?:请问|那|所以|喂)?(?:[你您]们?(?:到底|究竟|其实)?(?:是|就是)(?:不是)?(?:一?个)?{_SELF_ZH}(?:还是{_SELF_ZH})?|"
            rf"[你您](?:到底|究竟)?是(?:谁|什么(?:东西)?|哪位)|[你您]叫什么(?:名字)?|(?:这|对面)?(?:是|是不是){_SELF_ZH}(?:还是{_SELF_ZH})?|"
            rf"我(?:是)?在?[和跟与]{_SELF_ZH}(?:说话|聊天?|对话))[吗么]?{_ZH_TAIL}",
            _I,
        ),
    ),
    (
        "greeting",
        re.compile(
            rf"(?:so\s+|wait\s+|hey\s+)?(?:(?:are|r)\s+(?:you|u)|is\s+(?:this|it|that)|am\s+i\s+(?:talking|speaking|chatting|texting)\s+(?:to|with)|"
            rf"you(?:'re|\s+are))\s+(?:really\s+|just\s+|actually\s+|even\s+|all\s+)?{_SELF_EN}(?:\s+or\s+(?:just\s+)?{_SELF_EN})?"
            rf"(?:\s+(?:here|right\s+now|right))?|(?:who|what)\s+are\s+you|who\s+am\s+i\s+(?:talking|speaking|chatting)\s+(?:to|with)|"
            rf"what(?:'s|\s+is)\s+your\s+name",
            _I,
        ),
    ),
    (
        "greeting",
        re.compile(
            rf"(?:(?:你|您|妳)们?好|哈[喽啰罗]|嗨+|嘿+|在[吗么嘛]|在不在|有人(?:在)?[吗么嘛]|(?:早上|上午|中午|"
            rf"下午|晚上)好|早安?|晚安?好?|亲+|客服(?:你好|您好|在吗)?)"
            rf"(?:亲|客服|小姐姐|小哥)?{_ZH_TAIL}",
            _I,
        ),
    ),
    (
        "greeting",
        re.compile(
            r"(?:(?:hi|hello|hey|hiya|howdy|yo|greetings)(?:\s+(?:there|all|team|everyone|bot|again|zhiyin|"
            r"guys|folks))?"
            r"|good\s+(?:morning|afternoon|evening|day)|(?:is\s+)?any(?:one|body)\s+(?:there|here)|are\s+you\s+there|"
            r"how\s+are\s+you(?:\s+today)?)",
            _I,
        ),
    ),
    (
        "thanks",
        re.compile(
            rf"(?:(?:好的?|嗯+|哦+|明白了?|知道了|懂了|了解了?|清楚了|收到|行|可以)?[,， ]?(?:非常|十分|太|"
            rf"多)?(?:谢谢?|感谢|多谢|蟹蟹|3q|thx|thanks)(?:你|您|啦|了|你们|您的?(?:回复|帮助|解答)|大家)*"
            rf"|(?:问题)?(?:已经)?解决了|(?:好的?|嗯+|哦+|明白了?|知道了|懂了|了解了?|清楚了|收到|行|没问题了?|"
            rf"没事了|没有了|不用了)|辛苦了?|太好了|帮了?大忙(?:了)?){_ZH_TAIL}",
            _I,
        ),
    ),
    (
        "thanks",
        re.compile(
            r"(?:ok(?:ay)?|great|perfect|cool|alright|got\s+it|understood|awesome|nice|wonderful|excellent|"
            r"(?:that|this)(?:'s|\s+is|\s+was)?\s+"
            r"(?:very\s+|really\s+|so\s+)?(?:helpful|helps?|helped|great|perfect|all)|(?:many\s+|ok\s+|okay\s+|"
            r"great\s+)?(?:thanks?|thank\s+(?:you|u)|thx|ty|cheers|appreciate\s+it|much\s+appreciated)"
            r"(?:\s+(?:a\s+lot|so\s+much|very\s+much|you|again|a\s+million|for\s+(?:your|the)\s+(?:help|reply|"
            r"answer|time)|that(?:'s|\s+is)?\s+all))*)",
            _I,
        ),
    ),
    (
        "goodbye",
        re.compile(
            rf"(?:(?:好的?)?(?:再见|拜拜+|拜|回见|回头见|8{{2,}}|下次见|先这样|就这样|没有?(?:别的)?(?:问题)?了?再见)(?:了|"
            rf"吧)?){_ZH_TAIL}",
            _I,
        ),
    ),
    (
        "goodbye",
        re.compile(
            r"(?:(?:good\s*)?bye(?:\s*bye)?|see\s+(?:you|ya)(?:\s+(?:later|soon|around))?|have\s+a\s+(?:nice|"
            r"good|great|lovely)\s+(?:day|one|evening|weekend)|take\s+care|cya|good\s*night|that(?:'s|\s+is|"
            r"\s+will\s+be)\s+all(?:\s+for\s+now)?)",
            _I,
        ),
    ),
)
_SOMEBODY = (
    r"(?:人工(?:客服|服务|坐席|座席|的?客服)?(?:人员)?(?!智能|费|成本|湖|降雨|草|钻|草坪|养殖|翻新)|"
    r"真人(?:客服)?(?!秀|认证|实名)|活人|客服(?:人员|小姐姐|专员|代表)|(?:专员|坐席|座席|(?:客服)?经理|"
    r"主管)|客服)"
)
_PERSON_ZH = re.compile(
    rf"(?:请|麻烦|你们|这里|帮我|给我|我要|我想|想|要|能|可以|可不可以|能不能|直接|快|赶紧|立刻|马上|"
    rf"那|就|还是|好的?|嗯|\s)*"
    rf"(?:转接?|找|换|叫|接入?|接通|连接?|联系|呼叫|需要|要|想要|想找|来个|来一?个|有没有|有|跟|和|"
    rf"与|让|是)?(?:一?下|到|成|给|一?个|你们的?|一位|们)?"
    rf"{_SOMEBODY}(?:聊聊?|说(?:话)?|沟通|对话|谈谈?|处理|回答|解决|来?(?:帮我)?(?:处理|解决|回复)?|"
    rf"接(?:待)?|服务|帮忙)?(?:一下)?(?:可以|行|好)?(?:吗|么|嘛|吧|啊|呀|呢|谢谢|不|了|谢了|\s)*"
)
_NOT_PERSON_ZH = re.compile(
    r"^(?:不|别|不用|无需|不要|不需要|不想).{0,4}(?:转|找|人工|客服)|几点|时间|多少|多久|收费|要钱|"
    r"电话|号码|上班|下班|在哪|邮箱|区别"
)
_ANYBODY_ZH = re.compile(
    r"(?:我|请|那|就|不行|快|给我|帮我)*(?:(?:只)?(?:要|想要|找|换|叫|来|需要|想找|要找)一?个?(?:人|真的人)|"
    r"(?:不要|不想要?|别(?:用|再|让)?|不需要|讨厌|受够|拒绝)(?:再)?(?:和|跟|与|用|这个|你这个)?机器人(?:客服)?)"
    r"(?:来|帮我?|帮忙|处理|回复|回答|接待|说话|聊天?|对话|服务|沟通|解决|我|一下|了|啊|吧|！|!)*"
)
_CALL_ME_EN = re.compile(
    r"(?:please\s+)?(?:(?:can|could|will|would)\s+)?(?:(?:you|someone|somebody|anyone|anybody|a\s+(?:person|human))\s+)?"
    r"(?:please\s+)?(?:have\s+(?:someone|somebody)\s+)?(?:call|phone|ring)\s+me(?:\s+(?:back|please|now|today|asap))*|"
    r"(?:i\s+)?(?:(?:do\s*n[o']?t|don't|do\s+not)\s+want|no|stop|enough\s+with|i\s+hate)\s+(?:to\s+(?:talk|speak|chat)\s+(?:to|with)\s+)?"
    r"(?:more\s+)?(?:an?\s+|the\s+|this\s+)?(?:ro|chat)?bots?(?:\s+please)?",
    _I,
)
_DECLINES_PERSON = re.compile(
    r"(?:我)?(?:先|暂时)?(?:不要|不用|别|不需要|无需|不想|不必)(?:给我|帮我)?(?:转接?|找|叫|要)?(?:到)?(?:人工|真人|客服)(?:客服|服务)?了?|"
    r"(?:please\s+)?(?:i\s+)?(?:(?:do\s*n[o']?t|don't|do\s+not)\s+(?:want|need|transfer|connect)|no\s+need\s+(?:for|of)|no)\s+"
    r"(?:me\s+)?(?:to\s+)?(?:(?:talk|speak)\s+to\s+)?(?:an?\s+)?(?:human|person|real\s+person|agent|representative)s?",
    _I,
)
_WHO = (
    r"(?:(?:a|an|the|your|some|any|one\s+of\s+your|real|actual|live|human)\s+)*"
    r"(?:human(?:\s+(?:being|agent|operator|representative|rep|support|help|assistance|service))?|real\s+person|live\s+(?:agent|"
    r"person|chat)|person|people|agents?|representative|rep|operator|"
    r"someone(?:\s+(?:real|else|from\s+(?:your|the)\s+team|human))?|somebody(?:\s+real)?|customer\s+(?:service|"
    r"support|care)(?:\s+(?:rep|representative|agent|person))?|support\s+(?:agent|person|rep)|"
    r"staff(?:\s+member)?|manager|supervisor)"
)
_PERSON_EN = re.compile(
    rf"(?:(?:please|pls|can|could|may|i|you|we|just|let|me|want|wanna|need|would|like|'d|id|i'd|to|"
    rf"is|there|any\s+way|have|the|how|do|now|no|prefer|rather|ok|so)\s+)*"
    rf"(?:(?:talk|speak|chat|connect(?:\s+me)?|transfer(?:\s+me)?|switch(?:\s+me)?|put\s+me\s+through|"
    rf"pass\s+me(?:\s+on)?|hand\s+me\s+over|get\s+me|give\s+me|get|want|need|call|contact|reach|ask|"
    rf"escalate(?:\s+this)?|send\s+me)\s+"
    rf"(?:(?:to|with|directly|in\s+touch|through)\s+)*)?{_WHO}(?:\s+(?:please|pls|now|instead|directly|"
    rf"here|to\s+(?:help|talk|speak)(?:\s+(?:me|to|with))*|asap|available|right\s+now|about\s+this))*",
    _I,
)
_BARE_WHO_EN = re.compile(
    r"(?:human|agent|representative|operator|real\s+person|live\s+agent|live\s+chat|human\s+agent|"
    r"customer\s+(?:service|support)|a\s+(?:human|real\s+person)|person)(?:\s+please)?",
    _I,
)
_VERB_EN = re.compile(
    r"\b(?:talk|speak|chat|connect|transfer|switch|put\s+me|pass\s+me|hand\s+me|get|give|want|need|"
    r"call|contact|reach|escalate|send|prefer|rather|there|have)\b",
    _I,
)
_NOT_PERSON_EN = re.compile(
    r"\b(?:do\s*n[o']?t|don't|no\s+need|not)\s+(?:want|need|transfer|connect|to)|\bhow\s+(?:long|much|"
    r"many)\b|\bwhen\b|\bwhat\s+time\b|\bhours?\b|\bnumber\b",
    _I,
)
_FEEDBACK = (
    re.compile(
        r"(?:不过|但是?|可是|可|然而|[你您]们|客服|[你您]|机器人|回答|答案|这|说的?|完全|根本|都|还是|真|太|简直|的|是|啥|什么|了)*(?:没用|没有用|"
        r"没(?:有)?帮助|没帮上忙|答非所问|不对|错了|答错了?|不是我(?:要)?问的(?:问题)?|听不懂(?:人话)?|"
        r"牛头不对马嘴|文不对题|(?:什么)?垃圾|太差了?|智障|没(?:有)?解决|没有?回答我?(?:的)?问题|看不懂)"
        r"(?:啊|呀|吧|了|我的问题|问题|我|的|！|!|机器人|回答)*"
    ),
    re.compile(
        r"(?:[你您]们?|这|家|店|客服|的|人员|真|太|很|非常|也|就|是|我对)*(?:态度|服务|体验)(?:态度|质量|水平|也|真的?|太|很|非常|特别|"
        r"这么|好|就是|是|这|个|样)*(?:差|恶劣|烂|不好|不行|糟糕?|垃圾|不满意?)(?:劲|了|啊|的|透|极|吧|死)*|"
        r"(?:我|以后|下次|绝对|永远)*(?:再也|绝)?(?:再)?(?:不会?|不想)再?(?:来|买|光顾|在?[你您]们?(?:家|这|店)?(?:里|儿)?买(?:东西)?|用[你您]们?(?:家|的)?)(?:东西)?了?|"
        r"(?:谢谢|感谢)[你您]?(?:啊|了)?(?:个鬼|个屁|白问)了?|白问了?"
    ),
    re.compile(
        r"thanks?\s+(?:you\s+)?for\s+(?:nothing|wasting\s+my\s+time)|(?:and\s+)?(?:i(?:'ll|\s+will|'m|\s+am)\s+)?never\s+"
        r"(?:(?:ever|going\s+to)\s+)?(?:buy(?:ing)?|shop(?:ping)?|order(?:ing)?|com(?:e|ing)|us(?:e|ing))\b(?:\s+\w+){0,5}|(?:the\s+)?worst\s+(?:\w+\s+){0,3}ever|"
        r"(?:your|the|this)\s+(?:customer\s+)?(?:service|support|staff|bot|shop|store|company|attitude)\s+(?:is|are|was|were)\s+(?:so\s+|really\s+|very\s+|just\s+)?"
        r"(?:terrible|awful|bad|rude|useless|horrible|the\s+worst|a\s+joke|pathetic|rubbish|garbage)|"
        r"(?:but\s+)?(?:you|that|this|it)(?:'re|'s|\s+are|\s+is)?\s+(?:so\s+|very\s+)?(?:rude|pathetic|a\s+joke|(?:did\s*n[o']?t|did\s+not)\s+(?:help|solve)(?:\s+\w+){0,3})",
        _I,
    ),
    re.compile(
        r"(?:(?:this|that|it|you|your\s+(?:answer|reply)|the\s+answer|which|still|so|just|really|very|"
        r"completely|totally)(?:'s|\s+is|\s+are|\s+was|'re)?\s+)*"
        r"(?:(?:is|are|was)\s+)?(?:useless|not\s+(?:very\s+|at\s+all\s+)?(?:helpful|useful|what\s+i\s+(?:asked|"
        r"meant|wanted))|wrong|incorrect|unhelpful|terrible|stupid|rubbish|nonsense|"
        r"(?:did\s*n[o']?t|didn't|does\s*n[o']?t|doesn't|did\s+not|does\s+not)\s+(?:help|answer\s+(?:my|"
        r"the)\s+question|solve\s+(?:it|anything|my\s+problem)|work)(?:\s+me)?)"
        r"(?:\s+(?:at\s+all|to\s+me|bot|answer|reply))*",
        _I,
    ),
)
_STRENGTH: tuple[Intent, ...] = ("person", "feedback", "goodbye", "thanks", "greeting")
_SEGMENT = re.compile(r"[,，。.!！?？;；~～\n…]+(?!\d)|\s+-\s+")
_WORDS = re.compile(r"[\w\u3400-\u9fff]")
_LEADS_ZH = re.compile(
    r"^(?:(?:你|您)好[呀啊]?|哈[喽啰]|嗨|在吗|亲|(?:早上|上午|下午|晚上)好|请问一?下?|麻烦问一?下|"
    r"想问一?下|问一?下|咨询一?下)[,，\s]*(?=[\w\u3400-\u9fff])"
)
_LEADS_EN = re.compile(
    r"^(?:(?:hi|hello|hey)(?:\s+there)?|good\s+(?:morning|afternoon|evening)|excuse\s+me)\b[,\s]+", _I
)

EXAMPLES: dict[Intent, tuple[str, ...]] = {
    "greeting": ("你好", "您好，在吗", "早上好", "hello there", "hi, anyone here?", "good evening"),
    "thanks": ("谢谢你的帮助", "好的我明白了，谢谢", "thank you so much", "great, that helps", "got it, thanks"),
    "goodbye": ("再见", "拜拜，下次再聊", "goodbye", "see you later", "没别的事了"),
    "person": (
        "我要和真人说话",
        "帮我转人工客服",
        "别让机器人回答了，换个人来",
        "talk to a real person",
        "connect me to a human agent",
        "stop the bot, get me somebody",
    ),
    "feedback": (
        "你的回答没有用",
        "答非所问",
        "你说的不对",
        "this answer is useless",
        "that is not what I asked",
        "you did not help me",
    ),
    "question": (
        "退款多久到账",
        "怎么申请退货",
        "运费多少钱",
        "订单什么时候发货",
        "优惠券怎么用",
        "这个商品保修多久",
        "人工费多少钱",
        "客服几点上班",
        "推荐一款手机",
        "人工智能手环怎么连接",
        "how long do refunds take",
        "how do I return an item",
        "what does shipping cost",
        "where is my order",
        "when are agents available",
        "can a person pick up my order for me",
        "the product does not work",
        "收到的商品是坏的",
        "我要投诉",
        "i want to complain",
        "thank-you card with the gift",
        "what is your phone number",
    ),
}
"""Examples for what the rules leave open; `question` is there to win."""


def by_rule(segment: str) -> Intent | None:
    """Return the intent of a piece of a message when a rule is certain of it."""
    words = segment.strip(" \t\"'“”‘’()（）[]【】<>《》、:：*_^")
    if not _WORDS.search(words):
        return "other"
    if len(words) > 60:
        return None
    for intent, pattern in _RULES:
        if pattern.fullmatch(words):
            return intent
    if wants_person(words):
        return "person"
    if _DECLINES_PERSON.fullmatch(words):
        return "question"
    if any(pattern.fullmatch(words) for pattern in _FEEDBACK):
        return "feedback"
    return None


def wants_person(words: str) -> bool:
    """Say whether somebody asks to be passed on to a person, rather than about one."""
    if _ANYBODY_ZH.fullmatch(words) or _CALL_ME_EN.fullmatch(words):
        return True
    if _PERSON_ZH.fullmatch(words) and not _NOT_PERSON_ZH.search(words):
        return words.strip() != "客服"
    if _NOT_PERSON_EN.search(words):
        return False
    if _BARE_WHO_EN.fullmatch(words):
        return True
    return bool(_PERSON_EN.fullmatch(words) and _VERB_EN.search(words))


def declines_person(words: str) -> bool:
    """Say whether the words only say that no person is wanted."""
    return bool(_DECLINES_PERSON.fullmatch(words))


def segments(text: str) -> list[str]:
    """Cut a message into the pieces that are judged one by one."""
    return [piece for piece in (p.strip() for p in _SEGMENT.split(text)) if piece]


def strongest(intents: list[Intent]) -> Intent:
    """Return which of several small-talk intents the message is about."""
    return next((intent for intent in _STRENGTH if intent in intents), "other")


def without_lead(text: str) -> str:
    """Cut a greeting off the head of a question."""
    before = None
    while before != text:
        before, text = text, _LEADS_EN.sub("", _LEADS_ZH.sub("", text.strip()))
    return text.strip()
