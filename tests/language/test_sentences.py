from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhiyin.language.sentences import LONGEST, sentence_at, sentence_spans, sentences


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("可以退货。签收后7天内。", ["可以退货。", "签收后7天内。"]),
        ("真的吗？！太好了！", ["真的吗？！", "太好了！"]),
        ("他说：“可以。”然后走了。", ["他说：“可以。”", "然后走了。"]),
        ("蓝牙5.3，防水IPX5。价格¥1,299.50。", ["蓝牙5.3，防水IPX5。", "价格¥1,299.50。"]),
        ("It costs $3.50. You pay once.", ["It costs $3.50.", "You pay once."]),
        ("Dr. Smith vs. Mr. J. Brown won. He left.", ["Dr. Smith vs. Mr. J. Brown won.", "He left."]),
        ("Open at 9 a.m. and close at 5 p.m. Come early.", ["Open at 9 a.m. and close at 5 p.m.", "Come early."]),
        ("Fruit, e.g. apples, is fine. So is tea.", ["Fruit, e.g. apples, is fine.", "So is tea."]),
        (
            "See www.example.com/a.b or mail a.b@c.com. Thanks!",
            ["See www.example.com/a.b or mail a.b@c.com.", "Thanks!"],
        ),
        ('She said "Stop." Then she left.', ['She said "Stop."', "Then she left."]),
        ('Is it "open"? Yes.', ['Is it "open"?', "Yes."]),
        ("1. 打开设置\n2. 点退款\n3. 提交", ["1. 打开设置", "2. 点退款", "3. 提交"]),
        ("- first item\n- second item", ["- first item", "- second item"]),
        ("| 商品 | 价格 |\n| 茶 | 12.5 |", ["| 商品 | 价格 |", "| 茶 | 12.5 |"]),
        ("# 退货\n七天内可退", ["# 退货", "七天内可退"]),
        (
            "This sentence was printed in a narrow column and goes on\nhere on the next line. Then it ends.",
            ["This sentence was printed in a narrow column and goes on\nhere on the next line.", "Then it ends."],
        ),
        ("用iPhone 15 Pro。PPR-9087也行", ["用iPhone 15 Pro。", "PPR-9087也行"]),
        ("Wait... what? Yes.", ["Wait... what?", "Yes."]),
        ("这样吧……好的。", ["这样吧……好的。"]),
        ("请拨打400-555-0617. 谢谢", ["请拨打400-555-0617.", "谢谢"]),
        ("", []),
        ("  \n ", []),
    ],
)
def test_splits(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


@given(st.text(alphabet='ab1.。!?！？\n ,，“”"A退货-|', max_size=200))
def test_nothing_is_lost_and_order_is_kept(text: str) -> None:
    spans = sentence_spans(text)
    assert all(start < end for start, end in spans)
    assert all(one[1] <= two[0] for one, two in pairwise(spans))
    covered = "".join(text[start:end] for start, end in spans)
    assert "".join(covered.split()) == "".join(text.split())


def test_an_endless_sentence_is_cut() -> None:
    text = "很长，" * 5000
    assert max(len(s) for s in sentences(text)) <= LONGEST


def test_finds_the_sentence_of_a_place() -> None:
    spans = sentence_spans("一二。 三四。")
    assert [sentence_at(spans, place) for place in (0, 2, 3, 4, 6)] == [0, 0, None, 1, 1]
