"""The server: one ASGI application that assembles the product when it starts and takes it down when it stops."""

import os
import shutil
import tempfile
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import structlog
import uvicorn

from zhiyin.app.assemble import Product, assemble, utc_now
from zhiyin.app.settings import Settings, read_settings
from zhiyin.app.watch import start_logging
from zhiyin.errors import BadPack, ZhiyinError
from zhiyin.extend import Pack, find
from zhiyin.front.http import build_http
from zhiyin.front.services import HttpLimits, Rate, Services
from zhiyin.front.serving import server_options

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

PACK = "ZHIYIN_SERVED_PACK"
"""Environment variable that tells worker processes which pack's page to serve."""

log = structlog.get_logger("zhiyin.server")


class Served:
    """The ASGI application. Everything is built in `lifespan.startup`, inside the process that serves."""

    def __init__(self, settings: Settings, *, page: Path | None = None) -> None:
        self._settings = settings
        self._page = page
        self._stack = AsyncExitStack()
        self._inner: Any = None
        self.product: Product | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Start or stop on lifespan messages; hand everything else to the HTTP application."""
        if scope["type"] != "lifespan":
            await self._inner(scope, receive, send)
            return
        while True:
            message = await receive()
            starting = message["type"] == "lifespan.startup"
            try:
                await (self._start() if starting else self._stack.aclose())
            except ZhiyinError as error:
                log.error("server.failed", error=str(error))
                await send({"type": f"{message['type']}.failed", "message": str(error)})
                return
            await send({"type": f"{message['type']}.complete"})
            if not starting:
                return

    async def _start(self) -> None:
        product = self.product = await self._stack.enter_async_context(assemble(self._settings))
        settings = self._settings

        async def ready() -> Sequence[str]:
            try:
                await product.database.describe()
            except ZhiyinError as error:
                return [f"store: {type(error).__name__}"]
            return []

        async def metrics() -> bytes:
            due, queue = await product.events.waiting()
            product.watch.due.set(due)
            product.watch.queue.set(queue)
            product.watch.running.set(product.worker.running)
            product.watch.followers.set(self._inner.state.door.followers.total())
            return product.watch.text()

        services = Services(
            road=product.road,
            knowledge=product.library,
            directory=product.directory,
            clock=utc_now,
            session_key=settings.signing_key().encode(),
            ready=ready,
            metrics=metrics,
            page=self._page,
            observe=product.watch.answered,
        )
        per_visitor, per_account = settings.visitor_messages_per_minute, settings.account_messages_per_minute
        limits = HttpLimits(
            text_chars=settings.max_message_chars,
            body_bytes=max(64 * 1024, 4 * settings.max_message_chars + 4096),
            plain_hash=settings.plain_identity_hash,
            upload_bytes=settings.max_upload_mb * 1024 * 1024,
            visitor=Rate(burst=max(5, per_visitor // 2), per_s=per_visitor / 60),
            account=Rate(burst=max(100, per_account // 4), per_s=per_account / 60),
            ip=Rate(burst=settings.contacts_per_ip_per_minute, per_s=settings.contacts_per_ip_per_minute / 60),
        )
        self._inner = build_http(services, limits)


def create() -> Served:
    """Build the application from the environment: what each worker process calls."""
    settings = read_settings()
    start_logging(settings)
    pack: Pack | None = find("packs", os.environ[PACK]) if os.environ.get(PACK) else None
    return Served(settings, page=pack.page if pack else None)


def serve(settings: Settings, *, pack: str | None) -> None:
    """Serve until a signal says stop; running turns finish or are handed back.

    Raises:
        BadPack: several workers are asked for on SQLite.
    """
    if settings.workers > 1 and not settings.database().startswith("postgresql"):
        raise BadPack("several workers need PostgreSQL: set ZHIYIN_DATABASE_URL=postgresql://…, or ZHIYIN_WORKERS=1")
    for name in settings.model_fields_set:
        value = getattr(settings, name)
        if value is not None:
            os.environ[f"ZHIYIN_{name.upper()}"] = _plain(value)
    if pack:
        os.environ[PACK] = pack
    shared = tempfile.mkdtemp(prefix="zhiyin-metrics-") if settings.workers > 1 else None
    if shared:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = shared
    try:
        uvicorn.run(
            "zhiyin.app.serve:create",
            factory=True,
            host=settings.host,
            port=settings.port,
            workers=settings.workers,
            loop="uvloop",
            proxy_headers=bool(settings.public_url),
            **server_options(drain_s=settings.shutdown_s),
        )
    finally:
        if shared:
            shutil.rmtree(shared, ignore_errors=True)


def _plain(value: Any) -> str:
    return str(value.get_secret_value() if hasattr(value, "get_secret_value") else value)
