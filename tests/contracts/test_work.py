"""What is due, who holds it, and when it is done: the same on every engine."""

import asyncio

import pytest
from tests.contracts.test_event_log import ACME, opened, reply, said
from tests.kit.stores import StillClock

from zhiyin.conversation.facts import Delivered, Ended, HandedOver, Rated, Taken
from zhiyin.conversation.ids import ConversationId, PersonId
from zhiyin.data.database import Database
from zhiyin.data.events.sql import SqlEventLog

LEASE_S = 10.0


@pytest.fixture
def log(database: Database, clock: StillClock) -> SqlEventLog:
    """A log with nothing in it."""
    return SqlEventLog(database, clock=clock)


async def due(log: SqlEventLog, *, worker: str = "w1", limit: int = 16) -> list[ConversationId]:
    """Take what is due."""
    return [one.conversation for one in await log.take_due(worker=worker, lease_s=LEASE_S, limit=limit)]


async def test_a_message_makes_a_turn_due_and_a_reply_a_sending(log: SqlEventLog, clock: StillClock) -> None:
    here = await opened(log)
    assert await due(log) == []
    await log.accept(ACME, here.id, said("m1"))
    (one,) = await log.take_due(worker="w1", lease_s=LEASE_S)
    assert (one.account, one.conversation) == (ACME, here.id)
    assert (one.until - clock.now).total_seconds() == LEASE_S
    assert await due(log, worker="w2") == []
    await log.append(ACME, here.id, [reply("k1", 1)], after=2)
    assert not await log.settle(ACME, here.id, worker="w1", seen=2)  # the reply came after what it saw
    assert await due(log) == [here.id]
    await log.append(ACME, here.id, [Delivered("k1", "w")], after=3)
    assert await log.settle(ACME, here.id, worker="w1", seen=4)
    assert await due(log) == []


async def test_nothing_is_due_for_the_bot_while_a_person_has_it(log: SqlEventLog, clock: StillClock) -> None:
    here = await opened(log)
    await log.append(ACME, here.id, [said("m1"), HandedOver("asked", "customer")], after=1)
    assert await due(log) == []
    accepted = await log.accept(ACME, here.id, said("m2"), worker="w1", lease_s=LEASE_S)
    assert not accepted.leased
    assert await due(log) == []
    await log.append(ACME, here.id, [Taken(PersonId("u1"), clock.now), reply("k1", 1, author="person:u1")], after=4)
    assert await due(log) == [here.id]  # a person's reply is to be sent as well


async def test_a_lease_expires(log: SqlEventLog, clock: StillClock) -> None:
    here = await opened(log)
    await log.accept(ACME, here.id, said("m1"))
    assert await due(log, worker="dead") == [here.id]
    clock.pass_s(LEASE_S - 1)
    assert await due(log, worker="w2") == []
    assert not await log.take(ACME, here.id, worker="w2", lease_s=LEASE_S)
    clock.pass_s(1)
    assert await due(log, worker="w2") == [here.id]
    assert not await log.settle(ACME, here.id, worker="dead", seen=2)  # what it held is another's now
    assert not await log.take(ACME, here.id, worker="dead", lease_s=LEASE_S)
    assert await log.settle(ACME, here.id, worker="w2", seen=2)


async def test_a_worker_makes_its_own_lease_longer(log: SqlEventLog, clock: StillClock) -> None:
    here = await opened(log)
    assert not await log.take(ACME, here.id, worker="w1", lease_s=LEASE_S)  # nothing to do in it
    await log.accept(ACME, here.id, said("m1"))
    assert await log.take(ACME, here.id, worker="w1", lease_s=LEASE_S)
    clock.pass_s(6)
    assert await log.take(ACME, here.id, worker="w1", lease_s=LEASE_S)
    clock.pass_s(6)
    assert await due(log, worker="w2") == []


async def test_accepting_leases_in_the_same_transaction(log: SqlEventLog) -> None:
    here = await opened(log)
    assert (await log.accept(ACME, here.id, said("m1"), worker="w1", lease_s=LEASE_S)).leased
    assert await due(log, worker="w2") == []
    assert not (await log.accept(ACME, here.id, said("m2"), worker="w2", lease_s=LEASE_S)).leased
    assert (await log.accept(ACME, here.id, said("m3"), worker="w1", lease_s=LEASE_S)).leased
    assert not (await log.accept(ACME, here.id, said("m3"), worker="w1", lease_s=LEASE_S)).leased  # said before
    assert not await log.settle(ACME, here.id, worker="w1", seen=2)
    assert await due(log, worker="w2") == [here.id]


async def test_an_append_that_leaves_no_work_frees_the_conversation(log: SqlEventLog) -> None:
    here = await opened(log)
    await log.accept(ACME, here.id, said("m1"), worker="w1", lease_s=LEASE_S)
    here = await log.append(ACME, here.id, [reply("k1", 1), Delivered("k1", "w")], after=2)
    assert await due(log, worker="w2") == []
    assert (await log.accept(ACME, here.id, said("m2"), worker="w2", lease_s=LEASE_S)).leased
    assert not await log.settle(ACME, here.id, worker="w1", seen=here.length)  # a new turn is due, though not its own
    await log.append(ACME, here.id, [Ended("customer")], after=5)
    assert await log.settle(ACME, here.id, worker="w2", seen=6)


async def test_what_asks_for_no_work_does_not_undo_a_settlement(log: SqlEventLog) -> None:
    here = await opened(log)
    await log.accept(ACME, here.id, said("m1"), worker="w1", lease_s=LEASE_S)
    await log.append(ACME, here.id, [Rated("k0", True)], after=2)
    assert await log.settle(ACME, here.id, worker="w1", seen=2)  # silence was the answer; the rating asks nothing
    await log.append(ACME, here.id, [Rated("k0", False)], after=3)
    assert await due(log) == []


async def test_deferred_work_waits(log: SqlEventLog, clock: StillClock) -> None:
    here = await opened(log)
    await log.accept(ACME, here.id, said("m1"))
    await due(log, worker="w1")
    await log.defer(ACME, here.id, worker="w2", wait_s=0)  # not its to give back
    assert await due(log, worker="w2") == []
    await log.defer(ACME, here.id, worker="w1", wait_s=5)
    assert await due(log, worker="w2") == []
    clock.pass_s(5)
    assert await due(log, worker="w2") == [here.id]


async def test_the_longest_waiting_come_first_and_nobody_gets_one_twice(log: SqlEventLog, clock: StillClock) -> None:
    talks = []
    for n in range(12):
        clock.pass_s(1)
        talks.append((await opened(log, contact=f"c{n}")).id)
        await log.accept(ACME, talks[-1], said("m1"))
    assert await due(log, limit=2) == talks[:2]
    shares = await asyncio.gather(*(due(log, worker=f"w{n}", limit=3) for n in range(8)))
    assert sorted(id for share in shares for id in share) == sorted(talks[2:])


async def test_waiting_ends_when_work_comes(log: SqlEventLog) -> None:
    here = await opened(log)
    await log.wait_due(at_most_s=0.01)  # what came before the first look
    waiting = asyncio.create_task(log.wait_due(at_most_s=600))
    await log.accept(ACME, here.id, said("m1"))
    await asyncio.wait_for(waiting, 30)
    assert await due(log) == [here.id]
    waiting = asyncio.create_task(log.wait_due(at_most_s=600))
    await log.defer(ACME, here.id, worker="w1", wait_s=0)
    await asyncio.wait_for(waiting, 30)


async def test_a_conversation_that_was_leased_at_once_wakes_nobody_else(log: SqlEventLog) -> None:
    here = await opened(log)
    await log.wait_due(at_most_s=0.01)
    assert (await log.accept(ACME, here.id, said("m1"), worker="w1", lease_s=LEASE_S)).leased
    assert await due(log) == []
