"""The judge on small knowledge bases: who is first, what is refused, what is quoted, what it costs."""

from collections.abc import Sequence

import numpy as np
import pytest
from tests.service.knowledge.judge.small_base import SHOP, faq, search, text

from zhiyin.errors import Unavailable
from zhiyin.service.knowledge.judge import LearnedJudge, WithReranker
from zhiyin.service.knowledge.judge.learned import READ_WHOLE


@pytest.mark.parametrize(
    ("question", "right"),
    [
        ("what does shipping to Tibet cost", "tibet"),
        ("what does shipping to Xinjiang cost", "xinjiang"),
        ("until when is the hotline open", "hours"),
    ],
)
async def test_the_passage_with_the_right_condition_is_first(question: str, right: str) -> None:
    judged = await LearnedJudge().judge(*search(question, SHOP))
    assert judged[0].candidate.passage.id == right


async def test_what_is_answered_is_more_probable_than_what_is_not() -> None:
    judge = LearnedJudge()
    known = await judge.judge(*search("what is the shipping fee to Tibet?", SHOP))
    unknown = await judge.judge(*search("who won the football match in Madrid last night?", SHOP))
    assert known[0].answers > 0.5 > 0.2 > unknown[0].answers


async def test_every_candidate_comes_back_once_with_a_probability_best_first() -> None:
    many = [text(f"t{n}", f"Passage number {n} tells of shipping box {n}.") for n in range(READ_WHOLE + 9)]
    judged = await LearnedJudge().judge(*search("what is in shipping box 3", many))
    assert sorted(j.candidate.passage.id for j in judged) == sorted(p.id for p in many)
    assert all(0.0 <= j.answers <= 1.0 for j in judged)
    assert [j.answers for j in judged] == sorted((j.answers for j in judged), reverse=True)


async def test_highlights_are_sentences_of_the_text_and_the_answering_one_is_first() -> None:
    guide = text(
        "guide",
        "We were founded in 2011 in Hangzhou. Gift wrapping costs ¥6 per item and includes a card. "
        "Our tea comes from Wuyishan. Phones are shipped from Hangzhou.",
    )
    judged = await LearnedJudge().judge(*search("how much does gift wrapping cost", [guide, *SHOP]))
    best = next(j for j in judged if j.candidate.passage.id == "guide")
    said = [guide.text[start:end] for start, end in best.highlights]
    assert said[0] == "Gift wrapping costs ¥6 per item and includes a card."


async def test_highlights_are_found_in_chinese_too() -> None:
    words = "我们的总部在杭州。礼品包装每件6元，附送一张贺卡。茶叶从武夷山仓发出。手机支持七天无理由退货。"
    guide = text("guide", words, language="zh")
    judged = await LearnedJudge().judge(*search("礼品包装要多少钱", [guide], language="zh"))
    start, end = judged[0].highlights[0]
    assert words[start:end] == "礼品包装每件6元，附送一张贺卡。"


async def test_a_short_faq_answer_is_quoted_whole() -> None:
    pair = faq(
        "f", "Can I cancel?", "Yes, before dispatch. The money goes back at once. After that, refuse the parcel."
    )
    judged = await LearnedJudge().judge(*search("can I cancel", [pair, *SHOP]))
    mine = next(j for j in judged if j.candidate.passage.id == "f")
    assert len(mine.highlights) == 3


async def test_nothing_found_is_nothing_judged() -> None:
    asked, _ = search("anything", SHOP)
    assert list(await LearnedJudge().judge(asked, [])) == []


async def test_odd_questions_and_texts_are_judged_without_error() -> None:
    odd = [text("a", "…"), text("b", "🙂🙂"), text("c", "x" * 5000), text("d", "|---|---|\n| | |"), text("e", " ")]
    for question in ("", "???", "的", "not", "🙂", "1", "吗" * 500):
        judged = await LearnedJudge().judge(*search(question, odd))
        assert len(judged) == len(odd)
        for j in judged:
            assert np.isfinite(j.answers)
            assert all(0 <= a <= b <= len(j.candidate.passage.text) for a, b in j.highlights)


def test_explaining_tells_what_was_measured() -> None:
    best = LearnedJudge().explain(*search("what does shipping to Tibet cost", SHOP))[0]
    assert best.measured["found"] > 0.4
    assert set(best.measured) >= {"cosine", "elsewhere", "denial", "kind_chosen"}


class Outside:
    """A reranker that likes one word, or fails."""

    name = "outside"

    def __init__(self, word: str | None) -> None:
        self.word = word

    async def judge(self, query: str, passages: Sequence[str]) -> Sequence[float]:
        if self.word is None:
            raise Unavailable("down")
        return [0.999 if self.word in passage else 0.001 for passage in passages]


async def test_a_reranker_outside_is_blended_in() -> None:
    asked, candidates = search("what does shipping to Tibet cost", SHOP)
    alone = await LearnedJudge().judge(asked, candidates)
    blended = await WithReranker(LearnedJudge(), Outside("Xinjiang"), weight=0.9).judge(asked, candidates)
    assert alone[0].candidate.passage.id == "tibet"
    assert blended[0].candidate.passage.id == "xinjiang"
    assert sorted(j.candidate.passage.id for j in blended) == sorted(j.candidate.passage.id for j in alone)


async def test_a_reranker_that_fails_changes_nothing() -> None:
    asked, candidates = search("what does shipping to Tibet cost", SHOP)
    alone = await LearnedJudge().judge(asked, candidates)
    assert list(await WithReranker(LearnedJudge(), Outside(None)).judge(asked, candidates)) == list(alone)
