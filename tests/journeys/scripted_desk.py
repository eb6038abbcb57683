"""A desk that speaks the widget's wire and fails on demand, as no real server would at a given moment."""

import asyncio
import json
import socket
import threading
from collections import deque
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "packs" / "zhiyin_shop" / "page"
WIDGET = ROOT / "src" / "zhiyin" / "front" / "widget" / "widget.js"
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'"
BASE = "/public/api/v1/inboxes/{token}"

Frame = dict[str, Any]


@dataclass(frozen=True)
class Hold:
    """Wait here until the test says go on."""

    until: threading.Event


@dataclass(frozen=True)
class Cut:
    """Break every live line."""


Step = Frame | Hold | Cut


def reply(text: str, *sources: tuple[str, str], **more: Any) -> Frame:
    """Return a bot's reply; every source stands behind the sentence of its place, the last one behind the rest."""
    sentences = [part + "。" for part in text.split("。") if part] if "。" in text else [text]
    chips: list[list[int]] = [[] for _ in sentences]
    citations = []
    for place, (title, snippet) in enumerate(sources):
        sentence = min(place, len(sentences) - 1)
        chips[sentence].append(place + 1)
        citations.append(
            {"index": place + 1, "sentence": sentence, "title": title, "snippet": snippet, "url": None}
            | {"document": "d", "passage": f"p{place}"}
        )
    return {
        "type": "message.created",
        "author": "bot",
        "text": text,
        "citations": citations,
        "sentences": [{"text": t, "citations": c} for t, c in zip(sentences, chips, strict=True)],
        "quick_replies": [],
        "outcome": "answered",
        "language": "zh",
    } | more


@dataclass
class ScriptedDesk:
    """Answers the next message with the next list of steps."""

    script: deque[list[Step]] = field(default_factory=deque)
    logs: dict[str, list[Frame]] = field(default_factory=dict)
    accepted: list[tuple[str, str]] = field(default_factory=list)
    """Every (client id, text) that arrived, doubles too."""
    handoffs: int = 0
    ratings: list[dict[str, Any]] = field(default_factory=list)
    meetings: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    """Every (session that came along, card) with which a visitor introduced itself."""
    sessions: set[str] = field(default_factory=set)
    sockets_opened: int = 0
    streams_opened: int = 0
    block_sockets: bool = False
    swallow_acks: bool = False
    unreachable: bool = False
    says_twice: bool = False
    meet_when: threading.Event | None = None
    """Whoever introduces himself waits for it."""
    limit_next: deque[float] = field(default_factory=deque)
    """Seconds to wait, for each of the next messages that is refused."""
    greetings: dict[str, list[str]] = field(default_factory=lambda: {"zh": ["怎么退货？", "运费多少？"]})

    def __post_init__(self) -> None:
        self._followers: dict[str, set[asyncio.Queue[Frame | None]]] = {}
        self._made = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._door = socket.socket()
        self._door.bind(("127.0.0.1", 0))
        config = uvicorn.Config(self._app(), log_level="error", ws="websockets-sansio", timeout_graceful_shutdown=1)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._door]}, daemon=True)

    @property
    def address(self) -> str:
        """Return where it listens."""
        return f"http://127.0.0.1:{self._door.getsockname()[1]}"

    def __enter__(self) -> "ScriptedDesk":
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.cut()
        self._server.should_exit = True
        self._thread.join(timeout=10)

    def plan(self, *steps: Step) -> None:
        """Answer the next unplanned message so."""
        self.script.append(list(steps))

    def tell(self, *frames: Frame) -> None:
        """Say something to everybody's latest conversation, unasked."""
        conversation = list(self.logs)[-1]
        assert self._loop
        for frame in frames:
            self._loop.call_soon_threadsafe(self._publish, conversation, frame)

    def cut(self) -> None:
        """Break every live line."""
        if self._loop and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._hang_up)

    def forget_sessions(self) -> None:
        """Let every session run out."""
        self.sessions.clear()
        self.cut()

    # --- what follows runs in the server's own thread

    def _hang_up(self) -> None:
        for followers in self._followers.values():
            for queue in followers:
                queue.put_nowait(None)

    def _publish(self, conversation: str, frame: Frame) -> int:
        log = self.logs[conversation]
        number = -1
        if frame["type"] in ("message.created", "owner.changed", "rating.saved", "message.delivered"):
            number = (log[-1]["number"] + 2) if log else 1  # numbers have gaps: not every event is for visitors
            frame = frame | {"number": number, "at": datetime.now(UTC).isoformat()}
            if frame.get("author") == "bot":
                frame.setdefault("key", f"{conversation}:{number}")
            log.append(frame)
        for queue in self._followers.get(conversation, ()):
            for _ in range(2 if self.says_twice and number >= 0 else 1):
                queue.put_nowait(frame)
        return number

    def _accept(self, conversation: str, id: str, text: str) -> tuple[int, bool]:
        self.accepted.append((id, text))
        for frame in self.logs[conversation]:
            if frame.get("client_id") == id:
                return frame["number"], True
        said = {"type": "message.created", "author": "customer", "text": text, "client_id": id}
        number = self._publish(conversation, said)
        steps = self.script.popleft() if self.script else []
        task = asyncio.get_running_loop().create_task(self._play(conversation, steps))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return number, False

    async def _play(self, conversation: str, steps: Iterable[Step]) -> None:
        for step in steps:
            await asyncio.sleep(0)
            if isinstance(step, Hold):
                await asyncio.to_thread(step.until.wait, 20)
            elif isinstance(step, Cut):
                self._hang_up()
            else:
                self._publish(conversation, step)

    def _app(self) -> Starlette:
        base, one = BASE, BASE + "/conversations/{id}"
        return Starlette(
            middleware=[Middleware(_Strict)],
            routes=[
                Route("/widget.js", lambda _: FileResponse(WIDGET, media_type="text/javascript")),
                Route(base, self._hello),
                Route(base + "/contacts", self._meet, methods=["POST"]),
                Route(base + "/conversations", self._begin, methods=["GET", "POST"]),
                Route(one + "/messages", self._messages, methods=["GET", "POST"]),
                Route(one + "/handoff", self._hand_off, methods=["POST"]),
                Route(one + "/ratings", self._rate, methods=["POST"]),
                Route(one + "/events", self._events),
                WebSocketRoute(one + "/ws", self._ws),
                Mount("/", StaticFiles(directory=PAGE, html=True)),
            ],
        )

    def _refusal(self, request: Request) -> Response | None:
        if self.unreachable:
            return _error(503, "unavailable", "忙")
        if request.headers.get("authorization", "").removeprefix("Bearer ") not in self.sessions:
            return _error(401, "unauthorized", "过期")
        if request.path_params.get("id", "") not in {"", *self.logs}:
            return _error(404, "not_found", "没有")
        return None

    async def _hello(self, _: Request) -> Response:
        self._loop = asyncio.get_running_loop()
        about = {"name": "青禾优选", "language": "zh", "greetings": self.greetings, "limits": {"max_chars": 4000}}
        return JSONResponse(about)

    async def _meet(self, request: Request) -> Response:
        if self.unreachable:
            return _error(503, "unavailable", "忙")
        came_with = request.headers.get("authorization", "").removeprefix("Bearer ")
        if self.meet_when:
            await asyncio.to_thread(self.meet_when.wait, 20)
        self.meetings.append((came_with, await request.json()))
        self._made += 1
        session = f"session-{self._made}"
        self.sessions.add(session)
        return JSONResponse({"contact": "c", "session": session, "authenticated": False})

    async def _begin(self, request: Request) -> Response:
        if refusal := self._refusal(request):
            return refusal
        if request.method == "GET":
            return JSONResponse({"conversations": []})
        id = f"talk-{len(self.logs) + 1}"
        self.logs[id] = []
        return JSONResponse({"id": id}, 201)

    async def _messages(self, request: Request) -> Response:
        if refusal := self._refusal(request):
            return refusal
        id = request.path_params["id"]
        if request.method == "GET":
            after = int(request.query_params.get("after", -1))
            page = [frame for frame in self.logs[id] if frame["number"] > after][:3]  # small pages: paging is tested
            return JSONResponse({"messages": page, "next_after": page[-1]["number"] if page else after})
        if self.limit_next:
            return _error(429, "too_many", "慢一点", after_s=self.limit_next.popleft())
        said = await request.json()
        number, again = self._accept(id, said["id"], said["text"])
        return JSONResponse({"number": number, "again": again}, 202)

    async def _hand_off(self, request: Request) -> Response:
        if refusal := self._refusal(request):
            return refusal
        self.handoffs += 1
        self._publish(request.path_params["id"], {"type": "owner.changed", "owner": "queue"})
        return JSONResponse({"owner": "queue"})

    async def _rate(self, request: Request) -> Response:
        if refusal := self._refusal(request):
            return refusal
        given = await request.json()
        self.ratings.append(given)
        saved = {"type": "rating.saved", "key": given["key"], "helpful": given["helpful"]}
        self._publish(request.path_params["id"], saved)
        return JSONResponse(saved)

    async def _events(self, request: Request) -> Response:
        if refusal := self._refusal(request):
            return refusal
        self.streams_opened += 1
        told = self._told(request.path_params["id"], int(request.query_params.get("after", -1)))
        return StreamingResponse(told, media_type="text/event-stream")

    async def _told(self, id: str, after: int) -> AsyncIterator[str]:
        queue = self._follow(id, after)
        try:
            yield ": ping\n\n"
            while (frame := await queue.get()) is not None:
                yield f"event: {frame['type']}\ndata: {json.dumps(frame, ensure_ascii=False)}\n\n"
        finally:
            self._followers[id].discard(queue)

    def _follow(self, id: str, after: int) -> asyncio.Queue[Frame | None]:
        queue: asyncio.Queue[Frame | None] = asyncio.Queue()
        for frame in self.logs[id]:
            if frame["number"] > after:
                queue.put_nowait(frame)
        self._followers.setdefault(id, set()).add(queue)
        return queue

    async def _ws(self, ws: WebSocket) -> None:
        offered = ws.scope["subprotocols"]
        session = next((one.removeprefix("bearer.") for one in offered if one.startswith("bearer.")), "")
        id = ws.path_params["id"]
        if self.block_sockets or self.unreachable:
            await ws.close(4403)
            return
        await ws.accept(subprotocol="zhiyin.v1")
        if session not in self.sessions or id not in self.logs:
            await ws.close(4401 if session not in self.sessions else 4404)
            return
        self.sockets_opened += 1
        queue = self._follow(id, int(ws.query_params.get("after", -1)))
        hearing = asyncio.get_running_loop().create_task(self._hear(ws, id))
        with suppress(WebSocketDisconnect, RuntimeError):
            while (frame := await queue.get()) is not None:
                await ws.send_json(frame)
            await ws.close(1012)
        self._followers[id].discard(queue)
        hearing.cancel()

    async def _hear(self, ws: WebSocket, id: str) -> None:
        with suppress(WebSocketDisconnect, RuntimeError):
            while True:
                frame = await ws.receive_json()
                if frame["type"] != "message":
                    continue
                if self.limit_next:
                    wait = self.limit_next.popleft()
                    told = {"type": "error", "code": "too_many", "text": "慢一点", "after_s": wait}
                    await ws.send_json(told | {"id": frame["id"]})
                    continue
                number, again = self._accept(id, frame["id"], frame["text"])
                if not self.swallow_acks:
                    await ws.send_json({"type": "ack", "id": frame["id"], "number": number, "again": again})


class _Strict:
    """Serves everything under a content policy without any inline script or style."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def sealed(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["Content-Security-Policy"] = POLICY
            await send(message)

        await self.app(scope, receive, sealed)


def _error(status: int, code: str, message: str, **more: Any) -> Response:
    return JSONResponse({"error": {"code": code, "message": message, **more}}, status)
