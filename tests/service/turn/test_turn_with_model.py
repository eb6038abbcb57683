"""Turns with a language model behind a URL: honest, lying, slow, broken, gone. The server is real HTTP, its replies scripted."""

from pathlib import Path
from typing import Any

import anyio
import pytest
from tests.kit.play import ACCOUNT, Home, house

from zhiyin.conversation.facts import CustomerSaid, Drafted, ModelFailed, Replied, Withheld
from zhiyin.data.events import Whisper
from zhiyin.models.scripted import Asked, Reply, garbage, hang, refuse, say, scripted

TRUE = "退款审核通过后，微信支付1至3个工作日到账。[1]"
QUESTION = "退款多久到账？"


async def test_a_true_completion_is_said_with_its_citation(tmp_path: Path) -> None:
    async with scripted([say(TRUE)]) as server, house(tmp_path, model_url=server.url) as home:
        talk = await home.play(QUESTION)
        assert talk.reply == TRUE.replace("[1]", "")
        assert [citation.index for citation in talk.last.citations] == [1]
        assert talk.facts(Drafted)[0].by == "default"


async def test_a_lie_is_withheld_and_the_second_try_knows_why(tmp_path: Path) -> None:
    lie = "退款审核通过后，微信支付当场30分钟内到账。[1]"
    async with scripted([say(lie), say(TRUE)]) as server, house(tmp_path, model_url=server.url) as home:
        talk = await home.play(QUESTION)
        assert talk.reply == TRUE.replace("[1]", "")
        assert "30分钟" in talk.facts(Withheld)[0].text
        assert [draft.attempt for draft in talk.facts(Drafted)] == [1, 2]
        assert "30分钟" in server.asked[1].prompt


async def test_a_model_that_only_lies_is_never_heard(tmp_path: Path) -> None:
    lie = "退款需要99个工作日，并收取手续费88元。[1]"
    async with scripted(lambda _asked: say(lie)) as server, house(tmp_path, model_url=server.url) as home:
        talk = await home.play(QUESTION)
        assert "99" not in talk.reply
        assert "88" not in talk.reply
        assert talk.facts(Withheld)


@pytest.mark.parametrize(
    ("name", "reply"),
    [
        ("down", refuse(500)),
        ("busy", refuse(429, retry_after_s=60)),
        ("garbage", garbage()),
        ("empty", say("")),
        ("cut", say(TRUE, cut_after=1)),
        ("hanging", hang()),
        ("stalled", say(TRUE, hang_after=1)),
    ],
)
async def test_whatever_the_model_does_the_customer_gets_the_extractive_answer(
    tmp_path: Path, name: str, reply: Reply
) -> None:
    async with (
        scripted(lambda _asked: reply) as server,
        house(tmp_path, model_url=server.url, model_first_token_s=0.5, model_total_s=1.5) as home,
    ):
        talk = await home.play(QUESTION)
        assert "1至3个工作日" in talk.reply, name
        assert talk.last.citations
        assert talk.facts(ModelFailed)


async def test_no_server_at_the_url_is_the_same_as_a_server_that_is_down(tmp_path: Path) -> None:
    async with house(tmp_path, model_url="http://127.0.0.1:9/v1") as home:
        assert "1至3个工作日" in (await home.play(QUESTION)).reply


async def test_more_words_while_the_model_writes_are_answered_together(tmp_path: Path) -> None:
    asked_first = anyio.Event()

    def script(asked: Asked) -> Reply:
        if asked_first.is_set():
            return say("积分自获得之日起12个月内有效。[1]")
        asked_first.set()
        return hang()

    async with scripted(script) as server, house(tmp_path, model_url=server.url) as home:
        talk = await home.play()
        await talk.product.road.say(ACCOUNT, talk.id, message="1", text="积分")
        await asked_first.wait()
        await talk.product.road.say(ACCOUNT, talk.id, message="2", text="会过期吗？")
        await talk.until(lambda state: not state.unanswered)
        said = [event.number for event in talk.events if isinstance(event.fact, CustomerSaid)]
        assert [reply.answers for reply in talk.replies] == [tuple(said)]
        await server.asked[0].left.wait()  # the first request was given up, not left to run


async def test_a_person_who_is_asked_for_while_the_model_writes_ends_the_bots_turn(tmp_path: Path) -> None:
    asked, release = anyio.Event(), anyio.Event()

    def script(_asked: Asked) -> Reply:
        asked.set()
        return say(TRUE, before_s=0.3)

    async with scripted(script) as server, house(tmp_path, model_url=server.url) as home:
        talk = await home.play()
        await talk.product.road.say(ACCOUNT, talk.id, message="1", text=QUESTION)
        await asked.wait()
        await talk.product.road.ask_for_person(ACCOUNT, talk.id)
        release.set()
        await home.product.worker.stop(at_most_s=30)
        await talk.refresh()
        assert [reply.outcome for reply in talk.replies] == ["handed_over"]


async def test_the_customer_reads_along_only_what_passed_the_gate(tmp_path: Path) -> None:
    draft = f"{TRUE}退款需要99个工作日。[1]"
    async with scripted([say(draft)]) as server, house(tmp_path, model_url=server.url) as home:
        talk = await home.open()
        heard: list[Any] = []
        async with anyio.create_task_group() as group:
            listening = anyio.Event()
            group.start_soon(_listen, home, talk.id, heard, listening)
            await listening.wait()
            await talk.say(QUESTION)
        deltas = "".join(one.text for one in heard if isinstance(one, Whisper) and one.kind == "delta")
        assert deltas == talk.reply
        assert "99" not in deltas


async def test_a_stopped_worker_hands_its_turn_back_and_another_finishes_it(tmp_path: Path) -> None:
    asked = anyio.Event()

    def first(_asked: Asked) -> Reply:
        asked.set()
        return hang()

    async with scripted(first) as server, house(tmp_path, model_url=server.url, shutdown_s=0.05) as home:
        talk = await home.play()
        await talk.product.road.say(ACCOUNT, talk.id, message="1", text=QUESTION)
        await asked.wait()
    async with house(tmp_path) as home:
        talk.product = home.product
        await talk.until(lambda state: not state.unanswered)
        assert "1至3个工作日" in talk.reply


async def _listen(home: Home, id: Any, heard: list[Any], listening: anyio.Event) -> None:
    async for one in home.product.road.follow(ACCOUNT, id):
        listening.set()
        heard.append(one)
        if not isinstance(one, Whisper) and isinstance(one.fact, Replied):
            return
