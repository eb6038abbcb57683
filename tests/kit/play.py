"""Plays a conversation on the real product: real store, real index, real models, a scripted model server if wanted.

    async with house(tmp_path) as home:
        talk = await home.play("怎么退货？")
        assert "7" in talk.reply

After every message the replay law is checked: folding the log again gives the live state.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio

from zhiyin.app.assemble import Product, assemble
from zhiyin.app.settings import read_settings
from zhiyin.conversation.facts import Event, Fact, Replied
from zhiyin.conversation.ids import AccountId, ContactId, ConversationId, InboxId, new_id
from zhiyin.conversation.state import Conversation, replay
from zhiyin.data.records import Account, Inbox
from zhiyin.service.knowledge import Source

PATIENCE_S = 60.0
ACCOUNT = AccountId("acme")

FAQ = """id,category,question,similar_questions,answer,updated
refund-time,refunds,退款多久到账？,退的钱什么时候到 | 退款到账时间,退款审核通过后，微信支付1至3个工作日到账，信用卡3至7个工作日到账。,2026-01-05
return-window,returns,收到商品后几天内可以退货？,多久之内能退,未拆封的商品签收后7天内可以无理由退货，拆封的电子产品不支持无理由退货。,2026-01-05
warranty-kettle,warranty,电热水壶 QH-K210 保修多久？,,QH-K210 电热水壶整机保修2年，从签收之日算起。,2026-01-05
ship-xinjiang,shipping,寄到新疆要多少运费？,,寄往新疆的订单每单收取运费15元，满299元免运费。,2026-01-05
invoice,invoices,怎么开发票？,,确认收货后可以在“我的订单”里申请电子发票，24小时内开具。,2026-01-05
points,membership,积分会过期吗？,,积分自获得之日起12个月内有效，过期自动清零。,2026-01-05
hotline,contact,客服电话是多少？,,客服热线是 400-820-5178，服务时间每天9:00至21:00。,2026-01-05
shoe-size,sizes,三码拖鞋适合多大的脚？,,三码拖鞋适合脚长23.5至24厘米。,2026-01-05
"""


@dataclass(slots=True)
class Talk:
    """A conversation under way, as a test reads it."""

    product: Product
    id: ConversationId
    account: AccountId = ACCOUNT
    events: list[Event] = field(default_factory=list)

    @property
    def replies(self) -> list[Replied]:
        """All replies so far."""
        return [event.fact for event in self.events if isinstance(event.fact, Replied)]

    @property
    def last(self) -> Replied:
        """The newest reply."""
        return self.replies[-1]

    @property
    def reply(self) -> str:
        """The newest reply's words."""
        return self.last.text

    def facts(self, kind: type[Fact]) -> list[Any]:
        """All facts of one kind."""
        return [event.fact for event in self.events if isinstance(event.fact, kind)]

    async def say(self, text: str, *, message: str | None = None) -> "Talk":
        """Say something and wait until it is answered."""
        accepted = await self.product.road.say(self.account, self.id, message=message or new_id(), text=text)
        return await self.until(lambda talk: accepted.number not in talk.unanswered)

    async def until(self, satisfied: Any) -> "Talk":
        """Follow the log until the state satisfies, then check the replay law."""
        with anyio.fail_after(PATIENCE_S):
            state = await self.product.road.load(self.account, self.id)
            if not satisfied(state):
                async with aclosing(self.product.road.follow(self.account, self.id, after=state.length - 1)) as news:
                    async for _ in news:
                        state = await self.product.road.load(self.account, self.id)
                        if satisfied(state):
                            break
        await self.refresh()
        return self

    async def refresh(self) -> Conversation:
        """Read the log again and check that it folds into the live state."""
        self.events = await self.product.events.read(self.account, self.id)
        live = await self.product.road.load(self.account, self.id)
        assert replay(self.account, self.id, self.events[: live.length]) == live
        return live


@dataclass(frozen=True, slots=True)
class Home:
    """A running product with one account that knows `FAQ`."""

    product: Product
    inbox: InboxId

    async def open(self, *, account: AccountId = ACCOUNT, channel: str = "test") -> Talk:
        """Begin a conversation as a new visitor."""
        contact: ContactId = (await self.product.directory.new_contact(account)).id
        talk = await self.product.road.open(
            account, inbox=self.inbox, contact=contact, channel=channel, authenticated=False
        )
        return Talk(self.product, talk.id, account)

    async def play(self, *script: str) -> Talk:
        """Say the lines one after the other, each when the one before is answered."""
        talk = await self.open()
        for line in script:
            await talk.say(line)
        return talk


@asynccontextmanager
async def house(folder: Path, *, sources: Sequence[Source] | None = None, **settings: Any) -> AsyncIterator[Home]:
    """Set the product up in `folder` with a small shop's FAQ, and run it."""
    async with assemble(read_settings(data_dir=folder, **settings)) as product:
        await product.directory.ensure_account(Account(ACCOUNT, "Acme"))
        inbox = await product.directory.put_inbox(
            Inbox(InboxId(new_id()), ACCOUNT, "site", website_token=new_id(), secrets=("s" * 32,))
        )
        given = sources if sources is not None else [Source("faq.csv", FAQ.encode())]
        refused = [one.problem async for one in product.library.ingest(ACCOUNT, given) if one.problem]
        assert refused == []
        yield Home(product, inbox.id)
