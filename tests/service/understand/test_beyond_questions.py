"""Danger, offers, wishes for a person, rudeness and noise: what must not be searched for as if it were a question."""

from dataclasses import replace

import pytest
from tests.kit.standing import NOON, said

from zhiyin.conversation.facts import Replied
from zhiyin.conversation.state import Conversation, Message
from zhiyin.models.use import UseEmbedder
from zhiyin.service.understand import Understander

RULES = Understander()


@pytest.fixture(scope="module")
def full() -> Understander:
    return Understander(UseEmbedder())


async def intent(conversation: Conversation) -> str:
    return (await RULES.understand(conversation, default="zh")).intent


@pytest.mark.parametrize(
    "text",
    [
        "我想死，活着没意思", "不想活了", "手机爆炸了，我受伤了", "水壶着火了怎么办？", "充电宝爆炸怎么赔偿", "孩子被热水壶烫伤了", "救命",
        "插座漏电了我触电了", "我要报警，快叫救护车", "你们的防爆手机爆炸了",
        "I want to die", "I'm going to kill myself", "call the police, my kettle caught fire", "my phone exploded and I am injured",
        "the charger is on fire!", "I got burned by the kettle", "there's smoke coming out of it", "How do I return it? It exploded",
        "my hand is bleeding", "I'm hurt", "FIRE!",
    ],
)  # fmt: skip
async def test_danger_goes_to_a_person_at_once(text: str) -> None:
    assert await intent(said(text)) == "person"


@pytest.mark.parametrize(
    "text",
    [
        "这个手机壳防爆吗", "有防火的保险柜吗", "充电宝会爆炸吗", "电池会不会着火", "爆炸盐怎么用", "烫伤膏多少钱", "热得想死你们了吗", "烟雾报警器怎么安装",
        "防烫伤的杯子有吗", "卖灭火器吗",
        "How do I set up my fire TV?", "is it fireproof?", "can the battery catch fire?", "do you sell fire extinguishers", "Is this explosion-proof?",
        "Is the Fire tablet on fire sale?", "do you have an emergency light", "how do I call customer support from Fire TV stick",
    ],
)  # fmt: skip
async def test_a_product_against_danger_is_a_question(text: str) -> None:
    assert await intent(said(text)) == "question"


@pytest.mark.parametrize(
    ("turns", "has", "lacks"),
    [
        (["退款多久到账？", "支付宝呢", "微信呢"], "微信", "支付宝"),
        (["退款多久到账？", "支付宝呢", "微信呢", "多久？"], "微信", "支付宝"),
        (["What does shipping to Japan cost?", "and to Germany?", "and to Brazil?"], "Brazil", "Germany"),
        (["What does shipping to Japan cost?", "what about Germany?", "what about Brazil?"], "Brazil", "Japan"),
    ],
)
async def test_only_the_newest_fragment_of_a_chain_counts(turns: list[str], has: str, lacks: str) -> None:
    query = (await RULES.understand(said(*turns), default="zh")).query
    assert has in query
    assert lacks not in query
    assert "到账" in query or "cost" in query


async def test_a_chain_in_english_keeps_its_sentence() -> None:
    chain = said("What does shipping to Japan cost?", "and to Germany?", "and to Brazil?")
    assert (await RULES.understand(chain, default="en")).query == "What does shipping to Brazil cost?"


def after(outcome: str, text: str) -> Conversation:
    before = said("你们招聘吗", text)
    bot = Message(2, "bot", "抱歉，需要我为您转接人工客服吗？", NOON)
    first, last = before.messages
    last = replace(last, number=3)
    reply = Replied("k", bot.text, "bot", "zh", (1,), outcome=outcome)  # type: ignore[arg-type]
    return replace(before, length=4, messages=(first, bot, last), unanswered=(3,), replies=(reply,))


@pytest.mark.parametrize(
    "text",
    ["需要", "要", "可以", "好的", "好的，麻烦了", "行", "好的，谢谢", "嗯嗯", "转吧",
     "yes", "Yes please", "ok", "sure", "please do", "yes please connect me", "Yes, thanks!"],
)  # fmt: skip
async def test_yes_to_the_offer_of_a_person(text: str) -> None:
    assert await intent(after("offered_person", text)) == "person"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("好的", "thanks"), ("ok", "thanks"), ("不用了，谢谢", "thanks"), ("no thanks", "thanks"), ("Yes, thanks!", "thanks"),
        ("需要", "other"), ("yes please", "other"), ("nope", "other"), ("please connect me", "person"), ("转吧", "person"),
    ],
)  # fmt: skip
async def test_yes_and_no_without_an_offer(text: str, meant: str) -> None:
    assert await intent(after("answered", text)) == meant


@pytest.mark.parametrize(
    "text",
    [
        "不用了",
        "不用了，谢谢",
        "不需要",
        "算了",
        "no thanks",
        "No",
        "no, that's fine",
        "never mind",
        "not now, thank you",
    ],
)
async def test_no_to_the_offer_is_a_courtesy(text: str) -> None:
    assert await intent(after("offered_person", text)) == "thanks"


@pytest.mark.parametrize(
    "text", ["退款多久到账", "需要发票怎么办", "不用优惠券能退吗", "yes but how long do refunds take", "no refund yet?"]
)
async def test_a_question_after_the_offer_stays_one(text: str) -> None:
    assert await intent(after("offered_person", text)) == "question"


async def test_an_offer_that_the_bot_may_no_longer_read_is_no_offer() -> None:
    assert await intent(replace(after("offered_person", "yes"), context_from=3)) == "other"


@pytest.mark.parametrize(
    "text",
    [
        "你是机器人吗", "你是谁？你是AI吗", "你是真人吗", "你是人工还是机器人", "请问是机器人吗", "我在跟真人说话吗",
        "are you a bot?", "Are you human?", "am I talking to a real person", "Am I speaking with a human or a bot?", "who are you?", "is this a chatbot?",
        "are you an AI", "Hi, are you real?",
    ],
)  # fmt: skip
async def test_who_asks_what_we_are_is_greeted(text: str) -> None:
    assert await intent(said(text)) == "greeting"


@pytest.mark.parametrize(
    "text",
    [
        "不要机器人", "不要机器人，我要人", "我要人", "找个人来处理", "别用机器人回复",
        "I need human help", "can someone call me", "need a human", "Can somebody please call me back?", "I don't want a bot", "no bots please",
    ],
)  # fmt: skip
async def test_other_ways_to_wish_for_a_person(text: str) -> None:
    assert await intent(said(text)) == "person"


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("我不要人工，退款要几天", "退款要几天"),
        ("I don't need a human, how long do refunds take?", "how long do refunds take?"),
    ],
)
async def test_who_wants_no_person_is_asked_nothing_about_one(full: Understander, text: str, query: str) -> None:
    understood = await full.understand(said(text), default="zh")
    assert (understood.intent, understood.query) == ("question", query)


@pytest.mark.parametrize(
    "text",
    [
        "谢谢你啊，不过没解决我的问题", "你们客服态度差", "服务太差了", "再见，再也不来了",
        "thanks for nothing", "Bye, I'll never buy from you again", "your service is terrible", "Thanks, but it didn't help",
    ],
)  # fmt: skip
async def test_rude_courtesy_is_feedback(text: str) -> None:
    assert await intent(said(text)) == "feedback"


@pytest.mark.parametrize(
    "text", ["asdkjh qwe zzz", "1", "yes", "no", "是的", "???", "？？", "🎉🎉", "啊啊啊啊", "ffffff"]
)
async def test_words_that_say_nothing_are_no_question(text: str) -> None:
    assert await intent(said(text)) == "other"


@pytest.mark.parametrize("text", ["HDMI", "Qatar?", "lengths", "sms", "AAA", "E05", "iqos", "QQ", "发票", "尺码表"])
async def test_short_words_are_still_questions(text: str) -> None:
    assert await intent(said(text)) == "question"
