"""Conversations over a WebSocket."""

import asyncio
import base64
import json
import os
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.front.standing import SHOP, Behind, Guest, Standing, standing
from zhiyin.conversation.ids import ConversationId
from zhiyin.data.events import Whisper
from zhiyin.front.http import HttpLimits, Rate


def dial(guest: Guest, talk: str, *, after: int = -1, session: str | None = None, **options: Any) -> connect:
    bearer = f"bearer.{guest.session if session is None else session}"
    return connect(guest.front.ws(talk, after=after), subprotocols=["zhiyin.v1", bearer], proxy=None, **options)  # type: ignore[list-item]


async def hear(ws: ClientConnection, kind: str) -> dict[str, Any]:
    """Return the next frame of one kind."""
    async with asyncio.timeout(30):
        while True:
            frame: dict[str, Any] = json.loads(await ws.recv())
            if frame["type"] == kind:
                return frame


async def until_closed(ws: ClientConnection) -> int | None:
    """Read until the server closes, and return the code."""
    async with asyncio.timeout(30):
        async for _ in _frames(ws):
            pass
    return ws.close_code


async def _frames(ws: ClientConnection) -> AsyncIterator[str | bytes]:
    """Yield what comes until the socket closes, however it does."""
    with suppress(ConnectionClosed):
        while True:
            yield await ws.recv()


@pytest.mark.usefixtures("faq")
async def test_a_whole_talk_over_a_socket(front: Standing, guest: Guest) -> None:
    talk = await guest.begin()
    async with dial(guest, talk) as ws:
        assert ws.subprotocol == "zhiyin.v1"
        await ws.send(json.dumps({"type": "message", "id": "m1", "text": "收到商品后几天内可以退货？"}))
        created, ack, reply = None, None, None
        while not (created and ack and reply):
            frame = json.loads(await ws.recv())
            if frame["type"] == "ack":
                ack = frame
            elif frame["type"] == "message.created":
                created, reply = (frame, reply) if frame["author"] == "customer" else (created, frame)
        assert ack == {"type": "ack", "id": "m1", "number": created["number"], "again": False}
        assert "7天" in reply["text"]
        await ws.send(json.dumps({"type": "message", "id": "m1", "text": "收到商品后几天内可以退货？"}))
        assert (await hear(ws, "ack"))["again"] is True
        await ws.send(json.dumps({"type": "rate", "key": reply["key"], "helpful": True, "reasons": [], "comment": ""}))
        assert (await hear(ws, "rating.saved"))["key"] == reply["key"]
        for sign in ("typing", "pong", "handoff"):
            await ws.send(json.dumps({"type": sign}))
        assert (await hear(ws, "owner.changed"))["owner"] == "queue"


async def test_a_lost_connection_catches_up_by_number(front: Standing, guest: Guest) -> None:
    talk = await guest.begin()
    seen: list[int] = []
    for turn in range(3):
        async with dial(guest, talk, after=seen[-1] if seen else -1) as ws:
            await ws.send(json.dumps({"type": "message", "id": f"m{turn}", "text": f"几天内可以退货？{turn}"}))
            async with asyncio.timeout(30):
                while True:
                    frame = json.loads(await ws.recv())
                    if "number" in frame and frame["type"] != "ack":
                        seen.append(frame["number"])
                    if frame["type"] == "message.created" and frame["author"] == "bot":
                        break
    whole = await guest.http.get(f"{front.public}/conversations/{talk}/messages", headers=guest.headers)
    assert seen == [one["number"] for one in whole.json()["messages"] if one["number"] <= seen[-1]]


async def test_a_long_history_is_caught_up_whole(front: Standing, guest: Guest) -> None:
    talk = await guest.begin()
    await front.services.road.ask_for_person(front.ours, ConversationId(talk))  # nobody answers in between
    for number in range(150):
        await front.services.road.say(
            front.ours, ConversationId(talk), message=f"m{number}", text=f"{number} " + "长" * 3000
        )
    async with dial(guest, talk) as ws:
        texts: list[str] = []
        while len(texts) < 150:
            frame = await hear(ws, "message.created")
            if frame["author"] == "customer":
                texts.append(frame["text"].split()[0])
    assert texts == [str(number) for number in range(150)]


async def test_who_may_not_listen_is_told_by_the_code(guest: Guest) -> None:
    talk = await guest.begin()
    stranger = await Guest(guest.front, guest.http).come_in()
    nonsense = guest.front.ws(talk).replace("after=-1", "after=x")
    attempts = [
        (dial(guest, talk, session=""), 4401),
        (dial(stranger, talk), 4404),
        (dial(guest, "no-such"), 4404),
        (connect(nonsense, subprotocols=["zhiyin.v1", f"bearer.{guest.session}"], proxy=None), 4422),  # type: ignore[list-item]
    ]
    for attempt, code in attempts:
        async with attempt as ws:
            assert await until_closed(ws) == code


async def test_only_listed_origins_may_connect(front: Standing, guest: Guest) -> None:
    talk = await guest.begin()
    for origin in (SHOP, front.url):
        async with dial(guest, talk, origin=origin) as ws:
            assert ws.subprotocol == "zhiyin.v1"
    for origin in ("https://evil.example", "null", SHOP + ".evil.example", "http://shop.example"):
        with pytest.raises(InvalidStatus) as refused:
            await dial(guest, talk, origin=origin)
        assert refused.value.response.status_code == 403


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "nonsense",
        "[]",
        '{"type":"message"}',
        '{"type":"other"}',
        '{"type":"message","id":"","text":"x"}',
        '{"type":"message","id":"m","text":"\\ud800"}',
        '{"type":"rate","key":"no such","helpful":true}',
        "[" * 5000,
        b"\x00",
    ],
)
async def test_a_frame_of_no_use_is_answered_and_the_socket_goes_on(guest: Guest, frame: str | bytes) -> None:
    talk = await guest.begin()
    async with dial(guest, talk, additional_headers={"Accept-Language": "en"}) as ws:
        await ws.send(frame)
        error = await hear(ws, "error")
        assert error["code"] in ("invalid", "not_found")
        assert error["text"]
        await ws.send(json.dumps({"type": "message", "id": "m", "text": "还在"}))
        assert (await hear(ws, "ack"))["id"] == "m"


async def test_a_frame_too_long_closes_the_socket(guest: Guest) -> None:
    talk = await guest.begin()
    async with dial(guest, talk) as ws:
        await ws.send(json.dumps({"type": "message", "id": "m", "text": "x" * 70_000}))
        assert await until_closed(ws) == 1009


async def test_who_is_too_fast_is_told_when_to_come_back(behind: Behind, http: httpx.AsyncClient) -> None:
    async with standing(behind, limits=HttpLimits(visitor=Rate(burst=2, per_s=0.5))) as front:
        guest = await Guest(front, http).come_in()
        talk = await guest.begin()
        async with dial(guest, talk) as ws:
            for number in range(2):
                await ws.send(json.dumps({"type": "message", "id": f"m{number}", "text": "快"}))
            error = await hear(ws, "error")
        assert (error["code"], error["id"], error["after_s"]) == ("too_many", "m1", 2.0)


async def test_a_flood_of_frames_of_any_kind_is_bounded(front: Standing, guest: Guest) -> None:
    talk = await guest.begin()
    async with dial(guest, talk) as ws:
        for _ in range(41):
            await ws.send(json.dumps({"type": "typing"}))
        assert (await hear(ws, "error"))["code"] == "too_many"


async def test_an_idle_socket_is_pinged_and_one_that_never_answers_is_closed(
    behind: Behind, http: httpx.AsyncClient
) -> None:
    async with standing(behind, limits=HttpLimits(socket_ping_s=0.02, silent_s=0.1)) as front:
        guest = await Guest(front, http).come_in()
        talk = await guest.begin()
        async with dial(guest, talk) as mute, dial(guest, talk) as lively:
            for _ in range(20):
                assert json.loads(await lively.recv()) == {"type": "ping"}
                await lively.send('{"type":"pong"}')
                front.clock.forward(seconds=1)
            assert await until_closed(mute) == 4408
            assert json.loads(await lively.recv()) == {"type": "ping"}


async def test_a_session_that_ends_closes_its_socket(behind: Behind, http: httpx.AsyncClient) -> None:
    async with standing(behind, limits=HttpLimits(socket_ping_s=0.02)) as front:
        guest = await Guest(front, http).come_in()
        talk = await guest.begin()
        async with dial(guest, talk) as ws:
            await hear(ws, "ping")
            front.clock.forward(days=31)
            assert await until_closed(ws) == 4401


async def test_a_client_that_takes_nothing_is_let_go(behind: Behind, http: httpx.AsyncClient) -> None:
    async with standing(behind, limits=HttpLimits(slow_s=0.2)) as front:
        guest = await Guest(front, http).come_in()
        talk = await guest.begin()
        host, port = front.url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port), limit=1024)
        path = front.ws(talk).split(port, 1)[1]
        key = base64.b64encode(os.urandom(16)).decode()
        writer.write(
            f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Protocol: zhiyin.v1, bearer.{guest.session}\r\n\r\n".encode()
        )
        await reader.readuntil(b"\r\n\r\n")
        door = front.app.state.door
        assert door.followers.total() == 1
        async with asyncio.timeout(30):
            while door.followers.total():  # whisper into a full pipe until the server gives up
                await front.events.whisper(front.ours, ConversationId(talk), Whisper("delta", "长" * 50_000))
                await asyncio.sleep(0)
        writer.transport.abort()


async def test_one_visitor_holds_only_so_many_sockets(behind: Behind, http: httpx.AsyncClient) -> None:
    async with standing(behind, limits=HttpLimits(followers_each=1, socket_ping_s=0.02)) as front:
        guest = await Guest(front, http).come_in()
        talk = await guest.begin()
        async with dial(guest, talk) as first:
            await hear(first, "ping")
            async with dial(guest, talk) as second:
                assert await until_closed(second) == 4429
        async with asyncio.timeout(30):
            while front.app.state.door.followers.total():
                await http.get(f"{front.url}/healthz")
        async with dial(guest, talk) as third:
            await hear(third, "ping")


async def test_a_restart_tells_its_sockets_to_come_back(behind: Behind, http: httpx.AsyncClient) -> None:
    async with standing(behind) as front:
        guest = await Guest(front, http).come_in()
        talk = await guest.begin()
        async with dial(guest, talk) as ws:
            await ws.send(json.dumps({"type": "message", "id": "m", "text": "你好"}))
            await hear(ws, "ack")
            front.server.should_exit = True
            assert await until_closed(ws) == 1012
