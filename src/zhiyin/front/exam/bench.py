"""How fast and how large the parts are: embedding, search, ingestion, the model's client, start-up.

Turns are measured in `bench_turn`, since they need the whole product.
"""

import asyncio
import contextlib
import os
import random
import sys
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import httpx

from zhiyin.conversation.ids import AccountId
from zhiyin.errors import Unavailable
from zhiyin.extend.models import Embedder
from zhiyin.front.exam.bench_model import bench_model
from zhiyin.front.exam.bench_search import bench_search, made_question
from zhiyin.front.exam.bench_sockets import bench_sockets
from zhiyin.front.exam.report import Row
from zhiyin.front.exam.shelf import Shelf
from zhiyin.front.exam.timing import machine, memory_mb, time_calls
from zhiyin.service.knowledge import Source
from zhiyin.service.knowledge.ingest import prepare
from zhiyin.service.knowledge.library import Library

PARTS = ("embed", "search", "ingest", "model", "start")


async def run(
    *,
    embedder: Embedder,
    sources: Sequence[Source],
    passages: Sequence[int] = (10_000, 100_000),
    only: Collection[str] = (),
    serve: Sequence[str] = (),
    url: str = "",
    inbox: str = "",
) -> tuple[dict[str, str], list[Row]]:
    """Run the benchmarks of the parts and return the machine with the rows.

    Args:
        embedder: what the product would embed with.
        sources: files to ingest, the demo company's for instance.
        passages: sizes of base to search.
        only: names of `PARTS`; all when empty.
        serve: a command that serves the product; without it only the parts of start-up are measured.
        url: an address at which that server answers 200 once it is ready.
        inbox: website token of an inbox of that server, to weigh idle widgets.
    """
    head = machine()
    rows: list[Row] = []
    chosen = set(only) or set(PARTS)
    if "start" in chosen:  # first: this process is still small
        rows += await bench_imports()
        rows += await bench_start(serve, url=url, inbox=inbox) if serve else []
    if "embed" in chosen:
        rows += await bench_embedder(embedder)
    if "model" in chosen:
        rows += await bench_model()
    if "ingest" in chosen:
        rows += await bench_ingest(sources, embedder)
    if "search" in chosen:
        for count in passages:
            rows += await bench_search(count)
    return head, rows


async def bench_embedder(embedder: Embedder, *, questions: int = 400, at_once: Sequence[int] = (16, 64)) -> list[Row]:
    """Time questions that were never asked before: one after another, many callers at once, and in one call."""
    dice = random.Random(3)  # noqa: S311 - the same questions every time

    def fresh(count: int) -> list[str]:
        asked = (made_question(dice, "en" if n % 3 == 2 else "zh") for n in range(count))
        return [f"{text} #{dice.randint(0, 10**9)}" for text in asked]

    alone = await time_calls(lambda text: embedder.embed([text]), fresh(questions + 5))
    rows = alone.rows("embed", f"{embedder.name}, alone", what="question")
    for callers in at_once:
        groups = [fresh(callers) for _ in range(max(6, questions // callers))]

        async def together(texts: list[str]) -> None:
            await asyncio.gather(*(embedder.embed([text]) for text in texts))

        timed = await time_calls(together, groups, warm_up=1)
        each = replace(timed, wall_s=tuple(wall / callers for wall in timed.wall_s), cpu_s=timed.cpu_s / callers)
        rows += each.rows("embed", f"{embedder.name}, {callers} callers", what="question")
    texts = ["。".join(fresh(5)) for _ in range(200)]
    began = time.perf_counter()
    await embedder.embed(texts)
    rows.append(Row("embed", "passages/s", f"{embedder.name}, one call", 200 / (time.perf_counter() - began), 200))
    return rows


async def bench_ingest(sources: Sequence[Source], embedder: Embedder) -> list[Row]:
    """Time reading and cutting alone, taking everything in anew, and taking the same in again."""
    if not sources:
        return []
    began = time.perf_counter()
    passages = sum(len(prepare(source).passages) for source in sources)
    read_s = time.perf_counter() - began
    library, account = Library(Shelf(), embedder), AccountId("bench")
    times = []
    for _ in range(2):
        began = time.perf_counter()
        async for _ in library.ingest(account, sources):
            pass
        times.append(time.perf_counter() - began)
    systems = {"read and split": read_s, "with vectors": times[0], "again, unchanged": times[1]}
    return [
        row
        for system, took in systems.items()
        for row in (
            Row("ingest", "documents/s", system, len(sources) / took, len(sources)),
            Row("ingest", "passages/s", system, passages / took, passages),
        )
    ]


_FRESH: Mapping[str, str] = {
    "python alone": "pass",
    "with embedder": "import asyncio; from zhiyin.models.use import UseEmbedder; asyncio.run(UseEmbedder().start())",
    "with library": "import zhiyin.service.knowledge.library",
}


async def bench_imports() -> list[Row]:
    """Start fresh processes that load a part and tell what they weigh."""
    rows: list[Row] = []
    for system, code in _FRESH.items():
        tell = "\nimport os; print(int(open('/proc/self/statm').read().split()[1]) * os.sysconf('SC_PAGE_SIZE') / 1e6)"
        began = time.perf_counter()
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", code + tell, stdout=asyncio.subprocess.PIPE, env={**os.environ}
        )
        async with asyncio.timeout(120):
            said, _ = await process.communicate()
        took = time.perf_counter() - began
        rows += [Row("start", "s", system, took, 1), Row("start", "MB", system, float(said.decode() or 0), 1)]
    return rows


async def bench_start(
    command: Sequence[str], *, url: str, inbox: str = "", at_most_s: float = 120.0, idle_s: float = 2.0
) -> list[Row]:
    """Start a server, wait until `url` answers 200, weigh it after `idle_s` of rest, and stop it.

    With an `inbox` (its website token) the server is weighed again with many idle widgets.

    Raises:
        Unavailable: it did not answer in time.
    """
    began = time.perf_counter()
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.DEVNULL)
    try:
        async with httpx.AsyncClient() as client:
            while not await _answers(client, url):
                if process.returncode is not None or time.perf_counter() - began > at_most_s:
                    raise Unavailable(f"{' '.join(command)} did not answer at {url} within {at_most_s:g} s")
                await asyncio.sleep(0.02)
        ready = time.perf_counter() - began
        await asyncio.sleep(idle_s)
        rows = [
            Row("start", "s to ready", "server", ready, 1),
            Row("start", "MB idle", "server", memory_mb(process.pid), 1),
        ]
        if inbox:
            rows += await bench_sockets(url.removesuffix("/readyz"), token=inbox, pid=process.pid)
        return rows
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def _answers(client: httpx.AsyncClient, url: str) -> bool:
    with contextlib.suppress(httpx.HTTPError):
        return (await client.get(url, timeout=2.0)).status_code == 200
    return False
