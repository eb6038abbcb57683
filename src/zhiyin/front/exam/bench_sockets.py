"""What an idle widget costs the server: open many, say nothing, weigh the process before and after."""

import asyncio
from contextlib import AsyncExitStack

import httpx
from websockets.asyncio.client import connect

from zhiyin.front.exam.report import Row
from zhiyin.front.exam.timing import memory_mb

_AT_ONCE = 20


async def bench_sockets(server: str, *, token: str, pid: int, count: int = 500, rest_s: float = 2.0) -> list[Row]:
    """Let `count` visitors come to the inbox `token` and open their sockets; return the memory that each costs.

    Args:
        server: the server's address, such as http://127.0.0.1:8000, whose limits let so many in from one address.
        pid: of the server's process.
    """
    base = f"{server}/public/api/v1/inboxes/{token}"
    few = asyncio.Semaphore(_AT_ONCE)
    async with AsyncExitStack() as open_sockets, httpx.AsyncClient(timeout=30) as client:

        async def visit() -> None:
            async with few:
                come = (await client.post(f"{base}/contacts", json={})).raise_for_status()
                session = come.json()["session"]
                bearing = {"Authorization": f"Bearer {session}"}
                begun = (await client.post(f"{base}/conversations", json={}, headers=bearing)).raise_for_status()
                address = f"{base}/conversations/{begun.json()['id']}/ws".replace("http", "ws", 1)
                socket = connect(address, subprotocols=["zhiyin.v1", f"bearer.{session}"], compression=None)  # type: ignore[list-item]
                await open_sockets.enter_async_context(socket)

        await asyncio.gather(*(visit() for _ in range(_AT_ONCE)))  # the first ones load what all share
        await asyncio.sleep(rest_s)
        before = memory_mb(pid)
        await asyncio.gather(*(visit() for _ in range(count)))
        await asyncio.sleep(rest_s)
        each_kb = (memory_mb(pid) - before) * 1000 / count
    return [Row("start", "KB an idle socket", "server", each_kb, count)]
