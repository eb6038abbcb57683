import random
from collections import Counter
from pathlib import Path

import pytest

from zhiyin.front.exam.lies import Case, run, shop_cases, third_party_cases
from zhiyin.front.exam.planted import plant
from zhiyin.models.use import UseEmbedder
from zhiyin.service.verify import Gate, Held

PACK = Path(__file__).parents[3] / "packs" / "zhiyin_shop"


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    return list(shop_cases(PACK))


def test_there_are_over_a_thousand_lies_of_every_kind_in_both_languages(cases: list[Case]) -> None:
    lies = Counter((case.kind, case.language) for case in cases if not case.true)
    assert lies.total() >= 1000
    for kind in ("number", "other_number", "date", "negation", "name", "condition", "other_question", "wrong_passage"):
        assert lies[kind, "zh"], kind
        assert lies[kind, "en"], kind
    truths = Counter(case.kind for case in cases if case.true)
    assert truths["paraphrase"] >= 60
    assert truths["quote"] >= 300
    assert truths["translation"] >= 300


def test_the_same_seed_plants_the_same_lies(cases: list[Case]) -> None:
    assert list(shop_cases(PACK)) == cases
    assert list(shop_cases(PACK, seed=8)) != cases


def test_a_lie_is_not_the_truth() -> None:
    text = "未拆封的手机，签收次日起15天内可以退货。"
    lies = plant(text, text, "zh", random.Random(1), kinds=("number", "negation", "condition"))
    assert [lie.kind for lie in lies] == ["number", "negation", "condition"]
    assert all(lie.text != text for lie in lies)


def test_third_party_text_that_is_absent_gives_no_cases(tmp_path: Path) -> None:
    assert list(third_party_cases(tmp_path)) == []


async def test_a_sample_of_the_exam_is_passed(cases: list[Case]) -> None:
    gate = Gate(UseEmbedder())

    async def judge(case: Case) -> str | None:
        verdict = await gate.check(case.sentence, case.conversation())
        return verdict.withheld.fault if isinstance(verdict, Held) else None

    own = [case for case in cases if case.set == "shop" and case.kind not in ("condition", "translation")]
    sample = random.Random(3).sample(own, 400)
    by_name = {(row.set, row.metric): row for row in await run(judge, sample)}
    assert by_name["all", "lies caught"].value >= 0.97
    assert by_name["all", "truths withheld"].value <= 0.02
    hand = [case for case in cases if case.kind == "paraphrase"]
    assert (await run(judge, hand))[0].value <= 0.08


async def test_a_gate_that_keeps_or_holds_everything_fails(cases: list[Case]) -> None:
    async def keep(_: Case) -> str | None:
        return None

    async def hold(_: Case) -> str | None:
        return "meaning"

    assert {row.value for row in await run(keep, cases)} == {0.0}
    assert {row.value for row in await run(hold, cases)} == {1.0}
