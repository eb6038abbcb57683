"""The server is killed (SIGKILL) at random moments of a load run, again and again.

Visitors behave like the widget: a message keeps its id until it is acknowledged. Afterwards every acknowledged
message is in its conversation's log exactly once, and exactly one reply answers it.
"""

import os
import random
import signal
import subprocess
import sys
from collections import Counter
from contextlib import aclosing
from pathlib import Path

import anyio
import httpx
from tests.kit.play import ACCOUNT, FAQ
from tests.kit.servers import until_ready

from zhiyin.app.assemble import Product, assemble
from zhiyin.app.settings import read_settings
from zhiyin.conversation.facts import CustomerSaid, Replied
from zhiyin.conversation.ids import ConversationId, InboxId, new_id
from zhiyin.conversation.state import replay
from zhiyin.data.records import Account, Inbox
from zhiyin.front.exam.timing import free_port
from zhiyin.service.knowledge import Source

KILLS = 50
VISITORS = 6
TOKEN = "kill-run"
QUESTIONS = (
    "退款多久到账？",
    "寄到新疆要运费吗",
    "积分会过期吗？",
    "三码拖鞋多大",
    "QH-K210 保修多久",
    "你好",
    "how do I get a refund?",
)


async def prepare(folder: Path) -> None:
    async with assemble(read_settings(data_dir=folder)) as product:
        await product.directory.ensure_account(Account(ACCOUNT, "Acme"))
        await product.directory.put_inbox(Inbox(InboxId(new_id()), ACCOUNT, "site", website_token=TOKEN))
        assert [one async for one in product.library.ingest(ACCOUNT, [Source("faq.csv", FAQ.encode())])]


class Tally:
    """Counts acknowledged messages, so that the killer need not poll."""

    def __init__(self) -> None:
        self._changed = anyio.Condition()
        self.total = 0

    async def one_more(self) -> None:
        async with self._changed:
            self.total += 1
            self._changed.notify_all()

    async def reach(self, total: int) -> None:
        async with self._changed:
            while self.total < total:
                await self._changed.wait()


class Visitor:
    """Talks without end; remembers what was acknowledged."""

    def __init__(self, base: str, seed: int, tally: Tally) -> None:
        self.base = base
        self.tally = tally
        self.random = random.Random(seed)
        self.acknowledged: dict[str, int] = {}
        self.conversation: str | None = None
        self.session: dict[str, str] = {}

    async def talk(self, client: httpx.AsyncClient) -> None:
        while True:
            message, text = new_id(), self.random.choice(QUESTIONS)
            while message not in self.acknowledged:
                try:
                    await self._say(client, message, text)
                except httpx.HTTPError:
                    await anyio.lowlevel.checkpoint()
                    await anyio.sleep(0.02)  # as any client waits before it tries again

    async def _say(self, client: httpx.AsyncClient, message: str, text: str) -> None:
        if not self.session:
            made = await client.post(f"{self.base}/contacts", json={})
            made.raise_for_status()
            self.session = {"Authorization": f"Bearer {made.json()['session']}"}
        if self.conversation is None:
            opened = await client.post(f"{self.base}/conversations", json={}, headers=self.session)
            opened.raise_for_status()
            self.conversation = opened.json()["id"]
        said = await client.post(
            f"{self.base}/conversations/{self.conversation}/messages",
            json={"id": message, "text": text},
            headers=self.session,
        )
        said.raise_for_status()
        self.acknowledged[message] = said.json()["number"]
        await self.tally.one_more()


def start(environment: dict[str, str]) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-m", "zhiyin.app.main", "serve"], env=environment, start_new_session=True)


async def until_answered(product: Product, talk: ConversationId) -> None:
    with anyio.fail_after(60):
        async with aclosing(product.road.follow(ACCOUNT, talk)) as news:
            async for _ in news:
                if not (await product.road.load(ACCOUNT, talk)).unanswered:
                    return


async def test_no_acknowledged_message_is_lost_and_none_is_answered_twice(tmp_path: Path) -> None:
    await prepare(tmp_path)
    port = free_port()
    base = f"http://127.0.0.1:{port}/public/api/v1/inboxes/{TOKEN}"
    tally = Tally()
    visitors = [Visitor(base, seed, tally) for seed in range(VISITORS)]
    moments = random.Random(20260101)
    environment = {
        **os.environ,
        "ZHIYIN_DATA_DIR": str(tmp_path),
        "ZHIYIN_PORT": str(port),
        "ZHIYIN_TURN_LEASE_S": "1",
        "ZHIYIN_LOG_LEVEL": "error",
        "ZHIYIN_VISITOR_MESSAGES_PER_MINUTE": "100000",
        "ZHIYIN_CONTACTS_PER_IP_PER_MINUTE": "100000",
        "ZHIYIN_ACCOUNT_MESSAGES_PER_MINUTE": "1000000",
    }
    async with httpx.AsyncClient(timeout=5) as client, anyio.create_task_group() as load:
        for visitor in visitors:
            load.start_soon(visitor.talk, client)
        for _ in range(KILLS):
            server = start(environment)
            try:
                await until_ready(f"http://127.0.0.1:{port}/readyz", server)
                await tally.reach(tally.total + moments.randint(1, 30))
            finally:
                os.killpg(server.pid, signal.SIGKILL)
                server.wait()
        load.cancel_scope.cancel()

    async with assemble(read_settings(data_dir=tmp_path, turn_lease_s=1)) as product:
        for visitor in visitors:
            talk = ConversationId(visitor.conversation or "")
            await until_answered(product, talk)
            events = await product.events.read(ACCOUNT, talk, limit=100_000)
            said = Counter(event.fact.message for event in events if isinstance(event.fact, CustomerSaid))
            answered = Counter(n for event in events if isinstance(event.fact, Replied) for n in event.fact.answers)
            assert visitor.acknowledged.keys() <= said.keys(), "an acknowledged message was lost"
            assert set(said.values()) == {1}, "a message was accepted twice"
            numbers = {event.number for event in events if isinstance(event.fact, CustomerSaid)}
            assert dict(answered) == dict.fromkeys(numbers, 1), "a message was answered twice or never"
            for message, number in visitor.acknowledged.items():
                fact = events[number].fact
                assert isinstance(fact, CustomerSaid)
                assert fact.message == message
            assert replay(ACCOUNT, talk, events) == await product.road.load(ACCOUNT, talk)
