"""What customers see, and what they never see."""

from datetime import UTC, datetime
from typing import get_args

from zhiyin.conversation.facts import (
    Citation,
    CustomerSaid,
    Decided,
    Delivered,
    Drafted,
    Ended,
    Event,
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
from zhiyin.conversation.ids import (
    AccountId,
    ContactId,
    ConversationId,
    DocumentId,
    InboxId,
    MessageId,
    PassageId,
    PersonId,
)
from zhiyin.data.events import Whisper
from zhiyin.front.channels.frames import frame, whispered

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
SECRET = "内部"
CITED = Citation(1, 0, PassageId("p"), DocumentId("d"), "退货", "7天", None)
FACTS: tuple[Fact, ...] = (
    Opened(InboxId("i"), ContactId("c"), "widget"),
    CustomerSaid(MessageId("m1"), "怎么退货？"),
    Understood("question", "zh", SECRET),
    PassagesFound(SECRET, (FoundPassage(PassageId("p"), DocumentId("d"), SECRET, SECRET, "zh", 0.9),)),
    Decided("answer", SECRET),
    Drafted((Sentence(SECRET),), SECRET),
    Verified((Sentence(SECRET),), 0.9),
    Withheld(SECRET, "number", SECRET),
    ModelFailed(SECRET, SECRET),
    Replied("k", "7天内可以退。还有吗？", "bot", "zh", (1,), ("7天内可以退。", "还有吗？"), (CITED,), ("转人工",)),
    Delivered("k", "widget"),
    Rated("k", True, (SECRET,), SECRET),
    HandedOver(SECRET, f"person:{SECRET}"),
    Taken(PersonId(SECRET), AT),
    ReturnedToBot(SECRET),
    Ended(SECRET, SECRET),
)


def event(fact: Fact) -> Event:
    return Event(AccountId("acme"), ConversationId("v"), 5, AT, None, fact)


def test_every_fact_has_its_frame_or_none() -> None:
    assert {type(fact) for fact in FACTS} == set(get_args(Fact))
    shown = {type(fact).__name__: seen["type"] for fact in FACTS if (seen := frame(event(fact)))}
    assert shown == {
        "CustomerSaid": "message.created",
        "Replied": "message.created",
        "Delivered": "message.delivered",
        "Rated": "rating.saved",
        "HandedOver": "owner.changed",
        "Taken": "owner.changed",
        "ReturnedToBot": "owner.changed",
        "Ended": "owner.changed",
    }


def test_nothing_internal_is_in_any_frame() -> None:
    assert SECRET not in str([frame(event(fact)) for fact in FACTS])


def test_a_reply_shows_its_sentences_with_their_chips() -> None:
    seen = frame(event(FACTS[9]))
    assert seen == {
        "type": "message.created",
        "number": 5,
        "at": "2026-06-01T12:00:00+00:00",
        "author": "bot",
        "text": "7天内可以退。还有吗？",
        "key": "k",
        "sentences": [{"text": "7天内可以退。", "citations": [1]}, {"text": "还有吗？", "citations": []}],
        "citations": [
            {
                "index": 1,
                "sentence": 0,
                "passage": "p",
                "document": "d",
                "title": "退货",
                "snippet": "7天",
                "url": None,
            }
        ],
        "quick_replies": ["转人工"],
        "outcome": "answered",
        "language": "zh",
    }


def test_an_old_reply_without_sentences_is_one_sentence_with_all_chips() -> None:
    seen = frame(event(Replied("k", "7天。", "bot", "zh", (1,), citations=(CITED, CITED))))
    assert seen is not None
    assert seen["sentences"] == [{"text": "7天。", "citations": [1]}]


def test_a_colleague_is_only_a_person() -> None:
    seen = frame(event(Replied("k", "您好", "person:zhang", "zh", ())))
    assert seen is not None
    assert seen["author"] == "person"
    assert "zhang" not in str(seen)


def test_whispers() -> None:
    assert whispered(Whisper("status", "searching")) == {"type": "reply.status", "text": "searching"}
    assert whispered(Whisper("delta", "7天")) == {"type": "reply.delta", "text": "7天"}
    assert whispered(Whisper("withdrawn")) == {"type": "reply.withdrawn"}
    assert whispered(Whisper("typing", author="person:zhang")) == {"type": "typing", "author": "person"}
    assert whispered(Whisper("of a newer version", SECRET)) is None
