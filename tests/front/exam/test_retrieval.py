import gzip
import json
from pathlib import Path

import pytest

from zhiyin.errors import NotFound
from zhiyin.front.exam.datasets import Ask, banking_knowledge, cmrc2018, xquad_mixed
from zhiyin.front.exam.retrieval import Ranked, run, score
from zhiyin.models.use import UseEmbedder


def test_recall_counts_the_first_places_only() -> None:
    ask = Ask("1", "?", "en", ("right",))
    rows = score("set", [(ask, [Ranked("bm25", ("a", "right", "b"))]), (ask, [Ranked("bm25", ("right",))])])
    values = {row.metric: row.value for row in rows}
    assert values == {"recall@1": 0.5, "recall@5": 1.0, "recall@20": 1.0, "MRR": 0.75}


def test_absent_data_are_named() -> None:
    with pytest.raises(NotFound, match="cmrc2018"):
        cmrc2018(Path("/nowhere"))


def write(folder: Path, name: str, rows: list[dict[str, object]]) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(path, "wt", encoding="utf-8") as lines:
        lines.writelines(json.dumps(row) + "\n" for row in rows)


def row(title: str, zh: str, en: str) -> dict[str, object]:
    texts = {"context_zh": zh, "context_en": en, "question_zh": zh, "question_en": en, "answer_zh": "", "answer_en": ""}
    return {"id": title, "title": title, **texts}


async def test_the_exam_is_held_over_a_folder(tmp_path: Path) -> None:
    pairs = [
        ("a", "退货在七天内办理。", "Returns within seven days."),
        ("b", "运费是六元。", "Shipping costs six yuan."),
    ]
    write(tmp_path, "xquad_zh_en/xquad_a.jsonl.gz", [row(*pair) for pair in pairs])
    assert {text.language for text in xquad_mixed(tmp_path, asked="zh").texts} == {"zh", "en"}
    embedder = UseEmbedder()
    rows = await run(embedder, tmp_path, only=["xquad zh→en", "xquad zh→zh"])
    await embedder.aclose()
    hybrid = {(r.set, r.metric): r.value for r in rows if r.system == "hybrid"}
    assert hybrid["xquad zh→zh", "recall@1"] == 1.0
    assert hybrid["xquad zh→en", "recall@1"] == 1.0


def test_a_scenario_is_cut_into_what_the_customer_says(tmp_path: Path) -> None:
    story = (
        "You are playing the role of a customer.\n- You lost your debit card in Paris. You want a new one sent abroad."
    )
    task: dict[str, object] = {"id": "t", "user_scenario": {"instructions": story}, "required_documents": ["d"]}
    write(tmp_path, "tau2/banking_knowledge/tasks_dev.jsonl.gz", [task])
    write(
        tmp_path, "tau2/banking_knowledge/documents.jsonl.gz", [{"id": "d", "title": "Cards", "content": "Lost cards."}]
    )
    (ask,) = banking_knowledge(tmp_path).asks
    assert ask.turns == ("You lost your debit card in Paris.", "You want a new one sent abroad.")
