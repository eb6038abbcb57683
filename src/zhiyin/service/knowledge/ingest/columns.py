"""Rows under column names: FAQ pairs when there is a question and an answer, a table otherwise."""

import re
from collections.abc import Iterable, Mapping, Sequence

from zhiyin.errors import Invalid
from zhiyin.service.knowledge.ingest.reading import Allowance, Block, Heading, Pair, Table

_NAMES = {
    "question": (
        "question q 问题 问 提问 标准问题 标准问 标准问法 问题标题 常见问题 faq问题 standardquestion 问句 用户问题 問題"
    ),
    "answer": "answer a 答案 答 回答 回复 答复 标准答案 问题答案 应答 response reply 解答 答覆",
    "similar": (
        "similarquestions similarquestion similar 相似问法 相似问题 相似问 扩展问 扩展问法 同义问法 其他问法 variants "
        "alternatives alternativequestions paraphrases 相似問法 aliases"
    ),
    "category": "category 分类 类别 类目 问题分类 目录 topic 主题 分類",
    "id": "id 编号 序号 faqid 问题id no code 編號 key",
    "url": "url link 链接 网址 来源 source 鏈接",
    "language": "language lang 语言 语种 語言",
    "updated": "updated updatedat 更新时间 更新日期 最后更新 日期 date modified lastmodified",
}
_MEANING = {spelling: meaning for meaning, spellings in _NAMES.items() for spelling in spellings.split()}
_SIMILAR = re.compile(r"\s*(?:\|\|?|｜|\n|;|；)\s*")
_LANGUAGES = {
    **dict.fromkeys(("zh", "cn", "中文", "chinese", "汉语", "简体中文"), "zh"),
    **dict.fromkeys(("en", "英文", "english", "英语"), "en"),
}


def meaning_of(column: str) -> str | None:
    """Return what a column is for, by its name in Chinese or English; None when it says nothing to us."""
    return _MEANING.get(re.sub(r"[\s_\-:：*（）()]|（必填）|\(必填\)|必填|选填", "", column).lower())


def is_faq(header: Sequence[str]) -> bool:
    """Say whether these columns hold questions with answers."""
    meanings = [meaning_of(column) for column in header]
    return "question" in meanings and "answer" in meanings


def similar_questions(text: str) -> tuple[str, ...]:
    """Split a cell with other ways to ask, parted by `|`, `;` or line ends."""
    return tuple(dict.fromkeys(part for part in _SIMILAR.split(text.strip()) if part))


def pair_from(cells: Mapping[str, str], *, similar: Sequence[str] | None = None) -> Pair | None:
    """Make a pair of named cells; None when the question or the answer is missing."""
    known: dict[str, str] = {}
    others: dict[str, str] = {}
    for name, cell in cells.items():
        meaning = meaning_of(name)
        if not cell.strip():
            continue
        if meaning is None:
            if name.strip() and len(cell) <= 200:
                others[name.strip()[:60]] = cell.strip()
        else:
            known.setdefault(meaning, cell.strip())
    if not known.get("question") or not known.get("answer"):
        return None
    metadata = {
        **others,
        **({"faq": known["id"]} if "id" in known else {}),
        **({"category": known["category"]} if "category" in known else {}),
        **({"updated": known["updated"]} if "updated" in known else {}),
    }
    url = known.get("url")
    others_asked = tuple(similar) if similar is not None else similar_questions(known.get("similar", ""))
    return Pair(
        question=known["question"],
        answer=known["answer"],
        similar=tuple(text for text in others_asked if text != known["question"]),
        category=known.get("category", ""),
        url=url if url and url.startswith(("http://", "https://")) else None,
        language=_LANGUAGES.get(known.get("language", "").lower().split("-")[0], ""),
        metadata=metadata,
    )


def table_blocks(
    rows: Iterable[tuple[int, Sequence[str]]], *, allowance: Allowance, where: str = "row", shifts: bool = False
) -> tuple[list[Block], list[str]]:
    """Turn numbered rows, the first with column names, into pairs or one table, and notes on what was left out.

    A single cell above the column names is a title. `shifts`: a row with too many cells has them in wrong columns.

    Raises:
        Invalid: a row has too many cells, where that shifts them.
        TooLarge: more rows, cells or columns than the limits.
    """
    header: tuple[str, ...] = ()
    faq = False
    blocks: list[Block] = []
    kept: list[tuple[str, ...]] = []
    incomplete: list[int] = []
    for number, raw in rows:
        cells = [cell.strip() for cell in raw]
        while cells and not cells[-1]:
            cells.pop()
        allowance.take_row(len(cells))
        if not cells:
            continue
        if not header:
            header, faq = tuple(cells), is_faq(cells)
            continue
        if len(header) == 1 and len(cells) > 1 and not kept:
            blocks.append(Heading(1, header[0]))
            header, faq = tuple(cells), is_faq(cells)
            continue
        if len(cells) > len(header) and shifts:
            raise Invalid(
                f"{allowance.name}: {where} {number} has {len(cells)} cells under {len(header)} columns; "
                "put a text that holds the separator into quotation marks, or name the column"
            )
        header += ("",) * (len(cells) - len(header))
        cells += [""] * (len(header) - len(cells))
        if not faq:
            kept.append(tuple(cells))
            continue
        named: dict[str, str] = {}
        for column, cell in zip(header, cells, strict=True):
            named.setdefault(column, cell)
        pair = pair_from(named)
        if pair is None:
            incomplete.append(number)
        else:
            blocks.append(pair)
    if header and not faq:
        blocks.append(Table(header, tuple(kept)) if kept else Table((), (header,)))
    notes = []
    if incomplete:
        shown = ", ".join(map(str, incomplete[:5])) + (" …" if len(incomplete) > 5 else "")
        rows_word = "row" if len(incomplete) == 1 else "rows"
        notes.append(f"{len(incomplete)} {rows_word} without a question or an answer left out ({where} {shown})")
    return blocks, notes


def found_table(
    rows: Sequence[Sequence[str]], *, allowance: Allowance, named: bool | None = None
) -> tuple[list[Block], list[str]]:
    """Turn the rows of a table found in a document into blocks; `named`: its first row names the columns."""
    kept = [[" ".join(cell.split()) for cell in row] for row in rows]
    kept = [row for row in kept if any(row)]
    if not kept:
        return [], []
    if is_faq(kept[0]):
        return table_blocks(enumerate(kept, 1), allowance=allowance)
    for row in kept:
        allowance.take_row(len(row))
    if named is None:
        named = _names_columns(kept)
    if named and len(kept) > 1:
        return [Table(tuple(kept[0]), tuple(map(tuple, kept[1:])))], []
    return [Table((), tuple(map(tuple, kept)))], []


def _names_columns(rows: Sequence[Sequence[str]]) -> bool:
    """Guess whether the first row names the columns: all named, short, and not themselves amounts."""
    first = rows[0]
    short = all(cell and len(cell) <= 30 and not re.search(r"\d{2}|[。.!?！？]$", cell) for cell in first)
    return short and len(first) > 2 and len(rows) > 1
