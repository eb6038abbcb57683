"""A model server that does what a script says, over real HTTP: for tests, demos and benchmarks.

It answers as OpenAI does (`/v1/chat/completions` streamed and whole, `/v1/embeddings`, `/v1/models`) and as Jina and
Cohere do (`/v1/rerank`), and it can be as slow, broken or dishonest as any server: see `Reply`.

    async with scripted([refuse(429, retry_after_s=1), say("七天内可以退货。[1]")]) as server:
        model = OpenAICompletion(Endpoint(server.url, "scripted"))
"""

import argparse
import asyncio
import contextlib
import json
import re
import socket
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import uvicorn

from zhiyin.models.mimic import echo, likeness, meaning

_BODY_BYTES = 8_000_000
_PIECE = re.compile(r"\S{1,4}\s*|\s+")

Receive = Callable[[], Any]
Send = Callable[[dict[str, Any]], Any]


@dataclass(frozen=True, slots=True)
class Reply:
    """How the server behaves on one request. Made by `say`, `refuse`, `hang` and `garbage`."""

    pieces: tuple[str, ...] = ()
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None  # sent as it is instead of an answer
    kind: str = "text/event-stream"  # the content type that goes with `body`
    before_s: float = 0.0  # silence before the first byte
    between_s: float = 0.0  # silence before each further piece
    cut_after: int | None = None  # the connection is dropped after so many pieces
    hang_after: int | None = None  # nothing more comes after so many pieces, and the connection stays


@dataclass(slots=True)
class Asked:
    """A request that the server got."""

    path: str
    body: dict[str, Any]
    headers: dict[str, str] = field(repr=False)
    left: asyncio.Event = field(default_factory=asyncio.Event, repr=False)  # the client closed before the end
    answered: asyncio.Event = field(default_factory=asyncio.Event, repr=False)

    @property
    def lines(self) -> tuple[tuple[str, str], ...]:
        """The prompt's (role, text) pairs."""
        lines = self.body.get("messages")
        if not isinstance(lines, list):
            return ()
        return tuple((str(x.get("role", "")), str(x.get("content") or "")) for x in lines if isinstance(x, dict))

    @property
    def prompt(self) -> str:
        """All the words of the prompt."""
        return "\n".join(text for _, text in self.lines)


Script = Callable[[Asked], Reply] | Sequence[Reply]


def say(
    text: str,
    *,
    before_s: float = 0.0,
    between_s: float = 0.0,
    cut_after: int | None = None,
    hang_after: int | None = None,
) -> Reply:
    """Answer with `text`, in pieces of at most four characters when streamed."""
    pieces = tuple(_PIECE.findall(text))
    return Reply(pieces, before_s=before_s, between_s=between_s, cut_after=cut_after, hang_after=hang_after)


def refuse(status: int, *, retry_after_s: float | None = None, code: str = "", before_s: float = 0.0) -> Reply:
    """Answer with an error status."""
    headers = () if retry_after_s is None else (("retry-after", f"{retry_after_s:g}"),)
    body = json.dumps({"error": {"message": "refused by the script", "type": "scripted", "code": code or None}})
    return Reply(status=status, headers=headers, body=body.encode(), kind="application/json", before_s=before_s)


def hang() -> Reply:
    """Take the request and never answer."""
    return Reply(before_s=86_400.0)


def garbage(
    body: bytes = b"<html><h1>502 Bad Gateway</h1></html>", *, kind: str = "text/html", status: int = 200
) -> Reply:
    """Answer with these bytes."""
    return Reply(status=status, body=body, kind=kind)


@dataclass(slots=True)
class Scripted:
    """The running server: where it is and what it was asked."""

    url: str  # for `Endpoint.url`
    script: Script | None
    asked: list[Asked] = field(default_factory=list)
    _closing: asyncio.Event = field(default_factory=asyncio.Event)
    _said: int = 0

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Serve one request (ASGI)."""
        if scope["type"] != "http":
            return
        asked = await self._read(scope, receive)
        self.asked.append(asked)
        if asked.path.endswith("/models"):
            await _json(send, {"object": "list", "data": [{"id": "scripted", "object": "model"}]})
            return
        reply = self._next(asked)
        work = asyncio.ensure_future(self._answer(asked, reply, send))
        gone = asyncio.ensure_future(_gone(receive))
        closing = asyncio.ensure_future(self._closing.wait())
        await asyncio.wait((work, gone, closing), return_when=asyncio.FIRST_COMPLETED)
        (asked.answered if work.done() else asked.left).set()
        for task in (work, gone, closing):
            task.cancel()
        results = await asyncio.gather(work, return_exceptions=True)
        if isinstance(results[0], Exception) and not isinstance(results[0], OSError):
            raise results[0]

    async def _read(self, scope: dict[str, Any], receive: Receive) -> Asked:
        body, more = bytearray(), True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False) and len(body) <= _BODY_BYTES
        try:
            parsed = json.loads(body) if body else {}
        except ValueError:
            parsed = {}
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        return Asked(scope["path"], parsed if isinstance(parsed, dict) else {}, headers)

    def _next(self, asked: Asked) -> Reply:
        if self.script is None:
            return say(echo(asked.prompt))
        if callable(self.script):
            return self.script(asked)
        self._said += 1
        if self._said > len(self.script):
            return refuse(500, code="script_is_over")
        return self.script[self._said - 1]

    async def _answer(self, asked: Asked, reply: Reply, send: Send) -> None:
        if reply.before_s:
            await asyncio.sleep(reply.before_s)
        if reply.body is not None or reply.status != 200:
            await _start(send, reply.status, reply.kind, reply.headers)
            await send({"type": "http.response.body", "body": reply.body or b""})
        elif asked.path.endswith("/embeddings"):
            texts = asked.body.get("input", [])
            texts = [texts] if isinstance(texts, str) else texts
            rows = [{"object": "embedding", "index": n, "embedding": meaning(str(t))} for n, t in enumerate(texts)]
            await _json(send, {"object": "list", "model": "scripted", "data": rows})
        elif asked.path.endswith("/rerank"):
            query = str(asked.body.get("query", ""))
            scores = [likeness(query, str(document)) for document in asked.body.get("documents", [])]
            order = sorted(range(len(scores)), key=lambda place: -scores[place])
            await _json(send, {"results": [{"index": place, "relevance_score": scores[place]} for place in order]})
        elif asked.path.endswith("/chat/completions"):
            await self._complete(asked, reply, send)
        else:
            await _json(send, {"error": {"code": "not_found"}}, status=404)

    async def _complete(self, asked: Asked, reply: Reply, send: Send) -> None:
        if not asked.body.get("stream"):
            message = {"role": "assistant", "content": "".join(reply.pieces)}
            choice = {"index": 0, "message": message, "finish_reason": "stop"}
            await _json(send, {"id": "x", "object": "chat.completion", "model": "scripted", "choices": [choice]})
            return
        await _start(send, 200, "text/event-stream", reply.headers)
        for number, piece in enumerate((*reply.pieces, None)):
            if reply.cut_after == number:
                return  # uvicorn drops the connection of an answer that was not ended
            if reply.hang_after == number:
                await asyncio.sleep(86_400.0)
            if reply.between_s and number:
                await asyncio.sleep(reply.between_s)
            delta = {} if piece is None else {"content": piece}
            choice = {"index": 0, "delta": delta, "finish_reason": "stop" if piece is None else None}
            event = {"id": "x", "object": "chat.completion.chunk", "model": "scripted", "choices": [choice]}
            data = f"data: {json.dumps(event, ensure_ascii=False)}\n\n".encode()
            await send({"type": "http.response.body", "body": data, "more_body": True})
        await send({"type": "http.response.body", "body": b"data: [DONE]\n\n"})


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _start(send: Send, status: int, kind: str, headers: tuple[tuple[str, str], ...] = ()) -> None:
    pairs = [(name.encode(), value.encode()) for name, value in (("content-type", kind), *headers)]
    await send({"type": "http.response.start", "status": status, "headers": pairs})


async def _json(send: Send, answer: Any, *, status: int = 200) -> None:
    await _start(send, status, "application/json")
    await send({"type": "http.response.body", "body": json.dumps(answer, ensure_ascii=False).encode()})


class _InLoop(uvicorn.Server):
    """A server that leaves the process's signals to whoever runs the loop."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextlib.asynccontextmanager
async def scripted(script: Script | None = None, *, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[Scripted]:
    """Run a scripted server in this event loop, on a free port unless one is named; None echoes from the passages."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        port = listening.getsockname()[1]
        app = Scripted(f"http://{host}:{port}/v1", script)
        config = uvicorn.Config(
            app, log_config=None, log_level="critical", access_log=False, lifespan="off", timeout_graceful_shutdown=1
        )
        server = _InLoop(config)
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            ready = asyncio.create_task(server.ready.wait())
            await asyncio.wait((ready, serving), return_when=asyncio.FIRST_COMPLETED)
            ready.cancel()
            if serving.done():
                serving.result()
            yield app
        finally:
            app._closing.set()
            server.should_exit = True
            await serving


async def _serve(host: str, port: int) -> None:
    async with scripted(host=host, port=port) as server:
        print(f"scripted model server: {server.url} (model: scripted; stop with Ctrl-C)", flush=True)
        await asyncio.Event().wait()


def main() -> None:
    """Serve until stopped, answering from the passages in each prompt."""
    arguments = argparse.ArgumentParser(prog="python -m zhiyin.models.scripted", description=main.__doc__)
    arguments.add_argument("--host", default="127.0.0.1")
    arguments.add_argument("--port", type=int, default=0, help="a free one unless named")
    chosen = arguments.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(chosen.host, chosen.port))


if __name__ == "__main__":
    main()
