import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhiyin.language.fold import fold, guess_language, has_han


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ＰＰＲ－９０８７", "ppr-9087"),
        ("退貨運費", "退货运费"),
        ("軟體", "软件"),
        ("“退货”", '"退货"'),
        ("退\u200b货", "退货"),
        ("①", "1"),
        ("Refund", "refund"),
    ],
)
def test_one_text_written_in_two_ways_folds_to_one(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@given(st.text(max_size=60))
def test_folding_what_is_folded_changes_nothing(text: str) -> None:
    assert fold(fold(fold(text))) == fold(fold(text))


@pytest.mark.parametrize(
    ("text", "language"),
    [("怎么退货", "zh"), ("How do I return it?", "en"), ("iPhone 15 Pro 多少钱", "zh"), ("PPR-9087", "en"), ("", "en")],
)
def test_the_language_is_that_of_most_words(text: str, language: str) -> None:
    assert guess_language(text) == language


def test_han_is_seen_among_latin() -> None:
    assert has_han("OK 吗")
    assert not has_han("naïve café")
