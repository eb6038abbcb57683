"""Several processes on one store, and processes that die."""

import asyncio
import random
from contextlib import AsyncExitStack

from tests.contracts.test_event_log import ACME, check_replay, opened, said
from tests.kit.processes import another_process

from zhiyin.conversation.facts import CustomerSaid
from zhiyin.conversation.state import replay
from zhiyin.data.database import Database
from zhiyin.data.events.sql import SqlEventLog

KILLS = 4


async def test_one_message_sent_by_three_processes_is_accepted_once(database: Database, store_url: str) -> None:
    log = SqlEventLog(database)
    here = await opened(log)
    async with AsyncExitStack() as stack:
        others = [
            await stack.enter_async_context(another_process("accept", store_url, ACME, here.id, *["m1"] * 20))
            for _ in range(2)
        ]
        mine = await asyncio.gather(*(log.accept(ACME, here.id, said("m1")) for _ in range(20)))
        lines = [line for other in others for line in await other.lines()]
    assert [other.code for other in others] == [0, 0]
    outcomes = lines + [f"{outcome.number} {outcome.again}" for outcome in mine]
    assert sorted(outcomes) == ["1 False"] + ["1 True"] * 59
    assert (await check_replay(log, database, here.id)).length == 2


async def test_messages_from_several_processes_leave_no_gap(database: Database, store_url: str) -> None:
    log = SqlEventLog(database)
    here = await opened(log)
    async with AsyncExitStack() as stack:
        others = [
            await stack.enter_async_context(
                another_process("accept", store_url, ACME, here.id, *(f"{name}{n}" for n in range(30)))
            )
            for name in "ab"
        ]
        mine = await asyncio.gather(*(log.accept(ACME, here.id, said(f"c{n}")) for n in range(30)))
        lines = [line for other in others for line in await other.lines()]
    numbers = [int(line.split()[0]) for line in lines] + [outcome.number for outcome in mine]
    assert sorted(numbers) == list(range(1, 91))
    assert (await check_replay(log, database, here.id)).length == 91


async def test_a_killed_process_loses_nothing_it_acknowledged(database: Database, store_url: str) -> None:
    log = SqlEventLog(database)
    here = await opened(log)
    chance = random.Random(20261122)
    acknowledged: dict[int, str] = {}
    for _ in range(KILLS):
        async with another_process("hurry", store_url, ACME, here.id) as other:
            said_so = [await other.line() for _ in range(chance.randint(1, 120))]
            other.kill()
            said_so += await other.lines()
        for line in said_so:
            number, message = line.split(" ")
            # the next process begins with the same messages: it is told where they stand already
            assert acknowledged.setdefault(int(number), message) == message
        live = await log.load(ACME, here.id)
        events = await log.read(ACME, here.id, limit=10_000)  # a dead client's last statement may land meanwhile
        assert [event.number for event in events] == list(range(len(events)))
        assert replay(ACME, here.id, events[: live.length]) == live
        for place, message in acknowledged.items():
            fact = events[place].fact
            assert isinstance(fact, CustomerSaid)
            assert fact.message == message
    assert acknowledged
    async with asyncio.timeout(60):
        while not (due := await log.take_due(worker="w", lease_s=1)):  # a dead client's statement still holds the row
            await log.wait_due(at_most_s=0.05)
    assert [one.conversation for one in due] == [here.id]
