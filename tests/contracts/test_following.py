"""Following a conversation: nothing lost, nothing doubled, whoever writes and however fast."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest
from tests.contracts.test_event_log import ACME, opened, said
from tests.kit.processes import another_process
from tests.kit.stores import StillClock

from zhiyin.conversation.facts import Event
from zhiyin.conversation.ids import AccountId
from zhiyin.data.database import Database
from zhiyin.data.events import Whisper
from zhiyin.data.events.sql import SqlEventLog

PATIENCE_S = 60.0


@pytest.fixture
def log(database: Database, clock: StillClock) -> SqlEventLog:
    """A log with nothing in it."""
    return SqlEventLog(database, clock=clock)


async def take(following: AsyncIterator[Event | Whisper], count: int) -> list[Event | Whisper]:
    """Take the next `count` items."""
    async with asyncio.timeout(PATIENCE_S):
        return [await anext(following) for _ in range(count)]


async def take_events(following: AsyncIterator[Event | Whisper], count: int) -> list[Event | Whisper]:
    """Take the next `count` events."""
    events: list[Event | Whisper] = []
    async with asyncio.timeout(PATIENCE_S):
        while len(events) < count:
            item = await anext(following)
            events += [item] if isinstance(item, Event) else []
    return events


def numbers(items: list[Event | Whisper]) -> list[int]:
    """Return the numbers of the events among them."""
    return [item.number for item in items if isinstance(item, Event)]


async def test_the_past_then_the_present(log: SqlEventLog) -> None:
    here = await opened(log)
    await log.accept(ACME, here.id, said("m1"))
    async with aclosing(log.follow(ACME, here.id)) as following:
        assert numbers(await take(following, 2)) == [0, 1]
        coming = asyncio.create_task(take(following, 2))
        await log.append(ACME, here.id, [said("m2"), said("m3")], after=2)
        assert await coming == await log.read(ACME, here.id, after=1)
    async with aclosing(log.follow(ACME, here.id, after=2)) as following:
        assert numbers(await take(following, 1)) == [3]


async def test_followers_join_while_two_hundred_appends_run(log: SqlEventLog) -> None:
    here = await opened(log)

    async def write(name: str) -> None:
        for n in range(50):
            await log.accept(ACME, here.id, said(f"{name}{n}"))
            await log.whisper(ACME, here.id, Whisper("typing"))

    async def follow(after_writing: int) -> list[int]:
        while (await log.load(ACME, here.id)).length < after_writing:  # noqa: ASYNC110 (the length is the point)
            await asyncio.sleep(0)
        heard: list[int] = []
        async with aclosing(log.follow(ACME, here.id)) as following, asyncio.timeout(PATIENCE_S):
            async for item in following:
                heard += [item.number] if isinstance(item, Event) else []
                if heard and heard[-1] == 200:
                    break
        return heard

    followers = [asyncio.create_task(follow(at)) for at in (1, 20, 77, 150, 201)]
    await asyncio.gather(*(write(name) for name in "abcd"))
    for heard in await asyncio.gather(*followers):
        assert heard == list(range(201))


async def test_a_slow_follower_is_sent_back_to_the_log(log: SqlEventLog) -> None:
    here = await opened(log)
    async with aclosing(log.follow(ACME, here.id)) as following:
        assert numbers(await take(following, 1)) == [0]
        await log.append(ACME, here.id, [said(f"m{n}") for n in range(300)], after=1)
        for n in range(400):  # more whispers than a queue holds: they are lost, events are not
            await log.whisper(ACME, here.id, Whisper("delta", str(n)))
        assert numbers(await take_events(following, 300)) == list(range(1, 301))
        await log.append(ACME, here.id, [said(f"more{n}") for n in range(600)], after=301)
        assert numbers(await take_events(following, 600)) == list(range(301, 901))


async def test_whispers_reach_those_who_follow_now(log: SqlEventLog) -> None:
    here, other = await opened(log), await opened(log, contact="c2")
    await log.whisper(ACME, here.id, Whisper("delta", "nobody hears"))
    async with aclosing(log.follow(ACME, here.id)) as following:
        await take(following, 1)
        coming = asyncio.create_task(take(following, 3))
        await asyncio.sleep(0)
        await log.whisper(ACME, other.id, Whisper("delta", "elsewhere"))
        await log.whisper(AccountId("other"), here.id, Whisper("delta", "another account"))
        await log.whisper(ACME, here.id, Whisper("status", "searching"))
        await log.whisper(ACME, here.id, Whisper("delta", "您"))
        await log.accept(ACME, here.id, said("m1"))
        first, second, third = await coming
        assert (first, second) == (Whisper("status", "searching"), Whisper("delta", "您"))
        assert isinstance(third, Event)


async def test_leaving_leaves_nothing_behind(log: SqlEventLog) -> None:
    here = await opened(log)
    async with aclosing(log.follow(ACME, here.id)) as following:
        await take(following, 1)
    task = asyncio.create_task(take(log.follow(ACME, here.id, after=0), 1))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await asyncio.sleep(0)
    assert log.followers == 0


async def test_events_of_another_process_are_heard(log: SqlEventLog, store_url: str) -> None:
    here = await opened(log)
    async with aclosing(log.follow(ACME, here.id)) as following:
        await take(following, 1)
        async with another_process("speak", store_url, ACME, here.id, "一", "二", "三") as other:
            assert numbers(await take_events(following, 3)) == [1, 2, 3]
            assert await other.lines() == ["1", "2", "3"]


async def test_work_of_another_process_wakes_this_one(database: Database, store_url: str) -> None:
    log = SqlEventLog(database)  # by the real clock, as the other process
    here = await opened(log)
    await log.wait_due(at_most_s=0.01)
    await log.ready()
    await log.wait_due(at_most_s=0.01)
    waiting = asyncio.create_task(log.wait_due(at_most_s=600))
    async with another_process("speak", store_url, ACME, here.id, "一") as other:
        assert await other.lines() == ["1"]
        await asyncio.wait_for(waiting, PATIENCE_S)
    assert [one.conversation for one in await log.take_due(worker="w", lease_s=1)] == [here.id]


async def test_whispers_cross_processes_on_postgresql_in_order(
    log: SqlEventLog, database: Database, store_url: str
) -> None:
    here = await opened(log)
    long = "很长的一段话 " * 3000
    async with aclosing(log.follow(ACME, here.id)) as following:
        await take(following, 1)
        await log.ready()
        await log.accept(ACME, here.id, said("m1"))
        await take_events(following, 1)  # it has looked at the log since this process hears the others
        async with another_process("speak", store_url, ACME, here.id, "一", long, "三") as other:
            items: list[Event | Whisper] = []
            async with asyncio.timeout(PATIENCE_S):
                while numbers(items)[-1:] != [4]:
                    items.append(await anext(following))
            assert await other.lines() == ["2", "3", "4"]
    spoken: list[str] = [""]
    for item in items:
        if isinstance(item, Event):
            spoken.append("")
        else:
            spoken[-1] += item.text
    if database.name == "postgresql":
        assert spoken == ["一", long, "三", ""]
    else:
        assert spoken == ["", "", "", ""]  # SQLite's other processes hear events alone


async def test_a_broken_listening_connection_is_opened_again(
    log: SqlEventLog, database: Database, store_url: str
) -> None:
    if database.name == "sqlite":
        pytest.skip("SQLite has no connection to lose")
    here = await opened(log)
    async with aclosing(log.follow(ACME, here.id)) as following:
        await take(following, 1)
        await log.ready()
        killed = await database.fetch(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
            " AND query LIKE 'LISTEN%'"
        )
        assert len(killed) == 1
        async with another_process("speak", store_url, ACME, here.id, "一", "二") as other:
            assert numbers(await take_events(following, 2)) == [1, 2]
            assert await other.lines() == ["1", "2"]


async def test_a_caller_that_leaves_midway_hides_nothing(log: SqlEventLog) -> None:
    here = await opened(log)
    async with aclosing(log.follow(ACME, here.id)) as following:
        await take(following, 1)
        for n in range(20):
            writing = asyncio.create_task(log.accept(ACME, here.id, said(f"m{n}")))
            await asyncio.sleep(0)  # it has begun
            writing.cancel()
        assert numbers(await take_events(following, 20)) == list(range(1, 21))
    assert (await log.load(ACME, here.id)).length == 21
    assert [one.conversation for one in await log.take_due(worker="w", lease_s=1)] == [here.id]
