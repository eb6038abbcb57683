"""What may come in: how large, how deep, how slowly; and the last net under errors that nobody expected."""

import asyncio
import re

from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from zhiyin.errors import Invalid, TimedOut, TooLarge, ZhiyinError
from zhiyin.front.channels.problems import is_public, note_unknown, problem
from zhiyin.front.services import HttpLimits

_STRINGS = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)', re.DOTALL)
_BRACKETS = re.compile(rb"[\[\]{}]")
_UPLOAD = re.compile(r"/api/v1/accounts/[^/]+/documents/?")


class Intake:
    """Bounds every request; the innermost layer, around the routes."""

    def __init__(self, app: ASGIApp, limits: HttpLimits) -> None:
        self._app = app
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request within its bounds."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        is_upload = bool(_UPLOAD.fullmatch(scope["path"])) and scope["method"] == "POST"
        answer_s = self._limits.upload_s if is_upload else self._limits.answer_s
        if scope["path"] == "/v1/chat/completions":
            answer_s += self._limits.chat_s
        started = False

        async def noted(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                patience.reschedule(None)  # a stream may go on as long as somebody listens
            await send(message)

        try:
            async with asyncio.timeout(answer_s) as patience:
                await self._app(scope, await self._taken_in(connection, receive), noted)
        except Exception as error:
            if started:
                if not isinstance(error, TimeoutError | asyncio.CancelledError):
                    note_unknown(error)
                return  # the server drops the half-sent answer
            await problem(_named(error, late=patience.expired()), connection)(scope, receive, send)

    async def _taken_in(self, connection: HTTPConnection, receive: Receive) -> Receive:
        """Return a `receive` that keeps the bounds; a JSON body is read and looked at whole first."""
        headers = connection.headers
        is_json = headers.get("content-type", "").split(";")[0].strip().lower().endswith("json")
        most = self._most(connection.scope["path"])
        if is_json:
            most = min(most, self._limits.staff_body_bytes)  # it is held and looked at whole
        try:
            declared = int(headers.get("content-length", "0"))
        except ValueError:
            raise Invalid("Content-Length is not a number") from None
        if declared > most:
            raise _too_large(most)
        counted = _counted(receive, most=most, body_s=self._body_s(most))
        if not is_json:
            return counted
        body = bytearray()
        more = True
        while more:
            message = await counted()
            if message["type"] == "http.disconnect":
                break
            body += message.get("body", b"")
            more = message.get("more_body", False)
        if depth_exceeds(bytes(body), self._limits.json_depth):
            raise Invalid(f"the JSON is nested deeper than {self._limits.json_depth} levels")
        return _again(bytes(body), receive)

    def _most(self, path: str) -> int:
        if is_public(path):
            return self._limits.body_bytes
        return self._limits.upload_bytes if _UPLOAD.fullmatch(path) else self._limits.staff_body_bytes

    def _body_s(self, most: int) -> float:
        return self._limits.upload_s if most == self._limits.upload_bytes else self._limits.body_s


def depth_exceeds(body: bytes, deepest: int) -> bool:
    """Say whether the JSON nests deeper than `deepest`, without parsing it; linear in its length."""
    if body.count(b"[") + body.count(b"{") <= deepest:
        return False
    depth = 0
    for bracket in _BRACKETS.finditer(_STRINGS.sub(b"", body)):
        depth += 1 if bracket[0] in b"[{" else -1
        if depth > deepest:
            return True
    return False


def _counted(receive: Receive, *, most: int, body_s: float) -> Receive:
    taken = 0
    complete = False
    deadline = asyncio.get_running_loop().time() + body_s

    async def counted() -> Message:
        nonlocal taken, complete
        if complete:
            return await receive()
        try:
            async with asyncio.timeout_at(deadline):
                message = await receive()
        except TimeoutError:
            raise HTTPException(408) from TimedOut(f"the body did not arrive in {body_s:g} seconds")
        if message["type"] == "http.request":
            taken += len(message.get("body", b""))
            complete = not message.get("more_body", False)
            if taken > most:
                raise HTTPException(413) from _too_large(most)
        return message

    return counted


def _again(body: bytes, receive: Receive) -> Receive:
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


def _too_large(most: int) -> TooLarge:
    return TooLarge(f"the body is larger than {most} bytes; send less at once")


def _named(error: Exception, *, late: bool) -> ZhiyinError:
    if isinstance(error, ZhiyinError):
        return error
    if isinstance(error, HTTPException) and isinstance(error.__cause__, ZhiyinError):
        return error.__cause__
    if late and isinstance(error, TimeoutError):
        return TimedOut("the request took longer than it may")
    return note_unknown(error)
