"""The keys of a store's contacts, and forgetting: a person's key and row go, their logs stay as outlines."""

from dataclasses import dataclass

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import delete, update

from zhiyin.conversation.ids import AccountId, ContactId
from zhiyin.data import schema
from zhiyin.data.database import Database
from zhiyin.data.privacy.keys import Keyring
from zhiyin.errors import BadPack, NotFound

_SHORTEST = 16


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What a forgotten contact leaves: so many conversations without words."""

    conversations: int


class Sealing:
    """Opens contacts' keys, and erases contacts, in whichever store `database` is."""

    def __init__(self, database: Database, *, master_key: str = "") -> None:
        """Take the secret that wraps every contact's key; empty: the keys lie in the store as they are.

        Raises:
            BadPack: the secret has fewer than 16 characters.
        """
        if 0 < len(master_key) < _SHORTEST:
            raise BadPack(f"the master key has {len(master_key)} characters; want {_SHORTEST} random ones or more")
        self._database = database
        self.keyring = Keyring(_derive(master_key) if master_key else None)

    async def forget(self, account: AccountId, contact: ContactId) -> Forgotten:
        """Make all that a contact said and was told unreadable, here and in every copy of the log.

        Their conversations can be read as outlines and counted, not written to. Copies of the key itself, in old
        backups or in PostgreSQL's own write-ahead log, go when those are rotated.

        Raises:
            NotFound: the account knows no such contact.
        """
        keys, contacts, conversations = schema.contact_keys, schema.contacts, schema.conversations
        async with self._database.writing() as connection:
            key = await connection.execute(delete(keys).where(keys.c.account == account, keys.c.contact == contact))
            row = await connection.execute(
                delete(contacts).where(contacts.c.account == account, contacts.c.id == contact)
            )
            if not key.rowcount and not row.rowcount:
                raise NotFound(f"no contact {contact} in this account")
            emptied = await connection.execute(
                update(conversations)
                .where(conversations.c.account == account, conversations.c.contact == contact)
                # without the key's id too: an append that waits for this row then looks for no key and finds none
                .values(key="", needed=None, worker=None, lease_us=None)
            )
        self._database.news.post([["forgotten", account, contact]])
        await self._database.scrub()
        return Forgotten(emptied.rowcount)


def _derive(secret: str) -> bytes:
    return HKDF(SHA256(), length=32, salt=None, info=b"zhiyin master key 1").derive(secret.encode())
