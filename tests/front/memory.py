"""INTERIM stand-ins until the real store is in the tree."""

import asyncio, hashlib, secrets
from dataclasses import replace
from datetime import UTC, datetime
import zhiyin.service.act as act

if not hasattr(act, "quick_replies"):
    act.quick_replies = lambda c: ()
from zhiyin.conversation.facts import *
from zhiyin.conversation.facts import Event
from zhiyin.conversation.ids import *
from zhiyin.conversation.ids import new_id
from zhiyin.conversation.state import Conversation, apply, refuse_unlawful
from zhiyin.data.events import Accepted, Whisper
from zhiyin.data.records import *
from zhiyin.data.records import ApiToken, Contact
from zhiyin.errors import *
from zhiyin.service.knowledge import Explanation, Ingested


class MemoryLog:
    def __init__(self):
        self.logs, self.states, self.said, self.followers = {}, {}, {}, {}

    async def open(self, account, *, inbox, contact, channel, authenticated=False):
        id = new_id()
        self.logs[account, id] = []
        self.states[account, id] = Conversation(account, id)
        return await self.append(account, id, [Opened(inbox, contact, channel, authenticated)], after=0)

    def _at(self, account, id):
        if (account, id) not in self.logs:
            raise NotFound("no such conversation")
        return self.logs[account, id]

    async def accept(self, account, id, said, **_):
        log = self._at(account, id)
        if (account, id, said.message) in self.said:
            return Accepted(self.said[account, id, said.message], True)
        self.said[account, id, said.message] = len(log)
        here = await self.append(account, id, [said], after=len(log))
        return Accepted(here.length - 1, False)

    async def append(self, account, id, facts, *, after, cause=None):
        log = self._at(account, id)
        if len(log) != after:
            raise Conflict("race")
        for f in facts:
            e = Event(account, id, len(log), datetime.now(UTC), cause, f)
            refuse_unlawful(self.states[account, id], e)
            self.states[account, id] = apply(self.states[account, id], e)
            log.append(e)
            for q in self.followers.get((account, id), ()):
                q.put_nowait(e)
        return self.states[account, id]

    async def load(self, account, id):
        self._at(account, id)
        return self.states[account, id]

    async def read(self, account, id, *, after=-1, limit=1000):
        return self._at(account, id)[after + 1 : after + 1 + limit]

    async def follow(self, account, id, *, after=-1):
        log = list(self._at(account, id))
        q = asyncio.Queue()
        s = self.followers.setdefault((account, id), [])
        s.append(q)
        try:
            for e in log[after + 1 :]:
                yield e
            while True:
                one = await q.get()
                if isinstance(one, Event) and one.number <= after:
                    continue
                yield one
        finally:
            s.remove(q)

    async def whisper(self, account, id, whisper):
        for q in self.followers.get((account, id), ()):
            q.put_nowait(whisper)

    async def list_open(self, account, *, contact=None, limit=50):
        found = [c for (a, _), c in self.states.items() if a == account and contact in (None, c.contact)]
        return list(reversed(found))[:limit]


class MemoryDirectory:
    def __init__(self):
        self.a, self.i, self.c, self.t = {}, {}, {}, {}

    async def ensure_account(self, account):
        return self.a.setdefault(account.id, account)

    async def put_inbox(self, inbox):
        self.i[inbox.id] = inbox
        return inbox

    async def inboxes(self, account):
        return [i for i in self.i.values() if i.account == account]

    async def inbox(self, account, id):
        i = self.i.get(id)
        if i is None or i.account != account:
            raise NotFound("no inbox")
        return i

    async def inbox_by_token(self, t):
        for i in self.i.values():
            if i.website_token == t:
                return i
        raise NotFound("no inbox")

    async def new_contact(self, account, *, name=""):
        c = Contact(new_id(), account, None, name)
        self.c[c.id] = c
        return c

    async def known_contact(self, account, *, external, name="", attributes=None):
        for c in self.c.values():
            if (c.account, c.external) == (account, external):
                return c
        c = Contact(new_id(), account, external, name, attributes or {})
        self.c[c.id] = c
        return c

    async def contact(self, account, id):
        c = self.c.get(id)
        if c is None or c.account != account:
            raise NotFound("no contact")
        return c

    async def new_token(self, account, *, name, role):
        clear = secrets.token_urlsafe(24)
        t = ApiToken(new_id(), account, name, role)
        self.t[clear] = t
        return t, clear

    async def token(self, clear):
        if clear not in self.t:
            raise NotFound("no token")
        return self.t[clear]

    async def tokens(self, account):
        return [t for t in self.t.values() if t.account == account]

    async def revoke_token(self, account, id):
        for k, t in list(self.t.items()):
            if (t.account, t.id) == (account, id):
                del self.t[k]
                return
        raise NotFound("no token")


class MemoryKnowledge:
    def __init__(self):
        self.d, self.p, self.l = {}, {}, {}

    async def ingest(self, account, sources):
        for s in sources:
            try:
                text = s.content.decode()
            except UnicodeDecodeError:
                yield Ingested(s.name, "refused", problem=f"{s.name}: not text")
                continue
            id = hashlib.sha256((account + s.name).encode()).hexdigest()[:20]
            new = "changed" if (account, id) in self.d else "added"
            self.d[account, id] = Document(
                id, account, s.name, s.name, hashlib.sha256(s.content).hexdigest(), datetime.now(UTC), s.url, s.metadata
            )
            self.p[account, id] = [Passage(id + "-0", account, id, "text", "zh", (s.name,), text)]
            yield Ingested(s.name, new, 1, 1, None, id)

    async def documents(self, account):
        return [d for (a, _), d in self.d.items() if a == account]

    async def document(self, account, id):
        if (account, id) not in self.d:
            raise NotFound("no document")
        return self.d[account, id]

    async def passages(self, account, document):
        return self.p[account, document]

    async def forget(self, account, document):
        await self.document(account, document)
        del self.d[account, document], self.p[account, document]

    async def find(self, account, query, *, language=None, limit=8, where=None):
        ps = [p for (a, _), v in self.p.items() if a == account for p in v]
        return PassagesFound(
            query,
            tuple(FoundPassage(p.id, p.document, " › ".join(p.title), p.text, p.language, 0.9) for p in ps[:limit]),
        )

    async def explain(self, account, query, passage, *, language=None):
        for (a, _), v in self.p.items():
            for p in v:
                if a == account and p.id == passage:
                    return Explanation(passage, True, 1, 0.9, (("lexical", "hit"),), ("a",), ())
        raise NotFound("no passage")

    async def lexicon(self, account):
        return self.l.get(account, Lexicon())

    async def put_lexicon(self, account, *, words, synonyms):
        self.l[account] = Lexicon(
            self.l.get(account, Lexicon()).version + 1, tuple(words), {k: tuple(v) for k, v in synonyms.items()}
        )
        return self.l[account]


class ScriptedRoad:
    def __init__(self, log):
        self.log, self.tasks = log, set()

    async def open(self, account, **k):
        return await self.log.open(account, **k)

    async def say(self, account, id, *, message, text):
        if not text.strip():
            raise Invalid("empty")
        if len(text) > 4000:
            raise Invalid("too long")
        a = await self.log.accept(account, id, CustomerSaid(message, text))
        if not a.again:
            t = asyncio.create_task(self.turn(account, id))
            self.tasks.add(t)
            t.add_done_callback(self.tasks.discard)
        return a

    async def change(self, account, id, decide):
        while True:
            here = await self.log.load(account, id)
            facts = decide(here)
            if not facts:
                return here
            try:
                return await self.log.append(account, id, facts, after=here.length)
            except Conflict:
                continue

    async def turn(self, account, id):
        text = "未拆封的商品签收后7天内可以无理由退货。"
        await self.log.whisper(account, id, Whisper("status", "searching"))
        await self.log.whisper(account, id, Whisper("delta", text))
        p = FoundPassage("p1", "d1", "退货", text, "zh", 0.95)
        s = Sentence(text, (0,))

        def decide(here):
            if here.owner != "bot" or not here.unanswered:
                return []
            key = f"{id}:{new_id()}"
            return [
                Understood("question", "zh", here.asked()),
                PassagesFound(here.asked(), (p,)),
                Decided("answer", "found"),
                Drafted((s,), "extractive"),
                Verified((s,), 0.99),
                Replied(key, text, "bot", "zh", here.unanswered, (text,), (Citation(1, 0, "p1", "d1", "退货", text),)),
                Delivered(key, here.channel),
            ]

        await self.change(account, id, decide)

    async def ask_for_person(self, account, id):
        return await self.change(
            account, id, lambda here: [HandedOver("asked", "customer")] if here.owner == "bot" else []
        )

    async def rate(self, account, id, *, key, helpful, reasons=(), comment=""):
        def decide(here):
            if all(r.key != key for r in here.replies):
                raise NotFound("no reply")
            return [Rated(key, helpful, tuple(reasons), comment)]

        await self.change(account, id, decide)

    async def load(self, account, id):
        return await self.log.load(account, id)

    async def read(self, account, id, *, after=-1, limit=1000):
        return await self.log.read(account, id, after=after, limit=limit)

    def follow(self, account, id, *, after=-1):
        return self.log.follow(account, id, after=after)

    async def conversations(self, account, *, contact=None, limit=50):
        return await self.log.list_open(account, contact=contact, limit=limit)
