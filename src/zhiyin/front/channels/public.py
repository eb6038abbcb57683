"""The public client API: what the widget and other clients of customers call. Its contract is the wire document."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, Field
from typing_extensions import TypedDict

from zhiyin.conversation.facts import Language
from zhiyin.conversation.ids import ConversationId
from zhiyin.conversation.state import Owner
from zhiyin.data.records import Inbox
from zhiyin.errors import Invalid, Refused, Unauthorized
from zhiyin.front.channels.door import address_of, door, last_at
from zhiyin.front.channels.frames import Frame, frame
from zhiyin.front.channels.identity import Identity, Visitor, former_of, prove_by_hash, prove_by_token

CHANNEL = "widget"
_PAGE = 1000

Id = Annotated[str, Path(pattern=r"^[A-Za-z0-9_.:-]{1,128}$")]

PREFIX = "/public/api/v1/inboxes/{website_token}"
routes = APIRouter(prefix=PREFIX, tags=["customers"])


class ContactAsked(BaseModel):
    """Who the visitor is: a signed identity, or a hashed one, or nobody known."""

    identity: str | None = Field(None, max_length=8192)
    identifier: str | None = Field(None, max_length=200)
    identifier_hash: str | None = Field(None, max_length=128)
    name: str = Field("", max_length=200)


class About(TypedDict):
    """What a widget needs to know before anybody speaks."""

    name: str
    language: Language
    greetings: dict[Language, list[str]]
    limits: dict[str, int]


class CameIn(TypedDict):
    """A visitor's session, to be sent as `Authorization: Bearer …` from now on."""

    contact: str
    session: str
    authenticated: bool


class OwnConversation(TypedDict):
    """One of the visitor's conversations."""

    id: str
    owner: Owner
    last_at: str | None
    last_number: int


class OwnConversations(TypedDict):
    """The visitor's conversations, the latest active first."""

    conversations: list[OwnConversation]


class Begun(TypedDict):
    """A new conversation."""

    id: str


class FramesPage(TypedDict):
    """What happened, as frames: objects with a `type`, which the wire document describes."""

    messages: list[Frame]
    next_after: int


class AcceptedAt(TypedDict):
    """Where the message stands; `again` says that it had been taken before."""

    number: int
    again: bool


class OwnedBy(TypedDict):
    """Who speaks now."""

    owner: Owner


class RatingKept(TypedDict):
    """The judgement as it is kept."""

    key: str
    helpful: bool


class Said(BaseModel):
    """A message with the id that the client gave it and keeps on retries."""

    id: str = Field(min_length=1, max_length=128)
    text: str


class RatingAsked(BaseModel):
    """What the customer thought of a reply."""

    key: str = Field(min_length=1, max_length=200)
    helpful: bool
    reasons: list[Annotated[str, Field(max_length=64)]] = Field(default_factory=list, max_length=8)
    comment: str = Field("", max_length=1000)


_SESSION = HTTPBearer(scheme_name="visitor session", auto_error=False)


async def inbox_of(request: Request, website_token: Id) -> Inbox:
    """Return the inbox of the path, and count the request on its account."""
    inbox: Inbox = request.state.inbox if hasattr(request.state, "inbox") else await door(request).inbox(website_token)
    door(request).requests.take(inbox.account)
    return inbox


async def visitor_of(
    request: Request,
    response: Response,
    inbox: Annotated[Inbox, Depends(inbox_of)],
    given: Annotated[HTTPAuthorizationCredentials | None, Depends(_SESSION)],
) -> Visitor:
    """Return who is speaking; a session past half its life comes back renewed in `X-Zhiyin-Session`."""
    here = door(request)
    now = here.services.clock()
    visitor = here.sessions.read(given.credentials if given else "", inbox, now=now)
    if now > visitor.issued + (visitor.expires - visitor.issued) / 2 and not visitor.authenticated:
        response.headers["X-Zhiyin-Session"] = here.sessions.issue(inbox, visitor.contact, authenticated=False, now=now)
    return visitor


Here = Annotated[Inbox, Depends(inbox_of)]
Who = Annotated[Visitor, Depends(visitor_of)]


@routes.get("")
async def about(request: Request, inbox: Here) -> About:
    """Tell what a widget needs to know before anybody speaks."""
    return {
        "name": inbox.name,
        "language": inbox.language,
        "greetings": {language: list(lines) for language, lines in inbox.greetings.items()},
        "limits": {"max_chars": door(request).limits.text_chars},
    }


@routes.post("/contacts")
async def come_in(request: Request, inbox: Here, asked: ContactAsked) -> CameIn:
    """Give the visitor a session. The session held before may come along in `Authorization`.

    Without a proof, an anonymous session is renewed for the same contact, and anybody else becomes a new anonymous
    contact. With a proof, the session is the identified contact's, and an anonymous visitor's conversations come along.
    """
    here = door(request)
    now = here.services.clock()
    before = _session_before(request, inbox, now=now)
    identity = _proven(request, inbox, asked, now=now)
    directory = here.services.directory
    if identity is None:
        if before is not None and not before.authenticated:
            contact, former = before.contact, None
        else:
            here.addresses.take(address_of(request))
            contact, former = (await directory.new_contact(inbox.account, name=asked.name.strip())).id, None
    else:
        known = await directory.known_contact(
            inbox.account, external=identity.external, name=identity.name, attributes=identity.attributes or None
        )
        contact, former = known.id, former_of(before, known.id)
    session = here.sessions.issue(inbox, contact, authenticated=identity is not None, now=now, former=former)
    return {"contact": contact, "session": session, "authenticated": identity is not None}


@routes.get("/conversations")
async def list_own(request: Request, visitor: Who) -> OwnConversations:
    """List the visitor's own conversations, the latest active first."""
    found = await door(request).own_conversations(visitor)
    return {
        "conversations": [
            {"id": one.id, "owner": one.owner, "last_at": last_at(one) or None, "last_number": one.length - 1}
            for one in found
        ]
    }


@routes.post("/conversations", status_code=201)
async def begin(request: Request, visitor: Who) -> Begun:
    """Begin a conversation."""
    here = door(request)
    here.act(visitor)
    begun = await here.services.road.open(
        visitor.account,
        inbox=visitor.inbox,
        contact=visitor.contact,
        channel=CHANNEL,
        authenticated=visitor.authenticated,
    )
    return {"id": begun.id}


@routes.get("/conversations/{conversation}/messages")
async def read(
    request: Request, visitor: Who, conversation: Id, after: Annotated[int, Query(ge=-1, lt=2**53)] = -1
) -> FramesPage:
    """Read what happened above number `after`, as frames; ask again from `next_after` until nothing comes."""
    here = door(request)
    id = ConversationId(conversation)
    await here.own(visitor, id)
    events = await here.services.road.read(visitor.account, id, after=after, limit=_PAGE)
    seen: list[Frame] = [shown for event in events if (shown := frame(event)) is not None]
    return {"messages": seen, "next_after": events[-1].number if events else after}


@routes.post("/conversations/{conversation}/messages", status_code=202)
async def say(request: Request, visitor: Who, conversation: Id, said: Said) -> AcceptedAt:
    """Take a message, once per its id; when this returns it cannot be lost."""
    here = door(request)
    id = ConversationId(conversation)
    await here.own(visitor, id)
    here.act(visitor)
    accepted = await here.services.road.say(visitor.account, id, message=said.id, text=said.text)
    return {"number": accepted.number, "again": accepted.again}


@routes.post("/conversations/{conversation}/handoff")
async def ask_for_person(request: Request, visitor: Who, conversation: Id) -> OwnedBy:
    """Ask for a person."""
    here = door(request)
    id = ConversationId(conversation)
    await here.own(visitor, id)
    here.act(visitor)
    return {"owner": (await here.services.road.ask_for_person(visitor.account, id)).owner}


@routes.post("/conversations/{conversation}/ratings")
async def rate(request: Request, visitor: Who, conversation: Id, asked: RatingAsked) -> RatingKept:
    """Judge a reply; a later judgement replaces it."""
    here = door(request)
    id = ConversationId(conversation)
    await here.own(visitor, id)
    here.act(visitor)
    await here.services.road.rate(
        visitor.account, id, key=asked.key, helpful=asked.helpful, reasons=asked.reasons, comment=asked.comment
    )
    return {"key": asked.key, "helpful": asked.helpful}


def bearer(request: Request) -> str:
    """Return the token of the Authorization header, or nothing."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _session_before(request: Request, inbox: Inbox, *, now: datetime) -> Visitor | None:
    token = bearer(request)
    if not token:
        return None
    try:
        return door(request).sessions.read(token, inbox, now=now)
    except Unauthorized:
        return None  # it only names what would have come along


def _proven(request: Request, inbox: Inbox, asked: ContactAsked, *, now: datetime) -> Identity | None:
    limits = door(request).limits
    if asked.identity is not None:
        return prove_by_token(asked.identity, inbox, now=now, longest_s=limits.identity_s)
    if asked.identifier_hash is not None and asked.identifier is not None:
        if not limits.plain_hash:
            raise Refused("identifier_hash is switched off here; send a signed identity token")
        return prove_by_hash(asked.identifier, asked.identifier_hash, inbox, name=asked.name)
    if asked.identifier is not None or asked.identifier_hash is not None:
        raise Invalid("send identifier and identifier_hash together, or a signed identity token, or neither")
    return None
