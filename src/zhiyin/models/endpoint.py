"""One service outside: its address, its patience, and how a request to it fails in our own words."""

import asyncio
import contextlib
import json
import random
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlsplit

import httpx

from zhiyin.errors import BadPack, Refused, TimedOut, Unavailable, ZhiyinError
from zhiyin.models.breaker import Breaker

Answer = TypeVar("Answer")
_SECRET = re.compile(r"key|token|secret|password|sig", re.IGNORECASE)
_CODE = re.compile(r"[a-z][a-z0-9_.-]{1,59}")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a model is served, OpenAI-compatible (`url` ends before `/chat/completions`), and how long to wait."""

    url: str
    model: str
    key: str = field(default="", repr=False)
    connect_s: float = 3.0
    first_s: float = 12.0  # from the request to the first token
    between_s: float = 8.0  # from token to token
    total_s: float = 45.0  # all of it, retries included
    retries: int = 2
    backoff_s: float = 0.25  # the wait before retry n is drawn from 0 to backoff_s × 2ⁿ
    retry_after_at_most_s: float = 4.0  # a service that asks for more is left alone instead
    connections: int = 64

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise BadPack("a model's URL must begin with http:// or https:// and name a host")
        if parts.username or parts.password:
            raise BadPack(f"the model URL at {parts.hostname} carries a password; put it in the key setting instead")
        if any(_SECRET.search(name) for name, _ in parse_qsl(parts.query)):  # addresses get into logs, keys do not
            raise BadPack(f"the model URL at {parts.hostname} carries a secret; put it in the key setting instead")

    @property
    def shown(self) -> str:
        """The address without its query, for people to read."""
        parts = urlsplit(self.url)
        port = f":{parts.port}" if parts.port else ""
        return f"{parts.scheme}://{parts.hostname}{port}{parts.path}"


class Failed(Exception):
    """A request came to nothing; says in which of our errors, and whether another try may help."""

    def __init__(self, error: ZhiyinError, *, again: bool, ours: bool = False, asked_s: float = 0.0) -> None:
        super().__init__(str(error))
        self.error, self.again, self.ours, self.asked_s = error, again, ours, asked_s


class Outside:
    """Sends requests to an endpoint: pooled connections, a circuit breaker, bounded retries and sizes.

    No redirect is followed (the key must not travel), nothing compressed is accepted (its size cannot be bounded
    cheaply), and no word of an answer's body gets into an error but a short machine-readable code.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        clock: Callable[[], float] = time.monotonic,
        dice: random.Random | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.endpoint, self.clock, self._sleep = endpoint, clock, sleep
        self.what = f"the model {endpoint.model} at {endpoint.shown}"
        self.breaker = Breaker(self.what, clock=clock)
        self._dice = dice or random.Random()  # noqa: S311 - jitter is no secret
        headers = {"Accept-Encoding": "identity", "User-Agent": "zhiyin"}
        if endpoint.key:
            headers["Authorization"] = f"Bearer {endpoint.key}"
        try:
            self._client = httpx.AsyncClient(
                headers=headers,
                timeout=httpx.Timeout(endpoint.total_s, connect=endpoint.connect_s, pool=endpoint.connect_s),
                limits=httpx.Limits(max_connections=endpoint.connections, keepalive_expiry=60.0),
            )
        except (UnicodeError, ValueError) as error:
            raise BadPack(f"the key of {self.what} has characters that a header cannot carry") from error

    async def aclose(self) -> None:
        """Close the pooled connections."""
        await self._client.aclose()

    @contextlib.asynccontextmanager
    async def post(self, path: str, body: dict[str, Any], *, within_s: float) -> AsyncIterator[httpx.Response]:
        """Send once and open the answer; its head must come within `within_s`.

        Raises:
            Failed: no answer, or one with an error status.
        """
        split = urlsplit(self.endpoint.url)
        url = split._replace(path=split.path.rstrip("/") + path).geturl()
        with self.translated():
            request = self._client.build_request(
                "POST",
                url,
                content=json.dumps(body, ensure_ascii=False).encode("utf-8", "replace"),
                headers={"Content-Type": "application/json"},
            )
            async with asyncio.timeout(within_s):
                response = await self._client.send(request, stream=True)
        try:
            if response.status_code != 200:
                raise await self._refusal(response)
            if response.headers.get("content-encoding", "identity") not in ("", "identity"):
                raise self.garbage("a compressed answer that was not asked for")
            yield response
        finally:
            with contextlib.suppress(httpx.HTTPError, OSError):
                await response.aclose()

    async def ask(
        self, path: str, body: dict[str, Any], *, at_most_bytes: int, understand: Callable[[Any], Answer]
    ) -> Answer:
        """Send, retrying within the time there is, and return what `understand` makes of the answer's JSON.

        `understand` raises `Failed` for an answer that is no use, which then counts as a failed attempt.

        Raises:
            Unavailable: no usable answer; TimedOut when none came in time; Refused when asking again is no use.
        """
        deadline = self.clock() + self.endpoint.total_s
        for attempt in range(self.endpoint.retries + 1):
            self.breaker.admit()
            try:
                async with self.post(path, body, within_s=deadline - self.clock()) as response:
                    with self.translated():
                        async with asyncio.timeout(deadline - self.clock()):
                            answer = understand(self.parse(await self.read(response, at_most_bytes=at_most_bytes)))
                self.breaker.succeeded()
                return answer
            except Failed as failure:
                self.count(failure)
                await self.wait_or_raise(failure, attempt=attempt, deadline=deadline)
            except BaseException:
                self.breaker.left()
                raise
        raise AssertionError("the last attempt returns or raises")

    def count(self, failure: Failed) -> None:
        """Tell the breaker; a request that only we got wrong says nothing about the service."""
        if failure.ours:
            self.breaker.left()
        else:
            self.breaker.failed(asked_s=failure.asked_s if self._too_long(failure) else 0.0)

    async def wait_or_raise(self, failure: Failed, *, attempt: int, deadline: float) -> None:
        """Wait before the next attempt, or raise the failure's error when there will be none."""
        spread = self._dice.random() * self.endpoint.backoff_s * 2**attempt
        wait = failure.asked_s + spread
        hopeless = not failure.again or attempt >= self.endpoint.retries or self._too_long(failure)
        if hopeless or self.clock() + wait >= deadline:
            raise failure.error from failure.__cause__
        await self._sleep(wait)

    async def read(self, response: httpx.Response, *, at_most_bytes: int) -> bytes:
        """Read a whole body, never more than `at_most_bytes`."""
        body = bytearray()
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) > at_most_bytes:
                raise self.garbage(f"more than {at_most_bytes} bytes")
        return bytes(body)

    def parse(self, body: bytes) -> Any:
        """Read JSON that may be anything."""
        try:
            return json.loads(body)
        except (ValueError, RecursionError) as error:
            raise self.garbage("what is no JSON; is the URL right?") from error

    def garbage(self, what: str) -> Failed:
        """Make the failure of an answer that cannot be used."""
        return Failed(Unavailable(f"{self.what} answered with {what}"), again=True)

    @contextlib.contextmanager
    def translated(self) -> Iterator[None]:
        """Turn what httpx and the clock raise inside into `Failed`."""
        try:
            yield
        except (httpx.ConnectTimeout, httpx.PoolTimeout):
            raise Failed(TimedOut(f"{self.what} cannot be reached in time"), again=True) from None
        except (TimeoutError, httpx.TimeoutException):
            # Not tried again: a customer who waited that long is better served without this model.
            raise Failed(TimedOut(f"{self.what} did not answer in time"), again=False) from None
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError) as error:
            # The cause holds the request with its key in a header, so only its kind is told.
            raise Failed(Unavailable(f"{self.what} cannot be reached: {type(error).__name__}"), again=True) from None

    def _too_long(self, failure: Failed) -> bool:
        return failure.asked_s > self.endpoint.retry_after_at_most_s

    async def _refusal(self, response: httpx.Response) -> Failed:
        status = response.status_code
        code = ""
        with contextlib.suppress(Failed, TimeoutError, httpx.HTTPError, OSError):
            async with asyncio.timeout(self.endpoint.between_s):
                code = self._code(self.parse(await self.read(response, at_most_bytes=65_536)))
        said = f"{self.what} answered {status}{f' ({code})' if code else ''}"
        if status in (408, 409, 425, 429) or status >= 500:
            asked_s = _seconds(response.headers.get("retry-after", "")) if status in (429, 503) else 0.0
            return Failed(Unavailable(said), again=True, asked_s=asked_s)
        if 300 <= status < 400:
            return Failed(Refused(f"{said}: redirects are not followed, set its final URL"), again=False)
        if status in (401, 403):
            return Failed(Refused(f"{said}: check the key"), again=False)
        if status in (404, 405):
            return Failed(Refused(f"{said}: check the URL and the model's name"), again=False)
        return Failed(Refused(said), again=False, ours=True)

    def _code(self, body: Any) -> str:
        """Find the error code in an error body; free text is left out, since it may repeat the prompt or the key."""
        error = body.get("error") if isinstance(body, dict) else None
        for name in ("code", "type"):
            code = error.get(name) if isinstance(error, dict) else None
            if (
                isinstance(code, str)
                and _CODE.fullmatch(code)
                and (not self.endpoint.key or self.endpoint.key not in code)
            ):
                return code
        return ""


def _seconds(header: str) -> float:
    """Read a Retry-After header: seconds, or a date."""
    with contextlib.suppress(ValueError, OverflowError):
        return min(max(0.0, float(header)), 86_400.0) if header.strip() else 0.0
    with contextlib.suppress(ValueError, TypeError, OverflowError):
        until = parsedate_to_datetime(header)
        return max(0.0, (until - datetime.now(UTC)).total_seconds()) if until.tzinfo else 0.0
    return 0.0
