from pathlib import Path

import pytest

from zhiyin.conversation.facts import Citation, Language, Replied
from zhiyin.conversation.ids import DocumentId, PassageId
from zhiyin.errors import Invalid
from zhiyin.front.exam.answers import has_fact, read_questions, run

LINES = """\
{"id": "1", "lang": "zh", "class": "paraphrase", "split": "dev", "question": "几天能退", "expect": ["faq:a"], "facts": ["7天"]}
{"id": "2", "lang": "en", "class": "identifier", "split": "test", "question": "price?", "expect": ["faq:b"], "facts": ["¥1,299"]}
{"id": "3", "lang": "zh", "class": "unanswerable", "split": "dev", "question": "天气如何", "expect": [], "facts": []}
"""
REFERENCES = {PassageId("p1"): frozenset({"faq:a"}), PassageId("p2"): frozenset({"faq:b"})}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "questions.jsonl"
    file.write_text(LINES, "utf-8")
    return file


def reply(text: str, *passages: str, answered: bool = True) -> Replied:
    cited = tuple(Citation(i, 0, PassageId(p), DocumentId("d"), "t", "s") for i, p in enumerate(passages, start=1))
    return Replied("k", text, "bot", "zh", (1,), citations=cited, outcome="answered" if answered else "offered_person")


async def test_figures_of_right_and_wrong_answers(path: Path) -> None:
    said = {
        "几天能退": reply("签收后七天内可以退货。", "p1", "p2"),
        "price?": reply("It costs 99 yuan.", "p1"),
        "天气如何": reply("抱歉，没有查到。", answered=False),
    }

    async def ask(text: str, _: Language) -> Replied:
        return said[text]

    rows = {(row.set, row.metric): row for row in await run(read_questions(path), ask, REFERENCES)}
    assert rows["demo", "answer correct"].value == 0.5
    assert rows["demo", "citation precision"].value == pytest.approx(1 / 3)
    assert rows["demo", "citation recall"].value == 0.5
    assert rows["demo", "abstention precision"].value == 1.0
    assert rows["demo", "abstention recall"].value == 1.0
    assert rows["demo en", "answer correct"].value == 0.0
    assert rows["demo class paraphrase", "answer correct"].value == 1.0


def test_reads_one_split_and_names_a_bad_line(path: Path) -> None:
    assert [q.id for q in read_questions(path, split="dev")] == ["1", "3"]
    path.write_text(LINES + "{}\n", "utf-8")
    with pytest.raises(Invalid, match=r"questions\.jsonl:4"):
        read_questions(path)


@pytest.mark.parametrize(
    ("text", "fact", "there"),
    [
        ("七天内可以退", "7天", True),
        ("退还 1299 元", "¥1,299", True),
        ("15天内可以退", "7天", False),
        ("杭州仓发货", "杭州", True),
        ("免邮", "包邮|免邮", True),
        ("不能", "可以", False),
    ],
)
def test_a_fact_counts_in_any_form(text: str, fact: str, there: bool) -> None:
    assert has_fact(text, fact) is there
