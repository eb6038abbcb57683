"""Whole turns on the real product, with and without a model, alone and at the same time."""

from datetime import timedelta
from pathlib import Path

import anyio
import pytest
from tests.kit.play import ACCOUNT, FAQ, house

from zhiyin.app.assemble import utc_now
from zhiyin.conversation.facts import (
    CustomerSaid,
    Delivered,
    HandedOver,
    PassagesFound,
    Taken,
    Understood,
    Verified,
)
from zhiyin.conversation.ids import AccountId, PersonId
from zhiyin.data.records import Account
from zhiyin.errors import Conflict, Invalid, NotFound
from zhiyin.service.knowledge import Source


async def test_a_question_becomes_a_cited_answer(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        talk = await home.play("退的钱多久能到账")
        assert "1至3个工作日" in talk.reply
        assert talk.last.outcome == "answered"
        (found,) = talk.facts(PassagesFound)
        assert [citation.index for citation in talk.last.citations][:1] == [1]
        assert {citation.passage for citation in talk.last.citations} <= {passage.id for passage in found.passages}
        assert talk.facts(Delivered)[0].key == talk.last.key


async def test_an_english_question_is_answered_from_a_chinese_base(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        talk = await home.play("How long is the warranty of the QH-K210 kettle?")
        assert talk.last.language == "en"
        assert "2年" in talk.reply
        assert talk.last.citations


async def test_a_greeting_needs_no_search(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        talk = await home.play("你好")
        assert talk.last.outcome == "courtesy"
        assert talk.facts(PassagesFound) == []


async def test_what_the_base_does_not_know_is_not_made_up(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        talk = await home.play("你们招聘程序员吗？工资多少？")
        assert talk.last.outcome in ("clarified", "offered_person")
        assert talk.last.citations == ()


async def test_a_message_is_accepted_once_however_often_it_is_sent(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        talk = await home.play()
        first = await talk.product.road.say(ACCOUNT, talk.id, message="m1", text="积分会过期吗")
        again = await talk.product.road.say(ACCOUNT, talk.id, message="m1", text="积分会过期吗")
        assert (again.number, again.again) == (first.number, True)
        await talk.until(lambda state: not state.unanswered)
        assert len(talk.facts(CustomerSaid)) == len(talk.replies) == 1


async def test_messages_sent_at_the_same_moment_get_answers_that_cover_each_once(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        talk = await home.play()
        async with anyio.create_task_group() as customer:
            for number in range(8):
                customer.start_soon(_say, talk, f"m{number}", "寄到新疆要多少运费？")
        await talk.until(lambda state: not state.unanswered)
        said = [event.number for event in talk.events if isinstance(event.fact, CustomerSaid)]
        assert sorted(number for reply in talk.replies for number in reply.answers) == said


async def test_asking_for_a_person_silences_the_bot(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        talk = await home.play("转人工")
        assert talk.last.outcome == "handed_over"
        assert talk.facts(HandedOver)[0].by == "customer"
        await talk.product.road.say(ACCOUNT, talk.id, message="m2", text="积分会过期吗？")
        other = await home.play("积分会过期吗？")  # by then the first message would have been answered too
        assert "12个月" in other.reply
        assert (await talk.refresh()).unanswered
        assert len(talk.replies) == 1


async def test_a_person_who_took_over_alone_speaks_until_it_is_given_back(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        talk = await home.play("你好")
        road = talk.product.road
        await road.answer_as(ACCOUNT, talk.id, person=PersonId("li"), text="我来帮您。")
        with pytest.raises(Conflict, match="another person"):
            await road.answer_as(ACCOUNT, talk.id, person=PersonId("wang"), text="我也来。")
        await road.return_to_bot(ACCOUNT, talk.id, by="person:li")
        await talk.say("积分会过期吗？")
        assert "12个月" in talk.reply


async def test_a_reply_that_was_made_before_a_person_took_over_is_not_said(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        talk = await home.play("你好")
        state = await talk.refresh()
        taken = Taken(PersonId("li"), utc_now() + timedelta(minutes=5))
        await talk.product.events.append(ACCOUNT, talk.id, [taken], after=state.length)
        with pytest.raises(Conflict):
            await talk.product.events.append(ACCOUNT, talk.id, [talk.last], after=state.length + 1)


async def test_a_follow_up_is_understood_from_what_was_said_before(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        talk = await home.play("信用卡退款多久到账？", "那微信支付呢？")
        assert "退款" in talk.facts(Understood)[-1].query
        assert "1至3个工作日" in talk.reply


async def test_every_kept_claim_leans_on_a_passage_of_its_turn(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        talk = await home.play("怎么开发票？", "三码拖鞋是多大的脚", "客服电话多少")
        for found, verified in zip(talk.facts(PassagesFound), talk.facts(Verified), strict=True):
            for sentence in verified.sentences:
                assert sentence.courtesy or sentence.leans_on
                assert all(0 <= place < len(found.passages) for place in sentence.leans_on)


async def test_another_tenants_conversation_and_knowledge_are_not_there(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        talk = await home.play("积分会过期吗？")
        rival = AccountId("rival")
        await home.product.directory.ensure_account(Account(rival, "Rival"))
        with pytest.raises(NotFound):
            await home.product.road.say(rival, talk.id, message="x", text="你好")
        spy = await home.open(account=rival)
        await spy.say("积分会过期吗？")
        assert "12个月" not in spy.reply
        assert spy.last.citations == ()


async def test_what_was_deleted_is_not_said_again(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        assert "12个月" in (await home.play("积分会过期吗？")).reply
        library = home.product.library
        (document,) = await library.documents(ACCOUNT)
        await library.forget(ACCOUNT, document.id)
        assert "12个月" not in (await home.play("积分会过期吗？")).reply


async def test_a_changed_article_changes_the_answer(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        changed = FAQ.replace("12个月内有效", "18个月内有效")
        (one,) = [one async for one in home.product.library.ingest(ACCOUNT, [Source("faq.csv", changed.encode())])]
        assert (one.outcome, one.embedded) == ("changed", 1)
        assert "18个月" in (await home.play("积分会过期吗？")).reply


@pytest.mark.parametrize("text", ["", "  \n ", "\u200b\u202e", "长" * 4001])
async def test_what_is_no_message_is_refused_with_a_reason(tmp_path: Path, text: str) -> None:
    async with house(tmp_path) as home:
        talk = await home.play()
        with pytest.raises(Invalid):
            await talk.product.road.say(ACCOUNT, talk.id, message="m", text=text)
        assert talk.facts(CustomerSaid) == []


async def _say(talk: object, message: str, text: str) -> None:
    await talk.product.road.say(ACCOUNT, talk.id, message=message, text=text)  # type: ignore[attr-defined]
