from dataclasses import replace

import pytest
from tests.kit.standing import drafted, passage, standing

from zhiyin.conversation.facts import Intent, Step, Withheld
from zhiyin.service.decide import Limits, decide

LIMITS = Limits(answer_from=0.6, clarify_from=0.3)
SURE, UNSURE, NEVER = (passage("七天内可退。", question="几天可退？", answers=a) for a in (0.9, 0.45, 0.1))
HELD = Withheld("三十天可退。", "number", "30")


@pytest.mark.parametrize(
    ("intent", "step"),
    [("greeting", "greet"), ("thanks", "thank"), ("goodbye", "part"), ("person", "hand_over"), ("feedback", "offer_person"), ("other", "clarify")],
)  # fmt: skip
def test_small_talk(intent: Intent, step: Step) -> None:
    assert decide(standing(intent=intent, step=None), LIMITS).step == step


def test_probability_decides_between_answer_clarify_and_person() -> None:
    assert decide(standing(NEVER, SURE, step=None), LIMITS).step == "answer"
    assert decide(standing(UNSURE, step=None), LIMITS).step == "clarify"
    assert decide(standing(NEVER, step=None), LIMITS).step == "offer_person"
    assert decide(standing(step=None), LIMITS).step == "offer_person"


def test_one_focused_retry_then_topics_then_a_person() -> None:
    first = standing(SURE, drafts=(drafted("三十天可退。"),), withheld=(HELD,))
    assert decide(first, LIMITS).step == "answer"
    assert "retry" in decide(first, LIMITS).reason
    second = standing(SURE, drafts=(drafted("三十天可退。"),) * 2, withheld=(HELD, HELD))
    assert decide(second, LIMITS).step == "clarify"
    third = standing(SURE, step="clarify", drafts=(drafted("x"),) * 3)
    assert decide(third, LIMITS).step == "offer_person"


def test_the_second_unhelped_turn_offers_a_person() -> None:
    assert decide(standing(UNSURE, step=None, unhelped=1), LIMITS).step == "offer_person"
    assert decide(standing(SURE, step=None, unhelped=1), LIMITS).step == "answer"


def test_the_bot_is_silent_where_it_may_not_speak() -> None:
    assert decide(replace(standing(SURE, step=None), owner="person"), LIMITS).step == "silence"


def test_limits_must_be_in_order() -> None:
    with pytest.raises(ValueError, match="clarify_from"):
        Limits(answer_from=0.2, clarify_from=0.5)
