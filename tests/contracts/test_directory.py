"""What every directory keeps to, on every engine."""

import asyncio

import pytest

from zhiyin.conversation.ids import AccountId, ContactId, InboxId
from zhiyin.data.database import Database
from zhiyin.data.records import Account, Contact, Inbox
from zhiyin.data.records.sql import SqlDirectory
from zhiyin.errors import Conflict, Invalid, NotFound

ACME = AccountId("acme")


@pytest.fixture
async def directory(database: Database) -> SqlDirectory:
    """A directory with one account."""
    directory = SqlDirectory(database)
    await directory.ensure_account(Account(ACME, "Acme"))
    return directory


async def test_accounts(directory: SqlDirectory) -> None:
    assert await directory.account(ACME) == Account(ACME, "Acme")
    assert await directory.ensure_account(Account(ACME, "Another name")) == Account(ACME, "Acme")
    second = Account(AccountId("b"), "Beta")
    made = await asyncio.gather(*(directory.ensure_account(second) for _ in range(5)))
    assert set(made) == {second}
    assert await directory.accounts() == [Account(ACME, "Acme"), second]
    with pytest.raises(NotFound):
        await directory.account(AccountId("none"))


async def test_inboxes(directory: SqlDirectory) -> None:
    inbox = Inbox(
        InboxId("i1"), ACME, "官网", "t1", "en", ("https://shop.example",), ("s2", "s1"), {"zh": ("您好",), "en": ()}
    )
    assert await directory.put_inbox(inbox) == inbox
    assert await directory.inbox(ACME, inbox.id) == inbox == await directory.inbox_by_token("t1")
    changed = Inbox(inbox.id, ACME, "App", "t2")
    await directory.put_inbox(changed)
    assert await directory.inboxes(ACME) == [changed]
    with pytest.raises(NotFound):
        await directory.inbox_by_token("t1")
    with pytest.raises(Conflict, match="website token"):
        await directory.put_inbox(Inbox(InboxId("i2"), ACME, "Other", "t2"))
    with pytest.raises(NotFound):
        await directory.put_inbox(Inbox(InboxId("i3"), AccountId("none"), "Lost", "t3"))
    with pytest.raises(NotFound):
        await directory.inbox(ACME, InboxId("i3"))
    assert "s1" not in repr(inbox)


async def test_contacts(directory: SqlDirectory) -> None:
    visitor = await directory.new_contact(ACME, name="Ann")
    assert await directory.contact(ACME, visitor.id) == visitor == Contact(visitor.id, ACME, None, "Ann", {})
    made = await asyncio.gather(*(directory.known_contact(ACME, external="u1") for _ in range(10)))
    assert len({contact.id for contact in made}) == 1
    known = await directory.known_contact(ACME, external="u1", name="Bo", attributes={"level": "gold"})
    assert known == Contact(made[0].id, ACME, "u1", "Bo", {"level": "gold"})
    assert await directory.known_contact(ACME, external="u1") == known == await directory.contact(ACME, known.id)
    assert (await directory.known_contact(ACME, external="u1", attributes={})).attributes == {}
    for call in (
        directory.contact(ACME, ContactId("none")),
        directory.new_contact(AccountId("none")),
        directory.known_contact(AccountId("none"), external="u1"),
    ):
        with pytest.raises(NotFound):
            await call


async def test_api_keys_are_kept_as_hashes(directory: SqlDirectory, database: Database) -> None:
    token, clear = await directory.new_token(ACME, name="ci", role="api")
    other, other_clear = await directory.new_token(ACME, name="desk", role="agent")
    assert await directory.token(clear) == token
    assert await directory.tokens(ACME) == [token, other]
    rows = await database.fetch("SELECT id, name, role, sha256 FROM api_tokens")
    assert not any(clear in str(bytes(value) if isinstance(value, bytes) else value) for row in rows for value in row)
    await directory.revoke_token(ACME, token.id)
    for call in (directory.token(clear), directory.token("zy_guess"), directory.token("\ud83d\0")):
        with pytest.raises(NotFound):
            await call
    with pytest.raises(NotFound):
        await directory.revoke_token(ACME, token.id)
    assert (await directory.token(other_clear)).role == "agent"
    with pytest.raises(NotFound):
        await directory.new_token(AccountId("none"), name="x", role="admin")


async def test_what_no_column_takes_is_refused_in_our_words(directory: SqlDirectory, database: Database) -> None:
    if database.name == "postgresql":
        with pytest.raises(Invalid):
            await directory.new_contact(ACME, name="nul \0 inside")
    else:
        contact = await directory.new_contact(ACME, name="nul \0 inside")
        assert (await directory.contact(ACME, contact.id)).name == "nul \0 inside"
    with pytest.raises(Invalid):
        await directory.new_contact(ACME, name="half \ud83d")
