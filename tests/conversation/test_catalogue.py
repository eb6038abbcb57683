"""The product's own words exist in both languages with the same places."""

import pytest

from zhiyin.conversation.catalogue import keys, say
from zhiyin.errors import Broken


def test_both_languages_have_the_same_texts_and_places() -> None:
    assert keys("zh") == keys("en")


def test_a_missing_text_is_a_bug_that_names_itself() -> None:
    with pytest.raises(Broken, match=r"texts/en\.toml: 'no\.such'"):
        say("no.such", "en")
