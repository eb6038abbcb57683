import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from zhiyin.service.perceive import LONGEST, mask, perceive


def test_strips_what_is_invisible_or_turns_the_direction() -> None:
    assert perceive("退\u200b货\u202e期\u0000限\ufeff") == "退货期限"
    assert perceive("a\r\nb\u2028c\n\n\n\nd") == "a\nb\nc\n\nd"
    assert perceive("e\u0301") == "é"
    assert perceive("z" + "\u0335" * 50).count("\u0335") <= 3
    assert "\u200d" in perceive("👩\u200d💻")


@given(st.text(max_size=400))
def test_is_bounded_normal_and_settles(text: str) -> None:
    once = perceive(text)
    assert len(once) <= LONGEST
    assert unicodedata.is_normalized("NFC", once)
    assert not any(unicodedata.category(c) in ("Cs", "Cc") and c != "\n" for c in once)


def test_long_input_is_cut() -> None:
    assert len(perceive("长" * 100_000)) == LONGEST


def test_masks_personal_data_and_restores_it() -> None:
    text = "我叫王明，电话13800138000，邮箱 wang.ming@example.com，身份证11010519491231002X，卡号4111 1111 1111 1111。"
    masked = mask(text)
    for secret in ("13800138000", "wang.ming@example.com", "11010519491231002X", "4111 1111 1111 1111"):
        assert secret not in masked.text
    assert masked.restore(masked.text) == text
    assert masked.restore("我们会打给[PHONE_1]") == "我们会打给13800138000"


def test_numbers_that_fail_their_check_are_not_personal() -> None:
    for text in ("订单号 4111111111111112", "编号110105194912310021", "PPR-9087 需要 1299 元，30天"):
        assert mask(text).text == text


def test_the_same_datum_gets_the_same_placeholder() -> None:
    masked = mask("13800138000 或 13800138000，不是 13900139000")
    assert masked.text == "[PHONE_1] 或 [PHONE_1]，不是 [PHONE_2]"


def test_foreign_telephones_and_addresses_are_masked_and_dates_are_not() -> None:
    for secret in (
        "020 7946 0958",
        "(02) 9876 5432",
        "041-555-22-11",
        "192.168.7.21",
        "2001:db8:85a3:8d3:1319:8a2e:370:7348",
    ):
        assert secret not in mask(f"It is {secret} , call me").text, secret
    for text in ("2026-01-05 到 2026-01-12", "10:30-18:00", "版本 1.2.3，价格 1,299.00 元", "2 000 000 元"):
        assert mask(text).text == text
