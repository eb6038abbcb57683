"""The door between a channel and the road."""

from typing import Protocol

from zhiyin.conversation.facts import Replied
from zhiyin.conversation.state import Conversation


class Channel(Protocol):
    """Carries replies to where the customer is. `Replied.key` makes a second sending harmless.

    Raises (from `send`):
        Unavailable: the platform did not take it; it is sent again later with the same key.
    """

    @property
    def name(self) -> str: ...

    async def send(self, conversation: Conversation, reply: Replied) -> None: ...
