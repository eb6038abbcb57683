"""CSV, XLSX and JSON lines."""

import csv
import datetime as dt
import io
import itertools
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from zhiyin.errors import Invalid
from zhiyin.service.knowledge.ingest.columns import is_faq, meaning_of, pair_from, table_blocks
from zhiyin.service.knowledge.ingest.reading import Allowance, Block, Heading, Pair, Paragraph

_CELL_CHARS = 1_000_000
_UNNAMED = re.compile(r"(?:sheet|工作表)\s*\d*", re.IGNORECASE)
_SEPARATORS = (",", "\t", ";", "|", "，")


def read_csv(text: str, allowance: Allowance) -> tuple[list[Block], list[str]]:
    """Read a table of comma-, tab-, semicolon- or bar-separated values; its first row names the columns."""
    separator = _separator(text)

    def rows() -> Iterator[tuple[int, Sequence[str]]]:
        lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
        try:
            for cells in lines:
                yield lines.line_num, cells
        except csv.Error as error:
            raise Invalid(
                f"{allowance.name}: the quotation marks near line {lines.line_num} do not pair up ({error}); "
                "write a quotation mark inside a quoted text twice"
            ) from error

    csv.field_size_limit(_CELL_CHARS)
    return table_blocks(rows(), allowance=allowance, where="line", shifts=True)


def _separator(text: str) -> str:
    """Choose the separator that gives known column names, or else the most even rows."""
    sample = text[:20_000]
    best, best_score = ",", 0.0
    for separator in _SEPARATORS:
        try:
            rows = list(itertools.islice(csv.reader(io.StringIO(sample, newline=""), delimiter=separator), 20))
        except csv.Error:
            continue
        rows = [row for row in rows if any(cell.strip() for cell in row)]
        if not rows or len(rows[0]) < 2:
            continue
        whole = rows[:-1] if len(sample) < len(text) and len(rows) > 1 else rows
        even = sum(1 for row in whole if len(row) == len(rows[0])) / len(whole)
        known = sum(1 for column in rows[0] if meaning_of(column))
        score = (10.0 if is_faq(rows[0]) else 0.0) + known + even
        if score > best_score:
            best, best_score = separator, score
    return best


def read_xlsx(content: bytes, allowance: Allowance) -> tuple[list[Block], list[str]]:
    """Read every visible sheet as a table; formulas by the value that was saved with them."""
    # Loaded on use: 14 MB that a server without Excel files need not hold.
    from openpyxl import load_workbook  # noqa: PLC0415

    book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
    blocks: list[Block] = []
    notes: list[str] = []
    try:
        sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
        for sheet in sheets:
            sheet.reset_dimensions()  # what the file says about its size may be wrong
            rows = (
                (number, [_cell(value) for value in row]) for number, row in enumerate(_values(sheet, allowance), 1)
            )
            some, said = table_blocks(rows, allowance=allowance)
            if some and len(sheets) > 1 and not _UNNAMED.fullmatch(sheet.title):
                blocks.append(Heading(1, sheet.title))
            blocks += some
            notes += [f"{note}, sheet {sheet.title}" for note in said]
    finally:
        book.close()
    return blocks, notes


def _values(sheet: Any, allowance: Allowance) -> Iterator[tuple[Any, ...]]:
    yield from sheet.iter_rows(values_only=True, max_col=allowance.limits.columns + 1)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else f"{value:.12g}"
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(" ", "minutes")
    return str(value)[:_CELL_CHARS]


def read_jsonl(text: str, allowance: Allowance) -> tuple[list[Block], list[str]]:
    """Read JSON objects, one a line or all in one list: a question with its answer, or a text with a title."""
    blocks: list[Block] = []
    incomplete: list[int] = []
    for number, item in _objects(text, allowance):
        allowance.take_row(len(item) if isinstance(item, dict) else 1)
        if not isinstance(item, dict):
            raise Invalid(
                f"{allowance.name}: item {number} is no JSON object; write one {{…}} with named fields a line"
            )
        named = {str(name): _flat(value) for name, value in item.items()}
        listed = [
            value for name, value in item.items() if meaning_of(str(name)) == "similar" and isinstance(value, list)
        ]
        similar = [_flat(one).strip() for one in listed[0] if _flat(one).strip()] if listed else None
        pair: Pair | None = pair_from(named, similar=similar)
        if pair is not None:
            blocks.append(pair)
            continue
        words = next(
            (named[key] for key in ("text", "content", "body", "正文", "内容") if named.get(key, "").strip()), ""
        )
        if not words:
            incomplete.append(number)
            continue
        title = next((named[key] for key in ("title", "标题", "name") if named.get(key, "").strip()), "")
        if title:
            blocks.append(Heading(1, title))
        elif any(isinstance(block, Heading) for block in blocks):
            blocks.append(Heading(1, ""))
        blocks += [Paragraph(part) for part in words.split("\n\n") if part.strip()]
    notes = []
    if incomplete:
        shown = ", ".join(map(str, incomplete[:5])) + (" …" if len(incomplete) > 5 else "")
        notes.append(f"{len(incomplete)} items without question and answer, or text, left out (item {shown})")
    return blocks, notes


def _objects(text: str, allowance: Allowance) -> Iterator[tuple[int, Any]]:
    if text.lstrip().startswith("["):
        try:
            items = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise Invalid(f"{allowance.name} is no valid JSON: {_short(error)}") from error
        yield from enumerate(items, 1)
        return
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                yield number, json.loads(line)
            except (ValueError, RecursionError) as error:
                raise Invalid(f"{allowance.name}: line {number} is no valid JSON: {_short(error)}") from error


def _short(error: Exception) -> str:
    return str(getattr(error, "msg", None) or type(error).__name__)


def _flat(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "\n".join(part for part in (_flat(one) for one in value[:200]) if part)
    if isinstance(value, int | float):
        return _cell(value)
    return json.dumps(value, ensure_ascii=False)[:2000]
