"""What a customer sees of a conversation: events and whispers as JSON objects.

What a turn thought is not among them.
"""

import json
from dataclasses import asdict
from typing import Any, assert_never

from zhiyin.conversation.facts import (
    Citation,
    CustomerSaid,
    Decided,
    Delivered,
    Drafted,
    Ended,
    Event,
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
from zhiyin.data.events import Whisper

Frame = dict[str, Any]
"""A JSON object with a `type`."""

PING: Frame = {"type": "ping"}

_WHISPERS = {"status": "reply.status", "delta": "reply.delta"}


def frame(event: Event) -> Frame | None:
    """Return the event as its customer may see it, or None if it is none of theirs."""
    fact = event.fact
    match fact:
        case CustomerSaid():
            return _of(event, "message.created") | {
                "author": "customer",
                "text": fact.text,
                "client_id": fact.message,
            }
        case Replied():
            return _of(event, "message.created") | {
                "author": "bot" if fact.author == "bot" else "person",  # a colleague's id is nobody else's business
                "text": fact.text,
                "key": fact.key,
                "sentences": _sentences(fact),
                "citations": [cited(citation) for citation in fact.citations],
                "quick_replies": list(fact.quick_replies),
                "outcome": fact.outcome,
                "language": fact.language,
            }
        case Delivered():
            return _of(event, "message.delivered") | {"key": fact.key}
        case Rated():
            return _of(event, "rating.saved") | {"key": fact.key, "helpful": fact.helpful}
        case HandedOver():
            return _of(event, "owner.changed") | {"owner": "queue"}
        case Taken():
            return _of(event, "owner.changed") | {"owner": "person"}
        case ReturnedToBot():
            return _of(event, "owner.changed") | {"owner": "bot"}
        case Ended():
            return _of(event, "owner.changed") | {"owner": "nobody"}
        case (
            Opened() | Understood() | PassagesFound() | Decided() | Drafted() | Verified() | Withheld() | ModelFailed()
        ):
            return None
        case _:
            assert_never(fact)


def whispered(whisper: Whisper) -> Frame | None:
    """Return the whisper as its customer may hear it."""
    if whisper.kind in _WHISPERS:
        return {"type": _WHISPERS[whisper.kind], "text": whisper.text}
    if whisper.kind == "withdrawn":
        return {"type": "reply.withdrawn"}
    if whisper.kind == "typing":
        return {"type": "typing", "author": "bot" if whisper.author == "bot" else "person"}
    return None


def shown(one: Event | Whisper) -> Frame | None:
    """Return what comes out of a followed conversation as a frame."""
    return frame(one) if isinstance(one, Event) else whispered(one)


def cited(citation: Citation) -> Frame:
    """Return a citation as every channel shows it."""
    return asdict(citation)


def dumps(frame: Frame) -> str:
    """Return a frame as JSON without needless spaces."""
    return json.dumps(frame, ensure_ascii=False, separators=(",", ":"))


def _of(event: Event, type: str) -> Frame:
    return {"type": type, "number": event.number, "at": event.at.isoformat()}


def _sentences(reply: Replied) -> list[Frame]:
    """Return the pieces of the reply's text, each with the numbers of its chips."""
    texts = reply.sentences or (reply.text,)
    chips: list[list[int]] = [[] for _ in texts]
    for citation in reply.citations:
        place = citation.sentence if reply.sentences and citation.sentence < len(texts) else len(texts) - 1
        if citation.index not in chips[place]:
            chips[place].append(citation.index)
    return [{"text": text, "citations": chip} for text, chip in zip(texts, chips, strict=True)]
