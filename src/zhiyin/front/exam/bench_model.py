"""What our client adds to the bare model endpoint, against a scripted server in a process of its own."""

import asyncio
import contextlib
import random
import sys
from collections.abc import AsyncIterator

import httpx

from zhiyin.errors import Unavailable
from zhiyin.extend.models import Line, Prompt
from zhiyin.front.exam.report import Row
from zhiyin.front.exam.timing import Timed, percentile_ms, time_calls
from zhiyin.models.completion import OpenAICompletion
from zhiyin.models.endpoint import Endpoint

_PROMPT = Prompt(
    (
        Line(
            "system", "Answer from the passages.\n" + "\n".join(f"[{n}] 签收后{n}天内可以退货。" for n in range(1, 9))
        ),
        Line("user", "几天内可以退货？"),
    )
)


@contextlib.asynccontextmanager
async def scripted_apart() -> AsyncIterator[str]:
    """Run the scripted server in another process and yield its URL."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "zhiyin.models.scripted",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(30):
            words = (await process.stdout.readline()).decode().split()
        url = next((word for word in words if word.startswith("http://")), "")
        if not url:
            raise Unavailable("the scripted model server did not start")
        yield url
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def bench_model(*, calls: int = 300) -> list[Row]:
    """Time the first token through our client and bare, alternating between the two."""
    async with scripted_apart() as url, httpx.AsyncClient() as bare:
        model = OpenAICompletion(Endpoint(url, "scripted"), dice=random.Random(1))  # noqa: S311 - only jitter
        body = {
            "model": "scripted",
            "messages": [{"role": line.role, "content": line.text} for line in _PROMPT.lines],
            "max_tokens": _PROMPT.max_tokens,
            "stream": True,
        }

        async def through_client() -> None:
            async with contextlib.aclosing(model.complete(_PROMPT)) as pieces:  # type: ignore[type-var]
                await anext(pieces)

        async def through_nothing() -> None:
            async with bare.stream("POST", f"{url}/chat/completions", json=body) as answer:
                async for line in answer.aiter_lines():
                    if line.startswith("data:"):
                        return

        waits: dict[str, list[Timed]] = {"zhiyin": [], "bare httpx": []}
        for _ in range(10):
            for name, call in (("zhiyin", through_client), ("bare httpx", through_nothing)):
                waits[name].append(await time_calls(lambda _, call=call: call(), range(calls // 10)))  # type: ignore[misc]
        await model.aclose()
    rows: list[Row] = []
    halves: dict[str, float] = {}
    for name, timed in waits.items():
        whole = Timed(tuple(s for one in timed for s in one.wall_s), sum(one.cpu_s for one in timed))
        halves[name] = percentile_ms(whole.wall_s, 50)
        rows += whole.rows("first token", name)
    rows.append(Row("first token", "p50 ms added", "zhiyin", halves["zhiyin"] - halves["bare httpx"], calls))
    return rows
