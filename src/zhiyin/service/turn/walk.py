"""The walk: one turn from understanding to a reply, in the order that only this file knows.

    understand → find → ( decide → draft → check each sentence ) up to 4 times → reply

Facts are folded into a private copy as they come and appended together at the end, so a reader of the log
never sees half a turn, and a message that arrives meanwhile makes the append fail and the turn begin again.
"""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, aclosing, contextmanager
from dataclasses import dataclass
from datetime import datetime

from zhiyin.conversation.facts import (
    Decided,
    Drafted,
    Event,
    Fact,
    HandedOver,
    Language,
    ModelFailed,
    PassagesFound,
    Sentence,
    Understood,
    Verified,
    Withheld,
)
from zhiyin.conversation.state import Conversation, apply
from zhiyin.data.events import Whisper
from zhiyin.service.act import Answerer
from zhiyin.service.decide import Limits, decide
from zhiyin.service.turn.reply import compose, join
from zhiyin.service.understand import Understander
from zhiyin.service.verify import Gate, Kept

ROUNDS = 4
"""How often a turn may decide before it offers a person whatever happened."""

Find = Callable[[Conversation, Understood], Awaitable[PassagesFound]]
Tell = Callable[[Conversation, Whisper], Awaitable[None]]
Stage = Callable[[str], AbstractContextManager[None]]


@contextmanager
def unobserved(_stage: str) -> Iterator[None]:
    """Observe nothing."""
    yield


@dataclass(frozen=True, slots=True)
class Steps:
    """The rooms that a turn walks through."""

    understander: Understander
    find: Find
    limits: Limits
    answerer: Answerer
    gate: Gate
    default_language: Language = "zh"


class Walk:
    """A private copy of a conversation that grows by the facts of one turn."""

    def __init__(self, start: Conversation, steps: Steps, *, now: datetime, tell: Tell, stage: Stage) -> None:
        self.start = start
        self.now = now
        self.facts: list[Fact] = []
        self._here = start
        self._steps = steps
        self._tell = tell
        self._stage = stage

    async def to_reply(self) -> list[Fact]:
        """Walk the whole road and return the turn's facts, the last ones being `Replied` and what follows from it."""
        steps = self._steps
        with self._stage("understand"):
            understood = await steps.understander.understand(self.start, default=steps.default_language)
        self._note(understood)
        if understood.intent in ("question", "other"):
            await self._status("searching")
            with self._stage("search"):
                self._note(await steps.find(self._here, understood))
        for _ in range(ROUNDS):
            decided = decide(self._here, steps.limits)
            self._note(decided)
            if decided.step == "silence":
                return self.facts
            said = await self._draft(decided)
            if said or decided.step != "answer":
                break
        self._note(compose(self._here, answers=self.start.unanswered, choices=steps.answerer.quick_replies(self._here)))
        if decided.step == "hand_over":
            self._note(HandedOver(reason=decided.reason, by="customer" if understood.intent == "person" else "bot"))
        return self.facts

    async def _draft(self, decided: Decided) -> bool:
        """Draft, check sentence by sentence, let the customer read along; say whether any claim was kept."""
        by, drafted, kept, grounded = self._steps.answerer.by(self._here), list[Sentence](), list[Sentence](), 1.0
        withheld: list[Withheld] = []
        if decided.step == "answer":
            await self._status("writing")
        with self._stage("answer"):
            async with aclosing(self._steps.answerer.draft(self._here)) as pieces:
                async for piece in pieces:
                    if isinstance(piece, ModelFailed):
                        self._note(piece)
                        by = "extractive"
                        continue
                    drafted.append(piece)
                    if piece.courtesy:
                        kept.append(piece)
                    else:
                        with self._stage("verify"):
                            verdict = await self._steps.gate.check(piece, self._here)
                        if not isinstance(verdict, Kept):
                            withheld.append(verdict.withheld)
                            continue
                        kept.append(verdict.sentence)
                        grounded = min(grounded, verdict.grounded)
                    if decided.step == "answer":
                        before, now = join(kept[:-1]), join(kept)
                        await self._tell(self._here, Whisper("delta", now[len(before) :]))
        claims = any(not sentence.courtesy for sentence in kept)
        self._note(Drafted(tuple(drafted), by=by, attempt=len(self._here.turn.drafts) + 1))
        for one in withheld:
            self._note(one)
        if claims or decided.step != "answer":
            self._note(Verified(tuple(kept), grounded))
            return True
        await self._tell(self._here, Whisper("withdrawn"))
        return False

    async def _status(self, what: str) -> None:
        await self._tell(self._here, Whisper("status", what))

    def _note(self, fact: Fact) -> None:
        here = self._here
        cause = self.start.unanswered[-1] if self.start.unanswered else None
        self._here = apply(here, Event(here.account, here.id, here.length, self.now, cause, fact))
        self.facts.append(fact)
