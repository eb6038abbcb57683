"""Names of things. All are opaque strings; new ones are UUIDv7, so they sort by time of birth."""

from typing import NewType

import uuid_utils

AccountId = NewType("AccountId", str)
InboxId = NewType("InboxId", str)
ContactId = NewType("ContactId", str)
ConversationId = NewType("ConversationId", str)
MessageId = NewType("MessageId", str)
DocumentId = NewType("DocumentId", str)
PassageId = NewType("PassageId", str)
PersonId = NewType("PersonId", str)


def new_id() -> str:
    """Make an id that no other machine makes (RFC 9562, version 7)."""
    return str(uuid_utils.uuid7())
