import pytest

from zhiyin.language.tokens import kind_of, stem, tokenize


@pytest.mark.parametrize("written", ["PPR-9087", "ppr9087", "ＰＰＲ－９０８７", "PPR 9087", "ppr_9087"])
def test_a_code_is_one_token_however_it_is_written(written: str) -> None:
    assert "=ppr9087" in tokenize(f"我的{written}坏了")


def test_a_longer_model_is_not_the_shorter_one() -> None:
    assert "=iphone15pro" in tokenize("iPhone 15 Pro 多少钱")
    assert "=iphone15pro" in tokenize("iphone15pro")
    assert "=iphone15" not in tokenize("iPhone 15 Pro 多少钱")
    assert "=iphone15" in tokenize("iPhone 15 多少钱")
    assert "=iphone15promax" in tokenize("the iPhone 15 Pro Max")


def test_a_code_is_known_without_its_prefix() -> None:
    assert {"=qhaf45", "=af45"} <= set(tokenize("QH-AF45"))


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        ("三码", "3码", "#3码"),
        ("七天", "7天", "#7天"),
        ("1,299.00", "1299", "#1299"),
        ("within 7 days", "a 7-day return", "=7day"),
        ("一千二百元", "1200元", "#1200元"),
        ("seven days", "7 days", "#7"),
    ],
)
def test_a_number_is_the_same_in_every_spelling(one: str, other: str, shared: str) -> None:
    assert shared in tokenize(one)
    assert shared in tokenize(other)


def test_sizes_dates_and_telephone_numbers_are_verbatim() -> None:
    assert "=17092a" in tokenize("尺码170/92A")
    assert "=20260302" in tokenize("2026-03-02")
    assert "=4008001234" in tokenize("400-800-1234")
    assert [t for t in tokenize("3-5 days") if kind_of(t) == "number"] == ["#3", "#5"]


def test_words_and_pairs_of_characters() -> None:
    tokens = tokenize("退貨政策")
    assert {"退货", "政策", "~退货", "~货政", "~政策"} <= set(tokens)


def test_english_words_meet_in_their_stem() -> None:
    assert stem("returns") == stem("returned") == stem("returning")
    assert tokenize("don't e-mail's")[0] == "dont"
    assert "email" in tokenize("e-mail")


def test_nothing_makes_nothing() -> None:
    assert tokenize("") == []
    assert tokenize("？！ …") == []
