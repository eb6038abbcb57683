import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhiyin.language.numerals import parse_number
from zhiyin.language.quantities import codes, quantities


@pytest.mark.parametrize(
    "forms",
    [
        ("七天", "7天", "7 days", "seven days", "7-day", "一周", "168小时"),
        ("¥1,299", "1299元", "CNY 1,299", "1,299 yuan", "一千二百九十九元"),
        ("八折", "20% off", "8折"),
        ("85折", "八五折", "15% off"),
        ("1.5小时", "90分钟", "an hour and a half", "一个半小时"),
        ("半年", "6个月", "six months", "half a year"),
        ("24个月", "2年", "two years"),
        ("11月11日", "Nov 11", "11 November", "11/11"),
        ("2026年3月1日", "1 March 2026", "March 1, 2026", "2026-03-01"),
        ("下午4点", "16:00", "4 pm"),
        ("1至3个工作日", "1 to 3 working days", "1-3 business days"),
        ("50%", "百分之五十", "五成", "50 percent"),
        ("公斤", "公斤"),
        ("1.2倍", "1.2 times"),
        ("周一", "Monday"),
        ("0.5升", "500毫升", "0.5 L", "500 mL"),
        ("第6台", "6th"),
        ("20世纪90年代", "1990s"),
    ],
)
def test_the_same_amount_in_other_words_agrees(forms: tuple[str, ...]) -> None:
    first = quantities(forms[0])
    for form in forms[1:]:
        other = quantities(form)
        assert len(other) == len(first), form
        assert all(a.agrees(b) for a, b in zip(first, other, strict=True)), form


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("7天", "15天"),
        ("7天", "7个工作日"),
        ("30天", "1个月"),
        ("¥12", "$12"),
        ("八折", "80% off"),
        ("11月11日", "11月12日"),
        ("2026年3月1日", "2025年3月1日"),
        ("16:00", "4:00"),
        ("1至3天", "1至5天"),
        ("66W", "66V"),
    ],
)
def test_other_amounts_do_not_agree(one: str, two: str) -> None:
    assert not any(a.agrees(b) for a in quantities(one) for b in quantities(two))


@pytest.mark.parametrize("text", ["一样", "万一", "十分满意", "一些商品", "统一处理", "零件", "一点建议", "第二天"])
def test_words_are_not_amounts(text: str) -> None:
    assert [q for q in quantities(text) if not q.weak] == []


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ("签收后7天内", "at_most"),
        ("within 7 days", "at_most"),
        ("满¥99包邮", "at_least"),
        ("不满¥99", "under"),
        ("超过48小时", "over"),
        ("15天后", "after"),
        ("at least 50 pieces", "at_least"),
        ("up to ¥60", "at_most"),
    ],
)
def test_reads_limits(text: str, bound: str) -> None:
    assert [q.bound for q in quantities(text)] == [bound]


def test_codes_are_never_amounts() -> None:
    text = "PPR-9087显示E07，优惠码QH50OFF，IPX5，尺码170/92A，热线400-555-0617"
    assert codes(text) == ["PPR-9087", "E07", "QH50OFF", "IPX5", "170/92A", "400-555-0617"]
    assert quantities(text) == []


@given(st.text(alphabet="0123456789一二三十百千万亿天元¥%.,-至到 年月日abdys折点", max_size=60))
def test_any_text_is_read_within_its_borders(text: str) -> None:
    found = quantities(text)
    assert all(0 <= q.start < q.end <= len(text) and q.low <= q.high for q in found)


@given(st.integers(min_value=0, max_value=99_999_999))
def test_arabic_numbers_are_read_back(number: int) -> None:
    assert parse_number(f"{number:,}") == number
    assert parse_number(str(number)) == number


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("一千二", 1200),
        ("二十三", 23),
        ("三万五千", 35000),
        ("一亿零三", 100_000_003),
        ("twenty-four", 24),
        ("one hundred and five", 105),
    ],
)
def test_written_numbers(text: str, value: float) -> None:
    assert parse_number(text) == value
