"""Who runs the turns: in this process, several conversations at once, each leased so that no two workers meet.

A conversation that is due stays due in the store until its reply is there and delivered, so a worker may die
at any moment: when its lease runs out another takes the work up.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from zhiyin.conversation.catalogue import say
from zhiyin.conversation.facts import Decided, Delivered, Fact, Replied
from zhiyin.conversation.ids import AccountId, ConversationId, new_id
from zhiyin.conversation.state import Conversation
from zhiyin.data.events import EventLog, Whisper
from zhiyin.errors import Conflict, Unavailable, ZhiyinError
from zhiyin.extend import Channel
from zhiyin.service.turn.walk import Stage, Steps, Walk, unobserved

log = structlog.get_logger("zhiyin.turn")

Place = tuple[AccountId, ConversationId]


@dataclass(frozen=True, slots=True)
class Pace:
    """How a worker works. Times in seconds."""

    at_once: int = 64  # turns at the same time
    lease_s: float = 10.0  # how soon another worker takes over from a dead one
    idle_s: float = 2.0  # how long to sleep when nobody wakes us
    tries: int = 3  # before a failing turn ends in an apology
    deadline_s: float = 90.0  # for one walk, whatever the models do


@dataclass(slots=True)
class _Running:
    task: asyncio.Task[None] | None = None
    news: asyncio.Event = field(default_factory=asyncio.Event)  # the customer said more


class Worker:
    """Runs due turns until it is stopped, and delivers their replies.

    `channels` are those that carry replies somewhere; of any other channel the log itself is the carrier.
    """

    def __init__(
        self,
        events: EventLog,
        steps: Steps,
        *,
        clock: Callable[[], datetime],
        channels: Mapping[str, Channel] | None = None,
        pace: Pace | None = None,
        stage: Stage = unobserved,
        recorded: Callable[[Conversation, Sequence[Fact]], None] | None = None,
        name: str | None = None,
    ) -> None:
        self.name = name or new_id()
        self.pace = pace or Pace()
        self._events = events
        self._steps = steps
        self._clock = clock
        self._channels = channels or {}
        self._stage = stage
        self._recorded = recorded
        self._running: dict[Place, _Running] = {}
        self._stopping = False
        self._loop: asyncio.Task[None] | None = None

    @property
    def running(self) -> int:
        """How many turns are under way."""
        return len(self._running)

    @property
    def taking(self) -> bool:
        """Whether new turns may be given to this worker."""
        return not self._stopping

    def start(self) -> None:
        """Begin to look for due work."""
        self._loop = asyncio.create_task(self._look(), name="turns due")

    async def stop(self, *, at_most_s: float) -> None:
        """Take nothing new, let running turns finish for `at_most_s` seconds, hand the rest back."""
        self._stopping = True
        if self._loop:
            self._loop.cancel()
            await asyncio.gather(self._loop, return_exceptions=True)
        tasks = {place: run.task for place, run in self._running.items() if run.task}
        if tasks:
            await asyncio.wait(tasks.values(), timeout=at_most_s)
        for (account, id), task in tasks.items():
            if not task.done():
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
                await self._events.defer(account, id, worker=self.name, wait_s=0)

    def began(self, account: AccountId, id: ConversationId) -> None:
        """Run the turn whose lease this worker just got."""
        self._run((account, id))

    def heard(self, account: AccountId, id: ConversationId) -> None:
        """Tell a running turn that the customer said more: it begins again with all of it."""
        if run := self._running.get((account, id)):
            run.news.set()

    async def _look(self) -> None:
        while not self._stopping:
            free = self.pace.at_once - len(self._running)
            try:
                due = (
                    await self._events.take_due(worker=self.name, lease_s=self.pace.lease_s, limit=free) if free else []
                )
                for one in due:
                    self._run((one.account, one.conversation))
                if not due:
                    await self._events.wait_due(at_most_s=self.pace.idle_s)
            except ZhiyinError as error:
                log.warning("store.unavailable", error=type(error).__name__)
                await asyncio.sleep(1.0)

    def _run(self, place: Place) -> None:
        if place in self._running or self._stopping:
            return
        run = self._running[place] = _Running()
        run.task = asyncio.create_task(self._work(place, run), name=f"turn {place[1]}")

    async def _work(self, place: Place, run: _Running) -> None:
        """Work on one conversation until nothing is due in it, keeping the lease alive meanwhile."""
        account, id = place
        renewing = asyncio.create_task(self._keep_lease(place))
        try:
            for attempt in range(1, self.pace.tries + 1):
                try:
                    await self._until_nothing_is_due(place, run)
                    return
                except Unavailable as error:
                    log.warning("turn.deferred", conversation=id, error=type(error).__name__)
                    await self._events.defer(account, id, worker=self.name, wait_s=2.0**attempt)
                    return
                except Exception as error:
                    log.exception("turn.failed", conversation=id, attempt=attempt, error=type(error).__name__)
            await self._apologise(place)
        except ZhiyinError as error:
            log.error("turn.given_up", conversation=id, error=type(error).__name__)
        finally:
            renewing.cancel()
            if self._running.get(place) is run:
                del self._running[place]  # at once: a message accepted in this moment begins a turn of its own

    async def _until_nothing_is_due(self, place: Place, run: _Running) -> None:
        account, id = place
        while True:
            run.news.clear()
            try:
                here = await self._settle_replies(await self._events.load(account, id))
                if here.owner == "bot" and here.unanswered:
                    after = await self._turn(here, run)
                    if after is not None and not after.unanswered and not after.undelivered and not run.news.is_set():
                        return  # the append took the due mark and the lease with it
                elif await self._events.settle(account, id, worker=self.name, seen=here.length):
                    return
            except Conflict:
                continue  # somebody wrote first: decide again on what is there now

    async def _turn(self, start: Conversation, run: _Running) -> Conversation | None:
        """Walk, and return the state with the reply in it.

        If the customer says more meanwhile, or somebody else writes first, the half-made reply is dropped: None.
        """
        walk = Walk(start, self._steps, now=self._clock(), tell=self._tell, stage=self._stage)
        with self._stage("turn"):
            async with asyncio.timeout(self.pace.deadline_s):
                walking = asyncio.create_task(walk.to_reply())
                news = asyncio.create_task(run.news.wait())
                try:
                    await asyncio.wait({walking, news}, return_when=asyncio.FIRST_COMPLETED)
                    if not walking.done():
                        await self._tell(start, Whisper("withdrawn"))
                        return None
                    facts = walking.result()
                finally:
                    for task in (walking, news):
                        task.cancel()
                    await asyncio.gather(walking, news, return_exceptions=True)
            with self._stage("store"):
                return await self._record(start, facts)

    async def _record(self, start: Conversation, facts: list[Fact]) -> Conversation | None:
        if start.channel not in self._channels:
            replies = [fact for fact in facts if isinstance(fact, Replied)]
            facts = [*facts, *(Delivered(reply.key, via=start.channel) for reply in replies)]
        try:
            cause = start.unanswered[-1] if start.unanswered else None
            after = await self._events.append(start.account, start.id, facts, after=start.length, cause=cause)
        except Conflict:
            await self._tell(start, Whisper("withdrawn"))
            return None
        if self._recorded:
            self._recorded(start, facts)
        return after

    async def _settle_replies(self, here: Conversation) -> Conversation:
        """Send what a crash or a lost connection left unsent; the channel knows each reply by its key."""
        for key in here.undelivered:
            channel = self._channels.get(here.channel)
            if channel is not None:
                reply = next(reply for reply in here.replies if reply.key == key)
                with self._stage("deliver"):
                    await channel.send(here, reply)
            here = await self._events.append(
                here.account, here.id, [Delivered(key, via=here.channel)], after=here.length
            )
        return here

    async def _apologise(self, place: Place) -> None:
        account, id = place
        here = await self._events.load(account, id)
        if here.owner != "bot" or not here.unanswered:
            return
        language = here.language or self._steps.default_language
        await self._record(
            here,
            [
                Decided("offer_person", f"the turn failed {self.pace.tries} times"),
                Replied(
                    f"{id}:{new_id()}",
                    say("turn.failed", language),
                    "bot",
                    language,
                    here.unanswered,
                    outcome="offered_person",
                ),
            ],
        )

    async def _keep_lease(self, place: Place) -> None:
        while True:
            await asyncio.sleep(self.pace.lease_s / 3)
            with suppress(ZhiyinError):  # the next time will do; without a lease another worker takes over
                await self._events.take(*place, worker=self.name, lease_s=self.pace.lease_s)

    async def _tell(self, conversation: Conversation, whisper: Whisper) -> None:
        await self._events.whisper(conversation.account, conversation.id, whisper)
