"""The guards around every request: origins, sizes, depth, names of requests, headers, and errors nobody expected."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import httpx
import pytest
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from tests.front.standing import SHOP, Behind, Guest, Standing, encoded, standing
from zhiyin.conversation.ids import AccountId, InboxId
from zhiyin.data.records import Inbox
from zhiyin.front.channels.intake import depth_exceeds
from zhiyin.front.channels.origins import may_ask
from zhiyin.front.http import HttpLimits


async def test_a_listed_page_may_ask_and_others_may_not(front: Standing, http: httpx.AsyncClient) -> None:
    answer = await http.get(front.public, headers={"Origin": SHOP})
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == SHOP
    assert "Origin" in answer.headers["Vary"]
    assert "Access-Control-Allow-Credentials" not in answer.headers
    for origin in ("https://evil.example", "null", f"{SHOP}:8443", "http://shop.example"):
        refused = await http.get(front.public, headers={"Origin": origin})
        assert refused.status_code == 403
        assert "Access-Control-Allow-Origin" not in refused.headers


async def test_a_preflight_is_answered_for_listed_pages_only(front: Standing, http: httpx.AsyncClient) -> None:
    asks = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}
    url = f"{front.public}/conversations"
    allowed = await http.options(url, headers={"Origin": SHOP} | asks)
    assert allowed.status_code == 204
    assert allowed.headers["Access-Control-Allow-Origin"] == SHOP
    assert "POST" in allowed.headers["Access-Control-Allow-Methods"]
    assert "Authorization" in allowed.headers["Access-Control-Allow-Headers"]
    assert (await http.options(url, headers={"Origin": "https://evil.example"} | asks)).status_code == 403


async def test_a_listed_page_can_read_refusals_too(front: Standing, http: httpx.AsyncClient) -> None:
    refused = await http.get(f"{front.public}/conversations", headers={"Origin": SHOP})
    assert refused.status_code == 401
    too_large = await http.post(f"{front.public}/contacts", content=b"x" * 70_000, headers={"Origin": SHOP})
    assert too_large.status_code == 413
    for answer in (refused, too_large):
        assert answer.headers["Access-Control-Allow-Origin"] == SHOP


async def test_the_staff_api_is_shared_with_no_page(front: Standing, http: httpx.AsyncClient) -> None:
    answer = await http.get(f"{front.staff}/inboxes", headers=front.bearing() | {"Origin": SHOP})
    assert "Access-Control-Allow-Origin" not in answer.headers


async def test_a_change_of_origins_counts_at_once(front: Standing, http: httpx.AsyncClient) -> None:
    page = {"Origin": "https://new.example"}
    assert (await http.get(front.public, headers=page)).status_code == 403
    change = {"origins": ["https://new.example"]}
    await http.patch(f"{front.staff}/inboxes/{front.inbox.id}", json=change, headers=front.bearing())
    assert (await http.get(front.public, headers=page)).status_code == 200
    assert (await http.get(front.public, headers={"Origin": SHOP})).status_code == 403


async def test_an_inbox_without_origins_serves_only_its_own_server(front: Standing, http: httpx.AsyncClient) -> None:
    await http.patch(f"{front.staff}/inboxes/{front.inbox.id}", json={"origins": []}, headers=front.bearing())
    assert (await http.get(front.public, headers={"Origin": front.url})).status_code == 200
    assert (await http.get(front.public, headers={"Origin": SHOP})).status_code == 403


def test_only_whole_origins_are_equal() -> None:
    inbox = Inbox(InboxId("i"), AccountId("a"), "site", "web", origins=(SHOP,))
    assert may_ask(SHOP, inbox, host="chat.example")
    assert may_ask("https://Chat.example", inbox, host="chat.example")
    for origin in (
        "",
        "null",
        "https://",
        "file://chat.example",
        "https://chat.example.evil",
        f"{SHOP}/",
        "chat.example",
    ):
        assert not may_ask(origin, inbox, host="chat.example")


async def test_a_body_is_counted_while_it_comes(front: Standing, http: httpx.AsyncClient) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b" " * 1024

    for content_type in ("application/json", "text/plain"):
        answer = await http.post(f"{front.public}/contacts", content=pieces(), headers={"Content-Type": content_type})
        assert answer.status_code == 413
        assert answer.json()["error"]["code"] == "too_large"


async def test_an_upload_has_its_own_limit(behind: Behind, http: httpx.AsyncClient) -> None:
    async with standing(behind, limits=HttpLimits(upload_bytes=100_000)) as front:
        url = f"{front.staff}/documents"
        small, large = {"files": ("a.txt", b"ok " * 20_000)}, {"files": ("a.txt", b"no " * 50_000)}
        assert (await http.post(url, files=small, headers=front.bearing())).status_code == 200
        assert (await http.post(url, files=large, headers=front.bearing())).status_code == 413


async def test_json_is_not_nested_deeply(front: Standing, http: httpx.AsyncClient) -> None:
    deep = b'{"name":' + b"[" * 40 + b"]" * 40 + b"}"
    answer = await http.post(f"{front.public}/contacts", content=deep, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("body", "deep"),
    [
        (b"[" * 33, True),
        (b"[" * 32, False),
        (b"[]" * 100, False),
        (b'{"a":' * 33, True),
        (b'"' + b"[" * 100 + b'"', False),
        (b'"\\"' + b"[" * 100 + b'"', False),
        (b'"a"' + b"[" * 33, True),
        (b'"unfinished' + b"[" * 100, False),
        (b'"' + b'\\"' * 100_000, False),
    ],
)
def test_depth_is_counted_outside_of_strings(body: bytes, deep: bool) -> None:
    assert depth_exceeds(body, 32) is deep


async def test_a_body_that_never_ends_is_given_up(behind: Behind, http: httpx.AsyncClient) -> None:
    async def forever() -> AsyncIterator[bytes]:
        yield b"{"
        async with httpx.AsyncClient() as other:  # wait until the server has lost its patience
            while door_closed:
                await other.get(f"{front.url}/healthz")
        yield b"}"

    door_closed = True
    async with standing(behind, limits=HttpLimits(body_s=0.1)) as front:
        request = http.build_request("POST", f"{front.public}/contacts", content=forever())
        request.headers["Content-Type"] = "application/json"
        with capture_logs() as logs:
            sending = http.send(request)
            task = asyncio.create_task(sending)
            while not any(one.get("status") == 504 for one in logs):
                await http.get(f"{front.url}/healthz")
            door_closed = False
            with suppress(httpx.TransportError):  # the server may hang up first
                assert (await task).status_code == 504


async def test_every_answer_names_its_request(front: Standing, http: httpx.AsyncClient) -> None:
    given = await http.get(front.public, headers={"X-Request-Id": "order-42.a"})
    assert given.headers["X-Request-Id"] == "order-42.a"
    for strange in ("a b", "x" * 65, "\u00e9"):
        made = await http.get(f"{front.url}/no-such", headers=encoded({"X-Request-Id": strange}))
        assert len(made.headers["X-Request-Id"]) == 36


async def test_answers_are_protected(front: Standing, http: httpx.AsyncClient) -> None:
    data, page = await http.get(front.public), await http.get(f"{front.url}/docs")
    for answer in (data, page):
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert "server" not in answer.headers
    assert data.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "script-src 'self';" in page.headers["Content-Security-Policy"]


async def test_an_unknown_error_is_logged_once_and_its_words_go_nowhere(front: Standing, guest: Guest) -> None:
    class Breaking:
        """A road that does not open."""

        async def open(self, *_: object, **__: object) -> None:
            raise RuntimeError("duplicate key (phone)=(13800000000)")

    around = Behind(Breaking(), front.services.knowledge, front.services.directory, front.events)
    async with standing(around) as broken:
        visitor = await Guest(broken, guest.http).come_in()
        with capture_logs(processors=[merge_contextvars]) as logs:
            answer = await guest.http.post(f"{broken.public}/conversations", headers=visitor.headers)
    assert answer.status_code == 500
    assert answer.json()["error"] == {
        "code": "broken",
        "message": "抱歉，我们这边出了点问题，请稍后再试。",
        "request_id": answer.headers["X-Request-Id"],
    }
    errors = [one for one in logs if one["log_level"] == "error"]
    assert len(errors) == 1
    assert errors[0]["error"] == "RuntimeError"
    assert any("test_guards.py" in place for place in errors[0]["at"])
    assert errors[0]["request_id"] == answer.headers["X-Request-Id"]
    assert "138" not in str(logs)


async def test_logs_name_routes_and_no_tokens(front: Standing, guest: Guest) -> None:
    talk = await guest.begin()
    with capture_logs() as logs:
        await guest.say(talk, "我的电话是 13800000000")
        await guest.http.get(f"{front.staff}/search", params={"q": "王芳"}, headers=front.bearing())
    seen = [one for one in logs if one["event"] == "request"]
    assert [one["status"] for one in seen] == [202, 200]
    assert seen[0]["route"] == "/public/api/v1/inboxes/{website_token}/conversations/{conversation}/messages"
    for secret in (guest.session, front.inbox.website_token, "138", "王芳", front.tokens[front.ours, "admin"]):
        assert secret not in str(seen)
