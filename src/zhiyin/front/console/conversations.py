"""Conversations as staff and developers read them: with everything that the bot saw, thought and withheld."""

import json
from typing import Annotated

from fastapi import APIRouter, Query, Request
from sse_starlette import EventSourceResponse

from zhiyin.conversation.facts import Event
from zhiyin.conversation.ids import ContactId, ConversationId, InboxId, PersonId, new_id
from zhiyin.conversation.state import Conversation
from zhiyin.conversation.wire import encode
from zhiyin.data.events import Whisper
from zhiyin.errors import Refused
from zhiyin.front.channels.frames import Frame
from zhiyin.front.channels.stream import after_of, stream
from zhiyin.front.channels.tokens import DESCRIBED
from zhiyin.front.console.shapes import (
    AcceptedShape,
    ConversationAsked,
    Conversations,
    ConversationShape,
    Events,
    EventShape,
    Messages,
    MessageShape,
    Replying,
    Saying,
    Turning,
)
from zhiyin.front.console.staff import Anyone, Editor, Id, Staff

CHANNEL = "api"

routes = APIRouter(prefix="/api/v1/accounts/{account}/conversations", tags=["conversations"], dependencies=DESCRIBED)
After = Annotated[int, Query(ge=-1, lt=2**53)]
Limit = Annotated[int, Query(ge=1, le=200)]
Offset = Annotated[int, Query(ge=0, le=2000)]
Some = Annotated[str | None, Query(pattern=r"^[A-Za-z0-9_.:-]{1,128}$")]


@routes.get("")
async def list_conversations(
    staff: Anyone, contact: Some = None, limit: Limit = 50, offset: Offset = 0
) -> Conversations:
    """List the account's conversations, or one contact's, the latest active first."""
    found = await staff.door.services.road.conversations(
        staff.account, contact=ContactId(contact) if contact else None, limit=offset + limit + 1
    )
    page = found[offset : offset + limit]
    return Conversations(
        conversations=[_shape(one) for one in page], limit=limit, offset=offset, more=len(found) > offset + limit
    )


@routes.post("", status_code=201)
async def begin(staff: Anyone, asked: ConversationAsked) -> ConversationShape:
    """Begin a conversation for a customer of your own program, which then speaks for the customer.

    The contact is `contact`, or whom you call `identifier`, or a new anonymous one.
    """
    directory = staff.door.services.directory
    inbox = await directory.inbox(staff.account, InboxId(asked.inbox))
    if asked.contact is not None:
        contact = await directory.contact(staff.account, ContactId(asked.contact))
    elif asked.identifier is not None:
        contact = await directory.known_contact(staff.account, external=asked.identifier, name=asked.name)
    else:
        contact = await directory.new_contact(staff.account, name=asked.name)
    return _shape(
        await staff.door.services.road.open(
            staff.account,
            inbox=inbox.id,
            contact=contact.id,
            channel=CHANNEL,
            authenticated=asked.identifier is not None,
        )
    )


@routes.get("/{conversation}")
async def get_conversation(staff: Anyone, conversation: Id) -> ConversationShape:
    """Return where a conversation stands."""
    return _shape(await _load(staff, conversation))


@routes.get("/{conversation}/messages")
async def list_messages(staff: Anyone, conversation: Id, after: After = -1, limit: Limit = 200) -> Messages:
    """List what was said above number `after`, by either side."""
    said = [one for one in (await _load(staff, conversation)).messages if one.number > after][:limit]
    return Messages(
        messages=[MessageShape.model_validate(one) for one in said], next_after=said[-1].number if said else after
    )


@routes.post("/{conversation}/messages", status_code=202)
async def say(staff: Anyone, conversation: Id, asked: Saying) -> AcceptedShape:
    """Say something as the customer, in a conversation that was begun here; once per `id`."""
    if (await _load(staff, conversation)).channel != CHANNEL:
        raise Refused("this conversation's customer speaks for themselves; begin one here to speak for yours")
    staff.door.accounts.take(staff.account)
    message = asked.id or new_id()
    accepted = await staff.door.services.road.say(
        staff.account, ConversationId(conversation), message=message, text=asked.text
    )
    return AcceptedShape(id=message, number=accepted.number, again=accepted.again)


@routes.post("/{conversation}/replies", status_code=201)
async def reply(staff: Editor, conversation: Id, asked: Replying) -> ConversationShape:
    """Answer the customer as a person. The conversation is yours from then on: the bot and others are refused."""
    person = PersonId(staff.token.id)
    return _shape(
        await staff.door.services.road.answer_as(
            staff.account, ConversationId(conversation), person=person, text=asked.text
        )
    )


@routes.put("/{conversation}/owner")
async def turn_over(staff: Editor, conversation: Id, asked: Turning) -> ConversationShape:
    """Give the conversation back to the bot, or end it; the customer's next message begins anew."""
    road, by = staff.door.services.road, f"person:{staff.token.id}"
    if asked.owner == "bot":
        return _shape(await road.return_to_bot(staff.account, ConversationId(conversation), by=by))
    return _shape(await road.end(staff.account, ConversationId(conversation), by=by))


@routes.get("/{conversation}/events")
async def list_events(staff: Anyone, conversation: Id, after: After = -1, limit: Limit = 200) -> Events:
    """Read the log above number `after`: also passages with their scores, decisions, and what was withheld and why."""
    found = await staff.door.services.road.read(staff.account, ConversationId(conversation), after=after, limit=limit)
    return Events(events=[event_shape(event) for event in found], next_after=found[-1].number if found else after)


@routes.get("/{conversation}/events/follow", response_class=EventSourceResponse)
async def follow_events(
    request: Request, staff: Anyone, conversation: Id, after: Annotated[int | None, Query(ge=-1, lt=2**53)] = None
) -> EventSourceResponse:
    """Follow the log as server-sent events named by the kind of fact; `Last-Event-ID` or `after` resumes."""
    here = await _load(staff, conversation)
    resume = after_of(request, after)
    counted = staff.door.following(staff.account, staff.token.id, at_most=staff.door.limits.followers_token)
    return stream(request, staff.door, staff.account, here.id, after=resume, show=_shown, counted=counted)


def event_shape(event: Event) -> EventShape:
    """Return an event with its fact as JSON."""
    kind, version, body = encode(event.fact)
    return EventShape(
        number=event.number, at=event.at, cause=event.cause, kind=kind, version=version, fact=json.loads(body)
    )


def _shown(one: Event | Whisper) -> Frame:
    if isinstance(one, Event):
        return {"type": type(one.fact).__name__} | event_shape(one).model_dump(mode="json")
    return {"type": "whisper", "kind": one.kind, "text": one.text, "author": one.author}


async def _load(staff: Staff, conversation: str) -> Conversation:
    return await staff.door.services.road.load(staff.account, ConversationId(conversation))


def _shape(here: Conversation) -> ConversationShape:
    return ConversationShape(
        id=here.id,
        inbox=here.inbox,
        contact=here.contact,
        channel=here.channel,
        authenticated=here.authenticated,
        language=here.language,
        owner=here.owner,
        person=here.person,
        lease_until=here.lease_until,
        length=here.length,
        unhelped=here.unhelped,
        last_at=here.messages[-1].at if here.messages else None,
    )
