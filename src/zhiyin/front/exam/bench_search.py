"""Search over large bases: texts that look like a company's articles, made from a seed."""

import random
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import numpy as np

from zhiyin.conversation.facts import Language
from zhiyin.conversation.ids import AccountId, DocumentId, PassageId
from zhiyin.data.index.vectors import MemoryVectors
from zhiyin.data.records import Document, Passage
from zhiyin.extend.models import Vectors
from zhiyin.front.exam.report import Row
from zhiyin.front.exam.shelf import Shelf
from zhiyin.front.exam.timing import memory_mb, time_calls
from zhiyin.service.knowledge.library import Library
from zhiyin.service.knowledge.vectors import to_embed

_DIMS = 512
_ACCOUNT = AccountId("bench")


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_THINGS = _words(
    "电饭煲 水壶 手机 耳机 充电宝 衬衫 羽绒服 跑鞋 茶叶 礼品卡 会员卡 发票 优惠券 订单 包裹 空气炸锅 吹风机 台灯"
    " 键盘 显示器 路由器 手表 平板 相机 行李箱 枕头 窗帘 书桌 婴儿车 猫粮"
)
_DEEDS = _words("退货 换货 维修 退款 开票 改地址 取消 预约 安装 激活 绑定 兑换 升级 投诉 查询 寄送 验货 充值 解绑 延保")
_PLACES = _words(
    "杭州 成都 东莞 嘉兴 新疆 西藏 香港 澳门 台湾 新加坡 日本 美国 加拿大 欧盟 英国 海南 青海 上海 北京 武夷山"
)
_ITEMS = _words("kettle phone headset shirt jacket shoes tea card invoice coupon order parcel fryer lamp keyboard")
_WORKS = _words("return exchange repair refund cancel install activate redeem upgrade inspect recharge extend deliver")
_LANDS = _words("Hangzhou Chengdu Dongguan Xinjiang Tibet Macau Taiwan Singapore Japan Canada Britain Europe Beijing")


class HashEmbedder:
    """An embedder that costs next to nothing, so that a search can be timed without one.

    A text is the mean of what its pairs of letters are mapped to: alike texts are close, as with a real embedder.
    """

    def __init__(self, *, seed: int = 1) -> None:
        table = np.random.default_rng(seed).standard_normal((4096, _DIMS)).astype(np.float32)
        self._table: Vectors = table

    @property
    def name(self) -> str:
        return "hash"

    @property
    def dims(self) -> int:
        return _DIMS

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """Return a unit vector a text, chosen by its letters."""
        rows = np.empty((len(texts), _DIMS), np.float32)
        for place, text in enumerate(texts):
            letters = np.frombuffer(f" {text} ".encode("utf-32-le"), np.uint32).astype(np.uint64)
            pairs = (letters[:-1] * 2_654_435_761 + letters[1:] * 40_503) % 1_000_003 % len(self._table)
            rows[place] = self._table[pairs].mean(axis=0)
        unit: Vectors = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
        return unit


def made_passages(count: int, *, seed: int = 7) -> Iterator[Passage]:
    """Make articles and FAQ pairs, two in three Chinese, with codes, amounts and days in them."""
    dice = random.Random(seed)  # noqa: S311 - the same texts every time are the point
    for number in range(count):
        language: Language = "en" if number % 3 == 2 else "zh"
        statements = [_statement(dice, language) for _ in range(dice.choice((1, 1, 2, 3)))]
        faq = number % 2 == 0
        yield Passage(
            id=PassageId(f"p{number}"),
            account=_ACCOUNT,
            document=DocumentId("bench"),
            kind="faq" if faq else "text",
            language=language,
            title=(dice.choice(_DEEDS if language == "zh" else _WORKS),),
            text=(" " if language == "en" else "").join(statements),
            question=made_question(dice, language) if faq else None,
            metadata={"shelf": str(number % 10)},
            sha256=str(number),
        )


def _statement(dice: random.Random, language: Language) -> str:
    days, amount, code = (
        dice.randint(1, 90),
        dice.randint(5, 9999),
        f"QH-{dice.choice('ABKPX')}{dice.randint(100, 9999)}",
    )
    if language == "zh":
        thing, deed, place = dice.choice(_THINGS), dice.choice(_DEEDS), dice.choice(_PLACES)
        return dice.choice(
            (
                f"{thing}{code}签收后{days}天内可以{deed}，寄往{place}的订单加收¥{amount}。",
                f"{place}的会员{deed}{thing}时，满¥{amount}免运费，{days}天后失效。",
                f"申请{deed}需要提供{thing}的序列号{code}，{days}个工作日内答复。",
                f"{thing}不支持在{place}{deed}，质量问题除外，最高赔付¥{amount}。",
            )
        )
    thing, deed, place = dice.choice(_ITEMS), dice.choice(_WORKS), dice.choice(_LANDS)
    return dice.choice(
        (
            f"You can {deed} the {thing} {code} within {days} days; parcels to {place} cost ¥{amount} more.",
            f"Customers in {place} {deed} a {thing} free of charge above ¥{amount}, for {days} days.",
            f"To {deed} a {thing}, send the serial number {code}; we answer within {days} working days.",
        )
    )


def made_question(dice: random.Random, language: Language) -> str:
    """Ask as a customer would."""
    if language == "zh":
        thing, deed, place = dice.choice(_THINGS), dice.choice(_DEEDS), dice.choice(_PLACES)
        return dice.choice(
            (f"{place}的{thing}怎么{deed}？", f"{thing}{deed}要几天？", f"{deed}{thing}收费吗，多少钱？")
        )
    thing, deed, place = dice.choice(_ITEMS), dice.choice(_WORKS), dice.choice(_LANDS)
    return dice.choice((f"How do I {deed} my {thing} from {place}?", f"How many days to {deed} a {thing}?"))


async def bench_search(count: int, *, questions: int = 200, seed: int = 7) -> list[Row]:
    """Time a search over `count` passages without the embedding: candidates alone, and with the judge."""
    embedder, shelf = HashEmbedder(), Shelf()
    before = memory_mb()
    document = Document(DocumentId("bench"), _ACCOUNT, "bench", "bench", "", datetime(2026, 1, 1, tzinfo=UTC))
    pairs = []
    for passage in made_passages(count, seed=seed):
        pairs.append((passage, await embedder.embed(to_embed(passage))))  # noqa: PERF401 - needs await
    await shelf.put(_ACCOUNT, document, pairs, embedder=embedder.name)
    began = time.perf_counter()
    vectors = MemoryVectors(dims=_DIMS)
    library = Library(shelf, embedder, meaning=lambda _: vectors)
    searcher = await library.load(_ACCOUNT)
    loaded = time.perf_counter() - began
    await library.find(_ACCOUNT, "?")
    await vectors.settle()  # a large index answers by exact scan until its graph is grown
    settled = time.perf_counter() - began
    dice = random.Random(seed + 1)  # noqa: S311 - as above
    asked = [made_question(dice, "en" if n % 3 == 2 else "zh") for n in range(2 * questions + 10)]
    await library.find(_ACCOUNT, asked[0])
    name = f"search {count}"
    candidates = await time_calls(searcher.find, asked[: questions + 5])
    judged = await time_calls(lambda text: library.find(_ACCOUNT, text), asked[questions + 5 :])
    rows = sum(len(made) for _, made in pairs)
    return [
        *candidates.rows(name, "candidates", what="search"),
        *judged.rows(name, "with judge", what="search"),
        Row(name, "s to load", "index", loaded, count),
        Row(name, "s to full speed", "index", settled, count),
        Row(name, "MB with vectors and texts", "index", memory_mb() - before, rows),
    ]
