"""The command line, thin over the same services as every other channel.

`app` hands in what opens and serves an installation (`Doors`); the commands know nothing of drivers.
"""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from zhiyin.conversation.ids import AccountId, ContactId
from zhiyin.data.records import Account, Directory, Inbox
from zhiyin.errors import NotFound
from zhiyin.front.exam.report import Row
from zhiyin.service.knowledge import Searching
from zhiyin.service.turn import Road


@dataclass(frozen=True, slots=True)
class Installation:
    """An opened installation: the same services that the server runs on."""

    road: Road
    knowledge: Searching
    directory: Directory
    facts: Mapping[str, str]  # what it runs on: store, versions, models
    erase: Callable[
        [AccountId, ContactId], Awaitable[int]
    ]  # forgets a customer; how many conversations lost their words

    async def account(self, id: str) -> Account:
        """Return the account `id`, made on first use."""
        return await self.directory.ensure_account(Account(AccountId(id), name=id))

    async def inbox(self, account: Account) -> Inbox:
        """Return the account's first inbox.

        Raises NotFound when it has none yet.
        """
        inboxes = await self.directory.inboxes(account.id)
        if not inboxes:
            raise NotFound(
                f"account {account.id!r} has no inbox; make one with `zhiyin inbox new`, or run `zhiyin demo`"
            )
        return inboxes[0]


class Doors(Protocol):
    """What the commands need of the whole product."""

    def open(self, **settings: Any) -> AbstractAsyncContextManager[Installation]: ...

    def serve(self, *, pack: str | None, **settings: Any) -> None: ...

    async def prepare(self, installation: Installation, pack: str) -> None:
        """Set up a pack's account, inbox, words and articles, printing progress; a second time changes nothing."""
        ...

    def settings(self, **settings: Any) -> list[tuple[str, str, str]]:
        """Return (name, value with secrets masked, meaning) of every setting."""
        ...

    async def evaluate(self, *, data: Path, only: frozenset[str], pack: str) -> list[Row]: ...

    async def bench(self, *, passages: tuple[int, ...], only: frozenset[str]) -> tuple[dict[str, str], list[Row]]: ...
