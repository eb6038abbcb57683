import pytest

from zhiyin.language.names import known_as, names
from zhiyin.language.polarity import denials, marks


def signs(text: str) -> dict[str, int]:
    return {mark.concept: mark.sign for mark in marks(text)}


@pytest.mark.parametrize(
    ("zh", "en", "concept", "sign"),
    [
        ("可以退货", "it can be returned", "allow", 1),
        ("不支持退货", "returns are not accepted", "allow", -1),
        ("不能退货", "it cannot be returned", "allow", -1),
        ("无需付费", "you need not pay", "need", -1),
        ("免费更换", "replaced free of charge", "free", 1),
        ("不含充电头", "charger not included", "include", -1),
        ("未拆封的手机", "unopened phones", "opened", -1),
        ("已拆封的手机", "opened phones", "opened", 1),
        ("买家承担运费", "the buyer pays freight", "payer", 1),
        ("我们承担运费", "we pay freight", "payer", -1),
        ("最多5张", "at most 5 cards", "most", 1),
        ("至少5张", "at least 5 cards", "most", -1),
    ],
)
def test_both_languages_give_the_same_mark(zh: str, en: str, concept: str, sign: int) -> None:
    assert signs(zh)[concept] == sign
    assert signs(en)[concept] == sign


@pytest.mark.parametrize(
    "text", ["不超过5公斤", "无理由退货", "特别说明", "非常好", "not only that", "no-reason returns"]
)
def test_some_words_only_look_like_a_no(text: str) -> None:
    assert denials(text, 0, len(text)) == 0


def test_counts_how_often_a_text_says_no() -> None:
    assert denials("定制商品不退不换，不能折现", 0, 99) == 2
    assert denials("do not open it and never wash it", 0, 99) == 2


@pytest.mark.parametrize(
    ("name", "text", "known"),
    [
        ("Hangzhou", "杭州旗舰店", True),
        ("Chengdu", "杭州旗舰店", False),
        ("杭州", "the Hangzhou store", True),
        ("成都", "the Hangzhou store", False),
        ("Tibet", "新疆和西藏", True),
        ("PayPal", "支持PayPal付款", True),
        ("Sony", "华为手机", False),
    ],
)
def test_names_are_known_across_languages(name: str, text: str, known: bool) -> None:
    assert known_as(name, text) is known


def test_finds_names_but_not_codes() -> None:
    assert [n.text for n in names("Refunds to Alipay and to Visa for QH-T55")] == ["Alipay", "Visa"]
    assert "杭州" in [n.text for n in names("杭州旗舰店每天营业")]


def test_a_long_text_of_denials_is_read_to_its_end() -> None:
    assert len(marks("不" * 4000)) == 4000
    assert [m.sign for m in marks("不可" * 100)].count(-1) == 100


def test_no_more_than_is_a_limit_and_no_ban() -> None:
    assert [
        (m.concept, m.sign) for m in marks("You can't use more than 5 cards.") if m.concept in ("most", "allow")
    ] == [("most", 1)]
