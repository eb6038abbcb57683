"""A conversation over a WebSocket: frames both ways, catch-up by number, nothing kept but the socket's own buffer.

Close codes: 1012 the server restarts, come back; 4401, 4404, 4429, 4503… are 4000 plus the HTTP status that says the
same; 4408 the client took nothing, or said nothing, for too long. What was missed is read again with `after`.
"""

import asyncio
from typing import Annotated, Final, Literal

import structlog
from fastapi import APIRouter
from pydantic import BaseModel, Field, TypeAdapter, ValidationError
from starlette.websockets import WebSocket, WebSocketDisconnect

from zhiyin.conversation.catalogue import say
from zhiyin.conversation.ids import ConversationId
from zhiyin.errors import Invalid, TooLarge, TooMany, Unauthorized, ZhiyinError
from zhiyin.front.channels.door import Door, door
from zhiyin.front.channels.frames import PING, Frame, dumps, shown
from zhiyin.front.channels.identity import Visitor
from zhiyin.front.channels.problems import code_of, note_unknown, reader_language
from zhiyin.front.channels.rates import Buckets
from zhiyin.front.services import Rate
from zhiyin.front.serving import LONGEST_FRAME

log = structlog.get_logger("zhiyin.front")

PROTOCOL: Final = "zhiyin.v1"
GONE: Final = 4408
_FRAMES: Final = Rate(burst=40, per_s=5)  # of any kind, from one socket

routes = APIRouter()


class MessageFrame(BaseModel):
    """The customer says something."""

    type: Literal["message"]
    id: str = Field(min_length=1, max_length=128)
    text: str


class RateFrame(BaseModel):
    """The customer judges a reply."""

    type: Literal["rate"]
    key: str = Field(min_length=1, max_length=200)
    helpful: bool
    reasons: list[Annotated[str, Field(max_length=64)]] = Field(default_factory=list, max_length=8)
    comment: str = Field("", max_length=1000)


class SignFrame(BaseModel):
    """The customer wants a person, is typing, or is still there."""

    type: Literal["handoff", "typing", "pong"]


_GIVEN: TypeAdapter[MessageFrame | RateFrame | SignFrame] = TypeAdapter(
    Annotated[MessageFrame | RateFrame | SignFrame, Field(discriminator="type")]
)


class _Closing(Exception):
    """The socket is to be closed with this code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@routes.websocket("/public/api/v1/inboxes/{website_token}/conversations/{conversation}/ws")
async def socket(ws: WebSocket, conversation: str) -> None:
    """Let one visitor follow and speak in one conversation."""
    here = door(ws)
    offered: list[str] = ws.scope["subprotocols"]
    session = next((one.removeprefix("bearer.") for one in offered if one.startswith("bearer.")), "")
    protocol = PROTOCOL if PROTOCOL in offered else None
    id = ConversationId(conversation)
    try:
        inbox = ws.state.inbox
        here.requests.take(inbox.account)
        visitor = here.sessions.read(session, inbox, now=here.services.clock())
        await here.own(visitor, id)
        after = _after(ws)
        with here.following(visitor.account, visitor.contact, at_most=here.limits.followers_each):
            await ws.accept(subprotocol=protocol)
            await _Talk(ws, here, visitor, id).hold(after=after)
    except ZhiyinError as error:
        if ws.client_state.name == "CONNECTING":
            await ws.accept(subprotocol=protocol)  # a browser shows a page the code only after an accepted handshake
        await _close(ws, 4000 + error.status, at_most_s=here.limits.slow_s)
    except WebSocketDisconnect:
        return
    except Exception as error:
        note_unknown(error, conversation=id)
        await _close(ws, 1011, at_most_s=here.limits.slow_s)


class _Talk:
    """One accepted socket.

    Its queue is the transport's write buffer (64 KiB): nothing more is taken from the log while that is full, and a
    client that does not drain it in time is closed.
    """

    def __init__(self, ws: WebSocket, here: Door, visitor: Visitor, id: ConversationId) -> None:
        self._ws = ws
        self._here = here
        self._visitor = visitor
        self._id = id
        self._language = reader_language(ws)
        self._frames = Buckets(_FRAMES, clock=here.services.clock, keys=1)

    async def hold(self, *, after: int) -> None:
        """Serve until either side leaves."""
        try:
            async with asyncio.TaskGroup() as both:
                telling = both.create_task(self._tell(after))
                await self._listen()
                telling.cancel()
        except* _Closing as group:
            code = next(error.code for error in group.exceptions if isinstance(error, _Closing))
            await _close(self._ws, code, at_most_s=self._here.limits.slow_s)
        except* WebSocketDisconnect:
            pass
        except* ZhiyinError as group:
            error = next(error for error in group.exceptions if isinstance(error, ZhiyinError))
            await _close(self._ws, 4000 + error.status, at_most_s=self._here.limits.slow_s)

    async def _tell(self, after: int) -> None:
        async with self._here.news(self._visitor.account, self._id, after=after) as news:
            async for one in news:
                seen = shown(one)
                if seen is not None:
                    await self._send(seen)

    async def _listen(self) -> None:
        clock = asyncio.get_running_loop().time
        pause = self._here.limits.socket_ping_s
        heard_at = clock()
        ping_at = heard_at + pause
        while True:
            try:
                async with asyncio.timeout_at(ping_at):
                    message = await self._ws.receive()
            except TimeoutError:
                if self._here.services.clock() >= self._visitor.expires:
                    raise _Closing(4000 + Unauthorized.status) from None
                if clock() - heard_at > self._here.limits.silent_s:
                    raise _Closing(GONE) from None
                await self._send(PING)
                ping_at = clock() + pause
                continue
            if message["type"] == "websocket.disconnect":
                return
            heard_at = clock()
            await self._hear(message.get("text"))

    async def _hear(self, text: str | None) -> None:
        given: MessageFrame | RateFrame | SignFrame | None = None
        try:
            self._frames.take(None)
            if text is None:
                raise Invalid("frames are JSON text")
            if len(text) > LONGEST_FRAME:
                raise TooLarge(f"a frame has at most {LONGEST_FRAME} bytes")
            try:
                given = _GIVEN.validate_json(text)
            except ValidationError:
                raise Invalid("the frame is none that the wire document names") from None
            await self._do(given)
        except ZhiyinError as error:
            about = given.id if isinstance(given, MessageFrame) else None
            await self._send(_problem(error, self._language, about=about))

    async def _do(self, given: MessageFrame | RateFrame | SignFrame) -> None:
        if isinstance(given, SignFrame) and given.type != "handoff":
            return
        road, account = self._here.services.road, self._visitor.account
        self._here.act(self._visitor)
        if isinstance(given, MessageFrame):
            accepted = await road.say(account, self._id, message=given.id, text=given.text)
            await self._send({"type": "ack", "id": given.id, "number": accepted.number, "again": accepted.again})
        elif isinstance(given, RateFrame):
            await road.rate(
                account,
                self._id,
                key=given.key,
                helpful=given.helpful,
                reasons=given.reasons,
                comment=given.comment,
            )
        else:
            await road.ask_for_person(account, self._id)

    async def _send(self, frame: Frame) -> None:
        try:
            async with asyncio.timeout(self._here.limits.slow_s):
                await self._ws.send_text(dumps(frame))
        except TimeoutError:
            raise _Closing(GONE) from None


def _after(ws: WebSocket) -> int:
    after = ws.query_params.get("after", "-1")
    if after == "-1":
        return -1
    if not after.isascii() or not after.isdigit() or len(after) > 15:
        raise Invalid("after must be the number of an event")
    return int(after)


def _problem(error: ZhiyinError, language: Literal["zh", "en"], *, about: str | None) -> Frame:
    told: Frame = {"type": "error", "code": code_of(error), "text": say(error.public, language)}
    if isinstance(error, TooMany):
        told["after_s"] = round(error.after_s, 1)
    if about is not None:
        told["id"] = about
    return told


async def _close(ws: WebSocket, code: int, *, at_most_s: float) -> None:
    """Close politely; a client that does not drain its socket is dropped by the server after that."""
    try:
        async with asyncio.timeout(at_most_s):
            await ws.close(code)
    except (TimeoutError, RuntimeError, WebSocketDisconnect):
        log.info("socket.dropped", code=code)
