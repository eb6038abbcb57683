"""Every format gives the passages that a person would make of it."""

import json

import pytest
from tests.service.knowledge.ingest.files import (
    FAQ_ROWS,
    PAGE,
    POLICY,
    as_csv,
    as_docx,
    as_pdf,
    as_xlsx,
    policy_pdf,
)

from zhiyin.service.knowledge import Source
from zhiyin.service.knowledge.ingest import PassageDraft, Prepared, prepare


def passages(name: str, content: bytes | str, **source: str) -> Prepared:
    given = content.encode() if isinstance(content, str) else content
    return prepare(Source(name, given, **source))  # type: ignore[arg-type]


def only(prepared: Prepared, title: str) -> PassageDraft:
    found = [passage for passage in prepared.passages if passage.title[-1] == title]
    assert len(found) == 1, [passage.title for passage in prepared.passages]
    return found[0]


def check_faq(prepared: Prepared) -> None:
    first, second = prepared.passages
    assert first.kind == second.kind == "faq"
    assert first.question == "几天内可以退货？"
    assert first.similar == ("退货期限", "能退多久")
    assert first.text == "签收次日起7天内可以退货。"
    assert first.title[-1] == "退货"
    assert first.language == "zh"
    assert first.metadata == {"faq": "ret-1", "category": "退货", "updated": "2026-03-02"}
    assert second.similar == ()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "big5"])
def test_faq_csv_in_every_encoding(encoding: str) -> None:
    rows = FAQ_ROWS if encoding != "big5" else None
    if rows is None:
        text = as_csv([["問題", "答案"], ["幾天內可以退貨？", "簽收次日起七天內可以退貨，商品須保持完好。"]])
        assert passages("faq.csv", text.encode("big5")).passages[0].text.startswith("簽收次日起")
        return
    check_faq(passages("faq.csv", as_csv(rows).encode(encoding)))


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_faq_csv_with_every_separator(separator: str) -> None:
    check_faq(passages("faq.csv", as_csv(FAQ_ROWS, separator=separator)))


def test_faq_xlsx_with_sheets_of_which_one_is_a_plain_table() -> None:
    content = as_xlsx(
        {"常见问题": FAQ_ROWS, "规格": [["商品", "重量", "价格"], ["水壶", 1.5, 99.0], ["手机", 0.2, 2999]]}
    )
    prepared = passages("knowledge.xlsx", content)
    check_faq(Prepared("", prepared.passages[:2]))
    table = only(prepared, "规格")
    assert table.kind == "table"
    assert table.text.split("\n") == ["商品：水壶；重量：1.5；价格：99", "商品：手机；重量：0.2；价格：2999"]


def test_a_title_above_the_column_names_and_a_column_without_a_name() -> None:
    content = as_xlsx({"Sheet1": [["2026 价格表"], ["商品", "价格", "库存"], ["水壶", 99, 3, "热卖"]]})
    (table,) = passages("prices.xlsx", content).passages
    assert table.title == ("2026 价格表",)
    assert table.text == "商品：水壶；价格：99；库存：3；热卖"


def test_faq_jsonl_and_json() -> None:
    item = {"id": "r1", "question": "Can I return it?", "answer": "Within 7 days.", "similar": ["return", "send back"]}
    other = {"title": "Shipping", "text": "Orders over ¥99 ship free.\n\nOthers cost ¥8.", "language": "en"}
    lines = passages("kb.jsonl", "\n".join(json.dumps(one) for one in (item, other)))
    assert lines.passages[0].question == "Can I return it?"
    assert lines.passages[0].similar == ("return", "send back")
    assert lines.passages[0].metadata == {"faq": "r1"}
    assert only(lines, "Shipping").text == "Orders over ¥99 ship free.\nOthers cost ¥8."
    assert [p.text for p in passages("kb.json", json.dumps([item, other])).passages] == [p.text for p in lines.passages]


def test_incomplete_rows_are_told() -> None:
    prepared = passages("faq.csv", as_csv([["question", "answer"], ["Q1", "A1"], ["Q2", ""], ["", "A3"]]))
    assert len(prepared.passages) == 1
    assert prepared.notes == ("2 rows without a question or an answer left out (line 3, 4)",)


def test_markdown() -> None:
    prepared = passages("warranty.md", POLICY)
    assert prepared.title == "保修政策"
    assert prepared.passages[0].title == ("保修政策",)
    table = only(prepared, "保修期限")
    assert table.kind == "table"
    assert "商品：电饭煲 PPR-9087；整机：24个月；配件：内胆12个月" in table.text.split("\n")
    listing = only(prepared, "不保修的情况")
    assert listing.text.split("\n") == ["下列情况不在保修范围内：", "- 进水", "- 自行拆开", "  - 包括第三方维修"]
    english = only(prepared, "Contact us")
    assert english.language == "en"
    assert english.title == ("保修政策", "不保修的情况", "Contact us")
    assert english.text == "Write to the service desk (https://example.com/help). Please name the order number."


def test_markdown_with_front_matter_and_a_faq_table() -> None:
    front = "---\ntitle: Returns\nurl: https://example.com/r\ncategory: after-sales\n---\n"
    text = f"{front}\n| Question | Answer |\n|---|---|\n| Free? | Yes. |\n"
    prepared = passages("r.md", text)
    assert prepared.title == "Returns"
    pair = prepared.passages[0]
    assert (pair.kind, pair.question, pair.text, pair.url) == ("faq", "Free?", "Yes.", "https://example.com/r")
    assert pair.metadata["category"] == "after-sales"


def test_html_keeps_the_content_and_drops_what_surrounds_it() -> None:
    prepared = passages("shipping.html", PAGE)
    assert prepared.title == "Shipping"
    assert prepared.url == "https://example.com/shipping"
    said = "\n".join(passage.text for passage in prepared.passages)
    for surrounding in ("secret", "cookies", "Cart", "Copyright", "ignore all"):
        assert surrounding not in said
    assert "Orders over ¥99 ship free." in said
    fees = [p for p in prepared.passages if p.title == ("Shipping", "Fees")]
    assert "Region: Xinjiang; First kg: ¥18; Each further kg: ¥10" in fees[0].text
    assert "- No batteries\n  - Power banks neither" in said


def test_html_says_its_own_encoding() -> None:
    page = '<html><head><meta charset="gbk"><title>退货</title></head><body><p>七天内可以退货。</p></body></html>'
    assert passages("a.html", page.encode("gbk")).passages[0].text == "七天内可以退货。"


def test_plain_text_with_numbered_headings() -> None:
    text = (
        "服务条款\n\n第一章 总则\n\n第一条 适用范围\n本条款适用于\n所有订单。\n\n"
        "1.1 Definitions\n\nA customer is a\nperson who buys.\n\n须知：\n- 一\n- 二\n"
    )
    prepared = passages("terms.txt", text)
    assert only(prepared, "第一条 适用范围").text == "本条款适用于所有订单。"
    last = only(prepared, "1.1 Definitions")
    assert last.text == "A customer is a person who buys.\n须知：\n- 一\n- 二"
    assert last.title[1:3] == ("第一章 总则", "第一条 适用范围")


def test_docx_in_the_order_of_the_document() -> None:
    prepared = passages("members.docx", as_docx())
    assert prepared.title == "会员政策"
    assert prepared.passages[0].text == "会员分为三级。"
    levels = [p for p in prepared.passages if p.title == ("会员政策", "等级")]
    assert "等级：金卡；门槛：¥2000；折扣：95折" in levels[0].text
    assert levels[-1].text.endswith("升级须知：\n- 每月一日更新\n- 不溯及既往")


def test_pdf_with_headings_a_table_and_running_heads() -> None:
    prepared = passages("returns.pdf", policy_pdf())
    first = [p for p in prepared.passages if p.title[-1] == "第一部分 退货"]
    said = "\n".join(p.text for p in first)
    assert "保留全部配件、赠品和包装，否则仓库有权拒收。第1条到此为止。" in said
    assert "the customer sends photos within 48 hours." in said
    assert "商品：水壶；整机：24个月；配件：36个月" in said.split("\n")
    everything = "\n".join(p.text for p in prepared.passages)
    assert "Qinghe policies" not in everything
    assert "- 2 -" not in everything
    assert [p.title[-1] for p in prepared.passages if "第3条" in p.text] == ["第三部分 退货"]


def test_pdf_in_two_columns_is_read_column_by_column() -> None:
    left = [(50.0, 780.0 - 16 * n, 10.0, f"Left column says item {n} of the list") for n in range(20)]
    right = [(320.0, 780.0 - 16 * n, 10.0, f"Right column says item {n} of the list") for n in range(20)]
    said = "\n".join(p.text for p in passages("two.pdf", as_pdf([[*left, *right]])).passages)
    assert said.index("Left column says item 19") < said.index("Right column says item 0")


def test_radicals_that_stand_for_characters_are_repaired() -> None:
    copied = "\u2f64\u6237\u53ef\u9000\u8d27\uff0c\u914d\u4ef6\u9f50\u5168\u3002the \ufb01rst \u2eec"
    for name, content in (("a.txt", copied.encode()), ("a.pdf", as_pdf([[(60.0, 700.0, 11.0, copied)]]))):
        text = passages(name, content).passages[0].text
        assert text.startswith("用户可退货，配件齐全。")
        assert not {"\u2f64", "\ufb01", "\u2eec"} & set(text)


def test_a_source_may_bring_address_and_metadata() -> None:
    prepared = prepare(
        Source("a.txt", "七天内可以退货。".encode(), url="https://example.com/a", metadata={"product": "phone"})
    )
    assert prepared.passages[0].url == "https://example.com/a"
    assert prepared.passages[0].metadata == {"product": "phone"}
