"""The answerability exam on sets of a few rows, and the parts it is made of."""

import gzip
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from zhiyin.errors import NotFound
from zhiyin.extend.models import Vectors
from zhiyin.front.exam.answerability import Judges, run
from zhiyin.front.exam.lessons import FOLDS, fold_of
from zhiyin.front.exam.report import Row
from zhiyin.front.exam.snippets import Houses, dialogues
from zhiyin.language.tokens import tokenize


class Hashes:
    """Hashes tokens into unit vectors."""

    name, dims = "hashes", 64

    async def embed(self, texts: Sequence[str]) -> Vectors:
        rows = np.full((len(texts), self.dims), 1e-3, dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for token in tokenize(text):
                row[int(hashlib.sha256(token.encode()).hexdigest(), 16) % self.dims] += 1.0
        unit: Vectors = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
        return unit


def write(path: Path, rows: Sequence[object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text, "utf-8")


def context(n: int) -> str:
    built = f"The bridge of town{n} was built by Mason{n} in 18{n:02d}."
    return f"{built} It is {n + 20} metres long. Town{n} lies in the north."


@pytest.fixture
def data(tmp_path: Path) -> Path:
    squad = [
        {
            "id": f"q{n}{side}",
            "title": f"Town {n}",
            "context": context(n),
            "question": f"Who built the bridge of town{n}?"
            if side
            else f"Who sold the horses of the queen of Peru {n}?",
            "answers": [f"Mason{n}"] if side else [],
            "is_impossible": not side,
        }
        for n in range(20)
        for side in (0, 1)
    ]
    write(tmp_path / "squad2/dev_a.jsonl.gz", squad)
    news = [
        {
            "id": n,
            "query": f"Who won the cup of 20{n:02d}?",
            "answer": f"Team{n}",
            "positive": [f"Team{n} won the cup of 20{n:02d} in a close match."],
            "negative": [f"Weather report {n}.{k}: rain over the hills and wind from the west." for k in range(6)],
        }
        for n in range(8)
    ]
    write(tmp_path / "rgb/en_fact.jsonl", news)
    write(tmp_path / "rgb/zh_fact.jsonl", [])
    write(tmp_path / "rgb/zh_refine.jsonl.gz", [])
    return tmp_path


def figure(rows: Sequence[Row], set_: str, metric: str) -> Row:
    return next(row for row in rows if row.set == set_ and row.metric.startswith(metric))


async def test_answerable_is_told_from_not_and_the_curve_is_printed(data: Path) -> None:
    rows = await run(Hashes(), data, only=["squad2"])
    assert figure(rows, "squad2", "answerable or not").value > 0.9
    recalls = [row.value for row in rows if row.metric.startswith("abstention recall")]
    assert len(recalls) >= 8
    assert recalls == sorted(recalls)


async def test_the_support_is_cited_among_noise_and_noise_alone_is_refused(data: Path) -> None:
    rows = await run(Hashes(), data, only=["rgb"])
    assert figure(rows, "rgb en", "support cited").value == 1.0
    assert figure(rows, "rgb en", "refused when nothing supports").value == 1.0


async def test_missing_data_are_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="squad2"):
        await run(Hashes(), tmp_path, only=["squad2"])


def test_a_taught_file_is_put_to_the_fold_that_has_not_seen_it(data: Path) -> None:
    fresh = Judges(data)
    assert fresh.of("squad2/dev_a.jsonl.gz", "Town 1")._model is None
    assert fresh.of(None, "faq:x")._model == fold_of("faq:x")


def test_folds_are_fair_and_stay() -> None:
    folds = [fold_of(f"article {n}") for n in range(1000)]
    assert {folds.count(f) > 140 for f in range(FOLDS)} == {True}
    assert fold_of("Nikola_Tesla") == fold_of("Nikola_Tesla")


NAMES = Houses(
    {
        "hotel:1": "AVALON",
        "hotel:2": "A AND B GUEST HOUSE",
        "restaurant:3": "THE MISSING SOCK",
        "restaurant:4": "MAHARAJAH TANDOORI RESTAURANT",
    }
)


@pytest.mark.parametrize(
    ("lines", "house"),
    [
        (["I want a hotel", "How about the Avalon?", "Is it quiet?"], {"hotel:1"}),
        (["Book the Avalon", "Done.", "Is the Missing Sock any good?", "Yes.", "Do they have wifi?"], {"restaurant:3"}),
        (["Does maharajah tandoori have parking?"], {"restaurant:4"}),
        (["The Avalon or A and B Guest House?", "Does either of them have wifi?"], {"hotel:1", "hotel:2"}),
        (["Hello"], set()),
    ],
)
def test_the_house_is_tracked(lines: list[str], house: set[str]) -> None:
    assert NAMES.tracked(lines) == house


def test_dialogues_keep_what_answers_them(tmp_path: Path) -> None:
    row = {
        "target": True,
        "log": [{"speaker": "U", "text": "wifi?"}],
        "knowledge": [{"domain": "hotel", "entity_id": 1, "doc_type": "review", "doc_id": 2, "sent_id": 3}],
    }
    write(tmp_path / "dstc11_faq/val_a.jsonl.gz", [row, {"target": False, "log": [{"speaker": "U", "text": "hi"}]}])
    asked, idle = dialogues(tmp_path)
    assert asked.knowledge == {"hotel:1:review:2:3"}
    assert (asked.seeks, idle.seeks) == (True, False)
