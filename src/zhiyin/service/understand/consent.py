"""Words that mean something only by what was said before: yes, no, and what says nothing at all."""

import re
from typing import Literal

_I = re.IGNORECASE
_MARKS = re.compile(r"[^\w\u3400-\u9fff'’]+")
_TAIL = r"(?:了|的|吧|啊|呀|哦|呢|哈|啦|嘛)*"
_THANKS = r"(?:谢谢|多谢|感谢|谢了|麻烦|辛苦)(?:你|您|你们)?"
_YES_ZH = re.compile(
    rf"(?:(?:{_THANKS}|请|那就?|快点?|尽快|帮我){_TAIL})*"
    rf"(?:需要|要|可以|好|行|嗯+|是|对|当然|没问题|转接?|同意|麻烦(?:你|您)?|ok(?:ay)?|yes)(?:人工|客服|过去)*{_TAIL}"
    rf"(?:(?:{_THANKS}|需要|要|可以|好|行|是|转接?|请|帮我|快点?|尽快|人工|客服|一下){_TAIL})*",
    _I,
)
_NO_ZH = re.compile(
    rf"(?:(?:哦|嗯|好|那|先|暂时|还是|我|{_THANKS}){_TAIL})*"
    rf"(?:不用|不需要|不要|不必|不了?|算|没事|没关系|不麻烦|不想|否|没有)(?:转接?|找|人工|客服|麻烦|你|您)*{_TAIL}"
    rf"(?:(?:{_THANKS}|不用|再说|我自己(?:看看|来)|再看看|再见){_TAIL})*",
    _I,
)
_YES_EN = re.compile(
    r"(?:(?:oh|well|thanks|thank you)\s+)*"
    r"(?:yes|yeah|yep|yup|ya|y|sure(?: thing)?|ok|okay|k|please|absolutely|definitely|certainly|of course|alright|all right|fine|"
    r"go ahead|why not|do (?:so|it|that)|sounds good|great|good|perfect|connect me|transfer me|pass me on|i would|i'd like that|"
    r"i do|that would be (?:great|nice|good|helpful)|let's do (?:it|that))"
    r"(?:\s+(?:yes|yeah|sure|please|do|so|it|that|thanks|thank you|connect me|transfer me|pass me on|go ahead|of course|i would|"
    r"i'd like that|i do|very much|now|ok|okay|that would be (?:great|nice|good|helpful)|that works|to (?:a|one of your) (?:human|person|people)))*",
    _I,
)
_NO_EN = re.compile(
    r"(?:(?:oh|well|ok|okay|thanks|thank you|i)\s+)*"
    r"(?:no+|nope|nah|n|not (?:now|needed|necessary|yet|really)|don't bother|do not bother|never ?mind|"
    r"(?:that's|that is|it's|it is) (?:ok|okay|fine|alright|all right)|(?:i'm|i am) (?:good|fine|ok|okay)|maybe later|later|don't|do not)"
    r"(?:\s+(?:no|need|needed|thanks|thank you|not now|later|maybe|please|don't|do not|it's|it is|that's|that is|that|won't be|i'm|i am|"
    r"ok|okay|fine|good|alright|necessary|it|worry|about|never ?mind|all|so much|anyway|though|bother|for now))*",
    _I,
)
_BARE_WORD = re.compile(
    r"是的?|对的?|不是?|否|没有|需要|要|可以的?|不要|不需要|yes|yeah|yep|yup|y|no+|nope|nah|n|sure|maybe|可能吧?|也许|\d|[a-z]",
    _I,
)
_ONE_SIGN = re.compile(r"([^A-Z])\1{2,}")
_THANKFUL = re.compile(r"谢|thank", _I)
_ONWARD = re.compile(r"转|connect|transfer|pass\s+me", _I)
_LATIN = re.compile(r"[a-z]+", _I)
_SOUND = re.compile(r"tch|sch|ght|[cpst]h|ng|ck")  # several letters, one sound: "lengths" can be said
_NOISE = re.compile(r"[^aeiouy]{5}|q[b-hj-npr-tv-z]|(.)\1\1|asdf|zxcv|hjkl")


def consent(text: str) -> Literal["yes", "no"] | None:
    """Read a short answer to an offer; None when it is something else, mere thanks included."""
    words = _plain(text)
    if len(words) > 50:
        return None
    closed = words.replace(" ", "")
    if _NO_ZH.fullmatch(closed) or _NO_EN.fullmatch(words):
        return "no"
    return "yes" if _YES_ZH.fullmatch(closed) or _YES_EN.fullmatch(words) else None


def without_offer(text: str) -> Literal["person", "thanks", "other"] | None:
    """Read a yes or no to something that was never asked; None when the words are neither."""
    if consent(text) is None:
        return None
    if _ONWARD.search(text) and consent(text) == "yes":
        return "person"
    return "thanks" if _THANKFUL.search(text) else "other"


def says_nothing(text: str) -> bool:
    """Say whether a whole message holds nothing to go by: a digit, a yes to no question, letters hit at random."""
    words = _plain(text)
    if not words or _BARE_WORD.fullmatch(words) or _ONE_SIGN.fullmatch(words):
        return True
    tokens = words.split()
    return all(_LATIN.fullmatch(token) and _is_noise(token) for token in tokens)


def _is_noise(token: str) -> bool:
    if token.isupper() and len(token) <= 4:  # an abbreviation: AAA, HDMI
        return False
    return bool(_NOISE.search(_SOUND.sub("t", token.lower())))


def _plain(text: str) -> str:
    return _MARKS.sub(" ", text.replace("’", "'")).strip()
