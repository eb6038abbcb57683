from zhiyin.language.sounds import Soundalikes, blur, read_pinyin, sound


def test_pinyin_is_cut_into_the_fewest_syllables() -> None:
    assert read_pinyin("tuikuan") == ("tui", "kuan")
    assert read_pinyin("zenmetuihuo") == ("zen", "me", "tui", "huo")
    assert read_pinyin("refund") == ()
    assert read_pinyin("") == ()
    assert read_pinyin("a" * 100) == ()


def test_sounds_that_many_do_not_tell_apart_are_one() -> None:
    assert blur("zhang") == blur("zan")
    assert blur("nan") == blur("lan")
    assert blur("shi") == blur("si")
    assert blur("tui") != blur("dui")


def test_homophones_come_with_the_very_same_sound_first() -> None:
    alike = Soundalikes()
    alike.add(["退货", "退火", "发货", "民族", "蓝色"])
    assert alike.like_sound(sound("退或"))[:2] == ["退货", "退火"]
    assert alike.like_sound(("nan", "se")) == ["蓝色"]
    assert alike.like_sound(("bu", "zai")) == []


def test_a_slip_of_the_pen_is_forgiven_two_are_in_long_words_only() -> None:
    alike = Soundalikes()
    alike.add(["refund", "warranti", "ship", "shop"])
    assert alike.like_spelling("refnud") == ["refund"]
    assert alike.like_spelling("waranty") == ["warranti"]
    assert alike.like_spelling("rxfxnd") == []
