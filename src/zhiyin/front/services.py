"""What the front is given by the app, and the bounds it keeps."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from zhiyin.data.records import Directory
from zhiyin.service.knowledge import Searching
from zhiyin.service.turn import Road


@dataclass(frozen=True, slots=True)
class Answered:
    """One request as metrics count it; `route` is the pattern, so no id or token is in it."""

    method: str
    route: str
    status: int
    took_s: float


@dataclass(frozen=True, slots=True)
class Services:
    """The doors behind the front."""

    road: Road
    knowledge: Searching
    directory: Directory
    clock: Callable[[], datetime]
    session_key: bytes = field(repr=False)  # signs visitors' sessions; the same in every process; 32 bytes or more
    ready: Callable[[], Awaitable[Sequence[str]]]  # what still keeps the process from serving; empty: nothing
    metrics: Callable[[], Awaitable[bytes]]  # Prometheus text
    page: Path | None = None  # the home page's folder, served at /
    observe: Callable[[Answered], None] | None = None


@dataclass(frozen=True, slots=True)
class Rate:
    """An allowance: `burst` at once, and `per_s` more every second."""

    burst: float
    per_s: float


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """Bounds of every request. Sizes in bytes, times in seconds."""

    body_bytes: int = 64 * 1024  # of a visitor's request
    staff_body_bytes: int = 2 * 1024 * 1024
    upload_bytes: int = 64 * 1024 * 1024  # of all files of one upload together
    upload_files: int = 100
    json_depth: int = 32
    text_chars: int = 4000
    body_s: float = 30.0  # for a body to arrive
    answer_s: float = 30.0  # from the request to the first byte of the answer
    upload_s: float = 900.0  # the same for an upload, which is ingested meanwhile
    chat_s: float = 120.0  # how long a chat completion waits for the reply
    visitor: Rate = Rate(burst=10, per_s=0.5)  # what one visitor says or does
    ip: Rate = Rate(burst=30, per_s=0.5)  # contacts made from one address
    account: Rate = Rate(burst=1500, per_s=200)  # what all customers of one account say or do
    requests: Rate = Rate(burst=4000, per_s=1000)  # all requests of one account, those that only read too
    keys: int = 50_000  # how many visitors, addresses and accounts are remembered at once
    session_s: float = 30 * 86_400.0  # an anonymous visitor comes back to the own conversations for so long
    signed_session_s: float = 86_400.0  # an identified one proves it again after so long
    identity_s: float = 7 * 86_400.0  # the longest life of an identity token that is accepted
    plain_hash: bool = True  # accept `identifier_hash`, which never expires, next to identity tokens
    sse_ping_s: float = 10.0
    socket_ping_s: float = 25.0
    silent_s: float = 60.0  # a socket whose client answers no ping for so long is closed
    slow_s: float = 10.0  # a follower that takes nothing for so long is let go
    followers: int = 20_000  # sockets and event streams at once in this process
    followers_each: int = 8  # of one visitor
    followers_token: int = 500  # of one API token
