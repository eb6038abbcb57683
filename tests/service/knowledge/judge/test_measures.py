"""What is measured: kinds of question, things that answer them, and words that turn a condition round."""

import pytest
from tests.service.knowledge.judge.small_base import faq, search

from zhiyin.service.knowledge.judge.asks import holds, wanted
from zhiyin.service.knowledge.judge.measures import measure
from zhiyin.service.knowledge.judge.opposites import OPPOSITES
from zhiyin.service.knowledge.judge.words import akin, read_page, read_words, root


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("Who discovered radium?", "who"),
        ("这本书是谁写的？", "who"),
        ("When does the shop open?", "when"),
        ("订单什么时候发货？", "when"),
        ("Where is the store?", "where"),
        ("门店在哪里？", "where"),
        ("How many phones can I buy?", "count"),
        ("最多能买几台？", "count"),
        ("How much is the fee for Tibet?", "money"),
        ("运费多少钱？", "money"),
        ("Why was my order split?", "why"),
        ("为什么拆成几个包裹？", "why"),
        ("Can I return it?", "yes_no"),
        ("可以退货吗？", "yes_no"),
        ("怎么退货？", "how"),
    ],
)
def test_the_kind_of_question_is_read(question: str, kind: str) -> None:
    assert wanted(question) == kind


def test_only_what_the_question_has_not_said_counts_as_an_answer() -> None:
    question = "what happened in 1994?"
    assert holds("when", "It opened in 1994.", "it opened in 1994.", question) == 0
    assert holds("when", "It opened in 1997.", "it opened in 1997.", question) == 1


def test_stems_meet_across_forms() -> None:
    assert root("began") == root("begin")
    assert root("cancelled") == root("cancel")


def test_words_of_a_family_are_found() -> None:
    page = read_page("The theory classifies problems.")
    assert akin(root("classification"), page) in {w.stem for w in page.words}
    assert akin("zebra", page) is None


def test_opposites_hold_both_ways() -> None:
    assert root("decrease") in OPPOSITES[root("increase")]
    assert root("increase") in OPPOSITES[root("decrease")]
    assert "未拆封" in OPPOSITES["已拆封"]


def test_names_and_numbers_are_told_from_other_words() -> None:
    kinds = {w.form: w.kind for w in read_words("The parcel went to Kashgar with 1,299 yuan on PPR-9087.")}
    assert kinds["kashgar"] == "name"
    assert kinds["1,299"] == kinds["ppr-9087"] == "number"
    assert kinds["parcel"] == "word"
    assert kinds["the"] == "grammar"


def test_a_page_knows_its_sentences_and_denials() -> None:
    page = read_page("可以退货。拆封后不能退货。")
    assert len(page.spans) == 2
    assert page.negations == {1}


def test_places_of_words_are_places_of_the_text() -> None:
    text = "運費是18元，寄往西藏 costs more."
    for word in read_words(text):
        assert 0 <= word.start < word.end <= len(text)


def test_things_are_told_from_deeds() -> None:
    things = {w.form for w in read_words("how do i cancel a purchase") if w.thing}
    assert things == {"purchase"}
    assert "咖啡" in {w.form for w in read_words("可以退咖啡吗") if w.thing}


def test_a_question_near_one_faq_is_told_from_one_between_many() -> None:
    near_one = measure(*search("can I cancel", [faq("a", "Can I cancel?", "Yes."), faq("b", "Who pays?", "We do.")]))
    between = measure(*search("can I cancel", [faq("a", "Can I cancel?", "Yes."), faq("b", "Can I cancel?", "We do.")]))
    assert near_one[0].values["near_lead"] > 0.2 > between[0].values["near_lead"] == 0
    assert near_one[0].values["near_share"] > 0.9 > between[0].values["near_share"] == 0.5
