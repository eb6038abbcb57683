"""Which web pages may speak to an inbox: its own list of origins, or the server's own origin when it has none."""

import re
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from zhiyin.data.records import Inbox
from zhiyin.errors import Refused, ZhiyinError
from zhiyin.front.channels.door import door
from zhiyin.front.channels.problems import problem

_PUBLIC = re.compile(r"/public/api/v1/inboxes/([A-Za-z0-9_.:-]{1,128})(?:/|$)")
_METHODS: Final = "GET, POST"
_ALLOWED: Final = "Authorization, Content-Type, Accept-Language, Last-Event-ID, X-Request-Id"
_EXPOSED: Final = "X-Request-Id, Retry-After, X-Zhiyin-Session"


class Origins:
    """Finds the inbox of a public path, and answers or refuses what browsers ask across origins.

    A request without an Origin header comes from no foreign page: it passes. Cookies are never used, so an origin
    is let in without credentials.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request if its origin may ask."""
        named = _PUBLIC.match(scope["path"]) if scope["type"] in ("http", "websocket") else None
        if named is None:
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        try:
            inbox = await door(connection).inbox(named[1])
        except ZhiyinError as error:
            await _refuse(error, connection, receive, send)
            return
        scope.setdefault("state", {})["inbox"] = inbox
        headers = Headers(scope=scope)
        origin = headers.get("origin")
        if origin is None:
            await self._app(scope, receive, send)
            return
        if not may_ask(origin, inbox, host=headers.get("host", "")):
            await _refuse(Refused("this origin is not among the inbox's origins"), connection, receive, send)
            return
        if scope["type"] == "websocket":
            await self._app(scope, receive, send)
            return

        async def shared(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer = MutableHeaders(scope=message)
                answer["Access-Control-Allow-Origin"] = origin
                answer["Access-Control-Expose-Headers"] = _EXPOSED
                answer["Cross-Origin-Resource-Policy"] = "cross-origin"
                answer.add_vary_header("Origin")
            await send(message)

        if scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
            allowed = {
                "Access-Control-Allow-Methods": _METHODS,
                "Access-Control-Allow-Headers": _ALLOWED,
                "Access-Control-Max-Age": "600",
            }
            await Response(status_code=204, headers=allowed)(scope, receive, shared)
            return
        await self._app(scope, receive, shared)


def may_ask(origin: str, inbox: Inbox, *, host: str) -> bool:
    """Say whether a page of `origin` may speak to the inbox through the server that it calls `host`."""
    if origin in inbox.origins:
        return True
    scheme, _, place = origin.partition("://")
    return scheme in ("http", "https") and bool(place) and place.lower() == host.lower()


async def _refuse(error: ZhiyinError, connection: HTTPConnection, receive: Receive, send: Send) -> None:
    if connection.scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 4000 + error.status, "reason": ""})
        return
    answer = problem(error, connection)
    answer.headers.add_vary_header("Origin")
    await answer(connection.scope, receive, send)
