"""Words are unreadable at rest, and gone for good once their contact is forgotten."""

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from tests.kit.facts import EXAMPLES, any_fact
from tests.kit.stores import StillClock

from zhiyin.conversation.facts import CustomerSaid, Delivered, Fact, HandedOver, Opened, Replied
from zhiyin.conversation.ids import AccountId, ContactId, InboxId, MessageId
from zhiyin.conversation.state import Conversation, replay
from zhiyin.data.database import Database
from zhiyin.data.events.sql import SqlEventLog
from zhiyin.data.privacy.sealed import ERASED, outline
from zhiyin.data.privacy.sealing import Forgotten, Sealing
from zhiyin.data.records import Account
from zhiyin.data.records.sql import SqlDirectory
from zhiyin.errors import BadPack, CorruptLog, NotFound

ACME = AccountId("acme")
SECRET = "my-unmistakable-words-4711"
MASTER = "correct horse battery staple"


async def talk_with(log: SqlEventLog, contact: ContactId) -> Conversation:
    """Hold a short talk full of secrets."""
    here = await log.open(ACME, inbox=InboxId("i1"), contact=contact, channel="widget")
    await log.accept(ACME, here.id, CustomerSaid(MessageId(f"{SECRET}-id"), SECRET))
    reply = Replied("k1", SECRET, "bot", "en", (1,), sentences=(SECRET,), quick_replies=(SECRET,))
    return await log.append(ACME, here.id, [reply, Delivered("k1", "widget")], after=2)


async def everything(database: Database) -> bytes:
    """Return all that is stored, in whatever form."""
    if database.name == "sqlite":
        path = Path(str(database.engine.url.database))
        return b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*"))
    tables = await database.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    found = b""
    for (table,) in tables:
        for row in await database.fetch(f'SELECT * FROM "{table}"'):
            found += b"\0".join(v if isinstance(v, bytes) else str(v).encode() for v in row)
    return found


@pytest.mark.parametrize("master_key", ["", MASTER])
async def test_no_words_lie_in_the_store(database: Database, master_key: str) -> None:
    log = SqlEventLog(database, sealing=Sealing(database, master_key=master_key))
    here = await talk_with(log, ContactId("c1"))
    stored = await everything(database)
    assert here.id.encode() in stored  # it is the right place to look
    assert SECRET.encode() not in stored
    (secret,) = [row[0] for row in await database.fetch("SELECT secret FROM contact_keys")]
    assert len(secret) == (60 if master_key else 32)
    assert [event.fact for event in await log.read(ACME, here.id)][1] == CustomerSaid(MessageId(f"{SECRET}-id"), SECRET)


async def test_forgetting_takes_the_words_and_leaves_the_count(database: Database, clock: StillClock) -> None:
    directory, sealing = SqlDirectory(database), Sealing(database)
    await directory.ensure_account(Account(ACME, "Acme"))
    contact = await directory.known_contact(ACME, external="u1", name="Ann")
    log = SqlEventLog(database, sealing=sealing, clock=clock)
    here, stays = await talk_with(log, contact.id), await talk_with(log, ContactId("c2"))
    await log.accept(ACME, here.id, CustomerSaid(MessageId("m2"), SECRET))
    (key,) = await database.fetch("SELECT secret FROM contact_keys WHERE contact = ?", contact.id)

    assert await sealing.forget(ACME, contact.id) == Forgotten(conversations=1)

    for reader in (log, SqlEventLog(database)):
        events = await reader.read(ACME, here.id)
        assert [type(event.fact) for event in events] == [Opened, CustomerSaid, Replied, Delivered, CustomerSaid]
        assert SECRET not in repr([event.fact for event in events])
        assert events[2].fact == Replied("k1", ERASED, "bot", "en", (1,))
        state = await reader.load(ACME, here.id)
        assert replay(ACME, here.id, events) == state
        assert SECRET not in repr(state)
        assert [one.id for one in await reader.list_open(ACME, contact=contact.id)] == [here.id]
        assert await reader.load(ACME, stays.id) == stays
    with pytest.raises(NotFound):
        await directory.contact(ACME, contact.id)
    with pytest.raises(NotFound, match="forgotten"):
        await log.append(ACME, here.id, [HandedOver("asked", "customer")], after=5)
    with pytest.raises(NotFound, match="forgotten"):
        await log.accept(ACME, here.id, CustomerSaid(MessageId("m3"), SECRET))
    assert await log.take_due(worker="w", lease_s=1) == []
    assert not await log.take(ACME, here.id, worker="w", lease_s=1)
    with pytest.raises(NotFound):
        await sealing.forget(ACME, contact.id)
    assert bytes(key[0]) not in await everything(database)


async def test_a_forgotten_contact_may_come_again(database: Database) -> None:
    sealing = Sealing(database)
    log = SqlEventLog(database, sealing=sealing)
    before = await talk_with(log, ContactId("c1"))
    await sealing.forget(ACME, ContactId("c1"))
    again = await talk_with(log, ContactId("c1"))
    assert (await SqlEventLog(database).load(ACME, again.id)) == again
    assert (await log.read(ACME, before.id))[1].fact == CustomerSaid(MessageId(ERASED), ERASED)
    with pytest.raises(NotFound):
        await log.accept(ACME, before.id, CustomerSaid(MessageId("m"), SECRET))


async def test_forgetting_reaches_logs_beside(database: Database, store_url: str) -> None:
    log = SqlEventLog(database)
    here = await talk_with(log, ContactId("c1"))
    async with await Database.connect(store_url) as beside:
        await Sealing(beside).forget(ACME, ContactId("c1"))
    assert SECRET not in repr(await log.load(ACME, here.id))
    with pytest.raises(NotFound):
        await log.append(ACME, here.id, [HandedOver("asked", "customer")], after=4)


async def test_keys_open_only_under_their_master(database: Database) -> None:
    here = await talk_with(SqlEventLog(database, sealing=Sealing(database, master_key=MASTER)), ContactId("c1"))
    for wrong in ("", "another secret of enough length"):
        with pytest.raises(BadPack, match="master key"):
            await SqlEventLog(database, sealing=Sealing(database, master_key=wrong)).read(ACME, here.id)
    with pytest.raises(BadPack, match="characters"):
        Sealing(database, master_key="short")


async def test_keys_made_before_there_was_a_master_key_still_open(database: Database) -> None:
    here = await talk_with(SqlEventLog(database), ContactId("c1"))
    later = SqlEventLog(database, sealing=Sealing(database, master_key=MASTER))
    assert await later.load(ACME, here.id) == here


async def test_words_cannot_be_moved_or_changed(database: Database) -> None:
    log = SqlEventLog(database)
    here = await talk_with(log, ContactId("c1"))
    async with database.writing() as connection:
        await connection.exec_driver_sql(
            "UPDATE events SET sealed = (SELECT o.sealed FROM events o WHERE o.number = 2) WHERE number = 1"
        )
    with pytest.raises(CorruptLog, match="event 1"):
        await SqlEventLog(database).read(ACME, here.id)


def texts(value: Any) -> set[str]:
    """Return every text inside a fact."""
    if isinstance(value, str):
        return {value}
    if isinstance(value, tuple):
        return set().union(*(texts(one) for one in value)) if value else set()
    if hasattr(value, "__dataclass_fields__"):
        return set().union(*(texts(getattr(value, field.name)) for field in fields(value)))
    return set()


PLAIN = {
    "Opened": {"inbox", "contact", "channel", "authenticated", "language"},
    "CustomerSaid": set(),
    "Understood": {"intent", "language"},
    "PassagesFound": set(),
    "Decided": {"step"},
    "Drafted": {"by", "attempt"},
    "Verified": {"grounded"},
    "Withheld": {"fault"},
    "ModelFailed": {"model"},
    "Replied": {"key", "author", "language", "answers", "outcome"},
    "Delivered": {"key", "via"},
    "Rated": {"key", "helpful"},
    "HandedOver": {"by"},
    "Taken": {"person", "until"},
    "ReturnedToBot": {"by"},
    "Ended": {"by"},
}


@settings(max_examples=200, deadline=None, derandomize=True)
@given(fact=any_fact())
def test_an_outline_keeps_what_may_be_counted_and_no_words(fact: Fact) -> None:
    clear = outline(fact)
    assert type(clear) is type(fact)
    kept = PLAIN[type(fact).__name__]
    for field in fields(fact):
        if field.name in kept:
            assert getattr(clear, field.name) == getattr(fact, field.name)
        else:
            assert texts(getattr(clear, field.name)) <= {ERASED, ""}


def test_every_kind_has_an_outline() -> None:
    assert set(PLAIN) == {type(fact).__name__ for fact in EXAMPLES}
