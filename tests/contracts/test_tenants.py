"""Another account's ids are simply not there: every method that takes one is tried with it.

The table of trials must name every method of the three doors that takes an account, so that a new one cannot be
forgotten; those that take none are listed with the reason.
"""

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from zhiyin.conversation.facts import CustomerSaid, Delivered, Replied
from zhiyin.conversation.ids import (
    AccountId,
    ContactId,
    ConversationId,
    DocumentId,
    InboxId,
    MessageId,
    PassageId,
)
from zhiyin.data.database import Database
from zhiyin.data.events import EventLog, Whisper
from zhiyin.data.events.sql import SqlEventLog
from zhiyin.data.privacy.sealing import Sealing
from zhiyin.data.records import Account, Directory, Document, Inbox, Knowledge, Lexicon, Passage
from zhiyin.data.records.sql import SqlDirectory, SqlKnowledge
from zhiyin.errors import NotFound

OWNER, THIEF = AccountId("owner"), AccountId("thief")

DOORS: dict[str, type] = {"events": EventLog, "knowledge": Knowledge, "directory": Directory}

ACROSS = {
    "events.take_due": "the worker loop serves every account",
    "events.wait_due": "says only that something is due",
    "directory.accounts": "for the operator of the server",
    "directory.inbox_by_token": "the token is the proof, and says which account",
    "directory.token": "the key is the proof, and says which account",
}
BY_ITSELF = {
    "directory.ensure_account": "makes the account that it names",
    "directory.account": "names the account itself",
    "directory.put_inbox": "the inbox names its account",
}


@dataclass
class Things:
    """What the owner has, and the three doors."""

    events: SqlEventLog
    knowledge: SqlKnowledge
    directory: SqlDirectory
    sealing: Sealing
    conversation: ConversationId
    contact: ContactId
    inbox: Inbox
    document: Document
    passage: Passage
    token: str


VECTORS = np.eye(1, 8, dtype=np.float32)


@pytest.fixture
async def things(database: Database) -> Things:
    """Two accounts; the first has one of everything."""
    directory, knowledge, sealing = SqlDirectory(database), SqlKnowledge(database), Sealing(database)
    events = SqlEventLog(database, sealing=sealing)
    for account in (OWNER, THIEF):
        await directory.ensure_account(Account(account, account))
    inbox = await directory.put_inbox(Inbox(InboxId("i1"), OWNER, "site", "token-1"))
    contact = await directory.known_contact(OWNER, external="u1", name="Ann", attributes={"vip": "yes"})
    here = await events.open(OWNER, inbox=inbox.id, contact=contact.id, channel="widget")
    await events.accept(OWNER, here.id, CustomerSaid(MessageId("m1"), "secret words"))
    await events.append(OWNER, here.id, [Replied("k1", "secret answer", "bot", "en", (1,))], after=2)
    document = Document(DocumentId("d1"), OWNER, "faq.csv", "FAQ", "h", datetime(2026, 1, 1, tzinfo=UTC))
    passage = Passage(PassageId("p1"), OWNER, document.id, "text", "en", ("FAQ",), "secret text", sha256="h1")
    await knowledge.put(OWNER, document, [(passage, VECTORS)], embedder="e")
    await knowledge.put_lexicon(OWNER, words=["secret"], synonyms={"secret": ["hidden"]})
    token, _ = await directory.new_token(OWNER, name="key", role="admin")
    return Things(events, knowledge, directory, sealing, here.id, contact.id, inbox, document, passage, token.id)


async def first(following: AsyncIterator[Any]) -> Any:
    """Take one step of following."""
    async with aclosing(following) as steps:  # type: ignore[type-var]
        return await anext(steps)


_DOC = replace(
    Document(DocumentId("d1"), THIEF, "own.csv", "Own", "h", datetime(2026, 1, 1, tzinfo=UTC)), account=THIEF
)
Trial = Callable[[Things], Awaitable[Any]]
NOT_FOUND = object()
TRIALS: dict[str, tuple[Trial, Any]] = {
    "events.accept": (
        lambda t: t.events.accept(THIEF, t.conversation, CustomerSaid(MessageId("m1"), "x"), worker="w"),
        NOT_FOUND,
    ),
    "events.append": (lambda t: t.events.append(THIEF, t.conversation, [Delivered("k1", "w")], after=3), NOT_FOUND),
    "events.load": (lambda t: t.events.load(THIEF, t.conversation), NOT_FOUND),
    "events.read": (lambda t: t.events.read(THIEF, t.conversation), NOT_FOUND),
    "events.follow": (lambda t: first(t.events.follow(THIEF, t.conversation)), NOT_FOUND),
    "events.whisper": (lambda t: t.events.whisper(THIEF, t.conversation, Whisper("delta", "x")), None),
    "events.open": (
        lambda t: _length(t.events.open(THIEF, inbox=t.inbox.id, contact=t.contact, channel="w")),
        1,  # a conversation of its own, in which the owner's id is a stranger's
    ),
    "events.list_open": (lambda t: t.events.list_open(THIEF, contact=t.contact), []),
    "events.take": (lambda t: t.events.take(THIEF, t.conversation, worker="w", lease_s=9), NOT_FOUND),
    "events.settle": (lambda t: t.events.settle(THIEF, t.conversation, worker="w", seen=99), NOT_FOUND),
    "events.defer": (lambda t: t.events.defer(THIEF, t.conversation, worker="w", wait_s=99), NOT_FOUND),
    "knowledge.put": (lambda t: t.knowledge.put(THIEF, _DOC, [], embedder="e"), 1),  # the same id, its own document
    "knowledge.delete": (lambda t: t.knowledge.delete(THIEF, t.document.id), NOT_FOUND),
    "knowledge.documents": (lambda t: t.knowledge.documents(THIEF), []),
    "knowledge.document": (lambda t: t.knowledge.document(THIEF, t.document.id), NOT_FOUND),
    "knowledge.document_named": (lambda t: t.knowledge.document_named(THIEF, t.document.name), None),
    "knowledge.passages": (lambda t: t.knowledge.passages(THIEF, t.document.id), NOT_FOUND),
    "knowledge.passage": (lambda t: t.knowledge.passage(THIEF, t.passage.id), NOT_FOUND),
    "knowledge.vectors_by_sha256": (lambda t: t.knowledge.vectors_by_sha256(THIEF, t.document.id), {}),
    "knowledge.changes": (lambda t: _upserted(t.knowledge, since=0), ()),
    "knowledge.revision": (lambda t: t.knowledge.revision(THIEF), 0),
    "knowledge.lexicon": (lambda t: t.knowledge.lexicon(THIEF), Lexicon()),
    "knowledge.put_lexicon": (lambda t: _version(t.knowledge.put_lexicon(THIEF, words=["x"], synonyms={})), 1),
    "directory.inboxes": (lambda t: t.directory.inboxes(THIEF), []),
    "directory.inbox": (lambda t: t.directory.inbox(THIEF, t.inbox.id), NOT_FOUND),
    "directory.new_contact": (lambda t: _account(t.directory.new_contact(THIEF)), THIEF),
    "directory.known_contact": (lambda t: _account(t.directory.known_contact(THIEF, external="u1")), THIEF),
    "directory.contact": (lambda t: t.directory.contact(THIEF, t.contact), NOT_FOUND),
    "directory.new_token": (lambda t: _token_account(t.directory), THIEF),
    "directory.tokens": (lambda t: t.directory.tokens(THIEF), []),
    "directory.revoke_token": (lambda t: t.directory.revoke_token(THIEF, t.token), NOT_FOUND),
}


async def _length(opening: Awaitable[Any]) -> int:
    here = await opening
    assert here.account == THIEF
    return int(here.length)


async def _upserted(knowledge: Knowledge, *, since: int) -> tuple[Any, ...]:
    changes = await knowledge.changes(THIEF, since=since)
    assert changes.deleted == ()
    return changes.upserted


async def _version(putting: Awaitable[Lexicon]) -> int:
    return (await putting).version


async def _account(making: Awaitable[Any]) -> AccountId:
    contact = await making
    assert (contact.name, contact.attributes) == ("", {})
    made: AccountId = contact.account
    return made


async def _token_account(directory: Directory) -> AccountId:
    token, clear = await directory.new_token(THIEF, name="own", role="agent")
    assert (await directory.token(clear)).account == THIEF
    return token.account


def methods() -> dict[str, inspect.Signature]:
    """Return every method of every door."""
    return {
        f"{door}.{name}": inspect.signature(method)
        for door, protocol in DOORS.items()
        for name, method in inspect.getmembers(protocol, inspect.isfunction)
        if not name.startswith("_")
    }


def test_every_method_is_tried() -> None:
    scoped = {name for name, signature in methods().items() if "account" in signature.parameters} - set(BY_ITSELF)
    assert scoped == set(TRIALS), "a method of a door has no trial with another account's id: add one"
    assert set(methods()) - scoped == set(ACROSS) | set(BY_ITSELF)


def test_the_implementations_have_no_public_door_beside() -> None:
    beside = {
        f"{door}.{name}"
        for door, made in (("events", SqlEventLog), ("knowledge", SqlKnowledge), ("directory", SqlDirectory))
        for name, method in inspect.getmembers(made, inspect.isfunction)
        if not name.startswith("_") and "account" in inspect.signature(method).parameters
    }
    assert beside <= set(methods())


@pytest.mark.parametrize("name", sorted(TRIALS))
async def test_another_accounts_id_is_not_there(things: Things, name: str) -> None:
    trial, outcome = TRIALS[name]
    before = await owned(things)
    if outcome is NOT_FOUND:
        with pytest.raises(NotFound):
            await trial(things)
    else:
        assert await trial(things) == outcome
    assert await owned(things) == before


async def test_nobody_forgets_another_accounts_contact(things: Things) -> None:
    before = await owned(things)
    with pytest.raises(NotFound):
        await things.sealing.forget(THIEF, things.contact)
    assert await owned(things) == before


async def test_an_inbox_is_not_taken_over_by_its_id_or_token(things: Things) -> None:
    before = await owned(things)
    await things.directory.put_inbox(Inbox(things.inbox.id, THIEF, "mine", "token-2"))
    assert await owned(things) == before
    assert (await things.directory.inbox_by_token("token-1")).account == OWNER


async def owned(things: Things) -> tuple[Any, ...]:
    """Read all that the owner has."""
    due = await things.events.take_due(worker="probe", lease_s=0)
    changes = await things.knowledge.changes(OWNER, since=0)
    return (
        await things.events.read(OWNER, things.conversation),
        await things.events.load(OWNER, things.conversation),
        [one.conversation for one in due],
        await things.knowledge.documents(OWNER),
        [passage for passage, _ in changes.upserted],
        [vectors.tolist() for _, vectors in changes.upserted],
        changes.revision,
        await things.knowledge.lexicon(OWNER),
        await things.directory.inboxes(OWNER),
        await things.directory.contact(OWNER, things.contact),
        await things.directory.tokens(OWNER),
    )
