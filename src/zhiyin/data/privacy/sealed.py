"""Facts as rows: the words sealed under the contact's key, the outline in clear so that a log stays countable."""

import hashlib
import math
import os
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, assert_never

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic_core import PydanticSerializationError

from zhiyin.conversation.facts import (
    CustomerSaid,
    Decided,
    Delivered,
    Drafted,
    Ended,
    Event,
    Fact,
    HandedOver,
    ModelFailed,
    Opened,
    PassagesFound,
    Rated,
    Replied,
    ReturnedToBot,
    Taken,
    Understood,
    Verified,
    Withheld,
)
from zhiyin.conversation.ids import AccountId, ConversationId, MessageId
from zhiyin.conversation.wire import decode, encode
from zhiyin.errors import CorruptLog, Invalid

ERASED = "[erased]"
"""Stands where a person's words were before they were forgotten."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_NONCE_BYTES = 12


class Row(NamedTuple):
    """An event as the table keeps it, behind its account and conversation."""

    number: int
    at_us: int
    cause: int | None
    kind: str
    version: int
    outline: bytes
    sealed: bytes | None
    message: bytes | None


def to_us(at: datetime) -> int:
    """Return whole microseconds since 1970 UTC."""
    return (at - _EPOCH) // _MICROSECOND


def from_us(us: int) -> datetime:
    """Return the aware UTC time of `to_us`."""
    return _EPOCH + timedelta(microseconds=us)


def message_mark(message: MessageId) -> bytes:
    """Return what marks a message as accepted: of one length, whatever the customer's side sent as its id."""
    return hashlib.sha256(message.encode("utf-8", "surrogatepass")).digest()


def outline(fact: Fact) -> Fact:
    """Return the fact without anybody's words: what may be counted after its contact was forgotten.

    Fields are named one by one, so that a field added later is sealed until somebody decides otherwise.
    """
    match fact:
        case Opened() | Delivered() | Taken() | ReturnedToBot():
            return fact
        case CustomerSaid():
            return CustomerSaid(MessageId(ERASED), ERASED)
        case Understood():
            return Understood(fact.intent, fact.language, query=ERASED)
        case PassagesFound():
            return PassagesFound(ERASED, ())
        case Decided():
            return Decided(fact.step, reason=ERASED)
        case Drafted():
            return Drafted((), fact.by, fact.attempt)
        case Verified():
            return Verified((), fact.grounded)
        case Withheld():
            return Withheld(ERASED, fact.fault, detail=ERASED)
        case ModelFailed():
            return ModelFailed(fact.model, what=ERASED)
        case Replied():
            return Replied(fact.key, ERASED, fact.author, fact.language, fact.answers, outcome=fact.outcome)
        case Rated():
            return Rated(fact.key, fact.helpful)
        case HandedOver():
            return HandedOver(ERASED, fact.by)
        case Ended():
            return Ended(fact.by, ERASED)
        case _:
            assert_never(fact)


def seal(event: Event, cipher: AESGCM) -> Row:
    """Return the event as a row.

    Raises:
        Invalid: it holds what JSON cannot carry, such as half of a surrogate pair or a score that is no number.
    """
    fact = event.fact
    _refuse_unwritable(fact)
    clear = outline(fact)
    try:
        kind, version, body = encode(clear)
        sealed = None
        if clear is not fact:
            nonce = os.urandom(_NONCE_BYTES)
            sealed = nonce + cipher.encrypt(nonce, encode(fact)[2], _label(event, kind, version))
    except (PydanticSerializationError, UnicodeError) as error:
        raise Invalid(f"a {type(fact).__name__} cannot be written: its text is not valid Unicode") from error
    mark = message_mark(fact.message) if isinstance(fact, CustomerSaid) else None
    return Row(event.number, to_us(event.at), event.cause, kind, version, body, sealed, mark)


def unseal(account: AccountId, conversation: ConversationId, row: Row, cipher: AESGCM | None) -> Event:
    """Return the row's event; its outline where the key is gone.

    Raises:
        CorruptLog: the row was changed, or moved here from another place.
    """
    body = row.outline
    bare = Event(account, conversation, row.number, from_us(row.at_us), row.cause, _NOTHING)
    if row.sealed is not None and cipher is not None:
        nonce, rest = row.sealed[:_NONCE_BYTES], row.sealed[_NONCE_BYTES:]
        try:
            body = cipher.decrypt(nonce, rest, _label(bare, row.kind, row.version))
        except InvalidTag as error:
            raise CorruptLog(f"event {row.number} of {conversation} does not open with its contact's key") from error
    return Event(account, conversation, row.number, bare.at, row.cause, decode(row.kind, row.version, body))


_NOTHING = ReturnedToBot(by="")


def _refuse_unwritable(fact: Fact) -> None:
    scores: tuple[float, ...] = ()
    if isinstance(fact, PassagesFound):
        scores = tuple(passage.answers for passage in fact.passages)
    elif isinstance(fact, Verified):
        scores = (fact.grounded,)
    if not all(map(math.isfinite, scores)):
        raise Invalid(f"a {type(fact).__name__} holds a score that is no number; JSON would not give it back")


def _label(event: Event, kind: str, version: int) -> bytes:
    """Bind a sealed body to its place, so that nobody moves words from one log to another."""
    return f"{event.account}\0{event.conversation}\0{event.number}\0{kind}\0{version}".encode()
