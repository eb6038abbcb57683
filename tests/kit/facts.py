"""Facts for tests: one good example of every kind, and strategies for all of them."""

from datetime import UTC, datetime
from typing import Any, get_args

from hypothesis import strategies as st

from zhiyin.conversation.facts import (
    Citation,
    CustomerSaid,
    Decided,
    Delivered,
    Drafted,
    Ended,
    Fact,
    FoundPassage,
    HandedOver,
    ModelFailed,
    Opened,
    PassagesFound,
    Rated,
    Replied,
    ReturnedToBot,
    Sentence,
    Taken,
    Understood,
    Verified,
    Withheld,
)
from zhiyin.conversation.ids import ContactId, DocumentId, InboxId, MessageId, PassageId, PersonId

_PASSAGE = FoundPassage(
    PassageId("p1"), DocumentId("d1"), "退货 › 时限", "签收后 7 天内可以退货。", "zh", 0.93, "几天内能退货？",
    "https://shop.example/returns", ((0, 13),),
)  # fmt: skip
_SENTENCE = Sentence("签收后 7 天内可以退货。", (0,))

EXAMPLES: tuple[Fact, ...] = (
    Opened(InboxId("i1"), ContactId("c1"), "widget", True, "zh"),
    CustomerSaid(MessageId("m1"), "我要退货"),
    Understood("question", "zh", "怎么退货"),
    PassagesFound("怎么退货", (_PASSAGE,)),
    Decided("answer", "a passage answers"),
    Drafted((_SENTENCE, Sentence("您好！", (), True)), "extractive", 2),
    Verified((_SENTENCE,), 0.97),
    Withheld("签收后 30 天内可以退货。", "number", "30 is not in the passage"),
    ModelFailed("qwen", "timed out"),
    Replied(
        "k1", "签收后 7 天内可以退货。", "bot", "zh", (1,), ("签收后 7 天内可以退货。",),
        (Citation(1, 0, PassageId("p1"), DocumentId("d1"), "退货 › 时限", "签收后 7 天", "https://shop.example/returns"),),
        ("转人工",), "answered",
    ),
    Delivered("k1", "widget"),
    Rated("k1", False, ("too_long",), "太长了"),
    HandedOver("the customer asked", "customer"),
    Taken(PersonId("u1"), datetime(2026, 11, 22, 9, 30, tzinfo=UTC)),
    ReturnedToBot("person:u1"),
    Ended("customer", "solved"),
)  # fmt: skip

_CHANCE = st.floats(0, 1)
_FILLED: dict[type[Any], st.SearchStrategy[Any]] = {
    PassagesFound: st.builds(
        PassagesFound, passages=st.lists(st.builds(FoundPassage, answers=_CHANCE), max_size=3).map(tuple)
    ),
    Verified: st.builds(Verified, grounded=_CHANCE),
    Taken: st.builds(Taken, until=st.datetimes(timezones=st.just(UTC))),
}


def any_fact() -> st.SearchStrategy[Fact]:
    """Return facts of every kind: half of them the examples, which make lawful talks, half filled by their types."""
    filled = [_FILLED[kind] if kind in _FILLED else st.from_type(kind) for kind in get_args(Fact)]
    return st.sampled_from(EXAMPLES) | st.one_of(filled)
