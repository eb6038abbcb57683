"""Where passages begin and end."""

import pickle
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from zhiyin.service.knowledge import Source
from zhiyin.service.knowledge.ingest import Limits, PassageDraft, Prepared, fingerprint, prepare, read, split, twins
from zhiyin.service.knowledge.ingest.split import weight


def made(text: str, name: str = "a.md") -> Prepared:
    return prepare(Source(name, text.encode()))


def test_a_long_section_is_cut_between_sentences() -> None:
    sentences = [f"第{n}种情况下，买家应当在签收之后尽快联系客服并说明原因。" for n in range(60)]
    prepared = made("# 退货\n\n" + "".join(sentences))
    assert len(prepared.passages) > 3
    assert "".join(p.text for p in prepared.passages) == "".join(sentences)
    for passage in prepared.passages:
        assert passage.text.endswith("。")
        assert 100 < weight(passage.text) <= 350
        assert passage.title == ("退货",)


def test_english_keeps_the_spaces_between_sentences() -> None:
    said = " ".join(f"Case {n} is decided by the warehouse within {n} days." for n in range(60))
    prepared = made(f"# Returns\n\n{said}")
    assert len(prepared.passages) > 2
    assert " ".join(p.text for p in prepared.passages) == said
    assert max(len(p.text.split()) for p in prepared.passages) <= 160


def test_nothing_crosses_a_heading_and_small_neighbours_join() -> None:
    prepared = made("# A\n\nOne short remark.\n\nAnother remark.\n\n## B\n\nThird.\n\n## C\n\nFourth.")
    assert [(p.title, p.text) for p in prepared.passages] == [
        (("A",), "One short remark.\nAnother remark."),
        (("A", "B"), "Third."),
        (("A", "C"), "Fourth."),
    ]


def test_a_large_table_is_cut_between_rows_and_says_its_columns_in_each_part() -> None:
    rows = "\n".join(f"| 型号{n} | {n}个月 | 加热盘{n}个月，内胆{n}个月 |" for n in range(80))
    prepared = made(f"# 保修\n\n各型号如下：\n\n| 商品 | 整机 | 配件 |\n|---|---|---|\n{rows}")
    assert len(prepared.passages) > 3
    statements = [line for p in prepared.passages for line in p.text.split("\n") if line.startswith("商品：")]
    assert statements == [f"商品：型号{n}；整机：{n}个月；配件：加热盘{n}个月，内胆{n}个月" for n in range(80)]
    for passage in prepared.passages:
        assert passage.kind == "table"
        assert passage.text.startswith("各型号如下：\n")


def test_a_table_of_two_columns_keeps_its_names_above() -> None:
    rows = "\n".join(f"| 城市{n} | {n}元 |" for n in range(120))
    prepared = made(f"# 运费\n\n| 城市 | 运费 |\n|---|---|\n{rows}")
    assert len(prepared.passages) > 1
    assert all(p.text.startswith("城市：运费\n城市") for p in prepared.passages)


def test_a_long_list_keeps_its_lead_in_with_every_part() -> None:
    items = "\n".join(f"- 第{n}项材料应当由申请人本人签字，并注明日期和联系电话。" for n in range(50))
    prepared = made(f"# 理赔\n\n理赔时请提交以下材料：\n\n{items}")
    assert len(prepared.passages) > 2
    assert all(p.text.startswith("理赔时请提交以下材料：\n- 第") for p in prepared.passages)


def test_languages_are_told_per_passage() -> None:
    english = (
        "Customers outside the mainland pay the freight themselves, whatever the reason of the return may be. " * 2
    )
    prepared = made(
        f"# 退货 Returns\n\n中国内地的买家因质量问题退货时，运费由我们承担，请保留好运费凭证以便报销。\n\n{english}"
    )
    assert [p.language for p in prepared.passages] == ["zh", "en"]


def test_what_is_said_twice_is_kept_once_and_told() -> None:
    prepared = made("question,answer,similar\nFree?,Yes.,a\nFree?,Yes.,b\nPaid?,Yes.,\n", "faq.csv")
    assert [(p.question, p.similar) for p in prepared.passages] == [("Free?", ("a", "b")), ("Paid?", ())]
    assert "1 passage said again" in prepared.notes[0]


def test_a_very_long_answer_becomes_an_article_under_its_question() -> None:
    answer = "".join(f"第{n}步请登录账号，再按页面提示操作，遇到问题可以联系客服处理。" for n in range(100))
    prepared = made(f'问题,答案\n怎么开发票？,"{answer}"\n', "faq.csv")
    assert len(prepared.passages) > 3
    assert all(p.title[-1] == "怎么开发票？" and weight(p.text) <= 350 for p in prepared.passages)
    assert "".join(p.text for p in prepared.passages) == answer


def test_a_change_of_one_place_changes_one_hash() -> None:
    text = "# A\n\nOne.\n\n## B\n\nTwo.\n\n## C\n\nThree."
    before = [p.sha256 for p in made(text).passages]
    assert before == [p.sha256 for p in made(text).passages]
    after = [p.sha256 for p in made(text.replace("Two", "2")).passages]
    assert [a == b for a, b in zip(before, after, strict=True)] == [True, False, True]


def test_the_hash_covers_every_field_and_never_changes() -> None:
    draft = PassageDraft("faq", "zh", ("退货",), "七天。", question="几天？", similar=("多久",), url="https://e.com")
    assert draft.sha256 == "bd4dd150d181cc2a57809e08a87aca639aed8b4d4e3e049ebba4a38c184671ff"
    changes: list[dict[str, Any]] = [
        {"kind": "text"},
        {"language": "en"},
        {"title": ("换货",)},
        {"text": "八天。"},
        {"question": None},
        {"similar": ()},
        {"url": None},
        {"metadata": {"a": "b"}},
    ]
    assert len({replace(draft, **change).sha256 for change in changes} | {draft.sha256}) == 9


def test_twins_across_documents_are_found() -> None:
    one, two = made("# A\n\nReturns are free.\n\n## X\n\nMine."), made("# B\n\nReturns  are FREE.")
    found = twins(
        [(name, [(p.question, p.text) for p in doc.passages]) for name, doc in (("a.md", one), ("b.md", two))]
    )
    assert found == [("a.md", "b.md", "Returns are FREE.")]
    assert fingerprint("q", "a") != fingerprint(None, "qa")


def test_what_crosses_a_process_can_be_pickled() -> None:
    prepared = made("# A\n\nOne.")
    assert pickle.loads(pickle.dumps(prepared)) == prepared


_WORDS = st.sampled_from(
    ["退货须知", "7天内", "。", "！", "：", "PPR-9087", "free returns", ". ", "\n", "\n\n", "# ", "- ", "| a | b |\n"],
)


@settings(max_examples=150, deadline=None)
@given(st.lists(_WORDS, max_size=120).map("".join))
def test_no_word_is_lost_and_no_passage_is_too_large(text: str) -> None:
    for name in ("a.txt", "a.md"):
        reading = read(Source(name, b"x " + text.encode()), limits=Limits())
        drafts, _ = split(reading)
        for draft in drafts:
            assert draft.text.strip()
            assert weight(draft.text) <= 1.3 * 350 + 120
        if name == "a.txt":
            said = "".join((reading.title, *(" ".join(draft.title) + draft.text for draft in drafts)))
            for word in ("退货须知", "7天内", "PPR-9087"):
                assert (word in text) <= (word in said)
