"""Accounts, inboxes, contacts and API keys as rows."""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic_core import from_json
from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncConnection

from zhiyin.conversation.ids import AccountId, ContactId, InboxId, new_id
from zhiyin.data import schema
from zhiyin.data.database import Database
from zhiyin.data.records import Account, ApiToken, Contact, Inbox
from zhiyin.data.records.rows import insert, to_text
from zhiyin.errors import Conflict, NotFound

_INBOX = "SELECT account, id, name, website_token, language, origins, secrets, greetings FROM inboxes WHERE "
_CONTACT = "SELECT account, id, external, name, attributes FROM contacts WHERE account = ? AND "
_KEY = "SELECT account, id, name, role FROM api_tokens WHERE "


class SqlDirectory:
    """A `Directory` in whichever store `database` is."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def ensure_account(self, account: Account) -> Account:
        """Make the account if there is none of its id, and return the one that is there."""
        async with self._database.writing() as connection:
            row = insert(connection, schema.accounts).values(id=account.id, name=account.name)
            await connection.execute(row.on_conflict_do_nothing())
        return await self.account(account.id)

    async def accounts(self) -> list[Account]:
        """Return all accounts by name; for the operator of the server only."""
        return [Account(*row) for row in await self._database.fetch("SELECT id, name FROM accounts ORDER BY name, id")]

    async def account(self, id: AccountId) -> Account:
        """Return an account. Raises NotFound."""
        for row in await self._database.fetch("SELECT id, name FROM accounts WHERE id = ?", id):
            return Account(*row)
        raise NotFound(f"no account {id}")

    async def put_inbox(self, inbox: Inbox) -> Inbox:
        """Make an inbox, or replace the one of its account and id.

        Raises:
            Conflict: another inbox has the website token.
            NotFound: no such account.
        """
        await self.account(inbox.account)
        values = {
            "name": inbox.name,
            "website_token": inbox.website_token,
            "language": inbox.language,
            "origins": to_text(inbox.origins),
            "secrets": to_text(inbox.secrets),
            "greetings": to_text(dict(inbox.greetings)),
        }
        try:
            async with self._database.writing() as connection:
                row = insert(connection, schema.inboxes).values(account=inbox.account, id=inbox.id, **values)
                await connection.execute(row.on_conflict_do_update(index_elements=["account", "id"], set_=values))
        except Conflict as error:
            raise Conflict("another inbox has this website token; make a new one") from error
        return inbox

    async def inboxes(self, account: AccountId) -> list[Inbox]:
        """Return the account's inboxes by name."""
        return [_inbox(row) for row in await self._database.fetch(_INBOX + "account = ? ORDER BY name, id", account)]

    async def inbox(self, account: AccountId, id: InboxId) -> Inbox:
        """Return an inbox. Raises NotFound."""
        for row in await self._database.fetch(_INBOX + "account = ? AND id = ?", account, id):
            return _inbox(row)
        raise NotFound(f"no inbox {id} in this account")

    async def inbox_by_token(self, website_token: str) -> Inbox:
        """Find the inbox that a widget names, in whichever account. Raises NotFound."""
        for row in await self._database.fetch(_INBOX + "website_token = ?", website_token):
            return _inbox(row)
        raise NotFound("no inbox has this website token")

    async def new_contact(self, account: AccountId, *, name: str = "") -> Contact:
        """Make an anonymous visitor. Raises NotFound for an unknown account."""
        await self.account(account)
        contact = Contact(ContactId(new_id()), account, name=name)
        async with self._database.writing() as connection:
            await connection.execute(_contact_row(connection, contact))
        return contact

    async def known_contact(
        self, account: AccountId, *, external: str, name: str = "", attributes: Mapping[str, str] | None = None
    ) -> Contact:
        """Find or make the contact whom the account calls `external`; a name or attributes given replace the old.

        Raises NotFound for an unknown account.
        """
        known = await self._called(account, external)
        if known is None:
            await self.account(account)
            fresh = Contact(ContactId(new_id()), account, external, name, attributes or {})
            async with self._database.writing() as connection:
                row = _contact_row(connection, fresh)
                await connection.execute(row.on_conflict_do_nothing(index_elements=["account", "external"]))
            known = await self._called(account, external)
            if known is None:
                raise Conflict(f"the contact {external!r} was forgotten this moment; ask again")
        changed = Contact(
            known.id,
            account,
            external,
            name or known.name,
            dict(attributes) if attributes is not None else known.attributes,
        )
        if changed != known:
            contacts = schema.contacts
            async with self._database.writing() as connection:
                await connection.execute(
                    update(contacts)
                    .where(contacts.c.account == account, contacts.c.id == known.id)
                    .values(name=changed.name, attributes=to_text(dict(changed.attributes)))
                )
        return changed

    async def contact(self, account: AccountId, id: ContactId) -> Contact:
        """Return a contact. Raises NotFound."""
        for row in await self._database.fetch(_CONTACT + "id = ?", account, id):
            return _contact(row)
        raise NotFound(f"no contact {id} in this account")

    async def new_token(
        self, account: AccountId, *, name: str, role: Literal["admin", "agent", "api"]
    ) -> tuple[ApiToken, str]:
        """Make an API key; the second value is the only time it is seen in clear.

        Raises NotFound for an unknown account.
        """
        await self.account(account)
        token, clear = ApiToken(new_id(), account, name, role), f"zy_{secrets.token_urlsafe(32)}"
        async with self._database.writing() as connection:
            await connection.execute(
                insert(connection, schema.api_tokens).values(
                    account=account, id=token.id, name=name, role=role, sha256=_sha256(clear)
                )
            )
        return token, clear

    async def token(self, clear: str) -> ApiToken:
        """Find whose key this is, in whichever account. Raises NotFound."""
        for account, id, name, role in await self._database.fetch(_KEY + "sha256 = ?", _sha256(clear)):
            return ApiToken(id, account, name, role)
        raise NotFound("no such API key")

    async def tokens(self, account: AccountId) -> list[ApiToken]:
        """Return the account's API keys, the oldest first."""
        rows = await self._database.fetch(_KEY + "account = ? ORDER BY id", account)
        return [ApiToken(id, account, name, role) for account, id, name, role in rows]

    async def revoke_token(self, account: AccountId, id: str) -> None:
        """Make an API key worthless. Raises NotFound."""
        tokens = schema.api_tokens
        async with self._database.writing() as connection:
            gone = await connection.execute(delete(tokens).where(tokens.c.account == account, tokens.c.id == id))
            if not gone.rowcount:
                raise NotFound(f"no API key {id} in this account")

    async def _called(self, account: AccountId, external: str) -> Contact | None:
        for row in await self._database.fetch(_CONTACT + "external = ?", account, external):
            return _contact(row)
        return None


def _sha256(clear: str) -> bytes:
    return hashlib.sha256(clear.encode("utf-8", "surrogatepass")).digest()


def _inbox(row: Sequence[Any]) -> Inbox:
    account, id, name, token, language, origins, keys, greetings = row
    texts = {spoken: tuple(lines) for spoken, lines in from_json(greetings).items()}
    return Inbox(id, account, name, token, language, tuple(from_json(origins)), tuple(from_json(keys)), texts)


def _contact(row: Sequence[Any]) -> Contact:
    account, id, external, name, attributes = row
    return Contact(id, account, external, name, from_json(attributes))


def _contact_row(connection: AsyncConnection, contact: Contact) -> Any:
    return insert(connection, schema.contacts).values(
        account=contact.account,
        id=contact.id,
        external=contact.external,
        name=contact.name,
        attributes=to_text(dict(contact.attributes)),
    )
