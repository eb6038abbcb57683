"""What all routes share while the process lives: allowances, sessions, and who owns which conversation."""

from collections import Counter, OrderedDict
from collections.abc import AsyncGenerator, Iterator
from contextlib import AbstractAsyncContextManager, aclosing, contextmanager
from datetime import datetime, timedelta

from starlette.requests import HTTPConnection

from zhiyin.conversation.facts import Event
from zhiyin.conversation.ids import AccountId, ContactId, ConversationId, InboxId
from zhiyin.conversation.state import Conversation
from zhiyin.data.events import Whisper
from zhiyin.data.records import Inbox
from zhiyin.errors import NotFound, TooMany, Unavailable
from zhiyin.front.channels.identity import Sessions, Visitor
from zhiyin.front.channels.rates import Buckets
from zhiyin.front.services import HttpLimits, Services

_INBOX_KEPT = timedelta(seconds=5)
"""How soon other processes see a change of an inbox; the one that made it sees it at once."""

_MOST_INBOXES = 1000
_MOST_OWNERS = 50_000


class Door:
    """The state of the front of one process; `door(connection)` finds it."""

    def __init__(self, services: Services, limits: HttpLimits) -> None:
        self.services = services
        self.limits = limits
        self.visitors = Buckets(limits.visitor, clock=services.clock, keys=limits.keys)
        self.addresses = Buckets(limits.ip, clock=services.clock, keys=limits.keys)
        self.accounts = Buckets(limits.account, clock=services.clock, keys=limits.keys)
        self.requests = Buckets(limits.requests, clock=services.clock, keys=limits.keys)
        self.sessions = Sessions(services.session_key, anonymous_s=limits.session_s, signed_s=limits.signed_session_s)
        self.followers: Counter[tuple[AccountId, str]] = Counter()
        self._inboxes: OrderedDict[str, tuple[Inbox, datetime]] = OrderedDict()
        self._owners: OrderedDict[tuple[AccountId, ConversationId], tuple[InboxId | None, ContactId | None]] = (
            OrderedDict()
        )

    async def inbox(self, website_token: str) -> Inbox:
        """Return the inbox that a website token names, as it was at most some seconds ago. Raises NotFound."""
        now = self.services.clock()
        inbox, at = self._inboxes.get(website_token, (None, now))
        if inbox is None or now - at > _INBOX_KEPT:
            inbox = await self.services.directory.inbox_by_token(website_token)
            self._inboxes[website_token] = (inbox, now)
            if len(self._inboxes) > _MOST_INBOXES:
                self._inboxes.popitem(last=False)
        return inbox

    def inbox_changed(self, inbox: Inbox) -> None:
        """Use the new form of an inbox from now on."""
        self._inboxes.pop(inbox.website_token, None)

    async def own(self, visitor: Visitor, id: ConversationId) -> None:
        """Let only the visitor's own conversation pass; it is remembered, for it never changes hands.

        Raises:
            NotFound: there is none of that id that is the visitor's; whether it is another's is not told.
        """
        key = (visitor.account, id)
        owner = self._owners.get(key)
        if owner is None:
            here = await self.services.road.load(visitor.account, id)
            owner = self._owners[key] = (here.inbox, here.contact)
            if len(self._owners) > _MOST_OWNERS:
                self._owners.popitem(last=False)
        inbox, contact = owner
        if inbox != visitor.inbox or not visitor.is_one_of(contact):
            raise NotFound(f"the visitor has no conversation {id}")

    async def own_conversations(self, visitor: Visitor) -> list[Conversation]:
        """Return what the visitor may see, the latest active first."""
        road = self.services.road
        found = await road.conversations(visitor.account, contact=visitor.contact)
        if visitor.former is not None:
            found += await road.conversations(visitor.account, contact=visitor.former)
            found.sort(key=last_at, reverse=True)
        return [one for one in found if one.inbox == visitor.inbox]

    def act(self, visitor: Visitor) -> None:
        """Count something that a visitor says or does. Raises TooMany."""
        self.visitors.take((visitor.account, visitor.contact))
        self.accounts.take(visitor.account)

    @contextmanager
    def following(self, account: AccountId, who: str, *, at_most: int) -> Iterator[None]:
        """Count a follower of one contact, or of one API token, while it follows.

        Raises:
            Unavailable: this process has as many as it can bear.
            TooMany: this one has as many as one may have.
        """
        key = (account, who)
        if self.followers.total() >= self.limits.followers:
            raise Unavailable("this process follows as many conversations as it may")
        if self.followers[key] >= at_most:
            raise TooMany("you follow too many conversations at once; close some", after_s=10)
        self.followers[key] += 1
        try:
            yield
        finally:
            self.followers[key] -= 1
            if not self.followers[key]:
                del self.followers[key]

    def news(
        self, account: AccountId, id: ConversationId, *, after: int
    ) -> AbstractAsyncContextManager[AsyncGenerator[Event | Whisper, None]]:
        """Follow a conversation, and let go of it on leaving."""
        return aclosing(self.services.road.follow(account, id, after=after))


def door(connection: HTTPConnection) -> Door:
    """Find the door of the application that serves this connection."""
    found: Door = connection.app.state.door
    return found


def last_at(conversation: Conversation) -> str:
    """Return when something was last said, as ISO text that sorts by time; empty if nothing was."""
    return conversation.messages[-1].at.isoformat() if conversation.messages else ""


def address_of(connection: HTTPConnection) -> str:
    """Return whom an allowance by address counts: an IPv4 address, or the /64 network of an IPv6 one."""
    host = connection.client.host if connection.client else ""
    if ":" not in host or host.startswith("::ffff:"):
        return host
    head = host.split("::")[0].split(":")
    return ":".join((head + ["0"] * 4)[:4])
