"""A front that really listens: the application on a random port over the product, with two accounts."""

import asyncio
import json
import socket
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import httpx
import uvicorn
from fastapi import FastAPI

from zhiyin.conversation.ids import AccountId, InboxId, new_id
from zhiyin.data.records import Account, Inbox
from zhiyin.front.http import HttpLimits, Services, build_http
from zhiyin.front.serving import server_options
from zhiyin.service.turn import Road

SECRET = "s" * 40
SHOP = "https://shop.example"


@dataclass(slots=True)
class Clock:
    """A clock that stands still until it is moved."""

    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __call__(self) -> datetime:
        """Tell the time."""
        return self.now

    def forward(self, **time: float) -> None:
        """Move it."""
        self.now += timedelta(**time)


@dataclass(slots=True)
class Standing:
    """What a test holds of a running front."""

    url: str
    app: FastAPI
    server: uvicorn.Server
    ours: AccountId
    theirs: AccountId
    services: Services
    clock: Clock
    inbox: Inbox
    their_inbox: Inbox
    tokens: dict[tuple[str, str], str]  # (account, role): token
    events: Any

    @property
    def public(self) -> str:
        """The base of the customers' API."""
        return f"{self.url}/public/api/v1/inboxes/{self.inbox.website_token}"

    @property
    def staff(self) -> str:
        """The base of our account's staff API."""
        return f"{self.url}/api/v1/accounts/{self.ours}"

    def bearing(self, role: str = "admin", *, account: AccountId | None = None) -> dict[str, str]:
        """Return the headers of an API token, ours if not told otherwise."""
        return {"Authorization": f"Bearer {self.tokens[account or self.ours, role]}"}

    def ws(self, conversation: str, *, after: int = -1) -> str:
        """Return the address of a conversation's socket."""
        return f"{self.public.replace('http', 'ws', 1)}/conversations/{conversation}/ws?after={after}"


@asynccontextmanager
async def listening(app: FastAPI, *, drain_s: float = 5) -> AsyncIterator[tuple[str, uvicorn.Server]]:
    """Serve `app` on a random port with the options that the product uses."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # named, or asyncio keeps Nagle on
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, **server_options(drain_s=drain_s)))
    run = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        while not server.started:
            assert not run.done(), run.exception()
            await asyncio.sleep(0.005)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", server
    finally:
        server.should_exit = True
        await run


@dataclass(frozen=True, slots=True)
class Behind:
    """What stands behind the fronts of all tests."""

    road: Any
    knowledge: Any
    directory: Any
    events: Any


@dataclass(frozen=True, slots=True)
class Served:
    """An application that listens."""

    url: str
    app: FastAPI
    server: uvicorn.Server
    services: Services
    clock: Clock


async def _metrics() -> bytes:
    return b"zhiyin_up 1\n"


@asynccontextmanager
async def serving(
    behind: Behind, *, limits: HttpLimits | None = None, page: Path | None = None, road: Road | None = None
) -> AsyncIterator[Served]:
    """Build and serve the application."""
    clock = Clock()
    services = Services(
        road=road or behind.road,
        knowledge=behind.knowledge,
        directory=behind.directory,
        clock=clock,
        session_key=b"k" * 32,
        ready=nothing_lacks,
        metrics=_metrics,
        page=page,
    )
    app = build_http(services, limits)
    async with listening(app) as (url, server):
        yield Served(url, app, server, services, clock)


async def settled(served: Served, behind: Behind) -> Standing:
    """Set up two new accounts, with an inbox and tokens of every role for each."""
    inboxes: list[Inbox] = []
    tokens: dict[tuple[str, str], str] = {}
    roles: tuple[Literal["admin", "agent", "api"], ...] = ("admin", "agent", "api")
    for name in ("ours", "theirs"):
        account = await behind.directory.ensure_account(Account(AccountId(new_id()), name))
        made = Inbox(InboxId(new_id()), account.id, name, new_id(), origins=(SHOP,), secrets=(SECRET,))
        inboxes.append(await behind.directory.put_inbox(made))
        for role in roles:
            _, tokens[account.id, role] = await behind.directory.new_token(account.id, name=role, role=role)
    ours, theirs = inboxes
    return Standing(
        url=served.url,
        app=served.app,
        server=served.server,
        ours=ours.account,
        theirs=theirs.account,
        services=served.services,
        clock=served.clock,
        inbox=ours,
        their_inbox=theirs,
        tokens=tokens,
        events=behind.events,
    )


@asynccontextmanager
async def standing(
    behind: Behind, *, limits: HttpLimits | None = None, page: Path | None = None, road: Road | None = None
) -> AsyncIterator[Standing]:
    """Serve a front of its own for two new accounts."""
    async with serving(behind, limits=limits, page=page, road=road) as served:
        yield await settled(served, behind)


async def nothing_lacks() -> list[str]:
    """Say that the process can serve."""
    return []


@dataclass(slots=True)
class Guest:
    """A visitor of our inbox, as the widget is one."""

    front: Standing
    http: httpx.AsyncClient
    session: str = ""
    contact: str = ""

    @property
    def headers(self) -> dict[str, str]:
        """The headers of the visitor's session."""
        return {"Authorization": f"Bearer {self.session}"}

    async def come_in(self, **body: str) -> "Guest":
        """Get a session."""
        answer = await self.http.post(
            f"{self.front.public}/contacts", json=body, headers=self.headers if self.session else {}
        )
        assert answer.status_code == 200, answer.text
        self.session, self.contact = answer.json()["session"], answer.json()["contact"]
        return self

    async def begin(self) -> str:
        """Begin a conversation and return its id."""
        answer = await self.http.post(f"{self.front.public}/conversations", headers=self.headers)
        assert answer.status_code == 201, answer.text
        id: str = answer.json()["id"]
        return id

    async def say(self, conversation: str, text: str, *, id: str | None = None) -> httpx.Response:
        """Say something."""
        return await self.http.post(
            f"{self.front.public}/conversations/{conversation}/messages",
            headers=self.headers,
            json={"id": id or new_id(), "text": text},
        )

    async def until_replied(self, conversation: str, *, after: int) -> dict[str, Any]:
        """Follow the conversation's event stream and return the reply that comes after `after`."""
        async for event in self.follow(conversation, after=after):
            if event["type"] == "message.created" and event["author"] != "customer":
                return event
        raise AssertionError("the stream ended without a reply")

    async def follow(
        self, conversation: str, *, after: int = -1, last: str | None = None
    ) -> AsyncGenerator[dict[str, Any], None]:
        """Follow the conversation as the event stream tells it."""
        headers = self.headers | ({"Last-Event-ID": last} if last else {})
        url = f"{self.front.public}/conversations/{conversation}/events?after={after}"
        async with self.http.stream("GET", url, headers=headers, timeout=30) as answer:
            assert answer.status_code == 200
            async for event in events_of(answer):
                yield event


async def events_of(answer: httpx.Response) -> AsyncIterator[dict[str, Any]]:
    """Read a stream of server-sent events whose data is JSON."""
    fields: dict[str, str] = {}
    async for line in answer.aiter_lines():
        if line.startswith(":"):
            yield {"type": "comment", "text": line[1:].strip()}
        elif line:
            name, _, value = line.partition(": ")
            fields[name] = value
        elif fields:
            if fields["data"] == "[DONE]":
                return
            data: dict[str, Any] = json.loads(fields["data"])
            if "event" in fields:
                assert data["type"] == fields["event"]
            if "number" in data:
                assert fields["id"] == str(data["number"])
            else:
                assert "id" not in fields
            yield data
            fields = {}


def encoded(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    """Return headers as bytes, for values that clients refuse to send as text."""
    return [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
