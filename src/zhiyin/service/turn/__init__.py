"""One message through the steps; the only room that knows their order. `Road` is its door."""

from collections.abc import AsyncGenerator, Sequence
from typing import Protocol

from zhiyin.conversation.facts import Event
from zhiyin.conversation.ids import AccountId, ContactId, ConversationId, InboxId, PersonId
from zhiyin.conversation.state import Conversation
from zhiyin.data.events import Accepted, Whisper


class Road(Protocol):
    """What channels ask of a conversation. All methods raise NotFound outside the account."""

    async def open(
        self, account: AccountId, *, inbox: InboxId, contact: ContactId, channel: str, authenticated: bool
    ) -> Conversation: ...

    async def say(self, account: AccountId, id: ConversationId, *, message: str, text: str) -> Accepted:
        """Accept the customer's words once per `message`; durable on return, answered by a turn soon after.

        Raises Invalid when the text is empty or too long.
        """
        ...

    async def ask_for_person(self, account: AccountId, id: ConversationId) -> Conversation:
        """Hand over to the queue at the customer's wish; a second wish changes nothing."""
        ...

    async def rate(
        self,
        account: AccountId,
        id: ConversationId,
        *,
        key: str,
        helpful: bool,
        reasons: Sequence[str] = (),
        comment: str = "",
    ) -> None:
        """Record what the customer thought of a reply. Raises NotFound for an unknown key."""
        ...

    async def answer_as(self, account: AccountId, id: ConversationId, *, person: PersonId, text: str) -> Conversation:
        """Say something as a person, taking the conversation if nobody else holds it. Raises Conflict."""
        ...

    async def return_to_bot(self, account: AccountId, id: ConversationId, *, by: str) -> Conversation:
        """Give the conversation back to the bot, which knows nothing of what was said before."""
        ...

    async def end(self, account: AccountId, id: ConversationId, *, by: str) -> Conversation: ...

    async def load(self, account: AccountId, id: ConversationId) -> Conversation: ...

    async def read(
        self, account: AccountId, id: ConversationId, *, after: int = -1, limit: int = 1000
    ) -> list[Event]: ...

    def follow(
        self, account: AccountId, id: ConversationId, *, after: int = -1
    ) -> AsyncGenerator[Event | Whisper, None]: ...

    async def conversations(
        self, account: AccountId, *, contact: ContactId | None = None, limit: int = 50
    ) -> list[Conversation]: ...
