"""A conversation in the terminal."""

from contextlib import aclosing, suppress

import anyio
from rich.console import Console
from rich.markup import escape

from zhiyin.conversation.catalogue import say
from zhiyin.conversation.facts import Event, Replied
from zhiyin.conversation.ids import AccountId, new_id
from zhiyin.conversation.state import Conversation
from zhiyin.errors import TimedOut
from zhiyin.front.cli import Installation

_PATIENCE_S = 120.0


async def converse(installation: Installation, account: AccountId, question: str | None, out: Console) -> None:
    """Ask one question, or talk until the customer leaves with an empty line."""
    tenant = await installation.account(account)
    contact = await installation.directory.new_contact(tenant.id)
    inbox = await installation.inbox(tenant)
    talk = await installation.road.open(
        tenant.id, inbox=inbox.id, contact=contact.id, channel="terminal", authenticated=False
    )
    if question is not None:
        await _ask(installation, talk, question, out)
        return
    out.print("[dim]Zhiyin 知音 is an AI assistant. An empty line leaves. 空行退出。[/]")
    with suppress(EOFError):
        while line := (await anyio.to_thread.run_sync(input, "› ")).strip():
            await _ask(installation, talk, line, out)


async def _ask(installation: Installation, talk: Conversation, text: str, out: Console) -> None:
    accepted = await installation.road.say(talk.account, talk.id, message=new_id(), text=text)
    now = await installation.road.load(talk.account, talk.id)
    if now.owner in ("queue", "person"):
        out.print(say("chat.waiting", now.language or "zh"), highlight=False, markup=False)
        return
    try:
        with anyio.fail_after(_PATIENCE_S):
            async with aclosing(installation.road.follow(talk.account, talk.id, after=accepted.number)) as news:
                async for one in news:
                    if isinstance(one, Event) and isinstance(one.fact, Replied):
                        _print(one.fact, out)
                        return
    except TimeoutError:
        raise TimedOut(f"no reply within {_PATIENCE_S:.0f} s; look at the server's log") from None


def _print(reply: Replied, out: Console) -> None:
    marks: dict[int, list[int]] = {}
    for citation in reply.citations:
        marks.setdefault(citation.sentence, []).append(citation.index)
    for place, sentence in enumerate(reply.sentences or (reply.text,)):
        chips = "".join(f" [cyan]\\[{index}][/]" for index in marks.get(place, ()))
        out.print(escape(sentence), chips, sep="", highlight=False, soft_wrap=True)
    for index, title in sorted({(citation.index, citation.title) for citation in reply.citations}):
        out.print(f"[dim]  \\[{index}] {escape(title)}[/]", highlight=False)
    for choice in reply.quick_replies:
        out.print(f"[dim]  · {escape(choice)}[/]", highlight=False)
