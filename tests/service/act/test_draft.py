import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhiyin.conversation.facts import Sentence
from zhiyin.service.act.draft import LONGEST_DRAFT, LONGEST_SENTENCE, MOST_SENTENCES, DraftReader


def read(text: str, *, size: int = 10_000) -> list[Sentence]:
    reader, done = DraftReader(), list[Sentence]()
    for start in range(0, len(text), size):
        done += reader.feed(text[start : start + size])
    return done + reader.finish()


CASES = [
    ("七天内可退。[1]", [("七天内可退。", (0,))]),
    ("七天内可退[1]。运费我们出[2]。", [("七天内可退。", (0,)), ("运费我们出。", (1,))]),
    ("You can return it. [1][2] We pay. [3]", [("You can return it.", (0, 1)), ("We pay.", (2,))]),
    ("You can return it within 7.5 days [1, 3].", [("You can return it within 7.5 days.", (0, 2))]),
    ("可以退。【1】须完好。［2］", [("可以退。", (0,)), ("须完好。", (1,))]),
    ("- **七天**内可退。[1]\n- 运费`10元`。[2]", [("七天内可退。", (0,)), ("运费10元。", (1,))]),
    ("1. Open it. [1]\n2. Close it. [2]", [("Open it.", (0,)), ("Close it.", (1,))]),
    ("```\n可以退。[1]\n```", [("可以退。", (0,))]),
    ("# 退货\n可以退。[1]", [("退货", ()), ("可以退。", (0,))]),
    ("第一句。第二句。[2]", [("第一句。", (1,)), ("第二句。", (1,))]),
    ("第一句。[1]第二句。", [("第一句。", (0,)), ("第二句。", (0,))]),
    ("没有标号。", [("没有标号。", ())]),
    ("可以退。[9]", [("可以退。", (8,))]),
    ("NO_ANSWER", []),
    ("", []),
    ("[1]", []),
    ("<think>secret</think>可以退。[1]", [("可以退。", (0,))]),
    ("见[说明](http://evil.example/x)。[1]", [("见说明。", (0,))]),
    ("<b>可以</b>退。[1]", [("可以退。", (0,))]),
]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 10_000])
@pytest.mark.parametrize(("text", "expected"), CASES)
def test_reads_sentences_however_the_stream_is_cut(
    text: str, expected: list[tuple[str, tuple[int, ...]]], size: int
) -> None:
    assert [(s.text, s.leans_on) for s in read(text, size=size)] == expected


def test_a_sentence_comes_as_soon_as_the_next_begins() -> None:
    reader = DraftReader()
    assert reader.feed("可以退。[1") == []
    assert reader.feed("]") == []
    assert [s.text for s in reader.feed("运费")] == ["可以退。"]


def test_endless_output_is_bounded() -> None:
    assert len(read("可以退。[1]" * 5000, size=50)) == MOST_SENTENCES
    endless = read("哈" * 100_000, size=100)
    assert sum(len(s.text) for s in endless) <= LONGEST_DRAFT
    assert all(len(s.text) <= LONGEST_SENTENCE for s in endless)


@given(st.text(alphabet="可退。.[]12【】,` *#-\nab<>think/!", max_size=300), st.integers(min_value=1, max_value=20))
def test_any_garbage_is_read_in_bounds_and_the_cut_changes_no_citation(text: str, size: int) -> None:
    found = read(text, size=size)
    assert len(found) <= MOST_SENTENCES
    assert all(any(c.isalnum() for c in s.text) and not s.courtesy for s in found)
    assert all(place >= -1 for s in found for place in s.leans_on)
