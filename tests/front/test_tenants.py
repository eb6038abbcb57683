"""No route gives one account anything of another: every route is tried, and a new one must be named here."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from starlette.routing import BaseRoute
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.front.standing import Guest, Standing
from zhiyin.front.http import build_http

STAFF = "/api/v1/accounts/{account}"
PUBLIC = "/public/api/v1/inboxes/{website_token}"

ROUTES: dict[tuple[str, str], Any] = {  # (method, path): a body that the route would take
    ("GET", f"{STAFF}/inboxes"): None,
    ("POST", f"{STAFF}/inboxes"): {"name": "x"},
    ("GET", f"{STAFF}/inboxes/{{inbox}}"): None,
    ("PATCH", f"{STAFF}/inboxes/{{inbox}}"): {"name": "stolen"},
    ("GET", f"{STAFF}/contacts/{{contact}}"): None,
    ("GET", f"{STAFF}/tokens"): None,
    ("POST", f"{STAFF}/tokens"): {"name": "x", "role": "api"},
    ("DELETE", f"{STAFF}/tokens/{{token}}"): None,
    ("GET", f"{STAFF}/conversations"): None,
    ("POST", f"{STAFF}/conversations"): {"inbox": "{inbox}"},
    ("GET", f"{STAFF}/conversations/{{conversation}}"): None,
    ("GET", f"{STAFF}/conversations/{{conversation}}/messages"): None,
    ("POST", f"{STAFF}/conversations/{{conversation}}/messages"): {"text": "x"},
    ("POST", f"{STAFF}/conversations/{{conversation}}/replies"): {"text": "x"},
    ("PUT", f"{STAFF}/conversations/{{conversation}}/owner"): {"owner": "nobody"},
    ("GET", f"{STAFF}/conversations/{{conversation}}/events"): None,
    ("GET", f"{STAFF}/conversations/{{conversation}}/events/follow"): None,
    ("GET", f"{STAFF}/documents"): None,
    ("POST", f"{STAFF}/documents"): {"name": "x", "text": "x"},
    ("GET", f"{STAFF}/documents/{{document}}"): None,
    ("DELETE", f"{STAFF}/documents/{{document}}"): None,
    ("GET", f"{STAFF}/documents/{{document}}/passages"): None,
    ("GET", f"{STAFF}/search?q=x"): None,
    ("GET", f"{STAFF}/search/explain?query=x&passage={{passage}}"): None,
    ("GET", f"{STAFF}/lexicon"): None,
    ("PUT", f"{STAFF}/lexicon"): {"words": [], "synonyms": {}},
    ("GET", PUBLIC): None,
    ("POST", f"{PUBLIC}/contacts"): {},
    ("GET", f"{PUBLIC}/conversations"): None,
    ("POST", f"{PUBLIC}/conversations"): None,
    ("GET", f"{PUBLIC}/conversations/{{conversation}}/messages"): None,
    ("POST", f"{PUBLIC}/conversations/{{conversation}}/messages"): {"id": "m", "text": "x"},
    ("POST", f"{PUBLIC}/conversations/{{conversation}}/handoff"): None,
    ("POST", f"{PUBLIC}/conversations/{{conversation}}/ratings"): {"key": "k", "helpful": True},
    ("GET", f"{PUBLIC}/conversations/{{conversation}}/events"): None,
    ("WS", f"{PUBLIC}/conversations/{{conversation}}/ws"): None,
    ("POST", "/v1/chat/completions"): {
        "messages": [{"role": "user", "content": "x"}],
        "conversation_id": "{conversation}",
    },
}
OF_NOBODY = {
    "/healthz",
    "/readyz",
    "/metrics",
    "/openapi.json",
    "/docs",
    "/docs.js",
    "/widget.js",
    "/v1/models",
    "/v1/models/{model}",
}
NEEDS_NO_SESSION = {("GET", PUBLIC), ("POST", f"{PUBLIC}/contacts")}


def flat(routes: list[BaseRoute]) -> Iterator[tuple[str, str]]:
    """Yield every (method, path) of an application, wherever its routers keep them."""
    for route in routes:
        nested = getattr(route, "routes", None) or getattr(getattr(route, "original_router", None), "routes", None)
        if nested:
            yield from flat(nested)
            continue
        for method in getattr(route, "methods", None) or {"WS"}:
            if method != "HEAD":
                yield method, route.path  # type: ignore[attr-defined]


async def things_of_ours(front: Standing, guest: Guest) -> dict[str, str]:
    """Make one of each thing in our account and return their names for paths."""
    admin, http = front.bearing(), guest.http
    asked = {"name": "returns.md", "text": "退货：签收后7天内可以无理由退货。"}
    taken = await http.post(f"{front.staff}/documents", json=asked, headers=admin)
    document = taken.json()["results"][0]["document"]
    passages = await http.get(f"{front.staff}/documents/{document}/passages", headers=admin)
    tokens = await http.get(f"{front.staff}/tokens", headers=admin)
    return {
        "account": front.ours,
        "website_token": front.inbox.website_token,
        "inbox": front.inbox.id,
        "contact": guest.contact,
        "conversation": await guest.begin(),
        "document": document,
        "passage": passages.json()["passages"][0]["id"],
        "token": tokens.json()["tokens"][0]["id"],
    }


def filled(value: Any, things: dict[str, str]) -> Any:
    """Put the names of things into a path or a body."""
    if isinstance(value, dict):
        return {key: filled(one, things) for key, one in value.items()}
    if not isinstance(value, str):
        return value
    for name, thing in things.items():
        value = value.replace(f"{{{name}}}", thing)
    return value


def test_every_route_is_tried() -> None:
    class Nothing:
        """Stands where no service is asked."""

        session_key = b"k" * 32
        page = None
        clock = None

    paths = set(flat(build_http(Nothing()).routes))  # type: ignore[arg-type]
    tried = {(method, path.split("?")[0]) for method, path in ROUTES}
    assert {one for one in paths if one[1] not in OF_NOBODY} == tried


@pytest.mark.parametrize(("method", "path"), [one for one in ROUTES if one[1].startswith(STAFF)])
async def test_another_accounts_token_finds_nothing(front: Standing, guest: Guest, method: str, path: str) -> None:
    things = await things_of_ours(front, guest)
    body = filled(ROUTES[method, path], things)
    theirs = front.bearing(account=front.theirs)
    for headers, wanted in ((theirs, {404}), ({}, {401}), (guest.headers, {401})):
        answer = await guest.http.request(method, front.url + filled(path, things), json=body, headers=headers)
        assert answer.status_code in wanted
    # their own account's path does not reach our things either
    inside = front.url + filled(path, things | {"account": front.theirs})
    if any(f"{{{name}}}" in path + str(ROUTES[method, path]) for name in things if name != "account"):
        answer = await guest.http.request(method, inside, json=body, headers=theirs)
        assert answer.status_code == 404
    ours = await guest.http.get(f"{front.staff}/documents/{things['document']}", headers=front.bearing())
    assert ours.status_code == 200
    inbox = await guest.http.get(f"{front.staff}/inboxes/{front.inbox.id}", headers=front.bearing())
    assert inbox.json()["name"] == "ours"


@pytest.mark.parametrize(
    ("method", "path"), [one for one in ROUTES if one[1].startswith(PUBLIC) and one not in NEEDS_NO_SESSION]
)
async def test_another_accounts_session_finds_nothing(front: Standing, guest: Guest, method: str, path: str) -> None:
    things = await things_of_ours(front, guest)
    base = front.url + PUBLIC.replace("{website_token}", front.their_inbox.website_token)
    came = (await guest.http.post(f"{base}/contacts", json={})).json()
    theirs = {"Authorization": f"Bearer {came['session']}"}
    at_theirs = things | {"website_token": front.their_inbox.website_token}
    if method == "WS":
        for where, code in ((things, 4401), (at_theirs, 4404)):
            url = front.url.replace("http", "ws", 1) + filled(path, where)
            protocols: Any = ["zhiyin.v1", f"bearer.{came['session']}"]
            async with connect(url, subprotocols=protocols, proxy=None) as ws:
                with pytest.raises(ConnectionClosed) as closed:
                    await ws.recv()
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == code
        return
    body = ROUTES[method, path]
    answer = await guest.http.request(method, front.url + filled(path, things), json=body, headers=theirs)
    assert answer.status_code == 401
    if "{conversation}" in path:
        answer = await guest.http.request(method, front.url + filled(path, at_theirs), json=body, headers=theirs)
        assert answer.status_code == 404
    elif method == "GET":
        answer = await guest.http.get(front.url + filled(path, at_theirs), headers=theirs)
        assert answer.json() == {"conversations": []}


async def test_another_accounts_token_continues_no_chat_of_ours(front: Standing, guest: Guest) -> None:
    things = await things_of_ours(front, guest)
    body = filled(ROUTES["POST", "/v1/chat/completions"], things)
    url = f"{front.url}/v1/chat/completions"
    answer = await guest.http.post(url, json=body, headers=front.bearing(account=front.theirs))
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "not_found"
    assert (await guest.http.post(url, json=body)).status_code == 401


async def test_search_in_one_account_knows_nothing_of_another(front: Standing, http: httpx.AsyncClient) -> None:
    asked = {"name": "a.md", "text": "退货：签收后7天内可以无理由退货。"}
    await http.post(f"{front.staff}/documents", json=asked, headers=front.bearing())
    url = f"{front.url}/api/v1/accounts/{front.theirs}/search"
    found = await http.get(url, params={"q": "退货"}, headers=front.bearing(account=front.theirs))
    assert found.json()["passages"] == []
