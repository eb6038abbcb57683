"""Conversations followed as server-sent events."""

import asyncio
from contextlib import aclosing, suppress

import httpx
import pytest

from tests.front.standing import Behind, Guest, Standing, encoded, standing
from zhiyin.conversation.ids import ConversationId
from zhiyin.data.events import Whisper
from zhiyin.front.http import HttpLimits


async def test_a_resumed_stream_loses_nothing_and_doubles_nothing(front: Standing, guest: Guest) -> None:
    talk = await guest.begin()
    seen: list[int] = []
    for turn in range(4):
        said = (await guest.say(talk, f"收到商品后几天内可以退货？{turn}")).json()
        async with aclosing(guest.follow(talk, last=str(seen[-1]) if seen else None)) as told:
            async for frame in told:
                if "number" in frame:
                    seen.append(frame["number"])
                if frame["type"] == "message.created" and frame["author"] == "bot" and frame["number"] > said["number"]:
                    break  # the connection is lost in the middle of the turn's events
    whole = await guest.http.get(f"{front.public}/conversations/{talk}/messages", headers=guest.headers)
    expected = [one["number"] for one in whole.json()["messages"] if one["number"] <= seen[-1]]
    assert seen == expected
    assert len([one for one in whole.json()["messages"] if one.get("author") == "bot"]) == 4


async def test_what_happens_while_following_is_told_at_once(front: Standing, guest: Guest) -> None:
    talk = await guest.begin()
    told = guest.follow(talk)
    said = (await guest.say(talk, "你好")).json()
    frame = await anext(told)
    assert (frame["number"], frame["text"]) == (said["number"], "你好")
    await front.events.whisper(front.ours, talk, Whisper("status", "checking"))
    async for frame in told:
        if frame["type"] == "reply.status" and frame["text"] == "checking":
            break
    await told.aclose()


async def test_an_idle_stream_is_pinged(behind: Behind, http: httpx.AsyncClient) -> None:
    async with standing(behind, limits=HttpLimits(sse_ping_s=0.05)) as front:
        guest = await Guest(front, http).come_in()
        talk = await guest.begin()
        async with aclosing(guest.follow(talk)) as told:
            assert [(await anext(told))["type"] for _ in range(3)] == ["comment"] * 3


@pytest.mark.parametrize("last", ["x", "-1", "1e3", "9" * 16, "\u00b2"])
async def test_a_last_event_id_that_is_no_number_is_refused(guest: Guest, last: str) -> None:
    talk = await guest.begin()
    url = f"{guest.front.public}/conversations/{talk}/events"
    answer = await guest.http.get(url, headers=encoded(guest.headers | {"Last-Event-ID": last}))
    assert answer.status_code == 422


async def test_one_visitor_holds_only_so_many_streams_and_gives_them_back(
    behind: Behind, http: httpx.AsyncClient
) -> None:
    async with standing(behind, limits=HttpLimits(followers_each=2, sse_ping_s=0.05)) as front:
        guest = await Guest(front, http).come_in()
        talk = await guest.begin()
        first, second = guest.follow(talk), guest.follow(talk)
        await anext(first)
        await anext(second)
        url = f"{front.public}/conversations/{talk}/events"
        assert (await http.get(url, headers=guest.headers)).status_code == 429
        await first.aclose()
        door = front.app.state.door
        while door.followers.total() > 1:
            await anext(second)  # a ping passes
        third = guest.follow(talk)
        await anext(third)
        for told in (second, third):
            await told.aclose()


async def test_the_end_of_the_server_ends_its_streams(behind: Behind, http: httpx.AsyncClient) -> None:
    async with standing(behind) as front:
        guest = await Guest(front, http).come_in()
        talk = await guest.begin()
        await guest.say(talk, "你好")
        told = guest.follow(talk)
        await anext(told)
        front.server.should_exit = True
        async with asyncio.timeout(30):
            with suppress(httpx.RemoteProtocolError):
                async for _ in told:
                    pass


async def test_what_breaks_while_streaming_is_told_without_its_words(front: Standing, guest: Guest) -> None:
    talk = await guest.begin()
    road = front.services.road

    class Breaking:
        """A road that breaks when it is followed."""

        def __getattr__(self, name: str) -> object:
            return getattr(road, name)

        async def follow(self, *_: object, after: int = -1) -> object:
            yield Whisper("status", "searching")
            raise RuntimeError("王芳的电话是 13800000000")

    async with standing(Behind(Breaking(), front.services.knowledge, front.services.directory, front.events)) as broken:
        visitor = await Guest(broken, guest.http).come_in()
        other = await visitor.begin()
        told = [frame async for frame in visitor.follow(other)]
    assert [frame["type"] for frame in told] == ["reply.status", "error"]
    assert told[1]["code"] == "broken"
    assert "138" not in str(told)
    assert ConversationId(talk)
