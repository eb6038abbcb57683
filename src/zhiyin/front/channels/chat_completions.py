"""The OpenAI-compatible door: `/v1/chat/completions` and `/v1/models`, for clients that already speak it.

The last user message is said in a conversation; the reply comes back as the completion, with its citations in the
extension field `zhiyin`. Which conversation it is, in this order:

1. the extension field `conversation_id`;
2. the one in which this process gave exactly the earlier messages of the request, if the client sends the history
   back unchanged, as chat clients do (kept in memory, the latest 10,000);
3. a new one. Earlier messages are then context that we cannot vouch for, and are not read: `zhiyin.continued` says so.

`user` names the contact as the account's own id; without it the visitor is anonymous. System messages, temperature
and the like are accepted and change nothing: what is said comes from the account's knowledge and passes its gate.
A retry with the same `Idempotency-Key` header is the same message.
"""

import asyncio
import hashlib
import json
from collections import OrderedDict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Request
from pydantic import BaseModel, Field
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.responses import JSONResponse, Response

from zhiyin.conversation.catalogue import say
from zhiyin.conversation.facts import Event, Replied
from zhiyin.conversation.ids import AccountId, ConversationId, new_id
from zhiyin.conversation.state import Conversation
from zhiyin.errors import Invalid, NotFound, TimedOut, ZhiyinError
from zhiyin.front.channels.door import Door, door
from zhiyin.front.channels.frames import cited
from zhiyin.front.channels.problems import note_unknown, openai_problem, problem, reader_language
from zhiyin.front.channels.tokens import DESCRIBED, token_of

CHANNEL = "chat_completions"
MODEL = "zhiyin"
_MOST_THREADS = 10_000


class Part(BaseModel):
    """A piece of a message's content."""

    type: str
    text: str = ""


class ChatMessage(BaseModel):
    """One message of the request."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[Part] | None = None

    def words(self) -> str:
        """Return the text of the message.

        Raises:
            Invalid: it has parts other than text.
        """
        if not isinstance(self.content, list):
            return self.content or ""
        if any(part.type != "text" for part in self.content):
            raise Invalid("only text parts are understood here")
        return "\n".join(part.text for part in self.content)


class ChatAsked(BaseModel):
    """The request; fields that are not here are accepted and ignored."""

    model: str = MODEL
    messages: list[ChatMessage] = Field(min_length=1, max_length=1000)
    stream: bool = False
    user: str | None = Field(None, max_length=200)
    conversation_id: str | None = Field(None, pattern=r"^[A-Za-z0-9_.:-]{1,128}$")
    inbox_id: str | None = Field(None, pattern=r"^[A-Za-z0-9_.:-]{1,128}$")


@dataclass(frozen=True, slots=True)
class _Asked:
    """A message said: where, at which number, and what the history to come will be known by."""

    conversation: Conversation
    number: int
    history: tuple[str, ...]
    continued: bool
    completion: str
    created: int


class Threads:
    """Remembers which conversation a history came from, the latest ones only."""

    def __init__(self, at_most: int = _MOST_THREADS) -> None:
        self._at_most = at_most
        self._known: OrderedDict[str, ConversationId] = OrderedDict()

    def find(self, account: AccountId, *words: str) -> ConversationId | None:
        """Return the conversation known by these words."""
        return self._known.get(_digest(account, words))

    def keep(self, id: ConversationId, account: AccountId, *words: str) -> None:
        """Remember a conversation by these words."""
        key = _digest(account, words)
        self._known[key] = id
        self._known.move_to_end(key)
        if len(self._known) > self._at_most:
            self._known.popitem(last=False)


async def account_of(request: Request) -> AccountId:
    """Return the account whose API token the request bears."""
    return (await token_of(request)).account


routes = APIRouter(prefix="/v1", tags=["OpenAI-compatible"], dependencies=DESCRIBED)
Whose = Annotated[AccountId, Depends(account_of)]


@routes.get("/models")
async def models(_: Whose) -> dict[str, Any]:
    """List the one model there is."""
    return {"object": "list", "data": [{"id": MODEL, "object": "model", "created": 0, "owned_by": "zhiyin"}]}


@routes.get("/models/{model}")
async def model(_: Whose, model: str) -> dict[str, Any]:
    """Describe the model."""
    if model != MODEL:
        raise NotFound(f"there is no model of that name; use {MODEL!r}")
    return {"id": MODEL, "object": "model", "created": 0, "owned_by": "zhiyin"}


@routes.post("/chat/completions", response_model=None)
async def complete(
    request: Request, account: Whose, asked: ChatAsked, idempotency_key: Annotated[str | None, Header()] = None
) -> Response:
    """Say the last user message and answer with what is replied.

    The conversation is the one named by `conversation_id`, or the one in which exactly the earlier messages of this
    request were said and replied, or a new one. Earlier messages that were not said here are context that nobody
    vouches for, and are not read. `user` names the contact as your own id.

    The answer, and the last chunk of a stream, carry `zhiyin`: `conversation_id`, `continued`, `citations`, `outcome`.
    Repeat a request with the same `Idempotency-Key` header, and the message is said once.
    """
    here = door(request)
    if asked.model != MODEL:
        raise NotFound(f"there is no model of that name; use {MODEL!r}")
    here.accounts.take(account)
    said = await _say(here, request.app.state.threads, account, asked, once=idempotency_key)
    if asked.stream:
        return EventSourceResponse(
            _stream(request, here, said), ping=here.limits.sse_ping_s, send_timeout=here.limits.slow_s, sep="\n"
        )
    try:
        reply = None
        async with _hear(here, said) as heard:
            async for one in heard:
                reply = one if isinstance(one, Replied) else None
    except TimedOut as error:
        answer = problem(error, request)
        answer.headers["x-should-retry"] = "false"  # the message was taken: asking again would say it twice
        return answer
    text = reply.text if reply else _waiting(request)
    _remember(request, said, text)
    usage = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop", "logprobs": None}
    body = _head(said, "chat.completion") | {"choices": [choice], "usage": usage, "zhiyin": _extension(said, reply)}
    return JSONResponse(body)


async def _say(here: Door, threads: Threads, account: AccountId, asked: ChatAsked, *, once: str | None) -> _Asked:
    last = max((place for place, one in enumerate(asked.messages) if one.role == "user"), default=None)
    if last is None:
        raise Invalid("messages has no user message; the last one is what is said")
    text = asked.messages[last].words()
    before = [one for one in asked.messages[:last] if one.role in ("user", "assistant")]
    user = asked.user or ""
    history = (user, *(f"{one.role}:{one.words()}" for one in before))
    id = ConversationId(asked.conversation_id) if asked.conversation_id else None
    if id is None and once:
        id = threads.find(account, "once", once)
    if id is None and before:
        id = threads.find(account, *history)
    here_now = await _conversation(here, account, asked, id)
    if once:
        threads.keep(here_now.id, account, "once", once)
    accepted = await here.services.road.say(account, here_now.id, message=(once or new_id())[:128], text=text)
    return _Asked(
        conversation=here_now,
        number=accepted.number,
        history=(*history, f"user:{text}"),
        continued=id is not None,
        completion=f"chatcmpl-{here_now.id}-{accepted.number}",
        created=int(here.services.clock().timestamp()),
    )


async def _conversation(here: Door, account: AccountId, asked: ChatAsked, id: ConversationId | None) -> Conversation:
    directory, road = here.services.directory, here.services.road
    known = await directory.known_contact(account, external=asked.user) if asked.user else None
    if id is not None:
        found = await road.load(account, id)
        if known is not None and found.contact != known.id:
            raise NotFound(f"that user has no conversation {id}")
        return found
    inboxes = await directory.inboxes(account)
    inbox = next((one for one in inboxes if asked.inbox_id in (None, one.id)), None)
    if inbox is None:
        raise NotFound("the account has no such inbox; make one first")
    contact = known or await directory.new_contact(account)
    # Whoever holds the account's key names its users, but nobody proved that this one is at the other end now.
    return await road.open(account, inbox=inbox.id, contact=contact.id, channel=CHANNEL, authenticated=False)


@asynccontextmanager
async def _hear(here: Door, said: _Asked) -> AsyncIterator[AsyncIterator[str | Replied | None]]:
    """Follow what comes of a message: pieces of text, None when they were taken back, at last the reply.

    Nothing at all comes when the conversation waits for a person.
    """
    deadline = asyncio.get_running_loop().time() + here.limits.chat_s

    async def heard() -> AsyncIterator[str | Replied | None]:
        if said.conversation.owner in ("queue", "person"):
            return
        while True:
            left = deadline - asyncio.get_running_loop().time()
            try:
                one = await asyncio.wait_for(anext(news), max(0.0, left))
            except TimeoutError:
                raise TimedOut(f"no reply within {here.limits.chat_s:g} s; read the conversation later") from None
            if isinstance(one, Event):
                if isinstance(one.fact, Replied) and said.number in one.fact.answers:
                    yield one.fact
                    return
            elif one.kind == "delta":
                yield one.text
            elif one.kind == "withdrawn":
                yield None

    async with here.news(said.conversation.account, said.conversation.id, after=said.number) as news:
        yield heard()


async def _stream(request: Request, here: Door, said: _Asked) -> AsyncIterator[ServerSentEvent]:
    def chunk(delta: dict[str, Any], **more: Any) -> ServerSentEvent:
        choice = {"index": 0, "delta": delta, "finish_reason": more.pop("finish_reason", None), "logprobs": None}
        body = _head(said, "chat.completion.chunk") | {"choices": [choice]} | more
        return ServerSentEvent(data=json.dumps(body, ensure_ascii=False), sep="\n")

    sent, pieces, reply = "", list[str](), None
    try:
        yield chunk({"role": "assistant", "content": ""})
        async with _hear(here, said) as heard:
            async for one in heard:
                if one is None:
                    pieces = []
                elif isinstance(one, str):
                    pieces.append(one)
                    whole = "".join(pieces)
                    if whole.startswith(sent):  # after a withdrawal only what goes on from what was sent is sent early
                        if whole != sent:
                            yield chunk({"content": whole[len(sent) :]})
                        sent = whole
                else:
                    reply = one
        text = reply.text if reply else _waiting(request)
        rest = text[len(sent) :] if text.startswith(sent) else f"\n\n{text}"
        if rest:
            yield chunk({"content": rest})
        _remember(request, said, text)
        yield chunk({}, finish_reason="stop", zhiyin=_extension(said, reply))
    except Exception as caught:
        error = caught if isinstance(caught, ZhiyinError) else note_unknown(caught)
        told = openai_problem(error, say(error.public, reader_language(request)))
        yield ServerSentEvent(data=json.dumps(told, ensure_ascii=False), sep="\n")
    yield ServerSentEvent(data="[DONE]", sep="\n")


def _head(said: _Asked, kind: str) -> dict[str, Any]:
    return {"id": said.completion, "object": kind, "created": said.created, "model": MODEL}


def _extension(said: _Asked, reply: Replied | None) -> dict[str, Any]:
    return {
        "conversation_id": said.conversation.id,
        "continued": said.continued,
        "citations": [cited(citation) for citation in reply.citations] if reply else [],
        "outcome": reply.outcome if reply else "handed_over",
    }


def _waiting(request: Request) -> str:
    return say("chat.waiting", reader_language(request))


def _remember(request: Request, said: _Asked, text: str) -> None:
    threads: Threads = request.app.state.threads
    here = said.conversation
    threads.keep(here.id, here.account, *said.history, f"assistant:{text}")


def _digest(account: AccountId, words: Sequence[str]) -> str:
    return hashlib.sha256(json.dumps([account, *words]).encode()).hexdigest()
