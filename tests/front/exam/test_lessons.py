"""What the judge learns of a company: a question is taken out and asked; nothing of it is left where it is asked."""

import csv
import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from tests.service.knowledge.judge.small_base import DIMS, embed

from zhiyin.extend.models import Vectors
from zhiyin.extend.pack import Pack
from zhiyin.front.exam.lessons import Lesson, fold_of, without_their_faq, without_their_question

NAMES = ("kettle", "lamp", "sofa", "fridge", "phone", "carpet", "mirror", "basket", "window", "ladder")


class Hashes:
    """Hashes tokens into unit vectors."""

    name, dims = "hashes", DIMS

    async def embed(self, texts: Sequence[str]) -> Vectors:
        return np.stack([embed(text) for text in texts])


@pytest.fixture
def pack(tmp_path: Path) -> Pack:
    with (tmp_path / "faq.en.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["id", "category", "question", "similar_questions", "answer", "updated"])
        for name in NAMES:
            asks = " | ".join(f"{word} {name} please" for word in ("return", "swap", "refund"))
            table.writerow([f"{name}-return", "Returns", f"How do I return a {name}?", asks, f"Bring it, {name}.", ""])
    return Pack("small", {"en": "Small"}, tmp_path)


async def test_a_question_taken_out_is_not_in_the_base_and_its_faq_answers(pack: Pack) -> None:
    lessons = [lesson async for lesson in without_their_question(pack, Hashes())]
    assert len(lessons) == 3 * len(NAMES)
    for lesson in lessons:
        assert not any(lesson.asked.text in c.passage.similar for c in lesson.candidates)
        right = [c for c, answers in zip(lesson.candidates, lesson.answers, strict=True) if answers]
        assert [c.passage.metadata["faq"] for c in right] == [lesson.group.removeprefix("faq:")]


async def test_where_the_faq_is_taken_out_nothing_answers(pack: Pack) -> None:
    lessons = [lesson async for lesson in without_their_faq(pack, Hashes(), random.Random(1))]
    assert len(lessons) > len(NAMES)
    for lesson in lessons:
        assert not any(lesson.answers)
        assert lesson.group.removeprefix("faq:") not in {c.passage.metadata.get("faq") for c in lesson.candidates}


async def test_both_are_in_the_fold_of_their_faq(pack: Pack) -> None:
    lessons: list[Lesson] = [lesson async for lesson in without_their_question(pack, Hashes())]
    assert {lesson.fold for lesson in lessons if "kettle" in lesson.asked.text} == {fold_of("faq:kettle-return")}
