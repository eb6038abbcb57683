"""What every answer wears: a request id, security headers, one line in the log and one count in the metrics."""

import re
import time
from typing import Final

import structlog
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from zhiyin.conversation.ids import new_id
from zhiyin.front.channels.problems import note_unknown
from zhiyin.front.services import Answered, Services

log = structlog.get_logger("zhiyin.http")

_GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_DATA_POLICY: Final = "default-src 'none'; frame-ancestors 'none'"
PAGE_POLICY: Final = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""For our own pages. Styles may be inline: the widget's shadow DOM brings its own."""


class Envelope:
    """Wraps every request; the outermost layer."""

    def __init__(self, app: ASGIApp, services: Services) -> None:
        self._app = app
        self._services = services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request in its envelope."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        scope.setdefault("state", {})["request_id"] = request_id
        began = time.perf_counter()
        status = 0

        async def sealed(message: Message) -> None:
            nonlocal status
            if message["type"] in ("http.response.start", "websocket.accept", "websocket.http.response.start"):
                status = message.get("status", 101)
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = request_id
                if message["type"] == "http.response.start":
                    _protect(headers, status=message["status"])
            elif message["type"] == "websocket.close" and not status:
                status = 403
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, receive, sealed)
            except Exception as error:
                note_unknown(error)
                status = status or 500
                if scope["type"] == "http":
                    raise ConnectionAbortedError from None  # the words of the error stay here
            finally:
                self._note(scope, status, time.perf_counter() - began)

    def _note(self, scope: Scope, status: int, took_s: float) -> None:
        route = route_of(scope)
        method = scope.get("method", "WS")
        log.info("request", method=method, route=route, status=status, ms=round(took_s * 1000, 1))
        if self._services.observe is not None:
            self._services.observe(Answered(method, route, status, took_s))


def route_of(scope: Scope) -> str:
    """Return the pattern that the path matched, so that no id or token of it is logged or counted."""
    route = scope.get("route")
    return getattr(route, "path", "") or scope.get("state", {}).get("route", "") or "unmatched"


def _request_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            given = value.decode("latin-1")
            return given if _GIVEN_ID.fullmatch(given) else new_id()
    return new_id()


def _protect(headers: MutableHeaders, *, status: int) -> None:
    is_page = headers.get("content-type", "").startswith("text/html")
    if status != 304:  # names no content type, and a browser would put its policy on the page it kept
        headers.setdefault("Content-Security-Policy", PAGE_POLICY if is_page else _DATA_POLICY)
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("X-Frame-Options", "DENY")
    headers.setdefault("Referrer-Policy", "strict-origin-when-cross-origin")
    headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
