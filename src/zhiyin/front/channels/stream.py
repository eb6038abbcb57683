"""A followed conversation as server-sent events: for customers as frames."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.types import Receive, Scope, Send

from zhiyin.conversation.catalogue import say
from zhiyin.conversation.facts import Event
from zhiyin.conversation.ids import AccountId, ConversationId
from zhiyin.data.events import Whisper
from zhiyin.errors import Invalid, ZhiyinError
from zhiyin.front.channels.door import Door, door
from zhiyin.front.channels.frames import Frame, dumps, shown
from zhiyin.front.channels.problems import code_of, note_unknown, reader_language
from zhiyin.front.channels.public import PREFIX, Id, Who

routes = APIRouter(prefix=PREFIX, tags=["customers"])


def after_of(request: Request, after: int | None) -> int:
    """Return where a stream resumes: at `Last-Event-ID`, which clients send by themselves, or at `after`.

    Raises:
        Invalid: Last-Event-ID is no number.
    """
    last = request.headers.get("last-event-id", "").strip()
    if not last:
        return -1 if after is None else after
    if not last.isascii() or not last.isdigit() or len(last) > 15:
        raise Invalid("Last-Event-ID must be the number of an event")
    return int(last)


@routes.get("/conversations/{conversation}/events", response_class=EventSourceResponse)
async def follow(
    request: Request, visitor: Who, conversation: Id, after: Annotated[int | None, Query(ge=-1, lt=2**53)] = None
) -> EventSourceResponse:
    """Follow the conversation: what happened above `after`, then everything new, as server-sent events."""
    here = door(request)
    id = ConversationId(conversation)
    await here.own(visitor, id)
    counted = here.following(visitor.account, visitor.contact, at_most=here.limits.followers_each)
    return stream(request, here, visitor.account, id, after=after_of(request, after), show=shown, counted=counted)


def stream(
    request: Request,
    here: Door,
    account: AccountId,
    id: ConversationId,
    *,
    after: int,
    show: Callable[[Event | Whisper], Frame | None],
    counted: AbstractContextManager[None],
) -> EventSourceResponse:
    """Answer with a followed conversation; `counted` is held as long as somebody listens."""
    language = reader_language(request)

    async def told() -> AsyncIterator[ServerSentEvent]:
        try:
            async with here.news(account, id, after=after) as news:
                async for one in news:
                    seen = show(one)
                    if seen is not None:
                        number = str(one.number) if isinstance(one, Event) else None
                        yield ServerSentEvent(data=dumps(seen), event=seen["type"], id=number, sep="\n")
        except Exception as caught:
            error = caught if isinstance(caught, ZhiyinError) else note_unknown(caught)
            words = {"type": "error", "code": code_of(error), "text": say(error.public, language), "after_s": 3}
            yield ServerSentEvent(data=dumps(words), event="error", sep="\n")

    return _Counted(
        told(),
        counted=counted,
        ping=here.limits.sse_ping_s,
        ping_message_factory=lambda: ServerSentEvent(comment="ping", sep="\n"),
        send_timeout=here.limits.slow_s,
        sep="\n",
    )


class _Counted(EventSourceResponse):
    """Holds a follower's place as long as it is being answered."""

    def __init__(self, content: AsyncIterator[ServerSentEvent], *, counted: AbstractContextManager[None], **rest: Any):
        super().__init__(content, **rest)
        self._counted = counted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._counted:
            await super().__call__(scope, receive, send)
