"""Customers over plain HTTP: who reaches what, what is taken once, and what refusals say."""

import hashlib
import hmac
from typing import Any

import httpx
import jwt
import pytest

from tests.front.standing import SECRET, Behind, Guest, Standing, standing
from zhiyin.front.http import HttpLimits, Rate


def identity(front: Standing, user: str, **more: Any) -> str:
    at = int(front.clock.now.timestamp())
    claims = {"sub": user, "iat": at, "exp": at + 600, "aud": front.inbox.website_token} | more
    return jwt.encode(claims, SECRET, algorithm="HS256")


@pytest.mark.usefixtures("faq")
async def test_a_visitor_asks_and_reads_the_cited_answer(
    front: Standing, http: httpx.AsyncClient, guest: Guest
) -> None:
    about = (await http.get(front.public)).json()
    assert about == {"name": "ours", "language": "zh", "greetings": {}, "limits": {"max_chars": 4000}}
    talk = await guest.begin()
    said = await guest.say(talk, "收到商品后几天内可以退货？", id="m1")
    assert said.status_code == 202
    assert said.json()["again"] is False
    reply = await guest.until_replied(talk, after=said.json()["number"])
    assert "7天" in reply["text"]
    assert reply["outcome"] == "answered"
    assert 1 in reply["sentences"][reply["citations"][0]["sentence"]]["citations"]
    page = (await http.get(f"{front.public}/conversations/{talk}/messages", headers=guest.headers)).json()
    said_by = [frame for frame in page["messages"] if frame["type"] == "message.created"]
    assert [frame["author"] for frame in said_by] == ["customer", "bot"]
    assert said_by[0]["client_id"] == "m1"
    assert reply in page["messages"]
    listed = (await http.get(f"{front.public}/conversations", headers=guest.headers)).json()["conversations"]
    assert [(one["id"], one["owner"]) for one in listed] == [(talk, "bot")]


async def test_a_message_is_taken_once_however_often_it_comes(guest: Guest) -> None:
    talk = await guest.begin()
    first = (await guest.say(talk, "退货？", id="same")).json()
    again = (await guest.say(talk, "退货？", id="same")).json()
    assert again == {"number": first["number"], "again": True}
    answer = await guest.http.get(f"{guest.front.public}/conversations/{talk}/messages", headers=guest.headers)
    assert [one["text"] for one in answer.json()["messages"] if one.get("author") == "customer"] == ["退货？"]


async def test_a_visitor_reaches_only_the_own_conversations(front: Standing, guest: Guest) -> None:
    talk = await guest.begin()
    stranger = await Guest(front, guest.http).come_in()
    base = f"{front.public}/conversations/{talk}"
    calls = [
        ("GET", "/messages", None),
        ("POST", "/messages", {"id": "m", "text": "hi"}),
        ("POST", "/handoff", None),
        ("POST", "/ratings", {"key": "k", "helpful": True}),
        ("GET", "/events", None),
    ]
    for headers, status in ((stranger.headers, 404), ({}, 401), ({"Authorization": "Bearer x"}, 401)):
        for method, path, body in calls:
            answer = await guest.http.request(method, base + path, headers=headers, json=body)
            assert answer.status_code == status, (method, path)
    assert (await guest.http.get(f"{front.public}/conversations", headers=stranger.headers)).json() == {
        "conversations": []
    }


async def test_a_session_is_of_one_inbox(front: Standing, guest: Guest) -> None:
    theirs = front.public.replace(front.inbox.website_token, front.their_inbox.website_token)
    assert (await guest.http.get(f"{theirs}/conversations", headers=guest.headers)).status_code == 401


async def test_a_known_user_finds_the_same_conversations_on_another_device(
    front: Standing, http: httpx.AsyncClient
) -> None:
    phone = await Guest(front, http).come_in(identity=identity(front, "u-1", name="王芳", attrs={"level": "gold"}))
    talk = await phone.begin()
    laptop = await Guest(front, http).come_in(identity=identity(front, "u-1"))
    assert laptop.contact == phone.contact
    listed = (await http.get(f"{front.public}/conversations", headers=laptop.headers)).json()["conversations"]
    assert [one["id"] for one in listed] == [talk]
    known = await front.services.directory.contact(front.ours, phone.contact)  # type: ignore[arg-type]
    assert (known.external, known.name, dict(known.attributes)) == ("u-1", "王芳", {"level": "gold"})
    assert (await front.services.road.load(front.ours, talk)).authenticated  # type: ignore[arg-type]


async def test_the_keyed_hash_works_and_may_be_switched_off(behind: Behind, http: httpx.AsyncClient) -> None:
    given = hmac.new(SECRET.encode(), b"u-1", hashlib.sha256).hexdigest()
    body = {"identifier": "u-1", "identifier_hash": given}
    for plain_hash, status in ((True, 200), (False, 403)):
        async with standing(behind, limits=HttpLimits(plain_hash=plain_hash)) as front:
            answer = await http.post(f"{front.public}/contacts", json=body)
            assert answer.status_code == status
            if plain_hash:
                assert answer.json()["authenticated"] is True


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"identity": "nonsense"}, 401),
        ({"identifier": "u-1", "identifier_hash": "0" * 64}, 401),
        ({"identifier": "u-1"}, 422),
        ({"identifier_hash": "0" * 64}, 422),
    ],
)
async def test_nobody_becomes_known_without_a_proof(
    front: Standing, http: httpx.AsyncClient, body: dict[str, str], status: int
) -> None:
    answer = await http.post(f"{front.public}/contacts", json=body)
    assert answer.status_code == status
    assert "session" not in answer.json()


async def test_becoming_known_keeps_the_open_conversation_and_hides_the_new_ones_from_the_anonymous_session(
    front: Standing, http: httpx.AsyncClient, guest: Guest
) -> None:
    open_talk = await guest.begin()
    anonymous = Guest(front, http, guest.session, guest.contact)
    await guest.come_in(identity=identity(front, "u-7"))
    assert guest.contact != anonymous.contact
    assert (await guest.say(open_talk, "还在吗？")).status_code == 202
    new_talk = await guest.begin()
    state = await front.services.road.load(front.ours, new_talk)  # type: ignore[arg-type]
    assert (state.contact, state.authenticated) == (guest.contact, True)
    before = await front.services.road.load(front.ours, open_talk)  # type: ignore[arg-type]
    assert (before.contact, before.authenticated) == (anonymous.contact, False)
    mine = (await http.get(f"{front.public}/conversations", headers=guest.headers)).json()["conversations"]
    assert {one["id"] for one in mine} == {open_talk, new_talk}
    theirs = (await http.get(f"{front.public}/conversations", headers=anonymous.headers)).json()["conversations"]
    assert {one["id"] for one in theirs} == {open_talk}
    assert (await anonymous.say(new_talk, "让我看看")).status_code == 404


async def test_the_next_person_at_the_same_browser_inherits_nothing(front: Standing, guest: Guest) -> None:
    talk = await guest.begin()
    await guest.come_in(identity=identity(front, "wang"))
    await guest.come_in(identity=identity(front, "li"))
    assert (await guest.say(talk, "是我")).status_code == 404
    await guest.come_in()  # logged out: a new anonymous visitor
    assert (await guest.say(talk, "是我")).status_code == 404


async def test_an_anonymous_session_is_renewed_for_the_same_contact(front: Standing, guest: Guest) -> None:
    old, contact = guest.session, guest.contact
    front.clock.forward(days=20)
    answer = await guest.http.get(f"{front.public}/conversations", headers=guest.headers)
    renewed = answer.headers["X-Zhiyin-Session"]
    front.clock.forward(days=20)
    assert (await guest.http.get(f"{front.public}/conversations", headers=guest.headers)).status_code == 401
    guest.session = renewed
    await guest.come_in()
    assert guest.contact == contact
    guest.session = old
    await guest.come_in()
    assert guest.contact != contact


async def test_ratings_and_the_wish_for_a_person_are_recorded(front: Standing, guest: Guest) -> None:
    talk = await guest.begin()
    said = (await guest.say(talk, "收到商品后几天内可以退货？")).json()
    reply = await guest.until_replied(talk, after=said["number"])
    base = f"{front.public}/conversations/{talk}"
    rating = {"key": reply["key"], "helpful": False, "reasons": ["wrong"], "comment": "不对"}
    assert (await guest.http.post(f"{base}/ratings", json=rating, headers=guest.headers)).status_code == 200
    unknown = await guest.http.post(f"{base}/ratings", json=rating | {"key": "no such"}, headers=guest.headers)
    assert unknown.status_code == 404
    handed = await guest.http.post(f"{base}/handoff", headers=guest.headers)
    assert handed.json() == {"owner": "queue"}
    state = await front.services.road.load(front.ours, talk)  # type: ignore[arg-type]
    assert [(one.helpful, one.reasons, one.comment) for one in state.ratings] == [(False, ("wrong",), "不对")]
    types = [
        one["type"] for one in (await guest.http.get(f"{base}/messages", headers=guest.headers)).json()["messages"]
    ]
    assert {"rating.saved", "owner.changed"} <= set(types)


@pytest.mark.parametrize("text", ["", "  \n ", "字" * 4001])
async def test_a_text_of_no_use_is_refused_in_words_for_the_visitor(guest: Guest, text: str) -> None:
    talk = await guest.begin()
    answer = await guest.say(talk, text)
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "invalid"
    assert answer.json()["error"]["message"] == "这条内容我们没能读懂，请检查后再试。"


async def test_refusals_speak_the_visitors_language(front: Standing, http: httpx.AsyncClient) -> None:
    url = f"{front.public}/conversations"
    for accept, words in (("en-GB,zh;q=0.5", "sign in"), ("fr, zh-TW;q=0.8, en;q=0.1", "登录"), ("", "登录")):
        error = (await http.get(url, headers={"Accept-Language": accept})).json()["error"]
        assert error["code"] == "unauthorized"
        assert words in error["message"]


async def test_a_visitor_who_is_too_fast_waits_and_others_do_not(behind: Behind, http: httpx.AsyncClient) -> None:
    async with standing(behind, limits=HttpLimits(visitor=Rate(burst=3, per_s=0.1))) as front:
        hasty, calm = await Guest(front, http).come_in(), await Guest(front, http).come_in()
        talk = await hasty.begin()
        assert [(await hasty.say(talk, "快")).status_code for _ in range(3)] == [202, 202, 429]
        refused = await hasty.say(talk, "快")
        assert refused.headers["Retry-After"] == "10"
        assert refused.json()["error"]["code"] == "too_many"
        assert (await calm.say(await calm.begin(), "慢")).status_code == 202
        front.clock.forward(seconds=10)
        assert (await hasty.say(talk, "好了")).status_code == 202


async def test_contacts_from_one_address_are_limited_and_returning_ones_are_not(
    behind: Behind, http: httpx.AsyncClient
) -> None:
    async with standing(behind, limits=HttpLimits(ip=Rate(burst=2, per_s=0.01))) as front:
        guest = await Guest(front, http).come_in()
        await Guest(front, http).come_in()
        assert (await http.post(f"{front.public}/contacts", json={})).status_code == 429
        await guest.come_in()


async def test_what_all_visitors_of_an_account_say_is_limited_together(behind: Behind, http: httpx.AsyncClient) -> None:
    async with standing(behind, limits=HttpLimits(account=Rate(burst=3, per_s=0.01))) as front:
        one, other = await Guest(front, http).come_in(), await Guest(front, http).come_in()
        first, second = await one.begin(), await other.begin()
        assert (await one.say(first, "一")).status_code == 202
        refused = await other.say(second, "二")
        assert refused.status_code == 429
        assert int(refused.headers["Retry-After"]) == 100
        assert (await http.get(f"{front.public}/conversations", headers=one.headers)).status_code == 200


async def test_an_account_has_one_allowance_over_all_its_doors(behind: Behind, http: httpx.AsyncClient) -> None:
    async with standing(behind, limits=HttpLimits(requests=Rate(burst=3, per_s=0.01))) as front:
        for _ in range(2):
            assert (await http.get(front.public)).status_code == 200
        assert (await http.get(f"{front.staff}/inboxes", headers=front.bearing())).status_code == 200
        for url, headers in ((front.public, {}), (f"{front.staff}/inboxes", front.bearing("api"))):
            assert (await http.get(url, headers=headers)).status_code == 429
        theirs = front.public.replace(front.inbox.website_token, front.their_inbox.website_token)
        assert (await http.get(theirs)).status_code == 200
