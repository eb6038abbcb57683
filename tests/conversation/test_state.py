"""The owner state machine and the fold."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhiyin.conversation.facts import (
    CustomerSaid,
    Delivered,
    Ended,
    Event,
    Fact,
    HandedOver,
    Opened,
    Replied,
    ReturnedToBot,
    Taken,
)
from zhiyin.conversation.ids import AccountId, ContactId, ConversationId, InboxId, MessageId, PersonId
from zhiyin.conversation.state import Conversation, apply, refuse_unlawful, replay
from zhiyin.errors import Conflict, CorruptLog

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)
ACCOUNT, TALK = AccountId("a"), ConversationId("c")


def event(number: int, fact: Fact, *, at: datetime = NOW) -> Event:
    return Event(ACCOUNT, TALK, number, at, None, fact)


def told(*facts: Fact) -> Conversation:
    return replay(ACCOUNT, TALK, (event(number, fact) for number, fact in enumerate(facts)))


def reply(author: str = "bot", answers: tuple[int, ...] = ()) -> Replied:
    return Replied("k", "好的", author, "zh", answers)


OPENED = Opened(InboxId("i"), ContactId("p"), "widget")
SAID = CustomerSaid(MessageId("m"), "怎么退货")


def test_a_burst_is_one_question_and_a_reply_answers_what_it_names() -> None:
    talk = told(OPENED, SAID, CustomerSaid(MessageId("n"), "昨天买的"))
    assert talk.asked() == "怎么退货\n昨天买的"
    answered = apply(talk, event(3, reply(answers=(1,))))
    assert answered.asked() == "昨天买的"
    assert answered.undelivered == ("k",)
    assert apply(answered, event(4, Delivered("k", "widget"))).undelivered == ()


def test_the_bot_is_silent_while_the_queue_or_a_person_owns() -> None:
    queued = told(OPENED, SAID, HandedOver("asked", by="customer"))
    with pytest.raises(Conflict, match="may not speak"):
        refuse_unlawful(queued, event(3, reply()))
    held = apply(queued, event(3, Taken(PersonId("li"), LATER)))
    with pytest.raises(Conflict, match="may not speak"):
        refuse_unlawful(held, event(4, reply()))
    refuse_unlawful(held, event(4, reply("person:li")))


def test_only_the_holder_speaks_and_only_while_the_lease_lasts() -> None:
    held = told(OPENED, SAID, Taken(PersonId("li"), LATER))
    with pytest.raises(Conflict):
        refuse_unlawful(held, event(3, reply("person:wang")))
    with pytest.raises(Conflict):
        refuse_unlawful(held, event(3, reply("person:li"), at=LATER + timedelta(seconds=1)))


def test_what_a_person_handled_is_not_the_bots_context() -> None:
    back = told(OPENED, SAID, Taken(PersonId("li"), LATER), ReturnedToBot("person:li"))
    assert (back.owner, back.context_from, back.unanswered) == ("bot", 3, ())


def test_an_ended_conversation_begins_again_with_the_bot() -> None:
    talk = told(OPENED, SAID, Ended("customer"))
    assert talk.owner == "nobody"
    again = apply(talk, event(3, CustomerSaid(MessageId("z"), "还有一个问题")))
    assert (again.owner, again.context_from, again.unanswered) == ("bot", 3, (3,))


def test_a_gap_or_a_stranger_is_a_corrupt_log() -> None:
    with pytest.raises(CorruptLog, match="next is numbered 5"):
        apply(told(OPENED), event(5, SAID))
    with pytest.raises(CorruptLog, match="another conversation"):
        apply(told(OPENED), Event(AccountId("b"), TALK, 1, NOW, None, SAID))


def test_nothing_comes_before_opened_and_it_comes_once() -> None:
    with pytest.raises(Conflict, match="not open yet"):
        refuse_unlawful(told(), event(0, SAID))
    with pytest.raises(Conflict, match="already open"):
        refuse_unlawful(told(OPENED), event(1, OPENED))


FACTS = st.sampled_from(
    [
        SAID,
        HandedOver("asked", by="customer"),
        Taken(PersonId("li"), LATER),
        ReturnedToBot("person:li"),
        Ended("customer"),
        reply(),
        reply("person:li"),
        reply("person:wang"),
    ]
)


@settings(max_examples=300, derandomize=True)
@given(st.lists(FACTS, max_size=12))
def test_whatever_happens_only_the_owner_ever_speaks(facts: list[Fact]) -> None:
    talk = told(OPENED)
    for fact in facts:
        one = event(talk.length, fact)
        try:
            refuse_unlawful(talk, one)
        except Conflict:
            continue
        if isinstance(fact, Replied):
            assert talk.owner == ("bot" if fact.author == "bot" else "person")
            assert fact.author in ("bot", f"person:{talk.person}")
        talk = apply(talk, one)
    assert (talk.person is not None) == (talk.owner == "person")
