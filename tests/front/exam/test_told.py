import asyncio
import random
from collections import Counter
from pathlib import Path

import pytest

from zhiyin.conversation.facts import Replied
from zhiyin.front.exam.lies import Case, shop_cases
from zhiyin.front.exam.planted import plant
from zhiyin.front.exam.planted_anew import ANEW
from zhiyin.front.exam.told import FIVE, Liar, choose, figures, tell
from zhiyin.models.scripted import Asked

PACK = Path(__file__).parents[3] / "packs" / "zhiyin_shop"


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    return list(shop_cases(PACK))


def asked(*passages: str) -> Asked:
    texts = "\n\n".join(
        f'<passage number="{n}" title="x">\n{text}\n</passage>' for n, text in enumerate(passages, start=1)
    )
    body = {"messages": [{"role": "user", "content": f"{texts}\n\n<customer>\n?\n</customer>"}]}
    return Asked("/v1/chat/completions", body, {}, asyncio.Event(), asyncio.Event())


def a_case(cases: list[Case], *, true: bool) -> Case:
    return next(c for c in cases if c.true is true and c.set == "shop" and c.sentence.leans_on == (0,))


def test_the_liar_says_its_sentence_with_the_number_of_its_source(cases: list[Case]) -> None:
    case, liar = a_case(cases, true=False), Liar()
    liar.begin(case)
    said = "".join(liar(asked("别的", case.passages[0].text)).pieces)
    assert said == f"{case.sentence.text}[2]"
    again = "".join(liar(asked("别的")).pieces)
    assert again == said


def test_the_liar_has_no_answer_when_its_source_is_not_shown(cases: list[Case]) -> None:
    liar = Liar()
    liar.begin(a_case(cases, true=False))
    assert "".join(liar(asked("别的")).pieces) == "NO_ANSWER"
    assert liar.cited == []


async def test_what_was_heard_is_counted_and_what_could_not_be_told_is_not(cases: list[Case]) -> None:
    lie, truth, liar = a_case(cases, true=False), a_case(cases, true=True), Liar()

    async def gullible(question: str) -> Replied:
        assert liar.case is not None
        liar(asked(liar.case.passages[0].text))
        return Replied("k", "", "bot", "zh", (1,), sentences=(liar.case.sentence.text,))

    async def wary(question: str) -> Replied:
        assert liar.case is not None
        liar(asked(liar.case.passages[0].text))
        return Replied("k", "", "bot", "zh", (1,), sentences=("…",))

    async def blind(question: str) -> Replied:
        return Replied("k", "", "bot", "zh", (1,), sentences=("…",))

    rows = {(r.set, r.metric): r.value for r in figures(await tell(liar, gullible, [lie, truth]))}
    assert rows["all", "lies caught"] == 0.0
    assert rows["all", "truths withheld"] == 0.0
    rows = {(r.set, r.metric): r.value for r in figures(await tell(liar, wary, [lie, truth]))}
    assert rows["all", "lies caught"] == 1.0
    assert rows["all", "truths withheld"] == 1.0
    rows = {(r.set, r.metric): r.value for r in figures(await tell(liar, blind, [lie, truth]))}
    assert rows == {("all", "could not be told"): 1.0}


def test_over_a_thousand_lies_of_the_five_kinds_are_chosen(cases: list[Case]) -> None:
    chosen = choose(cases, seed=3)
    alike = [c for c in chosen if c.set != "shop across" and "translation" not in c.kind and c.kind != "condition"]
    lies = Counter(FIVE[c.kind] for c in alike if not c.true)
    assert lies.total() >= 1000
    assert len(lies) == 5
    truths = Counter(c.kind for c in alike if c.true)
    assert truths.total() >= 300
    assert truths["fresh paraphrase"] >= 80
    assert choose(cases, seed=3) == chosen
    assert choose(cases, seed=4) != chosen


def test_lies_made_anew_are_others(cases: list[Case]) -> None:
    text = "未拆封的手机，签收次日起15天内可以退货，杭州仓支持免费换新。"
    usual = {lie.kind: lie.text for lie in plant(text, text, "zh", random.Random(1), kinds=("number", "name"))}
    anew = {lie.kind: lie.text for lie in plant(text, text, "zh", random.Random(1), kinds=("number", "name"), way=ANEW)}
    assert anew.keys() == usual.keys() == {"number", "name"}
    assert all(anew[kind] not in (text, usual[kind]) for kind in anew)
