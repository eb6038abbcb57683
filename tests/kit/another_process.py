"""A second process for tests of the store: `python -m tests.kit.another_process DEED URL ACCOUNT CONVERSATION …`.

It prints a line for whatever it is sure of, at once, so that a test may kill it and still know.
"""

import asyncio
import sys

from zhiyin.conversation.facts import CustomerSaid, Delivered
from zhiyin.conversation.ids import AccountId, ConversationId, MessageId
from zhiyin.data.database import Database
from zhiyin.data.events import Whisper
from zhiyin.data.events.sql import SqlEventLog


def tell(*words: object) -> None:
    """Print a line that arrives even if the process dies after it."""
    print(*words, flush=True)


async def accept(log: SqlEventLog, account: AccountId, id: ConversationId, messages: list[str]) -> None:
    """Send all messages at once and say where each stands."""
    for at in await asyncio.gather(*(log.accept(account, id, CustomerSaid(MessageId(m), m)) for m in messages)):
        tell(at.number, at.again)


async def speak(log: SqlEventLog, account: AccountId, id: ConversationId, words: list[str]) -> None:
    """Whisper, then append one event a word, in order."""
    for word in words:
        await log.whisper(account, id, Whisper("delta", word))
        tell((await log.accept(account, id, CustomerSaid(MessageId(word), word))).number)


async def hurry(log: SqlEventLog, account: AccountId, id: ConversationId, _: list[str]) -> None:
    """Append for ever, several at a time, and print what was acknowledged."""

    async def one(name: str) -> None:
        count = 0
        while True:
            count += 1
            message = f"{name}-{count}"
            accepted = await log.accept(account, id, CustomerSaid(MessageId(message), message))
            tell(accepted.number, message)

    await asyncio.gather(*(one(name) for name in "abcd"))


async def deliver(log: SqlEventLog, account: AccountId, id: ConversationId, keys: list[str]) -> None:
    """Append at the place this process thinks is the end, again after every conflict."""
    for key in keys:
        here = await log.load(account, id)
        tell((await log.append(account, id, [Delivered(key, "test")], after=here.length)).length)


async def main() -> None:
    """Do the deed."""
    deed, url, account, id, *rest = sys.argv[1:]
    async with await Database.connect(url) as database:
        tell("ready")
        if deed == "migrate":
            tell(await database.migrate())
            return
        deeds = {"accept": accept, "speak": speak, "hurry": hurry, "deliver": deliver}
        await deeds[deed](SqlEventLog(database), AccountId(account), ConversationId(id), rest)


if __name__ == "__main__":
    asyncio.run(main())
