"""Search over a small shop, with the embedder that the product ships."""

from collections.abc import AsyncIterator

import pytest

from zhiyin.conversation.facts import Language
from zhiyin.conversation.ids import AccountId, PassageId
from zhiyin.data.records import Passage
from zhiyin.errors import NotFound
from zhiyin.front.exam.shelf import Shelf
from zhiyin.models.use import UseEmbedder
from zhiyin.service.knowledge import Source
from zhiyin.service.knowledge.library import Library

SHOP, OTHER = AccountId("shop"), AccountId("other")

FAQ = """id,question,similar_questions,answer,language
return-zh,怎么申请退货,,在“我的订单”里点“申请退货”，审核后寄回即可。,zh
return-en,How do I return an item?,,"Open My Orders, tap Return, and send the parcel back.",en
refund-zh,退款多久到账,,退款在审核后3个工作日内原路退回。,zh
rice-zh,电饭煲PPR-9087显示E07怎么办,,PPR-9087的E07表示内胆没有放好，请断电后重新放置。,zh
rice2-zh,电饭煲PPR-9088显示E07怎么办,,PPR-9088的E07表示温度过高，请断电冷却30分钟。,zh
phone-zh,iPhone 15 Pro 价格,,iPhone 15 Pro 售价7999元。,zh
phone2-zh,iPhone 15 价格,,iPhone 15 售价5999元。,zh
card-zh,知音卡有什么用,,持知音卡购物满100元免运费。,zh
gift-en,Do you wrap presents?,,Yes: gift wrapping costs 5 yuan a parcel.,en
"""


def source(text: str = FAQ, *, name: str = "faq.csv") -> Source:
    return Source(name, text.encode())


@pytest.fixture(scope="module")
async def embedder() -> AsyncIterator[UseEmbedder]:
    made = UseEmbedder()
    yield made
    await made.aclose()


@pytest.fixture
async def library(embedder: UseEmbedder) -> Library:
    made = Library(Shelf(), embedder)
    assert [done.outcome async for done in made.ingest(SHOP, [source()])] == ["added"]
    return made


async def first(library: Library, query: str, *, language: Language | None = None) -> str:
    return (await library.find(SHOP, query, language=language)).passages[0].text


@pytest.mark.parametrize("query", ["ppr9087 e07", "ＰＰＲ－９０８７报Ｅ０７", "PPR 9087 的 E07"])
async def test_a_code_finds_its_own_model(library: Library, query: str) -> None:
    assert "内胆" in await first(library, query)


async def test_a_longer_model_name_is_not_the_shorter_one(library: Library) -> None:
    assert "7999" in await first(library, "iphone15pro多少钱")
    assert "5999" in await first(library, "苹果 iphone 15 多少钱")


@pytest.mark.parametrize("query", ["怎么申请退或", "zenme shenqing tuihuo", "怎么申请tuihuo", "怎麼申請退貨"])
async def test_slips_pinyin_and_traditional_characters_find_what_was_meant(library: Library, query: str) -> None:
    assert "申请退货" in await first(library, query, language="zh")


async def test_a_misspelt_english_word_is_forgiven(library: Library) -> None:
    assert "wrapping" in await first(library, "do you warp presents or giift")


async def test_what_is_written_in_one_language_only_is_found_from_the_other(library: Library) -> None:
    assert "wrapping" in await first(library, "可以帮我包装礼物吗", language="zh")


async def test_the_twin_in_the_askers_language_stands_for_both(embedder: UseEmbedder) -> None:
    library = Library(Shelf(), embedder)
    rows = "id,question,answer\nreturn,{},{}\n"
    zh = source(rows.format("怎么申请退货", "在“我的订单”里申请退货。"), name="faq.zh.csv")
    en = source(rows.format("How do I return an item?", "Open My Orders and tap Return."), name="faq.en.csv")
    assert [done.outcome async for done in library.ingest(SHOP, [zh, en])] == ["added", "added"]
    for query, language in (("我想退货", "zh"), ("I want to return this", "en")):
        found = await library.find(SHOP, query, language=language)  # type: ignore[arg-type]
        assert [passage.language for passage in found.passages] == [language]


async def test_metadata_filter_keeps_what_equals_it(library: Library) -> None:
    labelled = Source("vip.md", "# 会员\n\n金卡会员退货免运费。".encode(), metadata={"audience": "vip"})
    assert [done.outcome async for done in library.ingest(SHOP, [labelled])] == ["added"]
    found = await library.find(SHOP, "退货", where={"audience": "vip"})
    assert [passage.text for passage in found.passages] == ["金卡会员退货免运费。"]
    assert (await library.find(SHOP, "退货", where={"audience": "nobody"})).passages == ()


async def test_synonyms_and_words_work_at_the_next_search(library: Library) -> None:
    before = await library.explain(SHOP, "攒攒卡能干嘛", await passage_of(library, "card-zh"))
    assert not before.matched or "知音" not in "".join(before.matched)
    await library.put_lexicon(SHOP, words=["知音卡"], synonyms={"攒攒卡": ["知音卡"]})
    assert "知音卡购物" in await first(library, "攒攒卡能干嘛")
    after = await library.explain(SHOP, "攒攒卡能干嘛", await passage_of(library, "card-zh"))
    assert "知音卡" in after.matched
    assert after.signals["synonym_match"] > 0
    await library.put_lexicon(SHOP, words=[], synonyms={})
    gone = await library.explain(SHOP, "攒攒卡能干嘛", await passage_of(library, "card-zh"))
    assert "知音卡" not in gone.matched


async def test_another_process_sees_changes_at_its_next_search(embedder: UseEmbedder) -> None:
    shelf = Shelf()
    here, there = Library(shelf, embedder), Library(shelf, embedder)
    assert (await there.find(SHOP, "怎么申请退货")).passages == ()
    (done,) = [done async for done in here.ingest(SHOP, [source()])]
    document = done.document
    assert "申请退货" in await first(there, "怎么申请退货")
    assert document is not None
    await here.forget(SHOP, document)
    assert (await there.find(SHOP, "怎么申请退货")).passages == ()


async def test_accounts_are_apart(library: Library) -> None:
    assert (await library.find(OTHER, "怎么申请退货")).passages == ()
    with pytest.raises(NotFound):
        await library.explain(OTHER, "怎么申请退货", await passage_of(library, "return-zh"))


async def test_only_what_changed_is_embedded_again(library: Library) -> None:
    ids = {p.metadata["faq"]: p.id for p in await every(library)}
    again = [done async for done in library.ingest(SHOP, [source()])]
    assert [(done.outcome, done.embedded) for done in again] == [("unchanged", 0)]
    edited = [done async for done in library.ingest(SHOP, [source(FAQ.replace("3个工作日", "5个工作日"))])]
    assert [(done.outcome, done.embedded) for done in edited] == [("changed", 1)]
    assert "5个工作日" in await first(library, "退款多久到账")
    kept = {p.metadata["faq"]: p.id for p in await every(library)}
    assert {name for name in ids if kept[name] != ids[name]} == {"refund-zh"}


async def test_a_bad_source_never_stops_the_rest(library: Library) -> None:
    broken = Source("broken.pdf", b"%PDF-1.4 nothing")
    done = [one async for one in library.ingest(SHOP, [broken, source("# 保修\n\n保修一年。", name="warranty.md")])]
    assert [one.outcome for one in done] == ["refused", "added"]
    assert "broken.pdf" in (done[0].problem or "")


async def test_what_two_documents_say_alike_comes_once(library: Library) -> None:
    copies = [source("# 保修\n\n全部商品保修一年。", name=name) for name in ("a.md", "b.md")]
    assert [done.outcome async for done in library.ingest(SHOP, copies)] == ["added", "added"]
    texts = [passage.text for passage in (await library.find(SHOP, "保修多久", limit=20)).passages]
    assert texts.count("全部商品保修一年。") == 1


async def test_explain_tells_every_stage(library: Library) -> None:
    told = await library.explain(SHOP, "ppr9087 e07", await passage_of(library, "rice-zh"))
    assert told.returned
    assert told.rank == 1
    assert [stage for stage, _ in told.stages] == [
        "question",
        "filter",
        "words",
        "meaning",
        "fusion",
        "judge",
        "result",
    ]
    assert {"=ppr9087", "=e07"} <= set(told.matched)
    assert told.signals["code_match"] == 1.0
    other = await library.explain(SHOP, "ppr9087 e07", await passage_of(library, "rice2-zh"))
    assert "=ppr9087" in other.missed
    assert other.answers < told.answers


async def every(library: Library) -> list[Passage]:
    return [p for d in await library.documents(SHOP) for p in await library.passages(SHOP, d.id)]


async def passage_of(library: Library, faq: str) -> PassageId:
    return next(p.id for p in await every(library) if p.metadata.get("faq") == faq)
