"""The staff API: inboxes, contacts, conversations, knowledge, words and tokens."""

import json
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.front.standing import Guest, Standing, events_of
from zhiyin.conversation.facts import Replied
from zhiyin.conversation.ids import ConversationId

RETURNS = "# 退货\n\n未拆封的商品签收后7天内可以无理由退货。\n"


async def upload(front: Standing, http: httpx.AsyncClient, name: str = "returns.md", text: str = RETURNS) -> str:
    answer = await http.post(f"{front.staff}/documents", json={"name": name, "text": text}, headers=front.bearing())
    assert answer.status_code == 200, answer.text
    id: str = answer.json()["results"][0]["document"]
    return id


async def test_inboxes_are_made_changed_and_their_secret_shown_once(front: Standing, http: httpx.AsyncClient) -> None:
    url, admin = f"{front.staff}/inboxes", front.bearing()
    asked = {"name": "官网", "language": "zh", "origins": ["https://a.example"], "greetings": {"zh": ["您好"]}}
    made = await http.post(url, json=asked, headers=admin)
    assert made.status_code == 201
    secret = made.json().pop("secret")
    assert len(secret) >= 43
    one = f"{url}/{made.json()['id']}"
    shown = (await http.get(one, headers=admin)).json()
    assert "secret" not in shown
    assert secret not in (await http.get(url, headers=admin)).text
    assert shown | asked == shown
    changed = (await http.patch(one, json={"name": "新官网", "rotate_secret": True}, headers=admin)).json()
    assert (changed["name"], changed["origins"], changed["secrets"]) == ("新官网", ["https://a.example"], 2)
    assert changed["secret"] not in (None, secret)
    third = (await http.patch(one, json={"rotate_secret": True}, headers=admin)).json()
    assert third["secrets"] == 2
    public = f"{front.url}/public/api/v1/inboxes/{shown['website_token']}/contacts"
    at = int(front.clock.now.timestamp())
    for key, status in ((secret, 401), (changed["secret"], 200), (third["secret"], 200)):
        claims = {"sub": "u", "iat": at, "exp": at + 60, "aud": shown["website_token"]}
        token = jwt.encode(claims, key, algorithm="HS256")
        assert (await http.post(public, json={"identity": token})).status_code == status


async def test_a_public_key_may_sign_identities(front: Standing, http: httpx.AsyncClient) -> None:
    key = Ed25519PrivateKey.generate()
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    one = f"{front.staff}/inboxes/{front.inbox.id}"
    for wrong in ("nonsense", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"):
        assert (await http.patch(one, json={"public_key": wrong}, headers=front.bearing())).status_code == 422
    assert (await http.patch(one, json={"public_key": pem}, headers=front.bearing())).status_code == 200
    at = int(front.clock.now.timestamp())
    claims = {"sub": "u", "iat": at, "exp": at + 60, "aud": front.inbox.website_token}
    proof = {"identity": jwt.encode(claims, key, algorithm="EdDSA")}
    assert (await http.post(f"{front.public}/contacts", json=proof)).status_code == 200


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": "a\nb"},
        {"name": "x" * 201},
        {"name": "x", "origins": ["https://a.example/path"]},
        {"name": "x", "origins": ["*"]},
        {"name": "x", "language": "fr"},
        {"name": "x", "unknown": 1},
        {},
    ],
)
async def test_a_wrong_inbox_is_refused_by_the_name_of_its_field(
    front: Standing, http: httpx.AsyncClient, wrong: dict[str, Any]
) -> None:
    answer = await http.post(f"{front.staff}/inboxes", json=wrong, headers=front.bearing())
    assert answer.status_code == 422
    error = answer.json()["error"]
    assert error["code"] == "invalid"
    assert error["field"].split(".")[0] in {"name", "origins", "language", "unknown"}


async def test_a_program_speaks_for_its_own_customer(front: Standing, http: httpx.AsyncClient) -> None:
    url, api = f"{front.staff}/conversations", front.bearing("api")
    asked = {"inbox": front.inbox.id, "identifier": "u-9", "name": "李雷"}
    begun = await http.post(url, json=asked, headers=api)
    assert begun.status_code == 201
    here = begun.json()
    assert (here["owner"], here["channel"], here["authenticated"]) == ("bot", "api", True)
    contact = (await http.get(f"{front.staff}/contacts/{here['contact']}", headers=api)).json()
    assert (contact["external"], contact["name"]) == ("u-9", "李雷")
    said = await http.post(f"{url}/{here['id']}/messages", json={"id": "m1", "text": "几天内可以退货？"}, headers=api)
    assert (said.status_code, said.json()["again"]) == (202, False)
    again = await http.post(f"{url}/{here['id']}/messages", json={"id": "m1", "text": "几天内可以退货？"}, headers=api)
    assert again.json() == said.json() | {"again": True}
    stream = f"{url}/{here['id']}/events/follow"
    async with http.stream("GET", stream, headers=api | {"Last-Event-ID": str(said.json()["number"])}) as answer:
        kinds = []
        async for event in events_of(answer):
            kinds.append(event["type"])
            if event["type"] == "Replied":
                break
    followed = [kind for kind in kinds if kind != "whisper"]
    assert followed[0] == "Understood"
    assert followed[-1] == "Replied"
    page = (await http.get(f"{url}/{here['id']}/messages", headers=api)).json()
    assert [one["author"] for one in page["messages"]] == ["customer", "bot"]
    rest = await http.get(f"{url}/{here['id']}/messages", params={"after": page["next_after"]}, headers=api)
    assert rest.json()["messages"] == []


@pytest.mark.usefixtures("faq")
async def test_the_log_shows_what_the_bot_saw_and_why(front: Standing, http: httpx.AsyncClient, guest: Guest) -> None:
    talk = await guest.begin()
    said = (await guest.say(talk, "几天内可以退货？")).json()
    await guest.until_replied(talk, after=said["number"])
    url, agent = f"{front.staff}/conversations/{talk}", front.bearing("agent")
    events: list[dict[str, Any]] = []
    after = -1
    while page := (await http.get(f"{url}/events", params={"after": after, "limit": 3}, headers=agent)).json()[
        "events"
    ]:
        events += page
        after = page[-1]["number"]
    assert [one["number"] for one in events] == list(range(len(events)))
    kinds = [one["kind"] for one in events]
    assert {"Opened", "CustomerSaid", "Understood", "PassagesFound", "Decided", "Replied"} <= set(kinds)
    found = events[kinds.index("PassagesFound")]["fact"]
    assert all(0 <= one["answers"] <= 1 for one in found["passages"])
    assert events[kinds.index("Decided")]["fact"]["reason"]
    state = (await http.get(url, headers=agent)).json()
    assert state["length"] >= len(events)
    in_log = await front.services.road.load(front.ours, ConversationId(talk))
    assert any(isinstance(one, Replied) for one in in_log.replies)


async def test_nobody_speaks_for_a_customer_of_the_widget(
    front: Standing, http: httpx.AsyncClient, guest: Guest
) -> None:
    talk = await guest.begin()
    url = f"{front.staff}/conversations/{talk}/messages"
    answer = await http.post(url, json={"text": "我同意"}, headers=front.bearing())
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "refused")


async def test_a_person_answers_alone_until_the_bot_gets_it_back(
    front: Standing, http: httpx.AsyncClient, guest: Guest
) -> None:
    one = f"{front.staff}/conversations/{await guest.begin()}"
    agent, admin = front.bearing("agent"), front.bearing("admin")
    taken = await http.post(f"{one}/replies", json={"text": "我是小李，我来帮您。"}, headers=agent)
    assert (taken.status_code, taken.json()["owner"]) == (201, "person")
    other = await http.post(f"{one}/replies", json={"text": "我也来。"}, headers=admin)
    assert other.status_code == 409
    said = (await http.get(f"{one}/messages", headers=agent)).json()["messages"]
    assert [message["text"] for message in said] == ["我是小李，我来帮您。"]
    back = await http.put(f"{one}/owner", json={"owner": "bot"}, headers=agent)
    assert back.json()["owner"] == "bot"
    ended = await http.put(f"{one}/owner", json={"owner": "nobody"}, headers=agent)
    assert ended.json()["owner"] == "nobody"
    refused = await http.post(f"{one}/replies", json={"text": "x"}, headers=front.bearing("api"))
    assert refused.status_code == 403


async def test_conversations_are_listed_in_pages(front: Standing, http: httpx.AsyncClient, guest: Guest) -> None:
    talks = {await guest.begin() for _ in range(3)}
    other = await (await Guest(front, http).come_in()).begin()
    url, agent = f"{front.staff}/conversations", front.bearing("agent")
    first = (await http.get(url, params={"limit": 2}, headers=agent)).json()
    second = (await http.get(url, params={"limit": 2, "offset": 2}, headers=agent)).json()
    assert (first["more"], second["more"]) == (True, False)
    assert {one["id"] for one in first["conversations"] + second["conversations"]} == talks | {other}
    own = (await http.get(url, params={"contact": guest.contact}, headers=agent)).json()
    assert {one["id"] for one in own["conversations"]} == talks


async def test_documents_are_taken_found_explained_and_forgotten(front: Standing, http: httpx.AsyncClient) -> None:
    admin = front.bearing()
    document = await upload(front, http)
    shown = (await http.get(f"{front.staff}/documents/{document}", headers=admin)).json()
    assert shown["name"] == "returns.md"
    listed = (await http.get(f"{front.staff}/documents", headers=admin)).json()
    assert (listed["total"], [one["id"] for one in listed["documents"]]) == (1, [document])
    passages = (await http.get(f"{front.staff}/documents/{document}/passages", headers=admin)).json()
    assert passages["total"] >= 1
    assert any("7天" in one["text"] for one in passages["passages"])
    query = {"q": "几天内可以退货？", "why": "true", "limit": "3"}
    found = (await http.get(f"{front.staff}/search", params=query, headers=admin)).json()
    best = found["passages"][0]
    assert best["document"] == document
    assert best["why"]["returned"] is True
    assert best["why"]["stages"]
    asked = {"query": "几天内可以退货？", "passage": best["id"]}
    explained = (await http.get(f"{front.staff}/search/explain", params=asked, headers=admin)).json()
    assert explained["passage"] == best["id"]
    assert (await http.delete(f"{front.staff}/documents/{document}", headers=admin)).status_code == 204
    assert (await http.get(f"{front.staff}/documents/{document}", headers=admin)).status_code == 404
    assert (await http.delete(f"{front.staff}/documents/{document}", headers=admin)).status_code == 404
    assert (await http.get(f"{front.staff}/search", params=query, headers=admin)).json()["passages"] == []


async def test_of_several_files_the_bad_one_is_named_and_the_rest_taken(
    front: Standing, http: httpx.AsyncClient
) -> None:
    files = [
        ("files", ("退货.md", RETURNS.encode(), "text/markdown")),
        ("files", ("broken.pdf", b"%PDF-1.7 \xff\xfe nothing", "application/pdf")),
    ]
    url, admin = f"{front.staff}/documents", front.bearing()
    answer = await http.post(url, files=files, headers=admin)
    assert answer.status_code == 200
    good, bad = answer.json()["results"]
    assert (good["name"], good["outcome"]) == ("退货.md", "added")
    assert (bad["name"], bad["outcome"]) == ("broken.pdf", "refused")
    assert "broken.pdf" in bad["problem"]
    alone = await http.post(url, files=files[1:], headers=admin)
    assert alone.status_code == 422
    assert alone.json()["results"][0]["outcome"] == "refused"


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "x"},
        {"text": "x"},
        {"name": "x", "text": "x", "url": "javascript:alert(1)"},
        {"name": "x", "text": "x", "url": "file:///etc/passwd"},
        {"name": "x\u0000", "text": "x"},
        {"name": "x", "text": 5},
        [],
    ],
)
async def test_a_wrong_document_is_refused(front: Standing, http: httpx.AsyncClient, wrong: Any) -> None:
    answer = await http.post(f"{front.staff}/documents", json=wrong, headers=front.bearing())
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid")


async def test_an_upload_of_nothing_is_refused(front: Standing, http: httpx.AsyncClient) -> None:
    url, admin = f"{front.staff}/documents", front.bearing()
    nothing: list[dict[str, Any]] = [
        {"data": {"files": "a text, not a file"}},
        {"content": b"x", "headers": {"Content-Type": "multipart/form-data"}},
        {"content": b"x", "headers": {"Content-Type": "multipart/form-data; boundary=b"}},
        {"content": b"x", "headers": {"Content-Type": "text/plain"}},
        {"content": b"{", "headers": {"Content-Type": "application/json"}},
    ]
    for asked in nothing:
        headers = admin | asked.pop("headers", {})
        answer = await http.post(url, headers=headers, **asked)
        assert answer.status_code in (400, 422), asked
        assert "error" in answer.json()


async def test_search_filters_by_metadata(front: Standing, http: httpx.AsyncClient) -> None:
    admin = front.bearing()
    for name, region in (("cn.md", "cn"), ("us.md", "us")):
        asked = {"name": name, "text": RETURNS + region, "metadata": {"region": region}}
        assert (await http.post(f"{front.staff}/documents", json=asked, headers=admin)).status_code == 200
    query = {"q": "几天内可以退货？", "where[region]": "us"}
    found = (await http.get(f"{front.staff}/search", params=query, headers=admin)).json()["passages"]
    assert found
    names = {
        (await http.get(f"{front.staff}/documents/{one['document']}", headers=admin)).json()["name"] for one in found
    }
    assert names == {"us.md"}


async def test_the_accounts_own_words_change_and_are_kept(front: Standing, http: httpx.AsyncClient) -> None:
    url, admin = f"{front.staff}/lexicon", front.bearing()
    before = (await http.get(url, headers=admin)).json()
    words = {"words": ["三码"], "synonyms": {"开票": ["开发票", "发票"]}}
    changed = (await http.put(url, json=words, headers=admin)).json()
    assert changed["version"] > before["version"]
    assert (changed["words"], changed["synonyms"]) == (words["words"], words["synonyms"])
    assert (await http.get(url, headers=admin)).json() == changed
    assert (await http.put(url, json={"words": ["a\n"], "synonyms": {}}, headers=admin)).status_code == 422


async def test_tokens_are_made_used_and_revoked(front: Standing, http: httpx.AsyncClient) -> None:
    url, admin = f"{front.staff}/tokens", front.bearing()
    made = await http.post(url, json={"name": "CI", "role": "api"}, headers=admin)
    assert made.status_code == 201
    clear = made.json()["token"]
    assert clear not in (await http.get(url, headers=admin)).text
    for headers in ({"api_access_token": clear}, {"Authorization": f"Bearer {clear}"}):
        assert (await http.get(f"{front.staff}/inboxes", headers=headers)).status_code == 200
    assert (await http.delete(f"{url}/{made.json()['id']}", headers=admin)).status_code == 204
    assert (await http.get(f"{front.staff}/inboxes", headers={"api_access_token": clear})).status_code == 401


@pytest.mark.parametrize(
    ("role", "method", "path", "body"),
    [
        ("api", "POST", "/documents", {"name": "x", "text": "x"}),
        ("api", "DELETE", "/documents/x", None),
        ("api", "PUT", "/lexicon", {"words": [], "synonyms": {}}),
        ("api", "GET", "/tokens", None),
        ("agent", "GET", "/tokens", None),
        ("agent", "POST", "/tokens", {"name": "x", "role": "admin"}),
        ("agent", "POST", "/inboxes", {"name": "x"}),
        ("api", "PATCH", "/inboxes/x", {}),
    ],
)
async def test_a_role_does_only_what_it_may(
    front: Standing, http: httpx.AsyncClient, role: str, method: str, path: str, body: Any
) -> None:
    answer = await http.request(method, front.staff + path, json=body, headers=front.bearing(role))
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "refused")


async def test_no_token_and_a_wrong_one_are_the_same(front: Standing, http: httpx.AsyncClient) -> None:
    for headers in (
        {},
        {"Authorization": "Bearer x"},
        {"api_access_token": "x" * 600},
        {"Authorization": "Basic eDp5"},
    ):
        answer = await http.get(f"{front.staff}/inboxes", headers=headers)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert json.loads(answer.text)["error"]["code"] == "unauthorized"
