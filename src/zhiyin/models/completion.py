"""A language model behind any OpenAI-compatible URL, streamed, however badly it behaves."""

import asyncio
import random
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Any

import httpx

from zhiyin.errors import TimedOut, Unavailable
from zhiyin.extend.models import Prompt
from zhiyin.models.endpoint import Endpoint, Failed, Outside
from zhiyin.models.thinking import Thinking

_LINE_BYTES = 262_144  # no honest server-sent event is longer
_BROKEN_LINES = 8  # so many unreadable events are forgiven before the stream is given up
_CHARS_A_TOKEN = 8  # generous: English has about 4


class OpenAICompletion:
    """Completes prompts at an `Endpoint`.

    A request is retried only until its first token: what was shown is never shown twice. Tokens stop at
    `max_tokens` × 8 characters whatever the server does.

    Raises (from the iteration):
        Unavailable: down, rate-limited, garbage, cut off, or its circuit is open; TimedOut when it was too slow.
        Refused: asking again is no use: wrong key, wrong address, unknown model, a prompt it does not take.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        clock: Callable[[], float] = time.monotonic,
        dice: random.Random | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._outside = Outside(endpoint, clock=clock, dice=dice, sleep=sleep)
        self._endpoint, self._clock = endpoint, clock

    @property
    def name(self) -> str:
        return self._endpoint.model

    @property
    def resting(self) -> bool:
        """Whether the circuit is open: calls fail at once."""
        until = self._outside.breaker.circuit.open_until
        return until is not None and self._clock() < until

    async def aclose(self) -> None:
        """Close the pooled connections."""
        await self._outside.aclose()

    async def complete(self, prompt: Prompt) -> AsyncIterator[str]:
        """Yield the answer piece by piece."""
        deadline = self._clock() + self._endpoint.total_s
        breaker = self._outside.breaker
        for attempt in range(self._endpoint.retries + 1):
            breaker.admit()
            begun = settled = False
            try:
                async with aclosing(self._once(prompt, deadline=deadline)) as pieces:
                    async for piece in pieces:
                        begun = True
                        yield piece
                if not begun:
                    raise self._outside.garbage("nothing")
                breaker.succeeded()
                settled = True
                return
            except Failed as failure:
                self._outside.count(failure)
                settled = True
                if begun:
                    raise failure.error from failure.__cause__
                await self._outside.wait_or_raise(failure, attempt=attempt, deadline=deadline)
            finally:
                if not settled:  # the reader left: with tokens seen the service is well, else nothing is known
                    breaker.succeeded() if begun else breaker.left()

    async def _once(self, prompt: Prompt, *, deadline: float) -> AsyncGenerator[str, None]:
        body = {
            "model": self._endpoint.model,
            "messages": [{"role": line.role, "content": line.text} for line in prompt.lines],
            "max_tokens": prompt.max_tokens,
            "temperature": prompt.temperature,
            "stream": True,
        }
        start = self._clock()
        first = min(start + self._endpoint.first_s, deadline)
        room = prompt.max_tokens * _CHARS_A_TOKEN
        async with self._outside.post("/chat/completions", body, within_s=first - start) as response:
            kind = response.headers.get("content-type", "").split(";")[0].strip().lower()
            if kind == "application/json":  # a server that does not stream
                with self._outside.translated():
                    async with asyncio.timeout(deadline - self._clock()):
                        whole = self._outside.parse(await self._outside.read(response, at_most_bytes=4 * room + 65_536))
                text, _ = self._said(whole)
                if text := Thinking().spoken(text, last=True):
                    yield text[:room]
                return
            if kind not in ("text/event-stream", ""):
                raise self._outside.garbage(f"{kind[:40]!r} instead of an event stream; is the URL right?")
            thinking = Thinking()
            async for piece in self._pieces(response, first=first, deadline=deadline):
                if text := thinking.spoken(piece):
                    yield text[:room]
                    room -= len(text)
                    if room <= 0:
                        return
            if text := thinking.spoken("", last=True):
                yield text[:room]

    async def _pieces(self, response: httpx.Response, *, first: float, deadline: float) -> AsyncIterator[str]:
        """Yield the deltas of an event stream until it says that it is done."""
        until, broken = first, 0
        waiting = "a first token"
        async with aclosing(_lines(response)) as lines:
            while True:
                try:
                    with self._outside.translated():
                        async with asyncio.timeout(max(0.0, min(until, deadline) - self._clock())):
                            line = await anext(lines, None)
                except Failed as failure:
                    if isinstance(failure.error, TimedOut):
                        error = TimedOut(f"{self._outside.what} was too slow with {waiting}")
                        raise Failed(error, again=False) from None
                    raise
                if line is None:
                    raise Failed(Unavailable(f"{self._outside.what} stopped in the middle of its answer"), again=True)
                if not line.startswith(b"data:"):
                    continue  # a comment, an event name, an empty line, or noise
                data = line[5:].strip()
                if data == b"[DONE]":
                    return
                try:
                    event = self._outside.parse(data)
                    text, done = self._said(event)
                except Failed:
                    broken += 1
                    if broken > _BROKEN_LINES:
                        raise
                    continue
                if done and isinstance(event, dict) and event.get("error"):
                    raise Failed(Unavailable(f"{self._outside.what} broke off with an error"), again=True)
                if text:
                    yield text
                    until, waiting = self._clock() + self._endpoint.between_s, "its next token"
                if done:
                    return

    def _said(self, event: Any) -> tuple[str, bool]:
        """Return the words in a chunk (or whole answer) and whether it is the last."""
        if isinstance(event, dict) and event.get("error"):
            return "", True
        try:
            choices = event["choices"]
            if not choices:  # usage, at the end
                return "", False
            says = choices[0].get("delta") or choices[0].get("message") or {}
            text = says.get("content") or ""
            done = choices[0].get("finish_reason") is not None
        except (KeyError, IndexError, TypeError, AttributeError) as error:
            raise self._outside.garbage("JSON of another form") from error
        if not isinstance(text, str):
            raise self._outside.garbage("JSON of another form")
        return text, done


async def _lines(response: httpx.Response) -> AsyncGenerator[bytes, None]:
    """Cut a body into lines of bounded length."""
    rest = bytearray()
    async for chunk in response.aiter_raw():
        rest += chunk
        *lines, tail = rest.split(b"\n")
        for line in lines:
            yield bytes(line)
        rest = bytearray(tail)
        if len(rest) > _LINE_BYTES:
            raise httpx.ReadError("a line without end")
    if rest:
        yield bytes(rest)
