"""What every event log keeps to, on every engine."""

import asyncio
from contextlib import aclosing
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.kit.facts import EXAMPLES, any_fact
from tests.kit.stores import StillClock

from zhiyin.conversation.facts import (
    CustomerSaid,
    Decided,
    Delivered,
    Ended,
    Event,
    Fact,
    HandedOver,
    Opened,
    PassagesFound,
    Rated,
    Replied,
    Taken,
    Verified,
)
from zhiyin.conversation.ids import AccountId, ContactId, ConversationId, InboxId, MessageId, PersonId
from zhiyin.conversation.state import Conversation, replay
from zhiyin.data.database import Database
from zhiyin.data.events.sql import SqlEventLog
from zhiyin.errors import Conflict, Invalid, NotFound

ACME = AccountId("acme")
PLENTY_S = 30.0


@pytest.fixture
def log(database: Database, clock: StillClock) -> SqlEventLog:
    """A log with nothing in it."""
    return SqlEventLog(database, clock=clock)


async def opened(log: SqlEventLog, *, contact: str = "c1") -> Conversation:
    """Begin a conversation."""
    return await log.open(ACME, inbox=InboxId("i1"), contact=ContactId(contact), channel="widget", authenticated=True)


def said(message: str) -> CustomerSaid:
    """Say something."""
    return CustomerSaid(MessageId(message), f"words of {message}")


def reply(key: str, *answers: int, author: str = "bot") -> Replied:
    """Answer."""
    return Replied(key, f"reply {key}", author, "zh", answers)


async def check_replay(log: SqlEventLog, database: Database, id: ConversationId) -> Conversation:
    """Check the replay law, against the live state and against a log that remembers nothing."""
    live = await log.load(ACME, id)
    events = await log.read(ACME, id, limit=10_000)
    assert replay(ACME, id, events) == live == await SqlEventLog(database).load(ACME, id)
    assert [event.number for event in events] == list(range(live.length))
    return live


async def test_a_conversation_begins_with_opened(log: SqlEventLog, database: Database, clock: StillClock) -> None:
    begun = await opened(log)
    (event,) = await log.read(ACME, begun.id)
    assert event == Event(ACME, begun.id, 0, clock.now, None, Opened(InboxId("i1"), ContactId("c1"), "widget", True))
    assert begun == await check_replay(log, database, begun.id)


async def test_every_kind_of_fact_comes_back_as_it_went(log: SqlEventLog, database: Database) -> None:
    begun = await opened(log)
    here = await log.append(ACME, begun.id, [said("m1")], after=1)
    for fact in EXAMPLES:
        if not isinstance(fact, Opened | Taken | CustomerSaid):
            here = await log.append(ACME, begun.id, [fact], after=here.length, cause=1)
        if isinstance(fact, HandedOver):
            here = await log.append(
                ACME, begun.id, [Taken(PersonId("u1"), datetime(2026, 11, 22, 9, 30, tzinfo=UTC))], after=here.length
            )
    events = await log.read(ACME, begun.id)
    assert {type(event.fact) for event in events} == {type(fact) for fact in EXAMPLES}
    assert all(event.fact in (*EXAMPLES, said("m1")) for event in events[1:])
    assert {event.cause for event in events[2:]} == {1, None}
    await check_replay(log, database, begun.id)


@settings(max_examples=30, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chunks=st.lists(st.lists(any_fact(), min_size=1, max_size=4), max_size=8))
async def test_replay_law(log: SqlEventLog, database: Database, chunks: list[list[Fact]]) -> None:
    here = await opened(log)
    for facts in chunks:
        try:
            here = await log.append(ACME, here.id, facts, after=here.length)
        except Conflict:
            assert await log.load(ACME, here.id) == here  # a refused append leaves nothing behind
    assert await check_replay(log, database, here.id) == here


async def test_the_loser_of_a_race_is_told(log: SqlEventLog, database: Database) -> None:
    here = await opened(log)
    racers = [log.append(ACME, here.id, [Decided("answer", f"racer {n}")], after=1) for n in range(20)]
    outcomes = await asyncio.gather(*racers, return_exceptions=True)
    assert sum(isinstance(outcome, Conversation) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 19
    assert (await check_replay(log, database, here.id)).length == 2


async def test_a_conflict_fails_nobody_else(log: SqlEventLog, database: Database) -> None:
    talks = [await opened(log, contact=f"c{n}") for n in range(10)]
    writes = [log.append(ACME, talk.id, [said("m")], after=1 + n % 2) for n, talk in enumerate(talks)]
    outcomes = await asyncio.gather(*writes, return_exceptions=True)
    assert [isinstance(outcome, Conflict) for outcome in outcomes] == [bool(n % 2) for n in range(10)]
    for n, talk in enumerate(talks):
        assert (await check_replay(log, database, talk.id)).length == 2 - n % 2


async def test_an_append_is_all_or_nothing(log: SqlEventLog, database: Database) -> None:
    here = await opened(log)
    with pytest.raises(Conflict):
        await log.append(ACME, here.id, [said("m1"), HandedOver("asked", "customer"), reply("k1", 1)], after=1)
    assert (await check_replay(log, database, here.id)).length == 1
    with pytest.raises(Conflict):
        await log.append(ACME, here.id, [said("m1"), said("m1")], after=1)  # one message is not accepted twice
    assert (await check_replay(log, database, here.id)).length == 1
    assert not (await log.accept(ACME, here.id, said("m1"))).again


async def test_nobody_speaks_without_the_right(log: SqlEventLog) -> None:
    here = await opened(log)
    here = await log.append(ACME, here.id, [said("m1"), HandedOver("asked", "customer")], after=1)
    with pytest.raises(Conflict, match="may not speak"):
        await log.append(ACME, here.id, [reply("k1", 1)], after=here.length)


async def test_what_json_cannot_carry_is_refused(log: SqlEventLog, database: Database) -> None:
    here = await opened(log)
    for fact in (CustomerSaid(MessageId("m"), "half \ud83d"), Verified((), float("nan"))):
        with pytest.raises(Invalid):
            await log.append(ACME, here.id, [fact], after=1)
    assert (await check_replay(log, database, here.id)).length == 1


async def test_odd_texts_and_ids_are_kept(log: SqlEventLog) -> None:
    here = await opened(log)
    odd = CustomerSaid(MessageId("\0 id" * 4000), "\0 你好 😀 \u2028")
    assert not (await log.accept(ACME, here.id, odd)).again
    assert (await log.accept(ACME, here.id, odd)).again
    assert (await log.read(ACME, here.id))[1].fact == odd


async def test_a_message_is_accepted_once(log: SqlEventLog, database: Database, store_url: str) -> None:
    here = await opened(log)
    outcomes = await asyncio.gather(*(log.accept(ACME, here.id, said("m1")) for _ in range(50)))
    assert {outcome.number for outcome in outcomes} == {1}
    assert sorted(outcome.again for outcome in outcomes) == [False] + [True] * 49
    await log.accept(ACME, here.id, said("m2"))
    assert (await log.accept(ACME, here.id, said("m1"))).number == 1
    async with await Database.connect(store_url) as restarted:
        again = await SqlEventLog(restarted).accept(ACME, here.id, said("m1"))
        assert (again.number, again.again) == (1, True)
        other = await SqlEventLog(restarted).open(ACME, inbox=InboxId("i"), contact=ContactId("c"), channel="w")
        assert not (await SqlEventLog(restarted).accept(ACME, other.id, said("m1"))).again
    assert (await check_replay(log, database, here.id)).length == 3


async def test_different_messages_at_once_are_all_accepted(log: SqlEventLog, database: Database) -> None:
    here = await opened(log)
    outcomes = await asyncio.gather(*(log.accept(ACME, here.id, said(f"m{n}")) for n in range(50)))
    assert sorted(outcome.number for outcome in outcomes) == list(range(1, 51))
    live = await check_replay(log, database, here.id)
    assert live.unanswered == tuple(range(1, 51))


async def test_another_log_sees_what_this_one_wrote(log: SqlEventLog, store_url: str, clock: StillClock) -> None:
    here = await opened(log)
    async with await Database.connect(store_url) as beside:
        other = SqlEventLog(beside, clock=clock)
        assert await other.load(ACME, here.id) == here
        here = await log.append(ACME, here.id, [said("m1"), reply("k1", 1)], after=1)
        assert await other.load(ACME, here.id) == here
        there = await other.append(ACME, here.id, [Delivered("k1", "w")], after=3)
        assert await log.load(ACME, here.id) == there
        await other.accept(ACME, here.id, said("m2"))
        with pytest.raises(Conflict):
            await log.append(ACME, here.id, [Decided("answer", "stale")], after=4)
        assert (await log.accept(ACME, here.id, said("m3"))).number == 5


async def test_reading_in_pages(log: SqlEventLog) -> None:
    here = await opened(log)
    await log.append(ACME, here.id, [said(f"m{n}") for n in range(1, 10)], after=1)
    assert [e.number for e in await log.read(ACME, here.id, after=3, limit=4)] == [4, 5, 6, 7]
    assert [e.number for e in await log.read(ACME, here.id, after=8)] == [9]
    assert await log.read(ACME, here.id, after=9) == []
    assert await log.read(ACME, here.id, limit=0) == []


async def test_times_are_aware_and_utc(database: Database) -> None:
    shanghai = timezone(timedelta(hours=8))
    log = SqlEventLog(database, clock=lambda: datetime(2026, 1, 1, 8, 0, 0, 123456, tzinfo=shanghai))
    here = await opened(log)
    (event,) = await log.read(ACME, here.id)
    assert event.at == datetime(2026, 1, 1, 0, 0, 0, 123456, tzinfo=UTC)
    assert event.at.tzinfo is UTC


async def test_the_latest_active_come_first(log: SqlEventLog, clock: StillClock) -> None:
    talks = []
    for n in range(3):
        clock.pass_s(1)
        talks.append(await opened(log, contact=f"c{n % 2}"))
    clock.pass_s(1)
    await log.accept(ACME, talks[0].id, said("m"))
    listed = await log.list_open(ACME)
    assert [talk.id for talk in listed] == [talks[0].id, talks[2].id, talks[1].id]
    assert listed[0] == await log.load(ACME, talks[0].id)
    assert [talk.id for talk in await log.list_open(ACME, contact=ContactId("c0"))] == [talks[0].id, talks[2].id]
    assert [talk.id for talk in await log.list_open(ACME, limit=1)] == [talks[0].id]
    assert await log.list_open(AccountId("other")) == []


async def test_unknown_conversations_are_not_found(log: SqlEventLog) -> None:
    nowhere = ConversationId("nowhere")
    for call in (
        log.load(ACME, nowhere),
        log.read(ACME, nowhere),
        log.accept(ACME, nowhere, said("m")),
        log.append(ACME, nowhere, [said("m")], after=0),
        log.take(ACME, nowhere, worker="w", lease_s=1),
        log.settle(ACME, nowhere, worker="w", seen=1),
        log.defer(ACME, nowhere, worker="w", wait_s=1),
    ):
        with pytest.raises(NotFound):
            await call
    async with aclosing(log.follow(ACME, nowhere)) as following:
        with pytest.raises(NotFound):
            await anext(following)


async def test_an_ended_conversation_and_ratings(log: SqlEventLog, database: Database) -> None:
    here = await opened(log)
    here = await log.append(
        ACME, here.id, [said("m1"), reply("k1", 1), Delivered("k1", "w"), Rated("k1", True)], after=1
    )
    here = await log.append(ACME, here.id, [Ended("customer")], after=5)
    await log.accept(ACME, here.id, said("m2"))
    assert (await check_replay(log, database, here.id)).owner == "bot"
    assert await log.append(ACME, here.id, [], after=7) == await log.load(ACME, here.id)
    with pytest.raises(Conflict):
        await log.append(ACME, here.id, [], after=6)
    assert (await log.load(ACME, here.id)).turn.found is None
    await log.append(ACME, here.id, [PassagesFound("q", ())], after=7)
    await check_replay(log, database, here.id)
